import {
  Cabin,
  type Flight,
  type FlightSegment,
  type FlightSlice,
} from '../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { type Wanted, wantedWithin } from '../wanted.ts';
import { type Itinerary, minuteOfDay, type Segment } from './itinerary.ts';
import { localTime } from './time.ts';

/** Names of Cabin's values by number, as columns carry them; undefined for not stated. */
export const CABIN_NAMES: readonly (string | undefined)[] = [
  undefined,
  'ECONOMY',
  'PREMIUM_ECONOMY',
  'BUSINESS',
  'FIRST',
];

/** The lower of two cabins, not stated aside. */
export function lowerCabin(a: Cabin, b: Cabin): Cabin {
  if (a === Cabin.UNSPECIFIED) return b;
  if (b === Cabin.UNSPECIFIED) return a;
  return a < b ? a : b;
}

/** Names of the brands of a journey's parts, each once, joined by " / "; undefined where no part names one. */
export function joinBrands(names: Iterable<unknown>): string | undefined {
  let first: string | undefined;
  let all: string[] | undefined;
  for (const name of names) {
    if (typeof name !== 'string' || name === '' || name === first) continue;
    if (first === undefined) {
      first = name;
    } else {
      all ??= [first];
      if (!all.includes(name)) all.push(name);
    }
  }
  return all === undefined ? first : all.join(' / ');
}

/** What a fare says of a segment, beside the flight itself. */
export interface SegmentFare {
  readonly originTerminal: string;
  readonly destinationTerminal: string;
  readonly aircraft: string;
  readonly cabin: Cabin;
  readonly fareBasis: string;
  readonly bookingClass: string;
  /** Stated flying time; absent where it follows from the two ends. */
  readonly minutes: number | undefined;
}

/** A segment as it stands in an item, with the fields that are asked for. */
function flightSegment(segment: Segment, fare: SegmentFare, wanted: Wanted): FlightSegment {
  const minutes = (): number => fare.minutes ?? Math.round((segment.arrivalMs - segment.departureMs) / 60_000);
  return {
    origin: wanted('origin') ? segment.origin : '',
    destination: wanted('destination') ? segment.destination : '',
    originTerminal: fare.originTerminal,
    destinationTerminal: fare.destinationTerminal,
    departure: wanted('departure') ? localTime(segment.departure, segment.originZone, segment.departureMs) : undefined,
    arrival: wanted('arrival') ? localTime(segment.arrival, segment.destinationZone, segment.arrivalMs) : undefined,
    durationMinutes: wanted('duration_minutes') ? minutes() : 0,
    marketingCarrier: wanted('marketing_carrier') ? segment.marketingCarrier : '',
    marketingFlightNumber: wanted('marketing_flight_number') ? segment.marketingNumber : '',
    operatingCarrier: wanted('operating_carrier') ? segment.operatingCarrier : '',
    operatingFlightNumber: wanted('operating_flight_number') ? segment.operatingNumber : '',
    aircraft: fare.aircraft,
    cabin: fare.cabin,
    fareBasis: fare.fareBasis,
    bookingClass: fare.bookingClass,
  };
}

/** What a partner's fare says of a whole journey; undefined where it does not say. */
export interface JourneyFare {
  readonly cabin: Cabin;
  readonly fareBrand: string | undefined;
  readonly checkedBags: number | undefined;
  readonly refundable: boolean | undefined;
  readonly changeable: boolean | undefined;
  readonly emissionsKg: number | undefined;
}

/**
 * The item with the fields that are asked for; of a fare it has all that it is given. `fareOf` says what the fare says of a segment;
 * where no segments are asked for it is not called.
 */
export function flightItem(
  itinerary: Itinerary,
  fare: JourneyFare,
  wanted: Wanted,
  fareOf: (segment: Segment, slice: number, position: number) => SegmentFare,
): Flight {
  const { first, last } = itinerary;
  return {
    segmentKeys: wanted('segment_keys') ? itinerary.keys : [],
    stops: wanted('stops') ? itinerary.stops : undefined,
    durationMinutes: wanted('duration_minutes') ? itinerary.minutes : undefined,
    departure: wanted('departure') ? localTime(first.departure, first.originZone, first.departureMs) : undefined,
    arrival: wanted('arrival') ? localTime(last.arrival, last.destinationZone, last.arrivalMs) : undefined,
    departureMinuteOfDay: wanted('departure_minute_of_day') ? minuteOfDay(first.departure) : undefined,
    carriers: wanted('carriers') ? itinerary.carriers : [],
    connections: wanted('connections') ? itinerary.connections : [],
    cabin: fare.cabin,
    fareBrand: fare.fareBrand ?? '',
    checkedBags: fare.checkedBags,
    refundable: fare.refundable,
    changeable: fare.changeable,
    emissionsKg: fare.emissionsKg,
    slices: wanted('slices') ? slicesOf(itinerary, wantedWithin(wanted, 'slices'), fareOf) : [],
  };
}

function slicesOf(itinerary: Itinerary, wanted: Wanted, fareOf: Parameters<typeof flightItem>[3]): FlightSlice[] {
  const ofSegments = wantedWithin(wanted, 'segments');
  return itinerary.slices.map((slice, number) => ({
    origin: wanted('origin') ? (slice.segments[0]?.origin ?? '') : '',
    destination: wanted('destination') ? (slice.segments[slice.segments.length - 1]?.destination ?? '') : '',
    durationMinutes: wanted('duration_minutes') ? slice.minutes : 0,
    segments: wanted('segments')
      ? slice.segments.map((segment, at) => flightSegment(segment, fareOf(segment, number, at), ofSegments))
      : [],
  }));
}

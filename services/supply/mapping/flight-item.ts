import {
  Cabin,
  type Flight,
  type FlightSegment,
  type FlightSlice,
} from '../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
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

/** A segment as it stands in an item. */
function flightSegment(segment: Segment, fare: SegmentFare): FlightSegment {
  return {
    origin: segment.origin,
    destination: segment.destination,
    originTerminal: fare.originTerminal,
    destinationTerminal: fare.destinationTerminal,
    departure: localTime(segment.departure, segment.originZone, segment.departureMs),
    arrival: localTime(segment.arrival, segment.destinationZone, segment.arrivalMs),
    durationMinutes: fare.minutes ?? Math.round((segment.arrivalMs - segment.departureMs) / 60_000),
    marketingCarrier: segment.marketingCarrier,
    marketingFlightNumber: segment.marketingNumber,
    operatingCarrier: segment.operatingCarrier,
    operatingFlightNumber: segment.operatingNumber,
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
 * The whole item. `fareOf` says what the fare says of a segment; where the slices are not wanted it is not called.
 */
export function flightItem(
  itinerary: Itinerary,
  fare: JourneyFare,
  wantsSlices: boolean,
  fareOf: (segment: Segment, slice: number, position: number) => SegmentFare,
): Flight {
  const { first, last } = itinerary;
  return {
    segmentKeys: itinerary.keys,
    stops: itinerary.stops,
    durationMinutes: itinerary.minutes,
    departure: localTime(first.departure, first.originZone, first.departureMs),
    arrival: localTime(last.arrival, last.destinationZone, last.arrivalMs),
    departureMinuteOfDay: minuteOfDay(first.departure),
    carriers: itinerary.carriers,
    connections: itinerary.connections,
    cabin: fare.cabin,
    fareBrand: fare.fareBrand ?? '',
    checkedBags: fare.checkedBags,
    refundable: fare.refundable,
    changeable: fare.changeable,
    emissionsKg: fare.emissionsKg,
    slices: wantsSlices ? slicesOf(itinerary, fareOf) : [],
  };
}

function slicesOf(
  itinerary: Itinerary,
  fareOf: (segment: Segment, slice: number, position: number) => SegmentFare,
): FlightSlice[] {
  return itinerary.slices.map((slice, number) => ({
    origin: slice.segments[0]?.origin ?? '',
    destination: slice.segments[slice.segments.length - 1]?.destination ?? '',
    durationMinutes: slice.minutes,
    segments: slice.segments.map((segment, position) => flightSegment(segment, fareOf(segment, number, position))),
  }));
}

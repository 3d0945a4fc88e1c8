import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Rejection } from '../../../../services/supply/adapter.ts';
import { type Itinerary, itineraryOf, type Slice, sliceOf } from '../../../../services/supply/mapping/itinerary.ts';
import { type Derived, derive, orReject } from '../../../../services/supply/mapping/reject.ts';
import { durationMinutes } from '../../../../services/supply/mapping/time.ts';
import {
  type AirPricingInfo,
  type AirPricingSolution,
  list,
  type Many,
  type Priced,
} from '../../../../services/supply/partners/travelport/format.ts';
import { type BookingInfo, behind, type FareInfo, type JoinedSegment, type Joins } from './joins.ts';

/** A segment in a booking class at a fare. */
export interface Booking {
  readonly segment: JoinedSegment;
  readonly info: BookingInfo;
  readonly fare: FareInfo;
}

/** One journey at one price. Rows of one price point share `priced`. */
export interface Row {
  readonly priced: Priced;
  readonly infos: readonly AirPricingInfo[];
  readonly brands: ReadonlyMap<string, string>;
  readonly itinerary: Derived<Itinerary>;
  /** By slice the bookings of the first type of passenger. */
  readonly slices: readonly (readonly Booking[])[];
  /** Those of all types. */
  readonly booked: readonly Booking[];
}

/** A part of a journey as one choice. */
interface Choice {
  readonly slice: Slice;
  readonly bookings: readonly Booking[];
  readonly others: readonly Booking[];
}

/** The journeys of a price point: every combination of one option for each leg, first options first, at most `limit`. */
export function rowsOfPricePoint(point: Priced, joins: Joins, limit: number): Row[] {
  const infos = list(point.AirPricingInfo);
  const legs = derive('price point', point['@Key'], () => choicesOf(point, infos, joins));
  if (legs instanceof Rejection) return [rejectedRow(point, infos, joins, legs)];
  const rows: Row[] = [];
  const chosen: number[] = legs.map(() => 0);
  for (let tried = 0; tried < limit * 20 && rows.length < limit; tried++) {
    const choices = chosen.map((option, leg) => legs[leg]![option]!);
    if (inOrder(choices)) rows.push(rowOf(point, infos, joins, choices));
    let leg = legs.length - 1;
    while (leg >= 0 && ++chosen[leg]! === legs[leg]!.length) chosen[leg--] = 0;
    if (leg < 0) return rows;
  }
  return rows;
}

/** The journey of a solution. */
export function rowOfSolution(solution: AirPricingSolution, joins: Joins): Row {
  const infos = list(solution.AirPricingInfo);
  const choices = derive('solution', solution['@Key'], () => {
    refuseIncomplete(solution);
    const others = infos.slice(1).flatMap((info) => bookingsOf(info.BookingInfo, joins));
    const bookings = new Map(list(infos[0]?.BookingInfo).map((booking) => [booking['@SegmentRef'] ?? '', booking]));
    return list(solution.Journey).map((journey, leg): Choice => {
      const own = list(journey.AirSegmentRef).map(({ '@Key': key }) => {
        const booking = bookings.get(key ?? '');
        if (booking !== undefined) return bookingOf(booking, joins);
        throw new Rejection(RejectionReason.BROKEN_REFERENCE, `segment ${key} has no booking info`);
      });
      return choiceOf(own, leg === 0 ? others : [], journey['@TravelTime']);
    });
  });
  return choices instanceof Rejection
    ? rejectedRow(solution, infos, joins, choices)
    : rowOf(solution, infos, joins, choices);
}

function choicesOf(point: Priced, infos: readonly AirPricingInfo[], joins: Joins): Choice[][] {
  refuseIncomplete(point);
  const [first, ...rest] = infos;
  if (first === undefined) throw new Rejection(RejectionReason.MISSING_FIELD, 'no pricing info');
  const others = rest.map((info) => optionsBySegments(info, joins));
  const legs = flightOptions(first, joins).map(({ number, options }) => {
    const choices: Choice[] = [];
    for (const option of options) {
      const bookings = bookingsOf(option.BookingInfo, joins);
      const name = others.length === 0 ? '' : optionName(number, bookings);
      const same = others.map((sold) => sold.get(name));
      if (same.includes(undefined)) continue;
      choices.push(
        choiceOf(
          bookings,
          same.flatMap((sold) => sold ?? []),
          option['@TravelTime'],
        ),
      );
    }
    if (choices.length === 0) throw new Rejection(RejectionReason.MISSING_FIELD, `leg ${number} has no option for all`);
    return choices;
  });
  if (legs.length === 0) throw new Rejection(RejectionReason.MISSING_FIELD, 'no flight options');
  return legs;
}

function choiceOf(bookings: readonly Booking[], others: readonly Booking[], travelTime: string | undefined): Choice {
  const segments = bookings.map(({ segment }) => orReject(segment.segment));
  return { slice: sliceOf(segments, durationMinutes(travelTime)), bookings, others };
}

function refuseIncomplete(priced: Priced): void {
  if (priced['@CompleteItinerary'] !== 'false') return;
  throw new Rejection(RejectionReason.MISSING_FIELD, `${priced['@Key']} prices a part of the journey alone`);
}

/** Options by leg, in the legs' order of travel. */
function flightOptions(info: AirPricingInfo, joins: Joins) {
  return list(info.FlightOptionsList?.FlightOption)
    .map((flight, position) => ({
      number: joins.legs.get(flight['@LegRef'] ?? '') ?? position,
      options: list(flight.Option),
    }))
    .sort((a, b) => a.number - b.number);
}

/** What a type of passenger is offered, by leg and segments. */
function optionsBySegments(info: AirPricingInfo, joins: Joins): Map<string, readonly Booking[]> {
  const sold = new Map<string, readonly Booking[]>();
  for (const { number, options } of flightOptions(info, joins)) {
    for (const option of options) {
      const bookings = bookingsOf(option.BookingInfo, joins);
      sold.set(optionName(number, bookings), bookings);
    }
  }
  return sold;
}

function optionName(leg: number, bookings: readonly Booking[]): string {
  return `${leg} ${bookings.map(({ info }) => info['@SegmentRef']).join(' ')}`;
}

function bookingsOf(infos: Many<BookingInfo>, joins: Joins): Booking[] {
  return list(infos).map((info) => bookingOf(info, joins));
}

function bookingOf(info: BookingInfo, { segments, fares }: Joins): Booking {
  return {
    info,
    segment: behind(segments, info['@SegmentRef'], 'segment'),
    fare: behind(fares, info['@FareInfoRef'], 'fare'),
  };
}

function inOrder(choices: readonly Choice[]): boolean {
  for (let leg = 1; leg < choices.length; leg++) {
    const before = choices[leg - 1]!.slice.segments;
    if (choices[leg]!.slice.segments[0]!.departureMs < before[before.length - 1]!.arrivalMs) return false;
  }
  return true;
}

function rowOf(priced: Priced, infos: readonly AirPricingInfo[], { brands }: Joins, choices: readonly Choice[]): Row {
  const slices = choices.map(({ bookings }) => bookings);
  const flown = slices.length === 1 ? slices[0]! : slices.flat();
  return {
    priced,
    infos,
    brands,
    itinerary: derive('row', priced['@Key'], () => itineraryOf(choices.map(({ slice }) => slice))),
    slices,
    booked: infos.length > 1 ? [...flown, ...choices.flatMap(({ others }) => others)] : flown,
  };
}

function rejectedRow(priced: Priced, infos: readonly AirPricingInfo[], { brands }: Joins, itinerary: Rejection): Row {
  return { priced, infos, brands, itinerary, slices: [], booked: [] };
}

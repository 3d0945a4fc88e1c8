import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Rejection } from '../../adapter.ts';
import { type Itinerary, itineraryOf, type Segment, type Slice, sliceOf } from '../../mapping/itinerary.ts';
import { type Derived, derive, orReject } from '../../mapping/reject.ts';
import { durationMinutes } from '../../mapping/time.ts';
import {
  type AirPricePoint,
  type AirPricingInfo,
  type AirPricingSolution,
  type BookingInfo,
  type FareInfo,
  list,
  type Priced,
} from './format.ts';
import { fareBehind, type JoinedSegment, type Joins, segmentBehind } from './joins.ts';

/** A segment in a booking class at a fare. */
export interface Booking {
  readonly segment: JoinedSegment;
  readonly info: BookingInfo;
  readonly fare: FareInfo;
}

/** One journey at one price. Rows of one price point share `priced`. */
export interface TravelportRow {
  readonly priced: Priced;
  readonly infos: readonly AirPricingInfo[];
  readonly brands: ReadonlyMap<string, string>;
  readonly itinerary: Derived<Itinerary>;
  /** By slice the bookings of the first type of passenger. */
  readonly slices: readonly (readonly Booking[])[];
  /** The bookings of the other types of passenger, in no order. */
  readonly others: readonly Booking[];
}

/** A part of a journey as one choice. */
interface Choice {
  readonly slice: Slice;
  readonly bookings: readonly Booking[];
  readonly others: readonly Booking[];
}

/**
 * The rows of a price point: every combination of one option for each leg that all types of passenger are offered, first
 * options first, at most `limit`. Combinations whose legs overlap in time are none. A price point that cannot be read is one
 * rejected row.
 */
export function rowsOfPricePoint(
  point: AirPricePoint,
  joins: Joins,
  limit: number,
): { readonly rows: TravelportRow[]; readonly cut: boolean } {
  const infos = list(point.AirPricingInfo);
  const legs = derive('price point', point['@Key'], () => choicesOf(point, infos, joins));
  if (legs instanceof Rejection) return { rows: [rejectedRow(point, infos, joins, legs)], cut: false };
  const rows: TravelportRow[] = [];
  const chosen: number[] = legs.map(() => 0);
  // Overlapping combinations are skipped, not counted; a bound on all that are tried keeps odd answers harmless.
  for (let tried = 0; tried < limit * 20; tried++) {
    const choices = chosen.map((option, leg) => legs[leg]![option]!);
    if (inOrder(choices)) {
      if (rows.length === limit) return { rows, cut: true };
      rows.push(rowOf(point, infos, joins, choices));
    }
    let leg = legs.length - 1;
    while (leg >= 0 && ++chosen[leg]! === legs[leg]!.length) chosen[leg--] = 0;
    if (leg < 0) return { rows, cut: false };
  }
  return { rows, cut: true };
}

/** The row of a solution. */
export function rowOfSolution(solution: AirPricingSolution, joins: Joins): TravelportRow {
  const infos = list(solution.AirPricingInfo);
  const choices = derive('solution', solution['@Key'], () => {
    refuseIncomplete(solution);
    const others = infos.slice(1).flatMap((info) => list(info.BookingInfo).map((booking) => bookingOf(booking, joins)));
    const bookings = new Map(list(infos[0]?.BookingInfo).map((booking) => [booking['@SegmentRef'] ?? '', booking]));
    return journeysOf(solution, joins).map(({ keys, minutes }): Choice => {
      const own = keys.map((key) => {
        const booking = bookings.get(key ?? '');
        if (booking !== undefined) return bookingOf(booking, joins);
        throw new Rejection(RejectionReason.BROKEN_REFERENCE, `segment ${key} has no booking info`);
      });
      return { slice: sliceOf(own.map(segmentIn), minutes), bookings: own, others };
    });
  });
  return choices instanceof Rejection
    ? rejectedRow(solution, infos, joins, choices)
    : rowOf(solution, infos, joins, choices);
}

/** The journeys of a solution; where it has none (a priced itinerary) the segments' groups make them. */
function journeysOf(solution: AirPricingSolution, joins: Joins) {
  const journeys = list(solution.Journey);
  if (journeys.length > 0) {
    return journeys.map((journey) => ({
      keys: list(journey.AirSegmentRef).map((reference) => reference['@Key']),
      minutes: durationMinutes(journey['@TravelTime']),
    }));
  }
  const groups = new Map<string, (string | undefined)[]>();
  for (const reference of list(solution.AirSegmentRef)) {
    const group = segmentBehind(joins, reference['@Key']).element['@Group'] ?? '0';
    const keys = groups.get(group);
    if (keys === undefined) groups.set(group, [reference['@Key']]);
    else keys.push(reference['@Key']);
  }
  return [...groups.values()].map((keys) => ({ keys, minutes: undefined }));
}

function choicesOf(point: AirPricePoint, infos: readonly AirPricingInfo[], joins: Joins): Choice[][] {
  refuseIncomplete(point);
  const [first, ...rest] = infos;
  if (first === undefined) throw new Rejection(RejectionReason.MISSING_FIELD, 'no pricing info');
  const others = rest.map((info) => optionsBySegments(info, joins));
  const legs = flightOptions(first, joins).map(({ number, options }) => {
    const choices: Choice[] = [];
    for (const option of options) {
      const bookings = list(option.BookingInfo).map((booking) => bookingOf(booking, joins));
      const name = optionName(number, bookings);
      const same = others.map((sold) => sold.get(name));
      if (same.includes(undefined)) continue;
      const slice = sliceOf(bookings.map(segmentIn), durationMinutes(option['@TravelTime']));
      choices.push({ slice, bookings, others: same.flatMap((sold) => sold ?? []) });
    }
    if (choices.length === 0) throw new Rejection(RejectionReason.MISSING_FIELD, `leg ${number} has no option for all`);
    return choices;
  });
  if (legs.length === 0) throw new Rejection(RejectionReason.MISSING_FIELD, 'no flight options');
  return legs;
}

function refuseIncomplete(priced: Priced): void {
  if (priced['@CompleteItinerary'] === 'false') {
    throw new Rejection(RejectionReason.MISSING_FIELD, `${priced['@Key']} prices a part of the journey alone`);
  }
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
      const bookings = list(option.BookingInfo).map((booking) => bookingOf(booking, joins));
      sold.set(optionName(number, bookings), bookings);
    }
  }
  return sold;
}

function optionName(leg: number, bookings: readonly Booking[]): string {
  return `${leg} ${bookings.map(({ info }) => info['@SegmentRef']).join(' ')}`;
}

function bookingOf(info: BookingInfo, joins: Joins): Booking {
  return { info, segment: segmentBehind(joins, info['@SegmentRef']), fare: fareBehind(joins, info['@FareInfoRef']) };
}

function segmentIn(booking: Booking): Segment {
  return orReject(booking.segment.segment);
}

function inOrder(choices: readonly Choice[]): boolean {
  for (let leg = 1; leg < choices.length; leg++) {
    const before = choices[leg - 1]!.slice.segments;
    if (choices[leg]!.slice.segments[0]!.departureMs < before[before.length - 1]!.arrivalMs) return false;
  }
  return true;
}

function rowOf(
  priced: Priced,
  infos: readonly AirPricingInfo[],
  joins: Joins,
  choices: readonly Choice[],
): TravelportRow {
  return {
    priced,
    infos,
    brands: joins.brands,
    itinerary: derive('row', priced['@Key'], () => itineraryOf(choices.map(({ slice }) => slice))),
    slices: choices.map(({ bookings }) => bookings),
    others: infos.length > 1 ? choices.flatMap(({ others }) => others) : [],
  };
}

function rejectedRow(
  priced: Priced,
  infos: readonly AirPricingInfo[],
  joins: Joins,
  rejection: Rejection,
): TravelportRow {
  return { priced, infos, brands: joins.brands, itinerary: rejection, slices: [], others: [] };
}

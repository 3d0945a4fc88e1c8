import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Rejection } from '../../adapter.ts';
import { derive } from '../../mapping/reject.ts';
import {
  type AirPricingInfo,
  type AirPricingSolution,
  type BookingInfo,
  type Joins,
  list,
  type Priced,
} from './format.ts';
import type { Booking, Journey, Part } from './journey.ts';

/**
 * The journeys of a price point: every combination of one option for each leg that all types of passenger are offered, first
 * options first, at most `limit`. Combinations whose legs overlap in time are none. A price point that cannot be read is one
 * refused row.
 *
 * @param instants moments of the answer's times, as far as they were needed
 */
export function journeysOfPoint(
  priced: Priced,
  joins: Joins,
  limit: number,
  instants: Map<string, number>,
): { readonly rows: readonly Journey[]; readonly cut: boolean } {
  const infos = list(priced.AirPricingInfo);
  const legs = derive('price point', priced['@Key'], () => choicesOf(priced, infos, joins));
  if (legs instanceof Rejection) return { rows: [refusedRow(priced, infos, legs)], cut: false };
  const rows: Journey[] = [];
  const chosen: number[] = legs.map(() => 0);
  // Overlapping combinations are skipped, not counted; a bound on all that are tried keeps odd answers harmless.
  for (let tried = 0; tried < limit * 20; tried++) {
    const parts = chosen.map((option, leg) => legs[leg]![option]!);
    if (inOrder(parts, instants)) {
      if (rows.length === limit) return { rows, cut: true };
      rows.push(journeyOf(priced, infos, parts, `/${chosen.join('.')}`));
    }
    let leg = legs.length - 1;
    while (leg >= 0 && ++chosen[leg]! === legs[leg]!.length) chosen[leg--] = 0;
    if (leg < 0) return { rows, cut: false };
  }
  return { rows, cut: true };
}

/** The journey of a solution. */
export function journeyOfSolution(solution: AirPricingSolution, joins: Joins): Journey {
  const infos = list(solution.AirPricingInfo);
  const parts = derive('solution', solution['@Key'], () => {
    refuseIncomplete(solution);
    const bookings = new Map(list(infos[0]?.BookingInfo).map((booking) => [booking['@SegmentRef'] ?? '', booking]));
    return partsOf(solution, joins).map(({ keys, travelTime }, slice): Part => {
      const flown = keys.map((key, position) => {
        const booking = bookings.get(key ?? '');
        if (booking !== undefined) return bookingOf(booking, joins, slice, position < keys.length - 1);
        throw new Rejection(RejectionReason.BROKEN_REFERENCE, `segment ${key} has no booking info`);
      });
      return partOf(flown, [], travelTime);
    });
  });
  if (parts instanceof Rejection) return refusedRow(solution, infos, parts);
  const others = derive('solution', solution['@Key'], () =>
    infos.slice(1).flatMap((info) => list(info.BookingInfo).map((booking) => bookingOf(booking, joins, 0, false))),
  );
  if (others instanceof Rejection) return refusedRow(solution, infos, others);
  const journey = journeyOf(solution, infos, parts, '');
  return { ...journey, booked: [...journey.flown, ...others] };
}

/** The parts of a solution's journey; where it has none (a priced itinerary) the segments' groups make them. */
function partsOf(solution: AirPricingSolution, joins: Joins) {
  const journeys = list(solution.Journey);
  if (journeys.length > 0) {
    return journeys.map((journey) => ({
      keys: list(journey.AirSegmentRef).map((reference) => reference['@Key']),
      travelTime: journey['@TravelTime'],
    }));
  }
  const groups = new Map<string, (string | undefined)[]>();
  for (const reference of list(solution.AirSegmentRef)) {
    const group = behind(joins.segments, reference['@Key'], 'segment')['@Group'] ?? '0';
    const keys = groups.get(group);
    if (keys === undefined) groups.set(group, [reference['@Key']]);
    else keys.push(reference['@Key']);
  }
  return [...groups.values()].map((keys) => ({ keys, travelTime: undefined }));
}

/** By leg the options that all types of passenger are offered. */
function choicesOf(point: Priced, infos: readonly AirPricingInfo[], joins: Joins): Part[][] {
  refuseIncomplete(point);
  const [first, ...rest] = infos;
  if (first === undefined) throw new Rejection(RejectionReason.MISSING_FIELD, 'no pricing info');
  const others = rest.map((info) => optionsBySegments(info, joins));
  const legs = flightOptions(first, joins).map(({ number, options }, slice) => {
    const choices: Part[] = [];
    for (const option of options) {
      const flown = bookingsOf(option.BookingInfo, joins, slice);
      if (others.length === 0) {
        choices.push(partOf(flown, [], option['@TravelTime']));
        continue;
      }
      const name = optionName(number, flown);
      const same = others.map((sold) => sold.get(name));
      if (same.includes(undefined)) continue;
      const sold = same.flatMap((bookings) => bookings ?? []);
      choices.push(partOf(flown, sold, option['@TravelTime']));
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
    .map((flight, position) => {
      const leg = joins.legs_by_key[flight['@LegRef'] ?? ''];
      return { number: leg === undefined ? position : Number(leg['@Group'] ?? 0), options: list(flight.Option) };
    })
    .sort((a, b) => a.number - b.number);
}

/** What a type of passenger is offered, by leg and segments. */
function optionsBySegments(info: AirPricingInfo, joins: Joins): Map<string, readonly Booking[]> {
  const sold = new Map<string, readonly Booking[]>();
  for (const [slice, { number, options }] of flightOptions(info, joins).entries()) {
    for (const option of options) {
      const bookings = bookingsOf(option.BookingInfo, joins, slice);
      sold.set(optionName(number, bookings), bookings);
    }
  }
  return sold;
}

function optionName(leg: number, bookings: readonly Booking[]): string {
  return `${leg} ${bookings.map(({ info }) => info['@SegmentRef']).join(' ')}`;
}

function bookingsOf(infos: Parameters<typeof list<BookingInfo>>[0], joins: Joins, slice: number): Booking[] {
  const booked = list(infos);
  return booked.map((info, position) => bookingOf(info, joins, slice, position < booked.length - 1));
}

function bookingOf(info: BookingInfo, joins: Joins, slice: number, connects: boolean): Booking {
  const segment = behind(joins.segments, info['@SegmentRef'], 'segment');
  return { info, segment, fare: behind(joins.fares, info['@FareInfoRef'], 'fare'), slice, connects };
}

/** The element behind a reference. Throws Rejection BROKEN_REFERENCE. */
function behind<T>(elements: Readonly<Record<string, T>>, key: string | undefined, what: string): T {
  const element = elements[key ?? ''];
  if (element !== undefined) return element;
  throw new Rejection(RejectionReason.BROKEN_REFERENCE, `${what} ${key} is not in the answer`);
}

function partOf(flown: readonly Booking[], others: readonly Booking[], travelTime: string | undefined): Part {
  return { flown, others, travel_time: travelTime };
}

/** Whether each part begins when the one before it has ended, by the offsets that the partner wrote. */
function inOrder(parts: readonly Part[], instants: Map<string, number>): boolean {
  for (let leg = 1; leg < parts.length; leg++) {
    const before = parts[leg - 1]!.flown;
    const ends = instantOf(before[before.length - 1]?.segment['@ArrivalTime'], instants);
    if (instantOf(parts[leg]!.flown[0]?.segment['@DepartureTime'], instants) < ends) return false;
  }
  return true;
}

/** Few flights make many journeys, so each time is read once. NaN for what is none. */
function instantOf(stated = '', instants: Map<string, number>): number {
  let instant = instants.get(stated);
  if (instant === undefined) {
    instant = Date.parse(stated);
    instants.set(stated, instant);
  }
  return instant;
}

function journeyOf(priced: Priced, infos: readonly AirPricingInfo[], slices: readonly Part[], option: string): Journey {
  if (slices.length === 1 && infos.length === 1) {
    const { flown } = slices[0]!;
    return { priced, option, infos, slices, flown, booked: flown, refused: undefined };
  }
  const flown: Booking[] = [];
  for (const part of slices) for (const booking of part.flown) flown.push(booking);
  const booked = infos.length > 1 ? [...flown, ...slices.flatMap(({ others }) => others)] : flown;
  return { priced, option, infos, slices, flown, booked, refused: undefined };
}

function refusedRow(priced: Priced, infos: readonly AirPricingInfo[], refused: Rejection): Journey {
  return { priced, option: '', infos, slices: [], flown: [], booked: [], refused };
}

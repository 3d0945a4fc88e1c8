import { RejectionReason, RepairReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { airportZone, epochMsToLocal, localToEpochMs } from '../../../libs/reference/index.ts';
import { Rejection } from '../adapter.ts';
import { repaired } from '../repairs.ts';
import { hasOffset, placeWall, wallTime } from './time.ts';

/** One flight of an itinerary, as every flight partner's format can say it. */
export interface Segment {
  readonly origin: string;
  readonly destination: string;
  readonly originZone: string;
  readonly destinationZone: string;
  /** Wall time at the origin, to the second. */
  readonly departure: string;
  /** Wall time at the destination, to the second. */
  readonly arrival: string;
  readonly departureMs: number;
  readonly arrivalMs: number;
  readonly marketingCarrier: string;
  readonly marketingNumber: string;
  /** Empty where the partner does not say who flies. */
  readonly operatingCarrier: string;
  /** Empty where the partner does not give it. */
  readonly operatingNumber: string;
  /** Landings on the way under the same number. */
  readonly technicalStops: number;
  /** As in Flight.segment_keys. */
  readonly key: string;
}

/** What a partner states of a segment, unchecked. */
export interface StatedSegment {
  readonly origin: unknown;
  readonly destination: unknown;
  /** The zone of the airport where the answer itself gives it. */
  readonly originZone?: unknown;
  readonly destinationZone?: unknown;
  readonly departure: unknown;
  readonly arrival: unknown;
  /** In place of a wall time where the answer states a moment instead, epoch ms. */
  readonly departureAt?: number | undefined;
  readonly arrivalAt?: number | undefined;
  readonly marketingCarrier: unknown;
  readonly marketingNumber: unknown;
  readonly operatingCarrier: unknown;
  readonly operatingNumber: unknown;
  readonly technicalStops: number;
}

/** One direction of a journey. */
export interface Slice {
  readonly segments: readonly Segment[];
  readonly minutes: number;
}

/** A whole journey with what its columns hold, computed once. */
export interface Itinerary {
  readonly slices: readonly Slice[];
  readonly first: Segment;
  readonly last: Segment;
  readonly keys: string[];
  readonly stops: number;
  readonly minutes: number;
  readonly carriers: string[];
  readonly connections: string[];
}

const ZERO = 48;
const NINE = 57;
const A = 65;
const Z = 90;

/** Three capital letters. */
function isAirport(code: unknown): code is string {
  return typeof code === 'string' && code.length === 3 && isLetter(code, 0) && isLetter(code, 1) && isLetter(code, 2);
}

/** Two or three capital letters and digits. */
function isCarrier(code: unknown): code is string {
  if (typeof code !== 'string' || code.length < 2 || code.length > 3) return false;
  for (let at = 0; at < code.length; at++) if (!isLetter(code, at) && !isDigit(code, at)) return false;
  return true;
}

function isLetter(code: string, at: number): boolean {
  const unit = code.charCodeAt(at);
  return unit >= A && unit <= Z;
}

function isDigit(code: string, at: number): boolean {
  const unit = code.charCodeAt(at);
  return unit >= ZERO && unit <= NINE;
}

/** Up to four digits after any zeros, and for an additional flight a letter. Anything else is no number, and would break the keys made of it. */
const flightNumberShape = /^0*\d{1,4}[A-Z]?$/;

/** A flight number without leading zeros: "0151" is 151, and so is 151; empty where there is none. */
export function flightNumber(stated: unknown): string {
  const text = typeof stated === 'number' ? String(stated) : typeof stated === 'string' ? stated.trim() : '';
  if (!flightNumberShape.test(text)) return '';
  let start = 0;
  while (start < text.length - 1 && text.charCodeAt(start) === ZERO) start++;
  return start === 0 ? text : text.slice(start);
}

/**
 * Checks a stated segment and gives it its zones, instants and key.
 *
 * Who flies decides the key. Where the answer names no operating carrier the one whose number is sold stands in, without a
 * number: its number need not be the operating one. Where it names one without a number, the number counts only if carrier
 * and seller are the same.
 *
 * @throws Rejection MISSING_FIELD, INVALID_TIME, or UNKNOWN_CODE for an airport without a known zone
 */
export function segmentOf(stated: StatedSegment): Segment {
  const { origin, destination, marketingCarrier } = stated;
  if (!isAirport(origin)) throw missing('airport of departure', origin);
  if (!isAirport(destination)) throw missing('airport of arrival', destination);
  if (!isCarrier(marketingCarrier)) {
    throw missing('marketing carrier', marketingCarrier);
  }
  const marketingNumber = flightNumber(stated.marketingNumber);
  if (marketingNumber === '') throw missing('flight number', stated.marketingNumber);

  const operatingCarrier = isCarrier(stated.operatingCarrier) ? stated.operatingCarrier : '';
  const givenNumber = operatingCarrier === '' ? '' : flightNumber(stated.operatingNumber);
  const operatingNumber = givenNumber === '' && operatingCarrier === marketingCarrier ? marketingNumber : givenNumber;

  const start = endOf(stated.departure, stated.departureAt, stated.originZone, origin, 'departure');
  const end = endOf(stated.arrival, stated.arrivalAt, stated.destinationZone, destination, 'arrival');
  const { wall: departure } = start;
  const { wall: arrival } = end;

  return {
    origin,
    destination,
    originZone: start.zone,
    destinationZone: end.zone,
    departure,
    arrival,
    departureMs: start.epochMs,
    arrivalMs: end.epochMs,
    marketingCarrier,
    marketingNumber,
    operatingCarrier,
    operatingNumber,
    technicalStops: stated.technicalStops,
    key: `${operatingCarrier === '' ? marketingCarrier : operatingCarrier}|${operatingNumber}|${departure.slice(0, 10)}|${origin}|${destination}|${departure.slice(11, 16)}|${arrival.slice(0, 16)}`,
  };
}

/** When a segment begins or ends. */
interface End {
  /** On the clock of the airport, to the second. */
  readonly wall: string;
  readonly zone: string;
  readonly epochMs: number;
}

function endOf(stated: unknown, at: number | undefined, zone: unknown, airport: string, what: string): End {
  if (at !== undefined) return momentAt(at, zone, airport);
  const wall = wallTime(stated);
  if (wall === undefined) throw badTime(what, stated, airport);
  if (hasOffset(stated)) repaired(RepairReason.FALSE_ZONE, String(stated));
  return placed(wall, zone, airport, what);
}

/** A wall time in the zone that the answer gives, or where that is none in the airport's own. */
function placed(wall: string, statedZone: unknown, airport: string, what: string): End {
  if (typeof statedZone === 'string' && statedZone !== '') {
    const found = placeWall(wall, statedZone);
    if (found !== undefined) return { wall: found.wall, zone: statedZone, epochMs: found.epochMs };
  }
  const zone = zoneOf(airport);
  const found = placeWall(wall, zone);
  if (found === undefined) throw badTime(what, wall, airport);
  return { wall: found.wall, zone, epochMs: found.epochMs };
}

/** A moment on the clock of the airport, by the same zones. It stays what it is, also in the hour that clocks repeat. */
function momentAt(epochMs: number, statedZone: unknown, airport: string): End {
  const known = typeof statedZone === 'string' && statedZone !== '' && isZone(statedZone);
  const zone = known ? statedZone : zoneOf(airport);
  return { wall: epochMsToLocal(epochMs, zone).slice(0, 19), zone, epochMs };
}

function isZone(zone: string): boolean {
  return localToEpochMs('2000-01-01T12:00:00', zone) !== undefined;
}

function zoneOf(airport: string): string {
  const zone = airportZone(airport);
  if (zone === undefined) throw new Rejection(RejectionReason.UNKNOWN_CODE, `airport ${airport} has no known zone`);
  return zone;
}

/**
 * A slice of segments in order of travel.
 *
 * @param statedMinutes travel time as the partner states it; where it does not, it follows from the two ends
 */
export function sliceOf(segments: readonly Segment[], statedMinutes: number | undefined): Slice {
  const first = segments[0];
  const last = segments[segments.length - 1];
  if (first === undefined || last === undefined) throw missing('segments of a slice', undefined);
  return { segments, minutes: statedMinutes ?? Math.round((last.arrivalMs - first.departureMs) / 60_000) };
}

/** A journey of slices in order of travel. */
export function itineraryOf(slices: readonly Slice[]): Itinerary {
  const first = slices[0]?.segments[0];
  const lastSlice = slices[slices.length - 1]?.segments;
  const last = lastSlice?.[lastSlice.length - 1];
  if (first === undefined || last === undefined) throw missing('slices', undefined);
  const keys: string[] = [];
  const carriers: string[] = [];
  const connections: string[] = [];
  let stops = 0;
  let minutes = 0;
  for (let s = 0; s < slices.length; s++) {
    const { segments, minutes: sliceMinutes } = slices[s]!;
    if (s > 0) keys.push('/');
    let sliceStops = segments.length - 1;
    for (let i = 0; i < segments.length; i++) {
      const segment = segments[i]!;
      keys.push(segment.key);
      if (!carriers.includes(segment.marketingCarrier)) carriers.push(segment.marketingCarrier);
      if (i > 0 && !connections.includes(segment.origin)) connections.push(segment.origin);
      if (i < segments.length - 1 && !connections.includes(segment.destination)) connections.push(segment.destination);
      sliceStops += segment.technicalStops;
    }
    if (sliceStops > stops) stops = sliceStops;
    minutes += sliceMinutes;
  }
  return { slices, first, last, keys, stops, minutes, carriers, connections };
}

/** Column functions of everything that the itinerary alone decides. `of` throws a Rejection where a row has none. */
export function itineraryColumns<Row>(of: (row: Row) => Itinerary) {
  return {
    segment_keys: (row: Row): string[] => of(row).keys,
    stops: (row: Row): number => of(row).stops,
    duration_minutes: (row: Row): number => of(row).minutes,
    departure: (row: Row): number => of(row).first.departureMs,
    arrival: (row: Row): number => of(row).last.arrivalMs,
    departure_minute_of_day: (row: Row): number => minuteOfDay(of(row).first.departure),
    carriers: (row: Row): string[] => of(row).carriers,
    connections: (row: Row): string[] => of(row).connections,
  };
}

/** Minutes after midnight of a wall time. */
export function minuteOfDay(wall: string): number {
  return (
    ((wall.charCodeAt(11) - ZERO) * 10 + wall.charCodeAt(12) - ZERO) * 60 +
    (wall.charCodeAt(14) - ZERO) * 10 +
    wall.charCodeAt(15) -
    ZERO
  );
}

function missing(what: string, stated: unknown): Rejection {
  return new Rejection(RejectionReason.MISSING_FIELD, `${what}: ${shown(stated)}`);
}

function badTime(what: string, stated: unknown, place: string): Rejection {
  return new Rejection(RejectionReason.INVALID_TIME, `${what} at ${place}: ${shown(stated)}`);
}

function shown(stated: unknown): string {
  return typeof stated === 'string' || typeof stated === 'number' ? `"${String(stated).slice(0, 40)}"` : 'not stated';
}

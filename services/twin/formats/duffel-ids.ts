import { type Cabin, cabins } from '../flights/fares.ts';
import type { FlightSearch } from '../flights/offers.ts';
import type { PassengerKind } from '../flights/taxes.ts';

/** One traveller as asked for. */
export interface DuffelPassenger {
  readonly type?: 'adult' | 'child' | 'infant_without_seat';
  readonly age?: number;
}

/** A search as asked for, with the second in which it was answered. */
export interface DuffelSearch {
  readonly createdSecond: number;
  readonly slices: readonly { readonly origin: string; readonly destination: string; readonly day: number }[];
  readonly passengers: readonly DuffelPassenger[];
  readonly cabin?: Cabin;
  readonly maxConnections?: number;
}

/** Indexes from here on are second sales of the offer at the rest. */
export const duplicateIndex = 20_000;

/**
 * A search as letters and digits, so that ids carry all that is needed to answer for them later: the twin remembers
 * nothing. Nobody signs them; a made-up id names a made-up search.
 */
export function encodeSearch(search: DuffelSearch): string {
  const slices = search.slices.map((slice) => `${slice.origin}${slice.destination}${base36(slice.day, 4)}`).join('');
  const passengers = search.passengers
    .map(({ type, age }) => (age === undefined ? (type ?? 'adult').slice(0, 2) : `${age}`.padStart(2, '0')))
    .join('');
  const cabin = search.cabin === undefined ? 'x' : `${cabins.indexOf(search.cabin)}`;
  const changes = search.maxConnections === undefined ? 'x' : `${search.maxConnections}`;
  return `${base36(search.createdSecond, 7)}${search.slices.length}${slices}${cabin}${changes}${search.passengers.length}${passengers}`;
}

/** The search in a text made by {@link encodeSearch}; undefined for any other text. */
export function decodeSearch(text: string): DuffelSearch | undefined {
  const head = /^([0-9a-z]{7})([1-6])/.exec(text);
  if (head === null) return undefined;
  const slices: { origin: string; destination: string; day: number }[] = [];
  let at = 8;
  for (let i = 0; i < Number(head[2]); i++, at += 10) {
    const slice = /^([A-Z]{3})([A-Z]{3})([0-9a-z]{4})$/.exec(text.slice(at, at + 10));
    if (slice === null) return undefined;
    const day = Number.parseInt(slice[3]!, 36);
    if (day > 100_000) return undefined;
    slices.push({ origin: slice[1]!, destination: slice[2]!, day });
  }
  const tail = /^([0-3x])([0-2x])([1-9])((?:ad|ch|in|\d\d){1,9})$/.exec(text.slice(at));
  if (tail === null || tail[4]!.length !== Number(tail[3]) * 2) return undefined;
  return {
    createdSecond: Number.parseInt(head[1]!, 36),
    slices,
    passengers: tail[4]!.match(/../g)!.map(decodePassenger),
    ...(tail[1] === 'x' ? {} : { cabin: cabins[Number(tail[1])]! }),
    ...(tail[2] === 'x' ? {} : { maxConnections: Number(tail[2]) }),
  };
}

function decodePassenger(token: string): DuffelPassenger {
  if (token === 'ad') return { type: 'adult' };
  if (token === 'ch') return { type: 'child' };
  if (token === 'in') return { type: 'infant_without_seat' };
  return { age: Number(token) };
}

/** Id of an offer: its search and its place in the answer. */
export function offerId(search: string, index: number): string {
  return `off_0000${search}${base36(index, 3)}`;
}

/** What is behind an offer's id. */
export function readOfferId(
  id: string,
): { readonly text: string; readonly search: DuffelSearch; readonly index: number } | undefined {
  if (!id.startsWith('off_0000') || !/[0-9a-z]{3}$/.test(id)) return undefined;
  const text = id.slice(8, -3);
  const search = decodeSearch(text);
  return search && { text, search, index: Number.parseInt(id.slice(-3), 36) };
}

/** Kind of a traveller for fares: infants are under 2, children under 12. */
export function kindOf({ type, age }: DuffelPassenger): PassengerKind {
  if (age !== undefined) return age < 2 ? 'infant' : age < 12 ? 'child' : 'adult';
  return type === 'infant_without_seat' ? 'infant' : (type ?? 'adult');
}

/** The search in no partner's words. */
export function toFlightSearch(search: DuffelSearch): FlightSearch {
  return {
    legs: search.slices,
    passengers: search.passengers.map(kindOf),
    ...(search.cabin === undefined ? {} : { cabin: search.cabin }),
    ...(search.maxConnections === undefined ? {} : { maxChanges: search.maxConnections }),
  };
}

/** Id of a traveller of a search. */
export function passengerId(search: string, index: number): string {
  return `pas_0000${search.slice(0, 7)}${index}${search.slice(8, 18)}`;
}

function base36(value: number, length: number): string {
  return value.toString(36).padStart(length, '0');
}

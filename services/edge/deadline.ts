// The client's deadline: how long it will wait, said in a header, carried from here to the partner call.
import { invalidField } from '../../libs/errors/index.ts';
import type { PublicMethod } from './api/method.ts';

/** The request header with the client's patience in milliseconds. */
export const timeoutHeader = 'entrepot-timeout-ms';

/** Bounds of a client's patience, in milliseconds. */
export interface PatienceLimits {
  /** Used when the client says nothing. Default 8,000; sensible 2,000 to 20,000. */
  readonly defaultMs: number;
  /** Longest that a client may ask for. Default 30,000; sensible 10,000 to 60,000. */
  readonly maxMs: number;
}

/** The shipped bounds. */
export const defaultPatience: PatienceLimits = { defaultMs: 8_000, maxMs: 30_000 };

/** Within less no partner can answer, in milliseconds: a search is not begun for it. */
export const leastSearchMs = 50;

/**
 * Reads the client's patience. More than may be asked for is as good as the most: who would wait longer is answered in time, too.
 *
 * @param value the header's value, if it was sent
 * @returns milliseconds from now
 * @throws EntrepotError INVALID_FIELD when it is no whole number
 */
export function patienceOf(value: string | string[] | undefined, limits: PatienceLimits): number {
  if (value === undefined) return limits.defaultMs;
  if (typeof value === 'string' && /^\d+$/.test(value)) return Math.min(Number(value), limits.maxMs);
  throw invalidField(timeoutHeader, 'Expected whole milliseconds.');
}

/** Streams but searches are followed for as long as there is something to follow. */
const isFollowed = ({ streams, name }: PublicMethod): boolean => streams && name !== 'Search';

/** How long is waited for a client that does not say, in milliseconds, in protocols whose clients need not. */
export function defaultTimeoutMs(method: PublicMethod, limits: PatienceLimits): number {
  return isFollowed(method) ? Number.POSITIVE_INFINITY : limits.defaultMs;
}

/** The same for a client that says so in a protocol that has deadlines of its own. */
export function timeoutWithin(method: PublicMethod, askedMs: number, limits: PatienceLimits): number {
  return isFollowed(method) ? askedMs : Math.min(askedMs, limits.maxMs);
}

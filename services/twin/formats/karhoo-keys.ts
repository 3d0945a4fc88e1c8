import { fractionOf } from '../random.ts';
import type { Point } from '../rides/trips.ts';

/** What a list of quotes was asked for. */
export interface KarhooRequest {
  readonly from: Point;
  readonly to: Point;
  /** Epoch milliseconds of the pick-up; undefined is as soon as possible. */
  readonly pickUp: number | undefined;
  /** Epoch milliseconds. */
  readonly created: number;
}

/**
 * The id of a list of quotes: the request, so that the twin need not remember it. Positions to a hundred-thousandth of a
 * degree. The mark at the end tells ids that were given from made-up ones.
 */
export function writeListId(seed: number, salt: string, request: KarhooRequest): string {
  const place = ({ latitude, longitude }: Point): string =>
    base36(Math.round((latitude + 90) * 1e5), 5) + base36(Math.round((longitude + 180) * 1e5), 5);
  const minute = request.pickUp === undefined ? 0 : Math.floor(request.pickUp / 60_000);
  const open = `${place(request.from)}-${place(request.to)}-${base36(request.created, 9)}-${base36(minute, 6)}`;
  return `${open}-${mark(seed, salt, open)}`;
}

/** What is behind a list's id; undefined where the seller did not give it. */
export function readListId(seed: number, salt: string, text: string): KarhooRequest | undefined {
  const parts = /^([0-9a-z]{10})-([0-9a-z]{10})-([0-9a-z]{9})-([0-9a-z]{6})-([0-9a-z]{8})$/.exec(text);
  if (parts === null || mark(seed, salt, text.slice(0, -9)) !== parts[5]) return undefined;
  const number = (digits: string): number => Number.parseInt(digits, 36);
  const place = (digits: string): Point => ({
    latitude: number(digits.slice(0, 5)) / 1e5 - 90,
    longitude: number(digits.slice(5)) / 1e5 - 180,
  });
  const minute = number(parts[4]!);
  return {
    from: place(parts[1]!),
    to: place(parts[2]!),
    created: number(parts[3]!),
    pickUp: minute === 0 ? undefined : minute * 60_000,
  };
}

/** The id of a quote: the list's, then fleet and class in base 64. */
export function writeQuoteId(listId: string, fleetCode: string, vehicleClass: string): string {
  return `${listId}:${Buffer.from(`${fleetCode};${vehicleClass}`).toString('base64')}`;
}

/** The parts of a quote's id. */
export function readQuoteId(
  text: string,
): { readonly listId: string; readonly fleetCode: string; readonly vehicleClass: string } | undefined {
  const [listId, encoded, more] = text.split(':');
  const [fleetCode, vehicleClass] = Buffer.from(encoded ?? '', 'base64')
    .toString()
    .split(';');
  if (more !== undefined || !listId || !fleetCode || !vehicleClass) return undefined;
  return { listId, fleetCode, vehicleClass };
}

function mark(seed: number, salt: string, open: string): string {
  return base36(Math.floor(fractionOf(`${seed}|${salt}|quotes|${open}`) * 36 ** 8), 8);
}

function base36(value: number, length: number): string {
  return value.toString(36).padStart(length, '0');
}

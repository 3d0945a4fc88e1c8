// What mappings by hand have in common.
import { readFileSync } from 'node:fs';
import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { type Adapter, type AnswerContext, Rejection } from '../../../services/supply/adapter.ts';
import { CABIN_NAMES } from '../../../services/supply/mapping/flight-item.ts';

/** The part of an adapter that maps. */
export type ByHand<Row, Body> = Pick<Adapter<Row, Body>, 'read' | 'columns' | 'price' | 'expiresAt'>;

/** The same with whole offers. */
export type WholeByHand<Row, Body> = ByHand<Row, Body> & Pick<Adapter<Row, Body>, 'item'>;

/** A code table of a partner's folder. */
export function codes(partner: string, file: string): ReadonlyMap<string, string> {
  const url = new URL(`../../../services/supply/partners/${partner}/${file}`, import.meta.url);
  const [, ...lines] = readFileSync(url, 'utf8').trim().split('\n');
  return new Map(lines.map((line) => line.split(',') as [string, string]));
}

/** The end of the lifetime that the manifest states. */
export function ownLifetime(_row: unknown, context: AnswerContext): number {
  return context.fetchedAt + context.manifest.defaults.lifetimeSeconds * 1_000;
}

/** A row that lacks what it needs. */
export function lacking(id: unknown, because: string): Rejection {
  return new Rejection(RejectionReason.MISSING_FIELD, `${id}: ${because}`);
}

/** A whole number, as such or as text; undefined for anything else. */
export function whole(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

/** The lowest of cabins by name. */
export function lowestCabin(names: Iterable<string | undefined>): string | undefined {
  let lowest = CABIN_NAMES.length;
  for (const name of names) {
    const cabin = CABIN_NAMES.indexOf(name);
    if (cabin > 0 && cabin < lowest) lowest = cabin;
  }
  return CABIN_NAMES[lowest];
}

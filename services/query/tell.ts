import type { AnyColumnView } from '../../libs/columns/index.ts';
import { formatMinor } from '../../libs/money/index.ts';
import type { ResultSet } from './result-set.ts';

/** Pieces of sentences for people. */

/** What an offer costs, as it is ordered by: "410.00 GBP". @param minor another amount than its own */
export function formattedPrice(set: ResultSet, row: number, minor = set.totals[row]!): string {
  return `${formatMinor(minor, set.currency)} ${set.currency}`;
}

/** A moment: "2026-11-20 12:03:11 UTC". */
export function time(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Milliseconds: "850 ms", "7.85 s". */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${plainNumber(ms / 1_000, 2)} s`;
}

/** "1 offer", "2 offers". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A number with no more digits behind the point than it needs. */
export function plainNumber(value: number, digits = 3): string {
  return String(Number(value.toFixed(digits)));
}

/** An attribute of a row, or its price; undefined where it has none. */
export function valueText(
  column: AnyColumnView | undefined,
  row: number,
  attribute: string,
  currency: string,
): string | undefined {
  if (column?.has(row) !== true) return undefined;
  if (attribute === 'price' && column.type === 'double') return `${plainNumber(column.get(row), 2)} ${currency}`;
  switch (column.type) {
    case 'int64':
      return time(column.get(row));
    case 'double':
      return plainNumber(column.get(row));
    case 'string_list':
      return column.get(row).join(', ') || 'empty';
    default:
      return String(column.get(row));
  }
}

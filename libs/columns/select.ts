import type { Column, ColumnBatch } from '../contracts/gen/entrepot/type/v1/column.ts';
import { invalidField } from '../errors/index.ts';
import { bitGet, bitSet, makeBitmap } from './bitmap.ts';
import { bytesOf } from './packed.ts';
import { readColumns } from './read.ts';
import type { AnyColumnView, BoolColumn, NumberColumn, StringColumnView, StringListColumnView } from './types.ts';

/** Parts of a batch: some of its rows, or some of its columns. */

/**
 * The rows at these positions, in this order; a position may come more than once. Dictionaries keep only the texts
 * that the rows use. Throws EntrepotError INVALID_FIELD for a position outside the batch, or a batch that is not valid.
 */
export function selectRows(batch: ColumnBatch, rows: Uint32Array | readonly number[]): ColumnBatch {
  for (const row of rows) {
    if (row >>> 0 !== row || row >= batch.rowCount) {
      throw invalidField('rows', `row ${row} is outside the batch of ${batch.rowCount} rows`);
    }
  }
  const columns: Column[] = [];
  for (const view of readColumns(batch).values()) columns.push(selectFrom(view, rows));
  return { rowCount: rows.length, columns };
}

/** The batch with only the columns of these attributes, in the batch's order. Nothing is copied. */
export function selectColumns(batch: ColumnBatch, attributes: readonly string[]): ColumnBatch {
  const wanted = new Set(attributes);
  return { rowCount: batch.rowCount, columns: batch.columns.filter((column) => wanted.has(column.attribute)) };
}

function selectFrom(view: AnyColumnView, rows: ArrayLike<number>): Column {
  const { attribute } = view;
  const presence = selectPresence(view, rows);
  switch (view.type) {
    case 'bool':
      return { attribute, presence, values: { $case: 'bools', value: selectBits(view, rows) } };
    case 'int32': {
      const values = new Int32Array(rows.length);
      copyNumbers(view, rows, values);
      return { attribute, presence, values: { $case: 'int32s', value: bytesOf(values) } };
    }
    case 'int64': {
      const halves = new Int32Array(rows.length * 2);
      for (let i = 0; i < rows.length; i++) {
        const value = view.values[rows[i]!]!;
        halves[2 * i] = value | 0;
        halves[2 * i + 1] = Math.floor(value / 4294967296);
      }
      return { attribute, presence, values: { $case: 'int64s', value: bytesOf(halves) } };
    }
    case 'double': {
      const values = new Float64Array(rows.length);
      copyNumbers(view, rows, values);
      return { attribute, presence, values: { $case: 'doubles', value: bytesOf(values) } };
    }
    case 'string':
      return { attribute, presence, values: { $case: 'strings', value: selectStrings(view, rows) } };
    case 'string_list':
      return { attribute, presence, values: { $case: 'stringLists', value: selectLists(view, rows) } };
  }
}

function selectPresence(view: AnyColumnView, rows: ArrayLike<number>): Buffer {
  if (view.presence === undefined) return Buffer.alloc(0);
  const presence = makeBitmap(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    if (bitGet(view.presence, rows[i]!)) {
      bitSet(presence, i);
      count++;
    }
  }
  return count === rows.length ? Buffer.alloc(0) : bytesOf(presence);
}

function selectBits(view: BoolColumn, rows: ArrayLike<number>): Buffer {
  const bits = makeBitmap(rows.length);
  for (let i = 0; i < rows.length; i++) if (bitGet(view.bits, rows[i]!)) bitSet(bits, i);
  return bytesOf(bits);
}

function copyNumbers(view: NumberColumn, rows: ArrayLike<number>, into: Int32Array | Float64Array): void {
  for (let i = 0; i < rows.length; i++) into[i] = view.values[rows[i]!]!;
}

/** Renumbers codes so that only the used texts remain, in the order in which they are first used. */
class Renumbering {
  readonly dictionary: string[] = [];
  readonly #from: readonly string[];
  readonly #codes: Int32Array;
  constructor(from: readonly string[]) {
    this.#from = from;
    this.#codes = new Int32Array(from.length).fill(-1);
  }
  code(old: number): number {
    let code = this.#codes[old]!;
    if (code < 0) {
      code = this.dictionary.length;
      this.dictionary.push(this.#from[old]!);
      this.#codes[old] = code;
    }
    return code;
  }
}

function selectStrings(view: StringColumnView, rows: ArrayLike<number>): { dictionary: string[]; codes: Buffer } {
  const renumbering = new Renumbering(view.dictionary);
  const codes = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (view.has(row)) codes[i] = renumbering.code(view.codes[row]!);
  }
  return { dictionary: renumbering.dictionary, codes: bytesOf(codes) };
}

function selectLists(
  view: StringListColumnView,
  rows: ArrayLike<number>,
): { dictionary: string[]; codes: Buffer; offsets: Buffer } {
  const renumbering = new Renumbering(view.dictionary);
  const offsets = new Uint32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++) {
    offsets[i + 1] = offsets[i]! + view.end(rows[i]!) - view.start(rows[i]!);
  }
  const codes = new Uint32Array(offsets[rows.length]!);
  let next = 0;
  for (let i = 0; i < rows.length; i++) {
    for (let at = view.start(rows[i]!); at < view.end(rows[i]!); at++) {
      codes[next++] = renumbering.code(view.codes[at]!);
    }
  }
  return { dictionary: renumbering.dictionary, codes: bytesOf(codes), offsets: bytesOf(offsets) };
}

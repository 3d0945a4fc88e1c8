import type { Column, ColumnBatch, PriceColumns } from '../contracts/gen/entrepot/type/v1/column.ts';
import type { TaxBasis } from '../contracts/gen/entrepot/type/v1/money.ts';
import { invalidField } from '../errors/index.ts';
import { bitSet } from './bitmap.ts';
import { type Charge, packCharges } from './charges.ts';
import { DictionaryBuilder } from './dictionary.ts';
import { bytesOf, putInt64 } from './packed.ts';
import type { AttributeValueType } from './types.ts';

/**
 * Packs whole columns of values that were checked when they were read, as the builders would value by value: nothing is
 * checked again, nothing grows, and everything lies in one piece of memory. A piece costs as much to make and to collect
 * as a hundred values. Whoever keeps one column keeps the memory of all; see memoryBehind.
 */

/** An attribute's values by row, each of the attribute's type (see columnBuilder) or undefined for absent. */
export interface CheckedColumn {
  readonly attribute: string;
  readonly type: AttributeValueType;
  readonly values: readonly unknown[];
}

/** A row's own price: integers in minor units, from 0 to 2^53 - 1; tax -1 where the partner does not split it. */
export interface CheckedPrice {
  readonly currency: string;
  readonly totalMinor: number;
  readonly taxMinor: number;
  readonly dueLaterMinor: number;
  readonly basis: TaxBasis;
  /** Upper end of a price that is a range, not below the total; absent where it is none. */
  readonly totalMaxMinor?: number;
  /** Taxes and fees one by one; absent where the row has none. */
  readonly charges?: readonly Charge[];
}

const NO_BYTES = Buffer.alloc(0);
const MAX_CURRENCIES = 256;
/** Upper end of a price that is no range. */
const NO_RANGE = -1;
/** Memory of Node's pool for small buffers: a little more than Buffer.poolSize, for alignment. */
const POOL_BYTES = Buffer.from([0]).buffer.byteLength;

/** The rows from `start` up to `end`. A column without any value is left out, which says the same in no bytes. */
export function packColumns(columns: readonly CheckedColumn[], start: number, end: number): ColumnBatch {
  const rows = end - start;
  const sizes = columns.map((column) => sizeOf(column, start, end));
  const arena = new Arena(sizes.reduce((bytes, size) => bytes + bytesFor(size, rows), 0));
  const packed: Column[] = [];
  for (const [index, size] of sizes.entries()) {
    if (size.present > 0) packed.push(packColumn(columns[index]!, start, end, size, arena));
  }
  return { rowCount: rows, columns: packed };
}

/** The prices of the rows from `start` up to `end`. Throws EntrepotError INVALID_FIELD for more than 256 currencies. */
export function packPrices(prices: readonly CheckedPrice[], start: number, end: number): PriceColumns {
  const rows = end - start;
  let ranges = false;
  let charged = false;
  for (let row = start; row < end; row++) {
    const { totalMaxMinor, charges } = prices[row]!;
    if (totalMaxMinor !== undefined) ranges = true;
    if (charges !== undefined) charged = true;
  }
  const arena = new Arena((ranges ? 4 : 3) * padded(rows * 8) + 2 * padded(rows));
  const total = arena.int32s(rows * 2);
  const tax = arena.int32s(rows * 2);
  const dueLater = arena.int32s(rows * 2);
  const totalMax = ranges ? arena.int32s(rows * 2) : undefined;
  const codes = arena.bytes(rows);
  const basis = arena.bytes(rows);
  const currencies: string[] = [];
  for (let row = 0; row < rows; row++) {
    const price = prices[start + row]!;
    let code = currencies.indexOf(price.currency);
    if (code < 0) code = currencies.push(price.currency) - 1;
    codes[row] = code;
    basis[row] = price.basis;
    putInt64(total, row, price.totalMinor);
    putInt64(tax, row, price.taxMinor);
    putInt64(dueLater, row, price.dueLaterMinor);
    if (totalMax !== undefined) putInt64(totalMax, row, price.totalMaxMinor ?? NO_RANGE);
  }
  if (currencies.length > MAX_CURRENCIES) {
    throw invalidField('prices.currencies', `more than ${MAX_CURRENCIES} currencies in one batch; split the batch`);
  }
  return {
    currencies,
    currencyCodes: bytesOf(codes),
    totalMinor: bytesOf(total),
    taxMinor: bytesOf(tax),
    dueLaterMinor: bytesOf(dueLater),
    taxBasis: bytesOf(basis),
    totalMaxMinor: totalMax === undefined ? NO_BYTES : bytesOf(totalMax),
    charges: charged ? packCharges((row) => prices[row]!.charges, start, end) : undefined,
  };
}

/**
 * Bytes of memory that a batch's columns keep alive: of packed ones all that they were packed together with, of others,
 * which lie in Node's pool, their own.
 */
export function memoryBehind({ columns }: ColumnBatch): number {
  const counted = new Set<ArrayBufferLike>();
  let total = 0;
  const count = (bytes: Buffer): void => {
    if (bytes.byteLength === 0) return;
    if (bytes.buffer.byteLength === POOL_BYTES) total += bytes.byteLength;
    else if (!counted.has(bytes.buffer)) {
      counted.add(bytes.buffer);
      total += bytes.buffer.byteLength;
    }
  };
  for (const { presence, values } of columns) {
    count(presence);
    if (values?.$case === 'strings') count(values.value.codes);
    else if (values?.$case === 'stringLists') {
      count(values.value.codes);
      count(values.value.offsets);
    } else if (values !== undefined) count(values.value);
  }
  return total;
}

/** One piece of memory, given out in parts that are aligned for every type. All zero at first. */
class Arena {
  readonly #memory: ArrayBuffer;
  #used = 0;
  constructor(bytes: number) {
    this.#memory = new ArrayBuffer(bytes);
  }
  bytes(count: number): Uint8Array {
    return new Uint8Array(this.#memory, this.#take(count), count);
  }
  int32s(count: number): Int32Array {
    return new Int32Array(this.#memory, this.#take(count * 4), count);
  }
  doubles(count: number): Float64Array {
    return new Float64Array(this.#memory, this.#take(count * 8), count);
  }
  #take(bytes: number): number {
    const at = this.#used;
    this.#used += padded(bytes);
    return at;
  }
}

function padded(bytes: number): number {
  return (bytes + 7) & ~7;
}

interface Size {
  readonly type: AttributeValueType;
  /** Rows with a value. */
  readonly present: number;
  /** Texts in all lists. */
  readonly texts: number;
}

function sizeOf({ type, values }: CheckedColumn, start: number, end: number): Size {
  let present = 0;
  let texts = 0;
  for (let row = start; row < end; row++) {
    const value = values[row];
    if (value === undefined) continue;
    present++;
    if (type === 'string_list') texts += (value as readonly string[]).length;
  }
  return { type, present, texts };
}

function bytesFor({ type, present, texts }: Size, rows: number): number {
  if (present === 0) return 0;
  const bitmap = padded((rows + 7) >>> 3);
  const presence = present < rows ? bitmap : 0;
  switch (type) {
    case 'bool':
      return presence + bitmap;
    case 'time':
    case 'double':
      return presence + rows * 8;
    case 'string_list':
      return presence + padded(texts * 4) + padded((rows + 1) * 4);
    default:
      return presence + padded(rows * 4);
  }
}

function packColumn(column: CheckedColumn, start: number, end: number, size: Size, arena: Arena): Column {
  const { attribute, type, values } = column;
  const rows = end - start;
  const presence = size.present < rows ? bytesOf(packPresence(values, start, end, arena)) : NO_BYTES;
  switch (type) {
    case 'bool': {
      const bits = arena.bytes((rows + 7) >>> 3);
      for (let row = 0; row < rows; row++) if (values[start + row] === true) bitSet(bits, row);
      return { attribute, presence, values: { $case: 'bools', value: bytesOf(bits) } };
    }
    case 'int': {
      const packed = arena.int32s(rows);
      for (let row = 0; row < rows; row++) packed[row] = (values[start + row] as number | undefined) ?? 0;
      return { attribute, presence, values: { $case: 'int32s', value: bytesOf(packed) } };
    }
    case 'time': {
      const halves = arena.int32s(rows * 2);
      for (let row = 0; row < rows; row++) {
        const value = values[start + row] as number | undefined;
        if (value !== undefined) putInt64(halves, row, value);
      }
      return { attribute, presence, values: { $case: 'int64s', value: bytesOf(halves) } };
    }
    case 'double': {
      const packed = arena.doubles(rows);
      for (let row = 0; row < rows; row++) packed[row] = (values[start + row] as number | undefined) ?? 0;
      return { attribute, presence, values: { $case: 'doubles', value: bytesOf(packed) } };
    }
    case 'string':
    case 'enum': {
      const dictionary = new DictionaryBuilder();
      const codes = arena.int32s(rows);
      for (let row = 0; row < rows; row++) {
        const text = values[start + row] as string | undefined;
        if (text !== undefined) codes[row] = dictionary.encode(text);
      }
      const value = { dictionary: dictionary.texts, codes: bytesOf(codes) };
      return { attribute, presence, values: { $case: 'strings', value } };
    }
    case 'string_list': {
      const dictionary = new DictionaryBuilder();
      const codes = arena.int32s(size.texts);
      const offsets = arena.int32s(rows + 1);
      let next = 0;
      for (let row = 0; row < rows; row++) {
        const texts = values[start + row] as readonly string[] | undefined;
        if (texts !== undefined) for (const text of texts) codes[next++] = dictionary.encode(text);
        offsets[row + 1] = next;
      }
      const value = { dictionary: dictionary.texts, codes: bytesOf(codes), offsets: bytesOf(offsets) };
      return { attribute, presence, values: { $case: 'stringLists', value } };
    }
  }
}

function packPresence(values: readonly unknown[], start: number, end: number, arena: Arena): Uint8Array {
  const rows = end - start;
  const presence = arena.bytes((rows + 7) >>> 3);
  for (let row = 0; row < rows; row++) if (values[start + row] !== undefined) bitSet(presence, row);
  return presence;
}

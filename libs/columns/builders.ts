import type { Column } from '../contracts/gen/entrepot/type/v1/column.ts';
import { invalidField } from '../errors/index.ts';
import { bitSet, makeBitmap } from './bitmap.ts';
import { Int64Buffer, Rows, Uint32Buffer } from './buffers.ts';
import { DictionaryBuilder } from './dictionary.ts';
import { bytesOf } from './packed.ts';
import type { AttributeValueType, ColumnValue } from './types.ts';

/** Makes columns value by value, in typed arrays that grow by doubling. */

/** What builders hold once their rows are handed over: they are seldom used twice, so new room comes with new rows. */
const NO_BITS = new Uint8Array(0);
const NO_INTS = new Int32Array(0);
const NO_DOUBLES = new Float64Array(0);

/** Collects one attribute of row after row. */
export interface ColumnBuilder<T> {
  /** Rows pushed so far. */
  readonly length: number;
  /**
   * The next row's value; undefined for a row without one.
   * Throws EntrepotError INVALID_FIELD for a value that is not of the type (an int beyond 32 bits, a NaN, a time
   * beyond ±(2^53 - 1)); the row is then not added, so the caller may push undefined instead.
   */
  push(value: T | undefined): void;
  /** Hands the rows over as a column and leaves the builder empty. */
  build(attribute: string): Column;
}

class BoolBuilder implements ColumnBuilder<boolean> {
  readonly #rows = new Rows();
  #bits: Uint8Array;
  constructor(capacity: number) {
    this.#bits = makeBitmap(capacity);
  }
  get length(): number {
    return this.#rows.length;
  }
  push(value: boolean | undefined): void {
    if (value !== undefined && typeof value !== 'boolean') throw mismatch('true or false', value);
    const row = value === undefined ? this.#rows.addAbsent() : this.#rows.add();
    if (row >= this.#bits.length * 8) {
      const grown = new Uint8Array(Math.max(8, this.#bits.length * 2));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    if (value) bitSet(this.#bits, row);
  }
  build(attribute: string): Column {
    const { length, presence } = this.#rows.take();
    const value = bytesOf(this.#bits.subarray(0, (length + 7) >>> 3));
    this.#bits = NO_BITS;
    return { attribute, presence, values: { $case: 'bools', value } };
  }
}

class Int32Builder implements ColumnBuilder<number> {
  readonly #rows = new Rows();
  #values: Int32Array;
  constructor(capacity: number) {
    this.#values = new Int32Array(capacity);
  }
  get length(): number {
    return this.#rows.length;
  }
  push(value: number | undefined): void {
    if (value === undefined) {
      const row = this.#rows.addAbsent();
      if (row === this.#values.length) this.#grow();
      return;
    }
    if ((value | 0) !== value) throw mismatch('an integer within 32 bits', value);
    const row = this.#rows.add();
    if (row === this.#values.length) this.#grow();
    this.#values[row] = value;
  }
  build(attribute: string): Column {
    const { length, presence } = this.#rows.take();
    const value = bytesOf(this.#values.subarray(0, length));
    this.#values = NO_INTS;
    return { attribute, presence, values: { $case: 'int32s', value } };
  }
  #grow(): void {
    const grown = new Int32Array(Math.max(16, this.#values.length * 2));
    grown.set(this.#values);
    this.#values = grown;
  }
}

class DoubleBuilder implements ColumnBuilder<number> {
  readonly #rows = new Rows();
  #values: Float64Array;
  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }
  get length(): number {
    return this.#rows.length;
  }
  push(value: number | undefined): void {
    if (value !== undefined && !Number.isFinite(value)) throw mismatch('a finite number', value);
    const row = value === undefined ? this.#rows.addAbsent() : this.#rows.add();
    if (row === this.#values.length) {
      const grown = new Float64Array(Math.max(16, row * 2));
      grown.set(this.#values);
      this.#values = grown;
    }
    if (value !== undefined) this.#values[row] = value;
  }
  build(attribute: string): Column {
    const { length, presence } = this.#rows.take();
    const value = bytesOf(this.#values.subarray(0, length));
    this.#values = NO_DOUBLES;
    return { attribute, presence, values: { $case: 'doubles', value } };
  }
}

class Int64Builder implements ColumnBuilder<number> {
  readonly #rows = new Rows();
  readonly #values: Int64Buffer;
  constructor(capacity: number) {
    this.#values = new Int64Buffer(capacity);
  }
  get length(): number {
    return this.#rows.length;
  }
  push(value: number | undefined): void {
    if (value === undefined) {
      this.#rows.addAbsent();
      this.#values.push(0);
      return;
    }
    if (!Number.isSafeInteger(value)) throw mismatch('epoch milliseconds as an integer within ±(2^53 - 1)', value);
    this.#rows.add();
    this.#values.push(value);
  }
  build(attribute: string): Column {
    const { presence } = this.#rows.take();
    return { attribute, presence, values: { $case: 'int64s', value: this.#values.take() } };
  }
}

class StringBuilder implements ColumnBuilder<string> {
  readonly #rows = new Rows();
  readonly #codes: Uint32Buffer;
  #dictionary = new DictionaryBuilder();
  constructor(capacity: number) {
    this.#codes = new Uint32Buffer(capacity);
  }
  get length(): number {
    return this.#rows.length;
  }
  push(value: string | undefined): void {
    if (value === undefined) {
      this.#rows.addAbsent();
      this.#codes.push(0);
      return;
    }
    if (typeof value !== 'string') throw mismatch('a text', value);
    this.#rows.add();
    this.#codes.push(this.#dictionary.encode(value));
  }
  build(attribute: string): Column {
    const { presence } = this.#rows.take();
    const dictionary = this.#dictionary.texts;
    this.#dictionary = new DictionaryBuilder();
    return { attribute, presence, values: { $case: 'strings', value: { dictionary, codes: this.#codes.take() } } };
  }
}

class StringListBuilder implements ColumnBuilder<readonly string[]> {
  readonly #rows = new Rows();
  readonly #codes: Uint32Buffer;
  readonly #offsets: Uint32Buffer;
  #dictionary = new DictionaryBuilder();
  constructor(capacity: number) {
    this.#codes = new Uint32Buffer(capacity * 2);
    this.#offsets = new Uint32Buffer(capacity + 1);
    this.#offsets.push(0);
  }
  get length(): number {
    return this.#rows.length;
  }
  push(value: readonly string[] | undefined): void {
    if (value === undefined) {
      this.#rows.addAbsent();
    } else {
      if (!Array.isArray(value)) throw mismatch('a list of texts', value);
      for (const text of value) if (typeof text !== 'string') throw mismatch('a list of texts', value);
      this.#rows.add();
      for (const text of value) this.#codes.push(this.#dictionary.encode(text));
    }
    this.#offsets.push(this.#codes.length);
  }
  build(attribute: string): Column {
    const { presence } = this.#rows.take();
    const dictionary = this.#dictionary.texts;
    this.#dictionary = new DictionaryBuilder();
    const value = { dictionary, codes: this.#codes.take(), offsets: this.#offsets.take() };
    this.#offsets.push(0);
    return { attribute, presence, values: { $case: 'stringLists', value } };
  }
}

/** The values that a builder of each type takes. */
export interface BuilderValues {
  bool: boolean;
  int: number;
  double: number;
  string: string;
  enum: string;
  time: number;
  string_list: readonly string[];
}

/**
 * A builder for columns of an attribute type: ints within 32 bits, finite doubles, times as epoch milliseconds, enums
 * as names without prefix.
 * @param capacity rows to make room for at once (default 64; the number of rows, when it is known, saves copies).
 */
export function columnBuilder<T extends AttributeValueType>(
  type: T,
  capacity?: number,
): ColumnBuilder<BuilderValues[T]>;
export function columnBuilder(type: AttributeValueType, capacity = 64): ColumnBuilder<never> {
  const room = Math.max(1, capacity);
  return makeBuilder(type, room) as ColumnBuilder<ColumnValue> as ColumnBuilder<never>;
}

function makeBuilder(type: AttributeValueType, room: number): unknown {
  switch (type) {
    case 'bool':
      return new BoolBuilder(room);
    case 'int':
      return new Int32Builder(room);
    case 'double':
      return new DoubleBuilder(room);
    case 'time':
      return new Int64Builder(room);
    case 'string':
    case 'enum':
      return new StringBuilder(room);
    case 'string_list':
      return new StringListBuilder(room);
  }
}

function mismatch(expected: string, value: unknown): Error {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value).slice(0, 40);
  return invalidField('columns', `expected ${expected}, got ${shown}`);
}

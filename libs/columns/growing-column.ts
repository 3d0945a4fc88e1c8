import { bitSetRange, makeBitmap } from './bitmap.ts';
import type {
  AnyColumnView,
  BoolColumn,
  ColumnView,
  NumberColumn,
  StringColumnView,
  StringListColumnView,
} from './types.ts';
import { BoolView, NumberView, StringListView, StringView } from './views.ts';

/**
 * Columns that grow batch by batch. Arrays double when they are full; a view keeps the arrays it was made over, and
 * only rows beyond its own are written to them afterwards, so it stays true for the rows it was made for.
 */

/** One column of a growing table. */
export interface GrowingColumn {
  readonly type: ColumnView['type'];
  /**
   * Writes a batch's rows behind the first `rowCount` rows; rows that this column has not seen yet are absent. Room is
   * made for `expected` rows at once.
   */
  append(view: AnyColumnView, rowCount: number, expected: number): void;
  /** A view over the first `rowCount` rows. */
  view(rowCount: number): AnyColumnView;
  /** Bytes held: arrays with their room to grow, and an estimate for dictionaries. */
  memoryBytes(): number;
}

/** Which rows have a value. Rows never written (a batch without the column) are absent. */
class GrowingPresence {
  #bits: Uint8Array | undefined;
  /** Rows up to here are accounted for. */
  #rows = 0;

  append(view: AnyColumnView, rowCount: number, expected: number): void {
    const end = rowCount + view.length;
    if (this.#bits === undefined && this.#rows === rowCount && view.presence === undefined) {
      this.#rows = end;
      return;
    }
    this.#materialize(Math.max(end, expected));
    const bits = this.#bits!;
    if (view.presence === undefined) bitSetRange(bits, rowCount, end);
    else
      for (let row = 0; row < view.length; row++)
        if (view.has(row)) bitSetRange(bits, rowCount + row, rowCount + row + 1);
    this.#rows = end;
  }

  view(rowCount: number): Uint8Array | undefined {
    if (this.#bits === undefined && this.#rows === rowCount) return undefined;
    this.#materialize(rowCount);
    return this.#bits;
  }

  memoryBytes(): number {
    return this.#bits?.byteLength ?? 0;
  }

  #materialize(rows: number): void {
    if (this.#bits === undefined) {
      this.#bits = makeBitmap(Math.max(64, rows));
      bitSetRange(this.#bits, 0, this.#rows);
    } else if (rows > this.#bits.length * 8) {
      const grown = makeBitmap(Math.max(rows, this.#bits.length * 16));
      grown.set(this.#bits);
      this.#bits = grown;
    }
  }
}

class GrowingNumbers implements GrowingColumn {
  readonly type: 'int32' | 'int64' | 'double';
  readonly #attribute: string;
  readonly #presence = new GrowingPresence();
  #values: Int32Array | Float64Array;
  constructor(attribute: string, type: 'int32' | 'int64' | 'double') {
    this.#attribute = attribute;
    this.type = type;
    this.#values = type === 'int32' ? new Int32Array(0) : new Float64Array(0);
  }
  append(view: AnyColumnView, rowCount: number, expected: number): void {
    const { values, length } = view as NumberColumn;
    this.#values = roomFor(this.#values, rowCount + length, expected);
    this.#values.set(values.length === length ? values : values.subarray(0, length), rowCount);
    this.#presence.append(view, rowCount, expected);
  }
  view(rowCount: number): NumberView {
    this.#values = roomFor(this.#values, rowCount);
    return new NumberView(this.#attribute, this.type, rowCount, this.#presence.view(rowCount), this.#values);
  }
  memoryBytes(): number {
    return this.#values.byteLength + this.#presence.memoryBytes();
  }
}

class GrowingBools implements GrowingColumn {
  readonly type = 'bool';
  readonly #attribute: string;
  readonly #presence = new GrowingPresence();
  #bits = new Uint8Array(0);
  constructor(attribute: string) {
    this.#attribute = attribute;
  }
  append(view: AnyColumnView, rowCount: number, expected: number): void {
    const flags = view as BoolColumn;
    this.#bits = roomFor(this.#bits, (rowCount + view.length + 7) >>> 3, (expected + 7) >>> 3);
    for (let row = 0; row < view.length; row++) {
      const at = rowCount + row;
      if (flags.get(row)) this.#bits[at >>> 3]! |= 1 << (at & 7);
    }
    this.#presence.append(view, rowCount, expected);
  }
  view(rowCount: number): BoolView {
    this.#bits = roomFor(this.#bits, (rowCount + 7) >>> 3);
    return new BoolView(this.#attribute, rowCount, this.#presence.view(rowCount), this.#bits);
  }
  memoryBytes(): number {
    return this.#bits.byteLength + this.#presence.memoryBytes();
  }
}

/** A dictionary that takes in the dictionaries of batches. */
class GrowingDictionary {
  readonly texts: string[] = [];
  readonly #codes = new Map<string, number>();
  #characters = 0;

  readonly find = (text: string): number | undefined => this.#codes.get(text);

  /** For each code of a batch's dictionary, the code here. */
  merge(dictionary: readonly string[]): Uint32Array {
    const codes = new Uint32Array(dictionary.length);
    for (let i = 0; i < dictionary.length; i++) {
      const text = dictionary[i]!;
      let code = this.#codes.get(text);
      if (code === undefined) {
        code = this.texts.length;
        this.texts.push(text);
        this.#codes.set(text, code);
        this.#characters += text.length;
      }
      codes[i] = code;
    }
    return codes;
  }

  /** Two bytes a character, and what V8 spends on a string, an array slot and a map entry: about 56 bytes. */
  memoryBytes(): number {
    return this.#characters * 2 + this.texts.length * 56;
  }
}

class GrowingStrings implements GrowingColumn {
  readonly type = 'string';
  readonly #attribute: string;
  readonly #presence = new GrowingPresence();
  readonly #dictionary = new GrowingDictionary();
  #codes = new Uint32Array(0);
  constructor(attribute: string) {
    this.#attribute = attribute;
  }
  append(view: AnyColumnView, rowCount: number, expected: number): void {
    const { codes, dictionary, length, presence } = view as StringColumnView;
    this.#codes = roomFor(this.#codes, rowCount + length, expected);
    const merged = this.#dictionary.merge(dictionary);
    for (let row = 0; row < length; row++) {
      // An absent row's code means nothing and may lie outside the dictionary.
      if (presence === undefined || view.has(row)) this.#codes[rowCount + row] = merged[codes[row]!]!;
    }
    this.#presence.append(view, rowCount, expected);
  }
  view(rowCount: number): StringView {
    this.#codes = roomFor(this.#codes, rowCount);
    const presence = this.#presence.view(rowCount);
    const { texts, find } = this.#dictionary;
    return new StringView(this.#attribute, rowCount, presence, texts, this.#codes, find);
  }
  memoryBytes(): number {
    return this.#codes.byteLength + this.#presence.memoryBytes() + this.#dictionary.memoryBytes();
  }
}

class GrowingStringLists implements GrowingColumn {
  readonly type = 'string_list';
  readonly #attribute: string;
  readonly #presence = new GrowingPresence();
  readonly #dictionary = new GrowingDictionary();
  #codes = new Uint32Array(0);
  #codeCount = 0;
  #offsets = new Uint32Array(1);
  /** Rows whose offsets are written. */
  #rows = 0;
  constructor(attribute: string) {
    this.#attribute = attribute;
  }
  append(view: AnyColumnView, rowCount: number, expected: number): void {
    const { codes, offsets, dictionary, length } = view as StringListColumnView;
    this.#extendOffsets(rowCount);
    this.#offsets = roomFor(this.#offsets, rowCount + length + 1, expected + 1);
    const first = offsets[0]!;
    const count = offsets[length]! - first;
    this.#codes = roomFor(this.#codes, this.#codeCount + count, Math.ceil((expected * count) / Math.max(1, length)));
    const merged = this.#dictionary.merge(dictionary);
    for (let i = 0; i < count; i++) this.#codes[this.#codeCount + i] = merged[codes[first + i]!]!;
    for (let row = 1; row <= length; row++) {
      this.#offsets[rowCount + row] = this.#codeCount + offsets[row]! - first;
    }
    this.#codeCount += count;
    this.#rows = rowCount + length;
    this.#presence.append(view, rowCount, expected);
  }
  view(rowCount: number): StringListView {
    this.#extendOffsets(rowCount);
    const presence = this.#presence.view(rowCount);
    const { texts, find } = this.#dictionary;
    return new StringListView(this.#attribute, rowCount, presence, texts, this.#codes, this.#offsets, find);
  }
  memoryBytes(): number {
    const arrays = this.#codes.byteLength + this.#offsets.byteLength;
    return arrays + this.#presence.memoryBytes() + this.#dictionary.memoryBytes();
  }
  /** Rows that no batch gave this column have empty lists. */
  #extendOffsets(rows: number): void {
    if (rows <= this.#rows) return;
    this.#offsets = roomFor(this.#offsets, rows + 1);
    this.#offsets.fill(this.#codeCount, this.#rows + 1, rows + 1);
    this.#rows = rows;
  }
}

/** An empty growing column of a type. */
export function growingColumn(attribute: string, type: ColumnView['type']): GrowingColumn {
  switch (type) {
    case 'bool':
      return new GrowingBools(attribute);
    case 'string':
      return new GrowingStrings(attribute);
    case 'string_list':
      return new GrowingStringLists(attribute);
    default:
      return new GrowingNumbers(attribute, type);
  }
}

/** The array, or one of at least twice its size with the same content; one with room for what is expected is made once. */
function roomFor<T extends Uint8Array<ArrayBuffer> | Uint32Array | Int32Array | Float64Array>(
  array: T,
  length: number,
  expected = 0,
): T {
  if (length <= array.length) return array;
  const size = Math.max(length, array.length * 2, expected);
  const grown = new (array.constructor as new (length: number) => T)(size);
  grown.set(array as never);
  return grown;
}

import type { BoolColumn, NumberColumn, StringColumnView, StringListColumnView } from './types.ts';

/** The views themselves: thin classes over raw arrays, so that engines inline their accessors. */

/** Finds a text's code; undefined or -1 when there is none. */
export type CodeIndex = (text: string) => number | undefined;

function present(presence: Uint8Array | undefined, row: number, length: number): boolean {
  if (row >= length || row < 0) return false;
  return presence === undefined || ((presence[row >>> 3]! >>> (row & 7)) & 1) === 1;
}

/** View over packed numbers. */
export class NumberView implements NumberColumn {
  readonly attribute: string;
  readonly type: 'int32' | 'int64' | 'double';
  readonly length: number;
  readonly presence: Uint8Array | undefined;
  readonly values: Int32Array | Float64Array;
  constructor(
    attribute: string,
    type: 'int32' | 'int64' | 'double',
    length: number,
    presence: Uint8Array | undefined,
    values: Int32Array | Float64Array,
  ) {
    this.attribute = attribute;
    this.type = type;
    this.length = length;
    this.presence = presence;
    this.values = values;
  }
  has(row: number): boolean {
    return present(this.presence, row, this.length);
  }
  get(row: number): number {
    return this.values[row]!;
  }
}

/** View over a bitmap of flags. */
export class BoolView implements BoolColumn {
  readonly attribute: string;
  readonly type = 'bool';
  readonly length: number;
  readonly presence: Uint8Array | undefined;
  readonly bits: Uint8Array;
  constructor(attribute: string, length: number, presence: Uint8Array | undefined, bits: Uint8Array) {
    this.attribute = attribute;
    this.length = length;
    this.presence = presence;
    this.bits = bits;
  }
  has(row: number): boolean {
    return present(this.presence, row, this.length);
  }
  get(row: number): boolean {
    return ((this.bits[row >>> 3]! >>> (row & 7)) & 1) === 1;
  }
}

/** View over dictionary-encoded texts. */
export class StringView implements StringColumnView {
  readonly attribute: string;
  readonly type = 'string';
  readonly length: number;
  readonly presence: Uint8Array | undefined;
  readonly dictionary: readonly string[];
  readonly codes: Uint32Array;
  readonly #index: CodeIndex | undefined;
  constructor(
    attribute: string,
    length: number,
    presence: Uint8Array | undefined,
    dictionary: readonly string[],
    codes: Uint32Array,
    index?: CodeIndex,
  ) {
    this.attribute = attribute;
    this.length = length;
    this.presence = presence;
    this.dictionary = dictionary;
    this.codes = codes;
    this.#index = index;
  }
  has(row: number): boolean {
    return present(this.presence, row, this.length);
  }
  code(row: number): number {
    return this.codes[row]!;
  }
  codeOf(text: string): number {
    return this.#index === undefined ? this.dictionary.indexOf(text) : (this.#index(text) ?? -1);
  }
  get(row: number): string {
    return present(this.presence, row, this.length) ? this.dictionary[this.codes[row]!]! : '';
  }
}

/** View over dictionary-encoded lists of texts. */
export class StringListView implements StringListColumnView {
  readonly attribute: string;
  readonly type = 'string_list';
  readonly length: number;
  readonly presence: Uint8Array | undefined;
  readonly dictionary: readonly string[];
  readonly codes: Uint32Array;
  readonly offsets: Uint32Array;
  readonly #index: CodeIndex | undefined;
  constructor(
    attribute: string,
    length: number,
    presence: Uint8Array | undefined,
    dictionary: readonly string[],
    codes: Uint32Array,
    offsets: Uint32Array,
    index?: CodeIndex,
  ) {
    this.attribute = attribute;
    this.length = length;
    this.presence = presence;
    this.dictionary = dictionary;
    this.codes = codes;
    this.offsets = offsets;
    this.#index = index;
  }
  has(row: number): boolean {
    return present(this.presence, row, this.length);
  }
  start(row: number): number {
    return this.offsets[row]!;
  }
  end(row: number): number {
    return this.offsets[row + 1]!;
  }
  code(position: number): number {
    return this.codes[position]!;
  }
  codeOf(text: string): number {
    return this.#index === undefined ? this.dictionary.indexOf(text) : (this.#index(text) ?? -1);
  }
  get(row: number): string[] {
    const texts: string[] = [];
    for (let i = this.offsets[row]!; i < this.offsets[row + 1]!; i++) texts.push(this.dictionary[this.codes[i]!]!);
    return texts;
  }
}

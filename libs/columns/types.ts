/** The type of an attribute. int is stored as int32s, time as int64s (epoch milliseconds), enum as strings (names). */
export type AttributeValueType = 'bool' | 'int' | 'double' | 'string' | 'enum' | 'time' | 'string_list';

/** A value of an attribute: times are epoch milliseconds, enums names without prefix. */
export type ColumnValue = boolean | number | string | readonly string[];

/**
 * One attribute of many rows, read-only. `get` of a row without a value answers the type's zero ("" , 0, false, []),
 * which means nothing: ask `has` first.
 *
 * The raw arrays beside the accessors are for code that runs over every row (compiled expressions, sorting): read
 * them, never write. They may be longer than `length`.
 */
export interface ColumnView {
  /** The attribute's name. */
  readonly attribute: string;
  /** How the values are stored. */
  readonly type: 'bool' | 'int32' | 'int64' | 'double' | 'string' | 'string_list';
  /** Number of rows. */
  readonly length: number;
  /** Bitmap of the rows that have a value; undefined when every row has one. */
  readonly presence: Uint8Array | undefined;
  /** Whether the row has a value. */
  has(row: number): boolean;
}

/** Integers, doubles, or times in epoch milliseconds. */
export interface NumberColumn extends ColumnView {
  readonly type: 'int32' | 'int64' | 'double';
  /** The values, one for each row; int64s are decoded to doubles, exactly. */
  readonly values: Int32Array | Float64Array;
  /** The row's number. */
  get(row: number): number;
}

/** Flags. */
export interface BoolColumn extends ColumnView {
  readonly type: 'bool';
  /** The values as a bitmap. */
  readonly bits: Uint8Array;
  /** The row's flag. */
  get(row: number): boolean;
}

/** Texts or enum names. */
export interface StringColumnView extends ColumnView {
  readonly type: 'string';
  /** The distinct texts. A growing table's dictionary may gain texts later; codes never change their meaning. */
  readonly dictionary: readonly string[];
  /** Positions in the dictionary, one for each row. */
  readonly codes: Uint32Array;
  /** The row's position in the dictionary. */
  code(row: number): number;
  /** The position of a text, -1 when no row can have it. */
  codeOf(text: string): number;
  /** The row's text. */
  get(row: number): string;
}

/** Lists of texts. */
export interface StringListColumnView extends ColumnView {
  readonly type: 'string_list';
  /** The distinct texts. A growing table's dictionary may gain texts later; codes never change their meaning. */
  readonly dictionary: readonly string[];
  /** Positions in the dictionary, all rows' lists one after the other. */
  readonly codes: Uint32Array;
  /** Row i's list is codes[offsets[i]] up to codes[offsets[i + 1]]. */
  readonly offsets: Uint32Array;
  /** Where the row's list starts in the codes. */
  start(row: number): number;
  /** Where the row's list ends in the codes (not included). */
  end(row: number): number;
  /** The position in the dictionary at a position of the codes. */
  code(position: number): number;
  /** The position of a text in the dictionary, -1 when no row can have it. */
  codeOf(text: string): number;
  /** The row's texts, in order; a new array. */
  get(row: number): string[];
}

/** A column of any type; `type` tells which. */
export type AnyColumnView = NumberColumn | BoolColumn | StringColumnView | StringListColumnView;

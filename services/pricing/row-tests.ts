import type { AnyColumnView, StringListColumnView } from '../../libs/columns/index.ts';
import type { Term } from './condition.ts';

/**
 * Comparisons of attributes with constants, made ready once for all batches. Texts are numbered, so that a batch has to number its
 * dictionaries only, and thousands of comparisons need no code and no binding of their own.
 */

/** A comparison of one attribute with constants. */
export interface RowTest {
  readonly slot: number;
  readonly compare: 'equals' | 'any_of' | 'at_most' | 'below' | 'at_least' | 'above' | 'contains';
  /** Numbers of texts, numbers, or 1 and 0 for flags; at least one. */
  readonly values: readonly number[];
  /** It must not be fulfilled; the attribute must have a value all the same. */
  readonly negated: boolean;
}

/** A batch's columns by attribute; undefined for one that is absent in every row. */
export type Columns = (attribute: string) => AnyColumnView | undefined;

/** The attributes that comparisons read, each with a slot, and their texts, numbered. */
export class Slots {
  readonly #slots: Slot[] = [];
  readonly #byAttribute = new Map<string, number>();
  readonly #bound = new WeakMap<Columns, { readonly size: number; readonly values: readonly BatchValues[] }>();
  /** Slots and texts that there are. */
  #size = 0;

  /** The comparison that a term is; undefined for a term of another form. */
  testOf(term: Term): RowTest | undefined {
    const constraint = term.constraint ?? term.exclusion;
    if (constraint === undefined) return undefined;
    const { operator, value, attribute } = constraint;
    const slot = this.#slotOf(attribute, term);
    const negated = term.constraint === undefined;
    if (operator === 'is_true' || operator === 'is_false') {
      return { slot, compare: 'equals', values: [operator === 'is_true' ? 1 : 0], negated };
    }
    const values = (Array.isArray(value) ? value : [value]).map((one) => this.#numberOf(slot, one));
    return { slot, compare: operator, values, negated };
  }

  /**
   * Binds them to a batch; again for the same columns, as rows of another currency need it, at no cost. Throws EntrepotError
   * INVALID_FIELD when a column is of another type than its attribute.
   */
  bind(columns: Columns): readonly BatchValues[] {
    const known = this.#bound.get(columns);
    if (known?.size === this.#size) return known.values;
    const values = this.#slots.map(({ attribute, term, numbers }) => {
      const column = columns(attribute);
      // The expression refuses a column of a type that its attribute has not.
      if (column !== undefined) term.expression.bind(columns);
      return batchValues(numbers, column);
    });
    this.#bound.set(columns, { size: this.#size, values });
    return values;
  }

  #numberOf(slot: number, value: string | number): number {
    if (typeof value === 'number') return value;
    const { numbers } = this.#slots[slot]!;
    let number = numbers.get(value);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(value, number);
      this.#size++;
    }
    return number;
  }

  #slotOf(attribute: string, term: Term): number {
    let slot = this.#byAttribute.get(attribute);
    if (slot === undefined) {
      slot = this.#slots.push(new Slot(attribute, term)) - 1;
      this.#size++;
      this.#byAttribute.set(attribute, slot);
    }
    return slot;
  }
}

class Slot {
  readonly attribute: string;
  /** One of the terms that read it. */
  readonly term: Term;
  /** The texts that comparisons name. */
  readonly numbers = new Map<string, number>();

  constructor(attribute: string, term: Term) {
    this.attribute = attribute;
    this.term = term;
  }
}

/** An attribute's values in a batch. */
export interface BatchValues {
  /** Of each row; NaN, which fulfils nothing, where it has none. -1 stands for a text that no comparison names. Empty for lists. */
  readonly values: Float64Array;
  /** Undefined where values are no lists. */
  readonly lists: NumberedLists | undefined;
}

/** Lists of texts, numbered; row i's is numbers[offsets[i]] up to numbers[offsets[i + 1]]. */
interface NumberedLists {
  readonly numbers: Int32Array;
  readonly offsets: Uint32Array;
  readonly presence: Uint8Array | undefined;
}

const NO_VALUES: BatchValues = { values: new Float64Array(0), lists: undefined };

function batchValues(known: ReadonlyMap<string, number>, column: AnyColumnView | undefined): BatchValues {
  if (column === undefined) return NO_VALUES;
  if (column.type === 'string_list') return { values: new Float64Array(0), lists: numberedLists(known, column) };
  const { length, presence } = column;
  const values = new Float64Array(length);
  switch (column.type) {
    case 'string': {
      const { codes } = column;
      const numbers = numbersOf(known, column.dictionary);
      for (let row = 0; row < length; row++) values[row] = numbers[codes[row]!]!;
      break;
    }
    case 'bool':
      for (let row = 0; row < length; row++) values[row] = (column.bits[row >> 3]! >> (row & 7)) & 1;
      break;
    default:
      for (let row = 0; row < length; row++) values[row] = column.values[row]!;
  }
  if (presence !== undefined) {
    for (let row = 0; row < length; row++) if (!isPresent(presence, row)) values[row] = Number.NaN;
  }
  return { values, lists: undefined };
}

function numberedLists(known: ReadonlyMap<string, number>, column: StringListColumnView): NumberedLists {
  const { codes, offsets, presence } = column;
  const numbers = numbersOf(known, column.dictionary);
  const all = new Int32Array(codes.length);
  for (let i = 0; i < codes.length; i++) all[i] = numbers[codes[i]!]!;
  return { numbers: all, offsets, presence };
}

function numbersOf(known: ReadonlyMap<string, number>, dictionary: readonly string[]): Int32Array {
  const numbers = new Int32Array(dictionary.length);
  for (let code = 0; code < dictionary.length; code++) numbers[code] = known.get(dictionary[code]!) ?? -1;
  return numbers;
}

/** Whether a row has a value. */
export function isPresent(presence: Uint8Array | undefined, row: number): boolean {
  return presence === undefined || ((presence[row >> 3]! >> (row & 7)) & 1) === 1;
}

import type { AnyColumnView } from '../../libs/columns/index.ts';
import type { Vertical } from '../../libs/vertical/index.ts';
import type { Columns } from './set-columns.ts';

/** Numbers over all offers that pass a filter, which rankings may read beside those of the offer itself: `price_min`, `count`. */

const kinds = ['min', 'median', 'max'] as const;

/** An aggregate: how many offers there are, or which of the values that offers have. */
export type Aggregate = { readonly kind: 'count'; readonly type: 'int' } | ValueAggregate;

interface ValueAggregate {
  readonly kind: (typeof kinds)[number];
  /** "price" or a sortable number of the vertical. */
  readonly of: string;
  /** Numbers are doubles, whatever they are of, so that dividing by one never cuts; times are times. */
  readonly type: 'double' | 'timestamp';
}

const known = new WeakMap<Vertical, ReadonlyMap<string, Aggregate>>();

/** The aggregates that rankings of a vertical may read, by name. One of an attribute's name is left out: the attribute it is. */
export function aggregatesOf(vertical: Vertical): ReadonlyMap<string, Aggregate> {
  let aggregates = known.get(vertical);
  if (aggregates === undefined) {
    aggregates = namedAggregates(vertical);
    known.set(vertical, aggregates);
  }
  return aggregates;
}

function namedAggregates(vertical: Vertical): Map<string, Aggregate> {
  const named = new Map<string, Aggregate>();
  const add = (name: string, aggregate: Aggregate): void => {
    if (vertical.attribute(name) === undefined) named.set(name, aggregate);
  };
  const addAll = (of: string, type: ValueAggregate['type']): void => {
    for (const kind of kinds) add(`${of}_${kind}`, { of, kind, type });
  };
  add('count', { kind: 'count', type: 'int' });
  addAll('price', 'double');
  for (const { name, type, sortable } of vertical.attributes) {
    if (!sortable) continue;
    if (type === 'int' || type === 'double') addAll(name, 'double');
    else if (type === 'time') addAll(name, 'timestamp');
  }
  return named;
}

/** The values of one attribute, as they come. */
interface Values {
  readonly values: Float64Array;
  readonly min: number;
  readonly max: number;
}

/** Makes aggregates over rows, each attribute's values read once. An aggregate of what no row has is undefined. */
export class Aggregates {
  readonly #columns: Columns;
  readonly #rows: Uint32Array;
  readonly #read = new Map<string, Values>();

  constructor(columns: Columns, rows: Uint32Array) {
    this.#columns = columns;
    this.#rows = rows;
  }

  /** The aggregate's value. */
  value(aggregate: Aggregate): number | undefined {
    if (aggregate.kind === 'count') return this.#rows.length;
    const { of, kind, type } = aggregate;
    let read = this.#read.get(of);
    if (read === undefined) {
      read = valuesOf(this.#columns(of), this.#rows);
      this.#read.set(of, read);
    }
    if (read.values.length === 0) return undefined;
    if (kind !== 'median') return read[kind];
    const median = medianOf(read.values.slice());
    return type === 'timestamp' ? Math.round(median) : median;
  }
}

function valuesOf(column: AnyColumnView | undefined, rows: Uint32Array): Values {
  const read = new Float64Array(rows.length);
  let length = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  if (column !== undefined && 'values' in column) {
    const { values, presence } = column;
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at]!;
      if (presence !== undefined && ((presence[row >>> 3]! >>> (row & 7)) & 1) === 0) continue;
      const value = values[row]!;
      if (value < min) min = value;
      if (value > max) max = value;
      read[length++] = value;
    }
  }
  return { values: read.subarray(0, length), min, max };
}

/** The middle one; of an even number the mean of the two in the middle. Disorders the values. */
function medianOf(values: Float64Array): number {
  const middle = values.length >>> 1;
  const upper = select(values, middle);
  if (values.length % 2 === 1) return upper;
  let lower = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < middle; at++) if (values[at]! > lower) lower = values[at]!;
  return (lower + upper) / 2;
}

/** The value that would stand at a position if they were sorted, and does then, with no larger one before it. Hoare's selection. */
function select(values: Float64Array, position: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = values[(left + right) >>> 1]!;
    let low = left;
    let high = right;
    while (low <= high) {
      while (values[low]! < pivot) low++;
      while (values[high]! > pivot) high--;
      if (low > high) break;
      const swapped = values[low]!;
      values[low++] = values[high]!;
      values[high--] = swapped;
    }
    if (position <= high) right = high;
    else if (position >= low) left = low;
    else break;
  }
  return values[position]!;
}

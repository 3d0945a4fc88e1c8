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

/** Makes aggregates over rows, each attribute's values read once. An aggregate of what no row has is undefined. */
export class Aggregates {
  readonly #columns: Columns;
  readonly #rows: Uint32Array;
  readonly #values = new Map<string, Float64Array>();

  constructor(columns: Columns, rows: Uint32Array) {
    this.#columns = columns;
    this.#rows = rows;
  }

  /** The aggregate's value. */
  value(aggregate: Aggregate): number | undefined {
    if (aggregate.kind === 'count') return this.#rows.length;
    const { of, kind, type } = aggregate;
    const values = this.#valuesOf(of);
    if (values.length === 0) return undefined;
    if (kind !== 'median') return extreme(values, kind);
    const median = medianOf(values);
    return type === 'timestamp' ? Math.round(median) : median;
  }

  #valuesOf(name: string): Float64Array {
    let values = this.#values.get(name);
    if (values === undefined) {
      values = this.#read(name);
      this.#values.set(name, values);
    }
    return values;
  }

  #read(name: string): Float64Array {
    const column = this.#columns(name);
    if (column === undefined || !('values' in column)) return new Float64Array(0);
    const values = new Float64Array(this.#rows.length);
    let length = 0;
    for (const row of this.#rows) if (column.has(row)) values[length++] = column.values[row]!;
    return values.subarray(0, length);
  }
}

function extreme(values: Float64Array, kind: 'min' | 'max'): number {
  let least = values[0]!;
  let most = values[0]!;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return kind === 'min' ? least : most;
}

/** The middle one; of an even number the mean of the two in the middle. */
function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

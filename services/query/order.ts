import type { AnyColumnView, NumberColumn } from '../../libs/columns/index.ts';
import type { CompiledExpression } from '../../libs/expression/index.ts';
import type { Weight } from './config.ts';
import type { ResultSet } from './result-set.ts';
import { sortByKey } from './sort.ts';
import type { View } from './view.ts';

/**
 * The rows that match a view's filter, in the view's order. Rows without a value to order by come last either way;
 * equal ones come in the order of their offer ids, so that the order never depends on who answered first.
 * @param weights of the "best" order
 */
export function orderedRows(set: ResultSet, view: View, weights: readonly Weight[]): Uint32Array {
  const rows = matchingRows(set, view);
  const { by, descending } = view.order;
  const keys = by === 'best' ? scores(set, rows, weights) : keysOf(set, by);
  if (keys !== undefined) sortByKey(rows, descending ? negated(keys) : keys);
  return rows;
}

function matchingRows(set: ResultSet, view: View): Uint32Array {
  const live = set.liveRows();
  if (view.filter === undefined) return live.slice();
  const matches = set.applied.none ? matcher(set, view.filter) : matcherOfRest(set, view);
  const rows = new Uint32Array(live.length);
  let length = 0;
  for (const row of live) if (matches(row) === true) rows[length++] = row;
  return rows.subarray(0, length);
}

type Matcher = (row: number) => boolean | undefined;

function matcher(set: ResultSet, condition: CompiledExpression<boolean>): Matcher {
  const { totals, minorPerMajor } = set;
  return condition.bind((variable) => {
    if (variable === 'price') return { get: (row) => totals[row]! / minorPerMajor };
    if (variable === 'partner') return { get: (row) => set.partnerOf(row) };
    return set.column(variable);
  });
}

/** Term by term: what a partner applied holds for its rows unless they say otherwise, also where they do not say. */
function matcherOfRest(set: ResultSet, { conjuncts }: View): Matcher {
  const terms = conjuncts.map(({ expression }) => matcher(set, expression));
  const vouched = set.partners.map((partner) => set.applied.vouched(partner, conjuncts));
  return (row) => {
    const words = vouched[set.placeOf(row).partner]!;
    for (let term = 0; term < terms.length; term++) {
      const holds = terms[term]!(row);
      if (holds !== true && !(holds === undefined && words[term] === true)) return false;
    }
    return true;
  };
}

const absent = Number.POSITIVE_INFINITY;

/** A number for each row to order by; undefined when no row has a value. */
function keysOf(set: ResultSet, by: string): Float64Array | undefined {
  if (by === 'price') return set.totals;
  const column = set.column(by);
  if (column === undefined) return undefined;
  const keys = new Float64Array(set.rowCount);
  const number = numberReader(column);
  for (let row = 0; row < keys.length; row++) keys[row] = column.has(row) ? number(row) : absent;
  return keys;
}

function numberReader(column: AnyColumnView): (row: number) => number {
  switch (column.type) {
    case 'bool':
      return (row) => (column.get(row) ? 1 : 0);
    case 'string': {
      const ranks = textRanks(column.dictionary);
      return (row) => ranks[column.codes[row]!]!;
    }
    case 'string_list': {
      const ranks = textRanks(column.dictionary);
      return (row) => (column.start(row) < column.end(row) ? ranks[column.code(column.start(row))]! : absent);
    }
    default:
      return (row) => column.values[row]!;
  }
}

/** For each text of a dictionary, its position in alphabetical order. */
function textRanks(dictionary: readonly string[]): Float64Array {
  const order = dictionary.map((_, code) => code).sort((a, b) => compareTexts(dictionary[a]!, dictionary[b]!));
  const ranks = new Float64Array(dictionary.length);
  for (const [rank, code] of order.entries()) ranks[code] = rank;
  return ranks;
}

const collator = new Intl.Collator('en', { numeric: true });

/** Alphabetical as people order names; texts that look the same to the collator fall back to their code units. */
function compareTexts(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** Keys for the other direction; rows without a value stay last. */
function negated(keys: Float64Array): Float64Array {
  const flipped = new Float64Array(keys.length);
  for (let row = 0; row < keys.length; row++) flipped[row] = keys[row] === absent ? absent : -keys[row]!;
  return flipped;
}

/** Weighted sums of attributes that are each scaled from 0 (best among the rows) to 1 (worst). */
function scores(set: ResultSet, rows: Uint32Array, weights: readonly Weight[]): Float64Array {
  const sums = new Float64Array(set.rowCount);
  for (const { attribute, weight, better } of weights) {
    const column = attribute === 'price' ? undefined : set.column(attribute);
    if (attribute !== 'price' && column === undefined) continue;
    const values = column === undefined ? set.totals : (column as NumberColumn).values;
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (const row of rows) {
      if (column !== undefined && !column.has(row)) continue;
      const value = values[row]!;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    const spread = most - least;
    for (const row of rows) {
      const known = column === undefined || column.has(row);
      const scaled = known && spread > 0 ? (values[row]! - least) / spread : 0;
      sums[row]! += weight * (known ? (better === 'low' || spread <= 0 ? scaled : 1 - scaled) : 1);
    }
  }
  return sums;
}

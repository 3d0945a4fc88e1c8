import type { AnyColumnView } from '../../libs/columns/index.ts';
import type { CompiledExpression } from '../../libs/expression/index.ts';
import type { Ordering } from './ordering.ts';
import type { PricedSet } from './priced-set.ts';
import { explainScores, type Score, scoresOf } from './ranking.ts';
import type { ResultSet } from './result-set.ts';
import { type Columns, columnsOf } from './set-columns.ts';
import { sortByKey } from './sort.ts';
import type { View } from './view.ts';

/**
 * The rows that match a view's filter, in the view's order. Rows without a value to order by come last either way;
 * equal ones come in the order of their offer ids, so that the order never depends on who answered first. Those of demoted partners
 * come after all others.
 * @param columns of the set in the view's currency
 * @param live the rows to choose from, in the order of offer ids; they have prices in that currency
 */
export function orderedRows(
  set: ResultSet,
  prices: PricedSet,
  columns: Columns,
  view: View,
  live: Uint32Array,
): Uint32Array {
  const rows = matchingRows(set, view, columns, live);
  const keys = keysOf(view, prices, columns, rows, set.rowCount);
  if (keys !== undefined) sortByKey(rows, keys);
  const { demoted } = set.judgements;
  if (demoted !== undefined) demotedLast(rows, set.partnerCodes, demoted);
  return rows;
}

/** Puts the rows of demoted partners behind the others, each part in its order as before, in place. */
function demotedLast(rows: Uint32Array, partnerCodes: Uint32Array, demoted: Uint8Array): void {
  const behind: number[] = [];
  let length = 0;
  for (const row of rows) {
    if (demoted[partnerCodes[row]!] === 1) behind.push(row);
    else rows[length++] = row;
  }
  rows.set(behind, length);
}

/**
 * What offers are ordered by, and what that is made of: for a ranking feature by feature, for a price or an attribute that alone.
 * Smallest comes first, so that of a descending order all is negative. A text counts by its place in the alphabet.
 *
 * @param ordering the order they have a place in: aggregates are over its offers
 * @param rows to explain
 * @param prices in the currency of the ordering's view; default: the set's own
 */
export function explainOrder(
  set: ResultSet,
  ordering: Ordering,
  rows: readonly number[],
  prices: PricedSet = set.prices,
): Score[] {
  const { view, heads, others } = ordering;
  const { by, descending, ranking } = view.order;
  const columns = columnsOf(set, prices);
  const matching = new Uint32Array(heads.length + others.length);
  matching.set(heads);
  matching.set(others, heads.length);
  if (ranking !== undefined) {
    const scores = explainScores(ranking, columns, matching, rows);
    return descending ? scores.map(negatedScore) : scores;
  }
  const column = columns(by);
  const number = column && numberReader(column);
  return rows.map((row) => {
    const value = column?.has(row) === true ? number?.(row) : undefined;
    const part = { name: by, value, weight: 1, contribution: value ?? 0 };
    const score = { score: value, features: [part] };
    return descending ? negatedScore(score) : score;
  });
}

function negatedScore({ score, features }: Score): Score {
  return {
    score: score === undefined ? undefined : 0 - score,
    features: features.map((part) => ({ ...part, weight: 0 - part.weight, contribution: 0 - part.contribution })),
  };
}

function matchingRows(set: ResultSet, view: View, columns: Columns, live: Uint32Array): Uint32Array {
  if (view.filter === undefined) return live.slice();
  const matches = set.applied.none ? view.filter.bind(columns) : matcherOfRest(set, view, columns);
  const rows = new Uint32Array(live.length);
  let length = 0;
  for (const row of live) if (matches(row) === true) rows[length++] = row;
  return rows.subarray(0, length);
}

type Matcher = ReturnType<CompiledExpression<boolean>['bind']>;

/** Term by term: what a partner applied holds for its rows unless they say otherwise, also where they do not say. */
function matcherOfRest(set: ResultSet, { conjuncts }: View, columns: Columns): Matcher {
  const terms = conjuncts.map(({ expression }) => expression.bind(columns));
  const vouched = set.partners.map((partner) => set.applied.vouched(partner, conjuncts));
  const { codes } = set.partnerColumn();
  return (row) => {
    const words = vouched[codes[row]!]!;
    for (let term = 0; term < terms.length; term++) {
      const holds = terms[term]!(row);
      if (holds !== true && !(holds === undefined && words[term] === true)) return false;
    }
    return true;
  };
}

const absent = Number.POSITIVE_INFINITY;

/** A number for each row to order by, smallest first; undefined when no row has a value. */
function keysOf(
  { order }: View,
  prices: PricedSet,
  columns: Columns,
  rows: Uint32Array,
  rowCount: number,
): Float64Array | undefined {
  const { by, descending, ranking } = order;
  let keys: Float64Array;
  if (ranking !== undefined) {
    keys = scoresOf(ranking, columns, rows, rowCount);
  } else if (by === 'price') {
    keys = prices.totals;
  } else {
    const column = columns(by);
    if (column === undefined) return undefined;
    keys = new Float64Array(rowCount);
    const number = numberReader(column);
    for (const row of rows) keys[row] = column.has(row) ? number(row) : absent;
  }
  return descending ? negated(keys) : keys;
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

import { type CompiledExpression, compileExpression, type Scope, verticalScope } from '../../libs/expression/index.ts';
import type { Vertical } from '../../libs/vertical/index.ts';
import { type Aggregate, Aggregates, aggregatesOf } from './aggregates.ts';
import type { Columns } from './set-columns.ts';

/** Rankings: CEL that makes a number of an offer, the smaller the better, alone or weighed and added up feature by feature. */

/** One part of a ranking. */
export interface Feature {
  readonly name: string;
  readonly value: CompiledExpression<number>;
  readonly weight: number;
  /** What stands for the value of an offer that has none; undefined where such an offer comes last, whatever else it has. */
  readonly absent: number | undefined;
}

/** A ranking, compiled. */
export interface Ranking {
  /** What it is called in an order: "best", or its own text where it has no name. */
  readonly name: string;
  readonly features: readonly Feature[];
  /** The aggregates that it reads, by name: no others are made. */
  readonly aggregates: ReadonlyMap<string, Aggregate>;
}

/** A feature's part in a score. */
export interface ScorePart {
  readonly name: string;
  /** Undefined where the offer has none. */
  readonly value: number | undefined;
  readonly weight: number;
  /** What it adds to the score. */
  readonly contribution: number;
}

/** A score and what it is made of. */
export interface Score {
  /** What is ordered by, smallest first; undefined for an offer that has none and comes last. */
  readonly score: number | undefined;
  readonly features: readonly ScorePart[];
}

/** What rankings of a vertical may read: what filters may, and aggregates. */
export function rankingScope(vertical: Vertical): Scope {
  const aggregates = [...aggregatesOf(vertical)].map(([name, { type }]) => [name, type] as const);
  return verticalScope(vertical, { ...Object.fromEntries(aggregates), price: 'double', partner: 'string' });
}

/**
 * A ranking by one expression, as a request has it: an offer without a value comes last.
 * @throws ExpressionError
 */
export function rankingBy(source: string, vertical: Vertical): Ranking {
  const value = compileFeature(source, vertical);
  return makeRanking(source, [{ name: 'ranking', value, weight: 1, absent: undefined }], vertical);
}

/** A ranking of features. */
export function makeRanking(name: string, features: readonly Feature[], vertical: Vertical): Ranking {
  const all = aggregatesOf(vertical);
  const aggregates = new Map<string, Aggregate>();
  for (const read of features.flatMap(({ value }) => value.reads)) {
    const aggregate = all.get(read);
    if (aggregate !== undefined) aggregates.set(read, aggregate);
  }
  return { name, features, aggregates };
}

/**
 * Compiles a feature's value.
 * @throws ExpressionError
 */
export function compileFeature(source: string, vertical: Vertical): CompiledExpression<number> {
  return compileExpression(source, rankingScope(vertical), 'double');
}

/**
 * Scores by row number; positive infinity for a row that has none, as for every row that is not among `rows`.
 * @param rows the offers that pass the filter: those to score, and those that aggregates are over
 * @param rowCount rows of the set
 */
export function scoresOf(ranking: Ranking, columns: Columns, rows: Uint32Array, rowCount: number): Float64Array {
  const scores = new Float64Array(rowCount).fill(Number.POSITIVE_INFINITY);
  for (const row of rows) scores[row] = 0;
  for (const { evaluate, weight, absent } of bound(ranking, columns, rows)) {
    const otherwise = absent === undefined ? Number.POSITIVE_INFINITY : weight * absent;
    for (const row of rows) {
      const value = evaluate(row);
      scores[row]! += isNumber(value) ? weight * value : otherwise;
    }
  }
  return scores;
}

/**
 * Scores of some rows, feature by feature.
 * @param matching the offers that pass the filter, which aggregates are over
 * @param rows to explain
 */
export function explainScores(
  ranking: Ranking,
  columns: Columns,
  matching: Uint32Array,
  rows: readonly number[],
): Score[] {
  const features = bound(ranking, columns, matching);
  return rows.map((row) => {
    let score: number | undefined = 0;
    const parts: ScorePart[] = [];
    for (const { name, evaluate, weight, absent } of features) {
      const found = evaluate(row);
      const value = isNumber(found) ? found : undefined;
      const counted = value ?? absent;
      const contribution = counted === undefined ? 0 : weight * counted;
      parts.push({ name, value, weight, contribution });
      score = score === undefined || counted === undefined ? undefined : score + contribution;
    }
    return { score, features: parts };
  });
}

/** What divides by nothing, or comes from what does, is no value. */
function isNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

type BoundFeature = Omit<Feature, 'value'> & { readonly evaluate: (row: number) => number | undefined };

function bound({ features, aggregates }: Ranking, columns: Columns, rows: Uint32Array): BoundFeature[] {
  const made = new Aggregates(columns, rows);
  const constants = new Map([...aggregates].map(([name, aggregate]) => [name, { constant: made.value(aggregate) }]));
  return features.map(({ value, ...feature }) => ({
    ...feature,
    evaluate: value.bind((name) => constants.get(name) ?? columns(name)),
  }));
}

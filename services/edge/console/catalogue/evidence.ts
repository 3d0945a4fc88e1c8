// What each piece of evidence adds, as bars to both sides of nothing.
import type { Review } from '../../../../libs/client/index.ts';

/** A bar: to the right of the middle what speaks for the same product, to the left what speaks against it. */
export interface Bar {
  /** The feature as the API names it; empty for what is thought before anything is known. */
  readonly feature: string;
  readonly left: string;
  readonly right: string;
  readonly similarity: number | undefined;
  /** Log-odds. */
  readonly weight: number;
  /** Where it begins and ends, as shares of the width. */
  readonly from: number;
  readonly to: number;
  readonly speaks: 'for' | 'against' | 'hardly';
}

/** Below this a weight changes no probability by more than one in a hundred. */
const hardly = 0.04;

/** The bars of a review, as the API orders them, led by what is thought of a pair before anything is known of it. */
export function barsOf(review: Review): readonly Bar[] {
  const evidence = review.evidence ?? [];
  if (evidence.length === 0) return [];
  const start = startOf(review);
  const weights = evidence.map(({ weight = 0 }) => weight);
  const most = Math.max(...[...weights, start ?? 0].map(Math.abs), 1);
  const bar = (weight: number): Pick<Bar, 'weight' | 'from' | 'to' | 'speaks'> => ({
    weight,
    from: 0.5 + Math.min(0, weight / most / 2),
    to: 0.5 + Math.max(0, weight / most / 2),
    speaks: Math.abs(weight) < hardly ? 'hardly' : weight > 0 ? 'for' : 'against',
  });
  const pieces = evidence.map(({ feature = '', left = '', right = '', similarity, weight = 0 }) => ({
    feature,
    left,
    right,
    similarity,
    ...bar(weight),
  }));
  if (start === undefined) return pieces;
  return [{ feature: '', left: '', right: '', similarity: undefined, ...bar(start) }, ...pieces];
}

/** What is left of the probability's log-odds once all evidence is taken away; undefined where that is no number. */
function startOf({ probability = 0, evidence = [] }: Review): number | undefined {
  const logOdds = Math.log(probability / (1 - probability));
  if (!Number.isFinite(logOdds)) return undefined;
  return logOdds - evidence.reduce((sum, { weight = 0 }) => sum + weight, 0);
}

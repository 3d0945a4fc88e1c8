import { createHash } from 'node:crypto';
import type { MatchEvidence } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { BlockingIndex, Candidate } from './blocking.ts';
import type { Feature } from './features.ts';
import goodModel from './good.model.json' with { type: 'json' };
import { goodSaid, type Said } from './good-evidence.ts';
import { goodFeatures, goodFeaturesOf } from './good-features.ts';
import { type PreparedGood, prepareGood } from './good-record.ts';
import { Model, type ModelFile } from './model.ts';
import { unknownRarity } from './rarity.ts';
import stayModel from './stay.model.json' with { type: 'json' };
import { staySaid } from './stay-evidence.ts';
import { stayFeatures, stayFeaturesOf } from './stay-features.ts';
import { type PreparedStay, prepareStay } from './stay-record.ts';
import type { Decision, Matcher, MatchRecord, MatchVertical, Prepared, Rarity, Verdict } from './types.ts';

/** What a vertical says by itself, beside the trained model. */
export interface Stated {
  readonly feature: string;
  readonly left: string;
  readonly right: string;
  readonly similarity: number;
  /** Log-odds, by hand: no labelled set states it. */
  readonly weight: number;
}

/** What differs between verticals. */
export interface VerticalOfMatcher<P extends Prepared> {
  readonly features: readonly Feature[];
  prepare(record: MatchRecord): P;
  featuresOf(a: P, b: P, rarity: Rarity): Float64Array;
  said(evidence: string, a: P, b: P, value: (name: string) => number): Said;
  stated(a: P, b: P): Stated[];
  /** How much a shared blocking key counts, by its kind, beside its rarity. */
  readonly keyWeights: Readonly<Record<string, number>>;
}

const verticals: {
  readonly stay: VerticalOfMatcher<PreparedStay>;
  readonly good: VerticalOfMatcher<PreparedGood>;
} = {
  stay: {
    features: stayFeatures,
    prepare: prepareStay,
    featuresOf: stayFeaturesOf,
    said: staySaid,
    stated: () => [],
    keyWeights: { w: 1, j: 1.5, s: 0.5, e: 0.5, p: 2, a: 0.4, h: 1.2, c: 0.7, f: 0.7 },
  },
  good: {
    features: goodFeatures,
    prepare: prepareGood,
    featuresOf: goodFeaturesOf,
    said: goodSaid,
    stated: statedOfGoods,
    keyWeights: { w: 1, n: 0.6, m: 1.5, d: 0.7, g: 5, b: 0.5 },
  },
};

/** Log-odds of what is no guess: a number given to one product in the world, and a size that both state. */
const gtinWeight = 9;
const sizeWeight = 4;

function statedOfGoods(a: PreparedGood, b: PreparedGood): Stated[] {
  const stated: Stated[] = [];
  if (a.gtin !== '' && b.gtin !== '') {
    const same = a.gtin === b.gtin;
    stated.push({
      feature: 'gtin',
      left: a.gtin,
      right: b.gtin,
      similarity: same ? 1 : 0,
      weight: same ? gtinWeight : -gtinWeight,
    });
  }
  if (a.size !== '' && b.size !== '' && a.size !== b.size) {
    stated.push({ feature: 'size', left: a.size, right: b.size, similarity: 0, weight: -sizeWeight });
  }
  return stated;
}

/** The matcher of a vertical, with the trained model that comes with the code. */
export function createMatcher(vertical: MatchVertical): Matcher {
  return vertical === 'stay'
    ? matcherOf('stay', verticals.stay, new Model(stayModel))
    : matcherOf('good', verticals.good, new Model(goodModel));
}

/** What a vertical's matcher is made of, for its training. */
export function verticalOfMatcher(vertical: MatchVertical): VerticalOfMatcher<Prepared> {
  // Prepared records go back to the vertical that made them, nowhere else.
  return verticals[vertical] as unknown as VerticalOfMatcher<Prepared>;
}

/** The model that comes with the code. */
export function modelOf(vertical: MatchVertical): ModelFile {
  return vertical === 'stay' ? stayModel : goodModel;
}

/** Candidates with less than this share of the best one's score are none: hardly a true pair is among them. */
const leastOfBest = 0.2;

/** The records of an index that share the rarest keys with one. */
function candidatesOf(
  index: BlockingIndex,
  { queries }: Prepared,
  most: number,
  keyWeights: Readonly<Record<string, number>>,
): Candidate[] {
  const found = index.find(
    queries,
    most,
    (key, share) => (keyWeights[key.slice(0, key.indexOf(':'))] ?? 1) * Math.max(0.01, -Math.log(share)),
  );
  return found.filter(({ score }) => score >= leastOfBest * found[0]!.score);
}

function matcherOf<P extends Prepared>(
  vertical: MatchVertical,
  { features, prepare, featuresOf, said, stated, keyWeights }: VerticalOfMatcher<P>,
  model: Model,
): Matcher {
  const { file } = model;
  const version = createHash('sha256').update(JSON.stringify(file)).digest('hex').slice(0, 16);
  const numbers = new Map(features.map(({ name }, at) => [name, at]));
  // Whoever calls gives back what `prepare` gave.
  const own = (prepared: Prepared): P => prepared as P;

  function verdict(probability: number): Verdict {
    return probability >= file.same ? 'same' : probability <= file.different ? 'different' : 'review';
  }

  function probabilityOf(row: Float64Array, hand: readonly Stated[]): number {
    let logOdds = model.logOdds(row);
    for (const { weight } of hand) logOdds += weight;
    return 1 / (1 + Math.exp(-logOdds));
  }

  return {
    vertical,
    version,
    bias: model.bias,
    prepare,
    block: ({ keys }) => keys,
    candidates: (index, prepared, most = 30) => candidatesOf(index, prepared, most, keyWeights),
    probability(left, right, rarity = unknownRarity): number {
      const [a, b] = [own(left), own(right)];
      return probabilityOf(featuresOf(a, b, rarity), stated(a, b));
    },
    verdict,
    decide(left, right, rarity = unknownRarity): Decision {
      const [a, b] = [own(left), own(right)];
      const row = featuresOf(a, b, rarity);
      const contributions = model.contributions(row);
      const weights = new Map<string, number>();
      for (const [at, { evidence }] of features.entries()) {
        weights.set(evidence, (weights.get(evidence) ?? 0) + contributions[at]!);
      }
      const evidence: MatchEvidence[] = [];
      for (const [feature, weight] of weights) {
        if (weight === 0) continue;
        evidence.push(
          toEvidence(
            feature,
            said(feature, a, b, (name) => row[numbers.get(name)!]!),
            weight,
          ),
        );
      }
      const hand = stated(a, b);
      for (const each of hand) evidence.push(toEvidence(each.feature, each, each.weight));
      evidence.sort((x, y) => Math.abs(y.weight) - Math.abs(x.weight) || (x.feature < y.feature ? -1 : 1));
      const probability = probabilityOf(row, hand);
      return { probability, verdict: verdict(probability), evidence };
    },
  };
}

function toEvidence(feature: string, { left, right, similarity }: Said, weight: number): MatchEvidence {
  const known = left !== '' && right !== '' && !Number.isNaN(similarity);
  return { feature, left, right, similarity: known ? Math.min(1, Math.max(0, similarity)) : undefined, weight };
}

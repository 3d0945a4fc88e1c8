// `npm run train:matching`: makes the two model files anew from the labelled pairs' train splits and from made-up places. The
// same input gives the same files. Nothing else of the pairs is kept.
import { writeFileSync } from 'node:fs';
import { BlockingIndex } from '../blocking.ts';
import { verticalOfMatcher } from '../matcher.ts';
import { encodeTree, Model, type ModelFile } from '../model.ts';
import type { MatchRecord, MatchVertical, Prepared } from '../types.ts';
import { benchmarksDirectory, forVertical, type LabelledPair, readPairs, setsIn, verticalOf } from './benchmarks.ts';
import { type BoostingOptions, boost, randomOf } from './boosting.ts';
import { accuracyAt, bestThreshold, brier, calibrate } from './evaluate.ts';
import { probesDigest } from './probes.ts';
import { syntheticStays } from './synthetic-stays.ts';
import { derivedPairs, drawChanges, variantOf } from './variants.ts';

/** A pair that another is made into. */
interface Variant {
  readonly features: Float64Array;
  readonly label: number;
  readonly weight: number;
}

/** Pairs that are trained on together. */
interface TrainingSet {
  readonly name: string;
  readonly rows: readonly Float64Array[];
  readonly labels: Uint8Array;
  readonly weight: number;
  /** Part of the cross-validation that each row is tried in; the same for all pairs of a left record. */
  readonly folds: Uint8Array;
  /** The rows once more, as they are where only the records of their own fold are known: a catalogue of others. */
  readonly apart: readonly Float64Array[];
  /** Rows that train only, by the row that they come from. */
  readonly variants: readonly (readonly Variant[])[];
  /** Labelled by others, not made up: what one answer is judged by. */
  readonly labelled: boolean;
}

const foldCount = 5;

interface Recipe {
  readonly boosting: BoostingOptions;
  /** Precision that 'same' must have. */
  readonly surely: number;
  /** Share of true pairs that 'different' may have. */
  readonly lost: number;
}

const recipes: Readonly<Record<MatchVertical, Recipe>> = {
  good: {
    boosting: {
      trees: 160,
      depth: 4,
      rate: 0.09,
      rows: 0.7,
      columns: 0.4,
      ridge: 4,
      leastGain: 0.1,
      leastWeight: 2,
      seed: 1,
    },
    surely: 0.97,
    lost: 0.02,
  },
  stay: {
    boosting: {
      trees: 160,
      depth: 4,
      rate: 0.08,
      rows: 0.7,
      columns: 0.5,
      ridge: 4,
      leastGain: 0.1,
      leastWeight: 2,
      seed: 1,
    },
    surely: 0.97,
    lost: 0.005,
  },
};

/** Features of pairs; of the records so many go into the index that tells how rare words are. */
function rowsOf(
  vertical: MatchVertical,
  pairs: readonly { left: MatchRecord; right: MatchRecord }[],
  indexed = 1,
): Float64Array[] {
  const { prepare, featuresOf } = verticalOfMatcher(vertical);
  const random = randomOf(pairs.length);
  const index = new BlockingIndex();
  const known = new Map<MatchRecord, Prepared>();
  const prepared = (record: MatchRecord): Prepared => {
    let one = known.get(record);
    if (one === undefined) {
      one = prepare(record);
      if (random() < indexed) index.add(known.size, one.keys);
      known.set(record, one);
    }
    return one;
  };
  const both = pairs.map(({ left, right }) => [prepared(left), prepared(right)] as const);
  return both.map(([left, right]) => featuresOf(left, right, index));
}

function setOf(
  name: string,
  vertical: MatchVertical,
  pairs: readonly LabelledPair[],
  weight: number,
  labelled: boolean,
  variantCount: number,
): TrainingSet {
  const random = randomOf(pairs.length);
  const byLeft = new Map<MatchRecord, number>();
  const folds = pairs.map(({ left }) => {
    const fold = byLeft.get(left) ?? Math.floor(random() * foldCount);
    byLeft.set(left, fold);
    return fold;
  });
  const labels = Uint8Array.from(pairs, ({ same }) => (same ? 1 : 0));
  const variants = pairs.map((): Variant[] => []);
  for (let round = 0; round < variantCount; round++) {
    for (const [row, features] of rowsOf(
      vertical,
      varied(pairs, random, 0.15 + 0.1 * round),
      indexedShares[round],
    ).entries()) {
      variants[row]!.push({ features, label: labels[row]!, weight: variantWeight });
    }
  }
  if (vertical === 'good') {
    const derived = pairs.flatMap((pair, row) => derivedPairs(pair, random).map((each) => ({ ...each, row })));
    for (const [n, features] of rowsOf(vertical, derived).entries()) {
      const { row, same } = derived[n]!;
      variants[row]!.push({ features, label: same ? 1 : 0, weight: derivedWeight });
    }
  }
  const apart = new Array<Float64Array>(pairs.length);
  for (let fold = 0; fold < foldCount; fold++) {
    const own = [...pairs.keys()].filter((row) => folds[row] === fold);
    const features = rowsOf(
      vertical,
      own.map((row) => pairs[row]!),
    );
    for (const [n, row] of own.entries()) apart[row] = features[n]!;
  }
  return {
    name,
    rows: rowsOf(vertical, pairs),
    apart,
    labels,
    weight,
    folds: Uint8Array.from(folds),
    variants,
    labelled,
  };
}

/** Pairs as other sellers would have listed them; a record is the same in all of its pairs. */
function varied(
  pairs: readonly LabelledPair[],
  random: () => number,
  share: number,
): { left: MatchRecord; right: MatchRecord }[] {
  const known = new Map<MatchRecord, MatchRecord>();
  const common = Array.from({ length: 12 }, () => drawChanges(random, share));
  let style = 0;
  const one = (record: MatchRecord): MatchRecord => {
    let variant = known.get(record);
    if (variant === undefined) {
      variant = variantOf(record, new Set([...common[style]!, ...drawChanges(random, share / 2)]));
      known.set(record, variant);
    }
    return variant;
  };
  return pairs.map(({ left, right }) => {
    style = Math.floor(random() * common.length);
    return { left: one(left), right: one(right) };
  });
}

/** Catalogues are small and large, and hold the records that are compared or do not. */
const indexedShares = [0.3, 0.1, 0.6];

const variantWeight = 0.3;
const derivedWeight = 0.15;

function trainOn(
  sets: readonly TrainingSet[],
  vertical: MatchVertical,
  fold: number,
): { bias: number; trees: ReturnType<typeof boost>['trees'] } {
  const rows: Float64Array[] = [];
  const labels: number[] = [];
  const weights: number[] = [];
  for (const set of sets) {
    for (const [row, features] of set.rows.entries()) {
      if (set.folds[row] === fold) continue;
      rows.push(features);
      labels.push(set.labels[row]!);
      weights.push(set.weight);
      for (const variant of set.variants[row]!) {
        rows.push(variant.features);
        labels.push(variant.label);
        weights.push(set.weight * variant.weight);
      }
    }
  }
  return boost(rows, labels, weights, verticalOfMatcher(vertical).features, recipes[vertical].boosting);
}

const plainFile = { features: [], same: 1, different: 0, even: 0.5, probes: '' };

function train(vertical: MatchVertical, sets: readonly TrainingSet[]): ModelFile {
  const { surely, lost } = recipes[vertical];
  const outOfFold = sets.map(({ rows }) => new Float64Array(rows.length));
  for (let fold = 0; fold < foldCount; fold++) {
    const { bias, trees } = trainOn(sets, vertical, fold);
    const model = new Model({ ...plainFile, bias, trees: trees.map((tree) => encodeTree(tree, 1)) });
    for (const [n, set] of sets.entries()) {
      for (const [row, features] of set.apart.entries()) {
        if (set.folds[row] === fold) outOfFold[n]![row] = model.logOdds(features);
      }
    }
  }
  const all = { scores: outOfFold.flatMap((scores) => [...scores]), labels: sets.flatMap(({ labels }) => [...labels]) };
  const { slope, offset } = calibrate(all);
  const probabilities = sets.map((_, n) => outOfFold[n]!.map((score) => 1 / (1 + Math.exp(-(slope * score + offset)))));
  const even = bestThreshold(
    sets.flatMap(({ labelled, labels }, n) => (labelled ? [{ scores: probabilities[n]!, labels }] : [])),
  );
  const pooled = { scores: probabilities.flatMap((scores) => [...scores]), labels: all.labels };
  const steps = Array.from({ length: 999 }, (_, n) => (n + 1) / 1000);
  const same =
    steps.find((step) => step >= 0.5 && accuracyAt(pooled.scores, pooled.labels, step).precision >= surely) ?? 0.999;
  const different =
    steps.findLast((step) => step <= 0.5 && accuracyAt(pooled.scores, pooled.labels, step).recall >= 1 - lost) ?? 0.001;
  for (const [n, { name, labels }] of sets.entries()) {
    const { precision, recall, f1 } = accuracyAt(probabilities[n]!, labels, even);
    const error = brier({ scores: probabilities[n]!, labels });
    console.log(
      `${vertical} ${name}: cross-validated P ${percent(precision)} R ${percent(recall)} F1 ${percent(f1)} at ${even}, Brier ${error.toFixed(4)}, ` +
        `best F1 ${percent(accuracyAt(probabilities[n]!, labels, bestThreshold([{ scores: probabilities[n]!, labels }])).f1)}`,
    );
  }
  const { bias, trees } = trainOn(sets, vertical, -1);
  return {
    features: verticalOfMatcher(vertical).features.map(({ name }) => name),
    bias: Number((slope * bias + offset).toFixed(4)),
    trees: trees.map((tree) => encodeTree(tree, slope)),
    same,
    different,
    even,
    probes: probesDigest(vertical),
  };
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

const directory = benchmarksDirectory();
const names = setsIn(directory, 'train');
if (names.length === 0) {
  console.error(`No labelled pairs in ${directory}; ENTREPOT_MATCHING_BENCHMARKS says where they are.`);
  process.exit(1);
}
const labelled = names.map((name) => ({ name, pairs: readPairs(`${directory}/${name}/train.txt`) }));
for (const vertical of ['stay', 'good'] as const) {
  if (process.argv.length > 2 && !process.argv.includes(vertical)) continue;
  const own = labelled.filter(({ pairs }) => verticalOf(pairs) === vertical);
  const sets = own.map(({ name, pairs }) =>
    setOf(
      name,
      vertical,
      forVertical(pairs, vertical),
      vertical === 'stay' ? 10 : 1,
      true,
      vertical === 'good' ? 3 : 0,
    ),
  );
  if (vertical === 'stay')
    for (const seed of [11, 13, 14]) sets.push(setOf(`made up ${seed}`, vertical, syntheticStays(seed), 1, true, 0));
  const file = train(vertical, sets);
  const path = `${import.meta.dirname}/../${vertical}.model.json`;
  const { trees, ...rest } = file;
  writeFileSync(
    path,
    `${JSON.stringify(rest, null, 2).slice(0, -2)},\n  "trees": [\n${trees.map((tree) => `    ${JSON.stringify(tree)}`).join(',\n')}\n  ]\n}\n`,
  );
  console.log(
    `${vertical}: ${trees.length} trees, same from ${file.same}, different up to ${file.different}, one answer from ${file.even}`,
  );
}

import { existsSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { modelOf, verticalOfMatcher } from '../matcher.ts';
import { encodeTree, Model } from '../model.ts';
import { benchmarksDirectory } from './benchmarks.ts';
import { boost } from './boosting.ts';
import { calibrate } from './evaluate.ts';
import { measure } from './measure.ts';
import { probesDigest } from './probes.ts';
import { syntheticStays } from './synthetic-stays.ts';

describe.each(['stay', 'good'] as const)('the model of a %s', (vertical) => {
  it('was trained on the features that the code has: after changing them run npm run train:matching', () => {
    expect(modelOf(vertical).features).toEqual(verticalOfMatcher(vertical).features.map(({ name }) => name));
    expect(modelOf(vertical).probes).toBe(probesDigest(vertical));
  });

  it('is a small file', () => {
    expect(statSync(`${import.meta.dirname}/../${vertical}.model.json`).size).toBeLessThan(100_000);
  });
});

describe('boosting', () => {
  const features = [
    { evidence: 'x', name: 'x', direction: 1 as const },
    { evidence: 'y', name: 'y', direction: 0 as const },
  ];
  const options = {
    trees: 30,
    depth: 3,
    rate: 0.3,
    rows: 0.8,
    columns: 1,
    ridge: 1,
    leastGain: 0,
    leastWeight: 1,
    seed: 3,
  };
  const rows = Array.from({ length: 400 }, (_, i) =>
    Float64Array.of(i % 7 === 0 ? Number.NaN : (i % 20) / 20, (i * 7) % 11),
  );
  const labels = rows.map(([x, y]) => ((x! > 0.5 && y! < 8) || (Number.isNaN(x!) && y! < 3) ? 1 : 0));
  const { bias, trees } = boost(
    rows,
    labels,
    rows.map(() => 1),
    features,
    options,
  );
  const model = new Model({
    features: [],
    bias,
    trees: trees.map((tree) => encodeTree(tree, 1)),
    same: 1,
    different: 0,
    even: 0.5,
    probes: '',
  });

  it('learns what depends on two features, and on one that is missing', () => {
    const right = rows.filter((row, i) => (model.logOdds(row) > 0 ? 1 : 0) === labels[i]).length;
    expect(right / rows.length).toBeGreaterThan(0.97);
  });

  it('keeps the direction of a feature', () => {
    for (let y = 0; y < 11; y++) {
      let before = -Infinity;
      for (let x = 0; x < 1; x += 0.05) {
        const now = model.logOdds(Float64Array.of(x, y));
        expect(now).toBeGreaterThanOrEqual(before - 0.05);
        before = now;
      }
    }
  });

  it('explains itself: what the features add, and the bias, make the log-odds', () => {
    for (const row of rows) {
      const sum = model.contributions(row).reduce((total, each) => total + each, model.bias);
      expect(sum).toBeCloseTo(model.logOdds(row), 9);
    }
  });
});

it('calibration finds the slope and offset that log-odds were bent by', () => {
  const scores = Array.from({ length: 20_000 }, (_, i) => ((i % 200) - 100) / 20);
  const labels = scores.map((score, i) => (Math.floor(i / 200) / 100 < 1 / (1 + Math.exp(-(0.5 * score + 1))) ? 1 : 0));
  const { slope, offset } = calibrate({ scores, labels });
  expect(slope).toBeCloseTo(0.5, 1);
  expect(offset).toBeCloseTo(1, 1);
});

it('made-up places are the same for the same seed', () => {
  expect(syntheticStays(5)).toEqual(syntheticStays(5));
});

const directory = benchmarksDirectory();
const absent = existsSync(directory) ? '' : ` (skipped: there is no ${directory})`;

describe.skipIf(absent !== '')(`labelled pairs${absent}`, () => {
  it.each([
    ['Abt-Buy', 0.84],
    ['Walmart-Amazon', 0.86],
    ['Fodors-Zagats', 0.99],
  ])(
    'of %s are told apart with F1 of %d and more, and 99 in 100 true ones are kept among 30 candidates',
    (set, floor) => {
      const { accuracy, blocking } = measure(`${directory}/${set}/valid.txt`);
      expect(accuracy.f1).toBeGreaterThanOrEqual(floor);
      expect(blocking.recall).toBeGreaterThanOrEqual(0.99);
      expect(blocking.mostCandidates).toBeLessThanOrEqual(30);
    },
  );
});

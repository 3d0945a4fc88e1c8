import { expect, test } from 'vitest';
import { Experiments } from './experiments.ts';

const keys = Array.from({ length: 20_000 }, (_, index) => `shopper-${index}`);
const arms = (experiments: Experiments, name: string): (string | undefined)[] =>
  keys.map((key) => experiments.arm(name, key));

test('gives each arm its share of keys, and the rest none', () => {
  const experiments = new Experiments([
    { name: 'fee', arm: 'a', share: '50' },
    { name: 'fee', arm: 'b', share: '12.5' },
  ]);
  const found = arms(experiments, 'fee');
  const share = (arm: string | undefined): number => found.filter((one) => one === arm).length / keys.length;
  expect(share('a')).toBeCloseTo(0.5, 1);
  expect(share('b')).toBeCloseTo(0.125, 1);
  expect(share(undefined)).toBeCloseTo(0.375, 1);
});

test('keeps a key in its arm: in every process, and whatever the order of the declarations', () => {
  const declared = [
    { name: 'fee', arm: 'a', share: '30' },
    { name: 'fee', arm: 'b', share: '30' },
    { name: 'other', arm: 'a', share: '10' },
  ];
  const [one, other] = [new Experiments(declared), new Experiments(declared.toReversed())];
  expect(arms(one, 'fee')).toEqual(arms(other, 'fee'));
  // Of the hash alone; these stay what they are.
  expect(keys.slice(0, 8).map((key) => one.arm('fee', key))).toMatchInlineSnapshot(`
    [
      "b",
      undefined,
      "b",
      "b",
      "b",
      "b",
      "a",
      "a",
    ]
  `);
});

test('puts a key into arms of different experiments independently', () => {
  const half = ['one', 'two'].map((name) => ({ name, arm: 'a', share: '50' }));
  const experiments = new Experiments(half);
  const [one, two] = [arms(experiments, 'one'), arms(experiments, 'two')];
  const both = keys.filter((_, index) => one[index] !== undefined && two[index] !== undefined).length / keys.length;
  expect(both).toBeCloseTo(0.25, 1);
});

test('has no arm without a key, nor of an experiment that there is not', () => {
  const experiments = new Experiments([{ name: 'fee', arm: 'a', share: '100' }]);
  expect(experiments.arm('fee', '')).toBeUndefined();
  expect(experiments.arm('fee', 'x')).toBe('a');
  expect(experiments.arm('none', 'x')).toBeUndefined();
});

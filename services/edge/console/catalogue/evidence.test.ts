import { expect, test } from 'vitest';
import { barsOf } from './evidence.ts';

test('the weights and what is thought before add up to the probability', () => {
  const bars = barsOf({
    probability: 0.25,
    evidence: [
      { feature: 'name', weight: 2 },
      { feature: 'phone', weight: -1 },
    ],
  });
  const logOdds = bars.reduce((sum, { weight }) => sum + weight, 0);
  expect(1 / (1 + Math.exp(-logOdds))).toBeCloseTo(0.25, 10);
  expect(bars.map(({ feature, speaks }) => [feature, speaks])).toEqual([
    ['', 'against'],
    ['name', 'for'],
    ['phone', 'against'],
  ]);
});

test('the weightiest reaches the edge, and each leads away from the middle', () => {
  const bars = barsOf({
    probability: 0.5,
    evidence: [{ weight: 4 }, { weight: -2 }, { weight: 0.01 }, { weight: -2.01 }],
  });
  const [, first, second, third] = bars;
  expect(first).toMatchObject({ from: 0.5, to: 1 });
  expect(second).toMatchObject({ from: 0.25, to: 0.5, speaks: 'against' });
  expect(third?.speaks).toBe('hardly');
});

test.each([0, 1])('a probability of %d has no log-odds to start from', (probability) => {
  expect(barsOf({ probability, evidence: [{ feature: 'gtin', weight: 9 }] }).map(({ feature }) => feature)).toEqual([
    'gtin',
  ]);
});

test('without evidence there is nothing to draw', () => {
  expect(barsOf({ probability: 0.5 })).toEqual([]);
});

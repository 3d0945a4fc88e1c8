import { expect, it } from 'vitest';
import { sampled } from './sampled.ts';

const rows = (name: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${name}${at}`);

it('takes rows of every case in turns, however cases are called and however many rows one has', () => {
  const found = sampled([rows('a', 200), rows('b', 1), rows('z', 3)]);
  expect(found).toHaveLength(25);
  expect(found.slice(0, 7)).toEqual(['a0', 'b0', 'z0', 'a1', 'z1', 'a2', 'z2']);
});

it('takes at least one row of each case, and all where there are few', () => {
  expect(sampled(rows('case', 40).map((name) => rows(name, 2)))).toHaveLength(40);
  expect(sampled([rows('a', 2), [], rows('b', 1)])).toEqual(['a0', 'b0', 'a1']);
  expect(sampled([])).toEqual([]);
});

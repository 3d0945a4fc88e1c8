import { expect, test } from 'vitest';
import { chanceOf, seedOf } from './chance.ts';

test('chances are spread evenly over the rows of a search and over searches, and are always the same', () => {
  const chances = Array.from({ length: 200 }, (_, search) =>
    Array.from({ length: 50 }, (_, row) => chanceOf(seedOf(`search-${search}`), row)),
  );
  for (const share of [0.01, 0.1, 0.5]) {
    const all = chances.flat();
    expect(all.filter((chance) => chance < share).length / all.length).toBeCloseTo(share, 1);
    expect(Math.abs(all.filter((chance) => chance < share).length / all.length - share)).toBeLessThan(share / 4);
  }
  // No search is asked for all of its offers, or for the first ones alone.
  const firstRow = chances.map(([first]) => first!).filter((chance) => chance < 0.5).length;
  expect(firstRow / chances.length).toBeCloseTo(0.5, 0);
  expect(chanceOf(seedOf('search-1'), 7)).toBe(chances[1]![7]);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type JudgedPrice, outliersAmong, usualOutliers } from './outliers.ts';

/** Prices by partner: what each asks, in its offers of one product. */
function prices(...ofPartners: readonly (readonly number[])[]): JudgedPrice[] {
  let row = 0;
  return ofPartners.flatMap((totals, partner) => totals.map((total) => ({ row: row++, partner, total })));
}

function judged(...ofPartners: readonly (readonly number[])[]): [row: number, magnitude: number][] {
  return outliersAmong(prices(...ofPartners), usualOutliers).map(({ row, magnitude }) => [row, magnitude]);
}

describe('a price is taken for a mistake', () => {
  test('where it is 10 or 100 times what two others ask, or a tenth or hundredth of it', () => {
    expect(judged([10_000], [10_200], [1_000_000])).toEqual([[2, 2]]);
    expect(judged([10_000], [9_700], [101_000])).toEqual([[2, 1]]);
    expect(judged([10_000], [10_200], [1_010])).toEqual([[2, -1]]);
    expect(judged([10_000], [9_900], [101])).toEqual([[2, -2]]);
    expect(judged([10_000], [9_900], [10_050_000])).toEqual([[2, 3]]);
  });

  test('with what it is held against: the nearest price of each other partner, and their median', () => {
    expect(outliersAmong(prices([9_000, 11_000], [10_000], [1_100_000]), usualOutliers)).toEqual([
      { row: 3, magnitude: 2, othersMedian: 10_500, others: 2 },
    ]);
  });

  test('also where two partners make it, as long as most do not', () => {
    expect(judged([10_000], [10_100], [9_900], [1_000_000], [990_000])).toEqual([
      [3, 2],
      [4, 2],
    ]);
  });
});

describe('a price is let be', () => {
  test('where one other partner alone asks something else: nobody can tell who is wrong', () => {
    expect(judged([10_000], [1_000_000])).toEqual([]);
    expect(judged([10_000], [10_100], [1_000_000], [1_010_000])).toEqual([]);
  });

  test('where it is dear but no mistake of a power of ten', () => {
    expect(judged([10_000], [10_000], [50_000])).toEqual([]);
    expect(judged([10_000], [10_000], [200_000])).toEqual([]);
    expect(judged([10_000], [10_000], [69_000])).toEqual([]);
  });

  test('where another partner has offers on both sides of it', () => {
    expect(judged([8_000, 120_000], [9_000], [90_000])).toEqual([]);
  });

  test('where the policy judges nothing, or asks for more partners than there are', () => {
    const given = prices([10_000], [10_200], [1_000_000]);
    expect(outliersAmong(given, { leastOthers: 0 })).toEqual([]);
    expect(outliersAmong(given, { leastOthers: 3 })).toEqual([]);
  });
});

test('the judgement depends neither on the order of the prices nor on the currency', () => {
  const offers = fc.array(fc.record({ partner: fc.nat(4), total: fc.integer({ min: 100, max: 10_000_000 }) }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(offers, fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 200 }), (drawn, keys, factor) => {
      const given = drawn.map((offer, row) => ({ ...offer, row }));
      const rows = (of: readonly JudgedPrice[]): string[] =>
        outliersAmong(of, usualOutliers)
          .map(({ row, magnitude }) => `${row} ${magnitude}`)
          .sort();
      const shuffled = given.map((one) => ({ one, key: keys.next().value })).sort((a, b) => a.key - b.key);
      expect(rows(shuffled.map(({ one }) => one))).toEqual(rows(given));
      // Powers of two alone change no quotient.
      const converted = given.map((one) => ({ ...one, total: one.total * 2 ** (factor % 8) }));
      expect(rows(converted)).toEqual(rows(given));
    }),
  );
});

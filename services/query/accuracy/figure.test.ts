import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differenceOf, verdictOf } from './figure.ts';

const gbp = (minor: number) => ({ minor, currency: 'GBP' });

test('a price within the tolerance is as shown: a share, or an absolute amount where that is more', () => {
  const tolerance = { share: 0.005, minor: 10 };
  expect([9_990, 10_010].map((minor) => verdictOf(gbp(10_000), gbp(minor), tolerance))).toEqual([
    'accurate',
    'accurate',
  ]);
  expect(verdictOf(gbp(10_000), gbp(10_050), tolerance)).toBe('accurate');
  expect(verdictOf(gbp(10_000), gbp(10_051), tolerance)).toBe('dearer');
  expect(verdictOf(gbp(10_000), gbp(9_949), tolerance)).toBe('cheaper');
  expect([90, 110, 111, 89].map((minor) => verdictOf(gbp(100), gbp(minor), tolerance))).toEqual([
    'accurate',
    'accurate',
    'dearer',
    'cheaper',
  ]);
});

test('another currency is not what was shown, whatever the number', () => {
  expect(verdictOf(gbp(100), { minor: 100, currency: 'EUR' }, { share: 1, minor: 1_000 })).toBe('dearer');
  expect(differenceOf(gbp(100), { minor: 100, currency: 'EUR' })).toBeUndefined();
  expect(differenceOf(gbp(200), gbp(214))).toBeCloseTo(0.07);
});

test('the verdict and the sign of the difference agree', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e7 }), fc.nat({ max: 1e7 }), fc.nat({ max: 500 }), (shown, found, minor) => {
      const verdict = verdictOf(gbp(shown), gbp(found), { share: 0.01, minor });
      const difference = differenceOf(gbp(shown), gbp(found))!;
      if (verdict === 'dearer') expect(difference).toBeGreaterThan(0);
      if (verdict === 'cheaper') expect(difference).toBeLessThan(0);
      if (verdict === 'accurate') expect(Math.abs(found - shown)).toBeLessThanOrEqual(Math.max(shown * 0.01, minor));
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { businessDaysSince, isBusinessDay } from './target-calendar.ts';

test('knows the days on which the European Central Bank publishes nothing', () => {
  // Its calendar of TARGET closing days beside week-ends.
  const closed = ['2026-01-01', '2026-04-03', '2026-04-06', '2026-05-01', '2026-12-25', '2027-03-26', '2027-03-29'];
  const more = ['2024-03-29', '2024-04-01', '2025-04-18', '2025-04-21', '2038-04-23', '2038-04-26', '2026-11-21'];
  for (const date of [...closed, ...more]) expect(isBusinessDay(date), date).toBe(false);
  // Holidays elsewhere, Ascension, and Maundy Thursday are none.
  for (const date of ['2026-05-14', '2026-04-02', '2026-07-14', '2026-12-24', '2026-12-31', '2026-11-20']) {
    expect(isBusinessDay(date), date).toBe(true);
  }
});

test('counts ages in business days, so that week-ends and holidays make nothing older', () => {
  const ages = (date: string, ...days: string[]): number[] => days.map((day) => businessDaysSince(date, day));
  expect(ages('2026-11-20', '2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23')).toEqual([0, 0, 0, 1]);
  expect(ages('2026-12-24', '2026-12-25', '2026-12-27', '2026-12-28', '2027-01-01', '2027-01-04')).toEqual([
    0, 0, 1, 4, 5,
  ]);
  expect(ages('2026-04-02', '2026-04-06', '2026-04-07')).toEqual([0, 1]);
  expect(ages('2026-11-20', '2026-11-19')).toEqual([0]);
  expect(ages('2025-11-20', '2026-11-20')).toEqual([255]);
  expect(businessDaysSince('1970-01-01', '2026-11-20')).toBeGreaterThan(2_500);
});

test('ages add up over any day in between', () => {
  const day = fc
    .integer({ min: Date.parse('2020-01-01') / 86_400_000, max: Date.parse('2029-12-31') / 86_400_000 })
    .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10));
  fc.assert(
    fc.property(fc.tuple(day, day, day), (days) => {
      const [a, b, c] = days.toSorted() as [string, string, string];
      expect(businessDaysSince(a, b) + businessDaysSince(b, c)).toBe(businessDaysSince(a, c));
    }),
    { numRuns: 50 },
  );
});

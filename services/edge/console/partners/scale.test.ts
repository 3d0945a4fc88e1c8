import fc from 'fast-check';
import { expect, test } from 'vitest';
import { axisEnd, countEnd, linePath } from './scale.ts';

test('an axis ends at a round number that every number fits below, not far above the largest', () => {
  expect([axisEnd([]), axisEnd([88, undefined, 450]), axisEnd([2_400]), axisEnd([1_000])]).toEqual([
    1, 500, 2_500, 1_000,
  ]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: 1 }), (numbers) => {
      const most = Math.max(...numbers);
      expect(axisEnd(numbers)).toBeGreaterThanOrEqual(most);
      expect(axisEnd(numbers)).toBeLessThanOrEqual(most * 2.5);
    }),
  );
});

test('an axis of counts ends at a whole number', () => {
  expect([countEnd([]), countEnd([1]), countEnd([2]), countEnd([3])]).toEqual([1, 1, 2, 5]);
});

test('a line has a gap where a number is absent, and a dot where one is alone', () => {
  const box = { width: 100, height: 10 };
  expect(linePath([0, 10, undefined, 5, undefined], 10, box)).toBe('M0 10L25 0M75 5h0');
  expect(linePath([5], 10, box)).toBe('M50 5h0');
  expect(linePath([undefined, undefined], 10, box)).toBe('');
});

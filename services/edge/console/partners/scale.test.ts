import fc from 'fast-check';
import { expect, test } from 'vitest';
import { axisEnd, countEnd, lineOf, recordedSlots, spreadOf } from './scale.ts';

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
  expect(lineOf([0, 10, undefined, 5, undefined], 10, box)).toEqual({ line: 'M0 10L25 0', dots: 'M75 5h0' });
  expect(lineOf([5], 10, box)).toEqual({ line: '', dots: 'M50 5h0' });
  expect(lineOf([undefined, undefined], 10, box)).toEqual({ line: '', dots: '' });
});

test('slots from before anything was recorded are left out', () => {
  const slots = Array.from({ length: 6 }, (_, index) => ({ start: `2027-01-11T10:00:${index}0Z` }));
  const starts = (seconds: number) => recordedSlots(slots, seconds).map(({ start }) => start.slice(17, 19));
  expect(starts(12)).toEqual(['30', '40', '50']);
  expect(starts(60)).toEqual(['00', '10', '20', '30', '40', '50']);
  expect(starts(0)).toEqual(['50']);
  expect(recordedSlots(slots.slice(0, 1), 5)).toHaveLength(1);
  expect(recordedSlots(undefined, 5)).toEqual([]);
});

test('a spread begins and ends where there are answers', () => {
  const latencies = [{ upperMs: 5 }, { upperMs: 10, count: 2 }, { upperMs: 20 }, { upperMs: 4_294_967_295, count: 1 }];
  expect(spreadOf([...latencies.slice(0, 3), { upperMs: 30 }])).toEqual([{ upTo: 10, count: 2 }]);
  expect(spreadOf(latencies)).toEqual([
    { upTo: 10, count: 2 },
    { upTo: 20, count: 0 },
    { upTo: undefined, count: 1 },
  ]);
  expect([spreadOf(latencies.slice(0, 1)), spreadOf(undefined)]).toEqual([[], []]);
});

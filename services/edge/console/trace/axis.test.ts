import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeIn, tick, ticksOf, took } from './axis.ts';

describe('the axis', () => {
  test('has round moments', () => {
    expect(ticksOf({ fromMs: 0, toMs: 232 }, 5)).toEqual([0, 50, 100, 150, 200]);
    expect(ticksOf({ fromMs: 0, toMs: 2_830 }, 5)).toEqual([0, 1_000, 2_000]);
    expect(ticksOf({ fromMs: 412, toMs: 446 }, 5)).toEqual([420, 430, 440]);
    expect(ticksOf({ fromMs: 0, toMs: 0.7 }, 5).map(tick)).toEqual(['0', '0.2 ms', '0.4 ms', '0.6 ms']);
    expect(ticksOf({ fromMs: 0, toMs: 0 }, 5)).toEqual([]);
  });

  test('has them within it, in order, and never more than there is room for', () => {
    const length = fc.double({ min: 1e-3, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        length,
        fc.integer({ min: 1, max: 9 }),
        (fromMs, ms, most) => {
          const window = { fromMs, toMs: fromMs + ms };
          const ticks = ticksOf(window, most);
          expect(ticks.length).toBeLessThanOrEqual(most);
          for (const [index, at] of ticks.entries()) {
            expect(placeIn(window, at)).toBeGreaterThanOrEqual(0);
            expect(at).toBeLessThanOrEqual(window.toMs);
            if (index > 0) expect(at).toBeGreaterThan(ticks[index - 1]!);
          }
        },
      ),
    );
  });

  test('ends where its window ends', () => {
    const window = { fromMs: 100, toMs: 300 };
    expect([0, 100, 200, 300, 900].map((ms) => placeIn(window, ms))).toEqual([0, 0, 0.5, 1, 1]);
  });
});

test.each([
  [0, '0 ms'],
  [0.3457, '0.35 ms'],
  [4.23, '4.2 ms'],
  [5, '5 ms'],
  [24.6, '25 ms'],
  [999.2, '999 ms'],
  [999.7, '1.00 s'],
  [2_834, '2.83 s'],
  [12_340, '12.3 s'],
])('%f ms are written as "%s"', (ms, text) => {
  expect(took(ms)).toBe(text);
});

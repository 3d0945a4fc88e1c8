import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withDefaults } from './options.ts';
import { standingTime } from './testing/edge.ts';
import { Deadline, delayBefore } from './timing.ts';

const settings = withDefaults({ url: 'http://edge' });
const chance = fc.double({ min: 0, max: 1, noNaN: true });

it('waits between half of and the whole doubled delay, never longer than the longest unless it is asked to', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      chance,
      fc.option(fc.nat({ max: 120_000 }), { nil: undefined }),
      (attempt, random, asked) => {
        const most = Math.min(settings.maxDelayMs, settings.minDelayMs * 2 ** (attempt - 1));
        const delay = delayBefore(attempt, asked, settings, random);
        expect(delay).toBeGreaterThanOrEqual(Math.max(asked ?? 0, most / 2));
        expect(delay).toBeLessThanOrEqual(Math.max(asked ?? 0, most));
      },
    ),
  );
});

it('says the deadline that is left, and never less than the edge takes', () => {
  let now = 0;
  const deadline = new Deadline({ ...standingTime(), now: () => now }, 1_000, undefined);
  expect(deadline.leftMs).toBe(1_000);
  now = 400;
  expect(deadline.leftMs).toBe(600);
  now = 999;
  expect(deadline.leftMs).toBe(50);
  expect(deadline.isOverIn(0)).toBe(false);
  expect(deadline.isOverIn(1)).toBe(true);
});

it('says none where a call may last', () => {
  const deadline = new Deadline(standingTime(), undefined, undefined);
  expect(deadline.leftMs).toBeUndefined();
  expect(deadline.isOverIn(Number.MAX_SAFE_INTEGER)).toBe(false);
});

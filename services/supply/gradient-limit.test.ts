import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GradientLimit } from './gradient-limit.ts';

const still = (): number => 0;

/** So many answers that take `ms`, where such usually take 100, with the limit used up. */
function answers(limit: GradientLimit, count: number, ms: number): void {
  for (let at = 0; at < count; at++) limit.answered(ms, 100, limit.limit);
}

describe('the limit of a partner', () => {
  it('is the most while requests take no longer than usual', () => {
    const limit = new GradientLimit({ most: 50, floor: 5, now: still });
    answers(limit, 1_000, 100);
    answers(limit, 1_000, 140);
    expect(limit.limit).toBe(50);
  });

  it('is cut smoothly where they take longer, never below the floor, and grows back', () => {
    const limit = new GradientLimit({ most: 50, floor: 5, now: still });
    answers(limit, 20, 400);
    const first = limit.limit;
    expect(first).toBeLessThan(50);
    expect(first).toBeGreaterThan(50 * 0.7);
    answers(limit, 1_000, 10_000);
    expect(limit.limit).toBe(5);
    let before = limit.limit;
    for (let window = 0; window < 100 && before < 50; window++) {
      answers(limit, 20, 100);
      expect(limit.limit - before).toBeLessThanOrEqual(Math.sqrt(before));
      before = limit.limit;
    }
    expect(before).toBe(50);
  });

  it('is hardly touched by the odd answer that took long, or did not come', () => {
    const limit = new GradientLimit({ most: 50, floor: 5, now: still });
    for (let at = 0; at < 1_000; at++) {
      if (at % 100 === 0) limit.dropped(50);
      else limit.answered(at % 10 === 0 ? 2_000 : 100, 100, 50);
    }
    expect(limit.limit).toBe(50);
  });

  it('is cut where requests are not answered', () => {
    const limit = new GradientLimit({ most: 50, floor: 5, now: still });
    for (let at = 0; at < 1_000; at++) limit.dropped(50);
    expect(limit.limit).toBe(5);
  });

  it('stays where it is not used', () => {
    const limit = new GradientLimit({ most: 50, floor: 5, now: still });
    for (let at = 0; at < 1_000; at++) limit.answered(900, 100, 3);
    expect(limit.limit).toBe(50);
  });

  it('judges a few answers once they are a second old', () => {
    let now = 0;
    const limit = new GradientLimit({ most: 50, floor: 5, now: () => now });
    for (let at = 0; at < 5; at++) limit.dropped(50);
    expect(limit.limit).toBe(50);
    now = 1_000;
    limit.dropped(50);
    expect(limit.limit).toBeLessThan(50);
  });

  it('is between the floor and the most whatever happens', () => {
    const event = fc.record({
      ms: fc.option(fc.double({ min: 0, max: 1e7, noNaN: true }), { nil: undefined }),
      usual: fc.double({ min: 0, max: 1e5, noNaN: true }),
      active: fc.integer({ min: 1, max: 1_000 }),
      later: fc.integer({ min: 0, max: 2_000 }),
    });
    const bounds = fc.record({ most: fc.integer({ min: 1, max: 1_000 }), floor: fc.integer({ min: 0, max: 2_000 }) });
    fc.assert(
      fc.property(bounds, fc.array(event, { maxLength: 200 }), ({ most, floor }, events) => {
        let now = 0;
        const limit = new GradientLimit({ most, floor, now: () => now });
        for (const { ms, usual, active, later } of events) {
          now += later;
          if (ms === undefined) limit.dropped(active);
          else limit.answered(ms, usual, active);
          expect(limit.limit).toBeGreaterThanOrEqual(Math.min(most, Math.max(1, floor)));
          expect(limit.limit).toBeLessThanOrEqual(most);
        }
      }),
    );
  });
});

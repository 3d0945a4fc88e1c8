import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { redirectLogs } from '../telemetry/index.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import type { AdmissionOptions } from './admission.ts';
import { type Ended, type Simulated, simulate } from './simulation.ts';

beforeEach(() => redirectLogs({ write: () => {} }, 'silent'));

/** Calls of 10 pieces of 1.2 ms, for ten partners: 83 a second are what the core can do. */
const server: Omit<Simulated, 'phases'> = {
  partnersMs: 200,
  spread: 0.3,
  pieces: 10,
  pieceMs: 1.2,
  refusalMs: 0.1,
  seed: 1,
};
const capacity = 1_000 / 12;
const boundless: AdmissionOptions = { adaptive: false, maxCalls: Number.POSITIVE_INFINITY };

/** What came of the calls between two seconds: those in time a second, 99 of 100 served ones were faster than, refused ones. */
function seen(ended: readonly Ended[], from: number, until: number, deadlineMs = 1_000) {
  const between = ended.filter(({ at }) => at >= from * 1_000 && at < until * 1_000);
  const took = between.flatMap(({ tookMs }) => tookMs ?? []).sort((a, b) => a - b);
  return {
    good: took.filter((ms) => ms <= deadlineMs).length / (until - from),
    p99: took[Math.floor(took.length * 0.99)] ?? Number.NaN,
    refused: between.filter(({ tookMs }) => tookMs === undefined).length,
  };
}

describe('a learned limit', () => {
  it.each([1, 2, 3, 4, 5])('keeps goodput and latency at three times the capacity (load %i)', (seed) => {
    const phases = [
      { rate: capacity * 0.3, seconds: 5 },
      { rate: capacity * 3, seconds: 20 },
      { rate: capacity * 0.3, seconds: 5 },
    ];
    const { ended } = simulate({ ...server, seed, phases }, { startAtWork: 32 });
    const unloaded = seen(ended, 0, 5);
    const loaded = seen(ended, 5, 25);
    expect(unloaded.refused).toBe(0);
    expect(loaded.good).toBeGreaterThan(capacity * 0.9);
    expect(loaded.p99).toBeLessThan(unloaded.p99 * 2);
    expect(seen(ended, 25.5, 30).refused).toBe(0);
    expect(seen(ended, 25.5, 30).p99).toBeLessThan(unloaded.p99 * 1.5);
  });

  it('is what keeps it: without one nothing is in time any more', () => {
    const phases = [{ rate: capacity * 3, seconds: 6 }];
    expect(seen(simulate({ ...server, phases }, boundless).ended, 2, 6).good).toBe(0);
  });

  it.each([1, 2, 3])('does so for the highest tiers first (load %i)', (seed) => {
    const phases = [
      { rate: capacity * 0.3, seconds: 5 },
      // Of 15 calls 3 are premium, 7 standard, 5 batch: premium alone is 0.6 of the capacity.
      { rate: capacity * 3, seconds: 20, clients: [...'ppp', ...'sssssss', ...'bbbbb'] },
    ];
    const tierOf = (name: string) => ({ name, share: { p: 1, s: 0.75, b: 0.5 }[name] ?? 1 });
    const { ended } = simulate({ ...server, seed, phases }, { startAtWork: 32, tierOf });
    const unloaded = seen(ended, 0, 5);
    const loaded = seen(ended, 5, 25);
    expect(loaded.good).toBeGreaterThan(capacity * 0.9);
    expect(loaded.p99).toBeLessThan(unloaded.p99 * 2);
    const refusedOf = (client: string): number => {
      const own = ended.filter((one) => one.client === client);
      return own.filter(({ tookMs }) => tookMs === undefined).length / own.length;
    };
    expect(refusedOf('p')).toBeLessThan(0.05);
    expect(refusedOf('s')).toBeLessThan(refusedOf('b'));
    expect(refusedOf('b')).toBeGreaterThan(0.9);
  });

  it('lets calls pile up that wait for slow partners while the process itself has time', () => {
    const phases = [
      { rate: capacity * 0.4, seconds: 10 },
      { rate: capacity * 0.4, seconds: 30, partnersMs: 8_000 },
    ];
    const { ended, limits } = simulate({ ...server, phases }, {});
    expect(ended.filter(({ tookMs }) => tookMs === undefined)).toEqual([]);
    expect(Math.max(...limits)).toBeGreaterThan(capacity * 0.4 * 8);
  });

  it('holds through a core that is taken away now and then', () => {
    const phases = [{ rate: capacity * 0.4, seconds: 60 }];
    const { ended } = simulate({ ...server, stalls: { ms: 50, rate: 2 }, phases }, {});
    expect(seen(ended, 0, 60).refused).toBeLessThan(ended.length / 100);
  });

  it('is never less than the least nor more than the most', () => {
    const load = fc.array(
      fc.record({
        rate: fc.integer({ min: 1, max: 600 }),
        seconds: fc.integer({ min: 1, max: 2 }),
        partnersMs: fc.integer({ min: 0, max: 2_000 }),
      }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(load, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 40, max: 80 }), (phases, least, most) => {
        const options = { leastAtWork: least, maxCalls: most, maxStreams: 0 };
        const { limits } = simulate({ ...server, phases }, options);
        for (const limit of limits) {
          expect(limit).toBeGreaterThanOrEqual(least);
          expect(limit).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('falls when services behind it refuse calls, whatever this process has to do', () => {
    const limit = new AdaptiveLimit({ least: 4, most: 100, start: 50, targetMs: 40 }, 0);
    const idle = { ms: 0, seen: 10 };
    for (let window = 1; window <= 30; window++) {
      limit.asked(limit.current + 1);
      for (let call = 0; call < 10; call++) limit.completed(100);
      for (let call = 0; call < 20; call++) limit.refusedBehind();
      limit.adapt(window * 100, idle, Math.floor(limit.current));
    }
    expect(limit.current).toBeLessThan(30);
    for (let window = 31; window <= 60; window++) {
      limit.asked(limit.current + 1);
      for (let call = 0; call < 10; call++) limit.completed(100);
      limit.adapt(window * 100, idle, Math.floor(limit.current));
    }
    expect(limit.current).toBe(100);
  });
});

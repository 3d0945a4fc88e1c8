import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LearnedLatency } from '../../libs/latency/index.ts';
import { Hedging, type RequestKind } from './hedging.ts';

const settings = { requests: ['search', 'steps'], factor: 1.1, share: 0.05 } as const;
const search: RequestKind = ['search', 'GB', 'flight(origin)'];

describe('second requests', () => {
  it('are at most one in twenty, whenever they are wanted', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 2_000 }), (wants) => {
        const hedging = new Hedging(settings, new LearnedLatency());
        let sent = 0;
        let second = 0;
        for (const wanted of wants) {
          hedging.earn();
          sent++;
          if (wanted && hedging.spend()) second++;
          expect(second).toBeLessThanOrEqual(sent * 0.05);
        }
      }),
    );
  });

  it('that were not needed for long are saved up to a few, and no more', () => {
    const hedging = new Hedging(settings, new LearnedLatency());
    for (let at = 0; at < 20; at++) hedging.earn();
    expect([hedging.spend(), hedging.spend()]).toEqual([true, false]);
    for (let at = 0; at < 10_000; at++) hedging.earn();
    expect(Array.from({ length: 7 }, () => hedging.spend()).filter(Boolean)).toHaveLength(5);
    hedging.giveBack();
    expect([hedging.spend(), hedging.spend()]).toEqual([true, false]);
  });

  it('go out after what 95 % of their kind take, and some more', () => {
    const latency = new LearnedLatency({ now: () => 0 });
    const hedging = new Hedging(settings, latency);
    for (let at = 0; at < 29; at++) latency.record(search, 100);
    expect(hedging.waitFor(search)).toBeUndefined();
    for (let at = 0; at < 70; at++) latency.record(search, 100);
    latency.record(search, 9_000);
    expect(hedging.waitFor(search)! / 110).toBeCloseTo(1, 1);
    expect(hedging.expected(search) / 100).toBeCloseTo(1, 1);
  });

  it('are sent of what the manifest names alone', () => {
    const hedging = new Hedging(settings, new LearnedLatency());
    expect(hedging.allows(search)).toBe(true);
    expect(hedging.allows(['steps 2', 'GB', ''])).toBe(true);
    expect(hedging.allows(['poll', 'GB', ''])).toBe(false);
  });
});

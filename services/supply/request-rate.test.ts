import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RequestRate } from './request-rate.ts';

const start = Date.parse('2026-05-01T12:00:00Z');
const { signal } = new AbortController();

beforeEach(() => {
  vi.useFakeTimers({ now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

/** When each of so many requests that come at once goes out, ms from now; undefined for those that do not. */
async function outs(rate: RequestRate, count: number, deadline: number): Promise<(number | undefined)[]> {
  const out: (number | undefined)[] = new Array(count).fill(undefined);
  const all = Array.from({ length: count }, async (_, at) => {
    if ((await rate.take(start + deadline, signal)) === 'admitted') out[at] = Date.now() - start;
  });
  await vi.advanceTimersByTimeAsync(deadline + 1);
  await Promise.all(all);
  return out;
}

describe('the rate of requests', () => {
  it('lets everything out at once where nothing is declared or learned', async () => {
    expect(await outs(new RequestRate(undefined), 3, 1_000)).toEqual([0, 0, 0]);
  });

  it('lets one out that would not wait, without making anybody else wait for one that did not go', () => {
    const rate = new RequestRate(10);
    expect([rate.tryTake(start), rate.tryTake(start), rate.tryTake(start + 99)]).toEqual([true, false, false]);
    expect(rate.tryTake(start + 100)).toBe(true);
    rate.state({ remaining: 0, resetMs: 60_000 }, start);
    expect(rate.tryTake(start + 500)).toBe(false);
  });

  it("heeds a spent quota of a day that is stated in the partner's own words, and looks again after 15 minutes", async () => {
    const rate = new RequestRate(undefined);
    rate.state({ remaining: 1, resetMs: 36_000_000 }, start);
    expect(await rate.take(start + 60_000, signal)).toBe('admitted');
    expect(await rate.take(start + 60_000, signal)).toBe('too_late');
    vi.setSystemTime(start + 900_000);
    expect(await rate.take(start + 960_000, signal)).toBe('admitted');
    for (const none of [
      { remaining: Number.NaN, resetMs: 1_000 },
      { remaining: 0, resetMs: 0 },
    ]) {
      rate.state(none, start + 900_000);
      expect(await rate.take(start + 960_000, signal)).toBe('admitted');
    }
  });

  it('spaces requests evenly by what is declared, and refuses those that would wait beyond their deadline', async () => {
    expect(await outs(new RequestRate(10), 5, 250)).toEqual([0, 100, 200, undefined, undefined]);
  });

  it('gives the place of a refused one to nobody: the next search is not kept waiting for it', async () => {
    const rate = new RequestRate(1);
    expect(await outs(rate, 4, 500)).toEqual([0, undefined, undefined, undefined]);
    vi.setSystemTime(start + 1_000);
    expect(await rate.take(start + 1_100, signal)).toBe('admitted');
  });

  it.each([
    [{ 'ratelimit-remaining': '2', 'ratelimit-reset': '30' }],
    [{ 'x-ratelimit-remaining': '2', 'x-ratelimit-reset': String(start / 1_000 + 30) }],
    [{ 'ratelimit-remaining': '2', 'ratelimit-reset': 'Fri, 01 May 2026 12:00:30 GMT' }],
    [{ ratelimit: '"default";r=2;t=30' }],
  ])('keeps to what an answer said is left: %j', async (headers) => {
    const rate = new RequestRate(undefined);
    rate.learn(headers, start);
    expect(await outs(rate, 3, 10_000)).toEqual([0, 0, undefined]);
    vi.setSystemTime(start + 30_000);
    expect(await rate.take(start + 31_000, signal)).toBe('admitted');
  });

  it('learns nothing from headers that say nothing sensible', async () => {
    const rate = new RequestRate(undefined);
    for (const headers of [
      {},
      { 'ratelimit-remaining': '0' },
      { 'ratelimit-remaining': '-1', 'ratelimit-reset': '5' },
      { 'ratelimit-remaining': '0', 'ratelimit-reset': 'later' },
      { 'ratelimit-remaining': '0', 'ratelimit-reset': '86400' },
    ]) {
      rate.learn(headers, start);
    }
    expect(await rate.take(start + 100, signal)).toBe('admitted');
  });

  it('ends the wait of a search that is given up', async () => {
    const rate = new RequestRate(1);
    await rate.take(start + 100, signal);
    const abort = new AbortController();
    const waiting = rate.take(start + 5_000, abort.signal);
    abort.abort();
    expect(await waiting).toBe('cancelled');
  });

  it('never lets more out in any second than declared, and never one after its deadline', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 30 }), async (perSecond, count) => {
        vi.setSystemTime(start);
        const out = (await outs(new RequestRate(perSecond), count, 3_000)).filter((at) => at !== undefined);
        for (const at of out) {
          expect(at).toBeLessThan(3_000);
          expect(out.filter((other) => other >= at && other < at + 999).length).toBeLessThanOrEqual(perSecond);
        }
      }),
      { numRuns: 40 },
    );
  });
});

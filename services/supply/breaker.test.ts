import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Breaker, type BreakerResult, type BreakerSettings, type Ticket } from './breaker.ts';

const settings: BreakerSettings = { windowMs: 30_000, failures: 5, share: 0.5, pauseMs: 5_000, longestPauseMs: 60_000 };

class Bench {
  now = 0;
  readonly breaker: Breaker;
  constructor(other: Partial<BreakerSettings> = {}) {
    this.breaker = new Breaker({ ...settings, ...other }, () => this.now);
  }
  /** A request that ends at once; undefined where it is not let through. */
  run(result: BreakerResult, detail = 'no answer'): 'opened' | 'closed' | undefined | 'suspended' {
    if (this.breaker.waitMs > 0) return 'suspended';
    return this.breaker.end(this.breaker.begin(1_000), result, detail);
  }
  open(): void {
    for (let at = 0; at < 5; at++) this.run('bad');
    expect(this.breaker.opened).toBeDefined();
  }
}

describe('a breaker', () => {
  it('opens at so many failures that are so large a share of the results', () => {
    const few = new Bench();
    for (let at = 0; at < 4; at++) expect(few.run('bad')).toBeUndefined();
    expect(few.run('bad', 'status 503')).toBe('opened');
    expect(few.breaker.opened).toMatchObject({ since: 0, failures: 5, results: 5, detail: 'status 503' });

    const mixed = new Bench();
    for (let at = 0; at < 100; at++) {
      expect(mixed.run('good')).toBeUndefined();
      expect(mixed.run(at % 2 === 0 ? 'bad' : 'other')).toBeUndefined();
    }
    expect(mixed.breaker.opened).toBeUndefined();
  });

  it('forgets what is older than its window', () => {
    const bench = new Bench();
    for (let at = 0; at < 100; at++) {
      expect(bench.run('bad')).toBeUndefined();
      bench.now += 8_000;
    }
  });

  it('lets one probe through after its pause, and closes when it succeeds', () => {
    const bench = new Bench();
    bench.open();
    expect(bench.breaker.waitMs).toBe(5_000);
    expect(bench.run('good')).toBe('suspended');
    bench.now += 5_000;
    const probe = bench.breaker.begin(2_000);
    expect(probe.probe).toBe(true);
    expect(bench.breaker.waitMs).toBeGreaterThan(0);
    expect(bench.breaker.end(probe, 'good')).toBe('closed');
    expect(bench.breaker.waitMs).toBe(0);
    // Nothing of before counts any more.
    bench.now += 300_000;
    for (let at = 0; at < 4; at++) expect(bench.run('bad')).toBeUndefined();
  });

  it('pauses twice as long after each probe that failed, up to a longest', () => {
    const bench = new Bench();
    bench.open();
    const pauses: number[] = [];
    for (let at = 0; at < 6; at++) {
      pauses.push(bench.breaker.waitMs);
      bench.now += bench.breaker.waitMs;
      bench.run(at % 2 === 0 ? 'bad' : 'other');
    }
    expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it('that opens again soon after it closed pauses longer', () => {
    const bench = new Bench();
    bench.open();
    bench.now += 5_000;
    expect(bench.run('good')).toBe('closed');
    bench.open();
    expect(bench.breaker.waitMs).toBe(10_000);
    bench.now += 10_000;
    bench.run('good');
    bench.now += 600_000;
    bench.open();
    expect(bench.breaker.waitMs).toBe(5_000);
  });

  it('takes a probe that nothing can be said of as none', () => {
    const bench = new Bench();
    bench.open();
    bench.now += 5_000;
    bench.run('none');
    expect(bench.breaker.waitMs).toBe(0);
    expect(bench.breaker.begin(1_000).probe).toBe(true);
  });

  it('lets the next probe through where nothing is ever heard of one', () => {
    const bench = new Bench();
    bench.open();
    bench.now += 5_000;
    const lost = bench.breaker.begin(8_000);
    bench.now += 7_999;
    expect(bench.breaker.waitMs).toBe(1);
    bench.now += 1;
    const next = bench.breaker.begin(8_000);
    // What the lost one still says is no news, unless it is good.
    bench.breaker.end(lost, 'bad');
    expect(bench.breaker.waitMs).toBe(8_000);
    expect(bench.breaker.end(lost, 'good')).toBe('closed');
    expect(bench.breaker.end(next, 'bad')).toBeUndefined();
  });

  it('is neither opened nor closed by what began before', () => {
    const bench = new Bench();
    const early = Array.from({ length: 20 }, () => bench.breaker.begin(60_000));
    bench.open();
    expect(bench.breaker.end(early[0]!, 'good')).toBeUndefined();
    expect(bench.breaker.opened).toBeDefined();
    bench.now += 5_000;
    expect(bench.run('good')).toBe('closed');
    for (const ticket of early.slice(1)) expect(bench.breaker.end(ticket, 'bad')).toBeUndefined();
    expect(bench.breaker.opened).toBeUndefined();
  });

  it('lets a probe through within its longest pause and the lease of one, for any sequence of results', () => {
    const results = fc.constantFrom<BreakerResult | 'never'>('good', 'bad', 'other', 'none', 'never');
    const event = fc.record({ result: results, later: fc.integer({ min: 0, max: 20_000 }), late: fc.boolean() });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 300 }), (events) => {
        const bench = new Bench();
        const underWay: { ticket: Ticket; result: BreakerResult }[] = [];
        let lastThrough = 0;
        for (const { result, later, late } of events) {
          bench.now += later;
          if (bench.breaker.waitMs > 0) {
            expect(bench.breaker.waitMs).toBeLessThanOrEqual(settings.longestPauseMs + 1_000);
            expect(bench.now - lastThrough).toBeLessThan(settings.longestPauseMs + 21_000);
          } else {
            lastThrough = bench.now;
            const ticket = bench.breaker.begin(1_000);
            if (result !== 'never') {
              if (late) underWay.push({ ticket, result });
              else bench.breaker.end(ticket, result);
            }
          }
          if (underWay.length > 5) {
            const { ticket, result: then } = underWay.shift()!;
            bench.breaker.end(ticket, then);
          }
        }
        bench.now += settings.longestPauseMs + 1_000;
        expect(bench.breaker.waitMs).toBe(0);
      }),
    );
  });

  it('never lets a second probe through while one is under way', () => {
    const step = fc.record({ later: fc.integer({ min: 0, max: 900 }), ends: fc.boolean(), good: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const bench = new Bench({ pauseMs: 100, longestPauseMs: 100 });
        bench.open();
        let probe: Ticket | undefined;
        for (const { later, ends, good } of steps) {
          bench.now += later;
          if (probe === undefined) {
            if (bench.breaker.waitMs > 0) continue;
            const ticket = bench.breaker.begin(1e9);
            if (ticket.probe) probe = ticket;
          } else if (ends) {
            bench.breaker.end(probe, good ? 'good' : 'bad');
            probe = undefined;
          } else {
            expect(bench.breaker.waitMs).toBeGreaterThan(0);
          }
        }
      }),
    );
  });
});

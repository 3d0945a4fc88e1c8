import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailureKind, OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { emptyOutcome } from './ask.ts';
import {
  type BreakerKind,
  Breakers,
  breakerKinds,
  defaultSuspension,
  type Suspension,
  type Verdict,
  verdictOf,
} from './breakers.ts';

class Bench {
  now = 0;
  readonly told: [string, BreakerKind, string][] = [];
  readonly breakers = new Breakers(
    defaultSuspension,
    () => this.now,
    (to, { kind, market }) => this.told.push([to, kind, market]),
  );
  /** Asks for a market, with that result at once. */
  ask(market: string, verdict: Verdict): Suspension | undefined {
    const admitted = this.breakers.admit(market, 10_000);
    if (!('end' in admitted)) return admitted;
    admitted.end(verdict);
    return undefined;
  }
  times(count: number, market: string, verdict: Verdict): void {
    for (let at = 0; at < count; at++) this.ask(market, verdict);
  }
}

const good: Verdict = { was: 'good' };
const refused: Verdict = { was: 'refused' };
const failed = (kind: BreakerKind): Verdict => ({ was: 'failed', kind, detail: `${kind} happened` });

describe('the breakers of a partner', () => {
  it('suspend it in the market that fails and in no other', () => {
    const bench = new Bench();
    for (let at = 0; at < 10; at++) {
      bench.ask('GB', failed('timeouts'));
      expect(bench.ask('DE', good)).toBeUndefined();
    }
    expect(bench.ask('GB', good)).toMatchObject({
      kind: 'timeouts',
      market: 'GB',
      failures: 5,
      results: 5,
      detail: 'timeouts happened',
      retryAfterMs: 5_000,
    });
    expect(bench.told).toEqual([['opened', 'timeouts', 'GB']]);
  });

  it('suspend it in every market where its credentials are refused', () => {
    const bench = new Bench();
    bench.times(3, 'GB', failed('authentication'));
    expect(bench.ask('DE', good)).toMatchObject({ kind: 'authentication', market: '' });
    expect(bench.breakers.admitAny(1_000)).toMatchObject({ kind: 'authentication' });
    bench.now += 30_000;
    expect(bench.ask('DE', good)).toBeUndefined();
    expect(bench.breakers.suspensions()).toEqual([]);
    expect(bench.told).toEqual([
      ['opened', 'authentication', ''],
      ['closed', 'authentication', ''],
    ]);
  });

  it('keep failures of different kinds apart', () => {
    const bench = new Bench();
    for (const kind of ['timeouts', 'errors', 'malformed'] as const) bench.times(4, 'GB', failed(kind));
    expect(bench.breakers.suspensions()).toEqual([]);
    // However many others there are: none of them is a success.
    bench.times(1, 'GB', failed('errors'));
    expect(bench.breakers.suspensions().map(({ kind }) => kind)).toEqual(['errors']);
  });

  it('take a refusal as an answer: it ends a suspension for silence, not one for credentials', () => {
    const bench = new Bench();
    bench.times(5, 'GB', failed('timeouts'));
    bench.now += 5_000;
    bench.ask('GB', refused);
    expect(bench.breakers.suspensions()).toEqual([]);
    bench.times(3, 'GB', failed('authentication'));
    bench.now += 30_000;
    bench.ask('GB', refused);
    expect(bench.breakers.suspensions()).toHaveLength(1);
    expect(bench.ask('GB', good)).toBeUndefined();
    expect(bench.breakers.suspensions()).toEqual([]);
  });

  it('say how long it has been so, and when it is tried again', () => {
    const bench = new Bench();
    bench.times(5, 'GB', failed('malformed'));
    bench.now += 4_000;
    expect(bench.breakers.suspensions()).toMatchObject([{ market: 'GB', forMs: 4_000, retryAfterMs: 6_000 }]);
  });

  it('may be left out, each by itself', () => {
    const breakers = new Breakers({ ...defaultSuspension, timeouts: false }, () => 0);
    for (const kind of ['timeouts', 'errors'] as const) {
      for (let at = 0; at < 20; at++) {
        const admitted = breakers.admit('GB', 1_000);
        if ('end' in admitted) admitted.end(failed(kind));
      }
    }
    expect(breakers.suspensions().map(({ kind }) => kind)).toEqual(['errors']);
  });

  it('never keep a market back that did not fail, and none for longer than the longest pause, whatever happens', () => {
    const markets = ['GB', 'DE', 'FR'] as const;
    const ofMarket = ['timeouts', 'errors', 'malformed'] as const;
    const verdict = fc.oneof<fc.Arbitrary<Verdict>[]>(
      fc.constant(good),
      fc.constant(refused),
      fc.constant<Verdict>({ was: 'unknown' }),
      fc.constantFrom(...ofMarket).map(failed),
    );
    const event = fc.record({
      market: fc.constantFrom(...markets),
      verdict,
      later: fc.integer({ min: 0, max: 10_000 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (events) => {
        const bench = new Bench();
        const everFailed = new Set<string>();
        for (const { market, verdict: one, later } of events) {
          bench.now += later;
          const suspended = bench.ask(market, one);
          if (suspended !== undefined) {
            expect(everFailed).toContain(market);
            expect(suspended.market).toBe(market);
            expect(suspended.retryAfterMs).toBeLessThanOrEqual(120_000);
          } else if (one.was === 'failed') everFailed.add(market);
        }
        bench.now += 120_000;
        for (const market of markets) expect('end' in bench.breakers.admit(market, 10_000)).toBe(true);
      }),
    );
  });
});

describe('what an outcome says about its partner', () => {
  const outcome = (status: OutcomeStatus, failure: FailureKind = FailureKind.UNSPECIFIED, offersKept = 0) => ({
    ...emptyOutcome('one', status, 'why'),
    failure,
    offersKept,
  });

  it('is the kind of its failure', () => {
    const kindOf = (failure: FailureKind): unknown => {
      const verdict = verdictOf(outcome(OutcomeStatus.FAILED, failure), true);
      return verdict.was === 'failed' ? verdict.kind : verdict.was;
    };
    expect(kindOf(FailureKind.TIMEOUT)).toBe('timeouts');
    expect(kindOf(FailureKind.CONNECTION)).toBe('errors');
    expect(kindOf(FailureKind.SERVER_ERROR)).toBe('errors');
    expect(kindOf(FailureKind.AUTHENTICATION)).toBe('authentication');
    expect(kindOf(FailureKind.MALFORMED)).toBe('malformed');
    expect(kindOf(FailureKind.RATE_LIMIT)).toBe('refused');
    expect(kindOf(FailureKind.REQUEST_REFUSED)).toBe('refused');
    expect(kindOf(FailureKind.TOO_LARGE)).toBe('refused');
    expect(kindOf(FailureKind.PLATFORM)).toBe('unknown');
    expect(breakerKinds).toHaveLength(4);
  });

  it('is nothing where it was cancelled, or was not given the time that it takes', () => {
    expect(verdictOf(outcome(OutcomeStatus.CANCELLED), true)).toEqual({ was: 'unknown' });
    expect(verdictOf(outcome(OutcomeStatus.TIMED_OUT, FailureKind.TIMEOUT), false)).toEqual({ was: 'unknown' });
    expect(verdictOf(outcome(OutcomeStatus.SUSPENDED), true)).toEqual({ was: 'unknown' });
  });

  it('is good where offers came, or it said that it has none', () => {
    expect(verdictOf(outcome(OutcomeStatus.EMPTY), true)).toEqual({ was: 'good' });
    expect(verdictOf(outcome(OutcomeStatus.PARTIAL, FailureKind.TIMEOUT, 20), true)).toEqual({ was: 'good' });
  });
});

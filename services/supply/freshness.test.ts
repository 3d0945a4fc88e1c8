import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailureKind, OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { emptyOutcome, type Page } from './ask.ts';
import { answeredOf, endOf, mayStandIn, toldOf, useOf } from './freshness.ts';

const MINUTE = 60_000;
const never = { reuseMs: 0, reuseEmptyMs: 0, staleMs: 0, staleIfErrorMs: 0 };
const whole = emptyOutcome('one', OutcomeStatus.OK, '');

function page(fetchedAt: number, expiresAt: readonly number[]): Page {
  return { answer: 'a', fetchedAt, mapped: { expiresAt, rows: expiresAt.map((_, at) => at) } } as unknown as Page;
}

const day = fc.integer({ min: 0, max: 86_400_000 });
const settings = fc.record({ reuseMs: day, reuseEmptyMs: day, staleMs: day, staleIfErrorMs: day });
const pages = fc.array(
  fc
    .tuple(
      fc.integer({ min: 0, max: 10_000 }),
      fc.array(fc.integer({ min: 1, max: 86_400_000 }), { minLength: 1, maxLength: 4 }),
    )
    .map(([fetchedAt, lives]) =>
      page(
        fetchedAt,
        lives.map((life) => fetchedAt + life),
      ),
    ),
  { minLength: 1, maxLength: 3 },
);

it('no answer serves in any way once an offer of it has less than a minute left, or half of its life', () => {
  fc.assert(
    fc.property(fc.string(), settings, pages, (key, partner, all) => {
      const answered = answeredOf(key, partner, whole, all, 10_000);
      if (answered === undefined) return;
      const last = endOf(answered);
      for (const { fetchedAt, mapped } of all) {
        for (const expiry of mapped.expiresAt) {
          expect(expiry - last).toBeGreaterThanOrEqual(Math.min(MINUTE, (expiry - fetchedAt) / 2));
        }
      }
      expect(useOf(answered, last)).toBe('none');
    }),
  );
});

it('no answer serves for longer than is configured, and for no more than a tenth of its time less', () => {
  fc.assert(
    fc.property(fc.string(), settings, (key, partner) => {
      const { reuseMs, staleMs, staleIfErrorMs } = partner;
      const answered = answeredOf(key, partner, whole, [page(0, [1_000 * 86_400_000])], 0);
      if (answered === undefined) return expect(Math.max(reuseMs, staleMs, staleIfErrorMs)).toBe(0);
      expect(answered.freshUntil).toBeLessThanOrEqual(reuseMs);
      expect(answered.freshUntil).toBeGreaterThanOrEqual(reuseMs * 0.9);
      expect(answered.staleUntil - answered.freshUntil).toBeCloseTo(staleMs, 3);
      expect(answered.standsInUntil - answered.freshUntil).toBeCloseTo(staleIfErrorMs, 3);
    }),
  );
});

it('answers that came together end apart, each key always at the same time', () => {
  const partner = { ...never, reuseMs: 100_000 };
  const endsOf = (key: string) => answeredOf(key, partner, whole, [page(0, [86_400_000])], 0)!.freshUntil;
  const ends = Array.from({ length: 200 }, (_, at) => endsOf(`key ${at}`));
  expect(ends).toEqual(Array.from({ length: 200 }, (_, at) => endsOf(`key ${at}`)));
  // Of ten equal parts of the time in which they may end, none is left out.
  const parts = new Set(ends.map((end) => Math.floor((end - 90_000) / 1_000)));
  expect(parts.size).toBe(10);
});

describe('of what a partner said', () => {
  const partner = { reuseMs: 30_000, reuseEmptyMs: 5_000, staleMs: 60_000, staleIfErrorMs: 60_000 };
  const refused = {
    ...emptyOutcome('one', OutcomeStatus.FAILED, 'no such place'),
    failure: FailureKind.REQUEST_REFUSED,
  };

  it.each([
    ['nothing', emptyOutcome('one', OutcomeStatus.EMPTY, '')],
    ['that the question is wrong', refused],
  ])('%s serves for the time of empty answers, and never as stale', (_what, outcome) => {
    const { freshUntil, staleUntil, standsInUntil } = answeredOf('key', partner, outcome, [], 1_000)!;
    expect(freshUntil).toBeGreaterThan(1_000 + 4_500 - 1);
    expect(freshUntil).toBeLessThanOrEqual(6_000);
    expect([staleUntil, standsInUntil]).toEqual([freshUntil, freshUntil]);
    expect(answeredOf('key', { ...partner, reuseEmptyMs: 0 }, outcome, [], 1_000)).toBeUndefined();
  });

  it.each([
    ['a part', emptyOutcome('one', OutcomeStatus.PARTIAL, 'more pages')],
    ['a failure', { ...emptyOutcome('one', OutcomeStatus.FAILED, 'broke'), failure: FailureKind.SERVER_ERROR }],
    ['that the account is not known', { ...refused, failure: FailureKind.AUTHENTICATION }],
    ['a warning with nothing', emptyOutcome('one', OutcomeStatus.EMPTY, 'it warns')],
    ['nothing in time', { ...emptyOutcome('one', OutcomeStatus.TIMED_OUT, 'late'), failure: FailureKind.TIMEOUT }],
  ])('%s never serves again', (_what, outcome) => {
    expect(answeredOf('key', partner, outcome, [], 1_000)).toBeUndefined();
  });
});

it('others are told what came of a question that was asked, not why one replica did not ask it or gave it up', () => {
  const one = page(0, [100]);
  const outcome = (status: OutcomeStatus, requests: number) => ({ ...emptyOutcome('one', status, ''), requests });
  expect(toldOf(outcome(OutcomeStatus.OK, 1), [one])?.pages).toEqual([{ answer: 'a', kept: 1 }]);
  expect(toldOf(outcome(OutcomeStatus.FAILED, 1), [])?.pages).toEqual([]);
  expect(toldOf(outcome(OutcomeStatus.PARTIAL, 2), [one])).toBeDefined();
  expect(toldOf(outcome(OutcomeStatus.SUSPENDED, 0), [])).toBeUndefined();
  expect(toldOf(outcome(OutcomeStatus.RATE_LIMITED, 0), [])).toBeUndefined();
  expect(toldOf(outcome(OutcomeStatus.TIMED_OUT, 1), [])).toBeUndefined();
  expect(toldOf(outcome(OutcomeStatus.CANCELLED, 1), [one])).toBeUndefined();
});

it('an older answer stands in for failures of the partner, not for what it says of the question or the account', () => {
  const failed = (failure: FailureKind, status: OutcomeStatus = OutcomeStatus.FAILED) => ({
    ...emptyOutcome('one', status, ''),
    failure,
  });
  const standing = [
    failed(FailureKind.CONNECTION),
    failed(FailureKind.TIMEOUT, OutcomeStatus.TIMED_OUT),
    failed(FailureKind.SERVER_ERROR),
    failed(FailureKind.RATE_LIMIT, OutcomeStatus.RATE_LIMITED),
    failed(FailureKind.MALFORMED),
    emptyOutcome('one', OutcomeStatus.SUSPENDED, ''),
    emptyOutcome('one', OutcomeStatus.BUDGET_SPENT, ''),
  ];
  expect(standing.map(mayStandIn)).toEqual(standing.map(() => true));
  const not = [
    failed(FailureKind.AUTHENTICATION),
    failed(FailureKind.REQUEST_REFUSED),
    failed(FailureKind.TOO_LARGE),
    failed(FailureKind.PLATFORM),
    emptyOutcome('one', OutcomeStatus.CANCELLED, ''),
    emptyOutcome('one', OutcomeStatus.OK, ''),
    emptyOutcome('one', OutcomeStatus.EMPTY, ''),
  ];
  expect(not.map(mayStandIn)).toEqual(not.map(() => false));
});

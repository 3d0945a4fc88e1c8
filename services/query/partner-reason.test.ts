import { describe, expect, it } from 'vitest';
import {
  CacheUse,
  FailureKind,
  OutcomeStatus,
  type PartnerOutcome,
  RejectionReason,
} from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { type PartnerPart, partnerReason } from './partner-reason.ts';
import { outcomeOf } from './testing/rows.ts';

/** A part that shows all it has. */
function part(outcome: Partial<PartnerOutcome>, other: Partial<PartnerPart> = {}): PartnerPart {
  const counts = { offers: 3, matching: 3, onFirstPage: 1, gone: 0, strictest: undefined, expectedMs: undefined };
  return { ...counts, outcome: { ...outcomeOf('a', 3), ...outcome }, ...other };
}
const nothing = { offers: 0, matching: 0, onFirstPage: 0 };

describe('why a partner shows nothing, or less than it could, is told', () => {
  it('for every way in which its part can end', () => {
    const statuses = Object.values(OutcomeStatus).filter((status) => status > OutcomeStatus.UNSPECIFIED);
    const told = statuses.map(
      (status) => [status, partnerReason(part({ status, detail: 'as it says.' }, nothing))] as const,
    );
    expect(Object.fromEntries(told)).toEqual({
      [OutcomeStatus.OK]: '',
      [OutcomeStatus.PARTIAL]: 'It answered in part: as it says.',
      [OutcomeStatus.EMPTY]: 'It says that it has nothing for these criteria: as it says.',
      [OutcomeStatus.TIMED_OUT]: 'It had not answered when its time was over (as it says); give the search more time.',
      [OutcomeStatus.NOT_AWAITED]: 'The search completed without it: as it says.',
      [OutcomeStatus.RATE_LIMITED]:
        'It was not asked, or refused, because of its rate limit: as it says. Try again later, or agree on more with it.',
      [OutcomeStatus.BUDGET_SPENT]:
        'It was not asked: its request budget is spent on searches that matter more: as it says.',
      [OutcomeStatus.SUSPENDED]: 'It was not asked: it is suspended: as it says.',
      [OutcomeStatus.UNSUPPORTED_CRITERIA]: 'It was not asked: it cannot search by these criteria: as it says.',
      [OutcomeStatus.NOT_PERMITTED]: 'It was not asked: this client or market may not see it: as it says.',
      [OutcomeStatus.CANCELLED]: 'The search was cancelled before it had answered: as it says.',
      [OutcomeStatus.FAILED]: 'It failed: as it says.',
    });
  });

  it('not at all where nothing is missing', () => {
    expect(partnerReason(part({}))).toBe('');
  });

  it('by what it usually takes, where it was late', () => {
    const timedOut = { status: OutcomeStatus.TIMED_OUT, timeMs: 2_000 };
    expect(partnerReason(part(timedOut, { ...nothing, expectedMs: 3_400 }))).toBe(
      'It had not answered when its 2 s were over: 95 of 100 of its answers take up to 3.4 s, so give the search more time.',
    );
    expect(partnerReason(part(timedOut, { ...nothing, expectedMs: 340 }))).toBe(
      'It had not answered when its 2 s were over: it is slower than usual, for 95 of 100 of its answers take up to 340 ms.',
    );
    expect(partnerReason({ ...part({}), ...nothing, outcome: undefined, expectedMs: 900 })).toBe(
      'It has not answered yet; 95 of 100 of its answers take up to 900 ms.',
    );
  });

  it('by what failed, with what to do about it, and when it may be asked again', () => {
    const failed = (failure: FailureKind, more: Partial<PartnerOutcome> = {}): string =>
      partnerReason(part({ status: OutcomeStatus.FAILED, failure, detail: 'status 401', ...more }, nothing));
    expect(failed(FailureKind.AUTHENTICATION)).toBe(
      "It failed (it refused the account's credentials; check them): status 401.",
    );
    const kinds = Object.values(FailureKind).filter((kind) => kind > FailureKind.UNSPECIFIED);
    expect(new Set(kinds.map((kind) => failed(kind))).size).toBe(kinds.length);
    expect(failed(FailureKind.SERVER_ERROR, { retryAfterMs: 30_000 })).toMatch(/may be asked again after 30 s\.$/);
    expect(partnerReason(part({ cache: CacheUse.STALE_IF_ERROR, cacheAgeMs: 90_000 }))).toBe(
      'It failed, and what it had said 90 s before stands in.',
    );
  });

  it('by the rows that became no offer', () => {
    const rejections = [
      { reason: RejectionReason.METERED, count: 2, example: 'r7: a tariff alone.' },
      { reason: RejectionReason.INVALID_AMOUNT, count: 1, example: '' },
      { reason: RejectionReason.DUPLICATE, count: 4, example: 'the same again' },
    ];
    expect(partnerReason(part({ rejections, rowsReceived: 10 }))).toBe(
      '3 of its 10 rows became no offer: 2 metered, 1 invalid amount (r7: a tariff alone).',
    );
    expect(partnerReason(part({ rejections: rejections.slice(2), rowsReceived: 7 }))).toBe('');
  });

  it('by the filter, by other offers, or by their expiry', () => {
    const strictest = { text: 'stops == 0', removed: 3 };
    expect(partnerReason(part({}, { matching: 0, onFirstPage: 0, strictest }))).toBe(
      'None of its 3 offers passes the filter; stops == 0 alone removes 3.',
    );
    expect(partnerReason(part({}, { onFirstPage: 0 }))).toBe(
      'None of its 3 matching offers comes first in an entry of the first page.',
    );
    expect(partnerReason(part({}, { ...nothing, gone: 3 }))).toBe(
      'All of its 3 offers have expired since, or are no longer held; search again.',
    );
    const empty = { status: OutcomeStatus.EMPTY, appliedFilters: ['stops == 0'] };
    expect(partnerReason(part(empty, nothing))).toBe(
      'It says that it has nothing for these criteria and stops == 0, which it applied itself.',
    );
  });
});

import { hash } from 'node:crypto';
import {
  CacheUse,
  FailureKind,
  OutcomeStatus,
  type PartnerOutcome,
} from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Page } from './ask.ts';
import type { ConfiguredPartner } from './partner.ts';

/** How long what a partner said to a question may serve again. */

/** What a partner said to a question. Its bodies are with the answers, as long as those are held. */
export interface Answered {
  readonly pages: readonly { readonly answer: string; readonly kept: number }[];
  readonly outcome: PartnerOutcome;
  /** When the oldest page came, epoch ms. */
  readonly fetchedAt: number;
  /** Until when it is given again as if the partner had been asked, epoch ms. */
  readonly freshUntil: number;
  /** Until when it is given as stale while the partner is asked again, epoch ms. */
  readonly staleUntil: number;
  /** Until when it stands in where the partner fails, epoch ms. */
  readonly standsInUntil: number;
}

/** What partners' settings say about it. */
type Freshness = Pick<ConfiguredPartner, 'reuseMs' | 'reuseEmptyMs' | 'staleMs' | 'staleIfErrorMs'>;

/** A row that is offered again is good for this much longer, or for half of its life where that is less. */
const LEAST_LIFE_MS = 60_000;
/** Share of its time by which an answer ends sooner than it might, so that those that came together do not end together. */
const MOST_JITTER = 0.1;

/** Whether a partner's answers serve further questions in any way. */
export function isReused({ reuseMs, staleMs, staleIfErrorMs }: Freshness): boolean {
  return reuseMs > 0 || staleMs > 0 || staleIfErrorMs > 0;
}

/**
 * What may serve again of what a partner said: a whole answer, that it has nothing, or that it refuses the question.
 *
 * @param key of the question: by how much it ends sooner follows from it
 * @param now when the answer was whole, epoch ms
 */
export function answeredOf(
  key: string,
  partner: Freshness,
  outcome: PartnerOutcome,
  pages: readonly Page[],
  now: number,
): Answered | undefined {
  const kind = kindOf(outcome, pages);
  if (kind === undefined) return undefined;
  const held = pages.map(({ answer, mapped }) => ({ answer, kept: mapped.rows.length }));
  const fetchedAt = Math.min(now, ...pages.map((page) => page.fetchedAt));
  const last = Math.min(...pages.map(goodUntil));
  const reuseMs = (kind === 'offers' ? partner.reuseMs : partner.reuseEmptyMs) * (1 - MOST_JITTER * fractionOf(key));
  const ends = (afterMs: number): number => Math.min(last, fetchedAt + reuseMs + afterMs);
  const answered = {
    pages: held,
    outcome,
    fetchedAt,
    freshUntil: ends(0),
    staleUntil: ends(kind === 'offers' ? partner.staleMs : 0),
    standsInUntil: ends(kind === 'offers' ? partner.staleIfErrorMs : 0),
  };
  return endOf(answered) > now ? answered : undefined;
}

/**
 * What those get who waited for a partner's answer with another replica, and nobody after them; undefined where they have to ask
 * for themselves: it was given up, nothing was sent, or there was too little time.
 */
export function toldOf(outcome: PartnerOutcome, pages: readonly Page[]): Answered | undefined {
  const { status, requests } = outcome;
  // What kept one replica from asking need not keep the others.
  if (status === OutcomeStatus.CANCELLED || requests === 0) return undefined;
  // What that search mattered to the partner's budget decides about no other.
  if (status === OutcomeStatus.BUDGET_SPENT) return undefined;
  if (status === OutcomeStatus.TIMED_OUT && pages.length === 0) return undefined;
  const held = pages.map(({ answer, mapped }) => ({ answer, kept: mapped.rows.length }));
  return { pages: held, outcome, fetchedAt: 0, freshUntil: 0, staleUntil: 0, standsInUntil: 0 };
}

/** The one that came later. */
export function newerOf(one: Answered | undefined, other: Answered | undefined): Answered | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.fetchedAt > one.fetchedAt ? other : one;
}

/** When an answer is of no use any more, epoch ms. */
export function endOf({ freshUntil, staleUntil, standsInUntil }: Answered): number {
  return Math.max(freshUntil, staleUntil, standsInUntil);
}

/** What an answer is good for at a moment. */
export function useOf(answered: Answered, now: number): 'fresh' | 'stale' | 'stand_in' | 'none' {
  if (now < answered.freshUntil) return 'fresh';
  if (now < answered.staleUntil) return 'stale';
  return now < answered.standsInUntil ? 'stand_in' : 'none';
}

/** Whether an older answer may stand in for this outcome: the partner failed in a way that says nothing about the question. */
export function mayStandIn({ status, failure }: PartnerOutcome): boolean {
  switch (failure) {
    case FailureKind.CONNECTION:
    case FailureKind.TIMEOUT:
    case FailureKind.SERVER_ERROR:
    case FailureKind.RATE_LIMIT:
    case FailureKind.MALFORMED:
      return status !== OutcomeStatus.CANCELLED;
    default:
      // Spared after failures, or for want of a budget.
      return status === OutcomeStatus.SUSPENDED || status === OutcomeStatus.BUDGET_SPENT;
  }
}

/** The outcome of a part of a search that a held answer serves. */
export function heldOutcome(answered: Answered, cache: CacheUse, elapsedMs: number, now: number): PartnerOutcome {
  return {
    ...answered.outcome,
    cache,
    cacheAgeMs: Math.max(0, now - answered.fetchedAt),
    requests: 0,
    hedges: 0,
    latencyMs: Math.round(elapsedMs),
  };
}

/** The outcome of a part of a search that another replica's conversation served. */
export function toldOutcome({ outcome }: Answered, elapsedMs: number): PartnerOutcome {
  return { ...outcome, cache: CacheUse.SHARED, requests: 0, hedges: 0, latencyMs: Math.round(elapsedMs) };
}

/** The outcome where an older answer stands in for one that failed: what was sent and why it failed stay with it. */
export function standInOutcome(answered: Answered, failed: PartnerOutcome, now: number): PartnerOutcome {
  const held = heldOutcome(answered, CacheUse.STALE_IF_ERROR, failed.latencyMs, now);
  const age = Math.round((held.cacheAgeMs ?? 0) / 1_000);
  return {
    ...failed,
    status: OutcomeStatus.PARTIAL,
    detail: `its answer of ${age} s ago stands in: ${failed.detail}`,
    rowsReceived: held.rowsReceived,
    offersKept: held.offersKept,
    rejections: held.rejections,
    appliedFilters: held.appliedFilters,
    cache: held.cache,
    cacheAgeMs: held.cacheAgeMs,
  };
}

function kindOf(outcome: PartnerOutcome, pages: readonly Page[]): 'offers' | 'nothing' | undefined {
  if (outcome.status === OutcomeStatus.FAILED && outcome.failure === FailureKind.REQUEST_REFUSED) {
    return pages.length === 0 ? 'nothing' : undefined;
  }
  // An outcome with something to say is not of a whole answer.
  if (outcome.detail !== '') return undefined;
  if (outcome.status === OutcomeStatus.EMPTY) return pages.length === 0 ? 'nothing' : undefined;
  return outcome.status === OutcomeStatus.OK ? 'offers' : undefined;
}

/** Until when a page can be given again: while every row of it has enough of its life left. */
function goodUntil({ fetchedAt, mapped }: Page): number {
  return mapped.expiresAt.reduce(
    (until, expiry) => Math.min(until, expiry - Math.min(LEAST_LIFE_MS, (expiry - fetchedAt) / 2)),
    Number.POSITIVE_INFINITY,
  );
}

/** From 0 to below 1, the same for the same key. */
function fractionOf(key: string): number {
  return hash('sha1', key, 'buffer').readUInt32LE(0) / 2 ** 32;
}

import {
  CacheUse,
  FailureKind,
  OutcomeStatus,
  type PartnerOutcome,
  type RejectionCount,
  RejectionReason,
} from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { emptyOutcome } from '../ask.ts';
import type { PartnerFailure } from '../failure.ts';
import type { Rejections } from '../rejections.ts';
import { malformed } from './batch.ts';
import type { RemotePartner } from './partner.ts';

/** What came of a remote's part of a search, by our own count. */
export interface Counted {
  readonly received: number;
  readonly kept: number;
  readonly rejections: Rejections;
}

/** How a remote may say that its part ended; that it was not awaited or was cancelled is not its to say. */
const STATUSES: ReadonlySet<OutcomeStatus> = new Set([
  OutcomeStatus.OK,
  OutcomeStatus.PARTIAL,
  OutcomeStatus.EMPTY,
  OutcomeStatus.TIMED_OUT,
  OutcomeStatus.RATE_LIMITED,
  OutcomeStatus.BUDGET_SPENT,
  OutcomeStatus.SUSPENDED,
  OutcomeStatus.UNSUPPORTED_CRITERIA,
  OutcomeStatus.NOT_PERMITTED,
  OutcomeStatus.FAILED,
]);

/** Throws PartnerFailure MALFORMED where a remote's outcome is none. */
export function checkOutcome(partner: RemotePartner, said: PartnerOutcome): void {
  if (said.partner !== partner.name) throw malformed(`outcome.partner: is not "${partner.name}"`);
  if (!STATUSES.has(said.status)) throw malformed(`outcome.status: ${said.status} is none that a remote can say`);
  if (said.failure < FailureKind.UNSPECIFIED || said.failure > FailureKind.PLATFORM) {
    throw malformed(`outcome.failure: ${said.failure} is no kind of failure`);
  }
}

/** The outcome of a part that the remote ended itself: its words, our counts. */
export function outcomeSaid(
  partner: RemotePartner,
  said: PartnerOutcome,
  counted: Counted,
  latencyMs: number,
): PartnerOutcome {
  const outcome = base(partner, counted, latencyMs);
  outcome.status = said.status;
  // Its platform is not ours.
  outcome.failure = said.failure === FailureKind.PLATFORM ? FailureKind.SERVER_ERROR : said.failure;
  outcome.detail = partner.secrets.clean(said.detail).slice(0, 300);
  outcome.rowsReceived = Math.max(said.rowsReceived, counted.received);
  outcome.rejections = merged(said.rejections, counted.rejections);
  for (const one of outcome.rejections) one.example = partner.secrets.clean(one.example);
  outcome.requests = Math.max(1, said.requests);
  outcome.cache = said.cache in CacheUse ? said.cache : CacheUse.UNSPECIFIED;
  if (said.status === OutcomeStatus.RATE_LIMITED) {
    outcome.retryAfterMs = Math.ceil(partner.hold.hold(Date.now(), said.retryAfterMs));
  } else if (said.status === OutcomeStatus.BUDGET_SPENT) outcome.retryAfterMs = said.retryAfterMs;
  agree(outcome, counted);
  return outcome;
}

/** The outcome of a part that ended with a failure: what came before it stays. */
export function outcomeFailed(
  partner: RemotePartner,
  failure: PartnerFailure,
  counted: Counted,
  latencyMs: number,
): PartnerOutcome {
  const outcome = base(partner, counted, latencyMs);
  const partly = counted.kept > 0 && failure.status !== OutcomeStatus.CANCELLED;
  outcome.status = partly ? OutcomeStatus.PARTIAL : failure.status;
  outcome.failure = failure.failure;
  const detail = partner.secrets.clean(failure.detail);
  outcome.detail = partly ? `not all of it came: ${detail}` : detail;
  outcome.rejections = counted.rejections.toCounts();
  if (failure.retryAfterMs !== undefined) outcome.retryAfterMs = Math.ceil(failure.retryAfterMs);
  if (failure.status === OutcomeStatus.BUDGET_SPENT) outcome.requests = 0;
  return outcome;
}

function base({ name }: RemotePartner, { received, kept }: Counted, latencyMs: number): PartnerOutcome {
  const outcome = emptyOutcome(name, OutcomeStatus.OK, '');
  return { ...outcome, rowsReceived: received, offersKept: kept, latencyMs: Math.round(latencyMs), requests: 1 };
}

/** What a remote says of itself must fit what came of it. */
function agree(outcome: PartnerOutcome, { received, kept, rejections }: Counted): void {
  const whole = outcome.status === OutcomeStatus.OK || outcome.status === OutcomeStatus.EMPTY;
  if (kept > 0) {
    if (outcome.status === OutcomeStatus.EMPTY) outcome.status = OutcomeStatus.OK;
    else if (!whole) outcome.status = OutcomeStatus.PARTIAL;
  } else if (whole && received === 0) {
    outcome.status = outcome.rejections.length > 0 ? OutcomeStatus.PARTIAL : OutcomeStatus.EMPTY;
    if (outcome.status === OutcomeStatus.PARTIAL) outcome.detail ||= 'none of its rows became an offer';
  } else if (whole) {
    const unreadable = rejections.total > rejections.count(RejectionReason.EXPIRED);
    outcome.status = OutcomeStatus.PARTIAL;
    outcome.failure = unreadable ? FailureKind.MALFORMED : FailureKind.UNSPECIFIED;
    outcome.detail = `none of its ${received} rows became an offer; the rejections say why`;
  }
}

/** Reasons that a remote may give: what needs several partners or our prices is not its to say. */
const sayable: ReadonlySet<number> = new Set(
  Object.values(RejectionReason).filter(
    (reason) =>
      reason > RejectionReason.UNSPECIFIED &&
      reason !== RejectionReason.PRICE_OUTLIER &&
      reason !== RejectionReason.NO_RATE &&
      reason !== RejectionReason.UNPRICEABLE,
  ),
);

/** Rows that the remote rejected, and those that were rejected here, one count a reason. */
function merged(said: readonly RejectionCount[], own: Rejections): RejectionCount[] {
  const counts = new Map(own.toCounts().map((count) => [count.reason, count]));
  for (const { reason, count, example } of said) {
    if (!sayable.has(reason) || count === 0) continue;
    const known = counts.get(reason);
    if (known === undefined) counts.set(reason, { reason, count, example: example.slice(0, 200) });
    else known.count = Math.min(MOST_COUNT, known.count + count);
  }
  return [...counts.values()].sort((a, b) => a.reason - b.reason);
}

/** What the field can say. */
const MOST_COUNT = 4_294_967_295;

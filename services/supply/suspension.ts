import { FailureKind, OutcomeStatus, type PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { AskContext } from './adapter.ts';
import { emptyOutcome, report } from './ask.ts';
import { type Admission, type BreakerKind, type Suspension, type Verdict, verdictOf } from './breakers.ts';
import type { ExchangeBounds } from './exchange.ts';
import type { PartnerFailure } from './failure.ts';
import type { AnyPartner } from './partner.ts';
import { shapeOfCriteria, type Traffic } from './traffic.ts';

/** A probe is believed to be under way for so much longer than its time. */
const GRACE_MS = 1_000;

/**
 * Asks a partner for a search unless it is suspended for its failures, and takes in what came of it. Never throws.
 *
 * @param ask asks it; tells the bounds' `requested` of each request
 */
export async function unlessSuspended(
  traffic: Traffic | undefined,
  partner: AnyPartner,
  context: AskContext,
  bounds: ExchangeBounds,
  ask: (bounds: ExchangeBounds) => Promise<PartnerOutcome>,
): Promise<PartnerOutcome> {
  if (traffic === undefined) return ask(bounds);
  const of = traffic.of(partner);
  const { market } = context;
  const admitted = of.breakers.admit(market, partner.timeoutMs + GRACE_MS);
  if (!('end' in admitted)) {
    const outcome = suspendedOutcome(partner, admitted);
    report(outcome, 0, bounds.trace, undefined);
    return outcome;
  }
  let askedAt: number | undefined;
  const requested = (): void => {
    askedAt ??= performance.now();
    bounds.requested?.();
  };
  const outcome = await ask({ ...bounds, requested });
  const shape = shapeOfCriteria(context);
  // Who only waited for a place or the pace was not answered either, and nobody was asked.
  const hadTime = askedAt !== undefined && of.isFairTime(market, shape, performance.now() - askedAt);
  const verdict = verdictOf(outcome, hadTime);
  if (verdict.was === 'good' && askedAt !== undefined) of.conversed(market, shape, performance.now() - askedAt);
  admitted.end(verdict);
  return outcome;
}

/**
 * Whether the partner may be asked about one offer. Somebody waits for it, and it says little about searches, so that what is
 * wrong with those does not count; but credentials that are refused are refused for it too.
 */
export function admitAction(traffic: Traffic | undefined, partner: AnyPartner): Admission | Suspension {
  return traffic?.of(partner).breakers.admitAny(partner.timeoutMs + GRACE_MS) ?? { probe: false, end: () => {} };
}

/** What a failure to be told about one offer says about the partner. */
export function verdictOfAction({ secrets }: AnyPartner, { failure, detail }: PartnerFailure): Verdict {
  return failure === FailureKind.AUTHENTICATION
    ? { was: 'failed', kind: 'authentication', detail: secrets.clean(detail) }
    : { was: 'unknown' };
}

/** Why a partner is not asked, for a person. */
export function suspendedDetail({ kind, market, forMs, failures, results, detail }: Suspension): string {
  const where = market === '' ? '' : ` in ${market}`;
  const since = Temporal.Instant.fromEpochMilliseconds(Math.round(Date.now() - forMs)).toString({
    smallestUnit: 'second',
  });
  return `not asked: suspended${where} since ${since} after ${failures} ${NAMES[kind]} of ${results} answers; the last: ${detail}`;
}

const NAMES: Readonly<Record<BreakerKind, string>> = {
  timeouts: 'timeouts',
  errors: 'errors (5xx or no connection)',
  authentication: 'refusals of its credentials',
  malformed: 'malformed answers',
};

function suspendedOutcome(partner: AnyPartner, suspension: Suspension): PartnerOutcome {
  const outcome = emptyOutcome(partner.name, OutcomeStatus.SUSPENDED, suspendedDetail(suspension));
  outcome.retryAfterMs = Math.max(1, suspension.retryAfterMs);
  return outcome;
}

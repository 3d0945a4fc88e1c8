import { FailureKind, OutcomeStatus, type PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { SearchStart } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError, type FieldViolation, invalidField, invalidFields } from '../../libs/errors/index.ts';
import type { Constraint } from '../../libs/expression/index.ts';
import { minorDigits } from '../../libs/money/index.ts';
import { vertical as verticalOf } from '../../libs/vertical/index.ts';
import type { AskContext } from './adapter.ts';
import { emptyOutcome } from './ask.ts';
import { canonicalCriteria, canonicalLocale } from './canonical.ts';
import { isInShare } from './certificate.ts';
import { PartnerFailure } from './failure.ts';
import { appliedBy, constraintsIn } from './filters.ts';
import { isReused } from './freshness.ts';
import type { AnyPartner, ConfiguredPartner } from './partner.ts';
import { firstQuestion, type Question } from './question.ts';
import { isRemote, type SupplyPartner } from './remote/partner.ts';
import type { RemoteQuestion } from './remote/search.ts';

/** A partner with its first request. */
export interface LocalCall {
  readonly partner: ConfiguredPartner;
  readonly context: AskContext;
  readonly request: Question;
  /** How it ends where nothing is held that serves: the partner is not to be asked now. */
  readonly withheld?: PartnerOutcome;
}

/** A partner that is asked, over HTTP or by address. */
export type PlannedCall = LocalCall | RemoteQuestion;

/** Who is asked, and why the others are not. */
export interface Plan {
  readonly calls: readonly PlannedCall[];
  readonly skipped: readonly PartnerOutcome[];
}

/**
 * Decides who is asked. Throws EntrepotError INVALID_FIELD for what is wrong whoever is asked: market, currency, an
 * unknown partner, criteria that no adapter can make a request of; and INVALID_FILTER. The meaning of criteria (calendar, places) is checked
 * by the caller.
 */
export function planSearch(partners: ReadonlyMap<string, SupplyPartner>, start: SearchStart, now: number): Plan {
  const vertical = checkStart(partners, start);
  const constraints = constraintsIn(start.filter, verticalOf(vertical));
  const considered =
    start.partners.length > 0
      ? start.partners.map((name) => partners.get(name)!)
      : [...partners.values()].filter(({ adapter }) => adapter.vertical === vertical);
  const calls: PlannedCall[] = [];
  const skipped: PartnerOutcome[] = [];
  const defects: unknown[] = [];
  for (const partner of new Set(considered)) {
    const planned = planPartner(partner, start, vertical, constraints, now);
    if ('outcome' in planned) skipped.push(planned.outcome);
    else calls.push(planned);
    if ('defect' in planned) defects.push(planned.defect);
  }
  if (calls.length === 0 && defects.length > 0 && defects.length === skipped.length) {
    const [first] = defects;
    if (first instanceof EntrepotError) throw first;
    throw invalidField(`criteria.${vertical}`, first instanceof Error ? first.message : String(first));
  }
  return { calls, skipped };
}

type Planned = PlannedCall | { readonly outcome: PartnerOutcome; readonly defect?: unknown };

function planPartner(
  partner: SupplyPartner,
  start: SearchStart,
  vertical: string,
  constraints: readonly Constraint[],
  now: number,
): Planned {
  const skip = (status: OutcomeStatus, detail: string): Planned => ({
    outcome: emptyOutcome(partner.name, status, detail),
  });
  if (partner.adapter.vertical !== vertical) {
    return skip(OutcomeStatus.UNSUPPORTED_CRITERIA, `it sells ${partner.adapter.vertical}, not ${vertical}`);
  }
  // Of a partner that is not for the client, nothing else is told.
  if (start.permitted !== undefined && !start.permitted.partners.includes(partner.name)) {
    return skip(OutcomeStatus.NOT_PERMITTED, 'the client is not configured to see it');
  }
  if (!partner.enabled) return skip(OutcomeStatus.SUSPENDED, 'switched off in its configuration');
  if (partner.markets.length > 0 && !partner.markets.includes(start.market)) {
    return skip(OutcomeStatus.NOT_PERMITTED, `it sells in ${partner.markets.join(', ')}, not in ${start.market}`);
  }
  if (start.except.includes(partner.name)) return skip(OutcomeStatus.SUSPENDED, 'left out of this search');
  if (!isInShare(partner.trafficShare, partner.name, start.searchId)) {
    const percent = `${partner.trafficShare * 100} %`;
    return skip(OutcomeStatus.SUSPENDED, `not asked in this search: its trafficShare is ${percent} of searches`);
  }
  const withheld = limited(partner, now);
  // What is held of it may serve all the same.
  if (withheld !== undefined && (isRemote(partner) || !isReused(partner))) return { outcome: withheld };
  const asked: AskContext = {
    account: partner.account,
    criteria: canonicalCriteria(start.criteria!, start.market),
    market: start.market,
    currency: start.currency,
    locale: canonicalLocale(start.locale),
    now,
  };
  if (isRemote(partner)) return { partner, context: asked, start, constraints };
  try {
    const filters = appliedBy(partner.adapter.filters, constraints, verticalOf(vertical), asked);
    const context = filters.length === 0 ? asked : { ...asked, filters };
    const request = firstQuestion(partner.adapter, context);
    if ('unsupported' in request) return skip(OutcomeStatus.UNSUPPORTED_CRITERIA, request.unsupported);
    return { partner, context, request, ...(withheld !== undefined && { withheld }) };
  } catch (error) {
    return refused(partner, error);
  }
}

function limited(partner: AnyPartner, now: number): PartnerOutcome | undefined {
  const wait = partner.hold.remaining(now);
  if (wait <= 0) return undefined;
  return {
    ...emptyOutcome(partner.name, OutcomeStatus.RATE_LIMITED, 'not asked: its rate limit was met a moment ago'),
    failure: FailureKind.RATE_LIMIT,
    retryAfterMs: Math.ceil(wait),
  };
}

function refused(partner: AnyPartner, error: unknown): Planned {
  const outcome = emptyOutcome(partner.name, OutcomeStatus.FAILED, '');
  if (error instanceof PartnerFailure) {
    outcome.failure = error.failure;
    outcome.detail = error.detail;
    return { outcome };
  }
  outcome.failure = FailureKind.REQUEST_REFUSED;
  outcome.detail = `no request could be made: ${error instanceof Error ? error.message : String(error)}`;
  // Options are ours to mend, not the client's.
  const ours = error instanceof EntrepotError && error.violations.some(({ field }) => field.startsWith('options'));
  return ours ? { outcome } : { outcome, defect: error };
}

/** The vertical that is sought. */
function checkStart(partners: ReadonlyMap<string, SupplyPartner>, start: SearchStart): string {
  const violations: FieldViolation[] = [];
  const vertical = start.criteria?.vertical?.$case;
  if (vertical === undefined)
    violations.push({ field: 'criteria', description: 'name one vertical with its criteria' });
  if (!/^[A-Z]{2}$/.test(start.market)) {
    violations.push({ field: 'market', description: 'expected an ISO 3166-1 alpha-2 code, such as "GB"' });
  }
  if (minorDigits(start.currency) === undefined) {
    violations.push({ field: 'currency', description: 'expected an ISO 4217 code, such as "GBP"' });
  }
  for (const [position, name] of start.partners.entries()) {
    if (partners.has(name)) continue;
    const known = [...partners.keys()].sort().join(', ');
    violations.push({ field: `partners[${position}]`, description: `no partner of that name; there are: ${known}` });
  }
  if (vertical === undefined || violations.length > 0) throw invalidFields(violations);
  return vertical;
}

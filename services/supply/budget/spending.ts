import { FailureKind, OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { SearchStart } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { SharedState } from '../../../libs/shared/index.ts';
import type { ExchangeBounds } from '../exchange.ts';
import { cancelled, PartnerFailure } from '../failure.ts';
import type { AnyPartner } from '../partner.ts';
import { UNDECIDED } from './policy.ts';

/** Whose searches matter more, as far as that is known. */
export interface Asker {
  readonly client: string;
  /** The client's tier by name; "" where it is not known. */
  readonly tier: string;
}

/** The bounds of a search's part with what the search matters to the partner's budget. */
export function prioritized(
  { budget }: AnyPartner,
  start: SearchStart,
  { client, tier }: Asker,
  bounds: ExchangeBounds,
): ExchangeBounds {
  if (budget === undefined || start.criteria === undefined) return bounds;
  const { market, criteria, handoffRate } = start;
  const priority = budget.priorityOf({ client, tier, market, criteria, handoffRate });
  return { ...bounds, priority: () => priority };
}

/**
 * Has the partner's budget pay for one request that nobody waits for: it matters less than every search, and goes out now or not at all.
 * Throws PartnerFailure where it is refused: BUDGET_SPENT.
 */
export async function payInBackground(
  { budget }: AnyPartner,
  state: SharedState | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (budget === undefined) return;
  const spent = await budget.spend(state, { priority: 0, deadline: Date.now(), signal, purpose: 'check' });
  if (spent === 'spent') return;
  if (spent === 'cancelled') throw cancelled();
  throw nothingLeftOver(spent.detail, spent.retryAfterMs);
}

/** Nothing of what the partner allows is left over for what nobody waits for. */
export function nothingLeftOver(detail: string, retryAfterMs?: number): PartnerFailure {
  return new PartnerFailure({
    failure: FailureKind.UNSPECIFIED,
    status: OutcomeStatus.BUDGET_SPENT,
    detail,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/**
 * Has the partner's budget pay for one request of a search. Throws PartnerFailure where it is refused: BUDGET_SPENT.
 *
 * @param deadline until when the request can wait, epoch ms
 */
export async function payFor(
  { budget }: AnyPartner,
  state: SharedState | undefined,
  priority: (() => number) | undefined,
  deadline: number,
  signal: AbortSignal,
): Promise<void> {
  if (budget === undefined) return;
  const spending = {
    get priority() {
      return priority?.() ?? UNDECIDED;
    },
    deadline,
    signal,
  };
  const spent = await budget.spend(state, spending);
  if (spent === 'spent') return;
  if (spent === 'cancelled') throw cancelled();
  throw new PartnerFailure({ failure: FailureKind.UNSPECIFIED, status: OutcomeStatus.BUDGET_SPENT, ...spent });
}

import type { PartnerBudget as BudgetState } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { SharedState } from '../../../libs/shared/index.ts';
import type { PartnerBudget } from './budget.ts';

/** How a budget stands, as all replicas see it, for ListPartners. Never rejects. */
export async function describeBudget(budget: PartnerBudget, state: SharedState): Promise<BudgetState> {
  const { day, spent, second } = await budget.look(state);
  const { perSecond, perDay, timeZone } = budget.config;
  return {
    perSecond: perSecond ?? 0,
    perDay: perDay ?? 0,
    timeZone,
    spentToday: spent,
    leftOfDay: budget.leftOfDay,
    leftOfSecond: Number.isFinite(second) ? second : 0,
    endsAt: Temporal.Instant.fromEpochMilliseconds(day.endsAt),
    refused: budget.refused,
    alone: budget.alone,
    lookToBook: budget.lookToBook ?? 0,
  };
}

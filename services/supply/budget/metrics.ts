import { counter, observedGauge } from '../../../libs/telemetry/index.ts';
import type { PartnerBudget } from './budget.ts';

/** What a request is for. */
export type Purpose = 'search' | 'verify' | 'handoff' | 'login' | 'check';

/** Requests that budgets paid for, by `partner` and `purpose`. */
export const requestsSpent = counter('entrepot.supply.budget.spent', {
  unit: '{request}',
  description: "Requests that partners' budgets paid for",
});

/** Requests that were refused, by `partner`, `budget` (second, day) and `priority` (fifths: 0-0.2 and so on). */
export const requestsRefused = counter('entrepot.supply.budget.refused', {
  unit: '{request}',
  description: 'Requests of searches and of checks in the background that a budget refused',
});

/** Starts the gauges of budgets; the returned function ends them. */
export function observeBudgets(
  partners: () => Iterable<{ readonly name: string; readonly budget: PartnerBudget | undefined }>,
): () => void {
  const ends = [
    observedGauge(
      'entrepot.supply.budget.left',
      { unit: '1', description: "Share of the day's budget that is not spent" },
      (result) => {
        for (const { name, budget } of partners()) {
          if (budget?.config.perDay !== undefined) result.observe(budget.leftOfDay, { partner: name });
        }
      },
    ),
    observedGauge(
      'entrepot.supply.budget.alone',
      {
        unit: '1',
        description: '1 while the shared state cannot be reached and the replica spends its own share, else 0',
      },
      (result) => {
        for (const { name, budget } of partners()) {
          if (budget !== undefined) result.observe(budget.alone ? 1 : 0, { partner: name });
        }
      },
    ),
  ];
  return () => {
    for (const end of ends) end();
  };
}

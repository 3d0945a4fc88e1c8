import { counter } from '../../../../libs/telemetry/index.ts';
import { staysOpen } from '../../api/gates.ts';
import type { Gate, Leave, Operation } from '../../api/public-api.ts';
import type { Budgets } from './budgets.ts';
import { type PartnerCounts, pointsOf } from './cost.ts';
import type { StreamMeter } from './stream-meter.ts';

const spent = counter('entrepot.edge.budget.spent', { unit: '{point}', description: 'Points spent, by method' });
const refusals = counter('entrepot.edge.budget.refusals', {
  unit: '{call}',
  description: 'Calls refused because their client had spent its budget, by method',
});

/**
 * Charges each operation to the budget of its client. Refuses with QUOTA_SPENT, with the time when it is enough again; a stream
 * whose client cannot pay any longer ends with it.
 */
export function withinBudget(budgets: Budgets, counts: PartnerCounts, meter: StreamMeter): Gate {
  const enter = async (
    operation: Operation,
    budget: NonNullable<Operation['caller']['identity']['budget']>,
  ): Promise<Leave> => {
    const { method, request, caller } = operation;
    const { identity } = caller;
    const points = await pointsOf(method, request, identity, counts);
    if (points === 0) {
      caller.budget = await budgets.left(identity.client, budget);
      return () => {};
    }
    try {
      caller.budget = await budgets.charge(identity.client, budget, points);
    } catch (error) {
      refusals.add(1, { method: method.name });
      throw error;
    }
    spent.add(points, { method: method.name });
    const { end } = operation;
    const stop = end && staysOpen(operation) ? meter.begin(identity.client, budget, end) : undefined;
    return (error) => {
      stop?.();
      // Shed before anything was done for it.
      if (error?.reason === 'OVERLOADED' && error.metadata.service === 'edge') {
        budgets.refund(identity.client, budget, points);
      }
    };
  };
  return (operation) => {
    const { budget } = operation.caller.identity;
    return budget === undefined ? undefined : enter(operation, budget);
  };
}

import { Status } from 'nice-grpc-common';
import { EntrepotError, toEntrepotError } from '../../libs/errors/index.ts';

/** What a failure of a service below means to the client of a search. */

/** Whether a call ended because its time was over. */
export function isDeadline(error: unknown): boolean {
  return error !== undefined && toEntrepotError(error).code === Status.DEADLINE_EXCEEDED;
}

/** Supply gave no answer (undefined: not in time). What it says about the request or its load is passed on. */
export function cannotSupply(error: unknown): EntrepotError {
  return unavailable(error, 'SUPPLY_UNAVAILABLE', 'Supply cannot be reached, so there are no offers; try again.');
}

/** Pricing gave no prices. What it says about the request (an unknown currency) or its load is passed on. */
export function cannotPrice(error: unknown): EntrepotError {
  return unavailable(error, 'PRICING_UNAVAILABLE', 'Pricing cannot be reached, so nothing can be shown; try again.');
}

function unavailable(
  error: unknown,
  reason: 'SUPPLY_UNAVAILABLE' | 'PRICING_UNAVAILABLE',
  message: string,
): EntrepotError {
  if (error === undefined) return new EntrepotError({ reason, message });
  const typed = toEntrepotError(error);
  const passed = typed.code === Status.INVALID_ARGUMENT || typed.code === Status.RESOURCE_EXHAUSTED;
  if (passed || typed.code === Status.FAILED_PRECONDITION || typed.reason === reason) return typed;
  return new EntrepotError({ reason, message, cause: error });
}

/**
 * What a call about one offer failed with. What supply says about the offer or its partner is passed on; only that
 * supply itself cannot be reached is said in query's own words.
 */
export function actionFailed(error: unknown): EntrepotError {
  const typed = toEntrepotError(error);
  if (typed.reason !== 'UNREACHABLE' && typed.reason !== 'DRAINING') return typed;
  return new EntrepotError({
    reason: 'SUPPLY_UNAVAILABLE',
    message: 'Supply cannot be reached; try again.',
    cause: error,
  });
}

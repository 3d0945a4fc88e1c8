import { FailureKind, OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';

/** How a partner's part of a search ends when it is not supply that says so. */
export interface Ending {
  readonly status: OutcomeStatus;
  readonly failure: FailureKind;
  /** For a person. */
  readonly detail: string;
}

/** The partner had not answered when the time was over. */
export const timedOut: Ending = {
  status: OutcomeStatus.TIMED_OUT,
  failure: FailureKind.TIMEOUT,
  detail: 'Had not answered when the time of the search was over.',
};

/** The search went on without the partner: its time was over. */
export const notAwaited: Ending = {
  status: OutcomeStatus.NOT_AWAITED,
  failure: FailureKind.UNSPECIFIED,
  detail: 'Its answer, or the prices of it, were not there in time.',
};

/** The search went on without the partner by the client's policy. */
export const notWorthWaiting: Ending = {
  status: OutcomeStatus.NOT_AWAITED,
  failure: FailureKind.UNSPECIFIED,
  detail: "Not worth waiting for by the client's completion policy.",
};

/** The same, of a partner that may still answer. */
export function mayStillAnswer(ending: Ending): Ending {
  return { ...ending, detail: `${ending.detail} What it says arrives as a revision when it comes.` };
}

/** Supply broke off before it could say how the partner ended. */
export const supplyBroke: Ending = {
  status: OutcomeStatus.FAILED,
  failure: FailureKind.PLATFORM,
  detail: 'The supply service broke off; what had come before stays.',
};

/** Pricing broke off, so that rows cannot be shown. */
export const pricingBroke: Ending = {
  status: OutcomeStatus.FAILED,
  failure: FailureKind.PLATFORM,
  detail: 'The pricing service broke off, so what came after could not be priced; what had come before stays.',
};

/** The partner's rows are not of one piece. */
export const unreadable: Ending = {
  status: OutcomeStatus.FAILED,
  failure: FailureKind.PLATFORM,
  detail: 'The rows could not be taken in; the log of query says why.',
};

/** The search was cancelled. */
export function cancelled(detail: string): Ending {
  return { status: OutcomeStatus.CANCELLED, failure: FailureKind.UNSPECIFIED, detail };
}

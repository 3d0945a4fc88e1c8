import { FailureKind, OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';

/** What is known about a partner's failure. */
export interface PartnerFailureInit {
  readonly failure: FailureKind;
  /** For a person: what happened and what to do. No secrets, nothing of the body. */
  readonly detail: string;
  /** How the partner's part of a search ends; default: what the kind implies. */
  readonly status?: OutcomeStatus;
  /** When the partner may be asked again, ms from now. */
  readonly retryAfterMs?: number;
  /** The partner's HTTP status, where one was received. */
  readonly httpStatus?: number;
  /** The connection broke before any byte of an answer: the same request may be sent once more. */
  readonly unanswered?: boolean;
  readonly cause?: unknown;
}

/** A partner did not answer as its format promises. Expected: it becomes an outcome, never a crash. */
export class PartnerFailure extends Error {
  readonly failure: FailureKind;
  readonly detail: string;
  readonly status: OutcomeStatus;
  readonly retryAfterMs: number | undefined;
  readonly httpStatus: number | undefined;
  readonly unanswered: boolean;

  constructor(init: PartnerFailureInit) {
    super(init.detail, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'PartnerFailure';
    this.failure = init.failure;
    this.detail = init.detail;
    this.status = init.status ?? statusOf(init.failure);
    this.retryAfterMs = init.retryAfterMs;
    this.httpStatus = init.httpStatus;
    this.unanswered = init.unanswered ?? false;
  }
}

/** How a partner's part of a search ends after a failure of a kind. */
export function statusOf(failure: FailureKind): OutcomeStatus {
  switch (failure) {
    case FailureKind.TIMEOUT:
      return OutcomeStatus.TIMED_OUT;
    case FailureKind.RATE_LIMIT:
      return OutcomeStatus.RATE_LIMITED;
    default:
      return OutcomeStatus.FAILED;
  }
}

/** The search was given up by its caller: no fault of the partner's. */
export function cancelled(): PartnerFailure {
  return new PartnerFailure({
    failure: FailureKind.UNSPECIFIED,
    status: OutcomeStatus.CANCELLED,
    detail: 'the search was cancelled before the partner answered',
  });
}

/** Anything thrown while a partner was asked, as a failure. */
export function toPartnerFailure(error: unknown): PartnerFailure {
  if (error instanceof PartnerFailure) return error;
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new PartnerFailure({
    failure: FailureKind.PLATFORM,
    detail: `supply could not finish the call: ${detail}`,
    cause: error,
  });
}

/** What a client is told of a failure: what a defect of ours threw is for the log. */
export function toldOf({ failure, detail }: PartnerFailure): string {
  return failure === FailureKind.PLATFORM ? 'supply could not finish the call' : detail;
}

/** The name of an outcome status in lower case, for metrics and traces: "timed_out". */
export function outcomeName(status: OutcomeStatus): string {
  return nameOf(OutcomeStatus, status);
}

/** The name of a failure kind in lower case: "rate_limit". */
export function failureName(failure: FailureKind): string {
  return nameOf(FailureKind, failure);
}

/** The name that a number has in an enum of the contracts, in lower case. */
export function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  for (const name in names) if (names[name] === value) return name.toLowerCase();
  return 'unrecognized';
}

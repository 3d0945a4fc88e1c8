import { Status } from 'nice-grpc-common';
import type { EntrepotError } from '../errors/index.ts';
import { counter } from '../telemetry/instruments.ts';
import type { Call } from './call.ts';
import { refreshTimeout } from './deadline.ts';

/** When a client tries a call again. */
export interface RetryOptions {
  /**
   * Attempts of one call, the first included. Default 5: with the default delay they span at least 375 ms, longer than a
   * channel waits before it connects anew, so a server that is back is found. 1 for none; sensible up to 6.
   */
  maxAttempts?: number;
  /** Wait before the first retry; doubles with each; a random half of it is taken off. Default 50 ms; 10 to 1,000. */
  baseDelayMs?: number;
  /** Retries allowed per call made, in the long run. Default 0.1; 0 to 0.5. */
  budgetRatio?: number;
  /** Retries that may be saved up; also what a new client starts with. One a second is granted besides. Default 10. */
  budgetFloor?: number;
}

const defaultAttempts = 5;
const defaultBaseDelayMs = 50;

/** The least time, in ms, over which the attempts of a call with default options are spread. */
export const leastRetrySpanMs = (defaultBaseDelayMs * (2 ** (defaultAttempts - 1) - 1)) / 2;

const retries = counter('entrepot.mesh.retries', { unit: '{call}', description: 'Attempts after the first' });

/** The retries that a client may still make, so that a peer in trouble does not get a multiple of its load. */
export class RetryBudget {
  readonly #ratio: number;
  readonly #most: number;
  #tokens: number;
  #refilledAt: number;

  constructor(options: RetryOptions = {}, now = Date.now()) {
    this.#ratio = options.budgetRatio ?? 0.1;
    this.#most = options.budgetFloor ?? 10;
    this.#tokens = this.#most;
    this.#refilledAt = now;
  }

  /** A call is made: it earns its share of a retry. */
  earn(): void {
    this.#tokens = Math.min(this.#most, this.#tokens + this.#ratio);
  }

  /** Spends one retry; false where none is left. */
  spend(now = Date.now()): boolean {
    const seconds = Math.max(0, now - this.#refilledAt) / 1_000;
    this.#refilledAt = now;
    this.#tokens = Math.min(this.#most, this.#tokens + seconds);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/**
 * Whether trying again can help and cannot hurt: the peer could not be reached, or refused while draining. Other
 * UNAVAILABLE errors come from a peer that has itself retried what lies behind it; trying those again would multiply
 * the attempts from hop to hop.
 */
export function isRetryable(error: EntrepotError): boolean {
  if (error.code !== Status.UNAVAILABLE) return false;
  return error.reason === 'UNREACHABLE' || (error.reason === 'DRAINING' && error.metadata.started !== 'true');
}

/** Decides, after a failed attempt, whether there is another one, and waits for its time. */
export class Retry {
  readonly #maxAttempts: number;
  readonly #baseDelayMs: number;
  readonly #budget: RetryBudget;
  readonly #random: () => number;

  constructor(options: RetryOptions = {}, budget = new RetryBudget(options), random: () => number = Math.random) {
    this.#maxAttempts = options.maxAttempts ?? defaultAttempts;
    this.#baseDelayMs = options.baseDelayMs ?? defaultBaseDelayMs;
    this.#budget = budget;
    this.#random = random;
  }

  /** A call is made. */
  begin(): void {
    this.#budget.earn();
  }

  /**
   * Resolves with true when attempt number `attempt` + 1 should start now; with false where there is none: the error
   * is of another kind, the attempts or the budget are spent, or the deadline comes first.
   */
  async again(call: Call, attempt: number, error: EntrepotError): Promise<boolean> {
    if (call.cancelled !== undefined || attempt >= this.#maxAttempts || !isRetryable(error)) return false;
    const delay = this.#baseDelayMs * 2 ** (attempt - 1) * (1 - this.#random() / 2);
    if (call.deadline !== undefined && Date.now() + delay >= call.deadline) return false;
    if (!this.#budget.spend()) return false;
    retries.add(1, { 'rpc.method': call.method.fullName });
    await wait(delay, call);
    if (call.cancelled !== undefined) return false;
    refreshTimeout(call);
    return true;
  }
}

/** Waits, but not beyond the cancelling of the call. */
function wait(ms: number, call: Call): Promise<void> {
  return new Promise((resolve) => {
    let unlisten: (() => void) | undefined;
    const done = () => {
      clearTimeout(timer);
      unlisten?.();
      resolve();
    };
    const timer = setTimeout(done, ms);
    unlisten = call.onCancel(done);
  });
}

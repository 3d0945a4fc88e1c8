// A call's time: when it is over, how long until the next attempt, and waiting for it.
import type { Reason } from './gen/types.ts';
import type { Settings, Surroundings } from './options.ts';
import { EntrepotProblem } from './problem.ts';

/** The edge answers at its deadline; so much longer is waited for that answer, in milliseconds. */
const graceMs = 1_000;
/** The least that the edge takes for a deadline. */
const leastMs = 50;

/** When a call is over, and its end before that. */
export class Deadline {
  /** Aborted by the caller, when time is over, and when the call is done with. */
  readonly signal: AbortSignal;
  readonly #surroundings: Surroundings;
  readonly #endsAt: number;
  readonly #timeoutMs: number | undefined;
  readonly #own = new AbortController();
  readonly #forget: () => void;

  /** @param timeoutMs undefined for a call that may last */
  constructor(surroundings: Surroundings, timeoutMs: number | undefined, signal: AbortSignal | undefined) {
    this.#surroundings = surroundings;
    this.#timeoutMs = timeoutMs;
    this.#endsAt = timeoutMs === undefined ? Number.POSITIVE_INFINITY : surroundings.now() + timeoutMs;
    this.signal = signal === undefined ? this.#own.signal : AbortSignal.any([signal, this.#own.signal]);
    this.#forget =
      timeoutMs === undefined ? () => {} : surroundings.after(timeoutMs + graceMs, () => this.#own.abort(this.over()));
  }

  /** Milliseconds left; undefined where the call may last. At least what the edge takes for a deadline. */
  get leftMs(): number | undefined {
    if (this.#timeoutMs === undefined) return undefined;
    return Math.max(leastMs, Math.ceil(this.#endsAt - this.#surroundings.now()));
  }

  /** Time is over so many milliseconds from now. */
  isOverIn(ms: number): boolean {
    return this.#surroundings.now() + ms >= this.#endsAt;
  }

  /** That time is over. */
  over(): EntrepotProblem {
    return new EntrepotProblem({
      reason: 'DEADLINE_EXCEEDED',
      detail: `Not done within ${this.#timeoutMs} ms.`,
    });
  }

  /** Waits. @throws the signal's reason where that is aborted first */
  async wait(ms: number): Promise<void> {
    this.signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        forget();
        reject(this.signal.reason);
      };
      const forget = this.#surroundings.after(ms, () => {
        this.signal.removeEventListener('abort', stop);
        resolve();
      });
      this.signal.addEventListener('abort', stop, { once: true });
    });
  }

  /** The call is done with, however it ended: nothing of it stays open. */
  close(): void {
    this.#forget();
    this.#own.abort();
  }
}

/**
 * Until the next attempt, in milliseconds: what the edge asks for, else doubled with each attempt, half of it by chance, so that
 * clients that lost one edge do not meet again at the next.
 * @param attempt 1 for the first new one
 */
export function delayBefore(
  attempt: number,
  asked: number | undefined,
  { minDelayMs, maxDelayMs }: Settings,
  random: number,
): number {
  const most = Math.min(maxDelayMs, minDelayMs * 2 ** (attempt - 1));
  return Math.max(asked ?? 0, most * (0.5 + random / 2));
}

/** Said before anything was done: whatever was asked may be asked again. */
const refusedAtTheDoor: ReadonlySet<Reason> = new Set(['OVERLOADED', 'QUOTA_SPENT', 'TOO_MANY_STREAMS', 'DRAINING']);

/**
 * Whether a call may be made again after a problem.
 * @param safe calling it twice is the same as calling it once
 */
export function mayTryAgain({ reason }: EntrepotProblem, safe: boolean): boolean {
  return refusedAtTheDoor.has(reason) || (safe && reason === 'UNREACHABLE');
}

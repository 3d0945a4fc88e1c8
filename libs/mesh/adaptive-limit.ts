import { Pace } from './pace.ts';
import type { Waiting } from './queueing.ts';

/** Bounds and aim of an adaptive limit. */
export interface AdaptiveLimitOptions {
  /** The limit never falls below it. */
  readonly least: number;
  /** The limit never rises above it. */
  readonly most: number;
  /** Where the limit begins. */
  readonly start: number;
  /** How long a call may wait in this process for its work to be begun, in milliseconds. */
  readonly targetMs: number;
}

/** How often the limit is thought over. */
const windowMs = 100;
/** Of one window the limit loses at most so much, and gains at most so much. */
const leastStep = 0.5;
const mostStep = 1.25;
/** What it gains in a window beyond what is known to keep the process busy. */
const slowStep = 1.03;
/** The limit is in use from so much of it on. */
const inUse = 0.8;
/** A lower limit is kept for one latency before it is thought over again, but for no longer than this. */
const longestHoldMs = 1_000;
/** For so long after it was lowered the limit rises slowly once the process is busy; before it was, the double is tried. */
const warnedMs = 5_000;
/** Of the way back to where the limit began so much is gone in each window in which it is not needed. */
const settling = 0.1;

/**
 * How many calls may be under way at once, learned from latency. Of the time that calls take, what they wait inside this
 * process is known; the rest is what they would take on an idle one, however slow the partners are today. By Little's law
 * the number under way is to that latency as it is to the recent one, so the limit is multiplied by
 *
 *     gradient = (recent latency - waiting + target) / recent latency
 *
 * and reaches in one step the number at which calls wait as long as they may, and no longer.
 *
 * Downwards it is followed where two windows agree, once what was too much before has gone, and never below what keeps the
 * process busy at the rate that it has lately done: calls also wait for a collection of garbage, which fewer calls do not
 * shorten. Upwards it is followed while the limit is in use: at most to the double within one latency, since what is let in now
 * is only felt after its partners have answered; faster where calls do not come faster than they have lately been served
 * without waiting, for then it is the partners who have become slow.
 */
export class AdaptiveLimit {
  readonly #options: AdaptiveLimitOptions;
  readonly #pace: Pace;
  #limit: number;
  #windowStart: number;
  #holdUntil = 0;
  #loweredAt = Number.NEGATIVE_INFINITY;
  #waitedBefore = 0;
  #asked = 0;
  #endedMs = 0;
  #ended = 0;
  #refusedBehind = 0;
  #peak = 0;

  constructor(options: AdaptiveLimitOptions, now: number) {
    this.#options = options;
    this.#pace = new Pace(options.targetMs);
    this.#limit = clamp(options.start, options.least, options.most);
    this.#windowStart = now;
  }

  /** Calls that may be under way. Not a whole number. */
  get current(): number {
    return this.#limit;
  }

  /** A call came that takes the use of the limit to so much, whether it was let in or not. */
  asked(use: number): void {
    this.#asked++;
    if (use > this.#peak) this.#peak = use;
  }

  /** A call took so long. Not for calls that were given up: how long those took says nothing. */
  completed(ms: number): void {
    this.#endedMs += ms;
    this.#ended++;
  }

  /** A call was refused as too much by a service behind this one. */
  refusedBehind(): void {
    this.#refusedBehind++;
  }

  /** Whether the window is over and {@link adapt} is due. */
  due(now: number): boolean {
    return now - this.#windowStart >= windowMs;
  }

  /**
   * Ends the window.
   *
   * @param waiting what a call waited in this process during the window
   * @param use how much of the limit is in use
   */
  adapt(now: number, waiting: Waiting, use: number): void {
    const elapsedMs = now - this.#windowStart;
    const pressed = this.#peak > this.#limit * inUse;
    const waitedMs = this.#pace.measure({
      elapsedMs,
      waiting,
      ended: this.#ended,
      endedMs: this.#endedMs,
      filled: pressed ? use / this.#limit : undefined,
    });
    const down = Math.min(this.#gradient(Math.min(waitedMs, this.#waitedBefore)), this.#behind());
    if (down < 1) this.#lower(now, use, down);
    else if (now >= this.#holdUntil && pressed) {
      const known = (this.#asked * 1_000) / elapsedMs <= this.#pace.harmless * 1.5 && this.#isLittle(waitedMs);
      this.#set(this.#limit * (known ? mostStep : this.#rise(now, waitedMs)));
    } else if (this.#peak < this.#limit / 2) {
      this.#set(this.#limit + (this.#options.start - this.#limit) * settling);
    }
    this.#waitedBefore = waitedMs;
    this.#windowStart = now;
    this.#asked = 0;
    this.#endedMs = 0;
    this.#ended = 0;
    this.#refusedBehind = 0;
    this.#peak = use;
  }

  #lower(now: number, use: number, gradient: number): void {
    // Before what was too much has gone, the waiting says nothing about the limit.
    if (now < this.#holdUntil || use > this.#limit) return;
    const used = Math.max(use, this.#peak);
    // Where the limit was not in the way it comes to where it would be: calls waited for another reason, which may pass.
    const next = used > this.#limit * inUse ? Math.min(this.#limit, used) * gradient : used * mostStep;
    const busy = this.#refusedBehind > 0 ? 0 : this.#pace.busy;
    this.#set(Math.min(this.#limit, Math.max(next, busy)));
    this.#loweredAt = now;
    this.#holdUntil = now + Math.min(longestHoldMs, this.#pace.latencyMs);
  }

  #gradient(waitedMs: number): number {
    const { targetMs } = this.#options;
    // Calls that did not wait (answers that were held) make the mean latency less than the waiting of those that did.
    const latencyMs = Math.max(this.#pace.latencyMs, waitedMs + targetMs);
    return clamp(1 - (waitedMs - targetMs) / latencyMs, leastStep, mostStep);
  }

  /** Less than 1 where services behind this one refuse more than one call in twenty. */
  #behind(): number {
    const share = this.#refusedBehind / Math.max(1, this.#refusedBehind + this.#ended);
    return share > 0.05 ? 1 - share / 4 : mostStep;
  }

  /** What the limit grows by where it is not known whether more calls can be served. */
  #rise(now: number, waitedMs: number): number {
    const latencyMs = Math.max(windowMs, this.#pace.latencyMs);
    if (!this.#isLittle(waitedMs)) return 1 + (this.#gradient(waitedMs) - 1) * (windowMs / latencyMs);
    const tried = this.#pace.busy * (now - this.#loweredAt > warnedMs ? 2 : 1);
    return this.#limit < tried ? Math.min(mostStep, 2 ** (windowMs / latencyMs)) : slowStep;
  }

  /** With next to nothing waiting, nothing is known of where the limit should be but that it is higher. */
  #isLittle(waitedMs: number): boolean {
    return waitedMs < this.#options.targetMs / 4;
  }

  #set(limit: number): void {
    this.#limit = clamp(limit, this.#options.least, this.#options.most);
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

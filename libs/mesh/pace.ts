import type { Waiting } from './queueing.ts';

/** What was seen in one window. */
export interface Window {
  readonly elapsedMs: number;
  readonly waiting: Waiting;
  /** Calls that ended, and how long they took together. */
  readonly ended: number;
  readonly endedMs: number;
  /** What part of the limit was really used, where callers wanted all of it: tiers with less than the whole leave some. */
  readonly filled: number | undefined;
}

/** Measurements of waiting that a window needs to count. */
const fewest = 3;
/** Weight of a new window in the mean latency. */
const smoothing = 0.3;
/** The same where a mean has to outlast a collection of garbage. */
const smoothingLong = 0.1;
/** Weight of a new window in the waiting without load, where it is more. */
const learning = 0.02;
/** A rate is the mean of about so long. */
const rateMs = 500;
/** What was the highest rate counts for half after so long. */
const rateHalfMs = 3_500;
/** A rate that did no harm counts for half after so long. */
const harmlessHalfMs = 30_000;

/** At what pace a process works: how long calls take and wait, and how many a second it gets done. */
export class Pace {
  readonly #targetMs: number;
  #latencyMs = 0;
  /** Of the latency, what is not waiting. */
  #servedMs = 0;
  /** What calls wait while the limit is not in the way; never more than the target. */
  #unloadedMs = 0;
  #waitedMs = 0;
  #rate = 0;
  #highestRate = 0;
  #filled = 1;
  #harmless = 0;

  /** @param targetMs how long a call may wait */
  constructor(targetMs: number) {
    this.#targetMs = targetMs;
  }

  /** How long calls took lately, in milliseconds; 0 before there were any. */
  get latencyMs(): number {
    return this.#latencyMs;
  }

  /** Calls a second that were served without waiting, within the last minute or so. */
  get harmless(): number {
    return this.#harmless;
  }

  /**
   * The limit that keeps the process busy at the rate that it has lately done, by Little's law, with calls waiting as long as
   * they may.
   */
  get busy(): number {
    return (this.#highestRate * (this.#servedMs + this.#targetMs)) / 1_000 / this.#filled;
  }

  /**
   * Takes in a window.
   *
   * @returns what calls waited beyond what they wait while the limit is not in the way, in milliseconds: the pieces of a
   *   call's own work queue too
   */
  measure({ elapsedMs, waiting, ended, endedMs, filled }: Window): number {
    if (waiting.seen >= fewest) this.#waitedMs = this.#wait(waiting.ms, filled === undefined);
    if (ended > 0) {
      this.#latencyMs = mix(this.#latencyMs, endedMs / ended, smoothing);
      this.#servedMs = mix(this.#servedMs, Math.max(0, this.#latencyMs - this.#waitedMs), smoothingLong);
    }
    if (filled !== undefined) this.#filled += smoothingLong * (Math.min(1, Math.max(0.5, filled)) - this.#filled);
    const rate = (ended * 1_000) / elapsedMs;
    this.#rate += Math.min(1, elapsedMs / rateMs) * (rate - this.#rate);
    this.#highestRate = Math.max(this.#rate, this.#highestRate * 0.5 ** (elapsedMs / rateHalfMs));
    if (this.#waitedMs < this.#targetMs / 4) this.#harmless += smoothing * Math.max(0, rate - this.#harmless);
    this.#harmless *= 0.5 ** (elapsedMs / harmlessHalfMs);
    return this.#waitedMs;
  }

  #wait(ms: number, unloaded: boolean): number {
    const towards = Math.min(ms, this.#targetMs) - this.#unloadedMs;
    if (towards < 0) this.#unloadedMs += smoothing * towards;
    else if (unloaded) this.#unloadedMs += learning * towards;
    return Math.max(0, ms - this.#unloadedMs);
  }
}

/** A mean that follows; the first value counts whole. */
function mix(mean: number, value: number, weight: number): number {
  return mean === 0 ? value : mean + weight * (value - mean);
}

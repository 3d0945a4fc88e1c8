/** When a breaker opens and how it tries again. */
export interface BreakerSettings {
  /** Results that are so old do not count any more. */
  readonly windowMs: number;
  /** Failures within it that it takes, at least. */
  readonly failures: number;
  /** Share of the results within it that have to be failures, 0 to 1. */
  readonly share: number;
  /** Until it is tried again. It doubles with each failure of a probe, and where it opens again soon. */
  readonly pauseMs: number;
  /** What the pause grows to. */
  readonly longestPauseMs: number;
}

/** What came of a request, for one breaker. */
export type BreakerResult = 'good' | 'bad' | 'other' | 'none';

/** A request that a breaker let through. */
export interface Ticket {
  /** It is let through to try whether the failure is over. */
  readonly probe: boolean;
  /** Which opening of the breaker it belongs to. */
  readonly epoch: number;
  /** Which probe of that it is. */
  readonly turn: number;
}

/** Why a breaker is open. */
export interface Opened {
  /** When it opened, by the breaker's clock, ms. */
  readonly since: number;
  /** Failures in the window when it opened, and all results of it. */
  readonly failures: number;
  readonly results: number;
  /** The failure that was seen last. */
  readonly detail: string;
}

/** The window is forgotten in so many parts. */
const SLOTS = 10;

interface Open extends Opened {
  detail: string;
  pauseMs: number;
  /** When the next probe may go. */
  nextAt: number;
  /** Until when a probe is under way at most; 0 for none. */
  probingUntil: number;
  turn: number;
}

/**
 * Lets requests through until too many of them failed; then only a probe, one at a time, after pauses that grow, until one
 * succeeds. It goes by a clock that never goes back.
 */
export class Breaker {
  readonly #settings: BreakerSettings;
  readonly #now: () => number;
  readonly #failures = new Uint32Array(SLOTS);
  readonly #results = new Uint32Array(SLOTS);
  #slot = 0;
  #open: Open | undefined;
  #epoch = 0;
  #lastPauseMs = 0;
  #closedAt = Number.NEGATIVE_INFINITY;

  constructor(settings: BreakerSettings, now: () => number) {
    this.#settings = settings;
    this.#now = now;
  }

  /** Why it is open; undefined while it is closed. */
  get opened(): Opened | undefined {
    return this.#open;
  }

  /** Milliseconds until a request may go; 0 where it may now. */
  get waitMs(): number {
    const open = this.#open;
    if (open === undefined) return 0;
    return Math.max(0, Math.max(open.nextAt, open.probingUntil) - this.#now());
  }

  /**
   * Lets a request through that may go now.
   *
   * @param leaseMs how long it takes at most: where nothing is heard of a probe until then, the next may go
   */
  begin(leaseMs: number): Ticket {
    const open = this.#open;
    if (open === undefined) return { probe: false, epoch: this.#epoch, turn: 0 };
    const now = this.#now();
    open.turn++;
    open.nextAt = now + open.pauseMs;
    open.probingUntil = now + leaseMs;
    return { probe: true, epoch: this.#epoch, turn: open.turn };
  }

  /**
   * Takes in what came of a request: it succeeded, failed by this breaker's kind of failure, failed otherwise, or nothing can be
   * said.
   *
   * @param detail what failed
   * @returns whether it opened or closed the breaker
   */
  end({ probe, epoch, turn }: Ticket, result: BreakerResult, detail = ''): 'opened' | 'closed' | undefined {
    // What was begun before the breaker opened or closed says nothing about now.
    if (epoch !== this.#epoch) return undefined;
    const open = this.#open;
    if (open === undefined) {
      // A failure of another kind is no success, and none of this breaker's failures either.
      return probe || result === 'none' || result === 'other' ? undefined : this.#count(result, detail);
    }
    if (!probe) return undefined;
    if (result === 'good') return this.#close(open);
    if (turn !== open.turn) return undefined;
    const now = this.#now();
    open.probingUntil = 0;
    if (result === 'none') {
      open.nextAt = now;
      return undefined;
    }
    if (result === 'bad') open.detail = detail;
    open.pauseMs = Math.min(this.#settings.longestPauseMs, open.pauseMs * 2);
    open.nextAt = now + open.pauseMs;
    return undefined;
  }

  #count(result: BreakerResult, detail: string): 'opened' | undefined {
    const { failures: least, share, pauseMs, longestPauseMs } = this.#settings;
    const at = this.#turnTo();
    this.#results[at]!++;
    if (result !== 'bad') return undefined;
    this.#failures[at]!++;
    const failures = sum(this.#failures);
    const results = sum(this.#results);
    if (failures < least || failures < share * results) return undefined;
    const now = this.#now();
    const soon = now - this.#closedAt < longestPauseMs;
    const pause = soon ? Math.min(longestPauseMs, this.#lastPauseMs * 2) : pauseMs;
    this.#epoch++;
    this.#open = {
      since: now,
      failures,
      results,
      detail,
      pauseMs: pause,
      nextAt: now + pause,
      probingUntil: 0,
      turn: 0,
    };
    return 'opened';
  }

  #close({ pauseMs }: Open): 'closed' {
    this.#open = undefined;
    this.#epoch++;
    this.#lastPauseMs = pauseMs;
    this.#closedAt = this.#now();
    this.#failures.fill(0);
    this.#results.fill(0);
    return 'closed';
  }

  /** The part of the window that it is now, with those that are over forgotten. */
  #turnTo(): number {
    const slot = Math.floor((this.#now() * SLOTS) / this.#settings.windowMs);
    for (let over = Math.max(this.#slot + 1, slot - SLOTS + 1); over <= slot; over++) {
      this.#failures[over % SLOTS] = 0;
      this.#results[over % SLOTS] = 0;
    }
    this.#slot = slot;
    return slot % SLOTS;
  }
}

function sum(values: Uint32Array): number {
  return values.reduce((total, value) => total + value, 0);
}

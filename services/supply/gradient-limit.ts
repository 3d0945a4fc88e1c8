/** Options of {@link GradientLimit}. */
export interface GradientOptions {
  /** The limit at most, and at first. */
  readonly most: number;
  /** The limit at least. */
  readonly floor: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** What takes up to so many times as long as usual is not the fault of how much is asked. */
const TOLERANCE = 1.5;
/** However bad a window was, the limit is not cut to less than this share of itself, before smoothing. */
const LEAST_GRADIENT = 0.5;
/** How much of a change is made at once. */
const SMOOTHING = 0.5;
/** A window is judged once it has so many samples … */
const WINDOW_SAMPLES = 20;
/** … or, where fewer come, once it is so old and has a few. */
const WINDOW_MS = 1_000;
const LEAST_SAMPLES = 5;

/**
 * How many requests a partner takes at once, by how long they take against how long they usually do: it grows by its square root
 * a window while they take no longer, and is cut by as much as they take longer beyond tolerance, or by the share of them that
 * was not answered. A limit that is not used says nothing, and stays. After Netflix's concurrency limits.
 */
export class GradientLimit {
  readonly #most: number;
  readonly #floor: number;
  readonly #now: () => number;
  #limit: number;
  #startedAt: number;
  /** Of each answer, how many times longer than usual it took. */
  #ratios: number[] = [];
  #dropped = 0;
  /** Most requests that were under way at once. */
  #active = 0;

  constructor({ most, floor, now }: GradientOptions) {
    this.#most = most;
    this.#floor = Math.min(most, Math.max(1, floor));
    this.#now = now;
    this.#limit = most;
    this.#startedAt = now();
  }

  /** The limit in force, not rounded. */
  get limit(): number {
    return this.#limit;
  }

  /**
   * Takes in an answer.
   *
   * @param ms how long it took
   * @param usualMs how long such take
   * @param active requests that were under way with it
   */
  answered(ms: number, usualMs: number, active: number): void {
    this.#ratios.push(ms / Math.max(usualMs, 0.1));
    this.#took(active);
  }

  /** Takes in a request that was not answered in time, or with a 5xx. */
  dropped(active: number): void {
    this.#dropped++;
    this.#took(active);
  }

  #took(active: number): void {
    this.#active = Math.max(this.#active, active);
    const samples = this.#ratios.length + this.#dropped;
    const elapsed = this.#now() - this.#startedAt;
    if (samples >= WINDOW_SAMPLES || (elapsed >= WINDOW_MS && samples >= LEAST_SAMPLES)) this.#judge(samples);
  }

  #judge(samples: number): void {
    if (this.#active * 2 >= this.#limit) {
      const { length } = this.#ratios;
      const slower = length === 0 ? 1 : this.#ratios.sort((a, b) => a - b)[length >> 1]!;
      const latency = Math.min(1, TOLERANCE / slower);
      const gradient = Math.max(LEAST_GRADIENT, latency * (1 - this.#dropped / samples));
      const aim = this.#limit * gradient + Math.sqrt(this.#limit);
      const next = this.#limit + (aim - this.#limit) * SMOOTHING;
      this.#limit = Math.min(this.#most, Math.max(this.#floor, next));
    }
    this.#ratios = [];
    this.#dropped = 0;
    this.#active = 0;
    this.#startedAt = this.#now();
  }
}

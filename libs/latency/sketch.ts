/** Options of {@link LatencySketch}. */
export interface SketchOptions {
  /** After so long a sample counts half; default 60,000 ms, sensible 10,000 to 600,000. */
  readonly halfLifeMs?: number;
  /** Samples below which nothing decays: where few come, the last ones count however old they are. Default 100, sensible 30 to 1,000. */
  readonly keep?: number;
  /** Milliseconds of a clock that never goes back; default the process's own. */
  readonly now?: () => number;
}

/** Relative error of a quantile. */
const ERROR = 0.05;
/** Each bucket ends so many times higher than the one below it. */
const GROWTH = (1 + ERROR) / (1 - ERROR);
const LOG_GROWTH = Math.log(GROWTH);
/** What takes less is counted as taking this. */
const LEAST_MS = 0.1;
/** What takes longer is counted as taking this. */
const MOST_MS = 600_000;
const BUCKETS = Math.ceil(Math.log(MOST_MS / LEAST_MS) / LOG_GROWTH) + 1;
/** Decaying goes over every bucket, so it is done this often in a half-life. */
const STEPS = 32;

/**
 * How long something takes, as a histogram of fixed size (700 bytes) whose buckets grow by a tenth: any quantile of what took
 * 0.1 ms to 10 minutes, to 5 %. Old samples fade, so that one that changed is seen within minutes.
 */
export class LatencySketch {
  readonly #weights = new Float32Array(BUCKETS);
  readonly #halfLifeMs: number;
  readonly #keep: number;
  readonly #now: () => number;
  #total = 0;
  #decayedAt: number;

  constructor({ halfLifeMs = 60_000, keep = 100, now = () => performance.now() }: SketchOptions = {}) {
    this.#halfLifeMs = halfLifeMs;
    this.#keep = keep;
    this.#now = now;
    this.#decayedAt = now();
  }

  /** Samples, each by what it still counts. */
  get count(): number {
    this.#decay();
    return this.#total;
  }

  /** Takes in how long one took, ms; what is no duration is passed over. */
  record(ms: number): void {
    if (!(ms >= 0)) return;
    this.#decay();
    const at = bucketOf(ms);
    this.#weights[at] = this.#weights[at]! + 1;
    this.#total++;
  }

  /**
   * The time, ms, within which the share `q` of them ended.
   *
   * @param q 0 to 1: 0.95
   * @returns undefined where nothing was recorded
   */
  quantile(q: number): number | undefined {
    this.#decay();
    if (this.#total === 0) return undefined;
    const rank = Math.min(1, Math.max(0, q)) * this.#total;
    let below = 0;
    let last = 0;
    for (let at = 0; at < BUCKETS; at++) {
      const weight = this.#weights[at]!;
      if (weight === 0) continue;
      last = at;
      below += weight;
      if (below >= rank) break;
    }
    return middleOf(last);
  }

  #decay(): void {
    const now = this.#now();
    const elapsed = now - this.#decayedAt;
    if (elapsed < this.#halfLifeMs / STEPS) return;
    this.#decayedAt = now;
    if (this.#total <= this.#keep) return;
    const factor = Math.max(2 ** (-elapsed / this.#halfLifeMs), this.#keep / this.#total);
    // Summed anew, so that roundings do not add up.
    let total = 0;
    for (let at = 0; at < BUCKETS; at++) {
      const weight = this.#weights[at]! * factor;
      this.#weights[at] = weight < NOTHING ? 0 : weight;
      total += this.#weights[at]!;
    }
    this.#total = total;
  }
}

/** A weight that no quantile notices. */
const NOTHING = 1e-6;

function bucketOf(ms: number): number {
  if (ms <= LEAST_MS) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / LEAST_MS) / LOG_GROWTH));
}

/** What is at most {@link ERROR} away from either end of a bucket. */
function middleOf(bucket: number): number {
  return bucket === 0 ? LEAST_MS : (LEAST_MS * 2 * GROWTH ** bucket) / (GROWTH + 1);
}

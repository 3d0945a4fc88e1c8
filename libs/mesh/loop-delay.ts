import { performance } from 'node:perf_hooks';

const intervalMs = 20;
/** Samples that are looked back on: 500 ms. */
const kept = 25;

/**
 * How late the event loop runs: the smallest lateness of a 20 ms timer within the last 500 ms. The smallest, not the
 * mean: one long task makes a few samples late and is over, but where even the best of 25 samples is late, work arrives
 * faster than it is done, and every deadline of the process fires late too.
 */
export class LoopDelay {
  readonly #samples = new Float64Array(kept);
  readonly #timer: NodeJS.Timeout;
  #count = 0;
  #expected = performance.now() + intervalMs;

  constructor() {
    this.#timer = setInterval(() => this.sample(performance.now()), intervalMs);
    this.#timer.unref();
  }

  /** Milliseconds; 0 until the first 500 ms have been seen. */
  get currentMs(): number {
    if (this.#count < kept) return 0;
    let smallest = Number.POSITIVE_INFINITY;
    for (const sample of this.#samples) if (sample < smallest) smallest = sample;
    return smallest;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Takes a sample at `now`, in the milliseconds of performance.now(). The timer does this by itself. */
  sample(now: number): void {
    this.#samples[this.#count++ % kept] = Math.max(0, now - this.#expected);
    this.#expected = now + intervalMs;
  }
}

let shared: LoopDelay | undefined;

/** The one sampler of this process; its timer does not keep the process alive. */
export function sharedLoopDelay(): LoopDelay {
  shared ??= new LoopDelay();
  return shared;
}

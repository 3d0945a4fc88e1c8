import { LRUCache } from 'lru-cache';
import { LatencySketch, type SketchOptions } from './sketch.ts';

/** Options of {@link LearnedLatency}. */
export interface LearnedOptions extends SketchOptions {
  /** Samples that a kind needs before it is asked; default 30, sensible 10 to 1,000. */
  readonly leastSamples?: number;
  /** Kinds remembered, coarse ones included, about 1 KB each; default 5,000, sensible 100 to 100,000. */
  readonly kinds?: number;
}

/**
 * How long something takes, by kinds from coarse to fine: a partner, the partner in a market, the partner in the market by a
 * shape of criteria. Each sample counts for all of them; the finest that knows enough answers.
 */
export class LearnedLatency {
  readonly #sketches: LRUCache<string, LatencySketch>;
  readonly #leastSamples: number;
  readonly #options: SketchOptions;

  constructor({ leastSamples = 30, kinds = 5_000, ...options }: LearnedOptions = {}) {
    this.#sketches = new LRUCache({ max: kinds });
    this.#leastSamples = leastSamples;
    this.#options = options;
  }

  /**
   * Takes in how long one took.
   *
   * @param parts what it was, from coarse to fine: ["duffel", "GB", "flight(…)"]
   */
  record(parts: readonly string[], ms: number): void {
    for (const key of keysOf(parts)) {
      let sketch = this.#sketches.get(key);
      if (sketch === undefined) {
        sketch = new LatencySketch(this.#options);
        this.#sketches.set(key, sketch);
      }
      sketch.record(ms);
    }
  }

  /**
   * The time, ms, within which the share `q` of such ended; undefined where too few have been seen, even of the coarsest kind.
   *
   * @param parts what it is, from coarse to fine
   * @param q 0 to 1: 0.95
   */
  expect(parts: readonly string[], q: number): number | undefined {
    for (const key of keysOf(parts).reverse()) {
      const sketch = this.#sketches.get(key);
      if (sketch !== undefined && sketch.count >= this.#leastSamples) return sketch.quantile(q);
    }
    return undefined;
  }
}

/** From coarse to fine. */
function keysOf(parts: readonly string[]): string[] {
  let key = '';
  return parts.map((part) => {
    // The length keeps ["a b"] and ["a", "b"] apart.
    key += `${part.length}:${part}`;
    return key;
  });
}

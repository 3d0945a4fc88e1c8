import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PricingView } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { PricingSample } from '../../libs/contracts/gen/entrepot/query/v1/pricing_sample.ts';
import { counter, type Logger } from '../../libs/telemetry/index.ts';
import { type SampleRoom, SampleWriter } from './pricing-sample-files.ts';
import type { PricedBatch } from './pricing-stream.ts';
import type { View } from './view.ts';

/** Of which searches pricing samples are kept, and where. */
export interface SampleSettings extends SampleRoom {
  /** Of all searches, 0 to 1; 0 for none. */
  readonly share: number;
}

/** Samples that wait to be written; what comes on top is not kept. */
const MOST_WAITING = 16;
/** Rows of one sample; a search with more is not kept. */
const MOST_ROWS = 50_000;
/** A disk that fails is told of so often at most, ms. */
const TELL_EVERY = 60_000;

const taken = counter('entrepot.query.pricing_samples', {
  unit: '{sample}',
  description:
    'Pricing samples by result: written, dropped (too many at once, or too large), failed (the disk refused).',
});

/** What one search has priced so far. */
export interface SampleTaker {
  /** A batch has its prices. */
  priced(batch: PricedBatch): void;
  /** The search is complete: what was priced is kept. */
  complete(view: PricingView): void;
}

/**
 * Keeps on disk what some searches had priced, so that other rules can be tried on it. A search waits for none of it: messages are
 * held until the search is complete, and encoded and written afterwards, one sample at a time.
 */
export class PricingSamples {
  readonly #settings: () => SampleSettings;
  readonly #log: Logger;
  readonly #chance: () => number;
  readonly #writer = new SampleWriter();
  readonly #waiting: PricingSample[] = [];
  #writing: Promise<void> | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  /**
   * @param settings those in force
   * @param chance 0 up to 1, evenly; default Math.random
   */
  constructor(settings: () => SampleSettings, log: Logger, chance: () => number = Math.random) {
    this.#settings = settings;
    this.#log = log;
    this.#chance = chance;
  }

  /** A search begins. Undefined where nothing is kept of it. */
  begin({ asked }: View): SampleTaker | undefined {
    if (this.#chance() >= this.#settings().share) return undefined;
    const batches: PricedBatch[] = [];
    let rows = 0;
    return {
      priced: (batch) => {
        rows += batch.inputs.prices?.currencyCodes.length ?? 0;
        if (rows <= MOST_ROWS) batches.push(batch);
        else batches.length = 0;
      },
      complete: (view) => {
        const sampled = batches.splice(0);
        if (rows === 0) return;
        const { orderBy, ranking, grouping } = asked;
        const takenAt = Temporal.Now.instant();
        if (rows > MOST_ROWS || this.#waiting.length >= MOST_WAITING) taken.add(1, { result: 'dropped' });
        else this.#keep({ takenAt, view: anonymous(view), orderBy, ranking, grouping, rows: sampled.map(rowsOf) });
      },
    };
  }

  /** Resolves when what was taken is written. */
  async written(): Promise<void> {
    await this.#writing;
  }

  /** Writes what waits, and closes the file. */
  async close(): Promise<void> {
    await this.written();
    await this.#writer.close();
  }

  #keep(sample: PricingSample): void {
    this.#waiting.push(sample);
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    for (;;) {
      // Whoever completed the search goes on first.
      await nextTurn();
      const sample = this.#waiting.shift();
      if (sample === undefined) break;
      try {
        const written = await this.#writer.append(sample, this.#settings());
        taken.add(1, { result: written ? 'written' : 'dropped' });
      } catch (error) {
        taken.add(1, { result: 'failed' });
        await this.#writer.close().catch(() => undefined);
        this.#tell(error);
      }
    }
    this.#writing = undefined;
  }

  #tell(error: unknown): void {
    const now = Date.now();
    if (now - this.#toldAt < TELL_EVERY) return;
    this.#toldAt = now;
    this.#log.error({ err: error, directory: this.#settings().directory }, 'pricing samples cannot be written');
  }
}

function rowsOf({ batch, inputs, quotes }: PricedBatch): PricingSample['rows'][number] {
  // All that came, for other rules read other attributes.
  return { inputs: { ...inputs, columns: batch.columns }, quotes, products: batch.products };
}

/** The view with a digest in place of the key that names a shopper: equal ones stay equal, and experiments have their arms. */
function anonymous(view: PricingView): PricingView {
  const key = view.context?.experimentKey ?? '';
  if (view.context === undefined || key === '') return view;
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return { ...view, context: { ...view.context, experimentKey: digest } };
}

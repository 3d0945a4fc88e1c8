// Streams cost by the time that they are open.
import type { Identity } from '../../../../libs/clients/index.ts';
import { type EntrepotError, toEntrepotError } from '../../../../libs/errors/index.ts';
import type { Budgets } from './budgets.ts';

/** How streams are charged. */
export interface StreamMeterOptions {
  /** Points for each minute that a stream is open; default 6. */
  readonly pointsPerMinute?: number;
  /** How often, in ms; default 10,000. A stream that ends sooner costs nothing by time. */
  readonly tickMs?: number;
}

interface Open {
  readonly client: string;
  readonly budget: NonNullable<Identity['budget']>;
  readonly end: (error: EntrepotError) => void;
  /** Not charged for the part of a tick that it was not open. */
  fresh: boolean;
}

/** Charges open streams as time goes by, and ends those of clients that cannot pay any longer. */
export class StreamMeter {
  readonly #budgets: Budgets;
  readonly #points: number;
  readonly #tickMs: number;
  readonly #open = new Set<Open>();
  #timer: NodeJS.Timeout | undefined;

  constructor(budgets: Budgets, { pointsPerMinute = 6, tickMs = 10_000 }: StreamMeterOptions = {}) {
    this.#budgets = budgets;
    this.#tickMs = tickMs;
    this.#points = (pointsPerMinute * tickMs) / 60_000;
  }

  /**
   * A stream has begun.
   * @param end called with QUOTA_SPENT when its client cannot pay any longer
   * @returns to be called when it is over
   */
  begin(client: string, budget: Open['budget'], end: Open['end']): () => void {
    const stream: Open = { client, budget, end, fresh: true };
    this.#open.add(stream);
    this.#timer ??= setInterval(() => void this.tick(), this.#tickMs).unref();
    return () => {
      this.#open.delete(stream);
      if (this.#open.size === 0) this.close();
    };
  }

  /** A tick has passed. */
  async tick(): Promise<void> {
    const due: Open[] = [];
    for (const stream of this.#open) {
      if (stream.fresh) stream.fresh = false;
      else due.push(stream);
    }
    await Promise.all(
      due.map(async (stream) => {
        try {
          await this.#budgets.charge(stream.client, stream.budget, this.#points);
        } catch (error) {
          stream.end(toEntrepotError(error));
        }
      }),
    );
  }

  /** Charges nobody any longer. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

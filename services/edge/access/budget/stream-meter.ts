// Streams cost by the time that they are open.
import type { Identity } from '../../../../libs/clients/index.ts';
import { toEntrepotError } from '../../../../libs/errors/index.ts';
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
  readonly end: AbortController;
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

  /** A stream has begun. Its signal is aborted, with QUOTA_SPENT as the reason, when its client cannot pay any longer. */
  begin(client: string, budget: NonNullable<Identity['budget']>): { readonly ends: AbortSignal; stop(): void } {
    const stream: Open = { client, budget, end: new AbortController(), fresh: true };
    this.#open.add(stream);
    this.#timer ??= setInterval(() => void this.tick(), this.#tickMs).unref();
    return {
      ends: stream.end.signal,
      stop: () => {
        this.#open.delete(stream);
        if (this.#open.size === 0) this.close();
      },
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
          stream.end.abort(toEntrepotError(error));
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

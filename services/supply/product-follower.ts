import type {
  NormalizationServiceDefinition,
  ProductEvent,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { toEntrepotError } from '../../libs/errors/index.ts';
import type { MeshClient } from '../../libs/mesh/index.ts';
import { logger } from '../../libs/telemetry/index.ts';

/** Who hears what becomes of products. */
export interface FollowerOptions {
  /** These products were merged, split, or gained or lost keys by somebody's decision. */
  changed(productIds: ReadonlySet<string>): void;
  /** Something may have been missed: the place in the events was lost. */
  missed(): void;
  /** How long to wait before following again where that ended, in ms; default 1,000, doubled each time up to 30,000. */
  readonly waitMs?: number;
}

const log = logger('supply.identities');
const longestWaitMs = 30_000;

/** Follows what people decide of products: one stream, taken up again from where it ended. */
export class ProductFollower {
  readonly #client: MeshClient<NormalizationServiceDefinition>;
  readonly #options: FollowerOptions;
  #cursor = '';
  #started = false;

  constructor(client: MeshClient<NormalizationServiceDefinition>, options: FollowerOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Begins, unless it has begun. Goes on until the signal is aborted. */
  start(signal: AbortSignal): void {
    if (this.#started) return;
    this.#started = true;
    void this.#run(signal);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const firstWait = this.#options.waitMs ?? 1_000;
    let waitMs = firstWait;
    while (!signal.aborted) {
      try {
        const request = { vertical: '', cursor: this.#cursor, kinds: [] };
        for await (const { events, cursor } of this.#client.watchProducts(request, { signal })) {
          waitMs = firstWait;
          // Where the first look comes late, or the place was lost, what is remembered may be older than this place.
          if (this.#cursor === '') this.#options.missed();
          this.#cursor = cursor;
          if (events.length > 0) this.#options.changed(new Set(events.flatMap(productsOf)));
        }
      } catch (error) {
        if (signal.aborted) return;
        const { reason, message } = toEntrepotError(error);
        if (reason === 'INVALID_TOKEN') this.#cursor = '';
        log.debug({ reason, detail: message }, 'products are not followed; trying again');
      }
      await pause(waitMs, signal);
      waitMs = Math.min(waitMs * 2, longestWaitMs);
    }
  }
}

function productsOf({ productId, otherProductIds }: ProductEvent): string[] {
  return [productId, ...otherProductIds];
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms).unref();
    signal.addEventListener('abort', over);
    if (signal.aborted) over();
  });
}

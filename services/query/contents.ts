import { setTimeout as after } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { ProductContent } from '../../libs/contracts/gen/entrepot/normalization/v1/content.ts';
import type { NormalizationServiceDefinition } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { toEntrepotError } from '../../libs/errors/index.ts';
import type { MeshClient } from '../../libs/mesh/index.ts';
import { counter, type Logger } from '../../libs/telemetry/index.ts';
import { estimateBytes } from './make.ts';

/** Options of {@link Contents}. */
export interface ContentsOptions {
  readonly log: Logger;
  /** Bytes of content that are held, estimated; default 32 MiB, sensible 1 MiB to 1 GiB. */
  readonly budgetBytes?: number;
  /**
   * How long content is taken as true at most, ms; default 5 minutes. What has changed lately may be changing still, as one partner
   * after the other tells of a product: it is held no longer than it has stayed as it is, but 2 s.
   */
  readonly heldForMs?: number;
  /** The same for a product of which nothing is known; default 30 s, since partners may be saying it now. */
  readonly heldAsNoneForMs?: number;
  /** How long normalization may take, ms; default 1,000. */
  readonly timeoutMs?: number;
  /** Time without calls after one that failed, ms; default 2,000. */
  readonly restMs?: number;
  /** Epoch ms; default Date.now. */
  readonly now?: () => number;
}

/** Products in one call, as normalization.proto allows. */
const mostProducts = 1_000;
/** The shortest time for which content is taken as true, ms. */
const shortestMs = 2_000;
/** What a product costs beside its content: its id and place. */
const bytesBeside = 200;

const looked = counter('entrepot.query.contents', {
  unit: '{product}',
  description: 'Products whose content a page wanted, by where it came from: held, asked, failed.',
});

/**
 * What is known of products whoever sells them, for pages of any search: asked for once, held for a while. It is beside what is
 * sold: without normalization there is none, and nothing else is missing.
 */
export class Contents {
  readonly #client: MeshClient<NormalizationServiceDefinition>;
  readonly #options: Required<ContentsOptions>;
  readonly #held: LRUCache<string, Held>;
  /** Products that are asked for, each with the call. */
  readonly #asked = new Map<string, Promise<void>>();
  #restUntil = 0;

  constructor(client: MeshClient<NormalizationServiceDefinition>, options: ContentsOptions) {
    this.#client = client;
    this.#options = {
      log: options.log,
      budgetBytes: options.budgetBytes ?? 33_554_432,
      heldForMs: options.heldForMs ?? 300_000,
      heldAsNoneForMs: options.heldAsNoneForMs ?? 30_000,
      timeoutMs: options.timeoutMs ?? 1_000,
      restMs: options.restMs ?? 2_000,
      now: options.now ?? Date.now,
    };
    this.#held = new LRUCache({
      maxSize: this.#options.budgetBytes,
      sizeCalculation: ({ content }) => bytesBeside + estimateBytes(content),
    });
  }

  /** What is held of a product; undefined where nothing is known, or held. */
  of(productId: string): ProductContent | undefined {
    return this.#current(productId)?.content;
  }

  /**
   * Asks for what is not held of settled products, in one call. Resolves when everything of them is held, or cannot be had; undefined
   * where there is nothing to wait for. Never rejects.
   */
  load(productIds: Iterable<string>): Promise<void> | undefined {
    const waits = new Set<Promise<void>>();
    const missing = new Set<string>();
    let wanted = 0;
    for (const id of productIds) {
      wanted++;
      if (this.#current(id) !== undefined) continue;
      const asked = this.#asked.get(id);
      if (asked === undefined) missing.add(id);
      else waits.add(asked);
    }
    looked.add(wanted - missing.size, { from: 'held' });
    if (missing.size > 0 && this.#options.now() >= this.#restUntil) {
      const ids = [...missing];
      for (let start = 0; start < ids.length; start += mostProducts) {
        waits.add(this.#ask(ids.slice(start, start + mostProducts)));
      }
    }
    return waits.size === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  #current(productId: string): Held | undefined {
    const held = this.#held.get(productId);
    return held !== undefined && held.until > this.#options.now() ? held : undefined;
  }

  #heldFor(content: ProductContent | undefined, now: number): number {
    const { heldForMs, heldAsNoneForMs } = this.#options;
    if (content === undefined) return heldAsNoneForMs;
    const unchanged = now - (content.updatedAt?.epochMilliseconds ?? 0);
    return Math.min(heldForMs, Math.max(shortestMs, unchanged));
  }

  #ask(ids: string[]): Promise<void> {
    const call = this.#client
      .batchGetProducts({ productIds: ids, contentOnly: true }, { timeoutMs: this.#options.timeoutMs })
      .then(
        ({ products }) => {
          const found = new Map(products.map(({ requestedId, product }) => [requestedId, product?.content]));
          const now = this.#options.now();
          for (const id of ids) {
            const content = found.get(id);
            this.#held.set(id, { content, until: now + this.#heldFor(content, now) });
          }
          looked.add(ids.length, { from: 'asked' });
        },
        (error: unknown) => {
          this.#restUntil = this.#options.now() + this.#options.restMs;
          const { reason, message } = toEntrepotError(error);
          this.#options.log.info({ reason, detail: message }, 'pages go out without the content of products');
          looked.add(ids.length, { from: 'failed' });
        },
      )
      .finally(() => {
        for (const id of ids) this.#asked.delete(id);
      });
    for (const id of ids) this.#asked.set(id, call);
    return call;
  }
}

interface Held {
  readonly content: ProductContent | undefined;
  /** Until when it is taken as true, epoch ms. */
  readonly until: number;
}

/** How long a page that is complete otherwise is held up for content, ms. */
export const contentWaitMs = 150;

/** Waits for content, as long as a page may be held up for it. */
export async function inPageTime(loading: Promise<void> | undefined, waitMs: number = contentWaitMs): Promise<void> {
  if (loading === undefined) return;
  const late = new AbortController();
  await Promise.race([loading, after(waitMs, undefined, { signal: late.signal }).catch(() => undefined)]);
  late.abort();
}

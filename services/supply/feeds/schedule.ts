import type { SharedStore } from '../../../libs/store/index.ts';
import { logger } from '../../../libs/telemetry/index.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { FeedFormat } from '../inventory/types.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { type FeedReading, readFeed } from './read-feed.ts';

const MINUTE_MS = 60_000;
/** A file that could not be had is asked for again after so long, where it is not due before. */
const RETRY_MS = 5 * MINUTE_MS;
const log = logger('supply.feed');
/** Files that are due at once are spread over this share of their period. */
const JITTER = 0.1;

/** A partner whose feed is read. */
interface Scheduled {
  readonly partner: ConfiguredPartner;
  readonly abort: AbortController;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Reads the feeds of partners when they are due, one at a time: reading a file takes a processor for itself. Of replicas that share
 * the store one reads a partner's file, and the others find it there.
 */
export class FeedSchedule {
  readonly #inventory: Inventory;
  readonly #store: Pick<SharedStore, 'exclusively'>;
  readonly #scheduled = new Map<string, Scheduled>();
  #last: Promise<unknown> = Promise.resolve();

  /** @param store the inventory's own */
  constructor(inventory: Inventory, store: Pick<SharedStore, 'exclusively'>) {
    this.#inventory = inventory;
    this.#store = store;
  }

  /**
   * Begins with a partner, in place of what it was before: at once where it has no file, or one that is older than the period or
   * of another manifest.
   */
  async start(partner: ConfiguredPartner): Promise<void> {
    this.stop(partner.name);
    const feed = partner.adapter.inventory?.feed;
    if (feed === undefined || !partner.enabled) return;
    const scheduled: Scheduled = { partner, abort: new AbortController(), timer: undefined };
    this.#scheduled.set(partner.name, scheduled);
    this.#wait(scheduled, await this.#dueInMs(partner, feed));
  }

  /** How long until a partner's file is older than its period, ms; 0 or less where it is, or there is none of this manifest. */
  async #dueInMs({ name, manifest }: ConfiguredPartner, feed: FeedFormat): Promise<number> {
    const state = await this.#inventory.state(name);
    const current = state?.manifest === manifest.digest ? state.receivedAt : undefined;
    return current === undefined ? 0 : current + feed.everyMinutes * MINUTE_MS - Date.now();
  }

  /** Ends a partner's wait, and gives its file up where it is being read. */
  stop(name: string): void {
    const scheduled = this.#scheduled.get(name);
    if (scheduled === undefined) return;
    this.#scheduled.delete(name);
    clearTimeout(scheduled.timer);
    scheduled.abort.abort();
  }

  /** Ends every wait, gives up the file that is being read, and waits for it. */
  async close(): Promise<void> {
    for (const name of [...this.#scheduled.keys()]) this.stop(name);
    await this.#last;
  }

  #wait(scheduled: Scheduled, ms: number): void {
    if (scheduled.abort.signal.aborted) return;
    scheduled.timer = setTimeout(
      () => {
        this.#last = this.#last.then(() => this.#read(scheduled));
      },
      Math.max(0, ms),
    );
    scheduled.timer.unref();
  }

  async #read(scheduled: Scheduled): Promise<void> {
    const { partner, abort } = scheduled;
    const feed = partner.adapter.inventory?.feed;
    if (feed === undefined || abort.signal.aborted) return;
    try {
      const waitMs = await this.#store.exclusively(`feed/${partner.name}`, async (lost) => {
        const dueInMs = await this.#dueInMs(partner, feed);
        // Another replica has read it while this one waited.
        if (dueInMs > feed.everyMinutes * MINUTE_MS * JITTER) return dueInMs;
        const reading = await readFeed(this.#inventory, partner, feed, AbortSignal.any([abort.signal, lost]));
        return nextReadMs(feed, reading, Math.random());
      });
      this.#wait(scheduled, waitMs);
    } catch (err) {
      log.error({ err, partner: partner.name }, 'a feed was not read');
      this.#wait(scheduled, RETRY_MS);
    }
  }
}

/**
 * How long after a file the next one is asked for, ms: never before its server wants to be asked.
 *
 * @param share of the jitter, 0 to 1
 */
export function nextReadMs(
  { everyMinutes }: Pick<FeedFormat, 'everyMinutes'>,
  { result, retryAfterMs = 0 }: Pick<FeedReading, 'result' | 'retryAfterMs'>,
  share: number,
): number {
  const periodMs = everyMinutes * MINUTE_MS;
  const next = result === 'failed' ? Math.min(RETRY_MS, periodMs) : periodMs;
  return Math.max(retryAfterMs, next * (1 - JITTER * share));
}

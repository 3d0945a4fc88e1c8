import type { Inventory } from '../inventory/inventory.ts';
import type { FeedFormat } from '../inventory/types.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { type FeedReading, readFeed } from './read-feed.ts';

const MINUTE_MS = 60_000;
/** A file that could not be had is asked for again after so long, where it is not due before. */
const RETRY_MS = 5 * MINUTE_MS;
/** Files that are due at once are spread over this share of their period. */
const JITTER = 0.1;

/** A partner whose feed is read. */
interface Scheduled {
  readonly partner: ConfiguredPartner;
  readonly abort: AbortController;
  timer: NodeJS.Timeout | undefined;
}

/** Reads the feeds of partners when they are due, one at a time: reading a file takes a processor for itself. */
export class FeedSchedule {
  readonly #inventory: Inventory;
  readonly #scheduled = new Map<string, Scheduled>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(inventory: Inventory) {
    this.#inventory = inventory;
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
    const state = await this.#inventory.state(partner.name);
    const current = state?.manifest === partner.manifest.digest ? state.receivedAt : undefined;
    this.#wait(scheduled, current === undefined ? 0 : current + feed.everyMinutes * MINUTE_MS - Date.now());
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
    const reading = await readFeed(this.#inventory, partner, feed, abort.signal);
    this.#wait(scheduled, nextReadMs(feed, reading, Math.random()));
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

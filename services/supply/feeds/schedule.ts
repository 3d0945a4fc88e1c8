import type { Inventory } from '../inventory/inventory.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { readFeed } from './read-feed.ts';

const MINUTE_MS = 60_000;
/** A file that could not be had is asked for again after so long, where it is not due before. */
const RETRY_MS = 5 * MINUTE_MS;
/** Files that are due at once are spread over this share of their period. */
const JITTER = 0.1;

/** Reads the feeds of partners when they are due, one at a time: reading a file takes a processor for itself. */
export class FeedSchedule {
  readonly #inventory: Inventory;
  readonly #abort = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(inventory: Inventory) {
    this.#inventory = inventory;
  }

  /** Begins with a partner: at once where it has no file, or one that is older than the period or of another manifest. */
  async start(partner: ConfiguredPartner): Promise<void> {
    const feed = partner.adapter.inventory?.feed;
    if (feed === undefined || !partner.enabled) return;
    const state = await this.#inventory.state(partner.name);
    const current = state?.manifest === partner.manifest.digest ? state.receivedAt : undefined;
    this.#wait(partner, current === undefined ? 0 : current + feed.everyMinutes * MINUTE_MS - Date.now());
  }

  /** Ends every wait, gives up the file that is being read, and waits for it. */
  async close(): Promise<void> {
    this.#abort.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    await this.#last;
  }

  #wait(partner: ConfiguredPartner, ms: number): void {
    if (this.#abort.signal.aborted) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        this.#last = this.#last.then(() => this.#read(partner));
      },
      Math.max(0, ms),
    );
    timer.unref();
    this.#timers.add(timer);
  }

  async #read(partner: ConfiguredPartner): Promise<void> {
    const feed = partner.adapter.inventory?.feed;
    if (feed === undefined || this.#abort.signal.aborted) return;
    const result = await readFeed(this.#inventory, partner, feed, this.#abort.signal);
    const periodMs = feed.everyMinutes * MINUTE_MS;
    const next = result === 'failed' ? Math.min(RETRY_MS, periodMs) : periodMs;
    this.#wait(partner, next * (1 - JITTER * Math.random()));
  }
}

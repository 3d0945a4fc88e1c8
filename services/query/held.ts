import { LRUCache } from 'lru-cache';
import { EntrepotError } from '../../libs/errors/index.ts';
import { observedGauge } from '../../libs/telemetry/index.ts';
import type { QueryConfig } from './config.ts';
import { parseOfferId } from './ids.ts';
import type { Search } from './search.ts';

/** A row of a held search. */
export interface HeldRow {
  readonly search: Search;
  readonly row: number;
}

/** Whether whoever asks may see what a client searches for. To everybody else it is as if it was not there. */
export type Sees = (owner: string) => boolean;

const purgeEveryMs = 30_000;

/**
 * Searches that somebody may still look at: until a while after their last use, and no more than fit in a number and in
 * a byte budget. Those that were used longest ago go first.
 */
export class HeldSearches {
  readonly #searches: LRUCache<string, { readonly search: Search }>;
  readonly #purge: NodeJS.Timeout;
  readonly #endGauges: readonly (() => void)[];

  constructor({ minutes, searches, megabytes }: QueryConfig['hold']) {
    const byMinutes = { ttl: minutes * 60_000, updateAgeOnGet: true };
    this.#searches = new LRUCache({
      max: searches,
      maxSize: megabytes * 1_048_576,
      ...byMinutes,
      // A value that takes the place of another for the same search is no end of it.
      dispose: ({ search }, _, reason) => {
        if (reason !== 'set') search.drop();
      },
    });
    // Without this, what has expired would take room until it is asked for.
    this.#purge = setInterval(() => this.#searches.purgeStale(), purgeEveryMs).unref();
    const count = { unit: '{search}', description: 'Searches that are held' };
    const bytes = { unit: 'By', description: 'Bytes that held searches take, estimated' };
    this.#endGauges = [
      observedGauge('entrepot.query.held.searches', count, (result) => result.observe(this.#searches.size)),
      observedGauge('entrepot.query.held.bytes', bytes, (result) => result.observe(this.#searches.calculatedSize)),
    ];
  }

  /** Searches that are held now. */
  get size(): number {
    return this.#searches.size;
  }

  /** Bytes that they take, estimated. */
  get bytes(): number {
    return this.#searches.calculatedSize;
  }

  /** Every held search. */
  all(): Search[] {
    return [...this.#searches.values()].map(({ search }) => search);
  }

  /** Holds a search, or notes that it has grown. */
  hold(search: Search): void {
    // A new value each time: the cache looks at the size of new values alone.
    this.#searches.set(search.id, { search }, { size: Math.max(1, Math.ceil(search.memoryBytes())) });
    // The cache takes no value that is larger than all of it, and forgets the one before without a word.
    if (!this.#searches.has(search.id)) search.drop();
  }

  /** As hold, for a search that may have been let go of meanwhile: that one stays away. */
  grown(search: Search): void {
    if (this.#searches.peek(search.id)?.search === search) this.hold(search);
  }

  /** Lets go of a search. */
  drop(search: Search): void {
    this.#searches.delete(search.id);
  }

  /** The search of an id, used now; undefined where it is not held. */
  find(searchId: string): Search | undefined {
    return this.#searches.get(searchId)?.search;
  }

  /** The search of an id, undefined where it is not held. That is no use of it. */
  peek(searchId: string): Search | undefined {
    return this.#searches.peek(searchId)?.search;
  }

  /**
   * The search of an id, used now.
   * @throws EntrepotError SEARCH_NOT_FOUND
   */
  search(searchId: string, sees: Sees): Search {
    const held = this.#seen(searchId, sees);
    if (held !== undefined) return held;
    const message = 'There is no such search, or it is no longer held; search again.';
    throw new EntrepotError({ reason: 'SEARCH_NOT_FOUND', message });
  }

  /**
   * The row of an offer that can still be had.
   * @throws EntrepotError OFFER_NOT_FOUND, OFFER_EXPIRED
   */
  offer(offerId: string, sees: Sees): HeldRow {
    const held = this.offerOrPast(offerId, sees);
    if (held.search.set.isGone(held.row)) throw offerExpired();
    return held;
  }

  /**
   * The row of an offer, also of one that has expired or was sold.
   * @throws EntrepotError OFFER_NOT_FOUND
   */
  offerOrPast(offerId: string, sees: Sees): HeldRow {
    const place = parseOfferId(offerId);
    const search = place && this.#seen(place.searchId, sees);
    search?.fanOut.sweep(Date.now());
    const row = search?.set.find(place!.partner, place!.row);
    if (search === undefined || row === undefined) {
      const message = 'There is no such offer, or its search is no longer held; search again.';
      throw new EntrepotError({ reason: 'OFFER_NOT_FOUND', message });
    }
    return { search, row };
  }

  /** Who may not see a search does not keep it alive either. */
  #seen(searchId: string, sees: Sees): Search | undefined {
    const search = this.peek(searchId);
    return search !== undefined && sees(search.asker.client) ? this.find(searchId) : undefined;
  }

  /** Lets go of everything. */
  close(): void {
    clearInterval(this.#purge);
    for (const end of this.#endGauges) end();
    this.#searches.clear();
  }
}

/** The offer was there once and cannot be had any more. */
export function offerExpired(): EntrepotError {
  const message = 'The offer has expired, was sold, or is no longer held; search again.';
  return new EntrepotError({ reason: 'OFFER_EXPIRED', message });
}

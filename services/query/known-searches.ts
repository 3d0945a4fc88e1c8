import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { HeldRow, HeldSearches } from './held.ts';
import { parseOfferId } from './ids.ts';
import type { Journals } from './journal.ts';
import type { LiveConfig } from './live-config.ts';
import { type PreparedSearch, prepareSearch } from './request.ts';
import type { Search } from './search.ts';
import type { InForce, Searches } from './searches.ts';

/** Searches that are held here, and those that another process holds or held. */
export class KnownSearches {
  readonly #held: HeldSearches;
  readonly #searches: Searches;
  readonly #journals: Journals | undefined;
  readonly #live: LiveConfig;
  readonly #inForce: (client: string, prepared: PreparedSearch) => InForce;
  readonly #adopting = new Map<string, Promise<Search | undefined>>();

  constructor(
    held: HeldSearches,
    searches: Searches,
    journals: Journals | undefined,
    live: LiveConfig,
    inForce: (client: string, prepared: PreparedSearch) => InForce,
  ) {
    this.#held = held;
    this.#searches = searches;
    this.#journals = journals;
    this.#live = live;
    this.#inForce = inForce;
  }

  /**
   * The search of an id, used now.
   * @throws EntrepotError SEARCH_NOT_FOUND, UNREACHABLE where it may be another process's and those cannot be asked
   */
  search(searchId: string): Search | Promise<Search> {
    if (this.#journals === undefined) return this.#held.search(searchId);
    return this.#find(searchId).then(() => this.#held.search(searchId));
  }

  /**
   * The row of an offer that can still be had.
   * @throws EntrepotError OFFER_NOT_FOUND, OFFER_EXPIRED, UNREACHABLE
   */
  offer(offerId: string): HeldRow | Promise<HeldRow> {
    const searchId = parseOfferId(offerId)?.searchId;
    if (this.#journals === undefined || searchId === undefined) return this.#held.offer(offerId);
    return this.#find(searchId).then(() => this.#held.offer(offerId));
  }

  /**
   * The row of an offer, also of one that has expired or was sold.
   * @throws EntrepotError OFFER_NOT_FOUND, UNREACHABLE
   */
  async offerOrPast(offerId: string): Promise<HeldRow> {
    const searchId = parseOfferId(offerId)?.searchId;
    if (this.#journals !== undefined && searchId !== undefined) await this.#find(searchId);
    return this.#held.offerOrPast(offerId);
  }

  async #find(searchId: string): Promise<void> {
    const held = this.#held.find(searchId);
    if (held !== undefined) {
      // What it knows is good enough where nobody can tell it more.
      await this.#searches.sync(held).catch(() => undefined);
      return;
    }
    let adopting = this.#adopting.get(searchId);
    if (adopting === undefined) {
      adopting = this.#adopt(searchId).finally(() => this.#adopting.delete(searchId));
      this.#adopting.set(searchId, adopting);
    }
    await adopting;
  }

  async #adopt(searchId: string): Promise<Search | undefined> {
    const record = await this.#journals!.search(searchId);
    if (record?.request === undefined) return undefined;
    const { request, client, deadlineMs: deadline, startedAtMs } = record;
    const prepared = prepareSearch(request, startedAtMs, this.#live.rankings);
    const asker = { client, deadline, trace: ROOT_CONTEXT };
    return this.#searches.adopt(searchId, record, prepared, asker, this.#inForce(client, prepared));
  }
}

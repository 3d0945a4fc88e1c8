import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { SearchRecord } from '../../libs/contracts/gen/entrepot/query/v1/journal.ts';
import type { SearchRequest } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { HeldRow, HeldSearches, Sees } from './held.ts';
import { parseOfferId } from './ids.ts';
import type { Journals } from './journal.ts';
import type { LiveConfig } from './live-config.ts';
import { type PreparedSearch, prepareSearch } from './request.ts';
import type { Search } from './search.ts';
import type { InForce, Searches } from './searches.ts';

/**
 * Searches that are held here, and those that another process holds or held, as one client may see them: its own, unless it is
 * configured to see all. Of those of others it learns nothing, not even that they are there.
 */
export class KnownSearches {
  readonly #held: HeldSearches;
  readonly #searches: Searches;
  readonly #journals: Journals | undefined;
  readonly #live: LiveConfig;
  readonly #inForce: (client: string, prepared: PreparedSearch) => InForce;
  readonly #adopting = new Map<string, Promise<Search>>();

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
  search(searchId: string, client: string): Search | Promise<Search> {
    const sees = this.seesOf(client);
    if (this.#journals === undefined) return this.#held.search(searchId, sees);
    return this.#find(searchId, sees).then(() => this.#held.search(searchId, sees));
  }

  /**
   * The row of an offer that can still be had.
   * @throws EntrepotError OFFER_NOT_FOUND, OFFER_EXPIRED, UNREACHABLE
   */
  offer(offerId: string, client: string): HeldRow | Promise<HeldRow> {
    const sees = this.seesOf(client);
    const searchId = parseOfferId(offerId)?.searchId;
    if (this.#journals === undefined || searchId === undefined) return this.#held.offer(offerId, sees);
    return this.#find(searchId, sees).then(() => this.#held.offer(offerId, sees));
  }

  /**
   * The row of an offer, also of one that has expired or was sold.
   * @throws EntrepotError OFFER_NOT_FOUND, UNREACHABLE
   */
  async offerOrPast(offerId: string, client: string): Promise<HeldRow> {
    const sees = this.seesOf(client);
    const searchId = parseOfferId(offerId)?.searchId;
    if (this.#journals !== undefined && searchId !== undefined) await this.#find(searchId, sees);
    return this.#held.offerOrPast(offerId, sees);
  }

  /** Whose searches, offers and clicks a client may see. */
  seesOf(client: string): Sees {
    return (owner) => owner === client || this.#live.clients.seesAll(client);
  }

  async #find(searchId: string, sees: Sees): Promise<void> {
    const held = this.#held.peek(searchId);
    if (held !== undefined && sees(held.asker.client)) {
      // What it knows is good enough where nobody can tell it more.
      await this.#searches.sync(held).catch(() => undefined);
      return;
    }
    // A search that is none of the client's is looked for like one that is not there: it fails alike where nothing can be looked up.
    const record = await this.#journals!.search(searchId);
    if (record?.request === undefined || !sees(record.client) || this.#held.peek(searchId) !== undefined) return;
    let adopting = this.#adopting.get(searchId);
    if (adopting === undefined) {
      adopting = this.#adopt(searchId, record, record.request).finally(() => this.#adopting.delete(searchId));
      this.#adopting.set(searchId, adopting);
    }
    await adopting;
  }

  async #adopt(searchId: string, record: SearchRecord, request: SearchRequest): Promise<Search> {
    const { client, deadlineMs: deadline, startedAtMs } = record;
    const prepared = prepareSearch(request, startedAtMs, this.#live.rankings);
    const asker = { client, deadline, trace: ROOT_CONTEXT };
    return this.#searches.adopt(searchId, record, prepared, asker, this.#inForce(client, prepared));
  }
}

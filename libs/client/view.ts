// The view of a search, from its updates: the rules of SearchUpdate in query.proto, here and nowhere else.
import type { Facet, Offer, PartnerOutcome, Progress, SearchUpdate } from './gen/types.ts';

/** An offer on the screen. */
export type ShownOffer = Offer & { readonly offerId: string };

/** A search as it stands. Never changed after it was handed over: a later view is another object. */
export interface SearchView {
  /** Names the search in further calls; empty before the first update. */
  readonly searchId: string;
  readonly revision: number;
  /** In the order of the page; with SCREEN_ALL, which has no order, in that of their arrival. */
  readonly offers: readonly ShownOffer[];
  /** Each partner's latest, in the order in which partners ended. */
  readonly outcomes: readonly PartnerOutcome[];
  readonly progress: Progress;
  readonly facets: readonly Facet[];
  /** Entries on all pages. */
  readonly totalSize: number;
  /** Opens the next page; empty on the last one. */
  readonly nextPageToken: string;
  /** Every partner has an outcome. Late answers may still come. */
  readonly complete: boolean;
  /** Follow the search from here with it. */
  readonly cursor: string;
  /** Whether it still arrives: "reconnecting" while a lost connection is made again. */
  readonly connection: 'open' | 'reconnecting';
  /** Against the view before. */
  readonly changed: Changed;
}

/** What is different from the view before. */
export interface Changed {
  /** The whole view was told anew. */
  readonly snapshot: boolean;
  /** Offers that came onto the screen or changed on it, by id. */
  readonly upserted: readonly string[];
  /** Offers that left the screen, by id. */
  readonly retracted: readonly string[];
  /** Outcomes that are new. */
  readonly outcomes: readonly PartnerOutcome[];
  /** The order, or the number of entries. */
  readonly page: boolean;
  readonly facets: boolean;
}

/** Makes views of updates, in whatever protocol those came. */
export class SearchFold {
  readonly #offers = new Map<string, ShownOffer>();
  readonly #outcomes = new Map<string, PartnerOutcome>();
  #page: SearchUpdate['page'];
  #facets: readonly Facet[] = [];
  #progress: Progress = {};
  #last: SearchUpdate = {};
  #complete = false;

  /**
   * The view after further updates. Applying one more often than once changes nothing.
   * @param updates in the order in which they came; what changed is told of all of them together
   */
  apply(...updates: readonly SearchUpdate[]): SearchView {
    const changes = new Changes();
    for (const update of updates) this.#take(update, changes);
    return this.#view('open', changes);
  }

  /** The view as it was last, while its connection is made again. */
  reconnecting(): SearchView {
    return this.#view('reconnecting', new Changes());
  }

  #take(update: SearchUpdate, changes: Changes): void {
    if (update.snapshot === true) {
      this.#forget();
      changes.all();
    }
    for (const offer of update.upserts ?? []) {
      const { offerId } = offer;
      if (offerId === undefined) continue;
      // The object as it came: who draws it can tell by identity that it has not changed.
      this.#offers.set(offerId, offer as ShownOffer);
      changes.upsert(offerId);
    }
    for (const id of update.retractedOfferIds ?? []) {
      this.#offers.delete(id);
      changes.retract(id);
    }
    for (const outcome of update.outcomes ?? []) {
      this.#outcomes.set(outcome.partner ?? '', outcome);
      changes.outcomes.push(outcome);
    }
    if (update.page !== undefined) {
      this.#page = update.page;
      changes.page = true;
    }
    if (update.facets !== undefined && update.facets.length > 0) {
      this.#facets = update.facets;
      changes.facets = true;
    }
    this.#progress = update.progress ?? this.#progress;
    this.#complete ||= update.complete === true;
    this.#last = update;
  }

  #forget(): void {
    this.#offers.clear();
    this.#outcomes.clear();
    this.#page = undefined;
    this.#facets = [];
    this.#progress = {};
    this.#complete = false;
  }

  #view(connection: SearchView['connection'], changes: Changes): SearchView {
    const { searchId = '', revision = 0, cursor = '' } = this.#last;
    const page = this.#page;
    return {
      searchId,
      revision,
      offers: page === undefined ? [...this.#offers.values()] : this.#ordered(page.offerIds ?? []),
      outcomes: [...this.#outcomes.values()],
      progress: this.#progress,
      facets: this.#facets,
      totalSize: page === undefined ? this.#offers.size : (page.totalSize ?? 0),
      nextPageToken: page?.nextPageToken ?? '',
      complete: this.#complete,
      cursor,
      connection,
      changed: changes.told(),
    };
  }

  #ordered(ids: readonly string[]): ShownOffer[] {
    return ids.flatMap((id) => this.#offers.get(id) ?? []);
  }
}

/** What several updates changed together. */
class Changes {
  readonly outcomes: PartnerOutcome[] = [];
  page = false;
  facets = false;
  #snapshot = false;
  readonly #upserted = new Set<string>();
  readonly #retracted = new Set<string>();

  all(): void {
    this.#snapshot = true;
    this.#upserted.clear();
    this.#retracted.clear();
    this.outcomes.length = 0;
    this.page = true;
    this.facets = true;
  }

  upsert(id: string): void {
    this.#retracted.delete(id);
    this.#upserted.add(id);
  }

  retract(id: string): void {
    this.#upserted.delete(id);
    this.#retracted.add(id);
  }

  told(): Changed {
    return {
      snapshot: this.#snapshot,
      upserted: [...this.#upserted],
      retracted: [...this.#retracted],
      outcomes: this.outcomes,
      page: this.page,
      facets: this.facets,
    };
  }
}

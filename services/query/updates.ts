import type { Offer } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Facet, PageView, Progress, SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { sameFacets } from './facets.ts';
import { encodeCursor } from './tokens.ts';

/** The view of a search at one revision, as it is to be shown from now on. */
export interface Publication {
  readonly revision: number;
  readonly page: PageView;
  /** The offers of the page, by id. */
  readonly offers: ReadonlyMap<string, Offer>;
  /** Every outcome so far, in the order in which they came. */
  readonly outcomes: readonly PartnerOutcome[];
  readonly progress: Progress;
  readonly facets: Facet[];
  readonly complete: boolean;
}

interface Shown {
  readonly offer: Offer;
  /** The revision at which it came or last changed. */
  readonly since: number;
}

/**
 * What a search has shown, and the revision at which each part of it last changed. That is enough to tell any reader
 * the net change since the revision that it knows, however long it was away: a slow reader costs nothing but its
 * position, and ends with the same view as one that read everything. Offers that left the page are remembered up to a
 * bound; who comes from before that gets a snapshot.
 */
export class UpdateLog {
  readonly #searchId: string;
  readonly #viewKey: string;
  readonly #limit: number;
  readonly #shown = new Map<string, Shown>();
  /** Offers that left the page, oldest first, with the revision at which they left. */
  readonly #retracted = new Map<string, number>();
  /** Changes up to this revision are no longer known one by one. */
  #floor = 0;
  #page: PageView = { offerIds: [], nextPageToken: '', totalSize: 0 };
  #pageSince = 0;
  #outcomes: readonly PartnerOutcome[] = [];
  /** Revision of each outcome. */
  readonly #outcomeSince: number[] = [];
  #facets: Facet[] = [];
  #facetsSince = 0;
  #progress: Progress | undefined;
  #complete = false;
  #revision = 0;
  #last: { from: number | undefined; update: SearchUpdate } | undefined;

  /** @param limit retractions to remember; at least a few pages */
  constructor(searchId: string, viewKey: string, limit: number) {
    this.#searchId = searchId;
    this.#viewKey = viewKey;
    this.#limit = limit;
  }

  /** The last published revision; 0 before the first. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether what was published last is the complete search. */
  get complete(): boolean {
    return this.#complete;
  }

  /** The cursor of what was published last. */
  get cursor(): string {
    return this.#cursorAt(this.#revision);
  }

  /** The offer as it is shown now; undefined when it is not on the page. */
  shown(offerId: string): Offer | undefined {
    return this.#shown.get(offerId)?.offer;
  }

  /** Takes in a newer view. An offer counts as changed when it is another object than before. */
  publish(next: Publication): void {
    const { revision } = next;
    for (const id of this.#shown.keys()) {
      if (next.offers.has(id)) continue;
      this.#shown.delete(id);
      this.#retracted.set(id, revision);
    }
    for (const [id, offer] of next.offers) {
      this.#retracted.delete(id);
      if (this.#shown.get(id)?.offer !== offer) this.#shown.set(id, { offer, since: revision });
    }
    for (const [id, since] of this.#retracted) {
      if (this.#retracted.size <= this.#limit) break;
      this.#retracted.delete(id);
      this.#floor = since;
    }
    if (!samePage(this.#page, next.page)) {
      this.#page = next.page;
      this.#pageSince = revision;
    }
    while (this.#outcomeSince.length < next.outcomes.length) this.#outcomeSince.push(revision);
    this.#outcomes = next.outcomes;
    if (!sameFacets(this.#facets, next.facets)) {
      this.#facets = next.facets;
      this.#facetsSince = revision;
    }
    this.#progress = next.progress;
    this.#complete = next.complete;
    this.#revision = revision;
    this.#last = undefined;
  }

  /**
   * The net change since a revision that was published; a snapshot for undefined, and where the revision is too old or
   * none that was published. Readers at the same revision share one message.
   */
  since(from: number | undefined): SearchUpdate {
    const start = from === undefined || from < this.#floor || from < 1 || from > this.#revision ? undefined : from;
    if (this.#last !== undefined && this.#last.from === start) return this.#last.update;
    const after = start ?? 0;
    const update: SearchUpdate = {
      searchId: this.#searchId,
      revision: this.#revision,
      cursor: this.cursor,
      snapshot: start === undefined,
      upserts: this.#offersSince(after),
      retractedOfferIds: start === undefined ? [] : this.#retractedSince(after),
      page: start === undefined || this.#pageSince > after ? this.#page : undefined,
      outcomes: this.#outcomes.filter((_, index) => this.#outcomeSince[index]! > after),
      progress: this.#progress,
      facets: start === undefined || this.#facetsSince > after ? this.#facets : [],
      complete: this.#complete,
    };
    this.#last = { from: start, update };
    return update;
  }

  /** Revision behind which nothing is left to be said to a reader. */
  upToDate(revision: number | undefined): boolean {
    return this.#revision === 0 || revision === this.#revision;
  }

  #offersSince(after: number): Offer[] {
    const offers: Offer[] = [];
    for (const id of this.#page.offerIds) {
      const shown = this.#shown.get(id);
      if (shown !== undefined && shown.since > after) offers.push(shown.offer);
    }
    return offers;
  }

  #retractedSince(after: number): string[] {
    const ids: string[] = [];
    for (const [id, since] of this.#retracted) if (since > after) ids.push(id);
    return ids;
  }

  #cursorAt(revision: number): string {
    return encodeCursor({ searchId: this.#searchId, view: this.#viewKey, revision });
  }
}

function samePage(a: PageView, b: PageView): boolean {
  return (
    a.nextPageToken === b.nextPageToken &&
    a.totalSize === b.totalSize &&
    a.offerIds.length === b.offerIds.length &&
    a.offerIds.every((id, index) => id === b.offerIds[index])
  );
}

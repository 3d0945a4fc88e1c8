import { randomInt } from 'node:crypto';
import type { Offer } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Facet, PageView, Progress, SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { sameFacets } from './facets.ts';
import { type Cursor, encodeCursor, type Position } from './tokens.ts';

/** The view of a search at one revision, as it is to be shown from now on. */
export interface Publication {
  readonly revision: number;
  /** The order of the page; undefined for a screen without an order. */
  readonly page: PageView | undefined;
  /** The offers that are shown, by id. */
  readonly offers: ReadonlyMap<string, Offer>;
  /** Every outcome so far, in the order in which they came. */
  readonly outcomes: readonly PartnerOutcome[];
  readonly progress: Progress;
  readonly facets: Facet[];
  readonly complete: boolean;
}

interface Shown {
  readonly offer: Offer;
  /** The publication in which it came or last changed. */
  readonly since: number;
}

/** An update, and where its reader stands after it. */
interface Reading {
  readonly update: SearchUpdate;
  readonly position: Position;
}

/** Options of {@link UpdateLog}. */
export interface UpdateLogOptions {
  /** What is shown, in cursors: a view and a screen. */
  readonly shows: string;
  /** Retractions to remember; at least a few pages. */
  readonly retractions: number;
  /**
   * Most offers in one update; a reader that has missed more gets several. No more than that may change in one publication. Without
   * it everything comes in one.
   */
  readonly mostUpserts?: number;
}

/**
 * What a screen of a search has shown, and the publication at which each part of it last changed. That is enough to tell any reader
 * the net change since the publication that it knows, however long it was away: a slow reader costs nothing but its position, and
 * ends with the same view as one that read everything. Offers that left the screen are remembered up to a bound; who comes from
 * before that gets a snapshot.
 */
export class UpdateLog {
  readonly #searchId: string;
  readonly #options: Required<UpdateLogOptions>;
  /** Tells the publications of this log from those of another process. */
  readonly #tag = randomInt(36 ** 4).toString(36);
  /** In the order of their last change. */
  readonly #shown = new Map<string, Shown>();
  /** Offers that left the screen, oldest first, with the publication at which they left. */
  readonly #retracted = new Map<string, number>();
  /** Changes up to this publication are no longer known one by one. */
  #floor = 0;
  #page: PageView | undefined;
  #pageSince = 0;
  #outcomes: readonly PartnerOutcome[] = [];
  /** Publication of each outcome's last change. */
  readonly #outcomeSince: number[] = [];
  #facets: Facet[] = [];
  #facetsSince = 0;
  #progress: Progress | undefined;
  #complete = false;
  #revision = 0;
  #publications = 0;
  #last: { readonly from: Position | undefined; readonly made: Reading } | undefined;

  constructor(searchId: string, options: UpdateLogOptions) {
    this.#searchId = searchId;
    this.#options = { mostUpserts: Number.POSITIVE_INFINITY, ...options };
  }

  /** The result set's revision that was published last; 0 before the first. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether what was published last is the complete search. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Offers that are shown. */
  get size(): number {
    return this.#shown.size;
  }

  /** The cursor of what was published last. */
  get cursor(): string {
    return this.#cursorAt({ told: this.#publications, seen: this.#publications });
  }

  /** The position that a cursor names; undefined for one of another screen or process, whose reader needs a snapshot. */
  positionOf({ view, tag, position }: Cursor): Position | undefined {
    return view === this.#options.shows && tag === this.#tag ? position : undefined;
  }

  /** The offer as it is shown now; undefined when it is not on the screen. */
  shown(offerId: string): Offer | undefined {
    return this.#shown.get(offerId)?.offer;
  }

  /** Takes in a newer view. An offer counts as changed when it is another object than before. */
  publish(next: Publication): void {
    const number = ++this.#publications;
    for (const id of this.#shown.keys()) {
      if (next.offers.has(id)) continue;
      this.#shown.delete(id);
      this.#retracted.set(id, number);
    }
    for (const [id, offer] of next.offers) {
      this.#retracted.delete(id);
      if (this.#shown.get(id)?.offer === offer) continue;
      this.#shown.delete(id);
      this.#shown.set(id, { offer, since: number });
    }
    for (const [id, since] of this.#retracted) {
      if (this.#retracted.size <= this.#options.retractions) break;
      this.#retracted.delete(id);
      this.#floor = since;
    }
    if (!samePage(this.#page, next.page)) {
      this.#page = next.page;
      this.#pageSince = number;
    }
    for (const [index, outcome] of next.outcomes.entries()) {
      if (this.#outcomes[index] !== outcome) this.#outcomeSince[index] = number;
    }
    this.#outcomes = next.outcomes;
    if (!sameFacets(this.#facets, next.facets)) {
      this.#facets = next.facets;
      this.#facetsSince = number;
    }
    this.#progress = next.progress;
    this.#complete = next.complete;
    this.#revision = next.revision;
    this.#last = undefined;
  }

  /**
   * The net change since a position; a snapshot for undefined, and where the position is too old or none of this log. Readers at the
   * same position share one message.
   */
  since(from: Position | undefined): Reading {
    const start = from !== undefined && this.#continues(from) ? from : undefined;
    const last = this.#last;
    if (last !== undefined && last.from?.told === start?.told && last.from?.seen === start?.seen) return last.made;
    const made = this.#make(start);
    this.#last = { from: start, made };
    return made;
  }

  /** Nothing is left to be said to a reader. */
  upToDate(position: Position | undefined): boolean {
    return this.#publications === 0 || position?.told === this.#publications;
  }

  /** What has changed since a position is known one by one. */
  #continues({ told, seen }: Position): boolean {
    return told >= 1 && told <= seen && seen >= this.#floor && seen <= this.#publications;
  }

  #make(start: Position | undefined): Reading {
    const { upserts, until } = this.#offersSince(start?.told ?? 0);
    // What is no offer is told at once, whatever is left of the offers: it takes little room, and a piece of a snapshot that is told
    // what left the screen so far depends on nothing that may be forgotten before the next.
    const seen = start?.seen;
    const isNew = (since: number): boolean => seen === undefined || since > seen;
    const position = { told: until, seen: this.#publications };
    const update: SearchUpdate = {
      searchId: this.#searchId,
      revision: this.#revision,
      cursor: this.#cursorAt(position),
      snapshot: start === undefined,
      upserts,
      retractedOfferIds: seen === undefined ? [] : this.#retractedSince(seen),
      page: isNew(this.#pageSince) ? this.#page : undefined,
      outcomes: this.#outcomes.filter((_, index) => isNew(this.#outcomeSince[index]!)),
      progress: this.#progress,
      facets: isNew(this.#facetsSince) ? this.#facets : [],
      complete: until === this.#publications && this.#complete,
    };
    return { update, position };
  }

  /** Offers that changed after a publication, as many as one update takes, and the publication that they reach to. */
  #offersSince(after: number): { upserts: Offer[]; until: number } {
    const upserts: Offer[] = [];
    if (this.#page !== undefined) {
      for (const id of this.#page.offerIds) {
        const shown = this.#shown.get(id);
        if (shown !== undefined && shown.since > after) upserts.push(shown.offer);
      }
      return { upserts, until: this.#publications };
    }
    // A publication is told as a whole.
    let whole = { until: after, length: 0 };
    let current = after;
    for (const { offer, since } of this.#shown.values()) {
      if (since <= after) continue;
      if (since !== current) whole = { until: current, length: upserts.length };
      current = since;
      upserts.push(offer);
      if (upserts.length <= this.#options.mostUpserts || whole.length === 0) continue;
      return { upserts: upserts.slice(0, whole.length), until: whole.until };
    }
    return { upserts, until: this.#publications };
  }

  #retractedSince(seen: number): string[] {
    const ids: string[] = [];
    for (const [id, since] of this.#retracted) if (since > seen) ids.push(id);
    return ids;
  }

  #cursorAt(position: Position): string {
    return encodeCursor({ searchId: this.#searchId, view: this.#options.shows, tag: this.#tag, position });
  }
}

function samePage(a: PageView | undefined, b: PageView | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.nextPageToken === b.nextPageToken &&
    a.totalSize === b.totalSize &&
    a.offerIds.length === b.offerIds.length &&
    a.offerIds.every((id, index) => id === b.offerIds[index])
  );
}

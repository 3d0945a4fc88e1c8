import { randomInt } from 'node:crypto';
import type { Offer } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Facet, PageView, Progress, SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { sameFacets } from './facets.ts';
import { type Cursor, encodeCursor } from './tokens.ts';

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

/** Options of {@link UpdateLog}. */
export interface UpdateLogOptions {
  /** What is shown, in cursors: a view and a screen. */
  readonly shows: string;
  /** Retractions to remember; at least a few pages. */
  readonly retractions: number;
  /** Most offers in one update; a reader that has missed more gets several. Without it everything comes in one. */
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
  #last: { from: number | undefined; made: { update: SearchUpdate; position: number } } | undefined;

  constructor(searchId: string, options: UpdateLogOptions) {
    this.#searchId = searchId;
    this.#options = { mostUpserts: Number.POSITIVE_INFINITY, ...options };
  }

  /** The result set's revision that was published last; 0 before the first. */
  get revision(): number {
    return this.#revision;
  }

  /** Publications so far: the position of a reader that has read everything. */
  get publications(): number {
    return this.#publications;
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
    return this.#cursorAt(this.#publications);
  }

  /** The position that a cursor names; undefined for one of another screen or process, whose reader needs a snapshot. */
  positionOf({ view, tag, position }: Cursor): number | undefined {
    return view === this.#options.shows && tag === this.#tag && position > 0 ? position : undefined;
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
   * @returns the update and the position after it
   */
  since(from: number | undefined): { readonly update: SearchUpdate; readonly position: number } {
    const start = from === undefined || from < this.#floor || from < 1 || from > this.#publications ? undefined : from;
    if (this.#last === undefined || this.#last.from !== start) this.#last = { from: start, made: this.#make(start) };
    return this.#last.made;
  }

  /** Nothing is left to be said to a reader. */
  upToDate(position: number | undefined): boolean {
    return this.#publications === 0 || position === this.#publications;
  }

  #make(start: number | undefined): { update: SearchUpdate; position: number } {
    const after = start ?? 0;
    const { upserts, until } = this.#offersSince(after);
    const whole = until === this.#publications;
    const between = (since: number): boolean => since > after && since <= until;
    const first = start === undefined;
    const update: SearchUpdate = {
      searchId: this.#searchId,
      revision: this.#revision,
      cursor: this.#cursorAt(until),
      snapshot: first,
      upserts,
      retractedOfferIds: first ? [] : this.#retractedBetween(after, until),
      page: first || this.#pageSince > after ? this.#page : undefined,
      outcomes: this.#outcomes.filter((_, index) => first || between(this.#outcomeSince[index]!)),
      progress: this.#progress,
      facets: first || between(this.#facetsSince) ? this.#facets : [],
      complete: whole && this.#complete,
    };
    return { update, position: until };
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
    let until = after;
    for (const { offer, since } of this.#shown.values()) {
      if (since <= after) continue;
      // A publication is told as a whole.
      if (upserts.length >= this.#options.mostUpserts && since !== until) return { upserts, until };
      upserts.push(offer);
      until = since;
    }
    return { upserts, until: this.#publications };
  }

  #retractedBetween(after: number, until: number): string[] {
    const ids: string[] = [];
    for (const [id, since] of this.#retracted) if (since > after && since <= until) ids.push(id);
    return ids;
  }

  #cursorAt(position: number): string {
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

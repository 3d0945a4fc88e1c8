import type { Offer } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Progress, SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { OfferMaker } from './make.ts';
import { offerIdOf, wholeOffer } from './offers.ts';
import { type Entry, entriesOf, type Ordering } from './ordering.ts';
import type { ReadMask } from './read-mask.ts';
import type { ResultSet } from './result-set.ts';
import { Subscription } from './subscription.ts';
import { encodePageToken } from './tokens.ts';
import type { UpdateLog } from './updates.ts';

/** The search at one moment. */
export interface Moment {
  readonly revision: number;
  readonly ordering: Ordering;
  readonly outcomes: readonly PartnerOutcome[];
  readonly progress: Progress;
  readonly complete: boolean;
}

/** What the publisher needs to know of its search. */
export interface Published {
  readonly searchId: string;
  readonly set: ResultSet;
  readonly mask: ReadMask;
  readonly maker: OfferMaker;
  readonly log: UpdateLog;
  /** There is something to show: who is asked is known, and prices can be had. */
  readonly ready: boolean;
  /** Every partner has an outcome. */
  readonly complete: boolean;
  /** The search as it is now. */
  now(): Moment;
  /** A view was published. */
  shown(moment: Moment, offers: number): void;
  /** Nothing can be shown. */
  broken(error: EntrepotError): void;
  /** The last reader is gone. */
  deserted(): void;
}

/** An offer that was shown, with everything that it was drawn from. */
interface Drawn {
  readonly entry: Entry;
  readonly product: number;
  readonly provisional: number;
  readonly offer: Offer;
}

/** Times that supply may say that rows are no longer held before a page goes out with what there is. */
const mostRecuts = 5;

/**
 * Turns what changes into updates: cuts the first page, has its offers made, and publishes. Changes that come close
 * together share an update; the first offers and the completion go out at once. Nothing is made while nobody reads.
 */
export class Publisher {
  readonly #search: Published;
  readonly #minIntervalMs: number;
  readonly #readers = new Map<Subscription<SearchUpdate>, { readonly final: boolean }>();
  #drawn = new Map<string, Drawn>();
  #dirty = false;
  #urgent = false;
  #publishing = false;
  #timer: NodeJS.Timeout | undefined;
  #publishedAt = Number.NEGATIVE_INFINITY;
  #failure: EntrepotError | undefined;
  #over = false;

  /** @param minIntervalMs between two updates */
  constructor(search: Published, minIntervalMs: number) {
    this.#search = search;
    this.#minIntervalMs = minIntervalMs;
  }

  /** Somebody reads. */
  get read(): boolean {
    return this.#readers.size > 0;
  }

  /**
   * A new reader.
   * @param from the revision that it knows; undefined for none
   * @param final it wants one snapshot of the complete search
   */
  subscribe(from: number | undefined, final: boolean): Subscription<SearchUpdate> {
    const { log, set } = this.#search;
    let position = from;
    let sent = false;
    const reader = new Subscription<SearchUpdate>({
      read: () => {
        if (this.#failure !== undefined) throw this.#failure;
        if (final) {
          if (sent) return 'end';
          if (!log.complete) return this.#over && !this.#busy ? 'end' : undefined;
          sent = true;
          return log.since(undefined);
        }
        if (!log.upToDate(position)) {
          const update = log.since(position);
          position = log.revision;
          return update;
        }
        return this.#over && !this.#busy ? 'end' : undefined;
      },
      left: () => {
        this.#readers.delete(reader);
        if (this.#readers.size === 0) this.#search.deserted();
      },
    });
    this.#readers.set(reader, { final });
    if (this.#dirty || set.revision !== log.revision) this.changed(true);
    return reader;
  }

  /** Something changed. An urgent change goes out at once, together with all that waits. */
  changed(urgent: boolean): void {
    this.#dirty = true;
    this.#urgent ||= urgent;
    if (this.#publishing || !this.#wanted()) return;
    const wait = this.#urgent ? 0 : this.#publishedAt + this.#minIntervalMs - performance.now();
    if (wait <= 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      void this.#publish();
    } else {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        void this.#publish();
      }, wait);
    }
  }

  /** Every reader is told that the search failed. */
  fail(error: EntrepotError): void {
    this.#failure = error;
    clearTimeout(this.#timer);
    this.#wakeAll();
  }

  /** Nothing more will come: readers end once they have read what there is. */
  end(): void {
    this.#over = true;
    if (this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      void this.#publish();
    }
    this.#wakeAll();
  }

  get #busy(): boolean {
    return this.#publishing || (this.#dirty && this.#wanted());
  }

  /** Whether anybody would see an update now. */
  #wanted(): boolean {
    if (this.#failure !== undefined || !this.#search.ready) return false;
    for (const { final } of this.#readers.values()) if (!final || this.#search.complete) return true;
    return false;
  }

  async #publish(): Promise<void> {
    this.#publishing = true;
    this.#dirty = false;
    this.#urgent = false;
    try {
      await this.#publishNow();
    } catch (error) {
      const message = 'The page could not be put together; the trace id finds out why.';
      this.#search.broken(
        error instanceof EntrepotError ? error : new EntrepotError({ reason: 'INTERNAL', message, cause: error }),
      );
    } finally {
      this.#publishing = false;
      this.#publishedAt = performance.now();
    }
    this.#wakeAll();
    if (this.#dirty) this.changed(false);
  }

  async #publishNow(): Promise<void> {
    const { log, set, maker } = this.#search;
    for (let cut = 1; ; cut++) {
      const moment = this.#search.now();
      if (moment.revision === log.revision) return;
      let entries = entriesOf(set, moment.ordering, 0, moment.ordering.view.pageSize);
      let failure: unknown;
      try {
        const whole = await maker.ensure(entries.map(({ row }) => row));
        if (!whole && cut < mostRecuts) continue;
      } catch (error) {
        failure = error;
      }
      if (!maker.needless) {
        const made = entries.filter(({ row }) => maker.made(row) !== undefined);
        if (made.length === 0 && entries.length > 0 && moment.complete && failure !== undefined) throw failure;
        entries = made;
      }
      this.#publishMoment(moment, entries);
      maker.trim();
      return;
    }
  }

  #publishMoment(moment: Moment, entries: readonly Entry[]): void {
    const { log } = this.#search;
    const { ordering } = moment;
    const drawn = new Map<string, Drawn>();
    const offers = new Map<string, Offer>();
    for (const entry of entries) {
      const known = this.#draw(entry, ordering);
      drawn.set(known.offer.offerId, known);
      offers.set(known.offer.offerId, known.offer);
    }
    this.#drawn = drawn;
    log.publish({
      revision: moment.revision,
      page: {
        offerIds: [...offers.keys()],
        nextPageToken: nextPageToken(this.#search.searchId, ordering, ordering.view.pageSize),
        totalSize: ordering.heads.length,
      },
      offers,
      outcomes: moment.outcomes,
      progress: moment.progress,
      facets: ordering.facets,
      complete: moment.complete,
    });
    this.#search.shown(moment, offers.size);
  }

  /** The entry as an offer; the same object as before when nothing about it changed. */
  #draw(entry: Entry, { products }: Ordering): Drawn {
    const { searchId, set, maker, mask } = this.#search;
    const known = this.#drawn.get(offerIdOf(searchId, set, entry.row));
    const view = entry.row < products.rows ? products : set.products.view;
    const product = view.ofRow[entry.row]!;
    const provisional = view.provisional[product]!;
    if (
      known !== undefined &&
      known.product === product &&
      known.provisional === provisional &&
      sameEntry(known.entry, entry)
    ) {
      return known;
    }
    const offer = wholeOffer(searchId, set, products, entry, maker.made(entry.row), mask);
    return { entry, product, provisional, offer };
  }

  #wakeAll(): void {
    for (const reader of [...this.#readers.keys()]) reader.wake();
  }
}

/** Token of the page that starts at `offset`; empty when there is none. */
export function nextPageToken(searchId: string, ordering: Ordering, offset: number): string {
  if (offset >= ordering.heads.length) return '';
  return encodePageToken({ searchId, view: ordering.view.key, revision: ordering.revision, offset });
}

function sameEntry(a: Entry, b: Entry): boolean {
  return (
    a.row === b.row && a.others.length === b.others.length && a.others.every((row, index) => row === b.others[index])
  );
}

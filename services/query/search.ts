import type { ProductContent } from '../../libs/contracts/gen/entrepot/normalization/v1/content.ts';
import type { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { PricingView } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import {
  type Progress,
  Screen as ScreenKind,
  type SearchUpdate,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { EntrepotError } from '../../libs/errors/index.ts';
import type { Logger } from '../../libs/telemetry/index.ts';
import { AllScreen, allKey } from './all-screen.ts';
import type { QueryConfig } from './config.ts';
import type { Contents } from './contents.ts';
import type { FanOut } from './fan-out.ts';
import type { Asker } from './fan-out-tools.ts';
import { newSearchId } from './ids.ts';
import type { Looker } from './lookers.ts';
import { OfferMaker } from './make.ts';
import { settledProducts } from './offers.ts';
import { type Entry, type Ordering, Orderings } from './ordering.ts';
import { outcomesIn } from './outcomes.ts';
import type { PricedSet } from './priced-set.ts';
import type { ProductsView } from './products.ts';
import { Publisher } from './publisher.ts';
import { reportEnd, reportFailure, reportFirstOffers } from './report.ts';
import type { PreparedSearch } from './request.ts';
import type { ResultSet } from './result-set.ts';
import type { Drawing, Moment, Screen } from './screen.ts';
import type { Subscription } from './subscription.ts';
import type { Cursor, SetMoment } from './tokens.ts';
import { type Share, ToldOutcomes } from './told-outcomes.ts';
import { ToldQuarantine } from './told-quarantine.ts';
import { TopScreen } from './top-screen.ts';
import type { View } from './view.ts';

/** What searches need of the service. */
export interface SearchTools {
  readonly config: QueryConfig;
  readonly log: Logger;
  /** What is known of products; undefined where normalization is not asked. */
  readonly contents: Contents | undefined;
  /** A search holds more than before. */
  readonly grown: (search: Search) => void;
  /** A search is of no use: it must not be found any more. */
  readonly failed: (search: Search) => void;
  /** Entries came onto a page that somebody looks at. */
  readonly looked: (search: Search, entries: readonly Entry[]) => void;
  /** A complete first page was shown. */
  readonly shown: (search: Search, ordering: Ordering) => void;
  /** A search is complete, or nothing more will come of it. */
  readonly concluded: (search: Search) => void;
  /** A search is no longer held: no other may be answered by it. */
  readonly dropped: (search: Search) => void;
}

/** Where a search comes from. */
export interface SearchOrigin {
  readonly id: string;
  /** Epoch ms. */
  readonly beganAt: number;
  readonly share: Share;
}

/** Screens of one search that are kept while nobody reads them, beside its own. */
const mostIdleScreens = 8;

/**
 * One search while somebody may look at it: what a client asked for, the fan-out that it looks at, and the screens on which it is
 * shown.
 */
export class Search implements Looker {
  readonly id: string;
  readonly request: PreparedSearch;
  readonly asker: Asker;
  readonly fanOut: FanOut;
  readonly maker: OfferMaker;
  /** What is known of its products; undefined where nobody wants it, or there is none. */
  readonly contents: Contents | undefined;
  readonly #tools: SearchTools;
  readonly #orderings: Orderings;
  /** By how cursors name them. */
  readonly #screens = new Map<string, Publisher>();
  readonly #startedAt = performance.now();
  /** Where it comes from. */
  readonly origin: SearchOrigin;
  readonly #told: ToldOutcomes;
  readonly #quarantine = new ToldQuarantine();
  #unlook: (() => void) | undefined;
  #graceTimer: NodeJS.Timeout | undefined;
  #reported: boolean;
  #firstShown: boolean;
  #everStayed = false;
  #dropped = false;
  /** Searches that were answered by this one. */
  shared = 0;

  /** @param origin of a search that another process began; default: it begins now */
  constructor(request: PreparedSearch, asker: Asker, fanOut: FanOut, tools: SearchTools, origin?: SearchOrigin) {
    this.origin = origin ?? { id: newSearchId(), beganAt: Date.now(), share: shareOf(fanOut) };
    this.#told = new ToldOutcomes(this.origin.share, this.origin.beganAt, fanOut.startedAt);
    this.id = this.origin.id;
    this.request = request;
    this.asker = asker;
    this.fanOut = fanOut;
    this.#tools = tools;
    this.contents = request.mask.content && request.vertical.hasContent ? tools.contents : undefined;
    const { config } = tools;
    this.maker = new OfferMaker(
      this.set,
      request.mask,
      (handles, itemFields, context) => fanOut.offers.make(handles, itemFields, context),
      (gone) => fanOut.removed(gone),
      Math.max(config.hold.offers, request.view.pageSize * 2),
      (details, currency, context) => fanOut.offers.details(details, currency, context),
    );
    // Of a search that found everything done there is nothing to tell.
    this.#reported = this.#firstShown = fanOut.complete;
    this.#orderings = new Orderings(this.set, () => fanOut.findings.entries, config.hold.orders);
    this.#look();
  }

  /** What was found. */
  get set(): ResultSet {
    return this.fanOut.findings.set;
  }

  /** Every partner has an outcome. */
  get complete(): boolean {
    return this.fanOut.complete;
  }

  /** Every outcome so far. */
  get outcomes(): readonly PartnerOutcome[] {
    return this.#quarantine.of(this.set, this.#told.of(this.fanOut.findings.ended, this.set.partners));
  }

  /** The view that prices were made under; undefined until pricing has said. */
  get pricingView(): PricingView | undefined {
    return this.fanOut.findings.view;
  }

  get read(): boolean {
    return this.#some(({ read }) => read);
  }

  get wanted(): boolean {
    return this.#graceTimer !== undefined || this.read;
  }

  /** Whoever went away and may still come back counts. */
  get stays(): boolean {
    return this.#graceTimer !== undefined || this.#some(({ stays }) => stays);
  }

  get served(): boolean {
    return !this.#some(({ read, served }) => read && !served);
  }

  /**
   * A new reader of a screen.
   * @param cursor what it has seen; undefined for nothing
   * @param final it wants one snapshot of the complete search
   */
  subscribe(view: View, kind: ScreenKind, cursor: Cursor | undefined, final: boolean): Subscription<SearchUpdate> {
    this.#endGrace();
    this.#everStayed ||= !final;
    this.#look();
    this.fanOut.sweep(Date.now());
    const publisher = this.#publisher(view, kind);
    const { log } = publisher.screen;
    return publisher.subscribe(cursor === undefined ? undefined : log.positionOf(cursor), final);
  }

  /** What a screen has shown; undefined where nobody ever read it. */
  screen(view: View, kind: ScreenKind): Screen | undefined {
    return this.#screens.get(keyOf(view, kind))?.screen;
  }

  /**
   * The order of the set under a view as it is now.
   * @param prices in the view's currency; default: the set's own
   */
  ordering(view: View, prices?: PricedSet): Ordering {
    return this.#orderings.now(view, this.complete, prices);
  }

  /** The order of the set under a view at a moment; undefined when it is no longer kept. */
  orderingAt(viewKey: string, moment: SetMoment): Ordering | undefined {
    return this.#orderings.at(viewKey, moment);
  }

  /** Keeps an order of another process, made again. */
  keepOrdering(ordering: Ordering): void {
    this.#orderings.keep(ordering);
  }

  /** Entries came onto a page that somebody looks at. */
  looked(entries: readonly Entry[]): void {
    this.#tools.looked(this, entries);
  }

  /** What is held of a row's product, if that is settled. */
  contentOf(row: number, products: ProductsView): ProductContent | undefined {
    if (this.contents === undefined) return undefined;
    const [product] = settledProducts(this.set, [row], products);
    return product === undefined ? undefined : this.contents.of(product);
  }

  /** How far the search is, with the counts of an order. */
  progress(ordering: Ordering): Progress {
    const counts = this.set.productCounts();
    const { outcomes } = this.fanOut.findings;
    return {
      partnersAsked: outcomes.asked,
      partnersDone: outcomes.done,
      offers: ordering.priced,
      offersMatching: ordering.matching,
      products: counts.products,
      productsProvisional: counts.provisional,
      elapsedMs: Math.round(this.fanOut.elapsedMs),
    };
  }

  /** Bytes held, roughly; what several searches look at counts for each in its part. */
  memoryBytes(): number {
    let own = 4_000 + this.#orderings.memoryBytes() + this.maker.memoryBytes();
    for (const { screen } of this.#screens.values()) own += screen.memoryBytes;
    const { currencies, lookers } = this.fanOut;
    return own + (this.set.memoryBytes() + currencies.memoryBytes()) / Math.max(1, lookers);
  }

  /** The search is no longer held: whoever reads it reads on, and nobody else will. */
  drop(): void {
    this.#dropped = true;
    this.#endGrace();
    this.#tools.dropped(this);
    if (!this.read) this.#stopLooking();
  }

  changed(urgent: boolean): void {
    for (const publisher of this.#screens.values()) publisher.changed(urgent);
  }

  completed(): void {
    if (this.fanOut.findings.outcomes.awaited.length === 0) this.#endGrace();
    this.#report();
    this.#tools.concluded(this);
  }

  ended(): void {
    this.#tools.concluded(this);
    for (const publisher of this.#screens.values()) publisher.end();
  }

  failed(error: EntrepotError): void {
    this.#endGrace();
    if (!this.#reported) {
      this.#reported = true;
      reportFailure(this, error, this.#tools.log);
    }
    this.#tools.failed(this);
    for (const publisher of this.#screens.values()) publisher.fail(error);
  }

  #report(): void {
    if (this.#reported) return;
    this.#reported = true;
    const { complete, findings } = this.fanOut;
    const cancelled = !complete || findings.completedBecause.startsWith('cancelled');
    reportEnd(this, cancelled ? 'cancelled' : 'complete', this.outcomes, this.#elapsedMs, this.#tools.log);
  }

  /** Since it began; its fan-out may be older. */
  get #elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  #publisher(view: View, kind: ScreenKind): Publisher {
    const key = keyOf(view, kind);
    let publisher = this.#screens.get(key);
    if (publisher === undefined) {
      publisher = this.#newPublisher(view, kind, key);
      this.#forgetIdle();
    }
    this.#screens.delete(key);
    this.#screens.set(key, publisher);
    return publisher;
  }

  #newPublisher(view: View, kind: ScreenKind, key: string): Publisher {
    const search = this;
    const drawing: Drawing = {
      searchId: this.id,
      set: this.set,
      mask: this.request.mask,
      maker: this.maker,
      looked: (entries) => this.looked(entries),
      contents: this.contents,
      redraw: () => this.changed(false),
      now: () => {
        const { set, fanOut, asker } = this;
        if (view.currency === set.currency) return this.#moment(view, set.prices);
        return fanOut.currencies.in(view.currency, asker, (prices) => this.#moment(view, prices));
      },
    };
    const screen = kind === ScreenKind.ALL ? new AllScreen(drawing, view) : new TopScreen(drawing, view);
    const publisher = new Publisher(
      screen,
      {
        get ready() {
          const { outcomes } = search.fanOut.findings;
          return outcomes.planned && (search.pricingView !== undefined || search.complete);
        },
        get complete() {
          return search.complete;
        },
        get revision() {
          return search.set.revision;
        },
        written: () => search.fanOut.written(),
        shown: (shown) => search.#shown(shown, key),
        broken: (error) => search.#broken(key, error),
        deserted: () => search.#deserted(),
      },
      this.#tools.config.minUpdateIntervalMs,
    );
    this.#tellState(publisher);
    return publisher;
  }

  /** What a screen was not told because it was not there, or because the search did not look. */
  #tellState(publisher: Publisher): void {
    const { failure, over, complete } = this.fanOut;
    if (failure !== undefined) publisher.fail(failure);
    else if (over && complete) publisher.end();
  }

  #moment(view: View, prices: PricedSet): Moment {
    // What partners apply may be known only after somebody began to look.
    if (view !== this.request.view) this.set.applied.check(view, 'options.filter');
    const ordering = this.ordering(view, prices);
    return {
      revision: this.set.revision,
      prices,
      ordering,
      outcomes:
        prices === this.set.prices ? this.outcomes.slice() : outcomesIn(prices, this.outcomes, this.set.partners),
      progress: this.progress(ordering),
      complete: this.complete,
    };
  }

  /** Screens that nobody reads are kept for a while, since their readers may come back. */
  #forgetIdle(): void {
    for (const [key, publisher] of this.#screens) {
      if (this.#screens.size <= mostIdleScreens) return;
      if (publisher.read) continue;
      publisher.close();
      this.#screens.delete(key);
    }
  }

  #shown({ log }: Screen, key: string): void {
    if (log.size > 0 && !this.#firstShown) {
      this.#firstShown = true;
      reportFirstOffers(this, this.#elapsedMs);
    }
    if (!log.complete) return;
    if (key === this.request.view.key) this.#tools.shown(this, this.ordering(this.request.view));
    this.fanOut.tidy();
    this.#tools.grown(this);
  }

  /** A screen cannot be drawn. Where that is the search's own and nothing was ever shown, the search is of no use. */
  #broken(key: string, error: EntrepotError): void {
    const publisher = this.#screens.get(key);
    if (key === keyOf(this.request.view, this.request.screen) && !this.#firstShown) {
      this.failed(error);
      return;
    }
    this.#screens.delete(key);
    publisher?.fail(error);
  }

  #deserted(): void {
    if (this.read) return;
    if (this.#dropped) {
      this.#stopLooking();
      return;
    }
    const { complete, failure, findings } = this.fanOut;
    const goesOn = failure === undefined && (!complete || findings.outcomes.awaited.length > 0);
    if (goesOn && this.#everStayed) {
      this.#endGrace();
      this.#graceTimer = setTimeout(() => {
        this.#graceTimer = undefined;
        this.#leave('The client went away and did not come back.');
      }, this.#tools.config.resumeGraceMs);
    } else if (goesOn) {
      this.#leave('The client went away.');
    }
    this.fanOut.tidy();
  }

  #endGrace(): void {
    clearTimeout(this.#graceTimer);
    this.#graceTimer = undefined;
  }

  /** Nobody wants this search any more; the fan-out goes on for others that look at it. */
  #leave(detail: string): void {
    if (this.complete) this.fanOut.tidy();
    else this.fanOut.leave(detail);
  }

  #look(): void {
    if (this.#unlook !== undefined) return;
    this.#unlook = this.fanOut.look(this);
    for (const publisher of this.#screens.values()) this.#tellState(publisher);
  }

  #stopLooking(): void {
    const unlook = this.#unlook;
    if (unlook === undefined) return;
    this.#unlook = undefined;
    if (this.fanOut.failure === undefined) this.#report();
    for (const publisher of this.#screens.values()) publisher.close();
    unlook();
  }

  #some(holds: (publisher: Publisher) => boolean): boolean {
    for (const publisher of this.#screens.values()) if (holds(publisher)) return true;
    return false;
  }
}

function shareOf({ complete, started }: FanOut): Share {
  if (complete) return 'held';
  return started ? 'joined' : 'asked';
}

function keyOf(view: View, kind: ScreenKind): string {
  return kind === ScreenKind.ALL ? allKey(view) : view.key;
}

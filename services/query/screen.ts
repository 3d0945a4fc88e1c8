import type { ProductContent } from '../../libs/contracts/gen/entrepot/normalization/v1/content.ts';
import type { Offer } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Progress } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { MadeOffer } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import type { Contents } from './contents.ts';
import { estimateBytes, type OfferMaker } from './make.ts';
import { wholeOffer } from './offers.ts';
import type { Entry, Ordering } from './ordering.ts';
import type { PricedSet } from './priced-set.ts';
import type { ReadMask } from './read-mask.ts';
import type { ResultSet } from './result-set.ts';
import type { UpdateLog } from './updates.ts';

/** The search at one moment. */
export interface Moment {
  readonly revision: number;
  /** In the currency of the view. */
  readonly prices: PricedSet;
  readonly ordering: Ordering;
  readonly outcomes: readonly PartnerOutcome[];
  readonly progress: Progress;
  readonly complete: boolean;
}

/** What screens are drawn from. */
export interface Drawing {
  readonly searchId: string;
  readonly set: ResultSet;
  readonly mask: ReadMask;
  readonly maker: OfferMaker;
  /** Told of entries that come onto the screen. */
  readonly looked: (entries: readonly Entry[]) => void;
  /** What is known of products; undefined where nobody wants it, or the vertical has none. */
  readonly contents: Contents | undefined;
  /** Draws the screens again, for something beside the search has come. */
  redraw(): void;
  /** The search as it is now. Rejects where prices in the view's currency cannot be had. */
  now(): Moment | Promise<Moment>;
}

/** What updates show of a search, drawn anew when something has changed. */
export interface Screen {
  readonly log: UpdateLog;
  /** Everything that was there when it was last drawn is published. */
  readonly whole: boolean;
  /** Bytes held, estimated. */
  readonly memoryBytes: number;
  /** Publishes what has changed, if anything has. True when there is more to be published. */
  draw(): Promise<boolean>;
}

/** An offer that was shown, with everything that it was drawn from. */
interface Drawn {
  readonly entry: Entry;
  readonly product: number;
  readonly provisional: number;
  readonly content: ProductContent | undefined;
  readonly offer: Offer;
}

/** Offers as they were drawn: the same object as before when nothing about one has changed. */
export class DrawnOffers {
  readonly #drawing: Drawing;
  /** By row. */
  #drawn = new Map<number, Drawn>();
  #bytesEach = 0;

  constructor(drawing: Drawing) {
    this.#drawing = drawing;
  }

  /** The entry's row was drawn before: it need not be made to be drawn again. */
  has({ row }: Entry): boolean {
    return this.#drawn.has(row);
  }

  /** Of these entries, those that are not drawn yet as they are now. */
  outdated(entries: readonly Entry[], moment: Moment): Entry[] {
    return entries.filter((entry) => !this.#current(entry, moment));
  }

  /**
   * Draws entries, and forgets all others.
   * @param asBefore stay as they were drawn before, which they were, whatever has changed about them
   * @returns the offers by id, in the order of the entries
   */
  only(entries: readonly Entry[], moment: Moment, asBefore?: ReadonlySet<Entry>): Map<string, Offer> {
    const drawn = new Map<number, Drawn>();
    const offers = new Map<string, Offer>();
    for (const entry of entries) {
      const before = this.#drawn.get(entry.row);
      const now = before !== undefined && asBefore?.has(entry) ? before : this.#draw(entry, before, moment);
      drawn.set(entry.row, now);
      offers.set(now.offer.offerId, now.offer);
    }
    this.#drawn = drawn;
    return offers;
  }

  /** Bytes held, by the size of the first offer. */
  get memoryBytes(): number {
    return this.#drawn.size * this.#bytesEach;
  }

  #draw(entry: Entry, before: Drawn | undefined, moment: Moment): Drawn {
    if (before !== undefined && this.#current(entry, moment)) return before;
    const { searchId, set, maker, mask } = this.#drawing;
    const { ordering, prices } = moment;
    const made =
      maker.made(entry.row, prices.currency) ??
      (before === undefined ? undefined : madeAgain(before.offer, set.partnerChargesOf(entry.row)));
    const place = this.#placeOf(entry, moment);
    const content = this.#contentOf(place, before);
    const offer = wholeOffer(searchId, set, ordering.products, entry, made, mask, prices, content);
    if (this.#bytesEach === 0) this.#bytesEach = estimateBytes(offer);
    return { entry, ...place, content, offer };
  }

  #current(entry: Entry, moment: Moment): boolean {
    const before = this.#drawn.get(entry.row);
    if (before === undefined) return false;
    const place = this.#placeOf(entry, moment);
    return (
      before.product === place.product &&
      before.provisional === place.provisional &&
      before.content === this.#contentOf(place, before) &&
      sameOthers(before.entry, entry)
    );
  }

  /** What is no longer held stays as it was shown, and so does what came again unchanged. */
  #contentOf({ product, provisional }: Place, before: Drawn | undefined): ProductContent | undefined {
    const { contents, set } = this.#drawing;
    if (contents === undefined || provisional === 1) return undefined;
    const now = contents.of(set.products.ids[product]!);
    if (before === undefined || before.product !== product || before.content === undefined) return now;
    return now === undefined || sameTime(now, before.content) ? before.content : now;
  }

  #placeOf({ row }: Entry, { ordering: { products } }: Moment): Place {
    // A row that was verified later than the revision is not among its products.
    const view = row < products.rows ? products : this.#drawing.set.products.view;
    const product = view.ofRow[row]!;
    return { product, provisional: view.provisional[product]! };
  }
}

type Place = Pick<Drawn, 'product' | 'provisional'>;

function sameTime(a: ProductContent, b: ProductContent): boolean {
  return a.updatedAt?.epochMilliseconds === b.updatedAt?.epochMilliseconds;
}

/**
 * What supply made of an offer that was drawn.
 * @param columnCharges charges that did not come from there
 */
function madeAgain({ item, price, fetchedAt, expiresAt }: Offer, columnCharges: number): MadeOffer | undefined {
  if (item === undefined) return undefined;
  return {
    item,
    partnerTotal: price?.partnerTotal,
    partnerTotalMax: price?.partnerTotalMax,
    taxBasis: price?.partnerTaxBasis ?? TaxBasis.UNSPECIFIED,
    fetchedAt,
    expiresAt,
    missing: false,
    charges: price?.charges.slice(columnCharges) ?? [],
  };
}

function sameOthers(a: Entry, b: Entry): boolean {
  return a.others.length === b.others.length && a.others.every((row, index) => row === b.others[index]);
}

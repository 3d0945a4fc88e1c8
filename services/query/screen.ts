import type { Offer } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Progress } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { MadeOffer } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import type { OfferMaker } from './make.ts';
import { offerIdOf, wholeOffer } from './offers.ts';
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
  /** The search as it is now. Rejects where prices in the view's currency cannot be had. */
  now(): Moment | Promise<Moment>;
}

/** What updates show of a search, drawn anew when something has changed. */
export interface Screen {
  readonly log: UpdateLog;
  /** Everything that was there when it was last drawn is published. */
  readonly whole: boolean;
  /** Publishes what has changed, if anything has. True when there is more to be published. */
  draw(): Promise<boolean>;
}

/** An offer that was shown, with everything that it was drawn from. */
interface Drawn {
  readonly entry: Entry;
  readonly product: number;
  readonly provisional: number;
  readonly offer: Offer;
}

/** Offers as they were drawn: the same object as before when nothing about one has changed. */
export class DrawnOffers {
  readonly #drawing: Drawing;
  #drawn = new Map<string, Drawn>();

  constructor(drawing: Drawing) {
    this.#drawing = drawing;
  }

  /** The row was drawn before: it need not be made to be drawn again. */
  has(row: number): boolean {
    const { searchId, set } = this.#drawing;
    return this.#drawn.get(offerIdOf(searchId, set, row))?.entry.row === row;
  }

  /** Draws entries, and forgets all others. */
  only(entries: readonly Entry[], moment: Moment): Map<string, Offer> {
    const { searchId, set } = this.#drawing;
    const drawn = new Map<string, Drawn>();
    const offers = new Map<string, Offer>();
    for (const entry of entries) {
      const id = offerIdOf(searchId, set, entry.row);
      const now = this.#draw(entry, this.#drawn.get(id), moment);
      drawn.set(id, now);
      offers.set(id, now.offer);
    }
    this.#drawn = drawn;
    return offers;
  }

  #draw(entry: Entry, before: Drawn | undefined, { ordering: { products }, prices }: Moment): Drawn {
    const { searchId, set, maker, mask } = this.#drawing;
    const view = entry.row < products.rows ? products : set.products.view;
    const product = view.ofRow[entry.row]!;
    const provisional = view.provisional[product]!;
    const same = before?.product === product && before.provisional === provisional && sameEntry(before.entry, entry);
    if (same) return before;
    const made = maker.made(entry.row) ?? (before?.entry.row === entry.row ? madeAgain(before.offer) : undefined);
    return { entry, product, provisional, offer: wholeOffer(searchId, set, products, entry, made, mask, prices) };
  }
}

/** What supply made of an offer that was drawn. */
function madeAgain({ item, price, fetchedAt, expiresAt }: Offer): MadeOffer | undefined {
  if (item === undefined) return undefined;
  return {
    item,
    partnerTotal: price?.partnerTotal,
    partnerTotalMax: price?.partnerTotalMax,
    taxBasis: price?.partnerTaxBasis ?? TaxBasis.UNSPECIFIED,
    fetchedAt,
    expiresAt,
    missing: false,
  };
}

function sameEntry(a: Entry, b: Entry): boolean {
  return (
    a.row === b.row && a.others.length === b.others.length && a.others.every((row, index) => row === b.others[index])
  );
}

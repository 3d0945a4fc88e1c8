import type { ProductContent } from '../../libs/contracts/gen/entrepot/normalization/v1/content.ts';
import type { Offer, OfferSummary, Price } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { AccuracyAction } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { MadeOffer } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { Money } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { moneyFromMinor } from '../../libs/money/index.ts';
import { chargesOf, unitPriceOf, unitPriceRequired } from './charges.ts';
import { offerId } from './ids.ts';
import type { Entry } from './ordering.ts';
import type { PricedSet } from './priced-set.ts';
import type { ProductsView } from './products.ts';
import type { ReadMask } from './read-mask.ts';
import type { ResultSet } from './result-set.ts';

/** Whole offers from rows: what supply made of them, with the shown price and the offers beside them. */

/** The id of a row's offer. */
export function offerIdOf(searchId: string, set: ResultSet, row: number): string {
  const place = set.placeOf(row);
  return offerId(searchId, place.partner, place.row);
}

/** The products of rows, where they are settled: of others nothing is known. */
export function settledProducts({ products }: ResultSet, rows: Iterable<number>, view: ProductsView): Set<string> {
  const ids = new Set<string>();
  for (const row of rows) {
    const known = row < view.rows ? view : products.view;
    const product = known.ofRow[row]!;
    if (known.provisional[product] !== 1) ids.add(products.ids[product]!);
  }
  return ids;
}

/**
 * An entry of a page as an offer.
 * @param made what supply made of the row, with charges in the shown currency; undefined where the mask wants nothing of the item
 * @param products the products of the revision that is shown
 * @param prices what is shown of them; default: the set's own
 * @param content what is known of the product
 */
export function wholeOffer(
  searchId: string,
  set: ResultSet,
  products: ProductsView,
  entry: Entry,
  made: MadeOffer | undefined,
  mask: ReadMask,
  prices: PricedSet = set.prices,
  content?: ProductContent,
): Offer {
  const { row } = entry;
  const { currency } = prices;
  const source = set.sourceOf(row);
  const price = prices.priceOf(row);
  // A row that was verified later than the revision is not among its products.
  const known = row < products.rows ? products : set.products.view;
  const product = known.ofRow[row]!;
  const own =
    made === undefined
      ? ownPrice(set, row)
      : {
          partnerTotal: made.partnerTotal,
          partnerTotalMax: made.partnerTotalMax,
          partnerTaxBasis: made.taxBasis,
        };
  const unitPrice = mask.price ? unitPriceOf(set, row, price.total, currency) : undefined;
  const offer: Offer = {
    offerId: offerIdOf(searchId, set, row),
    productId: set.products.ids[product]!,
    productProvisional: known.provisional[product] === 1,
    partner: set.partnerOf(row),
    item: made?.item,
    content,
    demotedBecause: demotedBecause(set, row),
    price: {
      total: moneyFromMinor(price.total, currency),
      dueLater: price.dueLater > 0 ? moneyFromMinor(price.dueLater, currency) : undefined,
      tax: price.tax >= 0 ? moneyFromMinor(price.tax, currency) : undefined,
      ...own,
      charges: mask.price ? chargesOf(set, row, prices, made) : [],
      unitPrice,
      dueLaterOnTop: price.dueLater > 0 && set.display?.dueLaterOnTop === true,
      totalMax: upperBound(price.totalMax, currency),
    },
    expiresAt: made?.expiresAt ?? Temporal.Instant.fromEpochMilliseconds(set.expiryOf(row)),
    fetchedAt: made?.fetchedAt ?? source.fetchedAt,
    stale: source.stale,
    otherOffers: mask.otherOffers ? entry.others.map((other) => summary(searchId, set, other, prices)) : [],
  };
  const masked = mask.apply(offer);
  return unitPrice !== undefined && unitPriceRequired(set, mask)
    ? { ...masked, price: masked.price && { ...masked.price, unitPrice } }
    : masked;
}

function demotedBecause(set: ResultSet, row: number): string {
  const judgement = set.judgementOf(row);
  return judgement?.action === AccuracyAction.DEMOTED ? judgement.because : '';
}

function summary(searchId: string, set: ResultSet, row: number, prices: PricedSet): OfferSummary {
  const { total, totalMax } = prices.boundsOf(row);
  return {
    offerId: offerIdOf(searchId, set, row),
    partner: set.partnerOf(row),
    total: moneyFromMinor(total, prices.currency),
    totalMax: upperBound(totalMax, prices.currency),
  };
}

/** The upper bound of a range; undefined where the price is none. */
function upperBound(minor: number, currency: string): Money | undefined {
  return minor < 0 ? undefined : moneyFromMinor(minor, currency);
}

/** The partner's own price from the columns, for offers whose item nobody wants. */
function ownPrice(set: ResultSet, row: number): Pick<Price, 'partnerTotal' | 'partnerTotalMax' | 'partnerTaxBasis'> {
  const { prices, at } = set.partnerPriceOf(row);
  const currency = prices.currency(at);
  return {
    partnerTotal: moneyFromMinor(prices.total(at), currency),
    partnerTotalMax: upperBound(prices.totalMax(at), currency),
    partnerTaxBasis: prices.basis(at),
  };
}

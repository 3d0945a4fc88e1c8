import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { TaxBasis } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { type AnswerContext, type PartnerPrice, Rejection } from '../../adapter.ts';
import { minorUnits, statedTaxBasis } from '../../mapping/reject.ts';
import type { RateNode, TaxNode } from './format.ts';

/** What the price of a rate depends on beside it. */
interface Hotel {
  /** Names it in rejections. */
  readonly code: unknown;
  /** As stated. */
  readonly currency: unknown;
}

/** The price of one rate, which is for the whole stay and all its rooms: nothing is multiplied. */
export function ratePrice(rate: RateNode, hotel: Hotel, context: AnswerContext): PartnerPrice {
  const what = hotel.code;
  if (typeof rate.rateKey !== 'string' || rate.rateKey === '') {
    throw new Rejection(RejectionReason.MISSING_FIELD, `a rate of hotel ${what} has no rateKey`);
  }
  const { amount, currency } = chargedAmount(rate, hotel);
  const totalMinor = minorUnits(amount, currency, 'rate', what);
  const taxes = rate.taxes;
  if (taxes === undefined || taxes === null) {
    return { currency: currency as string, totalMinor, taxMinor: -1, dueLaterMinor: 0, basis: statedTaxBasis(context) };
  }
  return { currency: currency as string, totalMinor, ...taxParts(taxes, currency as string, what) };
}

/**
 * What is charged. Where the guest pays at the hotel, that is the selling rate, in the hotel's currency where it is stated
 * in it. Where the hotel prescribes the selling rate (hotelMandatory), it is that as well: nothing else may be shown. In
 * every other case it is the net rate, which is what the platform pays and marks up itself.
 */
function chargedAmount(rate: RateNode, { currency }: Hotel): { readonly amount: unknown; readonly currency: unknown } {
  if (isInHotelCurrency(rate)) return { amount: rate.hotelSellingRate, currency: rate.hotelCurrency };
  const isSold = rate.paymentType === 'AT_HOTEL' || rate.hotelMandatory === true;
  return { amount: isSold ? rate.sellingRate : rate.net, currency };
}

/** Whether the guest pays at the hotel, in a currency of the hotel's own. */
export function isInHotelCurrency(rate: RateNode): boolean {
  return rate.paymentType === 'AT_HOTEL' && rate.hotelSellingRate !== undefined && rate.hotelCurrency !== undefined;
}

/** What a rate's own taxes say: those left out are due at the hotel, on top. */
function taxParts(taxes: NonNullable<RateNode['taxes']>, currency: string, what: unknown) {
  let taxMinor = -1;
  let dueLaterMinor = 0;
  let leftOut = 0;
  for (const tax of taxes.taxes ?? []) {
    if (tax.included === true) {
      const part = taxIn(currency, tax, what);
      if (part !== undefined) taxMinor = Math.max(taxMinor, 0) + part;
    } else {
      leftOut++;
      dueLaterMinor += taxDue(currency, tax, what);
    }
  }
  if (leftOut > 0) return { taxMinor, dueLaterMinor, basis: TaxBasis.PARTLY_INCLUDED };
  if (taxes.allIncluded === true) return { taxMinor, dueLaterMinor, basis: TaxBasis.INCLUDED };
  throw new Rejection(
    RejectionReason.UNKNOWN_TAX_BASIS,
    `a rate of ${what} leaves taxes out (allIncluded is not true) and does not say which`,
  );
}

/** A tax due later must be known in the currency of the rate: stated so, or as the account's equivalent. */
function taxDue(currency: string, tax: TaxNode, what: unknown): number {
  const due = taxIn(currency, tax, what);
  if (due !== undefined) return due;
  throw new Rejection(
    RejectionReason.UNKNOWN_TAX_BASIS,
    `a rate of ${what} leaves out a tax in ${tax?.currency ?? 'no currency'}, which is not stated in ${currency}`,
  );
}

function taxIn(currency: string, tax: TaxNode, what: unknown): number | undefined {
  if (tax.currency === currency && tax.amount !== undefined) return minorUnits(tax.amount, currency, 'tax', what);
  if (tax.clientCurrency === currency && tax.clientAmount !== undefined) {
    return minorUnits(tax.clientAmount, currency, 'tax', what);
  }
  return undefined;
}

/** The price of rates that are booked together. */
export function sumPrices(prices: readonly PartnerPrice[]): PartnerPrice {
  const [first] = prices;
  if (first === undefined) throw new Rejection(RejectionReason.MISSING_FIELD, 'no rate');
  if (prices.length === 1) return first;
  let { totalMinor, taxMinor, dueLaterMinor, basis } = first;
  for (const price of prices.slice(1)) {
    if (price.currency !== first.currency) {
      throw new Rejection(
        RejectionReason.INVALID_CURRENCY,
        `rates in ${first.currency} and ${price.currency} together`,
      );
    }
    totalMinor += price.totalMinor;
    taxMinor = taxMinor < 0 || price.taxMinor < 0 ? -1 : taxMinor + price.taxMinor;
    dueLaterMinor += price.dueLaterMinor;
    if (price.basis !== TaxBasis.INCLUDED) basis = TaxBasis.PARTLY_INCLUDED;
  }
  return { currency: first.currency, totalMinor, taxMinor, dueLaterMinor, basis };
}

import type { Charge } from '../../../../libs/columns/index.ts';
import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { ChargeKind, ChargeTerms, TaxBasis } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { parseAmount } from '../../../../libs/money/index.ts';
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
  const charges: Charge[] = [];
  for (const tax of taxes.taxes ?? []) {
    if (tax.included === true) {
      const part = taxIn(currency, tax, what);
      if (part !== undefined) taxMinor = Math.max(taxMinor, 0) + part;
    } else {
      leftOut++;
      const charge = chargeOf(tax, currency, ChargeTerms.ADDED_LATER, what);
      if (charge.currency === currency) dueLaterMinor += charge.amountMinor;
      charges.push(charge);
    }
  }
  if (leftOut > 0) return { taxMinor, dueLaterMinor, basis: TaxBasis.PARTLY_INCLUDED, charges };
  if (taxes.allIncluded === true) return { taxMinor, dueLaterMinor, basis: TaxBasis.INCLUDED };
  throw new Rejection(
    RejectionReason.UNKNOWN_TAX_BASIS,
    `a rate of ${what} leaves taxes out (allIncluded is not true) and does not say which`,
  );
}

/** Taxes that are inside what rates cost, rates that are booked together added up. */
export function includedTaxes(rates: readonly RateNode[], { code, currency: stated }: Hotel): Charge[] {
  return summedCharges(
    rates.flatMap((rate) => {
      const currency = String(chargedAmount(rate, { code, currency: stated }).currency);
      const included = (rate.taxes?.taxes ?? []).filter((tax) => tax.included === true);
      return included.map((tax) => chargeOf(tax, currency, ChargeTerms.INCLUDED, code));
    }),
  );
}

/** A tax in the currency of the rate where it is stated in it, as it is or as the account's equivalent, else in its own. */
function chargeOf(tax: TaxNode, currency: string, terms: ChargeTerms, what: unknown): Charge {
  const name = tax.subType ?? 'Taxes';
  const kind = tax.type === 'FEE' ? ChargeKind.PROPERTY_FEE : ChargeKind.TAX;
  const inRate = taxIn(currency, tax, what);
  if (inRate !== undefined) return { name, kind, terms, currency, amountMinor: inRate };
  const own = parseAmount(tax.amount, tax.currency);
  if (!('rejected' in own)) return { name, kind, terms, currency: own.currency, amountMinor: own.minor };
  throw new Rejection(RejectionReason.INVALID_CHARGE, `a tax of a rate of ${what}: ${own.example}`);
}

function taxIn(currency: string, tax: TaxNode, what: unknown): number | undefined {
  if (tax.currency === currency && tax.amount !== undefined) return taxMinorOf(tax.amount, currency, what);
  if (tax.clientCurrency === currency && tax.clientAmount !== undefined) {
    return taxMinorOf(tax.clientAmount, currency, what);
  }
  return undefined;
}

function taxMinorOf(stated: unknown, currency: string, what: unknown): number {
  const amount = parseAmount(stated, currency);
  if (!('rejected' in amount)) return amount.minor;
  throw new Rejection(RejectionReason.INVALID_CHARGE, `a tax of a rate of ${what}: ${amount.example}`);
}

/** Charges that are the same but for their amounts, added up. */
function summedCharges(charges: readonly Charge[]): Charge[] {
  const sums = new Map<string, Charge>();
  for (const charge of charges) {
    const key = [charge.name, charge.kind, charge.terms, charge.currency].join();
    const before = sums.get(key)?.amountMinor ?? 0;
    sums.set(key, { ...charge, amountMinor: before + charge.amountMinor });
  }
  return [...sums.values()];
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
  const charges = summedCharges(prices.flatMap((price) => price.charges ?? []));
  const sum = { currency: first.currency, totalMinor, taxMinor, dueLaterMinor, basis };
  return charges.length === 0 ? sum : { ...sum, charges };
}

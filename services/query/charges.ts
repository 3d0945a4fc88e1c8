import type { Charge as PartnerCharge } from '../../libs/columns/index.ts';
import type { Charge, UnitPrice } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { UnitPrices } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { MadeOffer } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { ChargeTerms } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { Decimal, minorDigits, moneyFromMinor, parseAmount } from '../../libs/money/index.ts';
import type { PricedSet } from './priced-set.ts';
import type { ReadMask } from './read-mask.ts';
import type { ResultSet } from './result-set.ts';

/** What a price says beside its total: taxes and fees one by one, and what one unit costs. */

/**
 * The charges of a row: those that came with its columns, converted with its price, then those that only detail it.
 * @param made what supply made of the row, its charges in the currency that is shown
 */
export function chargesOf(set: ResultSet, row: number, prices: PricedSet, made: MadeOffer | undefined): Charge[] {
  const { prices: partner, at } = set.partnerPriceOf(row);
  const all = partner.allCharges;
  const own = all === undefined || all.start(at) === all.end(at) ? [] : withColumns(partner.charges(at), prices, row);
  return made === undefined || made.charges.length === 0 ? own : [...own, ...made.charges];
}

function withColumns(charges: readonly PartnerCharge[], prices: PricedSet, row: number): Charge[] {
  const amounts = prices.chargesOf(row);
  return charges.map(({ name, kind, terms, currency, amountMinor }, index) => {
    const minor = amounts.minor(index);
    return {
      name,
      kind,
      terms,
      amount: minor < 0 ? undefined : moneyFromMinor(minor, prices.currency),
      partnerAmount: moneyFromMinor(amountMinor, currency),
      inTotal: amounts.inTotal(index),
    };
  });
}

/** A charge that details a price, in the currency that is shown: what is inside the total is held by the headline. */
export function shownDetail(charge: Charge, minor: number, currency: string): Charge {
  return {
    ...charge,
    amount: minor < 0 ? undefined : moneyFromMinor(minor, currency),
    inTotal: charge.terms === ChargeTerms.INCLUDED,
  };
}

/** A charge of an offer that was made, as columns have it; undefined where it is none that only details the price. */
export function partnerCharge({ name, kind, terms, partnerAmount }: Charge): PartnerCharge | undefined {
  const amount = parseAmount(partnerAmount?.amount, partnerAmount?.currencyCode);
  const details =
    terms === ChargeTerms.INCLUDED || terms === ChargeTerms.OPTIONAL_NOW || terms === ChargeTerms.OPTIONAL_LATER;
  if ('rejected' in amount || !details) return undefined;
  return { name, kind, terms, currency: amount.currency, amountMinor: amount.minor };
}

/** What one unit costs, where the vertical has one, the row says how many it is for, and the market lets it be shown. */
export function unitPriceOf(set: ResultSet, row: number, totalMinor: number, currency: string): UnitPrice | undefined {
  const { priceUnit, display } = set;
  if (priceUnit === undefined || display?.unitPrices === UnitPrices.NONE) return undefined;
  const column = set.column(priceUnit.attribute);
  if (column === undefined || !column.has(row)) return undefined;
  const quantity = Number(column.get(row));
  if (!(quantity >= 1)) return undefined;
  const units = Decimal.parse(String(quantity));
  const digits = minorDigits(currency);
  if (units === undefined || digits === undefined) return undefined;
  const amount = Decimal.fromMinor(totalMinor, digits).dividedBy(units, digits, 'half_up').toMinor(digits);
  return amount === undefined
    ? undefined
    : { amount: moneyFromMinor(amount, currency), unit: priceUnit.unit, quantity };
}

/** Whether prices go out with what one unit costs whatever the mask leaves out of them. */
export function unitPriceRequired({ display }: ResultSet, mask: ReadMask): boolean {
  return mask.price && display?.unitPrices === UnitPrices.REQUIRED;
}

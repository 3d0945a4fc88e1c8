// What a price says beside its total, in a line: "of which VAT 12.00; at the place: city tax 4.40 EUR".
import type { Offer } from '../../libs/client/index.ts';
import { clip, words } from './verticals/cells.ts';

type JsonPrice = NonNullable<Offer['price']>;
type JsonCharge = NonNullable<JsonPrice['charges']>[number];

/** Characters of a charge's name. */
const nameCharacters = 30;

/** The charges of a price by their terms; empty where it has none. */
export function chargesText({ charges = [], total }: JsonPrice): string {
  const groups = new Map<string, JsonCharge[]>();
  for (const charge of charges) {
    const { terms = '' } = charge;
    groups.set(terms, [...(groups.get(terms) ?? []), charge]);
  }
  const terms = [
    ['CHARGE_TERMS_INCLUDED', 'of which'],
    ['CHARGE_TERMS_ADDED_NOW', 'with'],
    ['CHARGE_TERMS_ADDED_LATER', 'at the place:'],
    ['CHARGE_TERMS_OPTIONAL_NOW', 'optional:'],
    ['CHARGE_TERMS_OPTIONAL_LATER', 'optional at the place:'],
  ] as const;
  return terms
    .flatMap(([name, phrase]) => {
      const some = groups.get(name);
      if (some === undefined) return [];
      const later = name === 'CHARGE_TERMS_ADDED_LATER';
      const listed = some.map((charge) => chargeText(charge, later ? undefined : total?.currencyCode)).join(', ');
      return [`${phrase} ${listed}${later && some.some(({ inTotal }) => inTotal !== true) ? ' (on top)' : ''}`];
    })
    .join('; ');
}

/** What is due at the place is told as it is paid there; everything else in the shown currency, which needs no name. */
function chargeText({ name = '', kind, amount, partnerAmount }: JsonCharge, shown: string | undefined): string {
  const figure = shown === undefined ? (partnerAmount ?? amount) : (amount ?? partnerAmount);
  const what = name === '' ? words(kind, 'CHARGE_KIND_') || 'charge' : clip(name, nameCharacters);
  if (figure === undefined) return what;
  return `${what} ${figure.amount}${figure.currencyCode === shown ? '' : ` ${figure.currencyCode}`}`;
}

/** "125.40 a night"; empty where the price is for no number of units. */
export function unitPriceText({ unitPrice }: JsonPrice): string {
  return unitPrice?.amount === undefined ? '' : `${unitPrice.amount.amount} a ${unitPrice.unit}`;
}

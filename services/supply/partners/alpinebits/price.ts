import { parseAmount } from '../../../../libs/money/index.ts';
import { inLanguage } from './content.ts';
import {
  type AdditionalNode,
  childOf,
  covers,
  type Described,
  type HotelNode,
  listOf,
  type RateNode,
  type RatePlanNode,
  type RoomNode,
  type SupplementNode,
} from './format.ts';
import type { Guests } from './guests.ts';

/** A price in minor units; `unsold` where the plan has none for it, `unclear` where it has something that is not understood. */
export type Worked = number | 'unsold' | 'unclear';

/** Of OTA's code list for charges: once a stay, once a room and stay, a room and night, a person and stay, a person and night. */
const CHARGES: Readonly<Record<string, (nights: number, guests: number) => number>> = {
  '12': () => 1,
  '18': () => 1,
  '19': (nights) => nights,
  '20': (_, guests) => guests,
  '21': (nights, guests) => nights * guests,
};

/** The first rate, which has neither room nor dates, says what holds for all. */
export function staticRate(plan: RatePlanNode): RateNode | undefined {
  return listOf(childOf(plan.Rates).Rate).find((rate) => rate['@InvTypeCode'] === undefined);
}

/** What a night of a room costs, by who pays it; minor units. */
export interface NightPrice {
  /** All adults together. */
  readonly adults: number;
  /** Each child, in the order of the guests. */
  readonly children: readonly number[];
}

/**
 * What a room costs for a night. Amounts are for a person (type 7, "per person") or the room (type 25); those beyond the standard
 * occupancy are added, children by their age. Children who would fill a bed of the standard occupancy are `unclear`.
 */
export function nightPrice(
  rate: RateNode,
  basis: RateNode | undefined,
  room: RoomNode,
  { adults, children }: Guests,
  currency: string,
): NightPrice | 'unsold' | 'unclear' {
  const type = listOf(basis?.BaseByGuestAmts?.BaseByGuestAmt)[0]?.['@Type'] ?? '7';
  const daily = (basis?.['@RateTimeUnit'] ?? 'Day') === 'Day' && (basis?.['@UnitMultiplier'] ?? '1') === '1';
  if (!daily || (type !== '7' && type !== '25')) return 'unclear';
  const standard = Number(room.TypeRoom?.['@StandardOccupancy'] ?? room['@MaxOccupancy'] ?? adults);
  if (children.length > 0 && adults < standard) return 'unclear';
  const paying = Math.min(adults, standard);
  const base = listOf(rate.BaseByGuestAmts?.BaseByGuestAmt).find((one) => Number(one['@NumberOfGuests']) === paying);
  if (base === undefined) return 'unsold';
  const amount = minor(base['@AmountAfterTax'], currency);
  if (amount === undefined) return 'unclear';
  const more = listOf(rate.AdditionalGuestAmounts?.AdditionalGuestAmount);
  const each = adults === paying ? 0 : additional(adultAmounts(more), currency);
  if (typeof each !== 'number') return each;
  const young = children.map((age) =>
    additional(
      more.filter((one) => one['@AgeQualifyingCode'] === '8' && inBracket(one, age)),
      currency,
    ),
  );
  const bad = young.find((one) => typeof one !== 'number');
  if (bad === 'unsold' || bad === 'unclear') return bad;
  const first = type === '7' ? amount * paying : amount;
  return { adults: first + each * (adults - paying), children: young as number[] };
}

function adultAmounts(amounts: readonly AdditionalNode[]): readonly AdditionalNode[] {
  return amounts.filter((one) => one['@AgeQualifyingCode'] === '10');
}

/** The one amount that applies. */
function additional(amounts: readonly AdditionalNode[], currency: string): Worked {
  const [amount, another] = amounts;
  if (amount === undefined) return 'unsold';
  return another === undefined ? (minor(amount['@Amount'], currency) ?? 'unclear') : 'unclear';
}

/** The upper limit of an age is the lower one of the next bracket. */
function inBracket({ '@MinAge': least = '0', '@MaxAge': limit = '999' }: AdditionalNode, age: number): boolean {
  return age >= Number(least) && age < Number(limit);
}

/** Something that a stay costs beside its nights; minor units. */
export interface Extra {
  /** As the house names it, in the shopper's language where it does. */
  readonly name: string;
  readonly amount: number;
  readonly currency: string;
}

/** Mandatory supplements of a room for the nights. What of a person's or a night's is free with others is `unclear`. */
export function supplements(
  plan: RatePlanNode,
  dates: readonly string[],
  { adults, children }: Guests,
  discounted: boolean,
  currency: string,
  locale: string,
): readonly Extra[] | 'unclear' {
  const all = listOf(childOf(plan.Supplements).Supplement);
  const isStatic = (one: SupplementNode): boolean => one['@Start'] === undefined;
  const found: Extra[] = [];
  for (const kind of all.filter(isStatic)) {
    if (kind['@MandatoryIndicator'] !== 'true' && kind['@MandatoryIndicator'] !== '1') continue;
    const dated = all.filter((one) => !isStatic(one) && one['@InvCode'] === kind['@InvCode']);
    const nights = dates.map((date) => dated.find((one) => covers(one, date))).filter((one) => one !== undefined);
    if (nights.length === 0) continue;
    const charge = CHARGES[kind['@ChargeTypeCode'] ?? ''];
    // One amount for the nights that it is for: what several would come to, the protocol leaves open for those once a stay.
    const amounts = new Set(nights.map((one) => one['@Amount']));
    const amount = amounts.size === 1 ? minor([...amounts][0], currency) : undefined;
    if (charge === undefined || amount === undefined) return 'unclear';
    const code = kind['@ChargeTypeCode'];
    const byGuest = code === '20' || code === '21';
    if ((byGuest && children.length > 0) || (discounted && (byGuest || code === '19'))) return 'unclear';
    const title = listOf(kind.Description).find((one) => one['@Name'] === 'title');
    const name = textIn(title, locale) ?? kind['@InvCode'] ?? '';
    found.push({ name, amount: amount * charge(nights.length, adults), currency });
  }
  return found;
}

/** City taxes that guests pay at the house: a person and night, each in its own currency. */
export function cityTaxes(hotel: HotelNode, personNights: number, locale: string): readonly Extra[] | 'unclear' {
  const found: Extra[] = [];
  for (const policy of listOf(childOf(hotel.Policies).Policy)) {
    for (const tax of listOf(policy.TaxPolicies?.TaxPolicy)) {
      const currency = tax['@CurrencyCode'] ?? '';
      const amount = minor(tax['@Amount'], currency);
      if (amount === undefined || tax['@ChargeUnit'] !== '21') return 'unclear';
      const name = textIn(childOf(tax.TaxDescription), locale) ?? 'City tax';
      found.push({ name, amount: amount * personNights, currency });
    }
  }
  return found;
}

/** A text in the shopper's language, else in English, else in any. */
function textIn(described: Described | undefined, locale: string): string | undefined {
  return inLanguage(listOf(described?.Text), locale)?.['#text'];
}

function minor(text: string | undefined, currency: string): number | undefined {
  const amount = parseAmount(text, currency);
  return 'rejected' in amount ? undefined : amount.minor;
}

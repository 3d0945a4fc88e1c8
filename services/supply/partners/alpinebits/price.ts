import { parseAmount } from '../../../../libs/money/index.ts';
import {
  childOf,
  covers,
  type HotelNode,
  listOf,
  type RateNode,
  type RatePlanNode,
  type RoomNode,
  type SupplementNode,
} from './format.ts';

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

/** What a room costs for a night with so many adults. Amounts are for a person (type 7, "per person") or the room (type 25). */
export function nightPrice(
  rate: RateNode,
  basis: RateNode | undefined,
  room: RoomNode,
  adults: number,
  currency: string,
): Worked {
  const type = listOf(basis?.BaseByGuestAmts?.BaseByGuestAmt)[0]?.['@Type'] ?? '7';
  const daily = (basis?.['@RateTimeUnit'] ?? 'Day') === 'Day' && (basis?.['@UnitMultiplier'] ?? '1') === '1';
  if (!daily || (type !== '7' && type !== '25')) return 'unclear';
  const standard = Number(room.TypeRoom?.['@StandardOccupancy'] ?? room['@MaxOccupancy'] ?? adults);
  const paying = Math.min(adults, standard);
  const base = listOf(rate.BaseByGuestAmts?.BaseByGuestAmt).find((one) => Number(one['@NumberOfGuests']) === paying);
  if (base === undefined) return 'unsold';
  const amount = minor(base['@AmountAfterTax'], currency);
  if (amount === undefined) return 'unclear';
  const first = type === '7' ? amount * paying : amount;
  if (adults === paying) return first;
  const more = listOf(rate.AdditionalGuestAmounts?.AdditionalGuestAmount).find(
    (one) => one['@AgeQualifyingCode'] === '10',
  );
  if (more === undefined) return 'unsold';
  const each = minor(more['@Amount'], currency);
  return each === undefined ? 'unclear' : first + each * (adults - paying);
}

/** Mandatory supplements of a room for the nights. */
export function supplements(plan: RatePlanNode, dates: readonly string[], adults: number, currency: string): Worked {
  const all = listOf(childOf(plan.Supplements).Supplement);
  const isStatic = (one: SupplementNode): boolean => one['@Start'] === undefined;
  let total = 0;
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
    total += amount * charge(nights.length, adults);
  }
  return total;
}

/** City taxes that guests pay at the house: a person and night. */
export function cityTax(hotel: HotelNode, personNights: number, currency: string): Worked {
  let total = 0;
  for (const policy of listOf(childOf(hotel.Policies).Policy)) {
    for (const tax of listOf(policy.TaxPolicies?.TaxPolicy)) {
      const amount = tax['@CurrencyCode'] === currency ? minor(tax['@Amount'], currency) : undefined;
      if (amount === undefined || tax['@ChargeUnit'] !== '21') return 'unclear';
      total += amount * personNights;
    }
  }
  return total;
}

function minor(text: string | undefined, currency: string): number | undefined {
  const amount = parseAmount(text, currency);
  return 'rejected' in amount ? undefined : amount.minor;
}

import { childOf, type DiscountNode, type GuestNode, listOf, type OfferNode, type RatePlanNode } from './format.ts';
import type { Guests } from './guests.ts';

/** What a plan gives away of one stay. */
export interface Discounts {
  /** For each night, whether it is free. */
  readonly freeNights: readonly boolean[];
  /** Children who pay nothing, from the first of `guests.children` that qualify. */
  readonly freeChildren: number;
  /** Which children qualify. */
  readonly qualifies: (age: number) => boolean;
}

/**
 * What the offers of a plan give away of so many nights of these guests; `unclear` where it cannot be told for sure: two
 * offers that would both apply, nights beyond those that a pattern speaks of, a child of exactly the age that is the limit.
 */
export function discountsOf(plan: RatePlanNode, guests: Guests, nights: number): Discounts | 'unclear' {
  const none: Discounts = { freeNights: Array(nights).fill(false), freeChildren: 0, qualifies: () => false };
  const found: Discounts[] = [];
  for (const offer of listOf(childOf(plan.Offers).Offer)) {
    if (offer.Discount === undefined) continue;
    const discount = childOf(offer.Discount);
    if (discount['@Percent'] !== undefined && Number(discount['@Percent']) !== 100) return 'unclear';
    const given = offer.Guests === undefined ? freeNights(discount, nights) : freeChildren(offer, guests);
    if (given === 'unclear') return given;
    if (given !== undefined) found.push({ ...none, ...given });
  }
  return found.length > 1 ? 'unclear' : (found[0] ?? none);
}

/** Fewer nights than are required cost what they cost; as many have those of the pattern free. */
function freeNights(discount: Partial<DiscountNode>, nights: number): Partial<Discounts> | undefined | 'unclear' {
  const required = Number(discount['@NightsRequired']);
  const given = Number(discount['@NightsDiscounted']);
  const pattern = discount['@DiscountPattern'];
  if (!(required > 0) || !(given > 0)) return 'unclear';
  if (nights < required) return undefined;
  const free = [...(pattern ?? '')].map((digit) => digit === '1');
  // Which nights are free without a pattern, or in longer stays, is left to whoever sells them.
  if (nights > required || free.length !== required || free.filter(Boolean).length !== given) return 'unclear';
  return { freeNights: free };
}

/** The first children of an age pay nothing, where there are enough of them. */
function freeChildren(offer: OfferNode, { children }: Guests): Partial<Discounts> | undefined | 'unclear' {
  const guests = listOf<GuestNode>(childOf(offer.Guests).Guest);
  const [guest] = guests;
  if (guests.length !== 1 || guest?.['@AgeQualifyingCode'] !== '8') return 'unclear';
  const limit = Number(guest['@MaxAge'] ?? Number.POSITIVE_INFINITY);
  if (children.includes(limit)) return 'unclear';
  const count = children.filter((age) => age < limit).length;
  if (count === 0 || count < Number(guest['@MinCount'] ?? 1)) return undefined;
  const first = Number(guest['@FirstQualifyingPosition'] ?? 1);
  const last = Number(guest['@LastQualifyingPosition'] ?? count);
  if (first !== 1 || !(last >= 1)) return 'unclear';
  return { freeChildren: Math.min(last, count), qualifies: (age) => age < limit };
}

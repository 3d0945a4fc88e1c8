import { childOf, listOf, type OfferRuleNode, type RatePlanNode, type RoomNode } from './format.ts';

/** Who stays in one room, as a plan counts them. */
export interface Guests {
  readonly adults: number;
  /** Ages of those who are no adults for the plan, the oldest first. */
  readonly children: readonly number[];
}

/** A room as asked for. */
interface AskedRoom {
  readonly adults: number;
  readonly childAges: readonly number[];
}

/**
 * The guests of a room as the plan's first offer sorts them; `unsold` where it does not take children, `unclear` where it has
 * conditions that are not read.
 */
export function guestsOf(plan: RatePlanNode, asked: AskedRoom): Guests | 'unsold' | 'unclear' {
  const rules = listOf(childOf(plan.Offers).Offer).flatMap((offer) => listOf(childOf(offer.OfferRules).OfferRule));
  if (rules.some(hasMore)) return 'unclear';
  const occupancies = rules.flatMap((rule) => listOf(rule.Occupancy));
  const adulthood = occupancies.find((one) => one['@AgeQualifyingCode'] === '10')?.['@MinAge'];
  const children = occupancies.find((one) => one['@AgeQualifyingCode'] === '8');
  const ages = asked.childAges.toSorted((a, b) => b - a);
  const grown = adulthood === undefined ? [] : ages.filter((age) => age >= Number(adulthood));
  const young = ages.slice(grown.length);
  if (young.length > 0 && rules.length > 0 && children === undefined) return 'unsold';
  if (young.some((age) => age < Number(children?.['@MinAge'] ?? 0))) return 'unsold';
  return { adults: asked.adults + grown.length, children: young };
}

/** Whether a room type takes so many. */
export function fits(room: RoomNode, { adults, children }: Guests): boolean {
  const all = adults + children.length;
  return (
    all >= Number(room['@MinOccupancy'] ?? 1) &&
    all <= Number(room['@MaxOccupancy']) &&
    children.length <= Number(room['@MaxChildOccupancy'] ?? all)
  );
}

const read = new Set(['@AgeQualifyingCode', '@MinAge']);

function hasMore(rule: OfferRuleNode): boolean {
  const others = Object.keys(rule).some((name) => name !== 'Occupancy' && name !== '#text');
  return others || listOf(rule.Occupancy).some((one) => Object.keys(one).some((name) => !read.has(name)));
}

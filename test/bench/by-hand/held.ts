// Another look at held offers as one writes it without columns: an array of objects, filtered, sorted, grouped and counted.
import type { PlainOffer } from '../held-rows.ts';

/** Which offers are wanted, and in what order; undefined where only the rest is compared. */
export interface Look {
  readonly matches: (offer: PlainOffer) => boolean;
  readonly key: ((offer: PlainOffer) => number) | undefined;
}

/** Counts of one attribute. */
export interface PlainFacet {
  readonly absent: number;
  /** "value offers products", most offers first. */
  readonly values: readonly string[];
  readonly range: { readonly min: number; readonly max: number; readonly histogram: readonly number[] } | undefined;
}

const counted: readonly (keyof PlainOffer)[] = [
  'partner',
  'stops',
  'carriers',
  'connections',
  'cabin',
  'fare_brand',
  'checked_bags',
  'refundable',
  'changeable',
];
const ranged = ['price', 'duration_minutes', 'departure_minute_of_day', 'emissions_kg'] as const;

/** The first page: its entries, each with the offers of the same product behind the first, and the facets. */
export function plainPage(
  offers: readonly PlainOffer[],
  { matches, key }: Look,
  pageSize: number,
): { page: PlainOffer[][]; entries: number; matching: number; facets: Map<string, PlainFacet> } {
  const matching = offers.filter(matches);
  if (key !== undefined) matching.sort((a, b) => key(a) - key(b));
  const groups = new Map<string, PlainOffer[]>();
  for (const offer of matching) {
    const group = groups.get(offer.product);
    if (group === undefined) groups.set(offer.product, [offer]);
    else group.push(offer);
  }
  const facets = new Map<string, PlainFacet>();
  for (const name of counted) facets.set(name, valuesOf(matching, name));
  for (const name of ranged) facets.set(name, rangeOf(matching, name));
  return { page: [...groups.values()].slice(0, pageSize), entries: groups.size, matching: matching.length, facets };
}

function valuesOf(offers: readonly PlainOffer[], name: keyof PlainOffer): PlainFacet {
  const found = new Map<unknown, { count: number; products: Set<string> }>();
  let absent = 0;
  const count = (value: unknown, product: string): void => {
    const known = found.get(value);
    if (known === undefined) found.set(value, { count: 1, products: new Set([product]) });
    else {
      known.count++;
      known.products.add(product);
    }
  };
  for (const offer of offers) {
    const value = offer[name];
    if (value === undefined) absent++;
    else if (Array.isArray(value)) for (const one of new Set(value)) count(one, offer.product);
    else count(value, offer.product);
  }
  const values = [...found]
    .sort(([, a], [, b]) => b.count - a.count)
    .map(([value, { count: offersOf, products }]) => `${value} ${offersOf} ${products.size}`);
  return { absent, values, range: undefined };
}

function rangeOf(offers: readonly PlainOffer[], name: (typeof ranged)[number]): PlainFacet {
  const values = offers.map((offer) => offer[name]).filter((value) => value !== undefined);
  const absent = offers.length - values.length;
  if (values.length === 0) return { absent, values: [], range: undefined };
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const histogram = new Array<number>(10).fill(0);
  const scale = max > min ? 10 / (max - min) : 0;
  for (const value of values) histogram[Math.min(9, Math.floor((value - min) * scale))]!++;
  return { absent, values: [], range: { min, max, histogram } };
}

import { LRUCache } from 'lru-cache';
import { type Codes, createCodes } from '../codes.ts';
import { drawsOf } from '../random.ts';
import { brands, brandsOf, type Category, categories } from './categories.ts';
import { checkDigit, gtin13 } from './gtin.ts';

/** A product that comes in one or several variants. */
export interface Family {
  /** Its place in the world. */
  readonly index: number;
  readonly category: Category;
  readonly categoryIndex: number;
  readonly brand: string;
  /** What the maker calls it: "Aura AX1540". */
  readonly model: string;
  readonly noun: string;
  readonly features: readonly string[];
  /** Axes by which its variants differ; none where there is one only. */
  readonly axes: readonly string[];
  readonly gender: 'male' | 'female' | 'unisex';
  readonly variants: readonly Variant[];
}

/** What is in the box: the same at every seller. */
export interface Variant {
  /** "G17-2": its family's place in the world and its own in the family. */
  readonly id: string;
  /** A number of its own below 10^8: eight to a family. */
  readonly number: number;
  readonly family: Family;
  /** A value for each of the family's axes. */
  readonly options: readonly string[];
  /** Thirteen digits; absent where the maker has none. */
  readonly gtin: string | undefined;
  /** The maker's part number; absent where it is not known. */
  readonly mpn: string | undefined;
  /** Ordinary price, euro cents. */
  readonly cents: number;
  readonly grams: number;
}

/** Prime, and above every variant's number. */
export const numberPrime = 99_999_989;
const slots = 8;
/** How many families there can be. */
export const mostFamilies = Math.floor(numberPrime / slots);

/** The goods of a seed. */
export interface Products {
  /** The family at a place, 0 to {@link mostFamilies} less one. */
  family(index: number): Family;
  /** The same, not kept: for walks over millions. */
  passing(index: number): Family;
  /** The variant of a number. */
  variant(number: number): Variant | undefined;
  /** The variant with a GTIN of 8, 12, 13 or 14 digits. */
  byGtin(gtin: string): Variant | undefined;
}

/** The goods of a seed; nothing is made before it is asked for. */
export function createProducts(seed: number): Products {
  const gtins = createCodes(`${seed}|gtin`, numberPrime);
  const kept = new LRUCache<number, Family>({ max: 8_192 });
  const products: Products = {
    passing: (index) => makeFamily(seed, index, gtins),
    family(index) {
      let family = kept.get(index);
      if (family === undefined) {
        family = makeFamily(seed, index, gtins);
        kept.set(index, family);
      }
      return family;
    },
    variant(number) {
      if (!Number.isInteger(number) || number < 0 || number >= mostFamilies * slots) return undefined;
      return products.family(Math.floor(number / slots)).variants[number % slots];
    },
    byGtin(text) {
      const gtin = gtin13(text);
      const number = gtin === undefined ? undefined : gtins.numberOf(Number(gtin.slice(4, 12)));
      const variant = number === undefined ? undefined : products.variant(number);
      return variant?.gtin === gtin ? variant : undefined;
    },
  };
  return products;
}

function makeFamily(seed: number, index: number, gtins: Codes): Family {
  const draws = drawsOf(`${seed}|family|${index}`);
  const categoryIndex = draws.integer(0, categories.length - 1);
  const category = categories[categoryIndex]!;
  const brandIndex = draws.pick(brandsOf(categoryIndex));
  const line = draws.pick(category.lines);
  // Apart from the letter, no two families of a brand share a number.
  const model = `${line} ${line[0]!.toUpperCase()}${draws.pick(['X', 'S', 'R', 'T'])}${100 + index}`;
  const [low, high] = category.cents;
  const base = low * (high / low) ** draws.fraction();
  const first = draws.integer(0, category.features.length - 1);
  const axes = category.axes.slice(0, draws.chance(0.4) ? 2 : 1);
  const wanted = axes.length === 0 || draws.chance(0.35) ? 1 : draws.pick([2, 3, 4, 4, 6, 8]);
  const hasGtin = draws.chance(0.93);
  const hasMpn = draws.chance(0.85);
  const start = draws.integer(0, 7);
  const gender = draws.pick(['male', 'female', 'unisex'] as const);
  const grams = Math.round(category.grams * (0.7 + draws.fraction() * 0.6));
  const options = combinations(
    axes.map(({ values }) => values),
    start,
    wanted,
  );
  const variants: Variant[] = [];
  const family: Family = {
    index,
    category,
    categoryIndex,
    brand: brands[brandIndex]!,
    model,
    noun: draws.pick(category.nouns),
    features: [category.features[first]!, category.features[(first + 1) % category.features.length]!],
    axes: axes.map(({ name }) => name),
    gender,
    variants,
  };
  for (const [slot, values] of options.entries()) {
    const number = index * slots + slot;
    variants.push({
      id: `G${index}-${slot}`,
      number,
      family,
      options: values,
      gtin: hasGtin ? gtinOf(brandIndex, gtins.codeOf(number)) : undefined,
      mpn: hasMpn ? `${model.split(' ').at(-1)}${values.map((value) => `-${shortOf(value)}`).join('')}` : undefined,
      // The larger the dearer, where size costs.
      cents: Math.round(base * (1 + sizeFactor(category, values))),
      grams,
    });
  }
  return family;
}

/** Every third maker is American: its GTINs begin with a zero that is often left out. */
function gtinOf(brandIndex: number, code: number): string {
  const body = `${brandIndex % 3 === 0 ? '0' : '4'}${100 + brandIndex}${`${code}`.padStart(8, '0')}`;
  return body + checkDigit(body);
}

function sizeFactor(category: Category, values: readonly string[]): number {
  const axis = category.axes.findIndex(({ name }) => name === 'Storage' || name === 'Capacity');
  const value = axis === -1 ? undefined : values[axis];
  return value === undefined ? 0 : 0.14 * Math.max(0, category.axes[axis]!.values.indexOf(value));
}

function shortOf(value: string): string {
  return value
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 4)
    .toUpperCase();
}

/** As many different combinations of a value of each axis as wanted, or as there are. */
function combinations(axes: readonly (readonly string[])[], start: number, wanted: number): string[][] {
  const [first, second] = axes;
  if (first === undefined) return [[]];
  const found: string[][] = [];
  const most = Math.min(wanted, slots, first.length * (second?.length ?? 1));
  for (let i = 0; i < most; i++) {
    const value = first[(start + i) % first.length]!;
    if (second === undefined) found.push([value]);
    else found.push([value, second[(start + Math.floor(i / first.length)) % second.length]!]);
  }
  return found;
}

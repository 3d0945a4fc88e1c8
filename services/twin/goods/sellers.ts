import { type Codes, createCodes } from '../codes.ts';
import { minorPerUnit, toMinor } from '../money.ts';
import { drawsOf, fractionOf } from '../random.ts';
import { type Family, numberPrime, type Variant } from './products.ts';

/** How a seller of goods differs from the others. */
export interface GoodsSeller {
  readonly name: string;
  /** Part of what decides which goods it sells, and their codes and titles. */
  readonly salt: string;
  /** Share of the goods that it sells, 0 to 1. */
  readonly coverage: number;
  /** Multiplies prices. */
  readonly margin: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** A variant as a seller has it at an edition of its range. Amounts in minor units of its currency. */
export interface GoodsOffer {
  readonly variant: Variant;
  readonly minor: number;
  /** What it cost before, where the seller says so; above `minor`. */
  readonly before: number | undefined;
  readonly condition: 'new' | 'refurbished' | 'used';
  /** Pieces in stock; 0 is sold out. */
  readonly quantity: number;
  /** Not out yet: can be ordered before. */
  readonly preorder: boolean;
}

/** Editions after which everything is again as it was, apart from prices. */
const cycle = 40;

/** Whether the seller has the variant at any time. */
export function listsVariant(seed: number, seller: GoodsSeller, { family, number }: Variant): boolean {
  return (
    listsFamily(seed, seller, family) &&
    (family.variants.length === 1 || fractionOf(`${seed}|${seller.salt}|variant|${number}`) < 0.93)
  );
}

/** Whether the seller has the family, if not all of its variants. */
export function listsFamily(seed: number, seller: GoodsSeller, family: Family): boolean {
  return fractionOf(`${seed}|${seller.salt}|family|${family.index}`) < seller.coverage;
}

/**
 * A listed variant at an edition; undefined where it is not in the range then. One in eight goes out of the range for some
 * editions and comes back; prices and stocks change each in its own rhythm.
 */
export function offerAt(seed: number, seller: GoodsSeller, variant: Variant, edition: number): GoodsOffer | undefined {
  const draws = drawsOf(`${seed}|${seller.salt}|good|${variant.number}`);
  const leaves = draws.integer(0, cycle - 1);
  const away = draws.integer(2, 10);
  if (draws.chance(0.125) && (edition + cycle - leaves) % cycle < away) return undefined;
  const rhythm = draws.integer(4, 30);
  const steps = Math.floor((edition + draws.integer(0, rhythm - 1)) / rhythm);
  const stockRhythm = draws.integer(2, 9);
  const stockSteps = Math.floor((edition + draws.integer(0, stockRhythm - 1)) / stockRhythm);
  const taste = 0.94 + 0.12 * draws.fraction();
  const condition = conditionOf(seed, seller, variant.family);
  const worn = condition === 'new' ? 1 : condition === 'refurbished' ? 0.72 : 0.55;
  const reduced = draws.chance(0.2);
  const preorder = draws.chance(0.02);
  const moved = 0.92 + 0.16 * fractionOf(`${seed}|${seller.salt}|price|${variant.number}|${steps}`);
  const regular = priced(variant.cents * taste * worn * seller.margin, seller.currency);
  const minor = priced(variant.cents * taste * worn * seller.margin * moved * (reduced ? 0.85 : 1), seller.currency);
  const stock = drawsOf(`${seed}|${seller.salt}|stock|${variant.number}|${stockSteps}`);
  return {
    variant,
    minor,
    before: reduced && regular > minor ? regular : undefined,
    condition,
    quantity: stock.chance(0.1) ? 0 : stock.integer(1, 60),
    preorder,
  };
}

/** The condition in which a seller has a family: the same for all of its variants. */
function conditionOf(seed: number, seller: GoodsSeller, family: Family): GoodsOffer['condition'] {
  const draw = fractionOf(`${seed}|${seller.salt}|condition|${family.index}`);
  return draw < 0.84 ? 'new' : draw < 0.92 ? 'refurbished' : 'used';
}

/** What a seller has of a variant at an edition, if anything. */
export function offerOf(seed: number, seller: GoodsSeller, variant: Variant, edition: number): GoodsOffer | undefined {
  return listsVariant(seed, seller, variant) ? offerAt(seed, seller, variant, edition) : undefined;
}

/** Shops end their prices in 99, or 9 where there are no minor units. */
function priced(euroCents: number, currency: string): number {
  const minor = toMinor(euroCents, currency);
  const unit = minorPerUnit(currency) === 1 ? 10 : minorPerUnit(currency);
  return Math.max(1, Math.round(minor / unit)) * unit - 1;
}

const known = new Map<string, Codes>();

/** The seller's own codes for numbers of variants: below 10^8. */
export function goodsCodes(seed: number, seller: GoodsSeller): Codes {
  const key = `${seed}|${seller.salt}|goods`;
  let codes = known.get(key);
  if (codes === undefined) {
    codes = createCodes(key, numberPrime);
    known.set(key, codes);
  }
  return codes;
}

/** The variant in the seller's own words. */
export function titleOf(seed: number, seller: GoodsSeller, { family, options, number }: Variant): string {
  const draws = drawsOf(`${seed}|${seller.salt}|title|${number}`);
  const { brand, model, noun, features } = family;
  const tail = options.join(', ');
  switch (draws.integer(0, 5)) {
    case 0:
      return [`${brand} ${model} ${noun}`, ...options].join(' - ');
    case 1:
      return `${noun} ${brand} ${model}${tail === '' ? '' : ` (${tail})`}`;
    case 2:
      return `${brand.toUpperCase()} ${model} ${noun}, ${features[0]}${tail === '' ? '' : `, ${tail}`}`;
    case 3:
      return `${model} ${noun} ${options.join(' ')} ${features.join(' ')}`.replace(/ {2,}/g, ' ');
    case 4:
      return `${brand} ${noun} ${model.replace(/([A-Z])(\d)/, '$1-$2')}${tail === '' ? '' : ` ${tail}`}`;
    default:
      return `NEW ${brand} ${model} ${noun} ${tail} ${draws.pick(['Fast Dispatch', 'Top Deal', 'Original'])}`.replace(
        / {2,}/g,
        ' ',
      );
  }
}

const gtinWays = new Map<string, number>();

/** The GTIN as the seller writes it: with a leading zero, without it, or with fourteen digits. */
export function gtinText(seed: number, seller: GoodsSeller, gtin: string): string {
  const key = `${seed}|${seller.salt}|gtin`;
  let way = gtinWays.get(key);
  if (way === undefined) {
    way = fractionOf(key);
    gtinWays.set(key, way);
  }
  if (way < 0.15) return `0${gtin}`;
  return gtin.startsWith('0') && way < 0.7 ? gtin.slice(1) : gtin;
}

import { type Codes, createCodes } from '../codes.ts';
import { type Family, mostFamilies, numberPrime, type Variant } from '../goods/products.ts';
import { goodsCodes } from '../goods/sellers.ts';
import { fractionOf } from '../random.ts';
import type { World } from '../world.ts';
import type { Seller } from './format.ts';

/** One member's offer of a family; every member writes and prices it another way. */
export interface Listing {
  readonly family: Family;
  /** 0, 1 or 2: which member's. */
  readonly slot: number;
  /** Sold under a second number. */
  readonly twice: boolean;
}

/** The number of a listing: 12 digits, the first from the marketplace, then the code of the listing. */
export function legacyId(seed: number, seller: Seller, { family, slot, twice }: Listing): string {
  const code = goodsCodes(seed, seller).codeOf(family.index * 8 + slot + (twice ? 4 : 0));
  return `${prefix(seed, seller)}${`${code}`.padStart(8, '0')}`;
}

/** The number of a variant in a listing: 12 digits; 0 where there is one variant only. */
export function variationId(seed: number, seller: Seller, variant: Variant): string {
  if (variant.family.variants.length === 1) return '0';
  return `5${prefix(seed, seller).slice(1)}${`${goodsCodes(seed, seller).codeOf(variant.number)}`.padStart(8, '0')}`;
}

/** The whole id: "v1|1234|0". */
export function itemId(seed: number, seller: Seller, listing: Listing, variant: Variant): string {
  return `v1|${legacyId(seed, seller, listing)}|${variationId(seed, seller, variant)}`;
}

/** The listing of a number. */
export function readLegacyId(world: World, seller: Seller, text: string): Listing | undefined {
  if (!/^\d{12}$/.test(text) || !text.startsWith(prefix(world.seed, seller))) return undefined;
  const number = goodsCodes(world.seed, seller).numberOf(Number(text.slice(4)));
  if (number === undefined || number >= mostFamilies * 8) return undefined;
  const family = world.products.family(Math.floor(number / 8));
  const slot = number % 8;
  return slot % 4 === 3 ? undefined : { family, slot: slot % 4, twice: slot >= 4 };
}

/** What is behind an item's id. */
export function readItemId(
  world: World,
  seller: Seller,
  text: string,
): { readonly listing: Listing; readonly variant: Variant } | undefined {
  const parts = /^v1\|(\d{12})\|(0|\d{12})$/.exec(text);
  const listing = parts === null ? undefined : readLegacyId(world, seller, parts[1]!);
  const variant = listing?.family.variants.find((each) => variationId(world.seed, seller, each) === parts![2]);
  return listing && variant && { listing, variant };
}

/** The marketplace's number of a product in its catalogue; two in three products have one. */
export function epidOf(seed: number, variant: Variant): string | undefined {
  if (variant.gtin === undefined || fractionOf(`${seed}|epid|${variant.number}`) > 0.7) return undefined;
  return `2${`${catalogueCodes(seed).codeOf(variant.number)}`.padStart(10, '0')}`;
}

/** The variant of a product's number. */
export function readEpid(world: World, text: string): Variant | undefined {
  if (!/^2\d{10}$/.test(text)) return undefined;
  const number = catalogueCodes(world.seed).numberOf(Number(text.slice(1)));
  const variant = number === undefined ? undefined : world.products.variant(number);
  return variant !== undefined && epidOf(world.seed, variant) === text ? variant : undefined;
}

const known = new Map<number, Codes>();

function catalogueCodes(seed: number): Codes {
  let codes = known.get(seed);
  if (codes === undefined) {
    codes = createCodes(`${seed}|epid`, numberPrime);
    known.set(seed, codes);
  }
  return codes;
}

function prefix(seed: number, seller: Seller): string {
  return `${1000 + Math.floor(fractionOf(`${seed}|${seller.salt}|listing`) * 3000)}`;
}

import { LRUCache } from 'lru-cache';
import { wordsOf } from '../goods/catalogue.ts';
import type { Family, Variant } from '../goods/products.ts';
import { type GoodsOffer, type GoodsSeller, listsFamily, offerOf, titleOf } from '../goods/sellers.ts';
import { convert } from '../money.ts';
import { drawsOf, fractionOf } from '../random.ts';
import { isDuplicated } from '../scenario.ts';
import type { World } from '../world.ts';
import { itemId, type Listing, legacyId } from './ebay-keys.ts';
import type { EbaySearch } from './ebay-request.ts';
import type { Seller } from './format.ts';

/** A listing as it is found: what it is, and the variant that is shown of it. */
export interface Found {
  readonly listing: Listing;
  readonly offer: GoodsOffer;
  /** Ids of its other variants exist, too. */
  readonly group: boolean;
  readonly id: string;
  readonly title: string;
}

/** A member of the marketplace, as a seller of goods. */
export interface Member extends GoodsSeller {
  readonly username: string;
  readonly feedbackScore: number;
  readonly feedbackPercentage: string;
  readonly country: string;
  readonly postalCode: string;
  readonly topRated: boolean;
}

const slots = [0, 1, 2] as const;
const names = ['outlet', 'shop', 'direct', 'traders', 'depot', 'store', 'bazaar', 'market'];

/** Who sells a listing. One member in five hundred listings is the same. */
export function memberOf(seed: number, seller: Seller, { family, slot }: Listing): Member {
  const number = Math.floor(fractionOf(`${seed}|${seller.salt}|member|${family.index}|${slot}`) * 300);
  const draws = drawsOf(`${seed}|${seller.salt}|member|${number}`);
  const country = { USD: 'US', GBP: 'GB', CAD: 'CA', AUD: 'AU', PLN: 'PL' }[seller.currency] ?? 'DE';
  return {
    name: seller.name,
    salt: `${seller.salt}|${slot}`,
    coverage: seller.coverage / 2 ** slot,
    margin: seller.margin,
    currency: seller.currency,
    username: `${family.brand
      .toLowerCase()
      .replace(/[^a-z]/g, '')
      .slice(0, 2)}${draws.pick(names)}_${number}`,
    feedbackScore: draws.integer(3, 90_000),
    feedbackPercentage: (94 + draws.fraction() * 6).toFixed(1),
    country: draws.chance(0.15) ? 'CN' : country,
    postalCode: `${draws.integer(100, 999)}**`,
    topRated: draws.chance(0.3),
  };
}

/** The listing with one of its variants as it is on sale; undefined where it is not. */
export function onSale(
  world: World,
  seller: Seller,
  listing: Listing,
  variant: Variant,
  edition: number,
): GoodsOffer | undefined {
  const member = memberOf(world.seed, seller, listing);
  return listsFamily(world.seed, member, listing.family) ? offerOf(world.seed, member, variant, edition) : undefined;
}

/** The title that the listing's member gave the variant. */
export function listingTitle(world: World, seller: Seller, listing: Listing, variant: Variant): string {
  return titleOf(world.seed, memberOf(world.seed, seller, listing), variant);
}

const searches = new WeakMap<World, LRUCache<string, readonly Found[]>>();

/** Every listing that a search finds, in its order. */
export function findListings(world: World, seller: Seller, search: EbaySearch, edition: number): readonly Found[] {
  let kept = searches.get(world);
  if (kept === undefined) {
    kept = new LRUCache({ max: 30 });
    searches.set(world, kept);
  }
  const { limit: _limit, offset: _offset, ...what } = search;
  const key = `${seller.name}|${seller.revision}|${edition}|${JSON.stringify({ ...what, variant: what.variant?.number })}`;
  let found = kept.get(key);
  if (found === undefined) {
    found = sorted(search, collect(world, seller, search, edition));
    kept.set(key, found);
  }
  return found;
}

function collect(world: World, seller: Seller, search: EbaySearch, edition: number): Found[] {
  const { variant: wanted } = search;
  const words = search.q === undefined ? [] : wordsOf(search.q);
  const families = wanted === undefined ? world.catalogue.find(words) : [wanted.family];
  const all: Found[] = [];
  for (const family of families) {
    if (search.categories.length > 0 && !search.categories.some((id) => inCategory(family, id))) continue;
    for (const slot of slots)
      all.push(...listed(world, seller, search, { family, slot, twice: false }, words, edition));
  }
  return all;
}

function listed(
  world: World,
  seller: Seller,
  search: EbaySearch,
  listing: Listing,
  words: readonly string[],
  edition: number,
): Found[] {
  const { family } = listing;
  const candidates = search.variant === undefined ? family.variants : [search.variant];
  const offers = candidates
    .map((variant) => onSale(world, seller, listing, variant, edition))
    .filter((offer) => offer !== undefined && offer.quantity > 0 && fits(search, seller, offer)) as GoodsOffer[];
  const member = memberOf(world.seed, seller, listing);
  if (search.country !== undefined && search.country !== member.country) return [];
  if (search.sellers?.includes(member.username) === false) return [];
  if (offers.length === 0) return [];
  // The variant whose options the words name, if they do.
  const named = (offer: GoodsOffer): number =>
    wordsOf(offer.variant.options.join(' ')).filter((word) => words.includes(word)).length;
  const offer = offers.reduce((best, each) => (named(each) > named(best) ? each : best));
  const found = (of: Listing): Found => ({
    listing: of,
    offer,
    group: family.variants.length > 1,
    id: itemId(world.seed, seller, of, offer.variant),
    title: listingTitle(world, seller, of, offer.variant),
  });
  const once = found(listing);
  return isDuplicated(seller.scenario, world.seed, seller.name, once.id)
    ? [once, found({ ...listing, twice: true })]
    : [once];
}

function fits(search: EbaySearch, seller: Seller, offer: GoodsOffer): boolean {
  const minor = convert(offer.minor, seller.currency, search.currency);
  if (minor < search.fromMinor || minor > search.toMinor) return false;
  return search.conditionIds.length === 0 || search.conditionIds.includes(conditions[offer.condition].id);
}

/** What the marketplace calls conditions. */
export const conditions = {
  new: { id: '1000', name: 'New' },
  refurbished: { id: '2020', name: 'Very Good - Refurbished' },
  used: { id: '3000', name: 'Used' },
} as const;

function sorted(search: EbaySearch, found: Found[]): Found[] {
  const rank = new Map(found.map((each) => [each, fractionOf(`match|${search.q ?? ''}|${each.id}`)]));
  const sign = search.sort === '-price' ? -1 : 1;
  return found.sort((a, b) => {
    if (search.sort === 'newlyListed') return createdAt(b).localeCompare(createdAt(a));
    const byPrice = search.sort === 'bestMatch' ? 0 : (a.offer.minor - b.offer.minor) * sign;
    return byPrice || rank.get(a)! - rank.get(b)!;
  });
}

/** When the listing began: some day of the two years before 2026. */
export function createdAt({ id }: Pick<Found, 'id'>): string {
  const day = Math.floor(fractionOf(`created|${id}`) * 730);
  const second = Math.floor(fractionOf(`second|${id}`) * 86_400);
  return new Date(Date.UTC(2024, 0, 1 + day, 0, 0, second)).toISOString();
}

/** Numbers of a family's categories, from the root to the leaf. */
export function categoriesOf({ category, categoryIndex }: Family): readonly { id: string; name: string }[] {
  const root = [...category.path[0]!].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 900, 7);
  return category.path.map((name, level) => ({
    id: level === 0 ? `${100 + root}` : `${level}${20_000 + categoryIndex * 37}`,
    name,
  }));
}

function inCategory(family: Family, id: string): boolean {
  return categoriesOf(family).some((each) => each.id === id);
}

/** The number of the group that a listing with several variants makes. */
export function groupId(world: World, seller: Seller, listing: Listing): string {
  return legacyId(world.seed, seller, listing);
}

import { mostFamilies, type Variant } from '../goods/products.ts';
import {
  type GoodsOffer,
  goodsCodes,
  gtinText,
  listsFamily,
  listsVariant,
  offerAt,
  titleOf,
} from '../goods/sellers.ts';
import { amountText, convert } from '../money.ts';
import { drawsOf } from '../random.ts';
import { breakPrice, brokenPrice, isDuplicated } from '../scenario.ts';
import type { World } from '../world.ts';
import type { Seller } from './format.ts';
import { escapeXml } from './soap.ts';

/** One item of a feed: attributes by name, in order; shipping and further pictures are lists. */
export interface FeedItem {
  readonly id: string;
  /** Text by attribute; those that the item does not have are not there. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly shipping: readonly { readonly country: string; readonly service: string; readonly price: string }[];
  readonly pictures: readonly string[];
}

/** Attributes in the order of the columns of a TSV feed. */
export const columns = [
  'id',
  'title',
  'description',
  'link',
  'image_link',
  'additional_image_link',
  'availability',
  'availability_date',
  'price',
  'sale_price',
  'sale_price_effective_date',
  'condition',
  'brand',
  'gtin',
  'mpn',
  'identifier_exists',
  'item_group_id',
  'color',
  'size',
  'gender',
  'age_group',
  'google_product_category',
  'product_type',
  'shipping_weight',
  'shipping',
] as const;

/**
 * The items of a feed at an edition, one after the other, none kept. The feed walks over the same variants in every edition:
 * what is out of the range then is not in it, so that a deletion is an absence.
 *
 * @param share how much of the feed: 1 is all
 */
export function* feedItems(world: World, seller: Seller, edition: number, share: number): Generator<FeedItem> {
  const most = Math.ceil(seller.items * share);
  const style = styleOf(world.seed, seller);
  const codes = goodsCodes(world.seed, seller);
  let walked = 0;
  for (let index = 0; index < mostFamilies && walked < most; index++) {
    const family = world.products.passing(index);
    if (!listsFamily(world.seed, seller, family)) continue;
    for (const variant of family.variants) {
      if (walked === most) return;
      if (!listsVariant(world.seed, seller, variant)) continue;
      walked++;
      const offer = offerAt(world.seed, seller, variant, edition);
      if (offer === undefined) continue;
      const id = `${style.prefix}${codes.codeOf(variant.number).toString().padStart(8, '0')}`;
      yield makeItem(world, seller, style, offer, id, edition);
      if (isDuplicated(seller.scenario, world.seed, seller.name, id)) {
        yield makeItem(world, seller, style, offer, `${id}-B`, edition);
      }
    }
  }
}

/** The variant behind the seller's number, sold twice or not. */
export function readFeedId(world: World, seller: Seller, text: string): Variant | undefined {
  const digits = /^[A-Z]{2,4}[-_](\d{8})(-B)?$/.exec(text)?.[1];
  if (digits === undefined || !text.startsWith(styleOf(world.seed, seller).prefix)) return undefined;
  const number = goodsCodes(world.seed, seller).numberOf(Number(digits));
  return number === undefined ? undefined : world.products.variant(number);
}

/** How a seller writes, in all of its feed. */
interface FeedStyle {
  /** What its numbers begin with: "SKU-01234567". */
  readonly prefix: string;
  /** "in_stock" rather than "in stock". */
  readonly underscores: boolean;
}

function styleOf(seed: number, seller: Seller): FeedStyle {
  const draws = drawsOf(`${seed}|${seller.salt}|style`);
  return { prefix: draws.pick(['SKU-', 'ART_', 'ITEM-']), underscores: draws.chance(0.5) };
}

function makeItem(
  world: World,
  seller: Seller,
  { prefix, underscores }: FeedStyle,
  offer: GoodsOffer,
  id: string,
  edition: number,
): FeedItem {
  const { seed } = world;
  const { variant } = offer;
  const { family } = variant;
  const { category } = family;
  const draws = drawsOf(`${seed}|${seller.salt}|feed|${variant.number}`);
  const attributes = new Map<string, string>();
  const option = (axis: string): string | undefined => variant.options[family.axes.indexOf(axis)];
  const set = (name: (typeof columns)[number], value: string | undefined): void => {
    if (value !== undefined) attributes.set(name, value);
  };
  const state = offer.preorder ? 'preorder' : offer.quantity === 0 ? 'out of stock' : 'in stock';
  const price = (minor: number, how: Parameters<typeof breakPrice>[2]): string | undefined => {
    const broken = breakPrice(amountText(minor, seller.currency), seller.currency, how);
    return broken.amount && [broken.amount, broken.currency].filter((part) => part !== undefined).join(' ');
  };
  const shop = `https://${seller.name}.example`;
  set('id', id);
  set('title', titleOf(seed, seller, variant));
  set('description', describe(offer, draws.integer(0, 3)));
  set('link', `${shop}/p/${id.toLowerCase()}?utm_source=feed&utm_medium=cpc`);
  set('image_link', `${shop}/img/${id}_1.jpg`);
  set('availability', underscores ? state.replaceAll(' ', '_') : state);
  if (offer.preorder) set('availability_date', '2026-12-01T00:00-08:00');
  set('price', price(offer.before ?? offer.minor, brokenPrice(seller.scenario, seed, seller.name, id)));
  if (offer.before !== undefined) {
    set('sale_price', price(offer.minor, undefined));
    if (draws.chance(0.7)) set('sale_price_effective_date', saleInterval(edition, draws.integer(0, 2)));
  }
  set('condition', offer.condition);
  set('brand', family.brand);
  set('gtin', variant.gtin === undefined ? undefined : gtinText(seed, seller, variant.gtin));
  set('mpn', draws.chance(0.85) ? variant.mpn : undefined);
  if (variant.gtin === undefined && variant.mpn === undefined) set('identifier_exists', underscores ? 'no' : 'FALSE');
  if (family.variants.length > 1) set('item_group_id', `${prefix}G${family.index}`);
  set('color', option('Color'));
  set('size', option('Size'));
  if (category.worn) {
    set('gender', family.gender);
    set('age_group', 'adult');
  }
  set('google_product_category', draws.chance(0.5) ? category.path.join(' > ') : undefined);
  set('product_type', [...category.path, family.noun].join(' > '));
  set('shipping_weight', draws.chance(0.6) ? weight(variant.grams) : undefined);
  const services = draws.integer(0, 2);
  const country = { USD: 'US', GBP: 'GB' }[seller.currency] ?? 'DE';
  return {
    id,
    attributes,
    shipping: [
      { country, service: 'Standard', price: shippingPrice(seller.currency, draws.pick([0, 395, 495])) },
      { country, service: 'Next Day', price: shippingPrice(seller.currency, draws.pick([850, 990])) },
    ].slice(0, services),
    pictures: Array.from({ length: draws.integer(0, 3) }, (_, i) => `${shop}/img/${id}_${i + 2}.jpg`),
  };
}

const sentences = [
  'Checked by hand before it leaves the warehouse, packed without plastic and sent the same day when ordered before noon.',
  'Spare parts are kept for ten years; the manual comes in nine languages and as a film of eight minutes.',
  'Two years of warranty, thirty days to send it back, and somebody on the telephone who has used one.',
];

function describe({ variant, condition }: GoodsOffer, length: number): string {
  const { family, options } = variant;
  const { brand, model, noun, features, category } = family;
  const state = condition === 'new' ? '' : condition === 'used' ? ' Used, with traces of use.' : ' Refurbished.';
  const choice = options.length === 0 ? '' : ` This one: ${options.join(', ')}.`;
  return `${noun} "${model}" by ${brand} — ${features.join(' & ').toLowerCase()}. ${category.path.at(-1)!}: made for every day.${choice}${state} ${sentences.slice(0, length).join(' ')}`.trim();
}

/** From a day of the edition's month to one 20 days later, on the clock of California, of Berlin or in UTC. */
function saleInterval(edition: number, zone: number): string {
  const [start, end] = [
    ['T00:00-08:00', 'T23:59-08:00'],
    ['T00:00+0100', 'T23:59+0100'],
    ['T00:00Z', 'T23:59Z'],
  ][zone] as [string, string];
  const from = Date.UTC(2026, 0, 1) + (edition % 360) * 86_400_000;
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  return `${day(from)}${start}/${day(from + 20 * 86_400_000)}${end}`;
}

function weight(grams: number): string {
  return grams < 2_000 ? `${grams} g` : `${(grams / 1000).toFixed(2)} kg`;
}

function shippingPrice(currency: string, euroCents: number): string {
  return euroCents === 0 ? `0 ${currency}` : `${amountText(convert(euroCents, 'EUR', currency), currency)} ${currency}`;
}

const inRss = new Set<string>(['title', 'description', 'link']);

/** An item of an RSS 2.0 feed. */
export function itemXml({ attributes, shipping, pictures }: FeedItem): string {
  let xml = '<item>';
  for (const [name, value] of attributes) {
    const tag = inRss.has(name) ? name : `g:${name}`;
    // As many shops do: running text unescaped in a section of its own.
    const text = name === 'description' && !value.includes(']]>') ? `<![CDATA[${value}]]>` : escapeXml(value);
    xml += `<${tag}>${text}</${tag}>`;
  }
  for (const url of pictures) xml += `<g:additional_image_link>${escapeXml(url)}</g:additional_image_link>`;
  for (const { country, service, price } of shipping) {
    xml += `<g:shipping><g:country>${country}</g:country><g:service>${service}</g:service><g:price>${price}</g:price></g:shipping>`;
  }
  return `${xml}</item>\n`;
}

/** A line of a TSV feed: texts with quotes in them are quoted, lists are joined by commas. */
export function itemTsv({ attributes, shipping, pictures }: FeedItem): string {
  const cells = columns.map((name) => {
    if (name === 'shipping') return shipping.map((each) => `${each.country}::${each.service}:${each.price}`).join(',');
    if (name === 'additional_image_link') return pictures.join(',');
    return attributes.get(name) ?? '';
  });
  return `${cells.map((cell) => (/["\t\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join('\t')}\n`;
}

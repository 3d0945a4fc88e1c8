import { offsetText } from '../dates.ts';
import type { Family, Variant } from '../goods/products.ts';
import { type GoodsOffer, goodsCodes, gtinText, listsFamily, offerOf, titleOf } from '../goods/sellers.ts';
import { amountText } from '../money.ts';
import { drawsOf, fractionOf } from '../random.ts';
import { breakPrice, brokenPrice } from '../scenario.ts';
import type { World } from '../world.ts';
import type { Seller } from './format.ts';

/** A product of a shop at an edition: the family with the variants that are in the range. */
export interface ShopProduct {
  readonly family: Family;
  readonly offers: readonly GoodsOffer[];
}

/** Kinds of things that have numbers in a shop. */
type Kind = 'Product' | 'ProductVariant' | 'InventoryItem' | 'Location' | 'ProductImage';

const kindDigit = { Product: 7, ProductVariant: 6, InventoryItem: 5, Location: 2, ProductImage: 3 } as const;

/** A number beyond what a double can hold: 19 digits, the last 8 the seller's code. */
export function shopId(seed: number, seller: Seller, kind: Kind, number: number): bigint {
  const shop = Math.floor(fractionOf(`${seed}|${seller.salt}|shop`) * 9_000_000_000) + 1_000_000_000;
  return (
    BigInt(kindDigit[kind]) * 10n ** 18n + BigInt(shop) * 10n ** 8n + BigInt(goodsCodes(seed, seller).codeOf(number))
  );
}

/** The number in an id, or in the "gid://shopify/…" of one. */
export function readShopId(
  seed: number,
  seller: Seller,
  text: string,
): { readonly kind: 'Product' | 'ProductVariant'; readonly number: number } | undefined {
  const digits = /^(?:gid:\/\/shopify\/(?:Product|ProductVariant)\/)?([67]\d{18})$/.exec(text)?.[1];
  const number = digits === undefined ? undefined : goodsCodes(seed, seller).numberOf(Number(digits.slice(-8)));
  if (digits === undefined || number === undefined) return undefined;
  const kind = digits.startsWith('7') ? 'Product' : 'ProductVariant';
  return shopId(seed, seller, kind, number) === BigInt(digits) ? { kind, number } : undefined;
}

/** The product at an edition; undefined where none of its variants is in the range. */
export function productAt(world: World, seller: Seller, family: Family, edition: number): ShopProduct | undefined {
  if (!listsFamily(world.seed, seller, family)) return undefined;
  const offers = family.variants
    .map((variant) => offerOf(world.seed, seller, variant, edition))
    .filter((offer) => offer !== undefined);
  return offers.length === 0 ? undefined : { family, offers };
}

/** Numbers of any size as they are. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `\u0001${each}` : each)).replace(
    /"\\u0001(\d+)"/g,
    '$1',
  );
}

/** A time on the clock of the shop, which keeps no summer time: "2026-01-05T05:00:00-05:00". */
export function shopTime(seed: number, seller: Seller, ms: number): string {
  const minutes = drawsOf(`${seed}|${seller.salt}|zone`).pick([-300, 60, 0, 570]);
  return `${new Date(ms + minutes * 60_000).toISOString().slice(0, 19)}${offsetText(minutes)}`;
}

/** What webhooks of a product say. Prices have no currency: it is the shop's. */
export function webhookProduct(world: World, seller: Seller, { family, offers }: ShopProduct, now: number): object {
  const { seed } = world;
  const id = shopId(seed, seller, 'Product', family.index * 8);
  const time = (ms: number): string => shopTime(seed, seller, ms);
  const created = createdAt(seed, seller, family);
  const image = imageJson(seed, seller, family, id, time(created));
  const draws = drawsOf(`${seed}|${seller.salt}|shop|${family.index}`);
  return {
    admin_graphql_api_id: `gid://shopify/Product/${id}`,
    body_html: `<p>${family.features.join('</p><p>')}</p>`,
    created_at: draws.chance(0.1) ? null : time(created),
    handle: handleOf(family),
    id,
    product_type: family.category.path.at(-1)!,
    published_at: time(created + 3_600_000),
    template_suffix: null,
    title: productTitle(seed, seller, family),
    updated_at: time(now),
    vendor: family.brand,
    status: 'active',
    published_scope: 'web',
    tags: family.features.join(', '),
    variants: offers.map((offer, i) => variantJson(world, seller, offer, id, i + 1, time(created), time(now))),
    options: (family.axes.length === 0 ? ['Title'] : family.axes).map((name, i) => ({
      name,
      id: shopId(seed, seller, 'ProductImage', family.index * 8 + 4 + i),
      product_id: id,
      position: i + 1,
      values: [...new Set(offers.map(({ variant }) => variant.options[i] ?? 'Default Title'))],
    })),
    images: draws.chance(0.2) ? [] : [image],
    image: draws.chance(0.2) ? null : image,
    media: [],
    variant_gids: offers.map(({ variant }) => ({
      admin_graphql_api_id: `gid://shopify/ProductVariant/${shopId(seed, seller, 'ProductVariant', variant.number)}`,
      updated_at: new Date(now).toISOString(),
    })),
    has_variants_that_requires_components: false,
    category: draws.chance(0.4)
      ? null
      : {
          admin_graphql_api_id: `gid://shopify/TaxonomyCategory/${family.category.key}`,
          name: family.category.path.at(-1)!,
          full_name: family.category.path.join(' > '),
        },
  };
}

function variantJson(
  world: World,
  seller: Seller,
  offer: GoodsOffer,
  product: bigint,
  position: number,
  created: string,
  updated: string,
): object {
  const { seed } = world;
  const { variant, quantity } = offer;
  const id = shopId(seed, seller, 'ProductVariant', variant.number);
  const broken = brokenPrice(seller.scenario, seed, seller.name, `${id}`);
  const { amount } = breakPrice(amountText(offer.minor, seller.currency), seller.currency, broken);
  const options = variant.options.length === 0 ? ['Default Title'] : variant.options;
  return {
    admin_graphql_api_id: `gid://shopify/ProductVariant/${id}`,
    barcode: barcodeOf(seed, seller, variant),
    compare_at_price: offer.before === undefined ? null : amountText(offer.before, seller.currency),
    created_at: created,
    id,
    inventory_policy: offer.preorder ? 'continue' : 'deny',
    position,
    ...(amount === undefined ? {} : { price: amount }),
    product_id: product,
    sku: skuOf(variant),
    taxable: true,
    title: options.join(' / '),
    updated_at: updated,
    option1: options[0]!,
    option2: options[1] ?? null,
    option3: null,
    image_id: null,
    inventory_item_id: shopId(seed, seller, 'InventoryItem', variant.number),
    inventory_quantity: quantity,
    old_inventory_quantity: quantity,
  };
}

/** Barcodes are typed in by hand: some are missing, some have blanks in them. */
function barcodeOf(seed: number, seller: Seller, variant: Variant): string | null {
  const draw = fractionOf(`${seed}|${seller.salt}|barcode|${variant.number}`);
  if (variant.gtin === undefined || draw < 0.1) return null;
  const text = gtinText(seed, seller, variant.gtin);
  return draw < 0.13 ? ` ${text}` : text;
}

function skuOf(variant: Variant): string | null {
  return variant.mpn ?? null;
}

function productTitle(seed: number, seller: Seller, family: Family): string {
  return titleOf(seed, seller, { ...family.variants[0]!, options: [] });
}

function handleOf({ model, noun, index }: Family): string {
  return `${noun} ${model} ${index}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function createdAt(seed: number, seller: Seller, family: Family): number {
  const day = Math.floor(fractionOf(`${seed}|${seller.salt}|created|${family.index}`) * 700);
  return Date.UTC(2024, 0, 1, 9) + day * 86_400_000;
}

function imageJson(seed: number, seller: Seller, family: Family, product: bigint, created: string): object {
  const id = shopId(seed, seller, 'ProductImage', family.index * 8);
  return {
    id,
    alt: null,
    position: 1,
    product_id: product,
    created_at: created,
    updated_at: created,
    admin_graphql_api_id: `gid://shopify/ProductImage/${id}`,
    width: 1200,
    height: 1200,
    src: imageUrl(seller, family),
    variant_ids: [],
  };
}

function imageUrl(seller: Seller, family: Family): string {
  return `https://cdn.${seller.name}.example/products/${handleOf(family)}.jpg?v=${1_700_000_000 + family.index}`;
}

/** What inventory_levels/update says. */
export function inventoryLevel(world: World, seller: Seller, { variant, quantity }: GoodsOffer, now: number): object {
  const item = shopId(world.seed, seller, 'InventoryItem', variant.number);
  const location = 20_000_000 + Math.floor(fractionOf(`${world.seed}|${seller.salt}|location`) * 9_000_000);
  return {
    inventory_item_id: item,
    location_id: location,
    available: quantity,
    updated_at: shopTime(world.seed, seller, now),
    admin_graphql_api_id: `gid://shopify/InventoryLevel/${location}?inventory_item_id=${item}`,
  };
}

/** What the feed of a shop is. */
export function feedJson(world: World, seller: Seller): object {
  const number = 10_000 + Math.floor(fractionOf(`${world.seed}|${seller.salt}|productFeed`) * 90_000);
  const country = { USD: 'US', GBP: 'GB', CAD: 'CA' }[seller.currency] ?? 'DE';
  return {
    id: `gid://shopify/ProductFeed/${number}`,
    shop_id: `gid://shopify/Shop/${number}`,
    language: 'EN',
    country,
  };
}

/** A product in the messages of product feeds: edges and nodes, and prices that say their currency. */
export function feedProduct(world: World, seller: Seller, { family, offers }: ShopProduct, now: number): object {
  const { seed } = world;
  const id = shopId(seed, seller, 'Product', family.index * 8);
  const time = (ms: number): string => shopTime(seed, seller, ms);
  const created = time(createdAt(seed, seller, family));
  const money = (minor: number) => ({ amount: amountText(minor, seller.currency), currencyCode: seller.currency });
  const image = {
    id: `gid://shopify/ProductImage/${shopId(seed, seller, 'ProductImage', family.index * 8)}`,
    url: imageUrl(seller, family),
    height: 1200,
    width: 1200,
  };
  const names = family.axes.length === 0 ? ['Title'] : family.axes;
  const valuesOf = (variant: Variant) => (variant.options.length === 0 ? ['Default Title'] : variant.options);
  return {
    id: `gid://shopify/Product/${id}`,
    title: productTitle(seed, seller, family),
    description: family.features.join('. '),
    onlineStoreUrl: `https://${seller.name}.example/products/${handleOf(family)}`,
    createdAt: created,
    updatedAt: time(now),
    status: 'ACTIVE',
    isPublished: true,
    publishedAt: created,
    productType: family.category.path.at(-1)!,
    vendor: family.brand,
    handle: handleOf(family),
    images: { edges: [{ node: image }] },
    options: names.map((name, i) => ({
      name,
      values: [...new Set(offers.map(({ variant }) => valuesOf(variant)[i]!))],
    })),
    seo: { title: `${family.brand} ${family.model}`, description: family.noun },
    tags: [...family.features],
    variants: {
      edges: offers.map((offer) => {
        const { variant, quantity } = offer;
        return {
          node: {
            id: `gid://shopify/ProductVariant/${shopId(seed, seller, 'ProductVariant', variant.number)}`,
            title: valuesOf(variant).join(' / '),
            price: money(offer.minor),
            compareAtPrice: offer.before === undefined ? null : money(offer.before),
            sku: skuOf(variant),
            barcode: barcodeOf(seed, seller, variant),
            quantityAvailable: quantity,
            availableForSale: quantity > 0 || offer.preorder,
            weight: variant.grams / 1000,
            weightUnit: 'KILOGRAMS',
            requireShipping: true,
            inventoryPolicy: offer.preorder ? 'CONTINUE' : 'DENY',
            createdAt: created,
            updatedAt: time(now),
            image,
            selectedOptions: names.map((name, i) => ({ name, value: valuesOf(variant)[i]! })),
          },
        };
      }),
    },
  };
}

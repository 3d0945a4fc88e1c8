import { createHmac } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Family } from '../goods/products.ts';
import { fractionOf } from '../random.ts';
import type { World } from '../world.ts';
import { editionAt, type Format, type Message, type Pusher, type Seller } from './format.ts';
import {
  feedJson,
  feedProduct,
  inventoryLevel,
  productAt,
  readShopId,
  type ShopProduct,
  shopId,
  toJson,
  webhookProduct,
} from './shopify-body.ts';

const apiVersion = '2026-07';

/** Shopify's webhooks: products and stock as they change, product feeds whole; signed with the app's secret. */
const pusher: Pusher = {
  kinds: [
    'full',
    'changes',
    'products/create',
    'products/update',
    'products/delete',
    'inventory_levels/update',
    'product_feeds/full_sync',
    'product_feeds/incremental_sync',
  ],
  timeoutMs: 5_000,

  *messages({ world }, seller, { kind, count, number }, now) {
    const edition = editionAt(seller, now);
    const messageOf = writer(world, seller, now, `${edition}|${number}`);
    if (kind === 'full' || kind === 'product_feeds/full_sync') {
      yield* fullSync(world, seller, edition, messageOf, now, `${edition}-${number}`);
      return;
    }
    if (kind === 'changes') {
      yield* changes(world, seller, edition, messageOf, now);
      return;
    }
    let sent = 0;
    for (const family of families(world, seller)) {
      if (sent === count) return;
      const product = productAt(world, seller, family, edition);
      if (product === undefined) continue;
      if (kind === 'inventory_levels/update') {
        for (const offer of product.offers.slice(0, count - sent)) {
          yield messageOf(kind, inventoryLevel(world, seller, offer, now));
          sent++;
        }
      } else {
        yield single(world, seller, kind, product, messageOf, now);
        sent++;
      }
    }
  },

  // The price is another, the signature still the old one's.
  forge: (message) => ({
    ...message,
    id: `${message.id}-forged`,
    headers: { ...message.headers, 'x-shopify-webhook-id': forgedId(message.id) },
    body: Buffer.from(`${message.body.toString().replace(/"(price|amount)":"\d/, '"$1":"9')} `),
  }),

  seal: ({ secret }, message, body) => ({
    ...message,
    headers: { ...message.headers, 'x-shopify-hmac-sha256': signatureOf(secret, body) },
    body,
  }),

  read(_message, status) {
    return status >= 200 && status < 300
      ? { outcome: 'accepted', retry: false }
      : { outcome: 'refused', retry: true, note: `status ${status}` };
  },
};

/** Shopify as one that calls: nothing can be asked of it here. */
export const shopifyWebhook: Format = {
  answer: () => ({
    status: 404,
    contentType: 'application/json; charset=utf-8',
    body: JSON.stringify({ errors: 'Not Found' }),
  }),
  refuse: (seller, _call, why) =>
    why === 'error'
      ? { status: 503, contentType: 'application/json; charset=utf-8', body: '{"errors":"Service Unavailable"}' }
      : {
          status: 429,
          contentType: 'application/json; charset=utf-8',
          headers: { 'retry-after': `${seller.scenario.rateLimitResetSeconds}` },
          body: '{"errors":"Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service."}',
        },

  truth({ world }, seller, key) {
    const read = readShopId(world.seed, seller, key);
    const variant = read && world.products.variant(read.number);
    if (read === undefined || variant === undefined) return undefined;
    const product = [0, 10, 20, 30]
      .map((edition) => productAt(world, seller, variant.family, edition))
      .find((each) => each?.offers.some((offer) => read.kind === 'Product' || offer.variant.id === variant.id));
    if (product === undefined) return undefined;
    // A product is the family; what can be bought is a variant.
    const id = read.kind === 'Product' ? `G${variant.family.index}` : variant.id;
    return { kind: 'good', product: id, variant: product.offers[0]!.condition };
  },
  pusher,
};

type MessageOf = (topic: string, payload: object) => Message;

/** Writes messages: numbered in their push, so that their ids are the same whenever it is made. */
function writer(world: World, seller: Seller, now: number, push: string): MessageOf {
  let count = 0;
  return (topic, payload) => {
    const body = Buffer.from(toJson(payload));
    const id = uuidOf(`${world.seed}|${seller.salt}|${push}|${topic}|${count}`);
    const event = uuidOf(`event|${world.seed}|${seller.salt}|${push}|${topic}|${count++}`);
    return {
      id,
      label: topic,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Shopify-Captain-Hook',
        'x-shopify-topic': topic,
        'x-shopify-hmac-sha256': signatureOf(seller.secret, body),
        'x-shopify-shop-domain': `${seller.name}.myshopify.com`,
        'x-shopify-api-version': apiVersion,
        'x-shopify-webhook-id': id,
        'x-shopify-event-id': event,
        'x-shopify-triggered-at': new Date(now + count).toISOString().replace('Z', '000000Z'),
      },
      body,
    };
  };
}

function signatureOf(secret: string, body: Buffer): string {
  return createHmac('sha256', secret).update(body).digest('base64');
}

/** The families that hold the first so many variants: the range of the shop. */
function* families(world: World, seller: Seller): Generator<Family> {
  let variants = 0;
  for (let index = 0; variants < seller.items; index++) {
    const family = world.products.passing(index);
    variants += family.variants.length;
    yield family;
  }
}

function single(
  world: World,
  seller: Seller,
  kind: string,
  product: ShopProduct,
  messageOf: MessageOf,
  now: number,
): Message {
  if (kind === 'products/delete')
    return messageOf(kind, { id: shopId(world.seed, seller, 'Product', product.family.index * 8) });
  if (kind === 'product_feeds/incremental_sync') {
    return messageOf(kind, {
      metadata: {
        action: 'UPDATE',
        type: 'INCREMENTAL',
        resource: 'PRODUCT',
        truncatedFields: [],
        // Spelled so by the partner, in this message alone.
        occured_at: new Date(now).toISOString(),
      },
      productFeed: feedJson(world, seller),
      product: feedProduct(world, seller, product, now),
      products: null,
    });
  }
  return messageOf(kind, webhookProduct(world, seller, product, now));
}

function* fullSync(
  world: World,
  seller: Seller,
  edition: number,
  messageOf: MessageOf,
  now: number,
  sync: string,
): Generator<Message> {
  const metadata = {
    action: 'CREATE',
    type: 'FULL',
    resource: 'PRODUCT',
    fullSyncId: `gid://shopify/ProductFullSync/${1_000_000_000 + Math.floor(fractionOf(`${seller.salt}|${sync}`) * 1e9)}`,
    truncatedFields: [],
    occurred_at: new Date(now).toISOString(),
  };
  const productFeed = feedJson(world, seller);
  let sent = 0;
  for (const family of families(world, seller)) {
    const product = productAt(world, seller, family, edition);
    if (product === undefined) continue;
    sent++;
    yield messageOf('product_feeds/full_sync', {
      metadata,
      productFeed,
      product: feedProduct(world, seller, product, now),
      products: null,
    });
  }
  yield messageOf('product_feeds/full_sync_finish', {
    metadata,
    productFeed,
    fullSync: {
      createdAt: new Date(now)
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z/, ' +0000'),
      errorCode: null,
      status: 'completed',
      count: sent,
      url: null,
    },
  });
}

/** What an edition changed: products that came, went or have other prices, and stocks. */
function* changes(
  world: World,
  seller: Seller,
  edition: number,
  messageOf: MessageOf,
  now: number,
): Generator<Message> {
  const stockless = ({ offers }: ShopProduct) => offers.map(({ quantity: _, ...rest }) => rest);
  for (const family of families(world, seller)) {
    const before = productAt(world, seller, family, edition - 1);
    const after = productAt(world, seller, family, edition);
    if (after === undefined) {
      if (before !== undefined) yield single(world, seller, 'products/delete', before, messageOf, now);
    } else if (before === undefined) {
      yield single(world, seller, 'products/create', after, messageOf, now);
    } else {
      if (!isDeepStrictEqual(stockless(before), stockless(after))) {
        yield single(world, seller, 'products/update', after, messageOf, now);
      }
      for (const offer of after.offers) {
        const old = before.offers.find(({ variant }) => variant.number === offer.variant.number);
        if (old !== undefined && old.quantity !== offer.quantity) {
          yield messageOf('inventory_levels/update', inventoryLevel(world, seller, offer, now));
        }
      }
    }
  }
}

function uuidOf(key: string): string {
  const hex = [0, 1, 2].map((part) =>
    Math.floor(fractionOf(`uuid|${key}|${part}`) * 2 ** 48)
      .toString(16)
      .padStart(12, '0'),
  );
  const all = hex.join('');
  return `${all.slice(0, 8)}-${all.slice(8, 12)}-4${all.slice(13, 16)}-a${all.slice(17, 20)}-${all.slice(20, 32)}`;
}

function forgedId(id: string): string {
  return uuidOf(`forged|${id}`);
}

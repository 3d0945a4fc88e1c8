// Goods that shops hand over as a feed and by messages, from there to an offer at the edge and the way on to the shop.
import { createHmac } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Fused, startFused } from '../../../services/entrepot/fused.ts';

interface Found {
  readonly searchId: string;
  readonly offers?: readonly {
    readonly offerId: string;
    readonly item: {
      readonly good: {
        readonly itemCode: string;
        readonly title: string;
        readonly brand?: string;
        readonly color?: string;
        readonly quantityAvailable?: number;
        readonly availability?: string;
      };
    };
    readonly price: { readonly partnerTotal: { readonly amount: string; readonly currencyCode: string } };
  }[];
  readonly outcomes: readonly { readonly partner: string; readonly status: string; readonly detail?: string }[];
}

const item = (id: string, title: string, price: string, more = ''): string =>
  `<item><g:id>${id}</g:id><title>${title}</title><link>https://shop.example/p/${id}</link><g:price>${price}</g:price>` +
  `<g:availability>in_stock</g:availability>${more}</item>`;
const feed = (...items: string[]): string =>
  `<rss xmlns:g="http://base.google.com/ns/1.0"><channel>${items.join('')}</channel></rss>`;

let config: string;
let shop: Server;
const file = feed(
  item('A1', 'Kestrel drill', '129.90 EUR', '<g:brand>Kestrel</g:brand><g:gtin>4006381333931</g:gtin>'),
  item('A2', 'Hammer drill', '89.00 EUR', '<g:condition>used</g:condition>'),
  item('A3', 'Saw', '19.00 EUR'),
  item('A4', 'Drill without a currency', '19.00'),
);
let fused: Fused;

beforeAll(async () => {
  shop = createServer((_, response) => response.writeHead(200).end(file));
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  config = mkdtempSync(path.join(tmpdir(), 'entrepot-handed-over-'));
  cpSync('deploy/config', config, { recursive: true });
  rmSync(path.join(config, 'partners'), { recursive: true });
  mkdirSync(path.join(config, 'partners'));
  const endpoint = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  writeFileSync(
    path.join(config, 'partners', 'harbour.yaml'),
    `adapter: google-merchant\nendpoint: ${endpoint}\nmarkets: [DE]\n`,
  );
  const pushing = {
    adapter: 'shopify',
    endpoint: 'https://quay.example',
    markets: ['DE'],
    credentials: { secret: { env: 'X_QUAY_SECRET', default: 'hush' } },
    options: {
      shop: 'quay.myshopify.com',
      storefront: 'https://quay.example',
      currency: 'EUR',
      currency_citation: 'Settings, Store currency, on 2027-01-04',
      taxes_included: true,
    },
  };
  writeFileSync(path.join(config, 'partners', 'quay.yaml'), JSON.stringify(pushing));
  fused = await startFused({
    port: 0,
    ingressAddress: '127.0.0.1:0',
    inMemory: true,
    twin: false,
    configDirectory: config,
  });
  await vi.waitFor(async () => expect((await search({ query: 'saw' })).offers).toHaveLength(1), 10_000);
});
afterAll(async () => {
  await fused.close();
  await new Promise((resolve) => shop.close(resolve));
  rmSync(config, { recursive: true });
});

async function call<T>(url: string, body?: unknown): Promise<{ status: number; body: T }> {
  const response = await fetch(fused.edgeUrl + url, {
    method: body === undefined ? 'GET' : 'POST',
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}

async function search(good: Record<string, unknown>): Promise<Found> {
  const { status, body } = await call<Found>('/v1/searches', { good, currency: 'EUR', market: 'DE', pageSize: 20 });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

const ofPartner = (found: Found, name: string) => found.outcomes.find(({ partner }) => partner === name);
const codes = (found: Found): string[] => (found.offers ?? []).map(({ item }) => item.good.itemCode).sort();

describe('goods of a feed', () => {
  it('are found at the edge by words, number and condition, each with the shop’s own price', async () => {
    const drills = await search({ query: 'drill' });
    expect(codes(drills)).toEqual(['A1', 'A2']);
    expect(ofPartner(drills, 'harbour')).toMatchObject({
      partner: 'harbour',
      rowsReceived: 3,
      offersKept: 2,
      rejections: [{ reason: 'REJECTION_REASON_INVALID_CURRENCY' }],
    });
    const [kestrel] = (await search({ gtin: '4006381333931' })).offers ?? [];
    expect(kestrel).toMatchObject({
      item: { good: { itemCode: 'A1', brand: 'Kestrel', gtin: '04006381333931' } },
      price: { partnerTotal: { amount: '129.90', currencyCode: 'EUR' } },
    });
    expect(codes(await search({ query: 'drill', conditions: ['CONDITION_USED'] }))).toEqual(['A2']);
    expect(ofPartner(await search({ query: 'anvil' }), 'harbour')?.status).toBe('OUTCOME_STATUS_EMPTY');
  });

  it('lead on to the shop, and are verified against what the shop has handed over since', async () => {
    const [offer] = (await search({ gtin: '4006381333931' })).offers ?? [];
    const handoff = await call<{ url?: string }>(`/v1/offers/${offer!.offerId}:handoff`, {});
    expect(handoff).toMatchObject({ status: 200, body: { url: 'https://shop.example/p/A1' } });
    const verified = await call<unknown>(`/v1/offers/${offer!.offerId}:verify`, {});
    expect(verified).toMatchObject({ status: 200 });
  });
});

describe('goods of messages', () => {
  let sent = 0;
  const send = async (topic: string, body: string): Promise<number> => {
    const response = await fetch(`${fused.ingressUrl}/push/quay`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-shopify-topic': topic,
        'x-shopify-webhook-id': `w-${sent++}`,
        'x-shopify-shop-domain': 'quay.myshopify.com',
        'x-shopify-triggered-at': '2027-01-05T10:00:00.123456789Z',
        'x-shopify-hmac-sha256': createHmac('sha256', 'hush').update(body).digest('base64'),
      },
    });
    return response.status;
  };
  // An id that no double can hold.
  const product = (price: string, at: string): string =>
    `{"id": 9007199254740993, "title": "Deck lantern", "vendor": "Quay", "status": "active", "handle": "lantern",
      "published_at": "2027-01-01T00:00:00Z", "updated_at": "${at}", "body_html": "Brass", "tags": "deck, light",
      "options": [{"name": "Color", "position": 1}],
      "variants": [
        {"id": 9007199254740995, "title": "Red", "price": "${price}", "option1": "Red", "inventory_quantity": 4,
         "inventory_policy": "deny", "inventory_item_id": 9007199254740997, "barcode": "4006381333931"},
        {"id": 9007199254740996, "title": "Blue", "price": "${price}", "option1": "Blue", "inventory_quantity": 0,
         "inventory_policy": "continue", "inventory_item_id": 9007199254740998, "barcode": null}]}`;

  it('are found as soon as they have come, with every digit of their ids and the newest of their prices', async () => {
    expect(await send('products/update', product('24.50', '2027-01-05T09:00:00Z'))).toBe(200);
    expect(await send('products/create', product('19.00', '2027-01-05T08:00:00Z'))).toBe(200);
    const found = await search({ query: 'lantern' });
    expect(codes(found)).toEqual(['9007199254740995', '9007199254740996']);
    expect(found.offers).toHaveLength(2);
    for (const { price } of found.offers ?? [])
      expect(price.partnerTotal).toEqual({ amount: '24.50', currencyCode: 'EUR' });
    const byNumber = (await search({ gtin: '4006381333931' })).offers ?? [];
    expect(byNumber.map(({ item }) => item.good.itemCode)).toContain('9007199254740995');
    expect(byNumber.map(({ item }) => item.good.itemCode)).not.toContain('9007199254740996');
  });

  it('have the stock that was told last, and are sold out once they are deleted', async () => {
    const quantities = async () =>
      ((await search({ query: 'lantern' })).offers ?? [])
        .map(({ item }) => item.good)
        .map(({ color, quantityAvailable, availability }) => [color, quantityAvailable ?? 0, availability])
        .sort();
    const level =
      '{"inventory_item_id": 9007199254740997, "location_id": 5, "available": 2, "updated_at": "2027-01-05T09:30:00Z"}';
    expect(await send('inventory_levels/update', level)).toBe(200);
    expect(await quantities()).toEqual([
      ['Blue', 0, 'AVAILABILITY_BACKORDER'],
      ['Red', 2, 'AVAILABILITY_IN_STOCK'],
    ]);
    const [offer] = (await search({ query: 'lantern' })).offers ?? [];
    expect(await call(`/v1/offers/${offer!.offerId}:verify`, {})).toMatchObject({ status: 200 });
    expect(await send('products/delete', '{"id": 9007199254740993}')).toBe(200);
    expect((await search({ query: 'lantern' })).offers ?? []).toEqual([]);
    expect(await call(`/v1/offers/${offer!.offerId}:verify`, {})).toMatchObject({ body: { reason: 'OFFER_SOLD_OUT' } });
    expect(await send('products/update', product('24.50', '2027-01-05T09:59:59Z'))).toBe(200);
    expect((await search({ query: 'lantern' })).offers ?? []).toEqual([]);
  });

  it('are taken at the ingress alone', async () => {
    const response = await fetch(`${fused.edgeUrl}/push/quay`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(404);
  });
});

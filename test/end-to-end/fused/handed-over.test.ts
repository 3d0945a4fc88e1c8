// What shops and houses hand over as a feed and by messages, from there to an offer at the edge and the way on.
import { createHmac } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
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
  const credentials = {
    username: { env: 'X_INN_USER', default: 'inn' },
    password: { env: 'X_INN_PASSWORD', default: 'key' },
  };
  const house = { adapter: 'alpinebits', endpoint: 'https://inn.example', credentials };
  writeFileSync(path.join(config, 'partners', 'inn.yaml'), JSON.stringify(house));
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

describe('stays of a house that sends AlpineBits messages', () => {
  interface Stays {
    readonly offers?: readonly {
      readonly offerId: string;
      readonly partner: string;
      readonly item: { readonly stay: Readonly<Record<string, unknown>> };
      readonly price: {
        readonly partnerTotal: { readonly amount: string };
        readonly dueLater?: { readonly amount: string };
      };
    }[];
    readonly outcomes: Found['outcomes'];
  }

  const send = async (action: string, request: string, packed = false): Promise<string> => {
    const form = new FormData();
    form.set('action', action);
    form.set('request', request);
    const made = new Request('http://x', { method: 'POST', body: form });
    const body = Buffer.from(await made.arrayBuffer());
    const response = await fetch(`${fused.ingressUrl}/push/inn`, {
      method: 'POST',
      body: packed ? gzipSync(body) : body,
      headers: {
        authorization: `Basic ${btoa('inn:key')}`,
        'content-type': made.headers.get('content-type') ?? '',
        ...(packed && { 'content-encoding': 'gzip' }),
      },
    });
    return await response.text();
  };
  const day = (days: number): string => Temporal.PlainDate.from('2027-06-01').add({ days }).toString();
  const content = (inner: string): string =>
    `<OTA_HotelDescriptiveContentNotifRQ><HotelDescriptiveContents><HotelDescriptiveContent HotelCode="42" HotelName="Berghof">${inner}</HotelDescriptiveContent></HotelDescriptiveContents></OTA_HotelDescriptiveContentNotifRQ>`;
  const rate = (two: string): string =>
    `<Rate InvTypeCode="FZ" Start="${day(0)}" End="${day(9)}"><BaseByGuestAmts><BaseByGuestAmt NumberOfGuests="2" AgeQualifyingCode="10" AmountAfterTax="${two}"/></BaseByGuestAmts>
     <AdditionalGuestAmounts><AdditionalGuestAmount AgeQualifyingCode="8" MaxAge="12" Amount="25.5"/></AdditionalGuestAmounts></Rate>`;
  const plans = (type: string, rates: string): string =>
    `<OTA_HotelRatePlanNotifRQ><RatePlans HotelCode="42"><RatePlan RatePlanNotifType="${type}" CurrencyCode="EUR" RatePlanCode="HB"><Rates>${rates}</Rates></RatePlan></RatePlans></OTA_HotelRatePlanNotifRQ>`;
  const rooms = (count: number): string =>
    `<OTA_HotelInvCountNotifRQ><UniqueID Type="16" ID="1" Instance="CompleteSet"/><Inventories HotelCode="42"><Inventory><StatusApplicationControl Start="${day(0)}" End="${day(9)}" InvTypeCode="FZ"/><InvCounts><InvCount CountType="2" Count="${count}"/></InvCounts></Inventory></Inventories></OTA_HotelInvCountNotifRQ>`;
  const find = async (childAges: number[], checkOut = day(10)): Promise<Stays> => {
    const stay = { place: 'INN', checkIn: day(7), checkOut, rooms: [{ adults: 2, childAges }] };
    const { body } = await call<Stays>('/v1/searches', { stay, currency: 'EUR', market: 'DE', partners: ['inn'] });
    return body;
  };

  it('are found, verified and handed off at the edge, as the last message has them', async () => {
    const info = `<HotelInfo><Position Latitude="47.27" Longitude="11.39"/></HotelInfo><Policies><Policy><TaxPolicies><TaxPolicy Amount="2" CurrencyCode="EUR" ChargeUnit="21"/></TaxPolicies></Policy></Policies>`;
    const types = `<FacilityInfo><GuestRooms><GuestRoom Code="FZ" MaxOccupancy="4"><TypeRoom StandardOccupancy="2"/></GuestRoom></GuestRooms></FacilityInfo>`;
    const basis = `<Rate RateTimeUnit="Day" UnitMultiplier="1"><BaseByGuestAmts><BaseByGuestAmt Type="7"/></BaseByGuestAmts><MealsIncluded MealPlanIndicator="true" MealPlanCodes="12"/></Rate>`;
    expect((await find([])).offers ?? []).toEqual([]);
    for (const [action, message, packed] of [
      ['OTA_HotelDescriptiveContentNotif:Info', content(info), false],
      ['OTA_HotelDescriptiveContentNotif:Inventory', content(types), true],
      ['OTA_HotelInvCountNotif:FreeRooms', rooms(2), false],
      ['OTA_HotelRatePlanNotif:RatePlans', plans('New', basis + rate('90')), true],
    ] as const) {
      expect(await send(action, message, packed)).toContain('<Success/>');
    }
    // Three nights, the last one included in what is free: 2 × 90, and a child's 25.50.
    const [offer] = (await find([6])).offers ?? [];
    expect(offer).toMatchObject({
      partner: 'inn',
      item: {
        stay: {
          propertyName: 'Berghof',
          board: 'BOARD_HALF_BOARD',
          rooms: [{ code: 'FZ', count: 1, adults: 2, children: 1 }],
        },
      },
      price: { partnerTotal: { amount: '616.50' } },
    });
    expect((await find([6], day(11))).offers ?? []).toEqual([]);
    const verified = await call<{ offer: unknown; changes?: unknown[] }>(`/v1/offers/${offer!.offerId}:verify`, {});
    expect([verified.status, verified.body.changes ?? []]).toEqual([200, []]);
    expect(await call(`/v1/offers/${offer!.offerId}:handoff`, {})).toMatchObject({ body: { token: '42/FZ/HB' } });

    expect(await send('OTA_HotelRatePlanNotif:RatePlans', plans('Overlay', rate('100')))).toContain('<Success/>');
    const dearer = await call<{ changes?: { field: string }[] }>(`/v1/offers/${offer!.offerId}:verify`, {});
    expect(dearer.body.changes?.map(({ field }) => field)).toContain('price.total');
    expect((await find([])).offers?.map(({ price }) => price.partnerTotal.amount)).toEqual(['600.00']);
    await send('OTA_HotelInvCountNotif:FreeRooms', rooms(0));
    expect((await find([])).offers ?? []).toEqual([]);
    expect(await call(`/v1/offers/${offer!.offerId}:verify`, {})).toMatchObject({ body: { reason: 'OFFER_SOLD_OUT' } });
  });
});

// Goods that a shop hands over as a feed, from its file to an offer at the edge and the way on to the shop.
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
    readonly item: { readonly good: { readonly itemCode: string; readonly title: string; readonly brand?: string } };
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
  fused = await startFused({ port: 0, inMemory: true, twin: false, configDirectory: config });
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

const codes = (found: Found): string[] => (found.offers ?? []).map(({ item }) => item.good.itemCode).sort();

describe('goods of a feed', () => {
  it('are found at the edge by words, number and condition, each with the shop’s own price', async () => {
    const drills = await search({ query: 'drill' });
    expect(codes(drills)).toEqual(['A1', 'A2']);
    expect(drills.outcomes).toMatchObject([
      {
        partner: 'harbour',
        rowsReceived: 3,
        offersKept: 2,
        rejections: [{ reason: 'REJECTION_REASON_INVALID_CURRENCY' }],
      },
    ]);
    const [kestrel] = (await search({ gtin: '4006381333931' })).offers ?? [];
    expect(kestrel).toMatchObject({
      item: { good: { itemCode: 'A1', brand: 'Kestrel', gtin: '04006381333931' } },
      price: { partnerTotal: { amount: '129.90', currencyCode: 'EUR' } },
    });
    expect(codes(await search({ query: 'drill', conditions: ['CONDITION_USED'] }))).toEqual(['A2']);
    expect((await search({ query: 'anvil' })).outcomes[0]?.status).toBe('OUTCOME_STATUS_EMPTY');
  });

  it('lead on to the shop, and are verified against what the shop has handed over since', async () => {
    const [offer] = (await search({ gtin: '4006381333931' })).offers ?? [];
    const handoff = await call<{ url?: string }>(`/v1/offers/${offer!.offerId}:handoff`, {});
    expect(handoff).toMatchObject({ status: 200, body: { url: 'https://shop.example/p/A1' } });
    const verified = await call<unknown>(`/v1/offers/${offer!.offerId}:verify`, {});
    expect(verified).toMatchObject({ status: 200 });
  });
});

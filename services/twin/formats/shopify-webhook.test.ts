import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Twin } from '../server.ts';
import { kindsOf } from '../testing.ts';
import { differences, type Received, startPartners, startPlatform } from '../testing-partners.ts';

let twin: Twin;
let platform: Awaited<ReturnType<typeof startPlatform>>;
let status = 200;
beforeAll(async () => {
  ({ twin } = await startPartners());
});
afterAll(() => twin.close());
beforeEach(async () => {
  status = 200;
  platform = await startPlatform(() => ({ status }));
  twin.setScenario('shop', {});
  twin.setEdition('shop', 5);
});
afterEach(() => platform.close());

const push = (kind: string, count?: number) =>
  twin.push('shop', { kind, target: platform.url, ...(count === undefined ? {} : { count }) });
const signed = ({ headers, body }: Received) =>
  headers['x-shopify-hmac-sha256'] === createHmac('sha256', 'twin').update(body).digest('base64');
const textOf = ({ body }: Received) => body.toString();
const jsonOf = (received: Received) => JSON.parse(textOf(received)) as Record<string, unknown>;

interface Product {
  readonly title: string;
  readonly variants: readonly { readonly price: string; readonly barcode: string | null }[];
}

describe('webhooks', () => {
  it('are signed, and say topic, shop and event', async () => {
    const report = await push('products/update', 5);
    expect(report).toMatchObject({ accepted: 5, refused: 0, attempts: 5 });
    expect(platform.received).toHaveLength(5);
    for (const received of platform.received) {
      expect(signed(received)).toBe(true);
      expect(received.headers).toMatchObject({
        'x-shopify-topic': 'products/update',
        'x-shopify-shop-domain': 'shop.myshopify.com',
        'x-shopify-webhook-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
        'x-shopify-event-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
        'x-shopify-triggered-at': expect.stringMatching(/^2026-01-05T10:00:00\.\d{9}Z$/),
        'content-type': 'application/json',
      });
    }
    expect(new Set(platform.received.map(({ headers }) => headers['x-shopify-webhook-id'])).size).toBe(5);
  });

  it('have ids beyond what a double holds, and prices without a currency', async () => {
    await push('products/update', 20);
    for (const received of platform.received) {
      const text = textOf(received);
      const id = /"id":(7\d{18}),/.exec(text)![1]!;
      expect(text).toContain(`"admin_graphql_api_id":"gid://shopify/Product/${id}"`);
      expect(BigInt(id) > 2n ** 53n).toBe(true);
      expect(text).not.toMatch(/currency/i);
      for (const { price } of (jsonOf(received) as unknown as Product).variants) expect(price).toMatch(/^\d+\.\d\d$/);
    }
    expect(platform.received.some((each) => !Number.isSafeInteger(jsonOf(each).id))).toBe(true);
  });

  it('lead to what they are about', async () => {
    await push('products/update', 30);
    for (const received of platform.received) {
      const text = textOf(received);
      const product = twin.truthOf('shop', /"id":(7\d{18}),/.exec(text)![1]!)!;
      const ids = [...text.matchAll(/gid:\/\/shopify\/ProductVariant\/\d+/g)].map(([id]) => id);
      expect(ids.length).toBeGreaterThan(0);
      for (const id of ids) expect(twin.truthOf('shop', id)!.product.split('-')[0]).toBe(product.product);
    }
    expect(twin.truthOf('shop', '7000000000000000000')).toBeUndefined();
  });

  it('of changes bring a copy of the range from one edition to the next', async () => {
    const range = (edition: number) => {
      twin.setEdition('shop', edition);
      platform.received.length = 0;
      return push('products/update');
    };
    const copy = async () => {
      const kept = new Map<string, string>();
      for (const received of platform.received) {
        const body = textOf(received);
        kept.set(/"id":(7\d{18}),/.exec(body)![1]!, prices(received));
      }
      return kept;
    };
    const prices = (received: Received) =>
      JSON.stringify((jsonOf(received) as unknown as Product).variants.map(({ price }) => price));
    await range(5);
    const held = await copy();
    platform.received.length = 0;
    const report = await push('changes');
    expect(report.edition).toBe(6);
    const topics = new Set<string>();
    for (const received of platform.received) {
      const topic = `${received.headers['x-shopify-topic']}`;
      topics.add(topic);
      const id = /"id":(7\d{18})/.exec(textOf(received))?.[1];
      if (topic === 'products/delete') held.delete(id!);
      else if (topic !== 'inventory_levels/update') held.set(id!, prices(received));
    }
    expect(topics).toContain('products/update');
    expect(topics).toContain('inventory_levels/update');
    await range(6);
    expect(held).toEqual(await copy());
  });

  it('that are refused come again, with the same id, until they are taken or given up', async () => {
    let count = 0;
    await platform.close();
    platform = await startPlatform(() => ({ status: ++count % 3 === 0 ? 200 : 503 }));
    const report = await push('products/update', 2);
    expect(report).toMatchObject({ accepted: 2, refused: 0, attempts: 6 });
    const ids = platform.received.map(({ headers }) => headers['x-shopify-webhook-id']);
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    await platform.close();
    platform = await startPlatform(() => ({ status: 500 }));
    expect(await push('products/update', 1)).toMatchObject({ accepted: 0, refused: 1, attempts: 4 });
  });

  it('are sent twice, late, once more and by others as the scenario says', async () => {
    twin.setScenario('shop', { duplicateShare: 1 });
    await push('products/update', 3);
    const ids = () => platform.received.map(({ headers }) => headers['x-shopify-webhook-id']);
    expect(ids()).toHaveLength(6);
    expect(new Set(ids()).size).toBe(3);
    platform.received.length = 0;
    twin.setScenario('shop', { forgeShare: 1 });
    const forged = await push('products/update', 3);
    expect(platform.received.map(signed)).toEqual([false, true, false, true, false, true]);
    expect(forged).toMatchObject({ accepted: 3 });
    platform.received.length = 0;
    twin.setScenario('shop', { replayShare: 1 });
    await push('products/update', 3);
    expect(ids().slice(3)).toEqual(ids().slice(0, 3));
    expect(platform.received.every(signed)).toBe(true);
    platform.received.length = 0;
    twin.setScenario('shop', { reorderShare: 0.5 });
    await push('products/update', 20);
    const moments = platform.received.map(({ headers }) => `${headers['x-shopify-triggered-at']}`);
    expect(moments).not.toEqual(moments.toSorted());
    expect(new Set(moments).size).toBe(20);
  });

  it('of a full synchronization end with how many there were', async () => {
    const report = await push('product_feeds/full_sync');
    const last = jsonOf(platform.received.at(-1)!) as { fullSync: { count: number; status: string } };
    expect(platform.received.at(-1)!.headers['x-shopify-topic']).toBe('product_feeds/full_sync_finish');
    expect(last.fullSync).toMatchObject({ count: platform.received.length - 1, status: 'completed' });
    expect(report.accepted).toBe(platform.received.length);
    const syncs = platform.received.map(
      (each) => (jsonOf(each) as { metadata: { fullSyncId: string } }).metadata.fullSyncId,
    );
    expect(new Set(syncs).size).toBe(1);
  });
});

describe('pushing', () => {
  it('over HTTP reports, and refuses what it cannot do', async () => {
    const put = (seller: string, body: object) =>
      fetch(`${twin.url}/_push/${seller}`, { method: 'PUT', body: JSON.stringify(body) });
    const done = await put('shop', { kind: 'products/create', target: platform.url, count: 2 });
    expect([done.status, await done.json()]).toMatchObject([200, { accepted: 2 }]);
    expect((await put('shop', { kind: 'products/create' })).status).toBe(422);
    expect((await put('shop', { kind: 'tea', target: platform.url })).status).toBe(422);
    expect((await put('shop', { tea: 1 })).status).toBe(422);
    expect((await put('ebay', { target: platform.url })).status).toBe(422);
    expect((await fetch(`${twin.url}/_push/shop`)).status).toBe(405);
    const edition = (init?: RequestInit) => fetch(`${twin.url}/_edition/shop`, init);
    expect(await (await edition({ method: 'PUT', body: '9' })).json()).toEqual({ edition: 9 });
    expect(await (await edition()).json()).toEqual({ edition: 9 });
    expect((await edition({ method: 'PUT', body: '-1' })).status).toBe(422);
    await expect(twin.push('nobody')).rejects.toThrow(RangeError);
  });

  it('goes on by itself where it is told to, everything first, then changes', async () => {
    const { twin: other } = await startPartners({
      shop: { items: 20, push: { target: platform.url, intervalSeconds: 0.05 } },
    });
    try {
      await expect
        .poll(() => platform.received.map(({ headers }) => headers['x-shopify-topic']), { timeout: 10_000 })
        .toEqual(expect.arrayContaining(['product_feeds/full_sync_finish', 'inventory_levels/update']));
    } finally {
      await other.close();
    }
  });

  it('ends with the twin', async () => {
    const { twin: other } = await startPartners({ shop: { push: { attempts: 20, retryMs: 60_000 } } });
    status = 500;
    const pushing = other.push('shop', { kind: 'products/update', target: platform.url });
    const ended = expect(pushing).rejects.toThrow(/abort/i);
    await expect.poll(() => platform.received.length).toBe(1);
    await other.close();
    await ended;
  });
});

const folder = path.resolve('../shared/partner-samples/goods/shopify-webhook');

describe.skipIf(!existsSync(folder))('beside the samples (skipped where ../shared/partner-samples is absent)', () => {
  it.each([
    'products-create',
    'products-update',
    'products-delete',
    'inventory_levels-update',
    'product_feeds-full_sync',
    'product_feeds-full_sync_finish',
    'product_feeds-incremental_sync',
  ])('has every field of %s', async (file) => {
    const theirs = kindsOf(JSON.parse(readFileSync(path.join(folder, `${file}.json`), 'utf8')));
    const topic = file.replace('-', '/');
    await push(topic.replace('_finish', ''), 200);
    const ours = kindsOf(platform.received.filter(({ headers }) => headers['x-shopify-topic'] === topic).map(jsonOf));
    expect(differences(theirs, new Map([...ours].map(([field, kinds]) => [field.slice(2), kinds])))).toEqual([]);
  });
});

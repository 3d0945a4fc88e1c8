import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { openStore } from '../../../libs/store/index.ts';
import { liveBytes } from '../../../libs/telemetry/live-bytes.ts';
import { Inventory } from '../inventory/inventory.ts';
import { inventoryStore } from '../inventory/schema.ts';
import { loadPartners } from '../load.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { type FileServer, startFileServer } from '../testing/file-server.ts';
import { goodsCsv } from '../testing/goods.ts';
import { localPartner, testAdapters, writePartners } from '../testing/rig.ts';
import { type FeedReading, readFeed } from './read-feed.ts';
import { nextReadMs } from './schedule.ts';

let server: FileServer;
let partner: ConfiguredPartner;
let inventory: Inventory;
let config: string;

beforeAll(async () => {
  server = await startFileServer();
  config = writePartners({
    shop: { adapter: 'plain-feed', endpoint: server.url, credentials: { key: { env: 'X_FEED', default: 'open' } } },
  });
  const partners = await loadPartners({ configDirectory: config, adapterDirectories: [testAdapters] });
  partner = localPartner(partners, 'shop');
});
beforeEach(async () => {
  inventory = new Inventory(await openStore(inventoryStore));
});
afterEach(() => inventory.close());
afterAll(async () => {
  rmSync(config, { recursive: true });
  await server.close();
});

function serve(file: string | Buffer, headers: Record<string, string> = {}): void {
  server.respond = (_, response) => response.writeHead(200, headers).end(file);
}

function read(): Promise<FeedReading> {
  return readFeed(inventory, partner, partner.adapter.inventory!.feed!, new AbortController().signal);
}

async function load(): Promise<string> {
  return (await read()).result;
}

/** Ids of the rows with a word. */
async function found(words: string): Promise<string[]> {
  const text = await inventory.find('shop', { words, limit: 1_000, beside: [] });
  return (JSON.parse(text ?? '{"rows":[]}') as { rows: { id: string }[] }).rows.map(({ id }) => id).sort();
}

const three = goodsCsv([
  [1, 'red drill', '10.00'],
  [2, 'blue drill', '11.00', '4006381333931'],
  [3, 'green saw', '12.00'],
]);

describe('a feed', () => {
  it('is fetched with the credentials of the account, and its rows are found by words and keys', async () => {
    serve(three);
    expect(await load()).toBe('loaded');
    expect(server.requests.at(-1)).toMatchObject({ url: '/goods.csv', headers: { 'x-key': 'open' } });
    expect(await found('drill')).toEqual(['1', '2']);
    expect(await found('Drill BLUE')).toEqual(['2']);
    const text = await inventory.find('shop', { keys: ['gtin:04006381333931'], limit: 5, beside: [] });
    expect(JSON.parse(text!)).toEqual({
      rows: [{ id: '2', title: 'blue drill', gtin: '4006381333931', price: '11.00', currency: 'EUR' }],
    });
  });

  it('replaces the last one as a whole: what it lacks is gone', async () => {
    serve(three);
    await load();
    serve(
      goodsCsv([
        [2, 'blue drill', '9.00'],
        [4, 'black drill', '13.00'],
        [4, 'black drill, again', '14.00'],
      ]),
    );
    expect(await load()).toBe('loaded');
    expect(await found('drill')).toEqual(['2', '4']);
    expect(await found('again')).toEqual(['4']);
    expect(await found('saw')).toEqual([]);
    expect(await inventory.state('shop')).toMatchObject({ rows: 2, failedAt: undefined });
  });

  it('may have a key again far behind: the later row counts, and rows without words or alone in their batch are there too', async () => {
    const rows: [number, string, string][] = Array.from({ length: 700 }, (_, at) => [at, `drill ${at}`, '1.00']);
    serve(goodsCsv([...rows, [3, 'hammer', '2.00'], [650, 'hammer', '3.00'], ...rows.slice(0, 48), [900, '', '4.00']]));
    expect(await load()).toBe('loaded');
    expect(await found('hammer')).toEqual(['650']);
    expect(await found('drill')).toHaveLength(699);
    expect(await inventory.state('shop')).toMatchObject({ rows: 701 });
    const alone = await inventory.find('shop', { only: '900', limit: 5, beside: [] });
    expect(JSON.parse(alone!)).toMatchObject({ rows: [{ id: '900', price: '4.00' }] });
  });

  it('is not seen before the whole of it is in', async () => {
    serve(three);
    await load();
    const { promise, resolve } = Promise.withResolvers<() => void>();
    const many = goodsCsv(Array.from({ length: 2_000 }, (_, at) => [at, 'new drill', '1.00']));
    server.respond = (_, response) => {
      response.writeHead(200);
      response.write(many.slice(0, 60_000));
      resolve(() => response.end(many.slice(60_000)));
    };
    const loading = load();
    const finish = await promise;
    await new Promise((later) => setTimeout(later, 100));
    expect(await found('drill')).toEqual(['1', '2']);
    finish();
    expect(await loading).toBe('loaded');
    expect(await found('drill')).toHaveLength(1_000);
  });

  it('that breaks off halfway changes nothing, and says so', async () => {
    serve(three);
    await load();
    server.respond = (_, response) => {
      response.writeHead(200, { 'content-length': '500000' });
      response.write(goodsCsv(Array.from({ length: 3_000 }, (_, at) => [at, 'new drill', '1.00'])), () =>
        response.destroy(),
      );
    };
    expect(await load()).toBe('failed');
    expect(await found('drill')).toEqual(['1', '2']);
    expect(await inventory.state('shop')).toMatchObject({
      rows: 3,
      failure: expect.stringContaining('connection broke'),
    });
    serve(three);
    expect(await load()).toBe('loaded');
    expect(await inventory.state('shop')).toMatchObject({ failure: '', failedAt: undefined });
  });

  it('is unpacked, whether the file or the answer is gzip, and refused where gzip ends too early', async () => {
    serve(gzipSync(three));
    expect(await load()).toBe('loaded');
    serve(gzipSync(gzipSync(three)), { 'content-encoding': 'gzip' });
    expect(await load()).toBe('loaded');
    expect(await found('drill')).toEqual(['1', '2']);
    const whole = gzipSync(goodsCsv(Array.from({ length: 3_000 }, (_, at) => [at, `drill ${at}`, '1.00'])));
    serve(whole.subarray(0, whole.length - 100));
    expect(await load()).toBe('failed');
    expect(await found('drill')).toEqual(['1', '2']);
  });

  it('that unpacks to more than its limit is refused without being held', async () => {
    serve(three);
    await load();
    const before = liveBytes();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, liveBytes() - before);
    }, 500);
    onTestFinished(() => clearInterval(watch));
    // 200 MB of rows in a file of some 800 KB.
    const rows = Buffer.from(`9,"bomb",,1.00,EUR\n`.repeat(55_000));
    const bomb = Buffer.concat([gzipSync('id,title,gtin,price,currency\n'), ...Array(200).fill(gzipSync(rows))]);
    serve(bomb);
    expect(await load()).toBe('failed');
    expect((await inventory.state('shop'))?.failure).toContain('maxBytes');
    // And one row of zeros without an end.
    serve(gzipSync(Buffer.alloc(100_000_000)));
    expect(await load()).toBe('failed');
    expect((await inventory.state('shop'))?.failure).toContain('maxRowBytes');
    // Of 200 MB and of 100 in one row; the store's own memory, which grows by tens of MB, is in it.
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(150_000_000);
    expect(await found('drill')).toEqual(['1', '2']);
  });

  it('with far fewer rows than the last is refused', async () => {
    serve(three);
    await load();
    serve(goodsCsv([[1, 'red drill', '10.00']]));
    expect(await load()).toBe('refused');
    expect(await found('drill')).toEqual(['1', '2']);
    expect((await inventory.state('shop'))?.failure).toContain('maxShrinkPercent');
    serve('id,title,gtin,price,currency\n');
    expect(await load()).toBe('refused');
  });

  it('of which too many rows cannot be read is refused', async () => {
    serve(`${three}4,x\n`);
    expect(await load()).toBe('failed');
    expect((await inventory.state('shop'))?.failure).toContain('1 of its 4 rows');
  });

  it('that has not changed is not read again, unless the manifest has', async () => {
    serve(three, { etag: '"v1"', 'last-modified': 'Tue, 05 Jan 2027 10:00:00 GMT' });
    await load();
    server.respond = (request, response) => {
      if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end();
      else response.writeHead(200).end(three);
    };
    expect(await load()).toBe('unchanged');
    expect(server.requests.at(-1)?.headers['if-modified-since']).toBe('Tue, 05 Jan 2027 10:00:00 GMT');
    expect(await found('drill')).toEqual(['1', '2']);
    const other = { ...partner, manifest: { ...partner.manifest, digest: 'another' } };
    const again = await readFeed(inventory, other, partner.adapter.inventory!.feed!, new AbortController().signal);
    expect(again.result).toBe('loaded');
  });

  it.each([401, 404, 500])('that is answered with %d fails with that status', async (status) => {
    server.respond = (_, response) => response.writeHead(status).end('no');
    expect(await load()).toBe('failed');
    expect((await inventory.state('shop'))?.failure).toContain(`status ${status}`);
  });

  it('that is a page, or nothing at all, is none, though no row came before it', async () => {
    serve('\n<!doctype html><html><body>Down for maintenance</body></html>');
    expect(await read()).toMatchObject({ result: 'failed', failure: FailureKind.MALFORMED });
    serve('');
    expect(await read()).toMatchObject({
      result: 'failed',
      failure: FailureKind.MALFORMED,
      detail: 'the file cannot be taken: it is empty',
    });
    expect((await inventory.state('shop'))?.rows).toBe(0);
  });

  it('is asked for again when it is due, soon where it failed, and never before its server wants to be asked', async () => {
    const hourly = { everyMinutes: 60 };
    server.respond = (_, response) => response.writeHead(429, { 'retry-after': '5400' }).end();
    const limited = await read();
    expect(limited).toMatchObject({ result: 'failed', failure: FailureKind.RATE_LIMIT, retryAfterMs: 5_400_000 });
    expect(nextReadMs(hourly, limited, 1)).toBe(5_400_000);
    expect(nextReadMs(hourly, { result: 'failed' }, 0)).toBe(300_000);
    expect(nextReadMs({ everyMinutes: 2 }, { result: 'failed' }, 0)).toBe(120_000);
    for (const result of ['loaded', 'unchanged', 'refused'] as const) {
      expect(nextReadMs(hourly, { result }, 0)).toBe(3_600_000);
      expect(nextReadMs(hourly, { result }, 1)).toBe(3_240_000);
    }
  });

  it('is there again after a restart, and what an aborted load left is cleared away', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'inventory-'));
    try {
      serve(three);
      const first = new Inventory(await openStore({ directory, ...inventoryStore }));
      const feed = partner.adapter.inventory!.feed!;
      await readFeed(first, partner, feed, new AbortController().signal);
      await first.load('shop');
      await first.close();
      const store = await openStore({ directory, ...inventoryStore });
      const second = new Inventory(store);
      const text = await second.find('shop', { words: 'drill', limit: 10, beside: [] });
      expect((JSON.parse(text!) as { rows: unknown[] }).rows).toHaveLength(2);
      expect(await store.query('SELECT count(*)::int AS shelves FROM shelves')).toEqual([{ shelves: 2 }]);
      await readFeed(second, partner, feed, new AbortController().signal);
      expect(await store.query('SELECT count(*)::int AS shelves FROM shelves')).toEqual([{ shelves: 1 }]);
      await second.close();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { XMLParser } from 'fast-xml-parser';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { gtin13 } from '../goods/gtin.ts';
import type { Twin } from '../server.ts';
import { kindsOf } from '../testing.ts';
import { startPartners } from '../testing-partners.ts';

let twin: Twin;
beforeAll(async () => {
  ({ twin } = await startPartners());
});
afterAll(() => twin.close());
beforeEach(() => {
  twin.setScenario('feed', {});
  twin.setEdition('feed', 0);
});

type Item = Readonly<Record<string, unknown>>;
const get = (file: string, init: RequestInit = {}, seller = 'feed') => fetch(`${twin.url}/${seller}/${file}`, init);
const parser = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'item' });
function itemsOf(xml: string): Item[] {
  return (parser.parse(xml, true) as { rss: { channel: { item: Item[] } } }).rss.channel.item;
}
const feed = async () => itemsOf(await (await get('feed.xml')).text());

describe('a feed', () => {
  it('has ids once, prices with currency, and identifiers where there are any', async () => {
    const items = await feed();
    expect(items.length).toBeGreaterThan(650);
    expect(items.length).toBeLessThanOrEqual(800);
    expect(new Set(items.map((item) => item['g:id'])).size).toBe(items.length);
    let reduced = 0;
    let without = 0;
    for (const item of items) {
      expect(item['g:price']).toMatch(/^\d+\.\d\d USD$/);
      if (item['g:gtin'] !== undefined) expect(gtin13(item['g:gtin'] as string)).toBeDefined();
      if (item['g:gtin'] === undefined && item['g:mpn'] === undefined && item['g:identifier_exists'] !== undefined)
        without++;
      if (item['g:sale_price'] === undefined) continue;
      reduced++;
      expect(Number.parseFloat(item['g:sale_price'] as string)).toBeLessThan(
        Number.parseFloat(item['g:price'] as string),
      );
    }
    expect(reduced).toBeGreaterThan(50);
    expect(without).toBeGreaterThan(2);
    const intervals = items.map((item) => item['g:sale_price_effective_date'] as string).filter(Boolean);
    for (const each of intervals) {
      expect(each).toMatch(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d(Z|[+-]\d\d:?\d\d)\/\d{4}-\d\d-\d\dT\d\d:\d\d(Z|[+-]\d\d:?\d\d)$/,
      );
    }
    expect(new Set(items.map((item) => item['g:condition']))).toEqual(new Set(['new', 'used', 'refurbished']));
    expect(items.some((item) => Array.isArray(item['g:shipping']))).toBe(true);
  });

  it('says the same as XML, TSV and in both compressed', async () => {
    const xml = await (await get('feed.xml')).text();
    const tsv = await (await get('feed.tsv')).text();
    const zipped = async (file: string) => gunzipSync(Buffer.from(await (await get(file)).arrayBuffer())).toString();
    expect(await zipped('feed.xml.gz')).toBe(xml);
    expect(await zipped('feed.tsv.gz')).toBe(tsv);
    const [head, ...lines] = tsv.trimEnd().split('\n');
    const columns = head!.split('\t');
    const items = itemsOf(xml);
    expect(lines).toHaveLength(items.length);
    for (const [i, line] of lines.entries()) {
      const cells = line.split('\t');
      expect(cells).toHaveLength(columns.length);
      const cell = (name: string) => cells[columns.indexOf(name)];
      expect(cell('id')).toBe(items[i]!['g:id']);
      expect(cell('price')).toBe(items[i]!['g:price']);
      expect(cell('gtin')).toBe(items[i]!['g:gtin'] ?? '');
    }
    expect(lines.some((line) => /\t"[^\t]*""[^\t]*"\t/.test(line))).toBe(true);
  });

  it('has changed prices, new items and missing ones in a later edition, and an ETag that says so', async () => {
    const [before, tag] = [await feed(), (await get('feed.xml')).headers.get('etag')!];
    expect((await get('feed.xml', { headers: { 'if-none-match': tag } })).status).toBe(304);
    const modified = (await get('feed.xml')).headers.get('last-modified')!;
    expect((await get('feed.xml', { headers: { 'if-modified-since': modified } })).status).toBe(304);
    twin.setEdition('feed', 2);
    const answer = await get('feed.xml', { headers: { 'if-none-match': tag, 'if-modified-since': modified } });
    expect(answer.status).toBe(200);
    const after = itemsOf(await answer.text());
    const prices = (items: Item[]) => new Map(items.map((item) => [item['g:id'], item['g:price']]));
    const [old, now] = [prices(before), prices(after)];
    expect([...old.keys()].filter((id) => !now.has(id)).length).toBeGreaterThan(0);
    expect([...now.keys()].filter((id) => !old.has(id)).length).toBeGreaterThan(0);
    const changed = [...now].filter(([id, price]) => old.has(id) && old.get(id) !== price).length;
    expect(changed).toBeGreaterThan(10);
    expect(changed).toBeLessThan(now.size / 2);
    twin.setEdition('feed', 0);
    expect(await feed()).toEqual(before);
  });

  it('asks for a name and a password where it has them, and tells what is not there', async () => {
    expect((await get('feed.xml', {}, 'feed-uk')).status).toBe(401);
    const basic = (text: string) => ({ headers: { authorization: `Basic ${btoa(text)}` } });
    expect((await get('feed.xml', basic('fetcher:no'), 'feed-uk')).status).toBe(401);
    const good = await get('feed.xml', basic('fetcher:twin'), 'feed-uk');
    expect(good.status).toBe(200);
    expect(itemsOf(await good.text())[0]!['g:price']).toMatch(/ GBP$/);
    expect((await get('feed.csv')).status).toBe(404);
    expect((await get('feed.xml', { method: 'POST' })).status).toBe(405);
    const head = await get('feed.xml', { method: 'HEAD' });
    expect([head.status, head.headers.has('etag'), await head.text()]).toEqual([200, true, '']);
  });

  it('is cut short, doubled and broken as the scenario says', async () => {
    const whole = await (await get('feed.xml')).text();
    twin.setScenario('feed', { malformedShare: 1, malformed: ['truncated'] });
    const part = await (await get('feed.xml')).text();
    expect(part.length).toBeLessThan(whole.length * 0.75);
    expect(part.length).toBeGreaterThan(whole.length * 0.4);
    expect(() => parser.parse(part, true)).toThrow();
    twin.setScenario('feed', { dropShare: 1 });
    await expect(get('feed.xml').then((response) => response.text())).rejects.toThrow();
    twin.setScenario('feed', { duplicateShare: 1 });
    expect(await feed()).toHaveLength(itemsOf(whole).length * 2);
    twin.setScenario('feed', { brokenRowShare: 1, brokenRows: ['missingCurrency', 'missingAmount'] });
    for (const item of await feed()) expect(item['g:price'] ?? '1').toMatch(/^\d+(\.\d\d)?$|^USD$/);
    twin.setScenario('feed', { rateLimitShare: 1 });
    expect((await get('feed.xml')).headers.get('retry-after')).toBe('30');
  });
});

const sample = path.resolve('../shared/partner-samples/goods/google-merchant/feed-rss2.xml');

describe.skipIf(!existsSync(sample))('beside the sample (skipped where ../shared/partner-samples is absent)', () => {
  it('has every element that the sample has', async () => {
    const theirs = kindsOf(itemsOf(readFileSync(sample, 'utf8')));
    const ours = kindsOf(await feed());
    for (const field of theirs.keys()) expect(ours.has(field), field).toBe(true);
  });
});

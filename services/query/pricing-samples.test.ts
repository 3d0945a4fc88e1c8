import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PricingView } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { PricingSample } from '../../libs/contracts/gen/entrepot/query/v1/pricing_sample.ts';
import { Grouping } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { logger } from '../../libs/telemetry/index.ts';
import { vertical } from '../../libs/vertical/index.ts';
import { loadQueryConfig } from './config.ts';
import { readPricingSamples, SampleWriter, type TornFile } from './pricing-sample-files.ts';
import { orderOfSample } from './pricing-sample-order.ts';
import { PricingSamples } from './pricing-samples.ts';
import type { PricedBatch } from './pricing-stream.ts';
import { loadRankings } from './ranking-file.ts';
import { FakePricing } from './testing/fake-pricing.ts';
import { batchOf, type TestRow } from './testing/rows.ts';
import { compileView } from './view.ts';

let directory: string;
let torn: TornFile[];
beforeEach(() => {
  directory = path.join(mkdtempSync(path.join(tmpdir(), 'samples-')), 'kept');
  torn = [];
});
afterEach(() => rmSync(path.dirname(directory), { recursive: true, force: true }));

const log = logger('query-test');
const read = async (): Promise<PricingSample[]> => {
  torn = [];
  return Array.fromAsync(readPricingSamples(directory, (file) => torn.push(file)));
};
const files = (): string[] =>
  readdirSync(directory)
    .sort()
    .map((name) => path.join(directory, name));
const rankings = loadRankings(path.join(import.meta.dirname, '../../deploy/config')).get('flight')!;
const looks = (orderBy = '', grouping = Grouping.PRODUCT) => {
  const asked = { orderBy, ranking: '', filter: 'price < 500.0', grouping, pageSize: 0, currency: 'GBP', facets: [] };
  return compileView(vertical('flight'), rankings, asked, '', []);
};
const view: PricingView = {
  context: { vertical: 'flight', currency: 'GBP', market: 'GB', client: 'web', experimentKey: 'shopper-17' },
  ruleSet: 'rules',
  rateTable: 'rates',
  instant: Temporal.Instant.from('2026-11-20T10:00:00Z'),
  attributes: ['stops'],
  staleRates: '',
  display: undefined,
};
const pricing = new FakePricing();
const priced = (partner: string, rows: readonly TestRow[]): PricedBatch => {
  const batch = batchOf(partner, 'answer', rows);
  const columns = { rowCount: rows.length, columns: batch.columns!.columns.slice(0, 1) };
  const inputs = { batchId: 0, partner, prices: batch.prices, columns, partnerRates: [] };
  return { batch, inputs, quotes: pricing.quotesOf(inputs, 'GBP') };
};
const sampleOf = (rows: number): PricingSample =>
  PricingSample.fromPartial({ orderBy: 'x'.repeat(rows), view: { ruleSet: 'r' } });

describe('samples of what searches had priced', () => {
  test('hold every attribute that came and the quotes, and nothing of who searched for what', async () => {
    const samples = new PricingSamples(() => ({ directory, bytes: 8_000_000, share: 1 }), log);
    const taker = samples.begin(looks('best'))!;
    const batches = [
      priced('a', [{ total: 100, stops: 1 }]),
      priced('b', [{ total: 50, duration: 60, cabin: 'FIRST' }]),
    ];
    for (const batch of batches) taker.priced(batch);
    taker.complete(view);
    await samples.close();
    const [sample, ...more] = await read();
    expect(more).toEqual([]);
    expect(sample).toMatchObject({ orderBy: 'best', grouping: Grouping.PRODUCT });
    expect(sample!.rows.map(({ inputs }) => inputs?.partner)).toEqual(['a', 'b']);
    expect(sample!.rows[1]!.inputs?.columns).toEqual(batches[1]!.batch.columns);
    expect(sample!.rows.map(({ quotes }) => quotes)).toEqual(batches.map(({ quotes }) => quotes));
    expect({ ...sample!.view, context: undefined }).toEqual({ ...view, context: undefined });
    expect(sample!.view!.context).toMatchObject({
      market: 'GB',
      client: 'web',
      experimentKey: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    const text = readFileSync(files()[0]!, 'latin1');
    for (const secret of ['shopper-17', 'price < 500']) expect(text).not.toContain(secret);
  });

  test('are taken of the share of searches, of none by default, and of none without rows', async () => {
    const chances = [0.05, 0.1, 0.95];
    const samples = new PricingSamples(
      () => ({ directory, bytes: 1e6, share: 0.1 }),
      log,
      () => chances.shift()!,
    );
    const takers = [samples.begin(looks()), samples.begin(looks()), samples.begin(looks())];
    expect(takers.map((taker) => taker !== undefined)).toEqual([true, false, false]);
    takers[0]!.complete(view);
    await samples.close();
    expect(() => files()).toThrow(/ENOENT/);
    const shipped = loadQueryConfig(path.join(import.meta.dirname, '../../deploy/config')).pricingSamples;
    expect(shipped).toMatchObject({ share: 0, megabytes: 64 });
    expect(path.isAbsolute(shipped.directory)).toBe(true);
    const none = new PricingSamples(
      () => ({ directory, bytes: 1e6, share: 0 }),
      log,
      () => 0,
    );
    expect(none.begin(looks())).toBeUndefined();
  });

  test('are read up to where a kill has torn the last one, and a new process goes on in a file of its own', async () => {
    const room = { directory, bytes: 8_000_000 };
    const writer = new SampleWriter();
    for (const rows of [10, 200, 3_000]) expect(await writer.append(sampleOf(rows), room)).toBe(true);
    await writer.close();
    const [file] = files();
    const whole = statSync(file!).size;
    for (const cut of [1, 100, 2_999, 3_000]) {
      truncateSync(file!, whole - cut);
      expect((await read()).map(({ orderBy }) => orderBy.length)).toEqual([10, 200]);
      expect(torn).toHaveLength(1);
      appendFileSync(file!, Buffer.alloc(cut));
    }
    truncateSync(file!, whole - 5);
    const after = new SampleWriter();
    await after.append(sampleOf(7), room);
    await after.close();
    expect((await read()).map(({ orderBy }) => orderBy.length).sort()).toEqual([10, 200, 7].sort());
  });

  test('give way for newer ones when the room is full, and one too large for it is not kept', async () => {
    const writer = new SampleWriter();
    const room = { directory, bytes: 80_000 };
    for (let at = 0; at < 60; at++) await writer.append(sampleOf(3_000 + at), room);
    expect(await writer.append(sampleOf(10_001), room)).toBe(false);
    await writer.close();
    const bytes = files().reduce((sum, file) => sum + statSync(file).size, 0);
    expect(bytes).toBeLessThanOrEqual(80_000);
    const kept = (await read()).map(({ orderBy }) => orderBy.length - 3_000);
    expect(kept.length).toBeGreaterThan(15);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, at) => 60 - kept.length + at));
  });

  test('that cannot be written harm nothing', async () => {
    writeFileSync(path.join(path.dirname(directory), 'file'), '');
    const at = path.join(path.dirname(directory), 'file', 'below');
    let where = at;
    const samples = new PricingSamples(() => ({ directory: where, bytes: 1e6, share: 1 }), log);
    const take = async (): Promise<void> => {
      const taker = samples.begin(looks())!;
      taker.priced(priced('a', [{ total: 100 }]));
      taker.complete(view);
      await samples.written();
    };
    await take();
    where = directory;
    await take();
    await samples.close();
    expect(await read()).toHaveLength(1);
  });

  test('of garbage give nothing', async () => {
    const writer = new SampleWriter();
    await writer.append(sampleOf(5), { directory, bytes: 1e6 });
    await writer.close();
    for (const garbage of [Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Buffer.from([0]), Buffer.from('hello')]) {
      writeFileSync(path.join(directory, '99999999999999-0-garbage.samples'), garbage);
      expect(await read()).toHaveLength(1);
      expect(torn).toEqual([{ file: expect.stringContaining('garbage'), bytes: garbage.length }]);
    }
  });

  test('are ordered as their search was, by whatever prices', () => {
    const rows = [
      priced('a', [
        { product: 'p', total: 100, stops: 1, duration: 100 },
        { product: 'q', total: 300, stops: 0, duration: 50 },
      ]),
      priced('b', [{ product: 'p', total: 90, stops: 1, duration: 100 }]),
    ];
    const sample = (grouping: Grouping, orderBy = ''): PricingSample => ({
      takenAt: undefined,
      view,
      orderBy,
      ranking: '',
      grouping,
      rows: rows.map(({ batch, inputs, quotes }) => ({
        inputs: { ...inputs, columns: batch.columns },
        quotes,
        products: batch.products,
      })),
    });
    const quotes = rows.map((one) => one.quotes);
    expect(orderOfSample(sample(Grouping.PRODUCT), quotes, rankings, 10)).toEqual({
      partners: ['b', 'a'],
      entries: ['p', 'q'],
    });
    const dearer = [
      quotes[0]!,
      pricing.quotesOf({ ...rows[1]!.inputs, prices: batchOf('b', '', [{ total: 200 }]).prices }, 'GBP'),
    ];
    expect(orderOfSample(sample(Grouping.OFFER), dearer, rankings, 2)).toEqual({
      partners: ['a', 'b'],
      entries: ['a/0', 'b/0'],
    });
    expect(orderOfSample(sample(Grouping.OFFER, 'duration_minutes'), quotes, rankings, 1).entries).toEqual(['a/1']);
    expect(() => orderOfSample(sample(Grouping.OFFER, 'gone'), quotes, rankings, 1)).toThrow(/orderBy: is "gone"/);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Command } from 'commander';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readColumns } from '../../../libs/columns/index.ts';
import {
  DecideResponse,
  GetProductResponse,
  IdentityRule,
  ListEventsResponse,
  ListProductsResponse,
  ListReviewsResponse,
  NormalizationServiceDefinition,
  Product,
  ProductEvent,
  ProductEventKind,
  type ResolveRequest,
  Review,
  ReviewKind,
  ReviewState,
  UndoResponse,
  WatchProductsResponse,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { type MeshServer, meshService, serve } from '../../../libs/mesh/index.ts';
import { catalogueCommand } from './catalogue-command.ts';

const at = Temporal.Instant.from('2026-11-26T17:49:03Z');
const bahia = Product.fromPartial({
  productId: 'st_bahia',
  vertical: 'stay',
  title: 'Hotel Bahía\u001b[31m del Sol',
  createdAt: at,
  updatedAt: at,
  etag: 'e7',
  formerProductIds: ['st_old'],
  keys: [
    { partner: 'a', key: '7', rule: IdentityRule.NEW, confidence: 1, evidence: '' },
    { partner: 'b', key: 'X:1', rule: IdentityRule.MATCHER, confidence: 0.97, evidence: 'name 0.93, 41 m apart' },
  ],
  content: {
    names: [{ value: 'Hotel Bahía', locale: 'es', sources: [{ partner: 'a' }, { partner: 'b' }] }],
    position: { point: { latitude: 39.5, longitude: 2.7 }, sources: [{ partner: 'a' }] },
    phone: { value: '+34971123456', sources: [{ partner: 'b' }] },
    amenities: [{ value: 'POOL', sources: [{ partner: 'b' }] }],
    specifications: [{ name: 'capacity', value: '1000', unit: 'GBy', sources: [{ partner: 'a' }] }],
  },
});
const merged = ProductEvent.fromPartial({
  eventId: '812',
  kind: ProductEventKind.MERGED,
  vertical: 'stay',
  productId: 'st_bahia',
  otherProductIds: ['st_old'],
  keys: [{ partner: 'b', key: 'X:1' }],
  author: 'jo@example.com',
  evidence: 'same phone',
  happenedAt: at,
  undoneBy: '815',
});
const review = Review.fromPartial({
  reviewId: 'rv_7',
  kind: ReviewKind.SAME_PRODUCT,
  vertical: 'stay',
  left: { productId: 'st_1', partner: 'a', key: '7', attributes: { property_name: 'Bahia', phone: '+34971' } },
  right: { productId: 'st_2', partner: 'b', key: 'X', attributes: { property_name: 'Bahia Sol' } },
  probability: 0.62,
  evidence: [
    { feature: 'name', left: 'bahia', right: 'bahia sol', similarity: 0.81, weight: 1.5 },
    { feature: 'phone', left: '+34971', right: '', weight: -0.25 },
  ],
  state: ReviewState.OPEN,
  createdAt: at,
  matcherVersion: 'm1',
});

/** What the fake was asked last, by RPC. */
const asked: Record<string, unknown> = {};
let server: MeshServer;

/** The property codes of all rows of a request, each with its partner. */
function codesOf(request: ResolveRequest): string[] {
  return request.evidence.flatMap(({ partner, rows }) => {
    const codes = readColumns(rows!).get('property_code')!;
    return Array.from({ length: rows!.rowCount }, (_, row) => `${partner}/${codes.get(row)}`);
  });
}

beforeAll(async () => {
  const note =
    <Request, Answer>(name: string, answer: Answer) =>
    (request: Request) => {
      asked[name] = request;
      return Promise.resolve(answer);
    };
  const none = (): Promise<never> => Promise.reject(new Error('never asked'));
  const service = meshService(NormalizationServiceDefinition, {
    resolve: none,
    batchGetProducts: none,
    getProduct: ({ productId }) => {
      if (productId === 'st_none') {
        throw new EntrepotError({ reason: 'PRODUCT_NOT_FOUND', message: 'there is no product "st_none"' });
      }
      return Promise.resolve(GetProductResponse.fromPartial({ product: bahia }));
    },
    listProducts: note('list', ListProductsResponse.fromPartial({ products: [bahia], nextPageToken: 'p2' })),
    getReview: none,
    listReviews: note('reviews', ListReviewsResponse.fromPartial({ reviews: [review], totalSize: 9 })),
    listEvents: note('events', ListEventsResponse.fromPartial({ events: [merged] })),
    decide: note('decide', DecideResponse.fromPartial({ event: merged, products: [bahia] })),
    undo: (request) => {
      asked.undo = request;
      if (request.eventId === '1') {
        throw new EntrepotError({
          reason: 'CONFLICT',
          message: 'later events build on it',
          metadata: { events: '5, 9' },
        });
      }
      return Promise.resolve(UndoResponse.fromPartial({ event: { ...merged, undoes: '812' }, products: [] }));
    },
    async *watchProducts(request) {
      asked.watch = request;
      yield WatchProductsResponse.fromPartial({ cursor: 'c0' });
      yield WatchProductsResponse.fromPartial({ events: [merged], cursor: 'c1' });
    },
    async *resolveStream(requests) {
      const sizes: number[] = [];
      for await (const { rows } of requests) {
        const codes = codesOf(rows!);
        sizes.push(codes.length);
        asked.resolve = { vertical: rows!.vertical, sizes, columns: rows!.evidence[0]!.rows!.columns.length };
        const identities = codes.map((code) => ({
          productId: `st_${code}`,
          rule: IdentityRule.NEW,
          confidence: 1,
          evidence: '',
        }));
        yield { decided: { identities } };
      }
    },
  });
  server = await serve({ name: 'fake', services: [service], at: { address: '127.0.0.1:0' } });
});
afterAll(() => server.close());

let out: string[];
let told: string[];
beforeEach(() => {
  out = [];
  told = [];
  vi.spyOn(console, 'log').mockImplementation((text: string) => void out.push(stripVTControlCharacters(text)));
  vi.spyOn(console, 'error').mockImplementation((text: string) => void told.push(stripVTControlCharacters(text)));
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

/** Mistakes in what was typed are thrown instead of ending the process. */
function throwing(command: Command): Command {
  command.exitOverride().configureOutput({ writeErr: () => {} });
  for (const one of command.commands) throwing(one);
  return command;
}

async function catalogue(...args: string[]): Promise<string> {
  await throwing(catalogueCommand()).parseAsync([...args, '--address', server.address], { from: 'user' });
  return out.join('\n');
}

const by = ['--author', 'jo@example.com', '--reason', 'same phone'];

describe('entrepot catalogue', () => {
  it('lists products, and says how to go on', async () => {
    const text = await catalogue(
      'list',
      '--vertical',
      'stay',
      '--filter',
      'partner_count > 1',
      '--order-by',
      'title desc',
    );
    expect(asked.list).toEqual({
      vertical: 'stay',
      filter: 'partner_count > 1',
      orderBy: 'title desc',
      pageSize: 50,
      pageToken: '',
    });
    expect(text).toMatch(/^product +title +keys +partners/);
    expect(text).toMatch(/st_bahia +Hotel Bahía del Sol +2 +a, b +2026-11-26 17:49:03/);
    expect(text).toContain('More: --page-token p2');
  });

  it('shows a product with its keys, their evidence, its content and former ids', async () => {
    const text = await catalogue('show', 'st_old');
    expect(text).toContain('st_old is st_bahia now.');
    expect(text).toMatch(/formerly +st_old/);
    expect(text).toMatch(/b +X:1 +matcher +0\.97 +name 0\.93, 41 m apart/);
    expect(text).toMatch(/name \(es\) +Hotel Bahía +a, b/);
    expect(text).toMatch(/capacity +1000 GBy +a/);
    expect(text).not.toContain('\u001b');
  });

  it('gives JSON as the contract has it', async () => {
    const shown = JSON.parse(await catalogue('show', 'st_bahia', '--json')) as { keys: { rule: string }[] };
    expect(shown).toMatchObject({ productId: 'st_bahia', keys: [{ rule: 'IDENTITY_RULE_NEW' }, {}] });
  });

  it('tells what happened, to all products or to one', async () => {
    const text = await catalogue('events', 'st_bahia', '--kind', 'kept-apart', '--kind', 'merged');
    expect(asked.events).toMatchObject({
      productId: 'st_bahia',
      kinds: [ProductEventKind.KEPT_APART, ProductEventKind.MERGED],
    });
    expect(text).toMatch(
      /812 +2026-11-26 17:49:03 +merged +st_bahia +st_old +b:X:1 +jo@example.com +same phone; undone by 815/,
    );
    await expect(catalogue('events', '--kind', 'melted')).rejects.toThrow('is none of created');
  });

  it('shows reviews side by side, with what each feature weighs', async () => {
    const text = await catalogue('reviews', '--vertical', 'stay');
    expect(asked.reviews).toMatchObject({ vertical: 'stay', state: ReviewState.OPEN, kind: ReviewKind.UNSPECIFIED });
    expect(text).toContain('rv_7  stay: the same product?');
    expect(text).toMatch(/probability +0\.620/);
    expect(text).toMatch(/property_name +Bahia +Bahia Sol/);
    expect(text).toMatch(/phone +\+34971\n/);
    expect(text).toMatch(/name +bahia +bahia sol +0\.81 +\+1\.50/);
    expect(text).toMatch(/phone +\+34971 +-0\.25/);
    expect(text).toContain('1 of 9 open');
    await catalogue('reviews', '--kind', 'key-changed');
    expect(asked.reviews).toMatchObject({ vertical: '', kind: ReviewKind.KEY_CHANGED });
  });

  it.each([
    [['decide', 'rv_7', 'same'], { $case: 'review', value: { reviewId: 'rv_7', same: true } }],
    [['decide', 'rv_7', 'different'], { $case: 'review', value: { reviewId: 'rv_7', same: false } }],
    [
      ['merge', 'st_1', 'st_2', 'st_3', '--etag', 'e7'],
      { $case: 'merge', value: { intoProductId: 'st_1', productIds: ['st_2', 'st_3'], etag: 'e7' } },
    ],
    [
      ['split', 'st_1', 'b:X:1', ':shared'],
      {
        $case: 'split',
        value: {
          productId: 'st_1',
          keys: [
            { partner: 'b', key: 'X:1' },
            { partner: '', key: 'shared' },
          ],
          etag: '',
        },
      },
    ],
    [['move', 'st_1', 'b:X'], { $case: 'move', value: { toProductId: 'st_1', keys: [{ partner: 'b', key: 'X' }] } }],
  ])('%s says what is decided, who decides and why', async (args, decision) => {
    const text = await catalogue(...args, ...by);
    expect(asked.decide).toEqual({ decision, author: 'jo@example.com', reason: 'same phone' });
    expect(text).toContain('812');
    expect(text).toContain('st_bahia');
  });

  it('decides nothing without a name and a reason, nor of keys that are none', async () => {
    asked.decide = undefined;
    await expect(catalogue('decide', 'rv_7', 'same', '--reason', 'x')).rejects.toThrow('--author');
    await expect(catalogue('decide', 'rv_7', 'same', '--author', 'x')).rejects.toThrow('--reason');
    await expect(catalogue('decide', 'rv_7', 'perhaps', ...by)).rejects.toThrow('Allowed choices');
    await expect(catalogue('split', 'st_1', 'nokey', ...by)).rejects.toThrow('partner:key');
    expect(asked.decide).toBeUndefined();
  });

  it('takes an event back, and says which to take back first', async () => {
    expect(await catalogue('undo', '812', ...by)).toContain('of 812');
    await catalogue('undo', '1', ...by);
    expect(told.join('\n')).toContain('CONFLICT: later events build on it');
    expect(told.join('\n')).toContain('Undo first: 5, 9');
    expect(process.exitCode).toBe(2);
  });

  it('follows what happens, and says from where to go on', async () => {
    const text = await catalogue('watch', '--vertical', 'stay', '--cursor', 'c9');
    expect(asked.watch).toMatchObject({ vertical: 'stay', cursor: 'c9', kinds: [] });
    expect(text).toContain('812');
    expect(told).toEqual(['Go on with --cursor c1']);
  });

  it('says what is refused, also as JSON, and where it looked for what is not there', async () => {
    const problem = JSON.parse(await catalogue('show', 'st_none', '--json')) as unknown;
    expect(problem).toMatchObject({ problem: { reason: 'PRODUCT_NOT_FOUND' } });
    expect(process.exitCode).toBe(2);
    const nowhere = throwing(catalogueCommand());
    await nowhere.parseAsync(['show', 'st_1', '--address', '127.0.0.1:1'], { from: 'user' });
    expect(told.join('\n')).toContain('No catalogue answers at 127.0.0.1:1');
    expect(process.exitCode).toBe(1);
  });
});

describe('entrepot catalogue resolve', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'entrepot-rows-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function file(...lines: string[]): string {
    const name = join(folder, 'rows.ndjson');
    writeFileSync(name, lines.join('\n'));
    return name;
  }

  it('sends rows by partner in batches, and answers each in the order of the file', async () => {
    const rows = Array.from({ length: 2_100 }, (_, at) => ({
      partner: at % 3 === 0 ? 'a' : 'b',
      property_code: String(at),
      property_name: `House ${at}`,
      latitude: at % 2 === 0 ? 39.5 : null,
    }));
    const name = file(...rows.map((row) => JSON.stringify(row)), '');
    const text = await catalogue('resolve', '--vertical', 'stay', '--file', name);
    const answers = text.split('\n').map((line) => JSON.parse(line) as { line: number; productId: string });
    expect(answers.map(({ line, productId }) => `${line} ${productId}`)).toEqual(
      rows.map(({ partner, property_code }, at) => `${at + 1} st_${partner}/${property_code}`),
    );
    expect(asked.resolve).toEqual({ vertical: 'stay', sizes: [1_000, 1_000, 100], columns: 3 });
    expect(told).toEqual(['2100 NEW']);
  });

  it.each([
    ['{"partner": "a"', 'line 2: is no JSON'],
    ['[]', 'line 2: is no JSON object'],
    ['{"property_code": "1"}', 'line 2: has no "partner"'],
    [
      '{"partner": "a", "propertyCode": "1"}',
      'line 2: "propertyCode" is no attribute of a stay; it is known by property_code',
    ],
    ['{"partner": "a", "property_code": "1", "latitude": "north"}', 'line 2: "latitude"'],
  ])('refuses %s and says where', async (line, reason) => {
    const name = file('{"partner": "a", "property_code": "1"}', line);
    await expect(catalogue('resolve', '--vertical', 'stay', '--file', name)).rejects.toThrow(reason);
  });

  it('refuses a file and a vertical that are none', async () => {
    await expect(catalogue('resolve', '--vertical', 'stay', '--file', join(folder, 'none'))).rejects.toThrow('ENOENT');
    await expect(catalogue('resolve', '--vertical', 'car', '--file', file(''))).rejects.toThrow('there are flight');
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { columnBuilder } from '../../libs/columns/index.ts';
import {
  IdentityRule,
  NormalizationServiceDefinition,
  type PartnerEvidence,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { connect, createMemoryNetwork, type MeshClient, serve } from '../../libs/mesh/index.ts';
import { openStore } from '../../libs/store/index.ts';
import { flights, stays } from './samples.ts';
import { createNormalizationService, normalizationStore } from './service.ts';

const closers: (() => Promise<void>)[] = [];

/** The service as others meet it, in memory or over gRPC. */
async function start(
  options: { directory?: string; over?: 'memory' | 'grpc'; now?: number } = {},
): Promise<{ client: MeshClient<NormalizationServiceDefinition>; close(): Promise<void> }> {
  const { directory, over = 'memory', now = Date.UTC(2026, 0, 1) } = options;
  const store = await openStore({ ...(directory === undefined ? {} : { directory }), ...normalizationStore });
  const service = createNormalizationService({ store, now: () => now });
  const network = createMemoryNetwork();
  const server = await serve({
    name: 'normalization',
    services: service.services,
    at: over === 'memory' ? { network } : { address: '127.0.0.1:0' },
  });
  const target = over === 'memory' ? { network, name: 'normalization' } : { address: server.address };
  const connection = connect(NormalizationServiceDefinition, target);
  const close = async (): Promise<void> => {
    await connection.close();
    await server.close();
    await service.close();
    await store.close();
  };
  closers.push(close);
  return { client: connection.client, close };
}

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const segment = 'QF|495|2026-04-16|SYD|MEL|20:00|2026-04-16T21:35';
const onward = 'QF|651|2026-04-17|MEL|PER|08:00|2026-04-17T10:15';

async function refusal(call: Promise<unknown>): Promise<EntrepotError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof EntrepotError) return error;
  throw new Error(`expected a refusal, got ${String(error)}`);
}

describe.each(['memory', 'grpc'] as const)('over %s', (over) => {
  it('answers in the order of the evidence, and tells the product', async () => {
    const { client } = await start({ over });
    const evidence = [flights('duffel', [[segment], [segment, '/', onward]]), flights('travelport', [[segment]])];
    const { identities } = await client.resolve({ vertical: 'flight', evidence });
    expect(identities.map(({ rule }) => rule)).toEqual([IdentityRule.NEW, IdentityRule.NEW, IdentityRule.NEW]);
    expect(identities[2]).toEqual(identities[0]);
    expect(identities[0]!.productId).toMatch(/^fl_[A-Za-z0-9]{16}$/);

    const { product } = await client.getProduct({ productId: identities[1]!.productId, statedBy: undefined });
    expect(product).toMatchObject({
      productId: identities[1]!.productId,
      vertical: 'flight',
      title: 'QF495 SYD-MEL 2026-04-16 / QF651 MEL-PER 2026-04-17',
    });
    expect(product!.keys.map(({ key }) => key)).toEqual([
      'QF|495|2026-04-16|SYD|MEL',
      'QF||2026-04-16|SYD|MEL|20:00|2026-04-16T21:35',
      'QF|651|2026-04-17|MEL|PER',
      'QF||2026-04-17|MEL|PER|08:00|2026-04-17T10:15',
    ]);
    expect(product!.createdAt!.epochMilliseconds).toBe(Date.UTC(2026, 0, 1));
  });
});

it('tells of a product the keys that a row states, and no others', async () => {
  const { client } = await start();
  const later = segment.replace('20:00', '20:05');
  const evidence = [flights('duffel', [[segment]]), flights('travelport', [[later]])];
  const { identities } = await client.resolve({ vertical: 'flight', evidence });
  const { productId } = identities[1]!;
  expect(productId).toBe(identities[0]!.productId);
  const keysOf = async (product: string, statedBy: PartnerEvidence | undefined) =>
    (await client.getProduct({ productId: product, statedBy })).product!.keys;
  expect((await keysOf(productId, flights('travelport', [[later]]))).map(({ key }) => key)).toEqual([
    'QF|495|2026-04-16|SYD|MEL',
    'QF||2026-04-16|SYD|MEL|20:05|2026-04-16T21:35',
  ]);
  expect(await keysOf(productId, undefined)).toHaveLength(3);

  const hotels = ['one', 'two'].map((partner, at) =>
    stays(partner, [{ code: `${at}7`, name: 'Hotel Sol', at: [39.5, 2.7] }]),
  );
  const stay = await client.resolve({ vertical: 'stay', evidence: hotels });
  expect(await keysOf(stay.identities[0]!.productId, hotels[1])).toMatchObject([
    { partner: 'two', key: '17', rule: IdentityRule.MATCHER, evidence: expect.stringContaining('name 1') },
  ]);
  const wrong = keysOf(productId, stays('one', [{ code: '1', name: 'Sol' }]));
  expect((await refusal(wrong)).violations.map(({ field }) => field)).toEqual(['statedBy.rows.columns.segment_keys']);
});

it('keeps identities over a restart', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'normalization-'));
  try {
    const ask = {
      flight: { vertical: 'flight', evidence: [flights('duffel', [[segment], [segment, onward]])] },
      stay: { vertical: 'stay', evidence: [stays('hotelbeds', [{ code: '1', name: 'Sol', at: [39.5, 2.7] }])] },
    };
    const first = await start({ directory });
    const before = [await first.client.resolve(ask.flight), await first.client.resolve(ask.stay)];
    await first.close();
    const second = await start({ directory });
    const after = [await second.client.resolve(ask.flight), await second.client.resolve(ask.stay)];
    const ids = (answers: typeof before): string[] =>
      answers.flatMap(({ identities }) => identities.map((one) => one.productId));
    expect(ids(after)).toEqual(ids(before));
    expect(after.flatMap(({ identities }) => identities.map((one) => one.rule))).toEqual(
      new Array(3).fill(IdentityRule.KNOWN_KEY),
    );
    await second.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

it('deletes flights a week after departure when it starts', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'normalization-'));
  try {
    const evidence = [flights('duffel', [[segment]])];
    const first = await start({ directory });
    const { identities } = await first.client.resolve({ vertical: 'flight', evidence });
    await first.close();
    const kept = await start({ directory, now: Date.UTC(2026, 3, 23) });
    await kept.client.getProduct({ productId: identities[0]!.productId, statedBy: undefined });
    await kept.close();
    const late = await start({ directory, now: Date.UTC(2026, 3, 24) });
    // The first Resolve waits for what the start began.
    await late.client.resolve({ vertical: 'flight', evidence: [flights('duffel', [[onward]])] });
    expect(
      (await refusal(late.client.getProduct({ productId: identities[0]!.productId, statedBy: undefined }))).reason,
    ).toBe('PRODUCT_NOT_FOUND');
    await late.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

describe('refuses, naming the field,', () => {
  const good = flights('duffel', [[segment]]);
  const texts = (attribute: string, values: string[]): PartnerEvidence => {
    const column = columnBuilder('string');
    for (const value of values) column.push(value);
    return { partner: 'duffel', rows: { rowCount: values.length, columns: [column.build(attribute)] } };
  };
  const keys = 'evidence[0].rows.columns.segment_keys';
  let client: MeshClient<NormalizationServiceDefinition>;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ client, close } = await start());
    closers.length = 0;
  });
  afterAll(() => close());

  it.each<[string, string, PartnerEvidence[], string, RegExp]>([
    ['an unknown vertical', 'boat', [good], 'vertical', /there are flight, stay/],
    ['no partner', 'flight', [{ ...good, partner: '' }], 'evidence[0].partner', /name of a partner/],
    ['no rows', 'flight', [good, { partner: 'b', rows: undefined }], 'evidence[1].rows', /missing/],
    ['evidence without the key', 'flight', [stays('duffel', [{ code: '1', name: 'x' }])], keys, /missing/],
    ['a key of the wrong type', 'flight', [texts('segment_keys', ['x'])], keys, /string values/],
    [
      'a column that does not fit its rows',
      'flight',
      [{ ...good, rows: { ...good.rows!, rowCount: 2 } }],
      'evidence[0].rows.columns.segment_keys.stringLists.offsets',
      /bytes/,
    ],
    ['an itinerary without segments', 'flight', [flights('duffel', [[]])], keys, /row 0 has no segments/],
    [
      'what is no segment key',
      'flight',
      [flights('duffel', [[segment], ['QF495']])],
      keys,
      /row 1: "QF495" is no segment key/,
    ],
    [
      'a date that is none',
      'flight',
      [flights('duffel', [[segment.replaceAll('04-16', '02-30')]])],
      keys,
      /no segment key/,
    ],
    ['a slice without segments', 'flight', [flights('duffel', [[segment, '/']])], keys, /between two segments/],
    [
      'a property without code',
      'stay',
      [stays('hotelbeds', [{ code: '', name: 'x' }])],
      'evidence[0].rows.columns.property_code',
      /no code/,
    ],
    [
      'a place off the globe',
      'stay',
      [stays('hotelbeds', [{ code: '1', name: 'x', at: [91, 0] }])],
      'evidence[0].rows.columns.latitude',
      /±90/,
    ],
    ['more than 5,000 rows', 'flight', [flights('a', new Array(5001).fill([segment]))], 'evidence', /at most 5000/],
  ])('%s', async (_what, vertical, evidence, field, description) => {
    const error = await refusal(client.resolve({ vertical, evidence }));
    expect(error.reason).toBe('INVALID_FIELD');
    expect(error.violations[0]!.field).toBe(field);
    expect(error.violations[0]!.description).toMatch(description);
  });

  it('a property without name and code columns, both at once', async () => {
    const error = await refusal(client.resolve({ vertical: 'stay', evidence: [good] }));
    expect(error.violations.map(({ field }) => field)).toEqual([
      'evidence[0].rows.columns.property_code',
      'evidence[0].rows.columns.property_name',
    ]);
  });
});

it('knows no product that it did not make', async () => {
  const { client } = await start();
  const error = await refusal(client.getProduct({ productId: "fl_' OR 1=1", statedBy: undefined }));
  expect(error.reason).toBe('PRODUCT_NOT_FOUND');
});

it('takes 5,000 rows and nothing at all', async () => {
  const { client } = await start();
  const many = Array.from({ length: 5000 }, (_, index) => [segment.replace('495', String(index + 1))]);
  const { identities } = await client.resolve({ vertical: 'flight', evidence: [flights('a', many)] });
  expect(new Set(identities.map(({ productId }) => productId)).size).toBe(5000);
  expect(await client.resolve({ vertical: 'flight', evidence: [] })).toEqual({ identities: [] });
});

it('tells of many products what partners say of them, and of each only what leads to it', async () => {
  const { client } = await start();
  const evidence = ['one', 'two'].map((partner, at) =>
    stays(partner, [
      { code: `${at}7`, name: 'Hotel Sol', at: [39.5, 2.7] },
      { code: `${at}8`, name: `House ${partner}`, at: [at + 41, 2.7] },
    ]),
  );
  const { identities } = await client.resolve({ vertical: 'stay', evidence });
  const [sol, first, again, second] = identities.map(({ productId }) => productId) as [string, string, string, string];
  expect(again).toBe(sol);
  const { products } = await client.batchGetProducts({ productIds: [second, 'nothing', sol], contentOnly: true });
  expect(products.map(({ requestedId, product }) => [requestedId, product?.content?.names, product?.keys])).toEqual([
    [second, [expect.objectContaining({ value: 'House two' })], []],
    [sol, [expect.objectContaining({ value: 'Hotel Sol' })], []],
  ]);
  const said = products[1]!.product!.content!;
  expect(said.names[0]!.sources.map(({ partner, key }) => [partner, key])).toEqual([
    ['one', '07'],
    ['two', '17'],
  ]);
  expect(said.position?.point).toEqual({ latitude: 39.5, longitude: 2.7 });

  const { product } = await client.getProduct({ productId: first, statedBy: undefined });
  expect(product?.content?.names.map(({ value }) => value)).toEqual(['House one']);
  const whole = await client.batchGetProducts({ productIds: [first], contentOnly: false });
  expect(whole.products[0]?.product).toEqual(product);
  const many = Array.from({ length: 1_001 }, (_, at) => `p${at}`);
  const refused = await refusal(client.batchGetProducts({ productIds: many, contentOnly: true }));
  expect(refused.violations.map(({ field }) => field)).toEqual(['productIds']);
});

it('has no content for products that are what the search asks for', async () => {
  const { client } = await start();
  const { identities } = await client.resolve({ vertical: 'flight', evidence: [flights('duffel', [[segment]])] });
  const { product } = await client.getProduct({ productId: identities[0]!.productId, statedBy: undefined });
  expect(product?.content).toBeUndefined();
});

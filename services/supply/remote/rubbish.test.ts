import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { writeInt64s, writeUint32s } from '../../../libs/columns/index.ts';
import { FailureKind, OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { PartnerBatch, SearchResponse } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { Column, PriceColumns } from '../../../libs/contracts/gen/entrepot/type/v1/column.ts';
import { Rejections } from '../rejections.ts';
import { SeenOffers } from '../seen-offers.ts';
import { batch, hotels, outcome, plan, startRemote, type TestRemote } from '../testing/remote.ts';
import { type Rig, search, start, startRig } from '../testing/rig.ts';
import { readPage } from './batch.ts';
import { configureRemote } from './partner.ts';

let remote: TestRemote;
let rig: Rig;
beforeAll(async () => {
  remote = await startRemote();
  rig = await startRig({
    good: { address: remote.address, vertical: 'stay' },
    // It is asked again however often it sends rubbish.
    bad: { address: remote.address, vertical: 'stay', maxBodyBytes: 65_536, breakers: { malformed: false } },
  });
});
afterAll(async () => {
  await rig.close();
  await remote.close();
});
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Two good rows with something else in their batch. */
function changed(change: (rows: PartnerBatch) => Partial<PartnerBatch>): SearchResponse[] {
  const rows = hotels('bad', [1, 2]);
  return [plan('bad'), batch({ ...rows, ...change(rows) }), outcome('bad')];
}

function withPrices(other: Partial<PriceColumns>): SearchResponse[] {
  return changed(({ prices }) => ({ prices: { ...prices!, ...other } }));
}

function withColumn(column: Column): SearchResponse[] {
  return changed(({ columns }) => ({ columns: { rowCount: 2, columns: [...columns!.columns, column] } }));
}

const none = Buffer.alloc(0);
const codes = writeUint32s([0, 0]);
const skipped = { message: { $case: 'plan' as const, value: { asked: [], skipped: [], unshared: [], applied: [] } } };

function planned(partner: string, constraints: string[]): SearchResponse {
  return {
    message: {
      $case: 'plan',
      value: { asked: ['bad'], skipped: [], unshared: [], applied: [{ partner, constraints }] },
    },
  };
}

const rubbish: readonly [string, () => SearchResponse[], RegExp, FailureKind?][] = [
  ['nothing at all', () => [], /ended without an outcome/],
  ['a plan and no outcome', () => [plan('bad')], /ended without an outcome/],
  ['a batch before its plan', () => [batch(hotels('bad', [1]))], /a batch before its plan/],
  ['an outcome before its plan', () => [outcome('bad')], /its outcome before its plan/],
  ['two plans', () => [plan('bad'), plan('bad')], /plan twice/],
  ['a plan of nobody', () => [skipped], /its plan has 0 partners/],
  ['filters of another', () => [planned('good', ['stars >= 1'])], /filters of another than "bad"/],
  [
    'filters that nobody asked for',
    () => [planned('bad', ['stars >= 1'])],
    /"stars >= 1", which follows from none of the constraints/,
  ],
  ['the plan of another', () => [plan('good')], /another than "bad"/],
  ["another partner's batch", () => [plan('bad'), batch(hotels('good', [1]))], /batch.partner: "good" is not "bad"/],
  ["another partner's outcome", () => [plan('bad'), outcome('good')], /outcome.partner/],
  ['a status that is none', () => [plan('bad'), outcome('bad', { status: 99 as OutcomeStatus })], /outcome.status: 99/],
  ['no status', () => [plan('bad'), outcome('bad', { status: OutcomeStatus.UNSPECIFIED })], /outcome.status: 0/],
  [
    'a failure that is none',
    () => [plan('bad'), outcome('bad', { failure: 99 as FailureKind })],
    /outcome.failure: 99/,
  ],
  [
    'offers that nobody asked for',
    () => [plan('bad'), { message: { $case: 'offers', value: { requestId: 1, offers: [] } } }],
    /not asked for/,
  ],
  ['no columns', () => changed(() => ({ columns: undefined })), /batch.columns: missing/],
  ['no prices', () => changed(() => ({ prices: undefined })), /batch.prices: missing/],
  ['no answer', () => changed(() => ({ answer: '' })), /batch.answer/],
  ['an endless answer', () => changed(() => ({ answer: 'x'.repeat(201) })), /batch.answer/],
  ['an endless manifest', () => changed(() => ({ manifest: 'x'.repeat(201) })), /batch.manifest/],
  ['too few positions', () => changed(() => ({ rows: Buffer.alloc(4) })), /batch.rows: has 4 bytes/],
  ['a position twice', () => changed(() => ({ rows: Buffer.alloc(8) })), /position comes twice/],
  ['too few expiries', () => changed(() => ({ expiresAt: Buffer.alloc(8) })), /expires_at: has 8 bytes/],
  [
    'an expiry beyond every number',
    () => changed(() => ({ expiresAt: Buffer.alloc(16, 0x7f) })),
    /beyond ±\(2\^53 - 1\)/,
  ],
  [
    'more rows than bytes',
    () => changed(() => ({ columns: { rowCount: 4_294_967_295, columns: [] } })),
    /more than 20000 rows/,
    FailureKind.TOO_LARGE,
  ],
  [
    'another number of prices',
    () => withPrices({ currencyCodes: Buffer.alloc(1) }),
    /currency_codes: has 1 bytes; 2 rows need 2/,
  ],
  ['too few totals', () => withPrices({ totalMinor: Buffer.alloc(8) }), /totalMinor/],
  ['a negative total', () => withPrices({ totalMinor: writeInt64s([1, -1]) }), /totalMinor/],
  ['a currency of nowhere', () => withPrices({ currencies: ['eur'] }), /"eur" is no ISO 4217/],
  ['a code of no currency', () => withPrices({ currencies: [] }), /none of the 0 currencies/],
  ['no tax basis', () => withPrices({ taxBasis: Buffer.alloc(2) }), /no tax basis/],
  [
    'an attribute that the vertical does not have',
    () =>
      withColumn({
        attribute: 'cabin',
        presence: none,
        values: { $case: 'strings', value: { dictionary: ['a'], codes } },
      }),
    /"cabin" is no attribute of stay/,
  ],
  [
    'an attribute twice',
    () =>
      withColumn({ attribute: 'star_rating', presence: none, values: { $case: 'doubles', value: Buffer.alloc(16) } }),
    /two columns/,
  ],
  [
    'an attribute of another type',
    () =>
      withColumn({
        attribute: 'free_cancellation',
        presence: none,
        values: { $case: 'int32s', value: Buffer.alloc(8) },
      }),
    /free_cancellation: holds int32 values; it is of type bool/,
  ],
  [
    'codes outside their dictionary',
    () =>
      withColumn({ attribute: 'zone', presence: none, values: { $case: 'strings', value: { dictionary: [], codes } } }),
    /dictionary has 0 texts/,
  ],
  [
    'a presence of the wrong length',
    () =>
      withColumn({
        attribute: 'zone',
        presence: Buffer.alloc(9),
        values: { $case: 'strings', value: { dictionary: ['a'], codes } },
      }),
    /presence/,
  ],
  ['a column of nothing', () => withColumn({ attribute: 'zone', presence: none, values: undefined }), /no values/],
  [
    'a number that is none',
    () =>
      withColumn({
        attribute: 'latitude',
        presence: none,
        values: { $case: 'doubles', value: Buffer.from(new Float64Array([Number.NaN, 1]).buffer) },
      }),
    /not finite/,
  ],
  [
    'more bytes than it may',
    () =>
      withColumn({
        attribute: 'zone',
        presence: none,
        values: { $case: 'strings', value: { dictionary: ['x'.repeat(70_000)], codes } },
      }),
    /more than the 65536 bytes/,
    FailureKind.TOO_LARGE,
  ],
  [
    'messages without end',
    () => [plan('bad'), ...Array.from({ length: 10_000 }, (): SearchResponse => ({ message: undefined }))],
    /more than 10000 messages/,
    FailureKind.TOO_LARGE,
  ],
];

it.each(rubbish)('%s fails that remote alone, with the reason', async (_, messages, detail, failure) => {
  remote.search = async function* ({ partners: [name] }) {
    if (name === 'bad') yield* messages();
    else yield* [plan('good'), batch(hotels('good', [1, 2])), outcome('good')];
  };
  const said = await search(rig);
  expect(said.outcome('good')).toMatchObject({ status: OutcomeStatus.OK, offersKept: 2 });
  const bad = said.outcome('bad');
  expect(bad).toMatchObject({ status: OutcomeStatus.FAILED, failure: failure ?? FailureKind.MALFORMED, offersKept: 0 });
  expect(bad.detail).toMatch(detail);
  expect(said.batches.map(({ partner }) => partner)).toEqual(['good']);
});

it.each([
  ['bytes that are no message', Buffer.from([0xff, 0xff, 0xff, 0xff])],
  ['a time that no calendar has', SearchResponse.encode(plan('raw')).finish(), hostileTime()],
] as const)('%s are MALFORMED', async (_, ...messages) => {
  const server = new Server();
  const identity = {
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  const path = '/entrepot.supply.v1.SupplyService/Search';
  server.addService(
    { search: { path, requestStream: true, responseStream: true, ...identity } },
    {
      search: (call: ServerDuplexStream<Buffer, Buffer>) => {
        for (const message of messages) call.write(Buffer.from(message));
        call.end();
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  closing.push(() => server.forceShutdown());
  const raw = await startRig({ raw: { address: `127.0.0.1:${port}`, vertical: 'stay' } });
  try {
    expect((await search(raw, start())).outcome('raw')).toMatchObject({
      status: OutcomeStatus.FAILED,
      failure: FailureKind.MALFORMED,
      detail: expect.stringMatching(/parsing error/),
    });
  } finally {
    await raw.close();
  }
});

it('bytes that were changed on the way make a page or a failure, never anything else', () => {
  const partner = configureRemote('bad', {
    address: '127.0.0.1:1',
    vertical: 'stay',
    markets: [],
    enabled: true,
    timeoutMs: 1_000,
    concurrency: 1,
    trafficShare: 1,
    plaintext: false,
    maxBodyBytes: 65_536,
  });
  const now = Date.now();
  const { account, manifest } = partner;
  const criteria = { vertical: undefined };
  const context = { account, manifest, criteria, market: 'GB', currency: 'EUR', locale: 'en', now, fetchedAt: now };
  const good = Buffer.from(PartnerBatch.encode(hotels('bad', [1, 2, 3])).finish());
  const change = fc.record({ at: fc.nat(good.length - 1), to: fc.nat(255) });
  let [pages, refused] = [0, 0];
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = Buffer.from(good);
      for (const { at, to } of changes) bytes[at] = to;
      let decoded: PartnerBatch;
      try {
        decoded = PartnerBatch.decode(bytes);
      } catch {
        return;
      }
      const rejections = new Rejections();
      try {
        const { mapped } = readPage(partner, decoded, context, new SeenOffers(), rejections);
        expect(mapped.rows.length + rejections.total).toBe(mapped.received);
        pages++;
      } catch (error) {
        expect(error).toMatchObject({ name: 'PartnerFailure', failure: FailureKind.MALFORMED });
        refused++;
      }
    }),
    { numRuns: 2_000 },
  );
  expect(pages).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(100);
});

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

/** A batch whose fetched_at lies 9e15 s from 1970: field 2 (batch), in it field 9 (fetched_at), in it field 1 (seconds). */
function hostileTime(): Buffer {
  const seconds = Buffer.from([0x08, 0x80, 0x80, 0xea, 0xd7, 0xbc, 0xae, 0xfe, 0x0f]);
  const fetchedAt = Buffer.concat([Buffer.from([0x4a, seconds.length]), seconds]);
  return Buffer.concat([Buffer.from([0x12, fetchedAt.length]), fetchedAt]);
}

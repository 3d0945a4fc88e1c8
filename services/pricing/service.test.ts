import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { columnBuilder, readInt64s } from '../../libs/columns/index.ts';
import {
  type ExplainResponse,
  LedgerLineKind,
  type PriceBatch,
  type PriceRequest,
  type PriceResponse,
  type PricingContext,
  PricingServiceDefinition,
  type PricingView,
  type QuoteBatch,
  type QuoteRequest,
  type QuoteResponse,
  UnitPrices,
} from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { Column, PriceColumns } from '../../libs/contracts/gen/entrepot/type/v1/column.ts';
import { connect, createMemoryNetwork, type MeshClient, serve } from '../../libs/mesh/index.ts';
import { formatMinor, minorDigits } from '../../libs/money/index.ts';
import { startTelemetry } from '../../libs/telemetry/index.ts';
import { createPricingService } from './service.ts';

const RULES = `
rules:
  - { name: margin, priority: 6, description: Margin, vertical: flight, apply: { percentage: "2.5" } }
  - { name: nonstop, priority: 5, description: Nonstop, vertical: flight, when: 'stops == 0 && market == "GB"', apply: { percentage: "-1.5" } }
  - { name: fee, priority: 4, description: Fee, when: 'currency == "USD"', apply: { fixed: { amount: "4.00", currency: EUR } } }
  - { name: direct-only, priority: 3, description: One partner, when: 'partner == "direct"', apply: { percentage: "10" } }
  - name: december
    priority: 2
    description: December
    vertical: flight
    valid: { from: "2026-12-01T00:00:00Z", until: "2027-01-01T00:00:00Z" }
    apply: { percentage: "5" }
  - { name: other-client, priority: 1, description: Another client, when: 'client == "other" && stops > 5', vertical: flight, apply: { percentage: "50" } }
`;
const rates = (date: string, usd: string): string =>
  `date: "${date}"\nbase: EUR\nsource: test rates\nrates: { USD: "${usd}", GBP: "0.80", JPY: "160", KWD: "0.35" }\n`;
const NOVEMBER = Date.parse('2026-11-23T10:00:00Z');
const CONTEXT: PricingContext = { vertical: 'flight', currency: 'GBP', market: 'GB', experimentKey: '', client: 'web' };

let directory: string;
let now: number;
let client: MeshClient<typeof PricingServiceDefinition>;
let closers: (() => Promise<unknown> | unknown)[];

const file = (name: string): string => path.join(directory, 'pricing', name);

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'pricing-'));
  mkdirSync(file('rates'), { recursive: true });
  writeFileSync(file('rules.yaml'), RULES);
  writeFileSync(file('rates/2026-11-20.yaml'), rates('2026-11-20', '1.25'));
  // What age does is a matter of fx.test.ts.
  writeFileSync(file('fx.yaml'), 'staleness: { use: 400 }\n');
  now = NOVEMBER;
  closers = [() => rmSync(directory, { recursive: true, force: true })];
  await open();
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
});

/** Serves pricing from the directory, in memory or over gRPC; the client's calls go to it from then on. */
async function open(wire: 'memory' | 'grpc' = 'memory'): Promise<void> {
  const service = createPricingService({
    configDirectory: directory,
    now: () => now,
    debounceMs: 10,
    retiredVersions: 1,
  });
  const network = createMemoryNetwork();
  const at = wire === 'grpc' ? { address: '127.0.0.1:0' } : { network };
  const server = await serve({ name: 'pricing', services: service.services, at });
  const target = wire === 'grpc' ? { address: server.address } : { network, name: 'pricing' };
  const connection = connect(PricingServiceDefinition, target);
  client = connection.client;
  closers.push(
    () => service.close(),
    () => server.close(),
    () => connection.close(),
  );
}

interface Row {
  currency: string;
  total: number;
  totalMax?: number;
  tax?: number;
  dueLater?: number;
  basis?: number;
  stops?: number | undefined;
}

function batchOf(rows: readonly Row[], partner = 'duffel', batchId = 1): PriceBatch {
  const int64s = (values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(values.length * 8);
    values.forEach((value, index) => {
      bytes.writeBigInt64LE(BigInt(value), index * 8);
    });
    return bytes;
  };
  const currencies = [...new Set(rows.map(({ currency }) => currency))];
  const prices: PriceColumns = {
    currencies,
    currencyCodes: Buffer.from(rows.map(({ currency }) => currencies.indexOf(currency))),
    totalMinor: int64s(rows.map(({ total }) => total)),
    taxMinor: int64s(rows.map(({ tax }) => tax ?? -1)),
    dueLaterMinor: int64s(rows.map(({ dueLater }) => dueLater ?? 0)),
    taxBasis: Buffer.from(rows.map(({ basis }) => basis ?? 1)),
    charges: undefined,
    totalMaxMinor: rows.some(({ totalMax }) => totalMax !== undefined)
      ? int64s(rows.map(({ totalMax }) => totalMax ?? -1))
      : Buffer.alloc(0),
  };
  const stops = columnBuilder('int', rows.length);
  for (const row of rows) stops.push('stops' in row ? row.stops : 1);
  const columns: Column[] = [stops.build('stops')];
  return { batchId, partner, prices, columns: { rowCount: rows.length, columns }, partnerRates: [] };
}

async function* requests(first: PriceRequest, batches: readonly PriceBatch[]): AsyncGenerator<PriceRequest> {
  yield first;
  for (const value of batches) yield { message: { $case: 'batch', value } };
}

async function price(
  start: PricingContext | PricingView,
  ...batches: PriceBatch[]
): Promise<{ view: PricingView; quotes: QuoteBatch[] }> {
  const value = 'vertical' in start ? { context: start, view: undefined } : { context: undefined, view: start };
  const answers: PriceResponse[] = [];
  for await (const answer of client.price(requests({ message: { $case: 'start', value } }, batches)))
    answers.push(answer);
  const [first, ...rest] = answers.map(({ message }) => message);
  if (first?.$case !== 'view') throw new Error('The view goes first.');
  return {
    view: first.value,
    quotes: rest.map((message) => {
      if (message?.$case !== 'quotes') throw new Error('Quotes follow.');
      return message.value;
    }),
  };
}

const totals = ({ totalMinor }: QuoteBatch): number[] => numbers(totalMinor);
const numbers = (bytes: Uint8Array): number[] => {
  const read = readInt64s(bytes);
  return Array.from({ length: read.length }, (_, index) => read.get(index));
};

test('answers with the view, then with quotes for each batch in order', async () => {
  const { view, quotes } = await price(
    CONTEXT,
    batchOf([{ currency: 'GBP', total: 10_000 }], 'duffel', 7),
    batchOf(
      [
        { currency: 'EUR', total: 10_000 },
        { currency: 'USD', total: 12_500, stops: 0 },
      ],
      'duffel',
      3,
    ),
    batchOf([], 'duffel', 5),
  );
  expect(view).toMatchObject({ context: CONTEXT, attributes: ['stops'] });
  expect(view.ruleSet).toMatch(/^[0-9a-f]{16}$/);
  expect(view.rateTable).toMatch(/^2026-11-20:[0-9a-f]{16}$/);
  expect(view.instant?.epochMilliseconds).toBe(NOVEMBER);
  expect(quotes.map(({ batchId }) => batchId)).toEqual([7, 3, 5]);
  // 80.00 with 2.5 %; 80.00 with 2.5 %, less 1.5 %, and 3.20 for the fee.
  expect(quotes.map(totals)).toEqual([[10_250], [8_200, 8_397], []]);
});

test('applies rules by partner, client and validity', async () => {
  const row = batchOf([{ currency: 'GBP', total: 10_000, stops: 6 }]);
  const total = async (context: PricingContext, partner = 'duffel'): Promise<number | undefined> =>
    totals((await price(context, { ...row, partner })).quotes[0]!)[0];
  expect(await total(CONTEXT)).toBe(10_250);
  expect(await total(CONTEXT, 'direct')).toBe(11_275);
  expect(await total({ ...CONTEXT, experimentKey: '', client: 'other' })).toBe(15_375);
  expect(await total({ ...CONTEXT, vertical: 'stay' })).toBe(10_000);
  now = Date.parse('2026-12-01T00:00:00Z');
  expect(await total(CONTEXT)).toBe(10_763);
  now = Date.parse('2027-01-01T00:00:00Z');
  expect(await total(CONTEXT)).toBe(10_250);
});

test('asks only for attributes of rules that can apply', async () => {
  expect((await price(CONTEXT)).view.attributes).toEqual(['stops']);
  expect((await price({ ...CONTEXT, market: 'FR' })).view.attributes).toEqual([]);
  expect((await price({ ...CONTEXT, market: 'FR', experimentKey: '', client: 'other' })).view.attributes).toEqual([
    'stops',
  ]);
});

test('applies no rule whose attribute the row lacks', async () => {
  const { quotes } = await price(CONTEXT, batchOf([{ currency: 'GBP', total: 10_000, stops: undefined }]));
  expect(totals(quotes[0]!)).toEqual([10_250]);
  const bare = { ...batchOf([{ currency: 'GBP', total: 10_000 }]), columns: undefined };
  expect(totals((await price(CONTEXT, bare)).quotes[0]!)).toEqual([10_250]);
});

test('converts and rounds what is due later and the tax, and puts what is due later into the headline', async () => {
  const { quotes } = await price(
    { ...CONTEXT, market: 'FR' },
    batchOf([
      { currency: 'EUR', total: 10_000, dueLater: 1_001, tax: 1_667 },
      { currency: 'EUR', total: 10_000 },
    ]),
  );
  const quote = quotes[0]!;
  expect(totals(quote)).toEqual([9_021, 8_200]); // 110.01 × 0.8 × 1.025 = 90.2082
  expect(numbers(quote.dueLaterMinor)).toEqual([801, 0]);
  expect(numbers(quote.taxMinor)).toEqual([1_334, -1]);
});

test('makes both bounds of a range by the same rules, and sends none where there are none', async () => {
  const { quotes } = await price(
    { ...CONTEXT, market: 'FR' },
    batchOf([
      { currency: 'EUR', total: 10_000, totalMax: 12_345, dueLater: 100 },
      { currency: 'GBP', total: 10_000 },
      { currency: 'GBP', total: 10_000, totalMax: 10_000 },
      { currency: 'CHF', total: 10_000, totalMax: 11_000 },
    ]),
    batchOf([{ currency: 'GBP', total: 10_000 }]),
  );
  // 101.00 and 124.45 EUR are 80.80 and 99.56 GBP, with 2.5 %: 82.82 and 102.049.
  expect(totals(quotes[0]!)).toEqual([8_282, 10_250, 10_250, -1]);
  expect(numbers(quotes[0]!.totalMaxMinor)).toEqual([10_205, -1, 10_250, -1]);
  expect(quotes[1]!.totalMaxMinor).toHaveLength(0);
});

test('prices no range whose upper bound is below its total, or becomes too large', async () => {
  const { quotes } = await price(
    CONTEXT,
    batchOf([
      { currency: 'GBP', total: 10_000, totalMax: 9_999 },
      { currency: 'GBP', total: 10_000, totalMax: -2 },
      { currency: 'GBP', total: 10_000, totalMax: Number.MAX_SAFE_INTEGER, dueLater: 1 },
      { currency: 'GBP', total: 10_000, totalMax: Number.MAX_SAFE_INTEGER },
      { currency: 'GBP', total: 10_000, totalMax: 20_000 },
    ]),
  );
  expect(totals(quotes[0]!)).toEqual([-1, -1, -1, -1, 10_250]);
  expect(numbers(quotes[0]!.totalMaxMinor)).toEqual([-1, -1, -1, -1, 20_500]);
  expect(quotes[0]!.unpriced.map(({ reason }) => reason)).toEqual([
    'INVALID_AMOUNT',
    'INVALID_AMOUNT',
    'INVALID_AMOUNT',
    'UNPRICEABLE',
  ]);
});

test('prices nothing without a currency, a tax basis, or with a wrong amount, and says why', async () => {
  const { quotes } = await price(
    CONTEXT,
    batchOf([
      { currency: 'GBP', total: 10_000 },
      { currency: '', total: 10_000 },
      { currency: 'ABC', total: 10_000 },
      { currency: 'CHF', total: 10_000 },
      { currency: 'GBP', total: -1 },
      { currency: 'GBP', total: 10_000, dueLater: -5 },
      { currency: 'GBP', total: 10_000, basis: 0 },
      { currency: 'GBP', total: 10_000, basis: 9 },
      { currency: 'GBP', total: 10_000, tax: -2 },
      { currency: 'GBP', total: 10_000, tax: 10_001 },
      { currency: 'GBP', total: Number.MAX_SAFE_INTEGER, dueLater: 1 },
      { currency: 'GBP', total: Number.MAX_SAFE_INTEGER },
    ]),
  );
  const [quote] = quotes;
  expect(totals(quote!)).toEqual([10_250, ...Array(11).fill(-1)]);
  expect(numbers(quote!.dueLaterMinor)).toEqual([0, ...Array(11).fill(-1)]);
  expect(numbers(quote!.taxMinor)).toEqual(Array(12).fill(-1));
  expect(quote!.unpriced.map(({ row, reason }) => [row, reason])).toEqual([
    [1, 'INVALID_CURRENCY'],
    [2, 'INVALID_CURRENCY'],
    [3, 'NO_RATE'],
    [4, 'NEGATIVE_AMOUNT'],
    [5, 'NEGATIVE_AMOUNT'],
    [6, 'UNKNOWN_TAX_BASIS'],
    [7, 'UNKNOWN_TAX_BASIS'],
    [8, 'INVALID_AMOUNT'],
    [9, 'INVALID_AMOUNT'],
    [10, 'INVALID_AMOUNT'],
    [11, 'UNPRICEABLE'],
  ]);
  for (const { detail } of quote!.unpriced) expect(detail).not.toBe('');
});

test('explains every quote to the same minor units, for any price, currency and attributes', async () => {
  const row = fc.record({
    currency: fc.constantFrom('GBP', 'EUR', 'USD', 'JPY', 'KWD'),
    total: fc.oneof(fc.integer({ min: 0, max: 10_000_000 }), fc.maxSafeNat()),
    dueLater: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100_000 })),
    stops: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
    more: fc.option(fc.integer({ min: 0, max: 50_000 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 8 }),
      fc.constantFrom('GBP', 'EUR', 'USD', 'JPY', 'KWD'),
      fc.constantFrom('GB', 'FR'),
      fc.constantFrom('web', 'other'),
      fc.constantFrom('duffel', 'direct'),
      async (rows, currency, market, who, partner) => {
        const context = { vertical: 'flight', currency, market, experimentKey: '', client: who };
        const ranged = rows.map(({ more, ...one }) =>
          more === undefined ? one : { ...one, totalMax: Math.min(one.total + more, Number.MAX_SAFE_INTEGER) },
        );
        const { view, quotes } = await price(context, batchOf(ranged, partner));
        const quoted = totals(quotes[0]!);
        const upper = numbers(quotes[0]!.totalMaxMinor);
        for (const [index, one] of ranged.entries()) {
          const explained = client.explain({ view, batch: batchOf([one], partner) });
          if (quoted[index] === -1) {
            await expect(explained).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
            continue;
          }
          const { lines, total, linesMax, totalMax } = await explained;
          if ('totalMax' in one) {
            expect(upper[index]).toBeGreaterThanOrEqual(quoted[index]!);
            expect(totalMax).toEqual({ currencyCode: currency, amount: formatMinor(upper[index]!, currency) });
            expect(linesMax.at(-1)!.runningTotal).toEqual(totalMax);
            expect(linesMax[0]?.runningTotal?.amount).toBe(formatMinor(one.totalMax, one.currency));
          } else {
            expect([upper[index] ?? -1, totalMax, linesMax]).toEqual([-1, undefined, []]);
          }
          expect(total).toEqual({ currencyCode: currency, amount: formatMinor(quoted[index]!, currency) });
          expect(lines.at(-1)!.runningTotal).toEqual(total);
          expect(lines[0]!.runningTotal).toEqual({
            currencyCode: one.currency,
            amount: formatMinor(one.total, one.currency),
          });
          expect(minorDigits(currency)).toBeDefined();
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('explains a price rule by rule and rate by rate, in words', async () => {
  const row = batchOf([{ currency: 'USD', total: 12_510, dueLater: 100, stops: 0 }]);
  const { view, quotes } = await price(CONTEXT, row);
  expect(totals(quotes[0]!)).toEqual([8_468]);
  const { lines, total } = await client.explain({ view, batch: row });
  expect(total).toEqual({ currencyCode: 'GBP', amount: '84.68' });
  const money = (amount: string, currencyCode: string): object => ({ amount, currencyCode });
  expect(
    lines.map(({ kind, description, amount, runningTotal }) => ({ kind, description, amount, runningTotal })),
  ).toEqual([
    {
      kind: LedgerLineKind.PARTNER_TOTAL,
      description: 'Total of duffel, every tax included',
      amount: money('125.10', 'USD'),
      runningTotal: money('125.10', 'USD'),
    },
    {
      kind: LedgerLineKind.DUE_LATER,
      description: 'Mandatory charges due at the place',
      amount: money('1.00', 'USD'),
      runningTotal: money('126.10', 'USD'),
    },
    {
      kind: LedgerLineKind.CONVERSION,
      description: 'USD to GBP at 0.64 (USD 1.25, GBP 0.80 for EUR 1, 2026-11-20)',
      amount: money('80.704', 'GBP'),
      runningTotal: money('80.704', 'GBP'),
    },
    {
      kind: LedgerLineKind.PERCENTAGE,
      description: 'Margin: 2.5 % (margin)',
      amount: money('2.0176', 'GBP'),
      runningTotal: money('82.7216', 'GBP'),
    },
    {
      kind: LedgerLineKind.PERCENTAGE,
      description: 'Nonstop: -1.5 % (nonstop)',
      amount: money('-1.240824', 'GBP'),
      runningTotal: money('81.480776', 'GBP'),
    },
    {
      kind: LedgerLineKind.FIXED,
      description: 'Fee: 4.00 EUR, EUR to GBP at 0.80 (2026-11-20) (fee)',
      amount: money('3.20', 'GBP'),
      runningTotal: money('84.680776', 'GBP'),
    },
    {
      kind: LedgerLineKind.ROUNDING,
      description: 'Rounding to the minor unit of GBP',
      amount: money('-0.000776', 'GBP'),
      runningTotal: money('84.68', 'GBP'),
    },
  ]);
  expect(lines.map(({ source }) => source)).toEqual(['', '', 'test rates', 'margin', 'nonstop', 'fee', '']);
  expect(lines[2]!.version).toBe(view.rateTable);
  expect(lines[3]!.version).toBe(view.ruleSet);
});

test('refuses a shown currency without a rate, and says which there are', async () => {
  for (const currency of ['CHF', 'ABC', '', 'gbp']) {
    await expect(price({ ...CONTEXT, currency })).rejects.toMatchObject({
      reason: 'UNKNOWN_CURRENCY',
      message: expect.stringContaining('EUR, GBP, JPY, KWD, USD'),
    });
  }
});

test('refuses contexts, streams and batches that are not as the contract says', async () => {
  const refused = (field: string): object => ({
    reason: 'INVALID_FIELD',
    violations: [expect.objectContaining({ field })],
  });
  await expect(price({ ...CONTEXT, vertical: 'boat' })).rejects.toMatchObject(refused('start.context.vertical'));
  await expect(price({ ...CONTEXT, market: 'gb' })).rejects.toMatchObject(refused('start.context.market'));
  const batch = batchOf([{ currency: 'GBP', total: 1 }]);
  const stream = async (first: PriceRequest, ...rest: PriceRequest[]): Promise<void> => {
    async function* all(): AsyncGenerator<PriceRequest> {
      yield first;
      yield* rest;
    }
    for await (const _ of client.price(all()));
  };
  const start: PriceRequest = { message: { $case: 'start', value: { context: CONTEXT, view: undefined } } };
  await expect(stream({ message: { $case: 'batch', value: batch } })).rejects.toMatchObject(refused('start'));
  await expect(stream(start, start)).rejects.toMatchObject(refused('start'));
  await expect(stream({ message: undefined })).rejects.toMatchObject(refused('message'));
  const prices = batch.prices!;
  const broken: [PriceBatch, string][] = [
    [{ ...batch, partner: '' }, 'batch.partner'],
    [{ ...batch, prices: undefined }, 'batch.prices'],
    [{ ...batch, prices: { ...prices, totalMinor: Buffer.alloc(7) } }, 'batch.prices.totalMinor'],
    [{ ...batch, prices: { ...prices, totalMaxMinor: Buffer.alloc(7) } }, 'batch.prices.totalMaxMinor'],
    [{ ...batch, prices: { ...prices, taxBasis: Buffer.alloc(2) } }, 'batch.prices.taxBasis'],
    [{ ...batch, prices: { ...prices, currencyCodes: Buffer.from([1]) } }, 'batch.prices.currencyCodes'],
    [{ ...batch, columns: { ...batch.columns!, rowCount: 2 } }, 'batch.columns.rowCount'],
  ];
  for (const [bad, field] of broken) {
    await expect(stream(start, { message: { $case: 'batch', value: bad } })).rejects.toMatchObject(refused(field));
  }
  const { view } = await price(CONTEXT);
  await expect(client.explain({ view: undefined, batch })).rejects.toMatchObject(refused('view'));
  await expect(client.explain({ view, batch: undefined })).rejects.toMatchObject(refused('batch'));
  await expect(client.explain({ view, batch: batchOf([]) })).rejects.toMatchObject(refused('batch'));
  await expect(client.explain({ view: { ...view, instant: undefined }, batch })).rejects.toMatchObject(
    refused('view.instant'),
  );
});

test('uses the latest table that is not dated after the instant of pricing', async () => {
  writeFileSync(file('rates/2026-11-24.yaml'), rates('2026-11-24', '2.00'));
  writeFileSync(file('rates/2026-11-01.yaml'), rates('2026-11-01', '3.00'));
  await open();
  const date = async (): Promise<string> => (await price(CONTEXT)).view.rateTable.slice(0, 10);
  expect(await date()).toBe('2026-11-20');
  now = Date.parse('2026-11-23T23:59:59.999Z');
  expect(await date()).toBe('2026-11-20');
  now = Date.parse('2026-11-24T00:00:00Z');
  expect(await date()).toBe('2026-11-24');
});

/** Waits until the service has followed a change of the files. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('follows changed rules at once for new streams, while pinned views price and explain as before', async () => {
  const row = batchOf([{ currency: 'GBP', total: 10_000 }]);
  const { view: first } = await price(CONTEXT, row);
  writeFileSync(file('rules.yaml'), RULES.replace('"2.5"', '"3.5"'));
  await until(async () => (await client.getRuleSet({})).ruleSet !== first.ruleSet);
  const { view: second, quotes } = await price(CONTEXT, row);
  expect(totals(quotes[0]!)).toEqual([10_350]);
  expect(second.ruleSet).not.toBe(first.ruleSet);
  expect(second.rateTable).toBe(first.rateTable);
  const pinned = await price(first, row);
  expect(pinned.view).toEqual(first);
  expect(totals(pinned.quotes[0]!)).toEqual([10_250]);
  expect((await client.explain({ view: first, batch: row })).total?.amount).toBe('102.50');

  // One version of the past is kept here; with the third rule set the first is gone.
  writeFileSync(file('rules.yaml'), RULES.replace('"2.5"', '"4.5"'));
  await until(async () => (await client.getRuleSet({})).ruleSet !== second.ruleSet);
  expect(totals((await price(second, row)).quotes[0]!)).toEqual([10_350]);
  await expect(price(first, row)).rejects.toMatchObject({ reason: 'VIEW_EXPIRED' });
  await expect(client.explain({ view: first, batch: row })).rejects.toMatchObject({ reason: 'VIEW_EXPIRED' });
});

test('keeps the rates of a view that was pinned before they changed', async () => {
  const row = batchOf([{ currency: 'USD', total: 12_500 }]);
  const { view } = await price({ ...CONTEXT, currency: 'EUR' }, row);
  rmSync(file('rates/2026-11-20.yaml'));
  writeFileSync(file('rates/2026-11-21.yaml'), rates('2026-11-21', '2.00'));
  await until(async () => (await client.getRuleSet({})).rateTable.startsWith('2026-11-21'));
  expect(totals((await price(view, row)).quotes[0]!)).toEqual([10_650]); // 100.00, 102.50, 106.50
  expect(totals((await price({ ...CONTEXT, currency: 'EUR' }, row)).quotes[0]!)).toEqual([6_806]); // 62.50, 64.0625, 68.0625
});

test('gives an expired view to whom names rules or rates that it never had', async () => {
  const { view } = await price(CONTEXT);
  await expect(price({ ...view, ruleSet: 'f'.repeat(16) })).rejects.toMatchObject({ reason: 'VIEW_EXPIRED' });
  await expect(price({ ...view, rateTable: '2020-01-01:0' })).rejects.toMatchObject({ reason: 'VIEW_EXPIRED' });
});

test('lists its rules with what they read, and the currencies that can be shown', async () => {
  const { rules, currencies, ruleSet, rateTable } = await client.getRuleSet({});
  expect(rules.map(({ name }) => name)).toEqual([
    'margin',
    'nonstop',
    'fee',
    'direct-only',
    'december',
    'other-client',
  ]);
  expect(rules[1]).toEqual({
    name: 'nonstop',
    description: 'Nonstop',
    when: 'stops == 0 && market == "GB"',
    attributes: ['stops'],
    priority: 5,
    exclusiveGroup: '',
    effect: '-1.5 %',
    experiment: '',
  });
  expect(rules[2]!.attributes).toEqual([]);
  expect(currencies).toEqual(['EUR', 'GBP', 'JPY', 'KWD', 'USD']);
  const { view } = await price(CONTEXT);
  expect([view.ruleSet, view.rateTable]).toEqual([ruleSet, rateTable]);
});

test('prices another currency of the same pinned view', async () => {
  const row = batchOf([{ currency: 'EUR', total: 10_000 }]);
  const { view } = await price(CONTEXT, row);
  const yen = { ...view, context: { ...CONTEXT, currency: 'JPY' } };
  expect(totals((await price(yen, row)).quotes[0]!)).toEqual([16_400]);
});

test('says the same over gRPC as in memory', async () => {
  const row = batchOf([{ currency: 'USD', total: 12_510, dueLater: 100, tax: 40, stops: 0 }]);
  const inMemory = await price(CONTEXT, row, { ...row, batchId: 2 });
  const explained = await client.explain({ view: inMemory.view, batch: row });
  await open('grpc');
  const onWire = await price(CONTEXT, row, { ...row, batchId: 2 });
  expect(onWire.quotes).toEqual(inMemory.quotes);
  expect({ ...onWire.view, instant: undefined }).toEqual({ ...inMemory.view, instant: undefined });
  expect(await client.explain({ view: onWire.view, batch: row })).toEqual(explained);
  await expect(price({ ...CONTEXT, currency: 'CHF' })).rejects.toMatchObject({ reason: 'UNKNOWN_CURRENCY' });
});

test('does not start on files that it cannot use', () => {
  const copy = mkdtempSync(path.join(tmpdir(), 'pricing-'));
  closers.push(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(directory, copy, { recursive: true });
  writeFileSync(path.join(copy, 'pricing', 'rules.yaml'), RULES.replace('stops == 0', 'stop == 0'));
  expect(() => createPricingService({ configDirectory: copy, now: () => now })).toThrow(/rules\.yaml:4:\d+: /);
});

const NEW_RULES = `
zones: { default: Europe/Berlin, GB: Europe/London }
rules:
  - { name: margin, description: Margin, vertical: flight, priority: 9, apply: { percentage: "2", floor: { amount: "4.00", currency: GBP } } }
  - { name: promo, description: Promo, vertical: flight, priority: 8, exclusive: promo, when: 'stops == 0 && market == "GB" && hour < 12', apply: { percentage: "-5" } }
  - { name: other-promo, description: Other promo, vertical: flight, priority: 7, exclusive: promo, apply: { percentage: "-1" } }
  - { name: odd, description: Odd, vertical: flight, when: '2 / stops == 1', apply: { percentage: "50" } }
  - { name: fee, description: Fee, vertical: flight, priority: 5, experiment: { name: fees, arm: pay, share: "50" }, apply: { fixed: { amount: "1.00", currency: GBP } } }
  - { name: round, description: Round, priority: -1, apply: { round: { to: "0.50", mode: up, currency: GBP } } }
`;

test('tells of each rule what it went by, which of its bounds was hit, and which condition erred', async () => {
  const telemetry = startTelemetry({ service: 'pricing-rules-test' });
  closers.push(() => telemetry.shutdown());
  writeFileSync(file('rules.yaml'), NEW_RULES);
  await open();
  const row = batchOf([{ currency: 'GBP', total: 10_010, stops: 0 }]);
  const { view, quotes } = await price(CONTEXT, row);
  expect(totals(quotes[0]!)).toEqual([9_900]); // 104.10, less 5.205, up to the next half
  const { lines } = await client.explain({ view, batch: row });
  const told = lines.slice(1).map(({ kind, source, amount, inputs }) => ({
    kind,
    source,
    amount: amount?.amount,
    inputs: Object.fromEntries(inputs.map(({ name, value }) => [name, value])),
  }));
  const { PERCENTAGE, LIMIT, ROUNDING, FIXED } = LedgerLineKind;
  expect(told).toEqual([
    { kind: PERCENTAGE, source: 'margin', amount: '2.002', inputs: {} },
    { kind: LIMIT, source: 'margin', amount: '1.998', inputs: { bound: 'floor' } },
    { kind: PERCENTAGE, source: 'promo', amount: '-5.205', inputs: { stops: '0', market: 'GB', hour: '10' } },
    { kind: ROUNDING, source: 'round', amount: '0.105', inputs: {} },
    { kind: FIXED, source: 'odd', amount: '0.00', inputs: { stops: '0', error: 'the condition errs' } },
  ]);
  expect(await telemetry.metricsText()).toMatch(/entrepot_pricing_rule_failures\S*\{.*rule="odd".*\} [1-9]/);
});

test('puts whoever has a key into the arm of an experiment, always the same, and nobody else', async () => {
  writeFileSync(file('rules.yaml'), NEW_RULES);
  await open();
  const row = batchOf([{ currency: 'GBP', total: 30_000, stops: 1 }]);
  const of = async (experimentKey: string): Promise<number> =>
    totals((await price({ ...CONTEXT, experimentKey }, row)).quotes[0]!)[0]!;
  const none = await of('');
  const keys = Array.from({ length: 40 }, (_, index) => `k-${index}`);
  const first = await Promise.all(keys.map(of));
  expect(await Promise.all(keys.map(of))).toEqual(first);
  expect(new Set(first)).toEqual(new Set([none, none + 100]));
  const { rules } = await client.getRuleSet({});
  expect(rules.find(({ name }) => name === 'fee')).toMatchObject({
    experiment: 'fees/pay',
    effect: '1.00 GBP',
    priority: 5,
  });
  expect(rules.find(({ name }) => name === 'promo')).toMatchObject({ exclusiveGroup: 'promo', priority: 8 });
});

const kindNames = Object.fromEntries(Object.entries(LedgerLineKind).map(([name, value]) => [value, name]));
const kinds = ({ lines }: ExplainResponse): string[] =>
  lines.map(({ kind, amount, description }) => `${kindNames[kind]} ${amount?.amount} ${description}`);

test('adds a spread as a line of its own, to the total and alike to its parts', async () => {
  writeFileSync(file('fx.yaml'), 'spreads: [{ name: dollars, percentage: "2", pairs: [USD/GBP], markets: [FR] }]\n');
  await open();
  const context = { ...CONTEXT, vertical: 'stay', market: 'FR' };
  const row = batchOf([{ currency: 'USD', total: 11_500, dueLater: 1_000, tax: 500 }]);
  const { view, quotes } = await price(context, row);
  // 125.00 USD are 80.00 GBP, 81.60 with the spread; the fee of 4.00 EUR is ours, and has none.
  expect(totals(quotes[0]!)).toEqual([8_480]);
  expect([numbers(quotes[0]!.dueLaterMinor), numbers(quotes[0]!.taxMinor)]).toEqual([[653], [326]]);
  const explained = await client.explain({ view, batch: row });
  expect(kinds(explained).slice(2)).toEqual([
    'CONVERSION 80.00 USD to GBP at 0.64 (USD 1.25, GBP 0.80 for EUR 1, 2026-11-20)',
    'SPREAD 1.60 Spread: 2 % (dollars)',
    'FIXED 3.20 Fee: 4.00 EUR, EUR to GBP at 0.80 (2026-11-20) (fee)',
  ]);
  expect(explained.lines[2]).toMatchObject({
    source: 'test rates',
    version: view.rateTable,
    inputs: [
      { name: 'rate', value: '0.64' },
      { name: 'rate_date', value: '2026-11-20' },
    ],
  });
  expect(explained.lines[3]).toMatchObject({ source: 'dollars', version: view.rateTable });
  expect(explained.lines.at(-1)?.runningTotal).toEqual(explained.total);
});

test("prices at a partner's own rate where it is from and to the right currencies, and says whose it is", async () => {
  const rate = { fromCurrency: 'USD', toCurrency: 'GBP', rate: '0.5', date: '2026-11-20' };
  const row = { ...batchOf([{ currency: 'USD', total: 10_000 }]), partnerRates: [rate] };
  const context = { ...CONTEXT, vertical: 'stay' };
  const { view, quotes } = await price(context, row, { ...row, batchId: 2, partnerRates: [] });
  expect(quotes.map(totals)).toEqual([[5_320], [6_720]]);
  const { lines } = await client.explain({ view, batch: row });
  expect(lines[1]).toMatchObject({
    description: 'USD to GBP at 0.5 (rate of duffel, 2026-11-20)',
    source: 'duffel',
    version: '2026-11-20',
  });
  expect(totals((await price({ ...context, currency: 'EUR' }, row)).quotes[0]!)).toEqual([8_400]);
  const bad = await price(context, { ...row, partnerRates: [{ ...rate, rate: '0' }] });
  expect(totals(bad.quotes[0]!)).toEqual([-1]);
  expect(bad.quotes[0]!.unpriced[0]).toMatchObject({
    reason: 'NO_RATE',
    detail: 'the rate of duffel from USD to GBP is "0"; expected a decimal above 0',
  });
});

test('refuses rates that are too old: rows have no price, and their currencies cannot be shown', async () => {
  rmSync(file('fx.yaml'));
  await open();
  const rows = batchOf([
    { currency: 'USD', total: 10_000 },
    { currency: 'EUR', total: 10_000 },
  ]);
  now = Date.parse('2026-11-25T10:00:00Z');
  const { view, quotes } = await price({ ...CONTEXT, vertical: 'stay', currency: 'EUR' }, rows);
  expect(view.staleRates).toContain('3 business days old; 0.5 % is added');
  expect(totals(quotes[0]!)).toEqual([8_440, 10_000]); // 80.00, 80.40, and 4.00
  now = Date.parse('2026-12-05T10:00:00Z');
  const later = await price({ ...CONTEXT, vertical: 'stay', currency: 'EUR' }, rows);
  expect(later.view.staleRates).toContain('refused');
  expect(totals(later.quotes[0]!)).toEqual([-1, 10_000]);
  expect(later.quotes[0]!.unpriced[0]).toMatchObject({
    reason: 'NO_RATE',
    detail: expect.stringContaining('refused after 5; put newer rates into pricing/rates'),
  });
  await expect(price(CONTEXT)).rejects.toMatchObject({
    reason: 'UNKNOWN_CURRENCY',
    message: expect.stringContaining(
      '"GBP" cannot be shown: its rate (test rates) is of 2026-11-20, 10 business days old',
    ),
  });
  // A view that was pinned before prices as it did.
  expect(totals((await price(view, rows)).quotes[0]!)).toEqual([8_440, 10_000]);
});

async function quoteAll(...asked: QuoteRequest[]): Promise<QuoteResponse[]> {
  async function* all(): AsyncGenerator<QuoteRequest> {
    yield* asked;
  }
  const answers: QuoteResponse[] = [];
  for await (const answer of client.quote(all())) answers.push(answer);
  return answers;
}

const inContext = (
  batch: PriceBatch | undefined,
  more: Partial<PricingContext> = {},
  ledgers = false,
): QuoteRequest => ({
  terms: { $case: 'context', value: { ...CONTEXT, ...more } },
  batch,
  withLedgers: ledgers,
});

test.each(['memory', 'grpc'] as const)(
  'quotes each request in its own context, in order, as Price would (%s)',
  async (wire) => {
    await open(wire);
    const row = batchOf([{ currency: 'USD', total: 12_510, dueLater: 100, stops: 0 }]);
    const pinned = (await price({ ...CONTEXT, market: 'FR' })).view;
    const answers = await quoteAll(
      inContext({ ...row, batchId: 9 }),
      inContext({ ...row, batchId: 3 }, { currency: 'JPY', vertical: 'stay' }),
      { terms: { $case: 'view', value: pinned }, batch: row, withLedgers: false },
    );
    expect(answers.map(({ quotes }) => quotes?.batchId)).toEqual([9, 3, 1]);
    expect(answers.map(({ view }) => view?.context?.currency)).toEqual(['GBP', 'JPY', 'GBP']);
    expect(answers[2]!.view).toEqual(pinned);
    for (const [index, answer] of answers.entries()) {
      const { quotes } = await price(answer.view!, { ...row, batchId: [9, 3, 1][index]! });
      expect(answer.quotes).toEqual(quotes[0]);
      expect(answer.ledgers).toEqual([]);
    }
  },
);

test('gives the ledger of every row that has a price where they are asked for', async () => {
  const one = (row: Row): PriceBatch => batchOf([row]);
  const rows: Row[] = [
    { currency: 'USD', total: 12_510, stops: 0 },
    { currency: 'CHF', total: 100 },
    { currency: 'EUR', total: 5_000, totalMax: 6_000, stops: 2 },
  ];
  const [answer] = await quoteAll(inContext(batchOf(rows), {}, true));
  const { view, ledgers } = answer!;
  expect(ledgers).toHaveLength(3);
  expect(ledgers[0]).toEqual(await client.explain({ view, batch: one(rows[0]!) }));
  expect(ledgers[1]).toEqual({ lines: [], total: undefined, linesMax: [], totalMax: undefined });
  expect(ledgers[2]).toEqual(await client.explain({ view, batch: one(rows[2]!) }));
});

test('refuses requests for quotes that are not as the contract says', async () => {
  const refused = (field: string): object => ({
    reason: 'INVALID_FIELD',
    violations: [expect.objectContaining({ field })],
  });
  const row = batchOf([{ currency: 'GBP', total: 1 }]);
  const many = (count: number): PriceBatch =>
    batchOf(Array.from({ length: count }, () => ({ currency: 'GBP', total: 1 })));
  await expect(quoteAll({ terms: undefined, batch: row, withLedgers: false })).rejects.toMatchObject(refused('terms'));
  await expect(quoteAll(inContext(undefined))).rejects.toMatchObject(refused('batch'));
  await expect(quoteAll(inContext(row, { market: 'xx' }))).rejects.toMatchObject(refused('context.market'));
  await expect(quoteAll(inContext(many(5_001)))).rejects.toMatchObject(refused('batch.prices'));
  await expect(quoteAll(inContext(many(201), {}, true))).rejects.toMatchObject(refused('batch.prices'));
  await expect(quoteAll(inContext(row, { currency: 'CHF' }))).rejects.toMatchObject({ reason: 'UNKNOWN_CURRENCY' });
  const view = { ...(await price(CONTEXT)).view, ruleSet: 'f'.repeat(16) };
  const expired: QuoteRequest = { terms: { $case: 'view', value: view }, batch: row, withLedgers: false };
  await expect(quoteAll(expired)).rejects.toMatchObject({ reason: 'VIEW_EXPIRED' });
  expect(await quoteAll(inContext(many(5_000)), inContext(batchOf([]), {}, true))).toHaveLength(2);
});

test('other work has its turn between the batches of a long stream', async () => {
  const batch = batchOf(Array.from({ length: 5_000 }, () => ({ currency: 'GBP', total: 10_000 })));
  let turns = 0;
  let running = true;
  const watch = (): void => {
    turns++;
    if (running) setImmediate(watch);
  };
  setImmediate(watch);
  expect(await quoteAll(...Array.from({ length: 20 }, () => inContext(batch)))).toHaveLength(20);
  running = false;
  expect(turns).toBeGreaterThanOrEqual(19);
});

test('a market is shown what its policy says, and a pinned view what it said when it was given out', async () => {
  const markets = file('markets.yaml');
  const row = batchOf([{ currency: 'EUR', total: 10_000, dueLater: 1_000 }]);
  const shown = { ...CONTEXT, currency: 'EUR', market: 'FR' };
  const before = await price(shown, row);
  expect(before.view.display).toEqual({ dueLaterOnTop: false, unitPrices: UnitPrices.SHOWN });
  writeFileSync(
    markets,
    'markets: { FR: { headline: without_due_at_place, unit_prices: none, because: "made up for a test" } }',
  );
  await open();
  const after = await price(shown, row);
  expect(after.view.display).toEqual({ dueLaterOnTop: true, unitPrices: UnitPrices.NONE });
  expect(totals(before.quotes[0]!)[0]! - totals(after.quotes[0]!)[0]!).toBe(1_025); // with its 2.5 %
  expect(numbers(after.quotes[0]!.dueLaterMinor)).toEqual([1_000]);
  expect(totals((await price(before.view, row)).quotes[0]!)).toEqual(totals(before.quotes[0]!));
  expect((await price({ ...shown, market: 'IE' }, row)).view.display?.dueLaterOnTop).toBe(false);
});

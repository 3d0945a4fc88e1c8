import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlightCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { GoodCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { StayCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { type Adapter, type Progress, Rejection } from '../adapter.ts';
import { parseXml } from '../body.ts';
import { rideCriteria } from '../testing/acme.ts';
import { adapterOf, answerContext } from './testing.ts';

const duffel = await adapterOf('duffel');
const travelport = await adapterOf('travelport');
const hotelbeds = await adapterOf('hotelbeds');
const ebay = await adapterOf('ebay-browse');
const uber = await adapterOf('uber');
const karhoo = await adapterOf('karhoo');
const flights: Criteria = { vertical: { $case: 'flight', value: FlightCriteria.fromPartial({ adults: 1 }) } };
const stays = (...rooms: { adults: number; childAges?: number[] }[]): Criteria => ({
  vertical: { $case: 'stay', value: StayCriteria.fromPartial({ where: { $case: 'place', value: 'LIS' }, rooms }) },
});

const goods: Criteria = { vertical: { $case: 'good', value: GoodCriteria.fromPartial({ query: 'x' }) } };
const rides = rideCriteria({
  pickup: { point: { latitude: 51.5, longitude: -0.12 } },
  dropoff: { point: { latitude: 51.47, longitude: -0.45 } },
  pickupAt: '2027-02-01T10:00',
});

const text = (file: string): string => readFileSync(new URL(`./${file}`, import.meta.url), 'utf8');
const answers: {
  name: string;
  file: string;
  adapter: Adapter;
  criteria: Criteria;
  rowsAt: string[];
  progress?: Progress;
}[] = [
  {
    name: 'duffel',
    file: 'offer-request.json',
    adapter: duffel as Adapter,
    criteria: flights,
    rowsAt: ['data', 'offers'],
  },
  {
    name: 'travelport',
    file: 'price-points.xml',
    adapter: travelport as Adapter,
    criteria: flights,
    rowsAt: ['Envelope', 'Body', 'LowFareSearchRsp'],
  },
  {
    name: 'travelport',
    file: 'solutions.xml',
    adapter: travelport as Adapter,
    criteria: flights,
    rowsAt: ['Envelope', 'Body', 'LowFareSearchRsp'],
  },
  {
    name: 'hotelbeds',
    file: 'availability.json',
    adapter: hotelbeds as Adapter,
    criteria: stays({ adults: 2 }, { adults: 2 }),
    rowsAt: ['hotels', 'hotels'],
  },
  {
    name: 'hotelbeds',
    file: 'mixed-rooms.json',
    adapter: hotelbeds as Adapter,
    criteria: stays({ adults: 2 }, { adults: 1, childAges: [4, 9] }),
    rowsAt: ['hotels', 'hotels'],
  },
];

answers.push(
  { name: 'ebay-browse', file: 'search.json', adapter: ebay as Adapter, criteria: goods, rowsAt: ['itemSummaries'] },
  {
    name: 'uber',
    file: 'prices.json',
    adapter: uber as Adapter,
    criteria: rides,
    rowsAt: ['prices'],
    progress: {
      step: 2,
      page: 1,
      offset: 0,
      polls: 0,
      taken: {
        products: JSON.parse(text('uber/fixtures/products.json')).products,
        times: JSON.parse(text('uber/fixtures/times.json')).times,
      },
    },
  },
  { name: 'karhoo', file: 'quotes.json', adapter: karhoo as Adapter, criteria: rides, rowsAt: ['quotes'] },
);

/** What the XML parser can make, and no documentation allows where it stands. */
const xmlJunk = fc.constantFrom<unknown>(
  '',
  'NaN',
  'EUR-1',
  'XYZ12.5',
  '-1',
  {},
  [],
  ['', ''],
  { '#text': 'x', '@Key': '' },
  ['x', { '@Key': 'x' }],
  '2027-02-30T10:00:00+01:00',
  'P1Y',
);

/** What no documentation of any partner allows where it stands. */
const jsonJunk = fc.constantFrom<unknown>(
  null,
  undefined,
  '',
  'NaN',
  '-1',
  '1e400',
  0,
  -7.5,
  Number.MAX_SAFE_INTEGER,
  true,
  [],
  [null],
  {},
  { '#text': 'x' },
  '2027-02-30T10:00:00',
  'P1Y',
  '\u0000',
);

/** Replaces the value that `steps` lead to, each step choosing among the members there. */
function broken(root: unknown, steps: readonly number[], value: unknown): void {
  let at = root as Record<string, unknown>;
  for (const [depth, step] of steps.entries()) {
    const keys = Object.keys(at);
    const key = keys[step % keys.length];
    if (key === undefined) return;
    // Attributes and texts are strings whatever the XML is.
    if ((key.startsWith('@') || key.startsWith('#')) && typeof value !== 'string') return;
    const next = at[key];
    if (depth === steps.length - 1 || typeof next !== 'object' || next === null) {
      at[key] = value;
      return;
    }
    at = next as Record<string, unknown>;
  }
}

/** Reads a row in full, as supply would; whatever is wrong with it is a rejection, and what is offered has a currency. */
function readRow(adapter: Adapter, row: unknown, context: ReturnType<typeof answerContext>): void {
  try {
    const price = adapter.price(row, context);
    expect(price.currency).toMatch(/^[A-Z]{3}$/);
    expect(Number.isSafeInteger(price.totalMinor) && price.totalMinor >= 0).toBe(true);
    expect(adapter.expiresAt(row, context)).toBeTypeOf('number');
    for (const column of Object.values(adapter.columns)) column(row, context);
    adapter.item(row, context, () => true);
    adapter.idOf?.(row);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
  }
}

describe.each(answers)('$name, $file', ({ name, file, adapter, criteria, rowsAt, progress }) => {
  const parse = (raw: string): unknown => (file.endsWith('.xml') ? parseXml(raw) : JSON.parse(raw));
  const raw = text(`${name}/fixtures/${file}`);
  const asked = answerContext(name, criteria, '2027-01-11T09:00:00Z', { targetBranch: 'P7000001' });
  const context = progress === undefined ? asked : { ...asked, progress };

  it('with anything broken in its rows is still read, and what becomes an offer becomes a whole one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(40), { minLength: 1, maxLength: 12 }),
        file.endsWith('.xml') ? xmlJunk : jsonJunk,
        (steps, value) => {
          const body = parse(raw);
          const rowsNode = rowsAt.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], body);
          broken(rowsNode, steps, value);
          const result = adapter.read(body, context);
          if ('failure' in result) throw new Error(result.detail);
          for (const row of result.rows) readRow(adapter, row, context);
        },
      ),
      { numRuns: 400 },
    );
  });
});

const compiled = new Map(Object.entries({ duffel, 'ebay-browse': ebay, uber, karhoo }));
const manifested = answers.filter(({ name }) => compiled.has(name));

describe.each(manifested)('$name, whose manifest is all there is,', ({ name, file, adapter, criteria, progress }) => {
  const raw = text(`${name}/fixtures/${file}`);
  const context = answerContext(name, criteria, '2027-01-11T09:00:00Z');
  const progresses = [undefined, progress, { step: 1, page: 2, offset: 7, polls: 3, taken: {} }];

  /** Reads an answer to each kind of request. A failure is fine, an exception is not. */
  const readAll = (body: unknown): void => {
    for (const at of progresses) {
      const answered = at === undefined ? context : { ...context, progress: at };
      const result = adapter.read(body, answered);
      if ('failure' in result) {
        expect(result.failure).toBeGreaterThan(0);
        expect(result.detail).toBeTypeOf('string');
        continue;
      }
      for (const row of result.rows) readRow(adapter, row, answered);
    }
    expect(adapter.readError(418, body, '', context).failure).toBeGreaterThan(0);
  };

  it('reads any JSON value without a throw', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), readAll), { numRuns: 300 });
  });

  it('reads its own answer with anything broken anywhere without a throw', () => {
    const wound = fc.tuple(fc.array(fc.nat(40), { minLength: 1, maxLength: 9 }), jsonJunk);
    fc.assert(
      fc.property(fc.array(wound, { minLength: 1, maxLength: 6 }), (wounds) => {
        const body = JSON.parse(raw);
        for (const [steps, value] of wounds) broken(body, steps, value);
        readAll(body);
      }),
      { numRuns: 400 },
    );
  });
});

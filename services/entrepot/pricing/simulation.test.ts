import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PricingSample } from '../../../libs/contracts/gen/entrepot/query/v1/pricing_sample.ts';
import { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { priceBatch } from '../../../libs/contracts/price-batch.ts';
import { PricingTrial } from '../../pricing/service.ts';
import { orderOfSample } from '../../query/service.ts';
import { type OrderOf, type Simulation, simulate } from './simulation.ts';
import { violations } from './simulation-gate.ts';
import { simulationPicture } from './simulation-picture.ts';
import { simulationText } from './simulation-text.ts';

const NOW = Date.parse('2026-11-23T10:00:00Z');
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'simulation-'));
  mkdirSync(path.join(directory, 'base/pricing/rates'), { recursive: true });
  const rates = 'date: "2026-11-20"\nbase: EUR\nsource: test\nrates: { USD: "1.25", GBP: "0.80" }\n';
  writeFileSync(path.join(directory, 'base/pricing/rates/2026-11-20.yaml'), rates);
  rules('base/pricing', '{ name: margin, description: Margin, apply: { percentage: "5" } }');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A folder with these rules. */
function rules(folder: string, ...stated: string[]): string {
  const at = path.join(directory, folder);
  mkdirSync(at, { recursive: true });
  writeFileSync(path.join(at, 'rules.yaml'), `rules: [${stated.join(', ')}]\n`);
  return at;
}

interface Row {
  readonly total: number;
  readonly currency?: string;
  readonly stops?: number;
}

function sampleOf(partners: Readonly<Record<string, readonly Row[]>>, market = 'GB', currency = 'GBP'): PricingSample {
  const rows = Object.entries(partners).map(([partner, own]) => ({
    inputs: priceBatch(
      partner,
      own.map((row) => ({
        currency: row.currency ?? 'GBP',
        totalMinor: row.total,
        taxBasis: TaxBasis.INCLUDED,
        attributes: { stops: row.stops ?? 1 },
      })),
    ),
    quotes: undefined,
    products: {
      dictionary: own.map((_, at) => `${partner}-${at}`),
      codes: Buffer.from(new Uint32Array(own.map((_, at) => at)).buffer),
    },
  }));
  const instant = Temporal.Instant.fromEpochMilliseconds(NOW);
  const context = { vertical: 'flight', currency, market, client: 'web', experimentKey: '' };
  const view = {
    context,
    ruleSet: 'old',
    rateTable: 'old',
    instant,
    attributes: [],
    staleRates: '',
    display: undefined,
  };
  // As it comes from a file.
  return PricingSample.decode(
    PricingSample.encode({ takenAt: instant, view, orderBy: 'price', ranking: '', grouping: 0, rows }).finish(),
  );
}

const orderOf: OrderOf = (sample, quotes, most) => orderOfSample(sample, quotes, new Map(), most);

async function simulated(candidate: string, ...samples: PricingSample[]): Promise<Simulation> {
  async function* all(): AsyncGenerator<PricingSample> {
    yield* samples;
  }
  const base = path.join(directory, 'base');
  const before = PricingTrial.read(base, base, NOW);
  return simulate(all(), before, PricingTrial.read(candidate, base, NOW), orderOf);
}

const RISE = '{ name: margin, description: Margin, apply: { percentage: "5" } }';
const nonstop = (percentage: string): string =>
  `{ name: nonstop, description: Nonstop, vertical: flight, priority: -1, when: stops == 0, apply: { percentage: "${percentage}" } }`;

test('says who moves, by how much, and by which rule', async () => {
  const candidate = rules('candidate', RISE, nonstop('-2'));
  const simulation = await simulated(
    candidate,
    sampleOf({ a: [{ total: 10_000, stops: 0 }, { total: 20_000 }], b: [{ total: 10_100 }] }),
    sampleOf({ a: [{ total: 10_000, stops: 0 }], b: [{ total: 9_999 }] }, 'DE', 'EUR'),
  );
  const { total, partners, markets } = simulation;
  expect(total).toMatchObject({ rows: 5, moved: 2, lost: 0, gained: 0 });
  expect(total.mean).toBeCloseTo((2 * -0.02) / 5, 4);
  expect([total.median, total.p95, total.largest]).toEqual(
    [-0.02, 0.02, 0.02].map((share) => expect.closeTo(share, 4)),
  );
  expect(partners.map(({ name, rows, moved }) => [name, rows, moved])).toEqual([
    ['a', 3, 2],
    ['b', 2, 0],
  ]);
  expect(markets.map(({ name, moved }) => [name, moved])).toEqual([
    ['DE', 1],
    ['GB', 1],
  ]);
  // Margins are beyond the partners' own prices: 5 %, and 2.9 % where the promotion is.
  expect(total.marginBefore).toBeCloseTo(0.05, 4);
  expect(partners[0]!.marginAfter).toBeCloseTo((0.05 + 2 * 0.029) / 3, 4);
  expect(simulation.rules).toEqual([
    {
      name: 'nonstop',
      rowsBefore: 0,
      rowsAfter: 2,
      effectBefore: 0,
      effectAfter: expect.closeTo(-0.021, 6),
    },
    expect.objectContaining({ name: 'margin', rowsBefore: 2, rowsAfter: 2 }),
  ]);
});

test('says what becomes of the order', async () => {
  const dearer = rules(
    'candidate',
    RISE,
    '{ name: b-fee, description: Fee, when: partner == "b", apply: { percentage: "10" } }'.replace(
      'partner == "b"',
      `'partner == "b"'`,
    ),
  );
  const simulation = await simulated(
    dearer,
    sampleOf({ a: [{ total: 10_000 }], b: [{ total: 9_900 }] }),
    sampleOf({ a: [{ total: 10_000 }], b: [{ total: 5_000 }] }),
    sampleOf({ a: Array.from({ length: 12 }, (_, at) => ({ total: 10_000 + at })), b: [{ total: 9_900 }] }),
  );
  expect(simulation.order).toMatchObject({ searches: 3, firstChanged: 2, cheapestChanged: 2 });
  expect(simulation.order.topOverlap).toBeCloseTo((1 + 1 + 0.9) / 3, 6);
});

test('the same rules change nothing, at whatever rates', async () => {
  const candidate = rules('candidate', RISE);
  const simulation = await simulated(candidate, sampleOf({ a: [{ total: 12_345, currency: 'USD' }, { total: 1 }] }));
  expect(simulation.rulesBefore).toBe(simulation.rulesAfter);
  expect(simulation.total).toMatchObject({ rows: 2, moved: 0, mean: 0, largest: 0 });
  expect(simulation.rules).toEqual([]);
  expect(simulation.distribution.filter(({ rows }) => rows > 0)).toEqual([{ from: 0, to: 0, rows: 2 }]);
  expect(simulationText(simulation)).toContain('the same rules');
});

test("a spread in the candidate's fx.yaml is shown as what it is", async () => {
  const candidate = rules('candidate', RISE);
  writeFileSync(path.join(candidate, 'fx.yaml'), 'spreads: [{ name: dollars, percentage: "2", currencies: [USD] }]\n');
  const simulation = await simulated(candidate, sampleOf({ a: [{ total: 12_500, currency: 'USD' }] }));
  expect(simulation.total.marginAfter).toBeCloseTo(1.02 * 1.05 - 1, 6);
  expect(simulation.rules[0]).toMatchObject({ name: 'spread dollars', rowsBefore: 0, rowsAfter: 1 });
});

test('rows that lose their price, and searches that cannot be priced, are told', async () => {
  const candidate = rules(
    'candidate',
    '{ name: away, description: Away, vertical: flight, when: stops == 0, apply: { fixed: { amount: "-500.00", currency: GBP } } }',
  );
  const simulation = await simulated(
    candidate,
    sampleOf({ a: [{ total: 10_000, stops: 0 }, { total: 20_000 }] }),
    sampleOf({ a: [{ total: 10_000 }] }, 'GB', 'CHF'),
  );
  expect(simulation.total).toMatchObject({ rows: 2, moved: 2, lost: 1 });
  expect(Object.entries(simulation.skipped)).toEqual([[expect.stringContaining('UNKNOWN_CURRENCY: "CHF"'), 1]]);
});

test('limits are kept, or every reason is given', async () => {
  const simulation = await simulated(
    rules('candidate', '{ name: margin, description: Margin, apply: { percentage: "8" } }'),
    sampleOf({ a: [{ total: 10_000 }, { total: 20_000 }] }),
  );
  expect(violations(simulation, { maxChange: 0.03, maxMoved: 1, minMargin: 0.08, maxFirstChanged: 0 })).toEqual([]);
  expect(violations(simulation, { maxChange: 0.02, maxMoved: 0.1, minMargin: 0.09 })).toEqual([
    'a price changes by 2.86 %; --max-change is 2.00 %',
    '100.00 % of the rows change; --max-moved is 10.00 %',
    'the margin of all rows is 8.00 %; --min-margin is 9.00 %',
    'the margin of GB is 8.00 %; --min-margin is 9.00 %',
  ]);
  // What could not be looked at is never let through.
  const none = await simulated(rules('candidate', RISE), sampleOf({ a: [{ total: 1 }] }, 'GB', 'CHF'));
  expect(violations(none, { maxMoved: 1 })).toEqual([
    '1 of 1 searches could not be priced',
    'no row of the samples has a price, so that there is nothing to judge by',
  ]);
});

test('is drawn as a picture of its own, whatever partners are called', async () => {
  const simulation = await simulated(
    rules('candidate', RISE, nonstop('-2')),
    sampleOf({ '<a & "b">': [{ total: 10_000, stops: 0 }], b: [{ total: 10_000 }] }),
  );
  const svg = simulationPicture(simulation);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(svg).toContain('&lt;a &amp; &quot;b&quot;&gt;');
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg).not.toMatch(/NaN|Infinity|undefined|<script|href/);
  expect(svg.match(/<rect class="down"/g)!.length).toBeGreaterThan(8);
});

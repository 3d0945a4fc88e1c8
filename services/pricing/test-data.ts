import fc from 'fast-check';
import { Decimal } from '../../libs/money/index.ts';
import { FxPolicy } from './fx.ts';
import type { Step } from './ledger.ts';
import { type BoundStep, boundStep, type Plan } from './quote.ts';
import { RateTable } from './rates.ts';

/** Random money for the property tests of pricing. */

/** Currencies of 0, 2, 3 and 4 minor digits. */
const CURRENCIES = ['JPY', 'KRW', 'EUR', 'GBP', 'USD', 'HUF', 'KWD', 'BHD', 'CLF'] as const;
export const currency: fc.Arbitrary<string> = fc.constantFrom(...CURRENCIES);

const decimalOf = (min: number, max: number, scale: number): fc.Arbitrary<Decimal> =>
  fc.integer({ min, max }).map((unscaled) => new Decimal(BigInt(unscaled), scale));

/** Rates as they are published: 0.01 to 100,000 for a euro, four to five figures after the point. */
const rate = fc.oneof(
  decimalOf(100, 10_000_000, 4),
  decimalOf(1_000, 2_000_000_000, 5),
  fc.constantFrom(new Decimal(1n, 0), new Decimal(2n, 0), new Decimal(125n, 2)),
);

export const table: fc.Arbitrary<RateTable> = fc
  .tuple(...CURRENCIES.filter((code) => code !== 'EUR').map((code) => rate.map((value) => [code, value] as const)))
  .map((rates) => new RateTable({ date: '2026-11-20', source: 'test', rates: new Map(rates) }));

/** As table, with a spread of any size that a policy may have on every conversion in Britain. */
const tableWithSpread: fc.Arbitrary<RateTable> = fc
  .tuple(table, fc.oneof(fc.constantFrom('0.5', '1', '50'), decimalOf(1, 50_000_000, 6).map(String)))
  .map(([from, percentage]) => {
    const codes = CURRENCIES.filter((code) => code !== 'EUR');
    const rates = new Map(codes.map((code) => [code, from.rate(code)!]));
    const staleness = { use: 1, widen: undefined };
    const all = { currencies: undefined, pairs: undefined, markets: undefined };
    const policy = new FxPolicy([], [{ name: 'all', percentage: Decimal.parse(percentage)!, ...all }], staleness);
    const sheet = { date: '2026-11-20', source: 'test', rates };
    return new RateTable([{ sheet, age: 0, judgement: { kind: 'current' }, oldest: 0 }], policy, '2026-11-20');
  });

/** Minor units: mostly prices, some of the largest that there are. */
export const minor: fc.Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 5_000_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 1, arbitrary: fc.maxSafeNat() },
);

/** Percentages as people write them, which make ties, and any others. */
const share = fc.oneof(
  fc
    .constantFrom('0.025', '0.05', '0.5', '0.03', '-0.01', '-0.5', '0.0125', '0', '-1')
    .map((text) => Decimal.parse(text)!),
  decimalOf(-30_000_000, 50_000_000, 8),
);
const rule = { name: 'rule', effect: 'Rule' };

export const step: fc.Arbitrary<Step> = fc.oneof(
  share.map((value): Step => ({ kind: 'percentage', share: value, rule })),
  decimalOf(-2_000, 5_000, 2).map((amount): Step => ({ kind: 'fixed', amount, rule })),
  decimalOf(-2_000_000_000, 2_000_000_000, 12).map((amount): Step => ({ kind: 'fixed', amount, rule })),
);

/** A plan between two of the currencies with up to ten steps; every third row is left out by each second step. */
export const plan: fc.Arbitrary<Plan> = fc
  .tuple(fc.oneof(table, tableWithSpread), currency, currency, fc.array(step, { maxLength: 10 }))
  .map(([rates, from, to, steps]) => planOf(rates, from, to, steps));

const DIGITS: Readonly<Record<string, number>> = { JPY: 0, KRW: 0, KWD: 3, BHD: 3, CLF: 4 };

export function planOf(rates: RateTable, from: string, to: string, steps: readonly Step[]): Plan {
  const conversion = rates.conversion(from, to, 'GB');
  if (conversion === undefined) throw new Error(`no rate from ${from} to ${to}`);
  const digits = DIGITS[to] ?? 2;
  const bound = steps.map(
    (one, index): BoundStep => boundStep(one, digits, index % 2 === 0 ? undefined : (row) => row % 3 !== 0),
  );
  return { conversion, fromDigits: DIGITS[from] ?? 2, digits, steps: bound };
}

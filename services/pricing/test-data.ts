import fc from 'fast-check';
import { Decimal, type RoundingMode } from '../../libs/money/index.ts';
import { verticals } from '../../libs/vertical/index.ts';
import { type BoundStep, boundStep } from './bound-steps.ts';
import { termsOf } from './condition.ts';
import { FxPolicy } from './fx.ts';
import type { Plan } from './quote.ts';
import { RateTable } from './rates.ts';
import { type RuleDeclaration, RuleSet } from './rules.ts';
import type { Step, StepEffect } from './steps.ts';

/** Random money and rule sets for the tests of pricing. */

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
const bound = fc.option(decimalOf(0, 5_000, 2), { nil: undefined });
const margin = fc.option(decimalOf(-20, 60, 2), { nil: undefined });
const mode = fc.constantFrom<RoundingMode>('half_up', 'half_even', 'up', 'down');
/** Steps and endings that every currency of the tests can have: whole units, and parts of them for those with minor digits. */
const roundings = fc.constantFrom(
  ['5', '0'],
  ['1', '0'],
  ['10', '9'],
  ['0.05', '0'],
  ['1.00', '0.99'],
  ['0.25', '0.05'],
);

const effect: fc.Arbitrary<StepEffect> = fc.oneof(
  {
    weight: 4,
    arbitrary: share.map(
      (value): StepEffect => ({ kind: 'percentage', share: value, floor: undefined, cap: undefined }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(share, bound, bound)
      .map(([value, floor, cap]): StepEffect => ({ kind: 'percentage', share: value, floor, cap })),
  },
  { weight: 2, arbitrary: decimalOf(-2_000, 5_000, 2).map((amount): StepEffect => ({ kind: 'fixed', amount })) },
  {
    weight: 2,
    arbitrary: decimalOf(-2_000_000_000, 2_000_000_000, 12).map((amount): StepEffect => ({ kind: 'fixed', amount })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(margin, margin).map(([least, most]): StepEffect => ({ kind: 'limit', least, most })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(roundings, mode).map(
      ([[to, ending], mode]): StepEffect => ({
        kind: 'round',
        to: Decimal.parse(to!)!,
        ending: Decimal.parse(ending!)!,
        mode,
      }),
    ),
  },
);

export const step: fc.Arbitrary<Step> = fc
  .tuple(effect, fc.integer({ min: 0, max: 3 }))
  .map(([made, priority]) => ({ rule, priority, ...made }));

/** A plan between two of the currencies with up to ten steps; every third row is without each second step. */
export const plan: fc.Arbitrary<Plan> = fc
  .tuple(fc.oneof(table, tableWithSpread), currency, currency, fc.array(step, { maxLength: 10 }))
  .map(([rates, from, to, steps]) => planOf(rates, from, to, steps));

const DIGITS: Readonly<Record<string, number>> = { JPY: 0, KRW: 0, KWD: 3, BHD: 3, CLF: 4 };

/** Of roundings only those that the currency can have, and one of a priority. */
export function planOf(rates: RateTable, from: string, to: string, steps: readonly Step[]): Plan {
  const conversion = rates.conversion(from, to, 'GB');
  if (conversion === undefined) throw new Error(`no rate from ${from} to ${to}`);
  const digits = DIGITS[to] ?? 2;
  const rounded = new Set<number>();
  const bound = steps
    .filter((one) => {
      if (one.kind !== 'round') return true;
      const fits = one.to.toMinor(digits) !== undefined && one.ending.toMinor(digits) !== undefined;
      const first = fits && !rounded.has(one.priority);
      if (first) rounded.add(one.priority);
      return first;
    })
    .toSorted((a, b) => b.priority - a.priority)
    .map((one) => boundStep(one, digits));
  const stepsOf = (row: number): readonly BoundStep[] => bound.filter((_, index) => index % 2 === 0 || row % 3 !== 0);
  return { conversion, fromDigits: DIGITS[from] ?? 2, digits, stepsOf };
}

/** A set of rules as their file would declare them, unchecked. */
export function ruleSetOf(rules: readonly RuleDeclaration[], zones?: Readonly<Record<string, string>>): RuleSet {
  const terms = Object.fromEntries(
    [...verticals().values()].map((vertical) => [
      vertical.name,
      rules.map((rule) => {
        if (rule.vertical !== undefined && rule.vertical !== vertical.name) return undefined;
        return rule.when === undefined ? [] : termsOf(rule.when, vertical);
      }),
    ]),
  );
  return new RuleSet({ zones, rules, terms });
}

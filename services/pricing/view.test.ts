import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnBuilder, readColumn } from '../../libs/columns/index.ts';
import { compileExpression, type RowSource } from '../../libs/expression/index.ts';
import { Decimal } from '../../libs/money/index.ts';
import { vertical } from '../../libs/vertical/index.ts';
import { scopeOf } from './condition.ts';
import { RateTable } from './rates.ts';
import type { Columns } from './row-tests.ts';
import type { RuleDeclaration } from './rules.ts';
import { ruleSetOf } from './test-data.ts';
import { View, type ViewPlan } from './view.ts';

const table = new RateTable({ date: '2026-11-20', source: 'test', rates: new Map([['GBP', Decimal.parse('0.8')!]]) });
const scope = scopeOf(vertical('flight'));

const declared = (when: string, more: Partial<RuleDeclaration> = {}): RuleDeclaration => ({
  name: when,
  description: when,
  vertical: 'flight',
  when,
  apply: { percentage: '1' },
  ...more,
});

function viewOf(
  rules: readonly RuleDeclaration[],
  market: string,
  client: string,
  currency = 'EUR',
  instant = 0,
): View {
  const ruleSet = ruleSetOf(rules);
  const held = ruleSet.held({ vertical: 'flight', market, experimentKey: '' }, instant);
  return new View({ vertical: 'flight', currency, market, client }, ruleSet, held, table);
}

function planOf(view: View, partner: string, currency: string, source: Columns): ViewPlan {
  const plan = view.plan(partner, currency, source);
  if ('reason' in plan) throw new Error(plan.detail);
  return plan;
}

const namesOf = (plan: ViewPlan, row: number): string[] => plan.stepsOf(row).map(({ step }) => step.rule.name);

/** Conditions with every mix of what is known early and late. */
const condition = fc.letrec<{ all: string; leaf: string }>((tie) => ({
  all: fc.oneof(
    { depthSize: 'small' },
    tie('leaf'),
    fc.tuple(tie('all'), fc.constantFrom('&&', '||'), tie('all')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(tie('all'), tie('all'), tie('all')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    tie('all').map((a) => `!(${a})`),
  ),
  leaf: fc.constantFrom(
    'market == "GB"',
    'client == "web"',
    'partner == "duffel"',
    'currency == "GBP"',
    'stops == 0',
    'present(stops)',
    'refundable',
    'carriers.exists(c, c == "BA")',
    '"BA" in carriers',
    '"GB" in carriers',
    'stops != 1',
    'stops in [0, 2]',
    'stops >= 1',
    'cabin == "ECONOMY"',
    'cabin == "FIRST"',
    'cabin != "FIRST"',
    'cabin in ["FIRST", "BUSINESS"]',
    'market != "GB"',
    '2 / stops == 1',
    'carriers.all(c, c == market)',
    'true',
  ),
})).all;

test('judging early and filing change no row: each has the rules whose whole conditions it fulfils, in order', () => {
  const rows = fc.array(
    fc.record({
      stops: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
      refundable: fc.option(fc.boolean(), { nil: undefined }),
      carriers: fc.option(fc.array(fc.constantFrom('BA', 'GB'), { maxLength: 2 }), { nil: undefined }),
      cabin: fc.option(fc.constantFrom('ECONOMY', 'BUSINESS', 'FIRST'), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 6 },
  );
  const pick = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
  fc.assert(
    fc.property(
      fc.array(condition, { minLength: 1, maxLength: 5 }),
      rows,
      pick('GB', 'DE'),
      pick('web', 'app'),
      pick('duffel', 'other'),
      pick('GBP', 'EUR'),
      (whens, rows, market, client, partner, currency) => {
        const builders = {
          stops: columnBuilder('int'),
          refundable: columnBuilder('bool'),
          carriers: columnBuilder('string_list'),
          cabin: columnBuilder('enum'),
        };
        for (const row of rows) {
          builders.stops.push(row.stops);
          builders.refundable.push(row.refundable);
          builders.carriers.push(row.carriers);
          builders.cabin.push(row.cabin);
        }
        const columns = new Map(
          Object.entries(builders).map(([name, builder]) => [name, readColumn(builder.build(name), rows.length)]),
        );
        const constants: Record<string, string> = { market, client, partner, currency };
        const source: RowSource = (name) =>
          constants[name] === undefined ? columns.get(name) : { constant: constants[name] };
        const wholes = whens.map((when) => compileExpression(when, scope, 'bool').bind(source));
        const rules = whens.map((when, index) => declared(when, { name: `${index}` }));
        const plan = planOf(viewOf(rules, market, client), partner, currency, (name) => columns.get(name));
        for (const row of rows.keys()) {
          const expected = [...wholes.keys()].filter((index) => wholes[index]!(row) === true).map(String);
          expect(namesOf(plan, row), whens.join('\n')).toEqual(expected);
        }
      },
    ),
    { numRuns: 400 },
  );
});

test('leaves out rules that its market and client rule out, with the attributes they read', () => {
  const rules = [declared('market == "GB" && stops == 0'), declared('client == "app" && refundable')];
  expect(viewOf(rules, 'GB', 'web').attributes).toEqual(['stops']);
  expect(viewOf(rules, 'DE', 'app').attributes).toEqual(['refundable']);
  expect(viewOf(rules, 'DE', 'web').attributes).toEqual([]);
});

test('binds nothing by row where partner and currency decide everything', () => {
  const view = viewOf(
    [declared('partner == "duffel" || stops == 0'), declared('currency == "GBP" && refundable')],
    'GB',
    'web',
  );
  const plan = planOf(view, 'duffel', 'EUR', () => undefined);
  expect(namesOf(plan, 5)).toEqual(['partner == "duffel" || stops == 0']);
  expect(view.plan('duffel', 'EUR', () => undefined)).toBe(plan);
});

test('says why a currency cannot be priced', () => {
  const view = viewOf([], 'GB', 'web');
  expect(view.plan('duffel', 'CHF', () => undefined)).toMatchObject({ reason: 'NO_RATE' });
  expect(view.plan('duffel', 'chf', () => undefined)).toMatchObject({ reason: 'INVALID_CURRENCY' });
});

test('refuses to add an amount for which the table has no rate', () => {
  const fee = declared('true', { apply: { fixed: { amount: '1.00', currency: 'CHF' } } });
  expect(() => viewOf([fee], 'GB', 'web')).toThrow(/Rule "true" adds CHF: it has no rate in 2026-11-20/);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnBuilder, readColumn } from '../../libs/columns/index.ts';
import { compileExpression, verticalScope } from '../../libs/expression/index.ts';
import { Decimal } from '../../libs/money/index.ts';
import { vertical } from '../../libs/vertical/index.ts';
import { RateTable } from './rates.ts';
import { type CompiledRule, RuleSet } from './rules.ts';
import { View } from './view.ts';

const table = new RateTable({ date: '2026-11-20', source: 'test', rates: new Map([['GBP', Decimal.parse('0.8')!]]) });
const flight = vertical('flight');
const scope = verticalScope(flight, { market: 'string', client: 'string', partner: 'string', currency: 'string' });

function compiled(when: string, apply: CompiledRule['declaration']['apply'] = { percentage: '1' }): CompiledRule {
  const condition = compileExpression(when, scope, 'bool');
  return {
    declaration: { name: when, description: when, when, apply },
    adjustment:
      'fixed' in apply
        ? { kind: 'fixed', amount: Decimal.parse(apply.fixed.amount)!, currency: apply.fixed.currency }
        : { kind: 'percentage', share: Decimal.parse('0.01')! },
    from: Number.NEGATIVE_INFINITY,
    until: Number.POSITIVE_INFINITY,
    condition,
    reads: condition.reads.filter((name) => flight.attribute(name) !== undefined),
  };
}

const viewOf = (rules: readonly CompiledRule[], market: string, client: string, currency = 'EUR'): View =>
  new View({ vertical: 'flight', currency, market, client }, new RuleSet([], new Map()), rules, table);

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
    'carriers.all(c, c == market)',
    'true',
  ),
})).all;

test('judging early changes no row: each has the rules that its whole condition gives it', () => {
  const rows = fc.array(
    fc.record({
      stops: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
      refundable: fc.option(fc.boolean(), { nil: undefined }),
      carriers: fc.option(fc.array(fc.constantFrom('BA', 'GB'), { maxLength: 2 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 6 },
  );
  const pick = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
  fc.assert(
    fc.property(
      condition,
      rows,
      pick('GB', 'DE'),
      pick('web', 'app'),
      pick('duffel', 'other'),
      pick('GBP', 'EUR'),
      (when, rows, market, client, partner, currency) => {
        const builders = {
          stops: columnBuilder('int'),
          refundable: columnBuilder('bool'),
          carriers: columnBuilder('string_list'),
        };
        for (const row of rows) {
          builders.stops.push(row.stops);
          builders.refundable.push(row.refundable);
          builders.carriers.push(row.carriers);
        }
        const columns = new Map(
          Object.entries(builders).map(([name, builder]) => [name, readColumn(builder.build(name), rows.length)]),
        );
        const constants: Record<string, string> = { market, client, partner, currency };
        const rule = compiled(when);
        const whole = rule.condition!.bind((name) =>
          constants[name] === undefined ? columns.get(name) : { constant: constants[name] },
        );
        const plan = viewOf([rule], market, client).plan(partner, currency, (name) => columns.get(name));
        if ('reason' in plan) throw new Error(plan.detail);
        for (const row of rows.keys()) {
          const step = plan.steps[0];
          const applies = step !== undefined && (step.applies === undefined || step.applies(row) === true);
          expect(applies, when).toBe(whole(row) === true);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('leaves out rules that its market and client rule out, with the attributes they read', () => {
  const rules = [compiled('market == "GB" && stops == 0'), compiled('client == "app" && refundable')];
  expect(viewOf(rules, 'GB', 'web').attributes).toEqual(['stops']);
  expect(viewOf(rules, 'DE', 'app').attributes).toEqual(['refundable']);
  expect(viewOf(rules, 'DE', 'web').attributes).toEqual([]);
});

test('binds nothing by row where partner and currency decide everything', () => {
  const view = viewOf(
    [compiled('partner == "duffel" || stops == 0'), compiled('currency == "GBP" && refundable')],
    'GB',
    'web',
  );
  const plan = view.plan('duffel', 'EUR', () => undefined);
  expect('steps' in plan && plan.steps.map(({ applies }) => applies)).toEqual([undefined]);
  expect(view.plan('duffel', 'EUR', () => undefined)).toBe(plan);
});

test('says why a currency cannot be priced', () => {
  const view = viewOf([], 'GB', 'web');
  expect(view.plan('duffel', 'CHF', () => undefined)).toMatchObject({ reason: 'NO_RATE' });
  expect(view.plan('duffel', 'chf', () => undefined)).toMatchObject({ reason: 'INVALID_CURRENCY' });
});

test('refuses to add an amount for which the table has no rate', () => {
  const fee = compiled('true', { fixed: { amount: '1.00', currency: 'CHF' } });
  expect(() => viewOf([fee], 'GB', 'web')).toThrow(/Rule "true" adds CHF: it has no rate in 2026-11-20/);
});

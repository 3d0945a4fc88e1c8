import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Decimal } from '../../libs/money/index.ts';
import { settlePart } from './ledger.ts';
import { exactTotal, quotePart, quoteTotal } from './quote.ts';
import { RateTable } from './rates.ts';
import type { Step } from './steps.ts';
import { minor, plan, planOf } from './test-data.ts';

const ROWS = [0, 1, 2];
const rule = { name: 'rule', effect: 'Rule' };
const percentage = (share: Decimal): Step => ({
  kind: 'percentage',
  share,
  floor: undefined,
  cap: undefined,
  rule,
  priority: 0,
});

test('quotes exactly what the ledger says, for any price, currencies, rates and rules', () => {
  fc.assert(
    fc.property(plan, fc.array(fc.tuple(minor, minor), { minLength: 1, maxLength: 20 }), (plan, prices) => {
      for (const [total, dueLater] of prices) {
        if (!Number.isSafeInteger(total + dueLater)) continue;
        for (const row of ROWS) {
          expect(quoteTotal(plan, total, dueLater, row)).toBe(exactTotal(plan, total, dueLater, row));
        }
        expect(quotePart(plan, total)).toBe(
          settlePart(total, plan.conversion, plan.fromDigits, plan.digits) ?? Number.NaN,
        );
      }
    }),
    { numRuns: 3_000 },
  );
});

test('quotes exactly what the ledger says on and beside every tie of a common markup', () => {
  const rates = new RateTable({ date: '2026-11-20', source: 'test', rates: new Map([['USD', new Decimal(125n, 2)]]) });
  for (const percent of ['2.5', '5', '50', '0.5', '33.333333', '-1']) {
    const share = Decimal.parse(percent)!.times(new Decimal(1n, 2));
    for (const [from, to] of [
      ['EUR', 'EUR'],
      ['EUR', 'USD'],
      ['USD', 'EUR'],
    ] as const) {
      const plan = planOf(rates, from, to, [percentage(share)]);
      for (let total = 0; total < 2_000; total++) {
        expect(quoteTotal(plan, total, 0, 1)).toBe(exactTotal(plan, total, 0, 1));
      }
    }
  }
});

test('rounds a tie up: at two dollars for a euro, 125 cents are 63 and one cent is one', () => {
  const rates = new RateTable({ date: '2026-11-20', source: 'test', rates: new Map([['USD', new Decimal(2n, 0)]]) });
  const plan = planOf(rates, 'USD', 'EUR', []);
  expect(quoteTotal(plan, 125, 0, 0)).toBe(63);
  expect(quoteTotal(plan, 127, 0, 0)).toBe(64);
  expect(quotePart(plan, 1)).toBe(1);
});

test('has no price where rules make it negative or too large', () => {
  const rates = new RateTable({ date: '2026-11-20', source: 'test', rates: new Map() });
  const off = planOf(rates, 'EUR', 'EUR', [{ kind: 'fixed', amount: Decimal.parse('-10')!, rule, priority: 0 }]);
  expect(quoteTotal(off, 1_000, 0, 0)).toBe(0);
  expect(quoteTotal(off, 999, 0, 0)).toBeNaN();
  const more = planOf(rates, 'EUR', 'EUR', [percentage(Decimal.parse('1')!)]);
  expect(quoteTotal(more, 2 ** 52 - 1, 0, 0)).toBe(2 ** 53 - 2);
  expect(quoteTotal(more, 2 ** 52, 0, 0)).toBeNaN();
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Decimal } from '../../libs/money/index.ts';
import { type Line, settle } from './ledger.ts';
import { exactTotal } from './quote.ts';
import { minor, plan } from './test-data.ts';

const ZERO = new Decimal(0n, 0);

test('its lines add up exactly to its running totals, and the last one is the price', () => {
  fc.assert(
    fc.property(plan, minor, minor, fc.nat({ max: 2 }), (plan, total, dueLater, row) => {
      fc.pre(Number.isSafeInteger(total + dueLater));
      const lines: Line[] = [];
      const price = exactTotal(plan, total, dueLater, row, (line) => lines.push(line));
      let sum = ZERO;
      let currency = plan.conversion.from;
      for (const line of lines) {
        if (line.kind === 'conversion') {
          sum = ZERO;
          currency = plan.conversion.to;
        }
        sum = sum.plus(line.amount);
        expect(line.currency).toBe(currency);
        expect(sum.compare(line.running)).toBe(0);
      }
      const shown = lines.at(-1)!.running;
      if (Number.isNaN(price)) expect(shown.isNegative() || shown.toMinor(plan.digits) === undefined).toBe(true);
      else expect(shown.toMinor(plan.digits)).toBe(price);
    }),
    { numRuns: 2_000 },
  );
});

test('its rounding line is at most half of a minor unit', () => {
  fc.assert(
    fc.property(plan, minor, (plan, total) => {
      const half = new Decimal(5n, plan.digits + 1);
      exactTotal(plan, total, 0, 1, (line) => {
        if (line.kind !== 'rounding') return;
        expect(line.amount.compare(half)).toBeLessThanOrEqual(0);
        expect(line.amount.compare(half.negate())).toBeGreaterThanOrEqual(0);
        expect(line.amount.isZero()).toBe(false);
      });
    }),
    { numRuns: 1_000 },
  );
});

test('takes its steps in the documented order', () => {
  const kinds: string[] = [];
  const rule = { name: 'rule', effect: 'Rule' };
  const price = settle(
    {
      total: Decimal.parse('100.00')!,
      dueLater: Decimal.parse('5.00')!,
      conversion: {
        from: 'EUR',
        to: 'USD',
        identity: false,
        source: 'test',
        version: 'test',
        inputs: new Map(),
        minorFactor: 1.1,
        description: 'EUR to USD at 1.1',
        convert: (amount) => amount.times(Decimal.parse('1.1')!),
      },
      digits: 2,
      steps: [
        { kind: 'percentage', share: Decimal.parse('0.025')!, floor: undefined, cap: undefined, rule, priority: 1 },
        { kind: 'fixed', amount: Decimal.parse('-0.001')!, rule, priority: 0 },
      ],
    },
    (line) => kinds.push(`${line.kind} ${line.amount.trim(0)} = ${line.running.trim(0)} ${line.currency}`),
  );
  expect(kinds).toEqual([
    'partner_total 100 = 100 EUR',
    'due_later 5 = 105 EUR',
    'conversion 115.5 = 115.5 USD',
    'percentage 2.8875 = 118.3875 USD',
    'fixed -0.001 = 118.3865 USD',
    'rounding 0.0035 = 118.39 USD',
  ]);
  expect(price.toString()).toBe('118.39');
});

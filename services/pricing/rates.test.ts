import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Decimal, minorDigits } from '../../libs/money/index.ts';
import { RateTable } from './rates.ts';
import { currency, minor, table } from './test-data.ts';

const rates = new RateTable({
  date: '2026-11-20',
  source: 'test',
  rates: new Map([
    ['USD', Decimal.parse('1.25')!],
    ['GBP', Decimal.parse('0.80')!],
    ['JPY', Decimal.parse('160')!],
  ]),
});
const convert = (amount: string, from: string, to: string): string | undefined =>
  rates.conversion(from, to)?.convert(Decimal.parse(amount)!).trim(2).toString();

test('converts over the euro, exactly where the quotient ends and to twelve digits where it does not', () => {
  expect(convert('100.00', 'EUR', 'USD')).toBe('125.00');
  expect(convert('100.00', 'USD', 'GBP')).toBe('64.00');
  expect(convert('1', 'JPY', 'USD')).toBe('0.0078125');
  expect(convert('10.01', 'GBP', 'GBP')).toBe('10.01');
  expect(convert('1', 'GBP', 'JPY')).toBe('200.00');
  const thirds = new RateTable({ date: '2026-11-20', source: 'test', rates: new Map([['USD', Decimal.parse('3')!]]) });
  expect(thirds.conversion('USD', 'EUR')?.convert(Decimal.parse('2')!).toString()).toBe('0.666666666667');
});

test('says which rates it used', () => {
  expect(rates.conversion('EUR', 'GBP')?.description).toBe('EUR to GBP at 0.80 (2026-11-20)');
  expect(rates.conversion('USD', 'JPY')?.description).toBe(
    'USD to JPY at 128 (USD 1.25, JPY 160 for EUR 1, 2026-11-20)',
  );
});

test('leads nowhere without a rate, but needs none from a currency to itself', () => {
  expect(rates.conversion('CHF', 'EUR')).toBeUndefined();
  expect(rates.conversion('EUR', 'CHF')).toBeUndefined();
  expect(rates.conversion('ABC', 'ABC')).toBeUndefined();
  expect(rates.conversion('CHF', 'CHF')?.identity).toBe(true);
});

test('has the same id for the same rates of the same day, whatever their order and zeros, and another otherwise', () => {
  const of = (date: string, ...pairs: [string, string][]): string =>
    new RateTable({ date, source: 'test', rates: new Map(pairs.map(([code, text]) => [code, Decimal.parse(text)!])) })
      .id;
  const id = of('2026-11-20', ['USD', '1.25'], ['GBP', '0.8']);
  expect(id).toMatch(/^2026-11-20:[0-9a-f]{16}$/);
  expect(of('2026-11-20', ['GBP', '0.80'], ['USD', '1.250'])).toBe(id);
  expect(of('2026-11-21', ['USD', '1.25'], ['GBP', '0.8'])).not.toBe(id);
  expect(of('2026-11-20', ['USD', '1.26'], ['GBP', '0.8'])).not.toBe(id);
});

test('comes back to the same minor unit when a converted amount is converted back', () => {
  fc.assert(
    fc.property(table, currency, currency, fc.integer({ min: 0, max: 100_000_000 }), (rates, from, to, amount) => {
      const digits = minorDigits(from)!;
      const there = rates.conversion(from, to)!.convert(Decimal.fromMinor(amount, digits));
      const back = rates.conversion(to, from)!.convert(there).round(digits, 'half_up').toMinor(digits)!;
      expect(Math.abs(back - amount)).toBeLessThanOrEqual(1);
    }),
    { numRuns: 2_000 },
  );
});

test('comes back within one minor unit of the coarser currency when the way there was rounded too', () => {
  fc.assert(
    fc.property(table, currency, currency, fc.integer({ min: 0, max: 100_000_000 }), (rates, from, to, amount) => {
      const fromDigits = minorDigits(from)!;
      const toDigits = minorDigits(to)!;
      const way = rates.conversion(from, to)!;
      const back = rates.conversion(to, from)!;
      const there = way.convert(Decimal.fromMinor(amount, fromDigits)).round(toDigits, 'half_up');
      const again = back.convert(there).round(fromDigits, 'half_up');
      const error = again.minus(Decimal.fromMinor(amount, fromDigits));
      const own = new Decimal(1n, fromDigits);
      const other = back.convert(new Decimal(1n, toDigits));
      const coarser = own.compare(other) >= 0 ? own : other;
      expect((error.isNegative() ? error.negate() : error).compare(coarser)).toBeLessThanOrEqual(0);
    }),
    { numRuns: 2_000 },
  );
});

test('has factors whose error the fast path allows for', () => {
  fc.assert(
    fc.property(table, currency, currency, minor, (rates, from, to, amount) => {
      const way = rates.conversion(from, to)!;
      const exact = way.convert(Decimal.fromMinor(amount, minorDigits(from)!));
      const digits = minorDigits(to)!;
      const fast = amount * way.minorFactor;
      const scaled = Number(exact.times(new Decimal(10n ** BigInt(digits), 0)).toString());
      expect(Math.abs(fast - scaled)).toBeLessThanOrEqual(fast * 12 * 2 ** -53 + 10 ** (digits - 12));
    }),
    { numRuns: 1_000 },
  );
});

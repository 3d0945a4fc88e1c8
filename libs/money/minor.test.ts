import { expect, test } from 'vitest';
import { formatMinor, moneyFromMinor } from './minor.ts';

test('prints exactly the minor digits of the currency', () => {
  expect(formatMinor(62700, 'GBP')).toBe('627.00');
  expect(formatMinor(5, 'GBP')).toBe('0.05');
  expect(formatMinor(-350, 'EUR')).toBe('-3.50');
  expect(formatMinor(-5, 'KWD')).toBe('-0.005');
  expect(formatMinor(863900, 'KRW')).toBe('863900');
  expect(formatMinor(0, 'JPY')).toBe('0');
  expect(formatMinor(Number.MAX_SAFE_INTEGER, 'USD')).toBe('90071992547409.91');
  expect(moneyFromMinor(62700, 'GBP')).toEqual({ currencyCode: 'GBP', amount: '627.00' });
});

test('prints no amount without a currency, and none that is no integer', () => {
  expect(() => formatMinor(1, 'gbp')).toThrow(/no ISO 4217 currency code/);
  expect(() => formatMinor(0.5, 'GBP')).toThrow(RangeError);
  expect(() => formatMinor(Number.NaN, 'GBP')).toThrow(RangeError);
  expect(() => formatMinor(2 ** 53, 'GBP')).toThrow(RangeError);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RejectionReason } from '../contracts/gen/entrepot/offer/v1/outcome.ts';
import { parseAmount } from './amount.ts';
import { currencyCodes, minorDigits } from './currency.ts';
import { Decimal } from './decimal.ts';
import { formatMinor } from './minor.ts';

const reasonOf = (text: unknown, currency: unknown = 'GBP'): RejectionReason | undefined => {
  const read = parseAmount(text, currency);
  return 'rejected' in read ? read.rejected : undefined;
};

test('reads amounts into the minor units of their currency', () => {
  expect(parseAmount('627.00', 'GBP')).toEqual({ minor: 62700, currency: 'GBP' });
  expect(parseAmount('627.5', 'GBP')).toEqual({ minor: 62750, currency: 'GBP' });
  expect(parseAmount('863900', 'KRW')).toEqual({ minor: 863900, currency: 'KRW' });
  expect(parseAmount('1.234', 'KWD')).toEqual({ minor: 1234, currency: 'KWD' });
  expect(parseAmount('0', 'EUR')).toEqual({ minor: 0, currency: 'EUR' });
  expect(parseAmount('007.10', 'EUR')).toEqual({ minor: 710, currency: 'EUR' });
  expect(parseAmount('-0.00', 'EUR')).toEqual({ minor: 0, currency: 'EUR' });
});

test('takes JSON numbers whose decimal form is certain, and no others', () => {
  expect(parseAmount(178.74, 'EUR')).toEqual({ minor: 17874, currency: 'EUR' });
  expect(parseAmount(0.1, 'EUR')).toEqual({ minor: 10, currency: 'EUR' });
  expect(parseAmount(863900, 'KRW')).toEqual({ minor: 863900, currency: 'KRW' });
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e21, 1e-7, 0.1 + 0.2]) {
    expect(reasonOf(value, 'EUR'), String(value)).toBe(RejectionReason.INVALID_AMOUNT);
  }
});

test('refuses a negative amount', () => {
  expect(reasonOf('-5.00')).toBe(RejectionReason.NEGATIVE_AMOUNT);
  expect(reasonOf(-0.01)).toBe(RejectionReason.NEGATIVE_AMOUNT);
});

test('refuses digits that the currency cannot have, but not zeros', () => {
  expect(reasonOf('1.005')).toBe(RejectionReason.INVALID_PRECISION);
  expect(reasonOf('863900.5', 'KRW')).toBe(RejectionReason.INVALID_PRECISION);
  expect(parseAmount('1.000', 'GBP')).toEqual({ minor: 100, currency: 'GBP' });
  expect(parseAmount('863900.00', 'KRW')).toEqual({ minor: 863900, currency: 'KRW' });
});

test('refuses what is missing, no number, or out of range', () => {
  const none = [
    undefined,
    null,
    '',
    '-',
    '.',
    '5.',
    '.5',
    'NaN',
    '1e3',
    '1,000.00',
    ' 5',
    '+5',
    '1.2.3',
    {},
    [],
    true,
    5n,
  ];
  for (const value of none) expect(reasonOf(value), String(value)).toBe(RejectionReason.INVALID_AMOUNT);
  expect(parseAmount('90071992547409.91', 'GBP')).toEqual({ minor: Number.MAX_SAFE_INTEGER, currency: 'GBP' });
  expect(reasonOf('90071992547409.92')).toBe(RejectionReason.INVALID_AMOUNT);
  expect(reasonOf('9'.repeat(1_000))).toBe(RejectionReason.INVALID_AMOUNT);
  expect(reasonOf('1.0x')).toBe(RejectionReason.INVALID_AMOUNT);
  expect(reasonOf('1.000x')).toBe(RejectionReason.INVALID_AMOUNT);
});

test('never assumes a currency', () => {
  for (const currency of [undefined, null, '', 'gbp', '£', 'XXX', 'ABC', 826, ['GBP']]) {
    expect(parseAmount('5.00', currency), String(currency)).toHaveProperty(
      'rejected',
      RejectionReason.INVALID_CURRENCY,
    );
  }
});

test('cuts hostile text in its example', () => {
  const read = parseAmount('x'.repeat(100_000), 'GBP');
  expect('rejected' in read && read.example.length).toBeLessThan(80);
});

test('reads back every amount that it prints, in every currency', () => {
  const currency = fc.constantFrom(...currencyCodes());
  fc.assert(
    fc.property(fc.maxSafeNat(), currency, (minor, code) => {
      expect(parseAmount(formatMinor(minor, code), code)).toEqual({ minor, currency: code });
    }),
    { numRuns: 1_000 },
  );
});

test('agrees with exact decimals on any plain text', () => {
  const text = fc
    .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 18n }), fc.option(fc.stringMatching(/^[0-9]{1,5}$/)))
    .map(([negative, whole, fraction]) => `${negative ? '-' : ''}${whole}${fraction === null ? '' : `.${fraction}`}`);
  fc.assert(
    fc.property(text, fc.constantFrom('JPY', 'GBP', 'KWD', 'CLF'), (amount, code) => {
      const exact = Decimal.parse(amount)?.toMinor(minorDigits(code)!);
      const read = parseAmount(amount, code);
      if (exact === undefined || exact < 0) expect(read).toHaveProperty('rejected');
      else expect(read).toEqual({ minor: Math.abs(exact), currency: code });
    }),
    { numRuns: 1_000 },
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMinor } from '../../../libs/money/index.ts';
import type { Expectation } from './case-file.ts';
import { moneyChanges, sumsOf } from './money-changes.ts';

const price = { total: '100.00', currency: 'EUR', tax: '9.00', dueLater: '4.00', basis: 'INCLUDED' };
const expectation = (own: object, other: object = {}): Expectation => ({
  outcome: 'OK',
  received: 1,
  kept: 1,
  rejections: {},
  offers: [{ id: 'o1', price: { ...price, ...own } }],
  ...other,
});

describe('what an update does to money', () => {
  it('is said in words, by offer, and how many times as much', () => {
    const before = expectation({});
    expect(moneyChanges(before, expectation({ dueLater: '12.00' }))).toEqual([
      'o1: due later 4.00 EUR → 12.00 EUR (3 times as much)',
    ]);
    expect(moneyChanges(before, expectation({ total: '101.00', tax: undefined }))).toEqual([
      'o1: total 100.00 EUR → 101.00 EUR',
      'o1: tax 9.00 EUR → none',
    ]);
    expect(moneyChanges(before, expectation({ currency: 'JPY', basis: 'EXCLUDED' }))).toEqual([
      'o1: currency EUR → JPY',
      'o1: tax basis INCLUDED → EXCLUDED',
    ]);
    expect(moneyChanges(before, before)).toEqual([]);
  });

  it('is said where a charge appears that was not there, and not where a case did not look', () => {
    const { dueLater: _, ...without } = price;
    const before = { offers: [{ id: 'o1', price: without }] };
    expect(moneyChanges(before, expectation({}))).toEqual(['o1: due later none → 4.00 EUR']);
    expect(moneyChanges({ offers: [{ id: 'o1', price: { total: '100.00' } }] }, expectation({}))).toEqual([]);
    expect(moneyChanges({}, expectation({}))).toEqual([]);
  });

  it('is said of offers beyond the listed ones, by their sums, and of a verification', () => {
    const sums = { EUR: { offers: 9, total: '900.00', dueLater: '36.00' } };
    const now = { EUR: { offers: 9, total: '900.00', dueLater: '108.00' } };
    const verify = { outcome: 'SAME', requests: [], price };
    expect(
      moneyChanges(
        { sums, verify },
        expectation({}, { sums: now, verify: { ...verify, price: { ...price, total: '110.00' } } }),
      ),
    ).toEqual([
      'all offers in EUR: due later 36.00 EUR → 108.00 EUR (3 times as much)',
      'verified: total 100.00 EUR → 110.00 EUR',
    ]);
  });
});

it('adds up exactly, in every number of digits, by currency', () => {
  const minor = fc.array(fc.integer({ min: 0, max: 2 ** 50 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(minor, fc.constantFrom('JPY', 'EUR', 'KWD'), (amounts, currency) => {
      const offers = amounts.map((amount) => ({
        price: { total: formatMinor(amount, currency), currency, basis: 'INCLUDED' },
      }));
      const total = amounts.reduce((sum, amount) => sum + BigInt(amount), 0n);
      expect(BigInt(sumsOf(offers)[currency]!.total.replace('.', ''))).toBe(total);
    }),
  );
});

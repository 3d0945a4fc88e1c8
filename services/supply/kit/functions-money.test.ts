import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileDynamic } from '../../../libs/expression/index.ts';
import { currencyCodes, minorDigits } from '../../../libs/money/currency.ts';
import { parseAmount } from '../../../libs/money/index.ts';
import { moneyFunctions } from './functions-money.ts';

const variables = new Map([
  ['a', 'dyn'],
  ['b', 'dyn'],
] as const);

function told(source: string, a?: unknown, b?: unknown): unknown {
  return compileDynamic(source, { variables, functions: moneyFunctions }).evaluate(a, b);
}

/** An integer of thousandths as decimal text. */
function decimal(thousandths: bigint): string {
  const sign = thousandths < 0n ? '-' : '';
  const digits = (thousandths < 0n ? -thousandths : thousandths).toString().padStart(4, '0');
  return `${sign}${digits.slice(0, -3)}.${digits.slice(-3)}`;
}

/** The integer of so many digits after the point that a text means; throws where it has more. */
function scaled(text: unknown, digits: number): bigint {
  const [whole = '', fraction = ''] = String(text).split('.');
  if (fraction.length > digits) throw new Error(`${text} has more than ${digits} digits`);
  return BigInt(whole + fraction.padEnd(digits, '0'));
}

const thousandths = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });

describe('amounts', () => {
  it('add up exactly, however many they are', () => {
    fc.assert(
      fc.property(fc.array(thousandths), (all) => {
        const sum = all.reduce((one, other) => one + other, 0n);
        expect(scaled(told('amount_sum(a)', all.map(decimal)), 3)).toBe(sum);
      }),
    );
  });

  it('times a number and percent of them are exact', () => {
    fc.assert(
      fc.property(thousandths, thousandths, (one, other) => {
        const [a, b] = [decimal(one), decimal(other)];
        expect(scaled(told('amount_times(a, b)', a, b), 6)).toBe(one * other);
        expect(scaled(told('amount_percent(a, b)', a, b), 8)).toBe(one * other);
      }),
    );
  });

  it('are rounded to the nearest, a half away from zero, to exactly so many digits', () => {
    fc.assert(
      fc.property(thousandths, fc.integer({ min: 0, max: 3 }), (one, digits) => {
        const text = String(told('amount_round(a, b)', decimal(one), digits));
        const step = 10n ** BigInt(3 - digits);
        const rest = one - scaled(text, digits) * step;
        const size = (rest < 0n ? -rest : rest) * 2n;
        expect(size <= step).toBe(true);
        // A tie lies nearer to zero than what it became.
        if (size === step) expect(rest < 0n).toBe(one > 0n);
        expect(text.split('.')[1]?.length ?? 0).toBe(digits);
      }),
    );
  });

  it('rounded to their currency are amounts that a price takes as they are', () => {
    const currency = fc.constantFrom(...currencyCodes());
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 12n }),
        currency,
        fc.integer({ min: 0, max: 60 }),
        (one, code, percent) => {
          const source = `amount_round(amount_percent(a, b), minor_digits("${code}"))`;
          const digits = minorDigits(code)!;
          const exact = one * BigInt(percent) * 10n ** BigInt(digits);
          const rounded = (exact * 2n + 100_000n) / 200_000n;
          expect(parseAmount(told(source, decimal(one), percent), code)).toEqual({
            minor: Number(rounded),
            currency: code,
          });
        },
      ),
    );
  });

  it('of JSON numbers are what was written, and noise of floats is none until it is made steady', () => {
    expect(told('amount_sum([a, b])', 0.1, '0.20')).toBe('0.3');
    expect(told('amount_sum([a, b])', 103.10000000000001, '1')).toBeUndefined();
    expect(told('amount_sum([steady(a), b])', 103.10000000000001, '1')).toBe('104.1');
    expect(told('steady(a)', 13.200000000000001)).toBe(13.2);
    expect(told('amount_times(a, -1)', '5.00')).toBe('-5');
    expect(told('amount_sum(a)', [])).toBe('0');
    expect(told('minor_digits("JPY")')).toBe(0);
  });

  it('that are none make the result absent, never a guess', () => {
    for (const odd of [
      undefined,
      null,
      '',
      ' 1',
      '1,000.00',
      '1e3',
      '+5',
      '.5',
      '5.',
      1e21,
      1e-7,
      Number.NaN,
      true,
      {},
      ['1'],
      '9'.repeat(65),
    ]) {
      expect(told('amount_sum([a, "1"])', odd), String(odd)).toBeUndefined();
      expect(told('amount_times(a, 2)', odd), String(odd)).toBeUndefined();
      expect(told('amount_times("2", a)', odd), String(odd)).toBeUndefined();
      expect(told('amount_percent(a, "2")', odd), String(odd)).toBeUndefined();
      expect(told('amount_round(a, 2)', odd), String(odd)).toBeUndefined();
    }
    expect(told('amount_times(a, b)', '9'.repeat(64), '9'.repeat(64))).toBeUndefined();
    for (const digits of [-1, 13, 1_000_000]) expect(told('amount_round(a, b)', '1', digits)).toBeUndefined();
    expect(told('minor_digits("XXX")')).toBeUndefined();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gtin14 } from './index.ts';

/** Digits with the right check digit behind them. */
function withCheckDigit(digits: string): string {
  let sum = 0;
  for (const [at, digit] of [...digits].reverse().entries()) sum += Number(digit) * (at % 2 === 0 ? 3 : 1);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

/** Digits of a prefix that GS1 gives out, without check digit. */
const body = fc
  .integer({ min: 300, max: 979 })
  .chain((prefix) => fc.stringMatching(/^\d{9}$/).map((item) => `${prefix}${item}`));

describe('a GTIN', () => {
  it.each([
    ['96385074', '00000096385074'],
    ['036000291452', '00036000291452'],
    ['4006381333931', '04006381333931'],
    ['978-0-306-40615-7', '09780306406157'],
    ['14006381333938', '14006381333938'],
    [' 4006381 333931 ', '04006381333931'],
  ])('%s is %s', (text, normal) => {
    expect(gtin14(text)).toBe(normal);
    expect(gtin14(normal)).toBe(normal);
  });

  it.each([
    ['nothing', ''],
    ['zeros', '0000000000000'],
    ['a wrong check digit', '4006381333930'],
    ['ten digits', '0306406152'],
    ['letters', '40063813E3931'],
    ['a number of a shop', withCheckDigit('200123456789')],
    ['a coupon', withCheckDigit('990123456789')],
    ['a short number of a shop', withCheckDigit('2012345')],
    ['a thing sold by measure', withCheckDigit('9400638133393')],
    ['digits of another script', '٤٠٠٦٣٨١٣٣٣٩٣١'],
  ])('is not made of %s', (_what, text) => {
    expect(gtin14(text)).toBeUndefined();
  });

  it('is told from one with a wrong digit, or two that changed places', () => {
    fc.assert(
      fc.property(body, fc.nat(12), fc.integer({ min: 1, max: 9 }), (digits, at, by) => {
        const good = withCheckDigit(digits);
        expect(gtin14(good)).toBe(`0${good}`);
        const wrong = `${good.slice(0, at)}${(Number(good[at]) + by) % 10}${good.slice(at + 1)}`;
        expect(gtin14(wrong)).toBeUndefined();
      }),
    );
  });
});

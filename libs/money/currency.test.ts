import { expect, test } from 'vitest';
import { currencyCodes, minorDigits } from './currency.ts';

test('knows currencies of no, two, three and four minor digits', () => {
  for (const code of ['JPY', 'KRW', 'ISK', 'CLP', 'VND', 'XOF']) expect(minorDigits(code), code).toBe(0);
  for (const code of ['EUR', 'GBP', 'USD', 'CHF', 'HUF', 'IDR', 'TWD']) expect(minorDigits(code), code).toBe(2);
  for (const code of ['BHD', 'KWD', 'OMR', 'TND', 'JOD']) expect(minorDigits(code), code).toBe(3);
  expect(minorDigits('CLF')).toBe(4);
});

test('knows the newest codes and those that were withdrawn lately', () => {
  for (const code of ['XCG', 'ZWG', 'SLE', 'VED', 'XAD', 'BGN', 'HRK', 'ANG']) expect(minorDigits(code), code).toBe(2);
});

test('knows no digits of what is no currency, or none that anybody pays in', () => {
  for (const code of ['', 'gbp', 'GB', 'GBPX', 'ABC', 'XAU', 'XXX', 'XTS', 'XDR', '__proto__', 'constructor']) {
    expect(minorDigits(code), code).toBeUndefined();
  }
});

test('lists every code once, each with 0 to 4 digits', () => {
  const codes = currencyCodes();
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.length).toBeGreaterThan(160);
  for (const code of codes) {
    expect(code).toMatch(/^[A-Z]{3}$/);
    expect([0, 2, 3, 4]).toContain(minorDigits(code));
  }
});

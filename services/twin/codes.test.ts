import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCodes } from './codes.ts';

describe('codes', () => {
  it('turn back into the numbers that they were made from', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(999_983, 99_999_989), fc.nat(99_999_988), (key, prime, any) => {
        const codes = createCodes(key, prime);
        const number = any % prime;
        const code = codes.codeOf(number);
        expect(code).toBeGreaterThanOrEqual(0);
        expect(code).toBeLessThan(prime);
        expect(codes.numberOf(code)).toBe(number);
      }),
    );
  });

  it('are none beyond the prime', () => {
    const codes = createCodes('a', 999_983);
    for (const code of [-1, 999_983, 1.5, Number.NaN]) expect(codes.numberOf(code)).toBeUndefined();
  });
});

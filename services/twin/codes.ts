import { drawsOf } from './random.ts';

/** A way of turning numbers into codes that say nothing about them, and back. */
export interface Codes {
  /** The code of a number from 0 to the prime less one: an integer in the same range. */
  codeOf(number: number): number;
  /** The number behind a code; undefined for what cannot be one. */
  numberOf(code: number): number | undefined;
}

/**
 * Codes below a prime: multiplying by anything modulo a prime mixes the numbers without collisions. Products stay exact in a
 * double for primes up to 10^8.
 */
export function createCodes(key: string, prime: number): Codes {
  const draws = drawsOf(`${key}|codes`);
  const factor = draws.integer(1000, Math.min(prime - 1, Math.floor(Number.MAX_SAFE_INTEGER / prime) - 1));
  const offset = draws.integer(0, prime - 1);
  const inverse = BigInt(power(factor, prime - 2, prime));
  return {
    codeOf: (number) => (number * factor + offset) % prime,
    numberOf(code) {
      if (!Number.isInteger(code) || code < 0 || code >= prime) return undefined;
      const shifted = (code - offset + prime) % prime;
      return Number((BigInt(shifted) * inverse) % BigInt(prime));
    },
  };
}

/** value ** exponent modulo the prime; the inverse of a value is its power prime - 2. */
function power(value: number, exponent: number, prime: number): number {
  const modulus = BigInt(prime);
  let result = 1n;
  let base = BigInt(value) % modulus;
  for (let left = BigInt(exponent); left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return Number(result);
}

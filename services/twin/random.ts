import { hash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A stream of draws that depends on nothing but what it was seeded with. */
export interface Draws {
  /** 0 ≤ x < 1. */
  fraction(): number;
  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number;
  /** One of the values. */
  pick<T>(values: readonly T[]): T;
  /** True with the probability given, 0 to 1. */
  chance(probability: number): boolean;
}

/**
 * A number from 0 (included) to 1 (excluded) for a text. The world is a function of its keys and keeps no state: the same
 * key gives the same number in every process, in any order of asking, which no sequential generator can promise.
 */
export function fractionOf(key: string): number {
  const digest = hash('sha1', key, 'buffer');
  return digest.readUIntBE(0, 6) / 0x1000000000000;
}

/** A 32-bit integer for a text. */
export function integerOf(key: string): number {
  return hash('sha1', key, 'buffer').readInt32BE(0);
}

/** Draws for a text: for where many numbers are needed for one key, at a fraction of the cost of hashing for each. */
export function drawsOf(key: string): Draws {
  const generator = xoroshiro128plus(integerOf(key));
  return {
    fraction: () => uniformFloat64(generator),
    integer: (low, high) => uniformInt(generator, low, high),
    pick: (values) => values[uniformInt(generator, 0, values.length - 1)]!,
    chance: (probability) => uniformFloat64(generator) < probability,
  };
}

/** The p-th fraction of a normal distribution around 0 with deviation 1, from two draws. */
export function normalOf(draws: Draws): number {
  return Math.sqrt(-2 * Math.log(1 - draws.fraction())) * Math.cos(2 * Math.PI * draws.fraction());
}

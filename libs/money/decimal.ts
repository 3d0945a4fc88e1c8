import { divideRounded, type RoundingMode } from './rounding.ts';

/** Longest text that is read as a number: far beyond any amount, short enough that hostile input costs nothing. */
const MAX_TEXT = 64;
/** Most digits after the point that an operation may be asked to produce. */
const MAX_SCALE = 1_000;
const PLAIN = /^(-?)(\d+)(?:\.(\d+))?$/;

const powers: bigint[] = [1n];

/** 10 to the power of `digits`. */
export function powerOfTen(digits: number): bigint {
  if (!Number.isInteger(digits) || digits < 0 || digits > MAX_SCALE) {
    throw new RangeError(`A number of decimal digits is an integer from 0 to ${MAX_SCALE}, not ${digits}.`);
  }
  for (let have = powers.length; have <= digits; have++) powers.push(powers[have - 1]! * 10n);
  return powers[digits]!;
}

/**
 * An exact decimal number: an integer and the number of its digits after the point. Immutable. It remembers trailing
 * zeros (`"627.00"` prints as `"627.00"`), which make no difference to {@link Decimal.compare}.
 */
export class Decimal {
  static readonly zero: Decimal = new Decimal(0n, 0);

  /** The number without its point: 62700n for `"627.00"`. */
  readonly unscaled: bigint;
  /** Digits after the point: 2 for `"627.00"`. */
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    powerOfTen(scale);
    this.unscaled = unscaled;
    this.scale = scale;
  }

  /**
   * Reads a plain decimal: digits, perhaps a leading minus, perhaps a point with digits on both sides. No exponent, no
   * grouping, no plus sign, no blanks; at most 64 characters.
   *
   * @returns `undefined` for any other text
   */
  static parse(text: string): Decimal | undefined {
    if (text.length > MAX_TEXT) return undefined;
    const match = PLAIN.exec(text);
    if (match === null) return undefined;
    const fraction = match[3] ?? '';
    const magnitude = BigInt(match[2]! + fraction);
    return new Decimal(match[1] === '-' ? -magnitude : magnitude, fraction.length);
  }

  /**
   * An amount of minor units as a decimal: (62700, 2) is 627.00.
   *
   * @throws RangeError when `minor` is no safe integer
   */
  static fromMinor(minor: number, digits: number): Decimal {
    if (!Number.isSafeInteger(minor)) throw new RangeError(`Minor units are a safe integer, not ${minor}.`);
    return new Decimal(BigInt(minor), digits);
  }

  plus(other: Decimal): Decimal {
    const scale = Math.max(this.scale, other.scale);
    return new Decimal(this.#at(scale) + other.#at(scale), scale);
  }

  minus(other: Decimal): Decimal {
    return this.plus(other.negate());
  }

  /** The exact product; its scale is the sum of both scales. */
  times(other: Decimal): Decimal {
    return new Decimal(this.unscaled * other.unscaled, this.scale + other.scale);
  }

  /**
   * The quotient, rounded to `digits` digits after the point.
   *
   * @throws RangeError when `other` is zero
   */
  dividedBy(other: Decimal, digits: number, mode: RoundingMode): Decimal {
    if (other.unscaled === 0n) throw new RangeError('Division by zero.');
    const numerator = this.unscaled * powerOfTen(other.scale + digits);
    const denominator = other.unscaled * powerOfTen(this.scale);
    const sign = denominator < 0n ? -1n : 1n;
    return new Decimal(divideRounded(sign * numerator, sign * denominator, mode), digits);
  }

  /** -1, 0 or 1 as this is less than, equal to or greater than `other`. */
  compare(other: Decimal): -1 | 0 | 1 {
    const scale = Math.max(this.scale, other.scale);
    const left = this.#at(scale);
    const right = other.#at(scale);
    return left < right ? -1 : left > right ? 1 : 0;
  }

  negate(): Decimal {
    return new Decimal(-this.unscaled, this.scale);
  }

  isZero(): boolean {
    return this.unscaled === 0n;
  }

  isNegative(): boolean {
    return this.unscaled < 0n;
  }

  /** The same number with exactly `digits` digits after the point, rounded where it had more. */
  round(digits: number, mode: RoundingMode): Decimal {
    if (digits >= this.scale) return new Decimal(this.#at(digits), digits);
    return new Decimal(divideRounded(this.unscaled, powerOfTen(this.scale - digits), mode), digits);
  }

  /** The same number without trailing zeros after the point, but with at least `digits` digits there. */
  trim(digits: number): Decimal {
    let { unscaled, scale } = this;
    while (scale > digits && unscaled % 10n === 0n) {
      unscaled /= 10n;
      scale -= 1;
    }
    return scale < digits ? this.round(digits, 'down') : new Decimal(unscaled, scale);
  }

  /**
   * This amount in minor units of a currency with `digits` digits.
   *
   * @returns `undefined` where that is no safe integer exactly: too many digits, or too large
   */
  toMinor(digits: number): number | undefined {
    const exact = this.trim(0);
    if (exact.scale > digits) return undefined;
    const minor = Number(exact.#at(digits));
    return Number.isSafeInteger(minor) ? minor : undefined;
  }

  /** Plain notation with every digit that it remembers: `"627.00"`, `"-3.5"`, `"863900"`. */
  toString(): string {
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString().padStart(this.scale + 1, '0');
    const point = digits.length - this.scale;
    const sign = this.unscaled < 0n ? '-' : '';
    return this.scale === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  }

  #at(scale: number): bigint {
    return scale === this.scale ? this.unscaled : this.unscaled * powerOfTen(scale - this.scale);
  }
}

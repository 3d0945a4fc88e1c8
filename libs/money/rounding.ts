/**
 * How a value between two steps is rounded:
 * - `half_even`: to the nearest step, a tie to the even one (no drift over many values);
 * - `half_up`: to the nearest step, a tie away from zero (what a receipt shows);
 * - `up`: away from zero;
 * - `down`: towards zero.
 */
export type RoundingMode = 'half_even' | 'half_up' | 'up' | 'down';

/**
 * The quotient of two integers, rounded to an integer. Exact: no floating point is involved.
 *
 * @param denominator greater than zero
 * @throws RangeError when it is not
 */
export function divideRounded(numerator: bigint, denominator: bigint, mode: RoundingMode): bigint {
  if (denominator <= 0n) throw new RangeError('The denominator of an exact division must be greater than zero.');
  const negative = numerator < 0n;
  const magnitude = negative ? -numerator : numerator;
  const quotient = magnitude / denominator;
  const rest = magnitude % denominator;
  const rounded = rest !== 0n && awayFromZero(quotient, 2n * rest, denominator, mode) ? quotient + 1n : quotient;
  return negative ? -rounded : rounded;
}

function awayFromZero(quotient: bigint, twiceRest: bigint, denominator: bigint, mode: RoundingMode): boolean {
  switch (mode) {
    case 'up':
      return true;
    case 'down':
      return false;
    case 'half_up':
      return twiceRest >= denominator;
    case 'half_even':
      return twiceRest > denominator || (twiceRest === denominator && quotient % 2n === 1n);
  }
}

import { Decimal } from '../../libs/money/index.ts';
import type { Step } from './steps.ts';

/**
 * What rules do to a price, in doubles, with a bound of the error; the same as steps.ts does exactly. A rounding whose side the
 * bound cannot decide is left to the exact ledger.
 *
 * The bound is a running forward error analysis. With u = 2^-53, an operation's result r is off by at most u·|r|, and the double
 * of a decimal by u, relative to itself. Every term below allows at least twice that, which also covers the roundings of the
 * bound's own arithmetic. Keeping a value within bounds adds no error beyond the larger of both.
 */

const U = 2 ** -53;

/** What a bound step is; numbers, because every row tells them apart. */
const KIND = { percentage: 0, boundedPercentage: 1, fixed: 2, limit: 3, round: 4 } as const;

/**
 * A step made ready to be applied in doubles; amounts in minor units of the shown currency, off by one unit in the last place. Small,
 * for of thousands a row touches a few that lie anywhere.
 */
export interface BoundStep {
  readonly priority: number;
  readonly kind: (typeof KIND)[keyof typeof KIND];
  /** A share, or a fixed amount; of a rounding its step, a whole number. */
  readonly amount: number;
  /** The least and the most that a percentage adds or takes, or that a limit multiplies the partner's total with; of a rounding where prices end. */
  readonly low: number;
  readonly high: number;
  readonly step: Step;
}

const ONE = new Decimal(1n, 0);

/** Makes a step ready. `digits` are the minor digits of the shown currency. */
export function boundStep(step: Step, digits: number): BoundStep {
  const minor = (amount: Decimal): number =>
    Number(new Decimal(amount.unscaled * 10n ** BigInt(digits), amount.scale).toString());
  const over = (share: Decimal): number => Number(share.plus(ONE).toString());
  const { POSITIVE_INFINITY: most, NEGATIVE_INFINITY: least } = Number;
  const { priority } = step;
  switch (step.kind) {
    case 'percentage': {
      const { floor, cap } = step;
      const kind = floor === undefined && cap === undefined ? KIND.percentage : KIND.boundedPercentage;
      const low = floor === undefined ? least : minor(floor);
      const high = cap === undefined ? most : minor(cap);
      return { priority, kind, amount: Number(step.share.toString()), low, high, step };
    }
    case 'fixed':
      return { priority, kind: KIND.fixed, amount: minor(step.amount), low: least, high: most, step };
    case 'limit': {
      const low = step.least === undefined ? least : over(step.least);
      const high = step.most === undefined ? most : over(step.most);
      return { priority, kind: KIND.limit, amount: 0, low, high, step };
    }
    case 'round':
      return { priority, kind: KIND.round, amount: minor(step.to), low: minor(step.ending), high: most, step };
  }
}

/** The last result's bound of its error, in minor units: NaN where the exact ledger must decide. One at a time, so that nothing is allocated. */
export const result: { error: number } = { error: 0 };

/**
 * The total after all steps, in the order of their priorities; its error bound is left in `result`.
 *
 * @param start the partner's total as converted, not negative, and `startError` the bound of its error
 */
export function applyBound(start: number, startError: number, steps: readonly BoundStep[]): number {
  let value = start;
  let error = startError;
  for (let i = 0; i < steps.length; ) {
    const { priority } = steps[i]!;
    const before = value;
    const beforeError = error;
    let least = Number.NEGATIVE_INFINITY;
    let most = Number.POSITIVE_INFINITY;
    let rounding: BoundStep | undefined;
    for (; i < steps.length; i++) {
      const step = steps[i]!;
      if (step.priority !== priority) break;
      switch (step.kind) {
        case KIND.percentage: {
          const amount = before * step.amount;
          value += amount;
          error += beforeError * Math.abs(step.amount) + Math.abs(amount) * (12 * U) + Math.abs(value) * (2 * U);
          break;
        }
        case KIND.boundedPercentage: {
          const amount = before * step.amount;
          const sign = step.amount < 0 ? -1 : 1;
          const size = Math.min(Math.max(sign * amount, step.low), step.high);
          value += sign * size;
          error +=
            beforeError * Math.abs(step.amount) +
            (Math.abs(amount) + Math.abs(size)) * (6 * U) +
            Math.abs(value) * (2 * U);
          break;
        }
        case KIND.fixed:
          value += step.amount;
          error += Math.abs(step.amount) * (4 * U) + Math.abs(value) * (2 * U);
          break;
        case KIND.limit:
          if (step.low > least) least = step.low;
          if (step.high < most) most = step.high;
          break;
        case KIND.round:
          rounding = step;
      }
    }
    if (most !== Number.POSITIVE_INFINITY) {
      const target = start * most;
      if (value > target) value = target;
      error = Math.max(error, startError * most + target * (4 * U));
    }
    if (least !== Number.NEGATIVE_INFINITY) {
      const target = start * least;
      if (value < target) value = target;
      error = Math.max(error, startError * least + target * (4 * U));
    }
    if (rounding !== undefined) {
      value = roundBound(value, error, rounding);
      error = Number.isNaN(value) ? Number.NaN : 0;
    }
  }
  result.error = error;
  return value;
}

/** Below it no quotient of two different whole numbers is rounded to a whole one. */
const EXACT_QUOTIENTS = 2 ** 50;

/** NaN where the side is in doubt. */
function roundBound(value: number, error: number, { amount: to, low: ending, step }: BoundStep): number {
  const distance = value - ending;
  if (!(value > error) && !(value === 0 && error === 0)) return Number.NaN;
  if (!(Math.abs(distance) < EXACT_QUOTIENTS)) return Number.NaN;
  const doubt = error === 0 && Number.isInteger(value) ? 0 : error + Math.abs(distance) * (4 * U);
  if (distance < -doubt) return ending;
  const steps = Math.floor(distance / to);
  // Exact for whole numbers; otherwise a quotient that was rounded to a whole one is in doubt.
  const rest = distance - steps * to;
  const mode = step.kind === 'round' ? step.mode : 'half_up';
  if (mode === 'half_up' || mode === 'half_even') {
    const over = rest - to / 2;
    if (Math.abs(over) > doubt) return ending + (over > 0 ? steps + 1 : steps) * to;
    if (doubt !== 0) return Number.NaN;
    const up = over > 0 || (over === 0 && (mode === 'half_up' || steps % 2 === 1));
    return ending + (up ? steps + 1 : steps) * to;
  }
  if (rest === 0 && doubt === 0) return value;
  if (rest > doubt && to - rest > doubt) return ending + (mode === 'up' ? steps + 1 : steps) * to;
  return Number.NaN;
}

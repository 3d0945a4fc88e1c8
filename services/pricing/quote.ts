import { Decimal } from '../../libs/money/index.ts';
import { applyBound, type BoundStep, result } from './bound-steps.ts';
import type { ledgerCharges } from './charges.ts';
import { type LedgerInput, type Line, settle, settlePart } from './ledger.ts';
import { CONVERTED_DIGITS, type Conversion } from './rates.ts';

/**
 * Quotes row by row, fast. A price is first computed in doubles together with a bound of its error (bound-steps.ts); where the
 * bound leaves no doubt to which minor unit the exact ledger would round, that is the quote. Where it does, the exact ledger
 * decides. The result is the ledger's in every case. A conversion factor is off by 4u, relative to itself.
 */

const U = 2 ** -53;

/** All that rows of one currency in one batch have in common. */
export interface Plan {
  readonly conversion: Conversion;
  /** Minor digits of the partner's currency and of the shown one. */
  readonly fromDigits: number;
  readonly digits: number;
  /** The steps that a row has, in the order of their priorities; good until the next row is asked for. */
  readonly stepsOf: (row: number) => readonly BoundStep[];
}

/** A row's price in minor units of the shown currency; NaN when the exact result is negative or out of range. */
export function quoteTotal(plan: Plan, total: number, dueLater: number, row: number): number {
  const { conversion } = plan;
  // Exact: the caller made sure that the sum is a safe integer.
  let value = total + dueLater;
  let error = 0;
  if (!conversion.identity) {
    value *= conversion.minorFactor;
    error = value * (10 * U) + cut(plan.digits);
  }
  const steps = plan.stepsOf(row);
  if (steps.length > 0) {
    value = applyBound(value, error, steps);
    error = result.error;
  }
  const floor = Math.floor(value);
  const above = value - floor;
  if (value >= 0 && value <= Number.MAX_SAFE_INTEGER && Math.abs(above - 0.5) > error) {
    // The sum also turns a negative zero into zero.
    return floor + (above > 0.5 ? 1 : 0);
  }
  return exactTotal(plan, total, dueLater, row);
}

/** A part of a price (due later, tax) in minor units of the shown currency; NaN when it is out of range. */
export function quotePart(plan: Plan, minor: number): number {
  const { conversion } = plan;
  if (conversion.identity || minor === 0) return minor;
  const value = minor * conversion.minorFactor;
  const error = value * (10 * U) + cut(plan.digits);
  const floor = Math.floor(value);
  const above = value - floor;
  if (value <= Number.MAX_SAFE_INTEGER && Math.abs(above - 0.5) > error) return above > 0.5 ? floor + 1 : floor;
  return settlePart(minor, conversion, plan.fromDigits, plan.digits) ?? Number.NaN;
}

/**
 * A row's price by the exact ledger, as {@link quoteTotal} gives it. Tells `line` of every step.
 *
 * @param charges those of the row; what is due later beside them then stands there, and `dueLater` is 0
 */
export function exactTotal(
  plan: Plan,
  total: number,
  dueLater: number,
  row: number,
  line?: (line: Line) => void,
  charges?: ReturnType<typeof ledgerCharges>,
): number {
  const input = ledgerInput(plan, total, dueLater, row);
  const price = settle(
    charges === undefined
      ? input
      : { ...input, dueLater: charges.rest, charges: charges.own, foreignCharges: charges.foreign },
    line,
  );
  return price.isNegative() ? Number.NaN : (price.toMinor(plan.digits) ?? Number.NaN);
}

function ledgerInput(plan: Plan, total: number, dueLater: number, row: number): LedgerInput {
  return {
    total: Decimal.fromMinor(total, plan.fromDigits),
    dueLater: Decimal.fromMinor(dueLater, plan.fromDigits),
    conversion: plan.conversion,
    digits: plan.digits,
    steps: plan.stepsOf(row).map(({ step }) => step),
  };
}

/** Twice what the ledger's cut of a converted amount can differ from the uncut one, in minor units; a spread adds at most half to that. */
function cut(digits: number): number {
  return CUTS[digits] ?? 10 ** (digits - CONVERTED_DIGITS);
}

const CUTS: readonly number[] = [0, 1, 2, 3, 4].map((digits) => 10 ** (digits - CONVERTED_DIGITS));

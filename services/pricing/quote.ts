import { Decimal } from '../../libs/money/index.ts';
import type { ledgerCharges } from './charges.ts';
import { type LedgerInput, type Line, type Step, settle, settlePart } from './ledger.ts';
import { CONVERTED_DIGITS, type Conversion } from './rates.ts';

/**
 * Quotes row by row, fast. A price is first computed in doubles together with a bound of its error; where the bound
 * leaves no doubt to which minor unit the exact ledger would round, that is the quote. Where it does, the exact ledger
 * decides. The result is the ledger's in every case.
 *
 * The bound is a running forward error analysis. With u = 2^-53, an operation's result r is off by at most u·|r|, a
 * conversion factor by 4u and the double of a decimal by u, each relative to itself. Every term below allows at least
 * twice that, which also covers the roundings of the bound's own arithmetic.
 */

const U = 2 ** -53;

/** A rule's effect with the condition under which a row has it. */
export interface BoundStep {
  readonly step: Step;
  /** Absent when every row has it. Anything but true, an error too, means no. */
  readonly applies?: (row: number) => unknown;
  /** Of a percentage: 1 + share, off by at most one unit in the last place. */
  readonly factor: number;
  /** Of a fixed amount: minor units of the shown currency, off by at most one unit in the last place; else 0. */
  readonly add: number;
}

/** All that rows of one currency in one batch have in common. */
export interface Plan {
  readonly conversion: Conversion;
  /** Minor digits of the partner's currency and of the shown one. */
  readonly fromDigits: number;
  readonly digits: number;
  /** In order. */
  readonly steps: readonly BoundStep[];
}

/** Makes a step ready to be applied in doubles. */
export function boundStep(step: Step, digits: number, applies?: (row: number) => unknown): BoundStep {
  if (step.kind === 'percentage') {
    const factor = Number(step.share.plus(new Decimal(1n, 0)).toString());
    return { step, applies, factor, add: 0 };
  }
  const minor = new Decimal(step.amount.unscaled * 10n ** BigInt(digits), step.amount.scale);
  return { step, applies, factor: 1, add: Number(minor.toString()) };
}

/** A row's price in minor units of the shown currency; NaN when the exact result is negative or out of range. */
export function quoteTotal(plan: Plan, total: number, dueLater: number, row: number): number {
  const { conversion, steps } = plan;
  // Exact: the caller made sure that the sum is a safe integer.
  let value = total + dueLater;
  let error = 0;
  if (!conversion.identity) {
    value *= conversion.minorFactor;
    error = value * (10 * U) + cut(plan.digits);
  }
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    if (step.applies !== undefined && step.applies(row) !== true) continue;
    if (step.factor !== 1) {
      value *= step.factor;
      error = error * step.factor + Math.abs(value) * (6 * U);
    } else if (step.add !== 0) {
      value += step.add;
      error += (Math.abs(value) + Math.abs(step.add)) * (4 * U);
    }
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
    steps: plan.steps.filter(({ applies }) => applies === undefined || applies(row) === true).map(({ step }) => step),
  };
}

/** Twice what the ledger's cut of a converted amount can differ from the uncut one, in minor units; a spread adds at most half to that. */
function cut(digits: number): number {
  return CUTS[digits] ?? 10 ** (digits - CONVERTED_DIGITS);
}

const CUTS: readonly number[] = [0, 1, 2, 3, 4].map((digits) => 10 ** (digits - CONVERTED_DIGITS));

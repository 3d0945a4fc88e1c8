import { Decimal } from '../../libs/money/index.ts';
import type { Conversion } from './rates.ts';
import { applySteps, type Step, type StepLine, type StepRule } from './steps.ts';

/**
 * The one definition of a price. In this order:
 *
 * 1. the partner's total, in the partner's currency;
 * 2. plus what is due later (mandatory charges that the partner leaves out of its total);
 * 3. converted to the shown currency, cut to CONVERTED_DIGITS digits, half up;
 * 4. every rule that applies, priority by priority, as steps.ts says, exactly; amounts in another currency are converted
 *    like the total;
 * 5. rounded to the minor unit of the shown currency, half up: a tie goes up, as Council Regulation (EC) 1103/97,
 *    article 5, has it for converted sums, and as every receipt shows it.
 *
 * Of a price that is a range, each bound is made like that. The parts of a price (due later, tax) are converted and rounded alike; rules do not change them.
 * Explain prints the steps taken here, and the fast path of quote.ts takes its doubtful rows to here.
 */

/** A line of the ledger; amounts in major units of `currency`. */
export type Line = { readonly currency: string; readonly amount: Decimal; readonly running: Decimal } & (
  | { readonly kind: 'partner_total' | 'due_later' | 'rounding' }
  | { readonly kind: 'conversion'; readonly conversion: Conversion }
  | { readonly kind: StepLine['kind']; readonly rule: StepRule; readonly bound: string }
);

/** What a price is made from. */
export interface LedgerInput {
  /** The partner's total and what is due later, in major units of `conversion.from`. */
  readonly total: Decimal;
  readonly dueLater: Decimal;
  readonly conversion: Conversion;
  /** Minor digits of `conversion.to`. */
  readonly digits: number;
  /** Those that apply, in order. */
  readonly steps: readonly Step[];
}

/** The price in major units, with exactly the minor digits of the shown currency. Tells `line` of every step, in order. */
export function settle(input: LedgerInput, line?: (line: Line) => void): Decimal {
  const { conversion, digits } = input;
  let currency = conversion.from;
  let running = input.total;
  line?.({ kind: 'partner_total', currency, amount: running, running });
  if (!input.dueLater.isZero()) {
    running = running.plus(input.dueLater);
    line?.({ kind: 'due_later', currency, amount: input.dueLater, running });
  }
  if (!conversion.identity) {
    currency = conversion.to;
    running = conversion.convert(running);
    line?.({ kind: 'conversion', currency, amount: running, running, conversion });
  }
  running = applySteps(running, input.steps, line && ((step) => line({ ...step, currency })));
  const price = running.round(digits, 'half_up');
  if (price.compare(running) !== 0) {
    line?.({ kind: 'rounding', currency, amount: price.minus(running), running: price });
  }
  return price;
}

/** A part of a price (due later, tax) in minor units of the shown currency; `undefined` when it is out of range. */
export function settlePart(
  minor: number,
  conversion: Conversion,
  fromDigits: number,
  digits: number,
): number | undefined {
  return conversion.convert(Decimal.fromMinor(minor, fromDigits)).round(digits, 'half_up').toMinor(digits);
}

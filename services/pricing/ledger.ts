import type { Charge } from '../../libs/columns/index.ts';
import { Decimal } from '../../libs/money/index.ts';
import type { AddedSpread, Conversion } from './rates.ts';
import { applySteps, type Step, type StepLine, type StepRule } from './steps.ts';

/**
 * The one definition of a price. In this order:
 *
 * 1. the partner's total, in the partner's currency;
 * 2. plus mandatory charges that the partner leaves out of its total, in its currency: one by one, then what it only says is due
 *    later; where the market has it so, what is due later stays out;
 * 3. converted to the shown currency, cut to CONVERTED_DIGITS digits, half up, and the spread added, exactly, where there is one;
 *    plus mandatory charges in other currencies than the price's, each converted so by itself;
 * 4. every rule that applies, priority by priority, as steps.ts says, exactly; amounts in another currency are converted
 *    like the total;
 * 5. rounded to the minor unit of the shown currency, half up: a tie goes up, as Council Regulation (EC) 1103/97,
 *    article 5, has it for converted sums, and as every receipt shows it.
 *
 * Of a price that is a range, each bound is made like that. The parts of a price (due later, tax) are converted and rounded alike, with the spread; rules do not change them.
 * Explain prints the steps taken here, and the fast path of quote.ts takes its doubtful rows to here.
 */

/** A line of the ledger; amounts in major units of `currency`. */
export type Line = { readonly currency: string; readonly amount: Decimal; readonly running: Decimal } & (
  | { readonly kind: 'partner_total' | 'due_later' | 'rounding' }
  | ({ readonly kind: 'charge' } & Pick<LedgerCharge, 'charge' | 'conversion'>)
  | { readonly kind: 'conversion'; readonly conversion: Conversion }
  | { readonly kind: 'spread'; readonly spread: AddedSpread; readonly version: string }
  | { readonly kind: StepLine['kind']; readonly rule: StepRule; readonly bound: string }
);

/** A charge's line. */
export interface LedgerCharge {
  readonly charge: Charge;
  /** Major units that it adds: 0 for what is inside the total already, or does not belong there. */
  readonly amount: Decimal;
  /** How it comes to the shown currency, where it is added there. */
  readonly conversion: Conversion | undefined;
}

/** What a price is made from. */
export interface LedgerInput {
  /** The partner's total and what is due later beside its charges, in major units of `conversion.from`. */
  readonly total: Decimal;
  readonly dueLater: Decimal;
  /** Charges that are told or added in the partner's currency; absent for none. */
  readonly charges?: readonly LedgerCharge[];
  /** Charges that are added in the shown currency; absent for none. */
  readonly foreignCharges?: readonly LedgerCharge[];
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
  const add = ({ charge, amount, conversion: way }: LedgerCharge): void => {
    running = running.plus(amount);
    line?.({ kind: 'charge', currency, amount, running, charge, conversion: way });
  };
  input.charges?.forEach(add);
  if (!input.dueLater.isZero()) {
    running = running.plus(input.dueLater);
    line?.({ kind: 'due_later', currency, amount: input.dueLater, running });
  }
  if (!conversion.identity) {
    currency = conversion.to;
    running = conversion.convert(running);
    line?.({ kind: 'conversion', currency, amount: running, running, conversion });
    const { spread, version } = conversion;
    if (spread !== undefined) {
      const amount = running.times(spread.share);
      running = running.plus(amount);
      line?.({ kind: 'spread', currency, amount, running, spread, version });
    }
  }
  input.foreignCharges?.forEach(add);
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
  return shownAmount(Decimal.fromMinor(minor, fromDigits), conversion).round(digits, 'half_up').toMinor(digits);
}

/** An amount in major units of the shown currency, with the spread. */
export function shownAmount(amount: Decimal, conversion: Conversion): Decimal {
  const converted = conversion.convert(amount);
  const share = conversion.spread?.share;
  return share === undefined ? converted : converted.plus(converted.times(share));
}

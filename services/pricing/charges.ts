import { type Charge, type ChargeView, chargeProblem, isAdded } from '../../libs/columns/index.ts';
import { ChargeKind, ChargeTerms } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { Decimal } from '../../libs/money/index.ts';
import type { Refusal } from './batch.ts';
import { type LedgerCharge, shownAmount } from './ledger.ts';
import type { Plan } from './quote.ts';
import type { Conversion } from './rates.ts';
import type { Unplannable } from './view.ts';

/**
 * The partner's side of a price beyond its total: taxes and fees one by one. What is mandatory and not in the total is added to
 * it: in the partner's currency before the conversion, in another currency converted by itself after it. What is inside the total,
 * or optional, is told and adds nothing.
 */

/** How amounts of a charge's currency are converted and rounded, by the same rates as prices of that currency. */
export type PlanOf = (currency: string) => Plan | Unplannable;

/** What a row's price is made of, before any conversion. */
export interface PartnerSide {
  /** Minor units of the price's currency: the total and what is due with it. */
  readonly now: number;
  /** The same, what is due later. */
  readonly later: number;
  /** The same, what of `now` is stated as tax; -1 where nothing is. */
  readonly tax: number;
  /** Mandatory charges in other currencies. */
  readonly foreign: readonly ForeignCharge[];
  /** Every charge, in the partner's order. */
  readonly charges: readonly Charge[];
}

/** A mandatory charge in another currency than the price. */
export interface ForeignCharge {
  readonly charge: Charge;
  readonly conversion: Conversion;
  /** Major units of its currency. */
  readonly amount: Decimal;
}

/** A price before its charges are looked at, in minor units of its currency. */
interface StatedPrice {
  readonly currency: string;
  readonly total: number;
  /** The upper bound; below 0 where there is none. */
  readonly totalMax: number;
  /** -1 where it is not split. */
  readonly tax: number;
  readonly dueLater: number;
}

/** Puts a row's charges to its price; or says why they make it no price. */
export function partnerSide(price: StatedPrice, charges: readonly Charge[], planOf: PlanOf): PartnerSide | Refusal {
  const foreign: ForeignCharge[] = [];
  let now = 0;
  let later = 0;
  let tax = price.tax;
  for (const charge of charges) {
    const problem = chargeProblem(charge);
    if (problem !== undefined) return invalid(problem);
    const { currency, terms, amountMinor, kind } = charge;
    if (!isAdded(terms)) continue;
    if (currency !== price.currency) {
      const plan = planOf(currency);
      if ('reason' in plan) return plan.reason === 'NO_RATE' ? plan : invalid(plan.detail);
      foreign.push({ charge, conversion: plan.conversion, amount: Decimal.fromMinor(amountMinor, plan.fromDigits) });
    } else if (terms === ChargeTerms.ADDED_LATER) later += amountMinor;
    else {
      now += amountMinor;
      if (kind === ChargeKind.TAX) tax = Math.max(tax, 0) + amountMinor;
    }
  }
  if (later > price.dueLater) {
    return invalid(
      `charges due later come to ${later} minor units, more than what is stated to be due (${price.dueLater})`,
    );
  }
  if (Math.max(price.total, price.totalMax) + now + price.dueLater > Number.MAX_SAFE_INTEGER) {
    return invalid('the total and its charges together are beyond 2^53 - 1');
  }
  return { now, later: price.dueLater, tax, foreign, charges };
}

/** The lines that a row's charges make in its ledger; `inTotal` says which the headline holds. */
export function ledgerCharges(
  { charges, foreign, later }: PartnerSide,
  { conversion, fromDigits }: Plan,
  laterOnTop: boolean,
): { readonly own: readonly LedgerCharge[]; readonly foreign: readonly LedgerCharge[]; readonly rest: Decimal } {
  const own: LedgerCharge[] = [];
  let rest = Decimal.fromMinor(laterOnTop ? 0 : later, fromDigits);
  for (const charge of charges) {
    const { currency, terms, amountMinor } = charge;
    if (isAdded(terms) && currency !== conversion.from) continue;
    const adds = isAdded(terms) && isInTotal(terms, laterOnTop);
    const amount = adds ? Decimal.fromMinor(amountMinor, fromDigits) : Decimal.zero;
    if (adds && terms === ChargeTerms.ADDED_LATER) rest = rest.minus(amount);
    own.push({ charge, amount, conversion: undefined });
  }
  return {
    own,
    rest,
    foreign: foreign.map(({ charge, conversion: way, amount }) => ({
      charge,
      amount: isInTotal(charge.terms, laterOnTop) ? shownAmount(amount, way) : Decimal.zero,
      conversion: way,
    })),
  };
}

/** Whether the headline price holds a charge. */
export function isInTotal(terms: ChargeTerms, laterOnTop: boolean): boolean {
  if (terms === ChargeTerms.ADDED_LATER) return !laterOnTop;
  return terms === ChargeTerms.INCLUDED || terms === ChargeTerms.ADDED_NOW;
}

/**
 * A part of a price in minor units of the shown currency: what is stated in the price's currency and in others, converted and
 * rounded once. NaN when it is out of range.
 */
export function exactPart(plan: Plan, minor: number, foreign: readonly ForeignCharge[]): number {
  let sum = shownAmount(Decimal.fromMinor(minor, plan.fromDigits), plan.conversion);
  for (const { conversion, amount } of foreign) sum = sum.plus(shownAmount(amount, conversion));
  return sum.round(plan.digits, 'half_up').toMinor(plan.digits) ?? Number.NaN;
}

/** Foreign charges that are due later, or that are taxes due now. */
export function foreignParts(foreign: readonly ForeignCharge[]): {
  readonly later: readonly ForeignCharge[];
  readonly tax: readonly ForeignCharge[];
} {
  return {
    later: foreign.filter(({ charge }) => charge.terms === ChargeTerms.ADDED_LATER),
    tax: foreign.filter(({ charge }) => charge.terms === ChargeTerms.ADDED_NOW && charge.kind === ChargeKind.TAX),
  };
}

/** The charges of a row; none where the batch has none. */
export function chargesOf(view: ChargeView | undefined, row: number): readonly Charge[] {
  return view === undefined || view.start(row) === view.end(row) ? NO_CHARGES : view.of(row);
}

const NO_CHARGES: readonly Charge[] = [];

function invalid(detail: string): Refusal {
  return { reason: 'INVALID_CHARGE', detail };
}

import { bitSet, type ChargeView, chargeProblem, makeBitmap, WritableInt64s } from '../../libs/columns/index.ts';
import type { QuoteBatch } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { exactPart, foreignParts, isInTotal, ledgerCharges, type PartnerSide, type PlanOf } from './charges.ts';
import { exactTotal, type Plan, quotePart, quoteTotal } from './quote.ts';

/** Quotes of rows that have charges: fast where all of them are in the currency of the price, else by the exact ledger. */

/** A charge that cannot be converted, in the contract's columns; the tax of a row whose partner does not split it. */
const NONE = -1;
const NO_BYTES = Buffer.alloc(0);

/** The headline, from the partner's total or upper bound, in minor units of the shown currency; NaN out of range. */
export function chargedTotal(
  plan: Plan,
  side: PartnerSide,
  partnerTotal: number,
  row: number,
  laterOnTop: boolean,
): number {
  if (side.foreign.length === 0) return quoteTotal(plan, partnerTotal + side.now, laterOnTop ? 0 : side.later, row);
  return exactTotal(plan, partnerTotal, 0, row, undefined, ledgerCharges(side, plan, laterOnTop));
}

/** What is due later; NaN out of range. */
export function chargedDueLater(plan: Plan, { later, foreign }: PartnerSide): number {
  const more = foreignParts(foreign).later;
  return more.length === 0 ? quotePart(plan, later) : exactPart(plan, later, more);
}

/** What of the headline is stated as tax; -1 where nothing is, NaN out of range. */
export function chargedTax(plan: Plan, { tax, foreign }: PartnerSide): number {
  const more = foreignParts(foreign).tax;
  if (more.length > 0) return exactPart(plan, Math.max(tax, 0), more);
  return tax === NONE ? NONE : quotePart(plan, tax);
}

/** Each charge of a batch by itself: what it is in the shown currency, and whether the headline holds it. */
export function quoteCharges(
  charges: ChargeView | undefined,
  planOf: PlanOf,
  laterOnTop: boolean,
): Pick<QuoteBatch, 'chargesMinor' | 'chargesInTotal'> {
  if (charges === undefined) return { chargesMinor: NO_BYTES, chargesInTotal: NO_BYTES };
  const [amounts] = WritableInt64s.make(1, charges.length) as [WritableInt64s];
  const inTotal = makeBitmap(charges.length);
  for (let at = 0; at < charges.length; at++) {
    const charge = charges.at(at);
    const plan = chargeProblem(charge) === undefined ? planOf(charge.currency) : undefined;
    const minor = plan === undefined || 'reason' in plan ? NONE : quotePart(plan, charge.amountMinor);
    amounts.set(at, Number.isNaN(minor) ? NONE : minor);
    if (isInTotal(charge.terms, laterOnTop)) bitSet(inTotal, at);
  }
  return { chargesMinor: amounts.bytes, chargesInTotal: Buffer.from(inTotal.buffer, 0, inTotal.byteLength) };
}

import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { parseAmount } from '../../../libs/money/index.ts';
import { type AnswerContext, Rejection } from '../adapter.ts';

/**
 * Minor units of an amount that a partner stated.
 *
 * @param what names the amount in the rejection's example, `of` the row: "total", "off_1"; two, so that no text is made where
 *   nothing is wrong
 * @throws Rejection with the reason that money gives
 */
export function minorUnits(text: unknown, currency: unknown, what: string, of: unknown): number {
  const amount = parseAmount(text, currency);
  if ('rejected' in amount) throw new Rejection(amount.rejected, `${what} of ${of}: ${amount.example}`);
  return amount.minor;
}

/**
 * What the manifest says, with its citation, about the taxes in this partner's totals in the market asked for.
 *
 * @throws Rejection UNKNOWN_TAX_BASIS where it says nothing
 */
export function statedTaxBasis(context: AnswerContext): TaxBasis {
  const stated = context.manifest.taxBasis?.[context.market] ?? context.manifest.taxBasis?.['*'];
  if (stated !== undefined) return stated.basis;
  throw new Rejection(
    RejectionReason.UNKNOWN_TAX_BASIS,
    `neither the row nor the manifest says what totals include in market ${context.market}`,
  );
}

/** What a row turned into: the value, or why it cannot become an offer. */
export type Derived<T> = T | Rejection;

/**
 * Derives a row's values once. A row that is not of the documented shape is rejected alone: it never takes its answer
 * with it. `what` and `of` name it: "offer", "off_1".
 */
export function derive<T>(what: string, of: unknown, make: () => T): Derived<T> {
  try {
    return make();
  } catch (error) {
    if (error instanceof Rejection) return error;
    return new Rejection(RejectionReason.MISSING_FIELD, `${what} ${of ?? ''} is not of the documented shape`);
  }
}

/** The derived value, or the rejection thrown. */
export function orReject<T>(derived: Derived<T>): T {
  if (derived instanceof Rejection) throw derived;
  return derived;
}

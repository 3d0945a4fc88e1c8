import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { type AnswerContext, type PartnerPrice, Rejection } from '../../../../services/supply/adapter.ts';
import { minorUnits, orReject, statedTaxBasis } from '../../../../services/supply/mapping/reject.ts';
import { instantOf } from '../../../../services/supply/mapping/time.ts';
import type { DuffelRow } from './rows.ts';

/** total_amount in total_currency, for all passengers. The tax part counts where it is in the same currency. */
export function price(row: DuffelRow, context: AnswerContext): PartnerPrice {
  orReject(row.itinerary);
  const { offer } = row;
  const totalMinor = minorUnits(offer.total_amount, offer.total_currency, 'total', offer.id);
  const taxStated = offer.tax_amount !== null && offer.tax_amount !== undefined;
  const taxMinor =
    taxStated && offer.tax_currency === offer.total_currency
      ? minorUnits(offer.tax_amount, offer.tax_currency, 'tax', offer.id)
      : -1;
  return {
    currency: offer.total_currency as string,
    totalMinor,
    taxMinor,
    dueLaterMinor: 0,
    basis: statedTaxBasis(context),
  };
}

/** expires_at; where an offer has none, the manifest's lifetime. */
export function expiresAt(row: DuffelRow, context: AnswerContext): number {
  const { expires_at: stated, id } = row.offer;
  if (stated === undefined || stated === null) {
    return context.fetchedAt + context.manifest.defaults.lifetimeSeconds * 1000;
  }
  const instant = instantOf(stated);
  if (instant === undefined) throw new Rejection(RejectionReason.INVALID_TIME, `expires_at of ${id}: "${stated}"`);
  return instant;
}

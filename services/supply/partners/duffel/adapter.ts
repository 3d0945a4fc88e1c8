import { FailureKind } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Adapter } from '../../adapter.ts';
import { CABIN_NAMES } from '../../mapping/flight-item.ts';
import { itineraryColumns } from '../../mapping/itinerary.ts';
import { orReject } from '../../mapping/reject.ts';
import { goneReason, httpFailure, statedFailure } from './errors.ts';
import { allowed, checkedBags, emissionsKg, fareBrand, offerCabin } from './fare.ts';
import type { DuffelBody, DuffelOffer, DuffelOfferRequest } from './format.ts';
import { handoff } from './handoff.ts';
import { item } from './item.ts';
import { expiresAt, price } from './price.ts';
import { nextPage, offerById, offerRequest } from './request.ts';
import { type DuffelRow, rowOf, rowsOf } from './rows.ts';

/** Duffel's flights API, version v2. */
export const adapter: Adapter<DuffelRow, DuffelBody> = {
  vertical: 'flight',

  ask: offerRequest,

  readError: (status, body) => httpFailure(status, body),

  read(body, context) {
    const failure = statedFailure(body);
    if (failure !== undefined) return failure;
    const data = body?.data;
    const request = Array.isArray(data) ? undefined : (data as DuffelOfferRequest | null | undefined);
    const offers = Array.isArray(data) ? (data as readonly DuffelOffer[]) : request?.offers;
    if (!Array.isArray(offers)) {
      return {
        failure: FailureKind.MALFORMED,
        detail: 'neither a list of offers nor an offer request with its offers',
      };
    }
    const after = body.meta?.after;
    const next = typeof after === 'string' && after !== '' ? nextPage(context.account, request?.id, after) : undefined;
    const warning = body.warnings?.[0]?.message;
    return { rows: rowsOf(offers), next, warning };
  },

  columns: {
    ...itineraryColumns((row: DuffelRow) => orReject(row.itinerary)),
    cabin: (row) => CABIN_NAMES[offerCabin(row.offer)],
    fare_brand: (row) => fareBrand(row.offer),
    checked_bags: (row) => checkedBags(row.offer),
    refundable: (row) => allowed(row.offer.conditions?.refund_before_departure),
    changeable: (row) => allowed(row.offer.conditions?.change_before_departure),
    emissions_kg: (row) => emissionsKg(row.offer),
  },

  price,
  expiresAt,
  item,

  verify: (row, context) => offerById(context.account, row.offer.id as string),

  readVerified(body) {
    const gone = goneReason(body);
    if (gone !== undefined) return { gone };
    const failure = statedFailure(body);
    if (failure !== undefined) return failure;
    return { row: verifiedRow(body) };
  },

  rowOfVerified: (body) => verifiedRow(body),

  handoff,
};

function verifiedRow(body: DuffelBody): DuffelRow {
  return rowOf((body.data ?? undefined) as DuffelOffer | undefined, 0);
}

// Duffel's mapping written by hand, as it was before the kit: what the compiled manifest is held against.
import { CABIN_NAMES } from '../../../services/supply/mapping/flight-item.ts';
import { itineraryColumns } from '../../../services/supply/mapping/itinerary.ts';
import { orReject } from '../../../services/supply/mapping/reject.ts';
import { allowed, checkedBags, emissionsKg, fareBrand, offerCabin } from './duffel/fare.ts';
import type { DuffelBody, DuffelOffer, DuffelOfferRequest } from './duffel/format.ts';
import { item } from './duffel/item.ts';
import { expiresAt, price } from './duffel/price.ts';
import { type DuffelRow, rowsOf } from './duffel/rows.ts';
import type { WholeByHand } from './shared.ts';

export const duffel: WholeByHand<DuffelRow, DuffelBody> = {
  read(body) {
    const data = body?.data;
    const request = Array.isArray(data) ? undefined : (data as DuffelOfferRequest | null | undefined);
    return { rows: rowsOf(request?.offers ?? (data as readonly DuffelOffer[])) };
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
};

import type { Adapter } from '../../adapter.ts';
import { CABIN_NAMES } from '../../mapping/flight-item.ts';
import { itineraryColumns } from '../../mapping/itinerary.ts';
import { orReject } from '../../mapping/reject.ts';
import { readPriced, verifiedRow } from './air-price.ts';
import { httpFailure } from './errors.ts';
import { changeable, checkedBags, fareBrand, refundable, rowCabin } from './fare.ts';
import type { UapiBody } from './format.ts';
import { handoff, verify } from './handoff.ts';
import { item } from './item.ts';
import { readSearch } from './low-fare-search.ts';
import { expiresAt, price } from './price.ts';
import { lowFareSearch } from './request.ts';
import type { TravelportRow } from './rows.ts';

/** Travelport Universal API, air. */
export const adapter: Adapter<TravelportRow, UapiBody> = {
  vertical: 'flight',
  ask: (context) => lowFareSearch(context),
  readError: (status, body) => httpFailure(status, body),
  read: readSearch,

  columns: {
    ...itineraryColumns((row: TravelportRow) => orReject(row.itinerary)),
    cabin: (row) => CABIN_NAMES[rowCabin(row)],
    fare_brand: fareBrand,
    checked_bags: checkedBags,
    refundable,
    changeable,
  },

  price,
  expiresAt,
  item,
  verify,
  readVerified: readPriced,
  rowOfVerified: verifiedRow,
  handoff,
};

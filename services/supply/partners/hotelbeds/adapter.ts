import { FailureKind } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Adapter, AnswerContext } from '../../adapter.ts';
import { orReject } from '../../mapping/reject.ts';
import { goneReason, httpFailure, statedFailure } from './errors.ts';
import type { HotelbedsBody, HotelNode, HotelsNode } from './format.ts';
import { freeUntil, isFree, item, roomName } from './item.ts';
import { occupanciesOf } from './occupancy.ts';
import { searchCircle } from './place.ts';
import { boardName, paymentName } from './rate.ts';
import { availability, checkRates } from './request.ts';
import { type HotelbedsRow, type RowScope, rowOfChecked, rowsOfHotel } from './rows.ts';

/** Hotelbeds Booking API, availability. */
export const adapter: Adapter<HotelbedsRow, HotelbedsBody> = {
  vertical: 'stay',

  ask: availability,

  readError: httpFailure,

  read(body, context) {
    const failure = statedFailure(body);
    if (failure !== undefined) return failure;
    const node = body?.hotels;
    const wrapper = Array.isArray(node) ? undefined : (node as HotelsNode | undefined);
    const hotels = Array.isArray(node) ? (node as readonly HotelNode[]) : wrapper?.hotels;
    if (!Array.isArray(hotels)) {
      // Nothing available is a wrapper that counts 0 and has no list.
      if (wrapper?.total === 0) return { rows: [] };
      return { failure: FailureKind.MALFORMED, detail: 'no list of hotels' };
    }
    const scope = scopeOf(context, wrapper?.currency);
    return { rows: hotels.flatMap((hotel) => rowsOfHotel(hotel, scope)) };
  },

  columns: {
    property_code: (row) => orReject(row.property).code,
    property_name: (row) => orReject(row.property).name,
    latitude: (row) => orReject(row.property).latitude,
    longitude: (row) => orReject(row.property).longitude,
    star_rating: (row) => orReject(row.property).stars,
    distance_km: (row) => orReject(row.property).distanceKm,
    board: (row) => boardName(row.parts[0]?.rate),
    room_name: roomName,
    free_cancellation: isFree,
    free_cancellation_until: freeUntil,
    payment_timing: (row) => paymentName(row.parts[0]?.rate),
    zone: (row) => orReject(row.property).zone,
  },

  price: (row) => orReject(row.price),

  expiresAt: (_row, context) => context.fetchedAt + context.manifest.defaults.lifetimeSeconds * 1000,

  item,

  verify: (row, context) => checkRates(context, rateKeys(row)),

  readVerified(body, context) {
    const gone = goneReason(body);
    if (gone !== undefined) return { gone };
    const failure = statedFailure(body);
    if (failure !== undefined) return failure;
    if (typeof body.hotel !== 'object')
      return { failure: FailureKind.MALFORMED, detail: 'no hotel in a CheckRate answer' };
    const row = rowOfChecked(body.hotel, scopeOf(context, undefined));
    return row === undefined ? { gone: 'The rate is no longer available.' } : { row };
  },

  rowOfVerified(body, context) {
    const row = body.hotel && rowOfChecked(body.hotel, scopeOf(context, undefined));
    if (row === undefined) throw new TypeError('no rates in the answer');
    return row;
  },

  /** Booking takes rate keys: the token is the key, or a JSON list of the keys where several are booked together. */
  handoff(row) {
    const keys = rateKeys(row);
    return { token: keys.length === 1 ? keys[0]! : JSON.stringify(keys) };
  },
};

function rateKeys(row: HotelbedsRow): string[] {
  orReject(row.price);
  return row.parts.map(({ rate }) => rate.rateKey as string);
}

function scopeOf(context: AnswerContext, wrapperCurrency: unknown): RowScope {
  const vertical = context.criteria.vertical;
  if (vertical?.$case !== 'stay') throw new TypeError('criteria of stays expected');
  return {
    context,
    center: searchCircle(vertical.value)?.center,
    occupancies: occupanciesOf(vertical.value.rooms),
    wrapperCurrency,
  };
}

import { FailureKind, RejectionReason } from '../../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Board, PaymentTiming } from '../../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { TaxBasis } from '../../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { parseAmount } from '../../../../../libs/money/index.ts';
import { type Adapter, Rejection } from '../../../adapter.ts';

/** One row of the made-up format. */
export interface PlainRow {
  readonly id: string;
  readonly hotel: string;
  readonly name: string;
  readonly latitude?: number;
  readonly stars?: number;
  readonly board?: string;
  readonly amount: unknown;
  readonly currency: unknown;
  readonly expires?: number;
  readonly note?: string;
}

/** One answer of the made-up format. */
export interface PlainBody {
  readonly rows?: readonly PlainRow[];
  readonly next?: string;
  readonly warning?: string;
  readonly error?: string;
  readonly gone?: boolean;
}

/** The made-up format: GET /search, GET /row?id=…, rows with string amounts, `next` for the next page. */
export const adapter: Adapter<PlainRow, PlainBody> = {
  vertical: 'stay',
  ask({ account, criteria, currency }) {
    if (criteria.vertical?.$case !== 'stay') throw new TypeError('no stay');
    const { checkIn, where, rooms } = criteria.vertical.value;
    if (rooms.length > 3) return { unsupported: 'it takes at most 3 rooms' };
    const date = Temporal.PlainDate.from(checkIn);
    const headers: Record<string, string> =
      account.options.signed === true ? { authorization: account.credential('key') } : {};
    const place = where?.$case === 'place' ? where.value : '';
    return { method: 'GET', path: `/search?from=${date}&place=${place}&currency=${currency}`, headers };
  },
  readError: (status, body) => ({
    failure:
      status >= 500
        ? FailureKind.SERVER_ERROR
        : status === 401
          ? FailureKind.AUTHENTICATION
          : FailureKind.REQUEST_REFUSED,
    detail: body?.error ?? 'no reason given',
  }),
  read(body) {
    if (body.error !== undefined) return { failure: FailureKind.SERVER_ERROR, detail: body.error };
    if (!Array.isArray(body.rows)) throw new TypeError('rows is no list');
    const next = body.next === undefined ? undefined : { method: 'GET' as const, path: body.next, headers: {} };
    return { rows: [...body.rows], next, warning: body.warning };
  },
  columns: {
    property_code: (row) => row.hotel,
    property_name: (row) => row.name,
    latitude: (row) => row.latitude,
    longitude: (row) => (row.latitude === undefined ? undefined : 2.35),
    star_rating: (row) => row.stars,
    board: (row) => row.board,
    room_name: (row) => row.note,
  },
  price(row, { market, manifest }) {
    const amount = parseAmount(row.amount, row.currency);
    if ('rejected' in amount) throw new Rejection(amount.rejected, amount.example);
    const basis = (manifest.taxBasis?.[market] ?? manifest.taxBasis?.['*'])?.basis ?? TaxBasis.UNSPECIFIED;
    return { currency: amount.currency, totalMinor: amount.minor, taxMinor: -1, dueLaterMinor: 0, basis };
  },
  expiresAt: (row, { fetchedAt, manifest }) => row.expires ?? fetchedAt + manifest.defaults.lifetimeSeconds * 1_000,
  item: (row, _, wanted) => ({
    $case: 'stay',
    value: {
      propertyCode: row.hotel,
      propertyName: row.name,
      latitude: row.latitude,
      longitude: undefined,
      starRating: row.stars,
      distanceKm: undefined,
      board: Board.UNSPECIFIED,
      roomName: row.note ?? '',
      freeCancellation: undefined,
      freeCancellationUntil: undefined,
      paymentTiming: PaymentTiming.UNSPECIFIED,
      zone: '',
      nights: 1,
      rooms: wanted('rooms') ? [{ code: row.id, name: row.note ?? '', count: 1, adults: 1, children: 0 }] : [],
      cancellationSteps: [],
      ratePlan: '',
      recheckRequired: false,
      address: '',
      phone: '',
      chain: '',
      imageUrls: [],
      amenities: [],
      propertyDescription: '',
      roomClass: 0,
      beds: [],
      roomKey: '',
    },
  }),
  verify: (row) => ({ method: 'GET', path: `/row?id=${row.id}`, headers: {} }),
  readVerified(body) {
    if (body.gone) return { gone: 'sold' };
    if (body.error !== undefined) return { failure: FailureKind.SERVER_ERROR, detail: body.error };
    return { row: onlyRow(body) };
  },
  rowOfVerified: onlyRow,
  handoff: (row, _, clickId) => ({ url: `https://plain.example/book/${row.id}?click=${clickId}` }),
};

function onlyRow(body: PlainBody): PlainRow {
  const row = body.rows?.[0];
  if (row === undefined) throw new Rejection(RejectionReason.MISSING_FIELD, 'no row');
  return row;
}

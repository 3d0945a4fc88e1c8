// A cab company of the end-to-end tests.
import { FailureKind, RejectionReason } from '../../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { PriceKind, Propulsion, Ride, RideClass } from '../../../../../libs/contracts/gen/entrepot/offer/v1/ride.ts';
import { type Adapter, Rejection } from '../../../../../services/supply/adapter.ts';
import { minorUnits, statedTaxBasis } from '../../../../../services/supply/mapping/reject.ts';

/** One quote as the company writes it: a price, a range, or a tariff. */
export interface CabQuote {
  readonly id: string;
  readonly name: string;
  readonly kind: keyof typeof RideClass;
  readonly seats?: number;
  readonly fuel?: keyof typeof Propulsion;
  readonly eta: number;
  readonly currency: string;
  readonly low?: string;
  readonly high?: string;
  readonly perKm?: string;
}

/** Reads the company's answers. */
export const adapter: Adapter<CabQuote, { quotes: CabQuote[] }> = {
  vertical: 'ride',
  ask: ({ criteria }) => {
    if (criteria.vertical?.$case !== 'ride') return { unsupported: 'It sells rides.' };
    const { pickup, dropoff, pickupAt, passengers } = criteria.vertical.value;
    const asked = new URLSearchParams({
      from: `${pickup?.point?.latitude},${pickup?.point?.longitude}`,
      to: `${dropoff?.point?.latitude},${dropoff?.point?.longitude}`,
      at: pickupAt,
      seats: String(passengers),
    });
    return { method: 'GET', path: `/quotes?${asked}`, headers: {} };
  },
  readError: (status) => ({ failure: FailureKind.SERVER_ERROR, detail: `HTTP ${status}` }),
  read: (body) => ({ rows: body.quotes }),
  columns: {
    product_code: ({ id }) => id,
    product_name: ({ name }) => name,
    ride_class: ({ kind }) => kind,
    capacity: ({ seats }) => seats,
    propulsion: ({ fuel }) => fuel,
    pickup_eta_minutes: ({ eta }) => eta,
    price_kind: ({ high }) => (high === undefined ? 'FIXED' : 'ESTIMATED'),
  },
  price: ({ id, low, high, currency }, context) => {
    if (low === undefined) throw new Rejection(RejectionReason.METERED, `quote ${id} has a tariff, not a price`);
    return {
      currency,
      totalMinor: minorUnits(low, currency, 'low', id),
      ...(high !== undefined && { totalMaxMinor: minorUnits(high, currency, 'high', id) }),
      taxMinor: -1,
      dueLaterMinor: 0,
      basis: statedTaxBasis(context),
    };
  },
  expiresAt: (_row, { fetchedAt, manifest }) => fetchedAt + manifest.defaults.lifetimeSeconds * 1_000,
  item: ({ id, name, kind, seats, fuel, eta, high }) => ({
    $case: 'ride',
    value: Ride.fromPartial({
      productCode: id,
      productName: name,
      rideClass: RideClass[kind],
      capacity: seats,
      propulsion: fuel && Propulsion[fuel],
      pickupEtaMinutes: eta,
      priceKind: high === undefined ? PriceKind.FIXED : PriceKind.ESTIMATED,
    }),
  }),
  verify: () => ({ method: 'GET', path: '/quotes', headers: {} }),
  readVerified: ({ quotes }, _context, before) => {
    const row = quotes.find(({ id }) => id === before.id);
    return row === undefined ? { gone: 'No longer offered.' } : { row };
  },
  rowOfVerified: ({ quotes: [row] }) => {
    if (row === undefined) throw new Rejection(RejectionReason.MISSING_FIELD, 'The answer has no quotes.');
    return row;
  },
  handoff: ({ id }) => ({ token: id }),
};

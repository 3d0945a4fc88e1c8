// Karhoo's quotes mapped by hand.
import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { RideCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/ride.ts';
import { localToEpochMs, zoneAt } from '../../../libs/reference/index.ts';
import { type AnswerContext, Rejection } from '../../../services/supply/adapter.ts';
import { statedTaxBasis } from '../../../services/supply/mapping/reject.ts';
import { wallTime } from '../../../services/supply/mapping/time.ts';
import { type ByHand, lacking } from './shared.ts';

interface Quote {
  readonly id: string;
  readonly fleet?: { readonly name?: string };
  readonly pick_up_type?: string;
  readonly quote_type?: string;
  readonly price: { readonly low: number; readonly high: number; readonly currency_code: string };
  readonly vehicle?: {
    readonly class?: string;
    readonly type?: string;
    readonly tags?: readonly string[];
    readonly passenger_capacity?: number;
    readonly luggage_capacity?: number;
    readonly qta?: { readonly high_minutes?: number };
  };
  readonly service_level_agreements?: {
    readonly free_cancellation?: { readonly type?: string; readonly minutes?: number };
    readonly free_waiting_time?: { readonly minutes?: number };
  };
}

interface Row {
  readonly quote: Quote;
  /** Of the list, seconds. */
  readonly validity: number;
  /** Until when cancelling costs nothing; absent where that is not counted from the pickup's time. */
  readonly cancelUntil: number | undefined;
}

const classes: Readonly<Record<string, string>> = {
  saloon: 'STANDARD',
  standard: 'STANDARD',
  taxi: 'TAXI',
  mpv: 'VAN',
  exec: 'EXECUTIVE',
  executive: 'EXECUTIVE',
  moto: 'MOTO',
  motorcycle: 'MOTO',
  bus: 'MINIBUS',
  minibus: 'MINIBUS',
  luxury: 'LUXURY',
  economy: 'ECONOMY',
};
const greeted: Readonly<Record<string, boolean>> = { MEET_AND_GREET: true, CURBSIDE: false, STANDBY: false };

function ride(context: AnswerContext): RideCriteria {
  return context.criteria.vertical!.value as RideCriteria;
}

function pickupInstant({ pickup, pickupAt }: RideCriteria): number | undefined {
  const wall = wallTime(pickupAt);
  const point = pickup?.point;
  if (wall === undefined || point === undefined) return undefined;
  return localToEpochMs(wall, zoneAt(point.latitude, point.longitude));
}

function rideClass({ quote: { vehicle } }: Row): string | undefined {
  const tag = vehicle?.tags?.find((one) => one in classes);
  return (
    classes[vehicle?.class?.toLowerCase() ?? ''] ?? classes[tag ?? ''] ?? classes[vehicle?.type?.toLowerCase() ?? '']
  );
}

function propulsion({ quote: { vehicle } }: Row): string | undefined {
  if (vehicle?.class === 'Electric' || vehicle?.tags?.includes('electric')) return 'ELECTRIC';
  return vehicle?.tags?.includes('hybrid') ? 'HYBRID' : undefined;
}

function freeCancellation({ quote, cancelUntil }: Row, context: AnswerContext): boolean | undefined {
  const agreed = quote.service_level_agreements?.free_cancellation;
  if (agreed?.type === 'BeforeDriverEnRoute') return true;
  if (agreed?.type !== 'TimeBeforePickup') return undefined;
  if (cancelUntil !== undefined) return context.now < cancelUntil;
  return agreed.minutes === undefined ? undefined : agreed.minutes > 0;
}

function minor(amount: number, id: string): number {
  if (!Number.isSafeInteger(amount)) throw new Rejection(RejectionReason.INVALID_AMOUNT, `total of ${id}`);
  if (amount < 0) throw new Rejection(RejectionReason.NEGATIVE_AMOUNT, `total of ${id}`);
  return amount;
}

export const karhoo: ByHand<Row, { readonly quotes?: readonly Quote[]; readonly validity: number }> = {
  read({ quotes = [], validity }, context) {
    const pickup = pickupInstant(ride(context));
    const cancelUntil = ({ service_level_agreements: levels }: Quote): number | undefined => {
      const agreed = levels?.free_cancellation;
      if (pickup === undefined || agreed?.type !== 'TimeBeforePickup' || agreed.minutes === undefined) return undefined;
      return pickup - agreed.minutes * 60_000;
    };
    return { rows: quotes.map((quote) => ({ quote, validity, cancelUntil: cancelUntil(quote) })) };
  },
  columns: {
    product_code: ({ quote }) => quote.id,
    product_name: ({ quote: { fleet, vehicle } }) =>
      vehicle?.class === undefined ? fleet?.name : `${fleet?.name}, ${vehicle.class}`,
    operator_name: ({ quote }) => quote.fleet?.name,
    ride_class: rideClass,
    capacity: ({ quote }) => quote.vehicle?.passenger_capacity,
    luggage_capacity: ({ quote }) => quote.vehicle?.luggage_capacity,
    propulsion,
    pickup_eta_minutes: ({ quote }, context) => (ride(context).pickupAt ? undefined : quote.vehicle?.qta?.high_minutes),
    price_kind: ({ quote }) =>
      quote.quote_type === 'FIXED' || quote.quote_type === 'ESTIMATED' ? quote.quote_type : undefined,
    wheelchair_accessible: ({ quote }) => (quote.vehicle?.tags?.includes('wheelchair') ? true : undefined),
    meet_and_greet: ({ quote }) => greeted[quote.pick_up_type ?? ''],
    vehicle_tags: ({ quote }) => quote.vehicle?.tags,
    free_cancellation: freeCancellation,
    free_cancellation_until: ({ cancelUntil }) => cancelUntil,
    waiting_minutes_included: ({ quote }) => quote.service_level_agreements?.free_waiting_time?.minutes,
  },
  price({ quote }, context) {
    const { id, price, vehicle } = quote;
    const { passengers, luggage = 0 } = ride(context);
    if ((vehicle?.passenger_capacity ?? passengers) < passengers) throw lacking(id, 'too few seats');
    if ((vehicle?.luggage_capacity ?? luggage) < luggage) throw lacking(id, 'too little room for the luggage');
    if (quote.quote_type === 'METERED') {
      throw new Rejection(RejectionReason.METERED, `${id} has a tariff, no price`);
    }
    const totalMinor = minor(price.low, id);
    const totalMaxMinor = minor(price.high, id);
    const own = {
      currency: price.currency_code,
      totalMinor,
      taxMinor: -1,
      dueLaterMinor: 0,
      basis: statedTaxBasis(context),
    };
    return totalMaxMinor === totalMinor ? own : { ...own, totalMaxMinor };
  },
  expiresAt: ({ validity }, context) => context.fetchedAt + validity * 1_000,
};

// Mappings that are held against each other: a partner's compiled manifest and the same written by hand, over the answers to
// some searches.
import { FlightCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { GoodCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import type { Criteria } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { RideCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/ride.ts';
import { StayCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import type { Adapter } from '../../services/supply/adapter.ts';
import { alpinebits } from './by-hand/alpinebits.ts';
import { amadeus } from './by-hand/amadeus.ts';
import { duffel } from './by-hand/duffel.ts';
import { ebay } from './by-hand/ebay.ts';
import { googleMerchant } from './by-hand/google-merchant.ts';
import { hotelbeds } from './by-hand/hotelbeds.ts';
import { karhoo } from './by-hand/karhoo.ts';
import { shopify } from './by-hand/shopify.ts';
import { travelport } from './by-hand/travelport.ts';
import { uber } from './by-hand/uber.ts';

/** One mapping by hand with the searches whose answers it reads. */
export interface Contest {
  /** The partner, with what kind of answer it is where it has several. */
  readonly partner: string;
  readonly searches: readonly Criteria[];
  readonly byHand: Pick<Adapter, 'read' | 'columns' | 'price' | 'expiresAt'> & Partial<Pick<Adapter, 'item'>>;
}

const inDays = (days: number): string => Temporal.Now.plainDateISO().add({ days }).toString();

const flight = (back: boolean): Criteria => ({
  vertical: {
    $case: 'flight',
    value: FlightCriteria.fromPartial({
      origin: 'LHR',
      destination: 'JFK',
      departureDate: inDays(60),
      adults: 1,
      ...(back && { returnDate: inDays(67) }),
    }),
  },
});
const stay = (place: string): Criteria => ({
  vertical: {
    $case: 'stay',
    value: StayCriteria.fromPartial({
      where: { $case: 'place', value: place },
      checkIn: inDays(60),
      checkOut: inDays(64),
      rooms: [{ adults: 2 }],
    }),
  },
});
const good = (query: string): Criteria => ({
  vertical: { $case: 'good', value: GoodCriteria.fromPartial({ query }) },
});
const ride = (from: readonly [number, number], to: readonly [number, number], pickupAt?: string): Criteria => ({
  vertical: {
    $case: 'ride',
    value: RideCriteria.fromPartial({
      pickup: { point: { latitude: from[0], longitude: from[1] } },
      dropoff: { point: { latitude: to[0], longitude: to[1] } },
      passengers: 2,
      ...(pickupAt !== undefined && { pickupAt }),
    }),
  },
});

const london = [
  [51.5079, -0.1283],
  [51.4706, -0.4619],
] as const;
const berlin = [
  [52.525, 13.3694],
  [52.3667, 13.5033],
] as const;
const paris = [
  [48.8809, 2.3553],
  [49.0097, 2.5479],
] as const;
const newYork = [
  [40.7506, -73.9935],
  [40.6413, -73.7781],
] as const;
const rides = [london, berlin, paris, newYork].map(([from, to]) => ride(from, to));
const later = [london, berlin].map(([from, to]) => ride(from, to, `${inDays(3)}T09:30`));
const words = ['drill', 'lantern', 'kettle', 'jacket', 'table'].map(good);

const contest = (partner: string, searches: readonly Criteria[], byHand: object): Contest => ({
  partner,
  searches,
  // Each reads rows of its own making, which nobody else looks into.
  byHand: byHand as Contest['byHand'],
});

/** Every partner; of one with answers of two shapes both. */
export const contests: readonly Contest[] = [
  contest('duffel', [flight(false)], duffel),
  contest('travelport', [flight(true)], travelport),
  contest('travelport-solutions', [flight(true)], travelport),
  contest('amadeus', [flight(true)], amadeus),
  contest('hotelbeds', [stay('BCN')], hotelbeds),
  contest('alpinebits', [stay('INN')], alpinebits),
  contest('ebay-browse', words, ebay),
  contest('google-merchant', words, googleMerchant),
  contest('shopify', words, shopify),
  contest('uber', rides, uber),
  contest('karhoo', [...rides, ...later], karhoo),
];

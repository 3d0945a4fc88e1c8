// Amadeus' flight offers mapped by hand.

import { joinBrands } from '../../../services/supply/mapping/flight-item.ts';
import {
  type Itinerary,
  itineraryColumns,
  itineraryOf,
  segmentOf,
  sliceOf,
} from '../../../services/supply/mapping/itinerary.ts';
import { type Derived, derive, minorUnits, orReject, statedTaxBasis } from '../../../services/supply/mapping/reject.ts';
import { durationMinutes } from '../../../services/supply/mapping/time.ts';
import { type ByHand, lowestCabin, ownLifetime } from './shared.ts';

interface Place {
  readonly iataCode: string;
  readonly at: string;
}

interface Segment {
  readonly departure: Place;
  readonly arrival: Place;
  readonly carrierCode: string;
  readonly number: string;
  readonly operating?: { readonly carrierCode?: string };
  readonly numberOfStops?: number;
}

interface Fare {
  readonly cabin?: string;
  readonly brandedFareLabel?: string;
  readonly includedCheckedBags?: { readonly quantity?: number; readonly weight?: number };
}

interface Offer {
  readonly id: string;
  readonly itineraries: readonly { readonly duration?: string; readonly segments: readonly Segment[] }[];
  readonly price: { readonly grandTotal: string; readonly currency: string };
  readonly travelerPricings: readonly { readonly fareDetailsBySegment: readonly Fare[] }[];
}

interface Row {
  readonly offer: Offer;
  readonly itinerary: Derived<Itinerary>;
  /** Of all travellers. */
  readonly fares: readonly Fare[];
}

function itinerary({ itineraries }: Offer): Itinerary {
  return itineraryOf(
    itineraries.map(({ segments, duration }) => sliceOf(segments.map(segment), durationMinutes(duration))),
  );
}

function segment({ departure, arrival, carrierCode, number, operating, numberOfStops }: Segment) {
  const operator = operating?.carrierCode ?? carrierCode;
  return segmentOf({
    origin: departure.iataCode,
    destination: arrival.iataCode,
    departure: departure.at,
    arrival: arrival.at,
    marketingCarrier: carrierCode,
    marketingNumber: number,
    operatingCarrier: operator,
    operatingNumber: operator === carrierCode ? number : undefined,
    technicalStops: numberOfStops ?? 0,
  });
}

/** Fewest bags of any fare; unknown where one says nothing. */
function checkedBags({ fares }: Row): number | undefined {
  let fewest: number | undefined;
  for (const { includedCheckedBags: bags } of fares) {
    const own = bags?.quantity ?? (bags?.weight === undefined ? undefined : Math.min(bags.weight, 1));
    if (own === undefined) return undefined;
    if (fewest === undefined || own < fewest) fewest = own;
  }
  return fewest;
}

export const amadeus: ByHand<Row, { readonly data: readonly Offer[] }> = {
  read: ({ data }) => ({
    rows: data.map((offer) => ({
      offer,
      itinerary: derive('offer', offer.id, () => itinerary(offer)),
      fares: offer.travelerPricings.flatMap(({ fareDetailsBySegment }) => fareDetailsBySegment),
    })),
  }),
  columns: {
    ...itineraryColumns((row: Row) => orReject(row.itinerary)),
    cabin: ({ fares }) => lowestCabin(fares.map(({ cabin }) => cabin)),
    fare_brand: ({ fares }) => joinBrands(fares.map(({ brandedFareLabel }) => brandedFareLabel)),
    checked_bags: checkedBags,
  },
  price({ offer }, context) {
    const { grandTotal, currency } = offer.price;
    return {
      currency,
      totalMinor: minorUnits(grandTotal, currency, 'total', offer.id),
      taxMinor: -1,
      dueLaterMinor: 0,
      basis: statedTaxBasis(context),
    };
  },
  expiresAt: ownLifetime,
};

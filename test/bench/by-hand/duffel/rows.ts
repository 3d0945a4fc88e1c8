import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Rejection } from '../../../../services/supply/adapter.ts';
import {
  type Itinerary,
  itineraryOf,
  type Segment,
  type Slice,
  segmentOf,
  sliceOf,
} from '../../../../services/supply/mapping/itinerary.ts';
import { type Derived, derive } from '../../../../services/supply/mapping/reject.ts';
import { durationMinutes } from '../../../../services/supply/mapping/time.ts';
import type { DuffelOffer, DuffelSegment } from './format.ts';

/** An offer with its itinerary worked out once. */
export interface DuffelRow {
  readonly offer: DuffelOffer;
  readonly itinerary: Derived<Itinerary>;
}

/** One row for each offer, in their order. */
export function rowsOf(offers: readonly DuffelOffer[]): DuffelRow[] {
  const rows: DuffelRow[] = new Array(offers.length);
  for (let i = 0; i < offers.length; i++) rows[i] = rowOf(offers[i], i);
  return rows;
}

/** The row of one offer. */
export function rowOf(offer: DuffelOffer | undefined, position: number): DuffelRow {
  if (typeof offer?.id !== 'string' || offer.id === '') {
    return {
      offer: offer ?? {},
      itinerary: new Rejection(RejectionReason.MISSING_FIELD, `offer ${position} has no id`),
    };
  }
  return { offer, itinerary: derive('offer', offer.id, () => itineraryOfOffer(offer)) };
}

/**
 * A slice's stated duration may be that of its flights alone, without the connections between them: it counts where there is
 * nothing between.
 */
function itineraryOfOffer(offer: DuffelOffer): Itinerary {
  const slices: Slice[] = [];
  for (const slice of offer.slices!) {
    const segments: Segment[] = [];
    for (const segment of slice.segments!) segments.push(segmentOfDuffel(segment));
    slices.push(sliceOf(segments, segments.length === 1 ? durationMinutes(slice.duration) : undefined));
  }
  return itineraryOf(slices);
}

/** Times are wall times of the two airports, whose zones the answer carries in the airports. */
function segmentOfDuffel(segment: DuffelSegment): Segment {
  return segmentOf({
    origin: segment.origin?.iata_code,
    destination: segment.destination?.iata_code,
    originZone: segment.origin?.time_zone,
    destinationZone: segment.destination?.time_zone,
    departure: segment.departing_at,
    arrival: segment.arriving_at,
    marketingCarrier: segment.marketing_carrier?.iata_code,
    marketingNumber: segment.marketing_carrier_flight_number,
    operatingCarrier: segment.operating_carrier?.iata_code,
    operatingNumber: segment.operating_carrier_flight_number,
    technicalStops: Array.isArray(segment.stops) ? segment.stops.length : 0,
  });
}

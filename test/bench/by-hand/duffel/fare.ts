import { Cabin } from '../../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { joinBrands, lowerCabin } from '../../../../services/supply/mapping/flight-item.ts';
import type { DuffelCondition, DuffelOffer, DuffelSegment } from './format.ts';

const CABINS: Readonly<Record<string, Cabin>> = {
  economy: Cabin.ECONOMY,
  premium_economy: Cabin.PREMIUM_ECONOMY,
  business: Cabin.BUSINESS,
  first: Cabin.FIRST,
};

/** Lowest cabin of any traveller on the segment. */
export function segmentCabin(segment: DuffelSegment | undefined): Cabin {
  let cabin: Cabin = Cabin.UNSPECIFIED;
  const passengers = segment?.passengers;
  for (const passenger of Array.isArray(passengers) ? passengers : []) {
    cabin = lowerCabin(cabin, CABINS[passenger?.cabin_class ?? ''] ?? Cabin.UNSPECIFIED);
  }
  return cabin;
}

/** Lowest cabin of the offer. */
export function offerCabin(offer: DuffelOffer): Cabin {
  let cabin: Cabin = Cabin.UNSPECIFIED;
  for (const slice of offer.slices ?? []) {
    for (const segment of slice?.segments ?? []) cabin = lowerCabin(cabin, segmentCabin(segment));
  }
  return cabin;
}

/** The brands of the slices, each once; undefined where no slice names one. */
export function fareBrand(offer: DuffelOffer): string | undefined {
  return joinBrands((offer.slices ?? []).map((slice) => slice?.fare_brand_name));
}

/**
 * Checked bags of the traveller and segment that has the fewest. An empty list is an airline that does not say (a flexible
 * business fare has bags), so one makes the whole unknown; a list without a checked bag says none. Infants without a seat do
 * not count.
 */
export function checkedBags(offer: DuffelOffer): number | undefined {
  let fewest: number | undefined;
  for (const slice of offer.slices ?? []) {
    for (const segment of slice?.segments ?? []) {
      const passengers = segment?.passengers;
      for (const passenger of Array.isArray(passengers) ? passengers : []) {
        if (isLapInfant(offer, passenger?.passenger_id)) continue;
        const baggages = passenger?.baggages;
        if (!Array.isArray(baggages) || baggages.length === 0) return undefined;
        let bags = 0;
        for (const baggage of baggages) {
          if (baggage?.type === 'checked' && typeof baggage.quantity === 'number') bags += baggage.quantity;
        }
        if (fewest === undefined || bags < fewest) fewest = bags;
      }
    }
  }
  return fewest;
}

function isLapInfant(offer: DuffelOffer, passengerId: string | undefined): boolean {
  const passengers = offer.passengers;
  if (!Array.isArray(passengers)) return false;
  for (const passenger of passengers) {
    if (passenger?.id === passengerId) return passenger?.type === 'infant_without_seat';
  }
  return false;
}

/** Whether a condition allows what it is about, for a fee or without; undefined where the airline does not say. */
export function allowed(condition: DuffelCondition | null | undefined): boolean | undefined {
  return typeof condition?.allowed === 'boolean' ? condition.allowed : undefined;
}

/** Emissions of the offer in kilograms, for all travellers as Duffel states them. */
export function emissionsKg(offer: DuffelOffer): number | undefined {
  const stated = offer.total_emissions_kg;
  if (typeof stated !== 'string' || stated === '') return undefined;
  const kilograms = Number(stated);
  return Number.isFinite(kilograms) && kilograms >= 0 ? kilograms : undefined;
}

import { Cabin } from '../../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import type { Item } from '../../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { AnswerContext } from '../../../../services/supply/adapter.ts';
import { flightItem, type SegmentFare } from '../../../../services/supply/mapping/flight-item.ts';
import { orReject } from '../../../../services/supply/mapping/reject.ts';
import { durationMinutes } from '../../../../services/supply/mapping/time.ts';
import { allowed, checkedBags, emissionsKg, fareBrand, offerCabin, segmentCabin } from './fare.ts';
import type { DuffelOffer } from './format.ts';
import type { DuffelRow } from './rows.ts';

/** The whole flight. */
export function item(row: DuffelRow, _context: AnswerContext, wanted: (field: string) => boolean): Item['vertical'] {
  const { offer } = row;
  const fare = {
    cabin: offerCabin(offer),
    fareBrand: fareBrand(offer),
    checkedBags: checkedBags(offer),
    refundable: allowed(offer.conditions?.refund_before_departure),
    changeable: allowed(offer.conditions?.change_before_departure),
    emissionsKg: emissionsKg(offer),
  };
  const value = flightItem(orReject(row.itinerary), fare, wanted, (_segment, slice, position) =>
    segmentFare(offer, slice, position),
  );
  return { $case: 'flight', value };
}

/** Duffel states fare basis by traveller and segment; the first traveller's stands for all. It has no booking class. */
function segmentFare(offer: DuffelOffer, slice: number, position: number): SegmentFare {
  const segment = offer.slices?.[slice]?.segments?.[position];
  return {
    originTerminal: segment?.origin_terminal ?? '',
    destinationTerminal: segment?.destination_terminal ?? '',
    aircraft: segment?.aircraft?.iata_code ?? '',
    cabin: segment === undefined ? Cabin.UNSPECIFIED : segmentCabin(segment),
    fareBasis: segment?.passengers?.[0]?.fare_basis_code ?? '',
    bookingClass: '',
    minutes: durationMinutes(segment?.duration),
  };
}

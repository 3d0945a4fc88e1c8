import type { Item } from '../../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { AnswerContext } from '../../adapter.ts';
import { flightItem, type SegmentFare } from '../../mapping/flight-item.ts';
import { orReject } from '../../mapping/reject.ts';
import { durationMinutes } from '../../mapping/time.ts';
import { bookedCabin, changeable, checkedBags, fareBrand, refundable, rowCabin } from './fare.ts';
import type { Booking, TravelportRow } from './rows.ts';

/** The whole flight. */
export function item(
  row: TravelportRow,
  _context: AnswerContext,
  wanted: (field: string) => boolean,
): Item['vertical'] {
  const fare = {
    cabin: rowCabin(row),
    fareBrand: fareBrand(row),
    checkedBags: checkedBags(row),
    refundable: refundable(row),
    changeable: changeable(row),
    emissionsKg: undefined,
  };
  const value = flightItem(orReject(row.itinerary), fare, wanted('slices'), (_segment, slice, position) =>
    segmentFare(row.slices[slice]?.[position]),
  );
  return { $case: 'flight', value };
}

/** Cabin, fare and booking class are those of the first type of passenger. */
function segmentFare(booking: Booking | undefined): SegmentFare {
  const details = booking?.segment.details ?? [];
  return {
    originTerminal: details[0]?.['@OriginTerminal'] ?? '',
    destinationTerminal: details[details.length - 1]?.['@DestinationTerminal'] ?? '',
    aircraft: booking?.segment.element['@Equipment'] ?? '',
    cabin: bookedCabin(booking?.info),
    fareBasis: booking?.fare['@FareBasis'] ?? '',
    bookingClass: booking?.info['@BookingCode'] ?? '',
    minutes: durationMinutes(booking?.segment.element['@FlightTime']),
  };
}

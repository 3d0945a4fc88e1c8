import type { AnswerContext, PartnerRequest } from '../../adapter.ts';
import { orReject } from '../../mapping/reject.ts';
import { airPrice, type PricedSegment } from './request.ts';
import type { TravelportRow } from './rows.ts';

/** What a row's segments are priced or booked by. */
function pricedSegments(row: TravelportRow): PricedSegment[] {
  orReject(row.itinerary);
  return row.slices.flatMap((bookings, slice) =>
    bookings.map(({ segment: { element }, info, fare }, position) => ({
      carrier: element['@Carrier'] ?? '',
      flightNumber: element['@FlightNumber'] ?? '',
      origin: element['@Origin'] ?? '',
      destination: element['@Destination'] ?? '',
      departure: element['@DepartureTime'] ?? '',
      arrival: element['@ArrivalTime'] ?? '',
      bookingCode: info['@BookingCode'] ?? '',
      fareBasis: fare['@FareBasis'] ?? '',
      slice,
      connects: position < bookings.length - 1,
    })),
  );
}

/** Asks for the price of the row's segments in its booking classes and fares. */
export function verify(row: TravelportRow, context: AnswerContext): PartnerRequest {
  return airPrice(context, pricedSegments(row), row.infos[0]?.['@ProviderCode'] ?? '1G');
}

/**
 * Keys of an answer mean nothing outside of it, so the token carries what AirPriceReq and AirCreateReservationReq need: JSON
 * as base64url, `{v: 1, provider, segments: [[slice, carrier, number, origin, destination, departure, booking class, fare
 * basis], …]}`.
 */
export function handoff(row: TravelportRow): { readonly token: string } {
  const segments = pricedSegments(row).map((segment) => [
    segment.slice,
    segment.carrier,
    segment.flightNumber,
    segment.origin,
    segment.destination,
    segment.departure,
    segment.bookingCode,
    segment.fareBasis,
  ]);
  const content = { v: 1, provider: row.infos[0]?.['@ProviderCode'] ?? '1G', segments };
  return { token: Buffer.from(JSON.stringify(content), 'utf8').toString('base64url') };
}

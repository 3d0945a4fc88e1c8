import { dateOf } from '../dates.ts';
import { type FlightOffer, isCodeshare } from '../flights/offers.ts';
import { quoteSegments } from '../flights/quote.ts';
import type { World } from '../world.ts';
import type { Seller } from './format.ts';
import { envelope, escapeXml } from './soap.ts';
import {
  bookingCode,
  cabinNames,
  codeshareInfo,
  fareCalculation,
  fareInfo,
  fareOf,
  flightTimes,
  passengerTypes,
  penalties,
  prices,
  pricingAttributes,
  taxInfos,
  terminals,
  ticketBy,
} from './travelport-parts.ts';
import type { PriceRequest } from './travelport-request.ts';

/** What the segments of a request cost now, the fare that was asked for first; undefined as {@link quoteSegments} says. */
export function priceSegments(
  world: World,
  seller: Seller,
  { segments, travellers, exact }: PriceRequest,
  bookedDay: number,
): readonly FlightOffer[] | undefined {
  const passengers = travellers.flatMap(({ kind, count }) => Array.from({ length: count }, () => kind));
  return quoteSegments(world, seller, { segments, passengers, exact }, bookedDay);
}

/** An AirPriceRsp. */
export function priceResponse(
  request: PriceRequest,
  offers: readonly FlightOffer[],
  bookedDay: number,
  transactionId: string,
): string {
  const keys = request.segments.map(({ key }) => escapeXml(key));
  let at = 0;
  const segments = offers[0]!.legs.flatMap((leg, index) =>
    leg.segments.map((segment) => {
      const { flight } = segment;
      const key = keys[at++]!;
      return `<air:AirSegment Key="${key}" Group="${index}" Carrier="${segment.carrier}" FlightNumber="${segment.number}" ProviderCode="1G" ${flightTimes(flight)} TravelTime="${flight.minutes}" Distance="${Math.round(flight.km / 1.609344)}" ClassOfService="${bookingCode(offers[0]!, leg, segment)}" Equipment="${flight.aircraft}" ChangeOfPlane="false" OptionalServicesIndicator="true" LinkAvailability="true" AvailabilityDisplayType="Fare Specific Fare Quote Unbooked">${codeshareInfo(segment, !isCodeshare(segment))}<air:FlightDetails Key="details${at}" ${flightTimes(flight)} TravelTime="${flight.minutes}" Equipment="${flight.aircraft}"${terminals(flight)}><air:InFlightServices>Non-smoking</air:InFlightServices></air:FlightDetails></air:AirSegment>`;
    }),
  );
  const solutions = offers.map((offer, index) => solution(request, offer, keys, bookedDay, index));
  return envelope(
    `<air:AirPriceRsp TraceId="${escapeXml(request.traceId)}" TransactionId="${transactionId}" ResponseTime="${600 + keys.length * 211}" xmlns:air="http://www.travelport.com/schema/air_v52_0" xmlns:common_v52_0="http://www.travelport.com/schema/common_v52_0"><common_v52_0:ResponseMessage Code="710401" Type="Warning" ProviderCode="1G">Taxes of single fares are informational; the itinerary's count.</common_v52_0:ResponseMessage><air:AirItinerary>${segments.join('')}</air:AirItinerary><air:AirPriceResult>${solutions.join('')}</air:AirPriceResult></air:AirPriceRsp>`,
  );
}

function solution(
  request: PriceRequest,
  offer: FlightOffer,
  keys: readonly string[],
  bookedDay: number,
  index: number,
): string {
  const effective = `${dateOf(bookedDay)}T00:00:00.000+00:00`;
  const infos = request.travellers.map((travellers, group) => {
    const fare = fareOf(offer, travellers);
    let at = 0;
    const fares: string[] = [];
    const bookings: string[] = [];
    for (const [legIndex, leg] of offer.legs.entries()) {
      const fareKey = `fare${index}${group}${legIndex}`;
      fares.push(fareInfo(fareKey, offer, leg, travellers, effective, `${index}`, true));
      for (const segment of leg.segments) {
        bookings.push(
          `<air:BookingInfo BookingCode="${bookingCode(offer, leg, segment)}" CabinClass="${cabinNames[segment.cabin]}" FareInfoRef="${fareKey}" SegmentRef="${keys[at++]}"/>`,
        );
      }
    }
    return `<air:AirPricingInfo Key="info${index}${group}"${prices(fare, offer.currency, offer, undefined)}${pricingAttributes(offer, ticketBy(offer, bookedDay))} IncludesVAT="false">${fares.join('')}${bookings.join('')}${taxInfos(fare, offer.currency)}${fareCalculation(offer, fare)}${passengerTypes(travellers)}${penalties(offer, fare)}${bagTexts(offer, travellers.code)}</air:AirPricingInfo>`;
  });
  const references = keys.map((key) => `<air:AirSegmentRef Key="${key}"/>`).join('');
  return `<air:AirPricingSolution Key="solution${index}"${prices(offer, offer.currency, offer, undefined)} QuoteDate="${dateOf(bookedDay)}">${references}${infos.join('')}</air:AirPricingSolution>`;
}

/** Bags as a price quote states them: in texts. */
function bagTexts(offer: FlightOffer, travellerType: string): string {
  const { flights } = offer.legs[0]!.itinerary;
  const pieces = `${offer.family.checkedBags}P`;
  return `<air:BaggageAllowances><air:BaggageAllowanceInfo TravelerType="${travellerType}" Origin="${flights[0]!.origin}" Destination="${flights.at(-1)!.destination}" Carrier="${offer.owner}"><air:TextInfo><air:Text>${pieces}</air:Text><air:Text>BAGGAGE DISCOUNTS MAY APPLY</air:Text></air:TextInfo></air:BaggageAllowanceInfo></air:BaggageAllowances>`;
}

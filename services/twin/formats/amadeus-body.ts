import { airlineName } from '../../../libs/reference/index.ts';
import { dateOf, dayOf } from '../dates.ts';
import { styleOf } from '../flights/fares.ts';
import { airportOf } from '../flights/network.ts';
import {
  type FlightOffer,
  isCodeshare,
  type PassengerFare,
  type SoldLeg,
  type SoldSegment,
} from '../flights/offers.ts';
import { amountText } from '../money.ts';
import { type BrokenPrice, breakPrice } from '../scenario.ts';
import { travelerTypes } from './amadeus-request.ts';

const cabinNames = {
  economy: 'ECONOMY',
  premium_economy: 'PREMIUM_ECONOMY',
  business: 'BUSINESS',
  first: 'FIRST',
} as const;

/** What is different about an offer in an answer. */
export interface AmadeusState {
  /** Its number in the answer, which is all of its id. */
  readonly id: string;
  readonly bookedDay: number;
  readonly broken: BrokenPrice | undefined;
  /** Priced once more: taxes are itemized. */
  readonly priced: boolean;
}

/** A flight offer. Ids of segments are numbers within the offer. */
export function offerJson(offer: FlightOffer, { id, bookedDay, broken, priced }: AmadeusState): object {
  const segments = offer.legs.flatMap((leg) => leg.segments.map((segment) => ({ leg, segment })));
  const idOf = new Map(segments.map(({ segment }, index) => [segment, `${index + 1}`]));
  const { currency } = offer;
  const sum = breakPrice(amountText(offer.total, currency), currency, broken);
  const first = offer.legs[0]!.itinerary.flights[0]!;
  const ticketBy = dateOf(Math.min(bookedDay + 2, dayOf(first.departure.slice(0, 10)) ?? bookedDay));
  return {
    type: 'flight-offer',
    id,
    source: 'GDS',
    instantTicketingRequired: false,
    nonHomogeneous: false,
    oneWay: false,
    ...(priced ? {} : { isUpsellOffer: false }),
    lastTicketingDate: ticketBy,
    ...(priced ? {} : { lastTicketingDateTime: ticketBy, numberOfBookableSeats: seatsOf(offer) }),
    itineraries: offer.legs.map((leg) => itineraryJson(leg, idOf, priced)),
    price: {
      currency: sum.currency,
      total: sum.amount,
      base: amountText(offer.base, currency),
      fees: [
        { amount: amountText(0, currency), type: 'SUPPLIER' },
        { amount: amountText(0, currency), type: 'TICKETING' },
      ],
      grandTotal: sum.amount,
      ...(priced ? { billingCurrency: currency } : {}),
    },
    pricingOptions: { fareType: ['PUBLISHED'], includedCheckedBagsOnly: offer.family.checkedBags > 0 },
    validatingAirlineCodes: [offer.owner],
    travelerPricings: travelersJson(offer, idOf, priced),
  };
}

function itineraryJson(leg: SoldLeg, idOf: ReadonlyMap<SoldSegment, string>, priced: boolean): object {
  return {
    // What is priced once more has no time of the whole.
    ...(priced ? {} : { duration: duration(leg.itinerary.minutes) }),
    segments: leg.segments.map((segment) => {
      const { flight } = segment;
      return {
        departure: { iataCode: flight.origin, terminal: flight.originTerminal, at: `${flight.departure}:00` },
        arrival: { iataCode: flight.destination, terminal: flight.destinationTerminal, at: `${flight.arrival}:00` },
        carrierCode: segment.carrier,
        number: `${segment.number}`,
        aircraft: { code: flight.aircraft },
        // One style of carriers is only named where another one flies; nobody's number ever is.
        operating: styleOf(flight.carrier) === 4 && !isCodeshare(segment) ? undefined : { carrierCode: flight.carrier },
        duration: duration(flight.minutes),
        id: idOf.get(segment),
        numberOfStops: 0,
        blacklistedInEU: priced ? undefined : false,
      };
    }),
  };
}

function travelersJson(offer: FlightOffer, idOf: ReadonlyMap<SoldSegment, string>, priced: boolean): object[] {
  const travellers = offer.fares.flatMap((fare) => Array.from({ length: fare.count }, () => fare));
  let infants = 0;
  return travellers.map((fare, index) => ({
    travelerId: `${index + 1}`,
    fareOption: 'STANDARD',
    travelerType: travelerTypes[fare.kind],
    ...(fare.kind === 'infant' ? { associatedAdultId: `${++infants}` } : {}),
    price: fareJson(fare, offer.currency, priced),
    fareDetailsBySegment: offer.legs.flatMap((leg) =>
      leg.segments.map((segment) => fareDetailJson(offer, leg, segment, idOf.get(segment)!, fare)),
    ),
  }));
}

function fareJson(fare: PassengerFare, currency: string, priced: boolean): object {
  return {
    currency,
    total: amountText(fare.total, currency),
    base: amountText(fare.base, currency),
    ...(priced ? { taxes: fare.taxes.map(({ code, minor }) => ({ amount: amountText(minor, currency), code })) } : {}),
  };
}

function fareDetailJson(
  offer: FlightOffer,
  leg: SoldLeg,
  segment: SoldSegment,
  segmentId: string,
  fare: PassengerFare,
): object {
  const style = styleOf(leg.itinerary.carrier);
  const { checkedBags, code } = offer.family;
  // One carrier in five names no brand, another says nothing of bags, a third gives a weight where there is a bag.
  const brand = style === 0 ? {} : { brandedFare: code, brandedFareLabel: offer.brand.toUpperCase() };
  const bags =
    style === 3 && checkedBags > 0 ? { weight: 23 * checkedBags, weightUnit: 'KG' } : { quantity: checkedBags };
  return {
    segmentId,
    cabin: cabinNames[segment.cabin],
    fareBasis: fare.kind === 'adult' ? leg.fareBasis : `${leg.fareBasis}${fare.kind === 'child' ? 'CH' : 'IN'}`,
    ...brand,
    class: leg.bookingClass,
    ...(style === 2 ? {} : { includedCheckedBags: bags }),
  };
}

/** The fuller the flight, the fewer seats are left; never more than nine are told. */
function seatsOf(offer: FlightOffer): number {
  const demand = Math.max(...offer.legs.flatMap((leg) => leg.itinerary.flights.map((flight) => flight.demand)));
  return [9, 6, 2][demand]!;
}

/** Names of the codes in offers. */
export function dictionariesJson(offers: readonly FlightOffer[], whole: boolean): object {
  const locations = new Map<string, object>();
  const carriers = new Map<string, string>();
  const aircraft = new Map<string, string>();
  for (const { segments } of offers.flatMap(({ legs }) => legs)) {
    for (const { flight, carrier } of segments) {
      for (const code of [flight.origin, flight.destination]) {
        const { cityCode, country } = airportOf(code);
        locations.set(code, { cityCode, countryCode: country });
      }
      for (const code of [carrier, flight.carrier]) carriers.set(code, (airlineName(code) ?? code).toUpperCase());
      aircraft.set(flight.aircraft, `AIRCRAFT ${flight.aircraft}`);
    }
  }
  const all = { locations: Object.fromEntries(locations) };
  if (!whole) return all;
  const currencies = Object.fromEntries(offers.map(({ currency }) => [currency, currency]));
  return { ...all, aircraft: Object.fromEntries(aircraft), currencies, carriers: Object.fromEntries(carriers) };
}

/** "PT2H5M", "PT27H", "PT55M": hours go on beyond a day. */
function duration(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return `PT${hours > 0 ? `${hours}H` : ''}${rest > 0 || hours === 0 ? `${rest}M` : ''}`;
}

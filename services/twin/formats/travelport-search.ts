import { dateOf } from '../dates.ts';
import { type FlightOffer, isCodeshare, type SoldLeg } from '../flights/offers.ts';
import { offerKey } from '../flights/shop.ts';
import { brokenPrice } from '../scenario.ts';
import type { Seller } from './format.ts';
import { envelope, escapeXml } from './soap.ts';
import {
  bookingCode,
  brandElement,
  cabinNames,
  codeshareInfo,
  fareCalculation,
  fareInfo,
  fareOf,
  flightTimes,
  isBranded,
  passengerTypes,
  penalties,
  prices,
  pricingAttributes,
  segmentKey,
  taxInfos,
  terminals,
  ticketBy,
  travelTime,
} from './travelport-parts.ts';
import type { LowFareRequest } from './travelport-request.ts';

/** Kilometres in a mile. */
const mile = 1.609344;

/** A LowFareSearchRsp. */
export function lowFareResponse(
  seed: number,
  seller: Seller,
  request: LowFareRequest,
  offers: readonly FlightOffer[],
  bookedDay: number,
  transactionId: string,
  warning: boolean,
): string {
  const lists = new Lists(request, bookedDay);
  const broken = (offer: FlightOffer) => brokenPrice(seller.scenario, seed, seller.name, offerKey(offer));
  const priced = request.solutions
    ? offers.map((offer) => solution(lists, request, offer, broken(offer), bookedDay)).join('')
    : `<air:AirPricePointList>${group(offers)
        .map((point) => pricePoint(lists, request, point, broken(point[0]!), bookedDay))
        .join('')}</air:AirPricePointList>`;
  const message = warning
    ? '<common_v52_0:ResponseMessage xmlns:common_v52_0="http://www.travelport.com/schema/common_v52_0" Code="15020" Type="Warning" ProviderCode="1G">Some carriers did not respond in time.</common_v52_0:ResponseMessage>'
    : '';
  return envelope(
    `<air:LowFareSearchRsp TraceId="${escapeXml(request.traceId)}" TransactionId="${transactionId}" ResponseTime="${1500 + ((offers.length * 37) % 4000)}" DistanceUnits="MI" CurrencyType="${seller.currency}" xmlns:air="http://www.travelport.com/schema/air_v52_0">${message}${lists.beforePrices()}${priced}${lists.afterPrices()}</air:LowFareSearchRsp>`,
  );
}

/**
 * Offers that one price point can hold: same fare and price, and all combinations of the legs' itineraries are offered.
 * Where a combination is missing (a cut answer, a turn-round too short) each offer is a point of its own, so that a reader
 * who multiplies the options out finds just what is sold.
 */
export function group(offers: readonly FlightOffer[]): FlightOffer[][] {
  const points: FlightOffer[][] = [];
  const groups = Map.groupBy(offers, (offer) =>
    offer.codeshare ? offerKey(offer) : `${offer.family.code}|${offer.owner}|${offer.legs.map(signature).join('|')}`,
  );
  for (const members of groups.values()) {
    const combinations = (members[0]?.legs ?? [])
      .map((_, leg) => new Set(members.map((offer) => offer.legs[leg]!.itinerary.id)).size)
      .reduce((product, size) => product * size, 1);
    if (combinations === members.length) points.push(members);
    else for (const offer of members) points.push([offer]);
  }
  return points;
}

/** What decides the price of a leg: fare, base, and the airports and carriers that taxes depend on. */
function signature(leg: SoldLeg): string {
  const way = leg.itinerary.flights.map((flight) => `${flight.carrier}${flight.origin}${flight.destination}`).join();
  return `${leg.fareBasis}${JSON.stringify(leg.base)}${way}`;
}

function pricePoint(
  lists: Lists,
  request: LowFareRequest,
  point: readonly FlightOffer[],
  broken: ReturnType<typeof brokenPrice>,
  bookedDay: number,
): string {
  const offer = point[0]!;
  const infos = request.travellers.map((travellers) => {
    const fare = fareOf(offer, travellers);
    const references: string[] = [];
    const options = offer.legs.map((_, index) => {
      // The options of a leg: every itinerary that some offer of the point has there, once.
      const legs = new Map(point.map((each) => [each.legs[index]!.itinerary.id, each]));
      const reference = lists.fare(offer, index, travellers);
      references.push(reference);
      const list = [...legs.values()].map((each) => {
        const leg = each.legs[index]!;
        return `<air:Option Key="${lists.nextKey()}" TravelTime="${travelTime(leg.itinerary.minutes)}">${bookings(lists, each, index, reference, false)}${connections(leg, 0)}</air:Option>`;
      });
      const { origin, destination } = request.legs[index]!;
      return `<air:FlightOption LegRef="${lists.leg(index)}" Destination="${destination}" Origin="${origin}">${list.join('')}</air:FlightOption>`;
    });
    return `<air:AirPricingInfo Key="${lists.nextKey()}"${prices(fare, offer.currency, offer, broken, false)}${pricingAttributes(offer, ticketBy(offer, bookedDay))}>${references.map(fareReference).join('')}${taxInfos(fare, offer.currency)}${fareCalculation(offer, fare)}${passengerTypes(travellers)}${penalties(offer, fare)}<air:FlightOptionsList>${options.join('')}</air:FlightOptionsList></air:AirPricingInfo>`;
  });
  return `<air:AirPricePoint Key="${lists.nextKey()}"${prices(offer, offer.currency, offer, broken)} CompleteItinerary="true">${infos.join('')}</air:AirPricePoint>`;
}

function solution(
  lists: Lists,
  request: LowFareRequest,
  offer: FlightOffer,
  broken: ReturnType<typeof brokenPrice>,
  bookedDay: number,
): string {
  const journeys = offer.legs.map((leg, index) => {
    const segments = leg.segments.map((_, at) => `<air:AirSegmentRef Key="${lists.segment(offer, index, at)}"/>`);
    return `<air:Journey TravelTime="${travelTime(leg.itinerary.minutes)}">${segments.join('')}</air:Journey>`;
  });
  const infos = request.travellers.map((travellers) => {
    const fare = fareOf(offer, travellers);
    const references = offer.legs.map((_, index) => lists.fare(offer, index, travellers));
    const booked = references.map((reference, index) => bookings(lists, offer, index, reference, true));
    return `<air:AirPricingInfo Key="${lists.nextKey()}"${prices(fare, offer.currency, offer, broken)}${pricingAttributes(offer, ticketBy(offer, bookedDay))} Cat35Indicator="false">${references.map(fareReference).join('')}${booked.join('')}${taxInfos(fare, offer.currency)}${fareCalculation(offer, fare)}${passengerTypes(travellers)}${penalties(offer, fare)}</air:AirPricingInfo>`;
  });
  let before = 0;
  const changes = offer.legs.map((leg) => {
    const own = connections(leg, before);
    before += leg.segments.length;
    return own;
  });
  return `<air:AirPricingSolution Key="${lists.nextKey()}"${prices(offer, offer.currency, offer, broken)}>${journeys.join('')}${offer.legs.map((_, index) => `<air:LegRef Key="${lists.leg(index)}"/>`).join('')}${infos.join('')}${changes.join('')}</air:AirPricingSolution>`;
}

function fareReference(key: string): string {
  return `<air:FareInfoRef Key="${key}"/>`;
}

function bookings(lists: Lists, offer: FlightOffer, index: number, reference: string, counts: boolean): string {
  const leg = offer.legs[index]!;
  return leg.segments
    .map((segment, at) => {
      const count = counts ? ` BookingCount="${9 - segment.flight.demand * 3}"` : '';
      return `<air:BookingInfo BookingCode="${bookingCode(offer, leg, segment)}"${count} CabinClass="${cabinNames[segment.cabin]}" FareInfoRef="${reference}" SegmentRef="${lists.segment(offer, index, at)}"/>`;
    })
    .join('');
}

/** After which segments of the journey the traveller changes. */
function connections(leg: SoldLeg, before: number): string {
  return leg.segments
    .slice(1)
    .map((_, index) => `<air:Connection SegmentIndex="${before + index}"/>`)
    .join('');
}

/** The lists that prices refer to by key, filled as the prices are written. */
class Lists {
  readonly #request: LowFareRequest;
  readonly #effective: string;
  readonly #segments = new Map<string, string>();
  readonly #details: string[] = [];
  readonly #fares = new Map<string, { key: string; xml: string }>();
  readonly #brands = new Map<string, string>();
  #keys = 0;

  constructor(request: LowFareRequest, bookedDay: number) {
    this.#request = request;
    this.#effective = `${dateOf(bookedDay)}T00:00:00.000+00:00`;
  }

  nextKey(): string {
    const key = Buffer.alloc(16);
    key.write('twin');
    key.writeUInt32BE(++this.#keys, 12);
    return key.toString('base64');
  }

  leg(index: number): string {
    return Buffer.from(`leg ${index} of trip.`.padEnd(16)).toString('base64');
  }

  segment(offer: FlightOffer, index: number, at: number): string {
    const leg = offer.legs[index]!;
    const segment = leg.segments[at]!;
    const key = segmentKey(segment, index);
    if (!this.#segments.has(key)) {
      const { flight } = segment;
      const details = this.nextKey();
      this.#details.push(
        `<air:FlightDetails Key="${details}" ${flightTimes(flight)} TravelTime="${leg.itinerary.minutes}" Equipment="${flight.aircraft}"${terminals(flight)}/>`,
      );
      const seats = offer.family.classes.map((letter, rank) => `${letter}${rank < flight.demand ? 0 : 9}`).join('|');
      this.#segments.set(
        key,
        `<air:AirSegment Key="${key}" Group="${index}" Carrier="${segment.carrier}" FlightNumber="${segment.number}" ${flightTimes(flight)} Distance="${Math.round(flight.km / mile)}" ETicketability="Yes" Equipment="${flight.aircraft}" ChangeOfPlane="false" ParticipantLevel="Secure Sell" LinkAvailability="true" PolledAvailabilityOption="Polled avail used" OptionalServicesIndicator="false" AvailabilitySource="${isCodeshare(segment) ? 'A' : 'S'}" AvailabilityDisplayType="Fare Shop/Optimal Shop">${codeshareInfo(segment, false)}<air:AirAvailInfo ProviderCode="1G"><air:BookingCodeInfo BookingCounts="${seats}"/></air:AirAvailInfo><air:FlightDetailsRef Key="${details}"/></air:AirSegment>`,
      );
    }
    return key;
  }

  fare(offer: FlightOffer, index: number, travellers: LowFareRequest['travellers'][number]): string {
    const leg = offer.legs[index]!;
    const ends = `${leg.itinerary.flights[0]!.origin}${leg.itinerary.flights.at(-1)!.destination}`;
    const name = `${index}${ends}|${leg.fareBasis}|${offer.journey.carrier}|${travellers.code}${travellers.age}|${leg.base[travellers.kind]}`;
    let known = this.#fares.get(name);
    if (known === undefined) {
      const key = this.nextKey();
      const brandId = `${100_000 + ((offer.journey.carrier.charCodeAt(0) * 91 + offer.journey.carrier.charCodeAt(1)) * 37 + offer.family.factor * 100)}`;
      if (isBranded(offer)) this.#brands.set(brandId, brandElement(offer, brandId));
      known = { key, xml: fareInfo(key, offer, leg, travellers, this.#effective, brandId, false) };
      this.#fares.set(name, known);
    }
    return known.key;
  }

  beforePrices(): string {
    const fares = [...this.#fares.values()].map(({ xml }) => xml).join('');
    const legs = this.#request.legs.map(
      ({ origin, destination }, index) =>
        `<air:Leg Key="${this.leg(index)}" Group="${index}" Origin="${origin}" Destination="${destination}"/>`,
    );
    return `<air:FlightDetailsList>${this.#details.join('')}</air:FlightDetailsList><air:AirSegmentList>${[...this.#segments.values()].join('')}</air:AirSegmentList><air:FareInfoList>${fares}</air:FareInfoList><air:RouteList><air:Route Key="${this.nextKey()}">${legs.join('')}</air:Route></air:RouteList>`;
  }

  afterPrices(): string {
    return this.#brands.size === 0 ? '' : `<air:BrandList>${[...this.#brands.values()].join('')}</air:BrandList>`;
  }
}

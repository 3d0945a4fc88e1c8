import { minorPerUnit } from '../money.ts';
import { type Scenario, verifyFate } from '../scenario.ts';
import type { World } from '../world.ts';
import { findAirport } from './airports.ts';
import { type FareFamily, familyOfClass } from './fares.ts';
import { itineraryOf } from './itineraries.ts';
import { journeyOf } from './journeys.ts';
import type { Flight } from './network.ts';
import { type FlightOffer, type FlightSeller, journeyFamilies, priceOffer, reprice } from './offers.ts';
import { offerKey } from './shop.ts';
import type { PassengerKind } from './taxes.ts';

/** A flight as named by who asks for its price. */
export interface QuotedSegment {
  /** Segments of a leg have the same, one after the other. */
  readonly group: string;
  readonly carrier: string;
  readonly number: number;
  readonly origin: string;
  readonly destination: string;
  /** Local day of departure. */
  readonly day: number;
  readonly bookingClass: string | undefined;
  readonly fareBasis: string | undefined;
}

/** What is to be priced. */
export interface Quote {
  readonly segments: readonly QuotedSegment[];
  /** One entry a traveller. */
  readonly passengers: readonly PassengerKind[];
  /** Only the fare that was asked for; otherwise also the next dearer of its cabin. */
  readonly exact: boolean;
}

/**
 * What segments cost now, the fare that was asked for first; undefined where a flight does not exist, is full, or has no
 * such fare.
 */
export function quoteSegments(
  world: World,
  seller: FlightSeller & { readonly scenario: Scenario },
  quote: Quote,
  bookedDay: number,
): readonly FlightOffer[] | undefined {
  const legs = [...Map.groupBy(quote.segments, ({ group }) => group).values()];
  const flights = legs.map((segments) => segments.map((segment) => flightOf(world, segment)));
  if (flights.some((leg) => leg.includes(undefined))) return undefined;
  const journey = journeyOf((flights as Flight[][]).map(itineraryOf));
  const families = journeyFamilies(journey);
  const asked = familyAsked(quote.segments, flights.flat() as Flight[]);
  if (asked !== undefined && !families.includes(asked)) return undefined;
  const wanted = asked ?? families[0]!;
  const dearer = families.find((family) => family.cabin === wanted.cabin && family.factor > wanted.factor);
  const codeshare = quote.segments.some((segment, at) => segment.carrier !== flights.flat()[at]!.carrier);
  const offers: FlightOffer[] = [];
  for (const family of quote.exact || dearer === undefined ? [wanted] : [wanted, dearer]) {
    const unpriced = { index: offers.length, journey, family, codeshare };
    const offer = priceOffer(world.seed, seller, quote.passengers, bookedDay, unpriced);
    const fate = verifyFate(seller.scenario, world.seed, seller.name, offerKey(offer));
    if (fate.soldOut && family === wanted) return undefined;
    if (!soldAsAsked(offer, quote.segments)) return undefined;
    offers.push(reprice(offer, fate.factor, seller.wholeUnits ? minorPerUnit(seller.currency) : 1));
  }
  return offers;
}

function flightOf(world: World, segment: QuotedSegment): Flight | undefined {
  const origin = findAirport(segment.origin);
  const destination = findAirport(segment.destination);
  if (origin === undefined || destination === undefined) return undefined;
  return world.network
    .flightsOn(origin, destination, segment.day)
    .find(
      (flight) =>
        (flight.carrier === segment.carrier && flight.number === segment.number) ||
        flight.codeshares.some(({ carrier, number }) => carrier === segment.carrier && number === segment.number),
    );
}

/** The family behind the fare basis or, where none is given, the class on the longest flight. */
function familyAsked(segments: readonly QuotedSegment[], flights: readonly Flight[]): FareFamily | undefined {
  let longest = 0;
  for (const [at, flight] of flights.entries()) if (flight.km > flights[longest]!.km) longest = at;
  const bookingClass = segments[longest]!.fareBasis?.[0] ?? segments[longest]!.bookingClass;
  return bookingClass === undefined ? undefined : familyOfClass(bookingClass);
}

/** Whether the seller sells the flights under the numbers that were asked for. */
function soldAsAsked(offer: FlightOffer, segments: readonly QuotedSegment[]): boolean {
  const sold = offer.legs.flatMap((leg) => leg.segments);
  return segments.every(({ carrier, number }, at) => sold[at]!.carrier === carrier && sold[at]!.number === number);
}

import { minorPerUnit, toMinor } from '../money.ts';
import { fractionOf } from '../random.ts';
import { kilometres } from './airports.ts';
import { carrierOf } from './carriers.ts';
import { baseFare, brandName, type Cabin, cabinOn, demandOf, type FareFamily, familiesOf, fareBasis } from './fares.ts';
import type { Itinerary, Timetable } from './itineraries.ts';
import { type Journey, journeysOf, type Leg } from './journeys.ts';
import { airportOf, type Flight } from './network.ts';
import { type PassengerKind, taxesOf } from './taxes.ts';

/** What is asked of a seller of flights, in no partner's words. */
export interface FlightSearch {
  readonly legs: readonly Leg[];
  /** One entry a traveller. */
  readonly passengers: readonly PassengerKind[];
  /** Only fares in this cabin; absent for all. */
  readonly cabin?: Cabin;
  /** Most changes on one leg. */
  readonly maxChanges?: number;
}

/** How a seller of flights differs from the others. */
export interface FlightSeller {
  readonly name: string;
  /** Part of what decides which itineraries it sells. */
  readonly salt: string;
  /** Share of the itineraries of network carriers that it sells, 0 to 1. */
  readonly coverage: number;
  /** The same for low-cost carriers. */
  readonly lowCostCoverage: number;
  /** Share of itineraries with codeshares that are also sold under a partner's number, 0 to 1. */
  readonly codeshareShare: number;
  /** Multiplies base fares: 0.5 to 2. */
  readonly margin: number;
  /** ISO 4217. */
  readonly currency: string;
  /** Base fares in whole units of the currency, as GDS fares are. */
  readonly wholeUnits: boolean;
  /** At most this many offers an answer. */
  readonly maxOffers: number;
}

/** A flight under the number that it is sold as. */
export interface SoldSegment {
  readonly flight: Flight;
  /** Marketing carrier and number. */
  readonly carrier: string;
  readonly number: number;
  /** Whether the seller says under which number the operating carrier flies. */
  readonly operatingNumberKnown: boolean;
  readonly cabin: Cabin;
}

/** One leg of an offer. */
export interface SoldLeg {
  readonly itinerary: Itinerary;
  readonly segments: readonly SoldSegment[];
  readonly bookingClass: string;
  readonly fareBasis: string;
  /** Base fare by kind of passenger, of one of them, minor units. */
  readonly base: Readonly<Partial<Record<PassengerKind, number>>>;
}

/** What one kind of passengers pays, each; minor units. */
export interface PassengerFare {
  readonly kind: PassengerKind;
  readonly count: number;
  readonly base: number;
  readonly taxes: readonly { readonly code: string; readonly minor: number }[];
  readonly tax: number;
  readonly total: number;
}

/** A journey as a seller sells it: with a fare, at a price. */
export interface FlightOffer {
  /** Place in the seller's answer; the same for the same search on the same day. */
  readonly index: number;
  readonly journey: Journey;
  readonly family: FareFamily;
  readonly brand: string;
  /** Carrier that sells it. */
  readonly owner: string;
  readonly legs: readonly SoldLeg[];
  readonly fares: readonly PassengerFare[];
  readonly currency: string;
  /** For all passengers, minor units; total is base and tax. */
  readonly base: number;
  readonly tax: number;
  readonly total: number;
  /** Sold under a partner's number. */
  readonly codeshare: boolean;
}

/** Children pay most of a fare, infants on a lap a tenth. */
const kindFactor: Readonly<Record<PassengerKind, number>> = { adult: 1, child: 0.75, infant: 0.1 };

/** What a seller offers for a search, booked on a day (days since 1970). */
export function flightOffers(
  seed: number,
  timetable: Timetable,
  seller: FlightSeller,
  search: FlightSearch,
  bookedDay: number,
): FlightOffer[] {
  const journeys = journeysOf(timetable, search.legs).filter((journey) =>
    journey.itineraries.every(
      (itinerary) =>
        itinerary.flights.length - 1 <= (search.maxChanges ?? 9) && sells(seed, seller, itinerary, search.legs.length),
    ),
  );
  const wanted: { journey: Journey; family: FareFamily; rank: number; codeshare: boolean }[] = [];
  for (const journey of journeys) {
    const families = journeyFamilies(journey).filter((family) => !search.cabin || family.cabin === search.cabin);
    for (const [rank, family] of families.entries()) {
      wanted.push({ journey, family, rank, codeshare: false });
      const cheapest = rank === 0;
      if (cheapest && sharesFlight(journey) && draw(seed, seller, 'codeshare', journey.id) < seller.codeshareShare) {
        wanted.push({ journey, family, rank, codeshare: true });
      }
    }
  }
  // The cheapest fare of every journey comes before the second of any, so that a cut answer still has all journeys.
  wanted.sort((a, b) => a.rank - b.rank);
  return wanted
    .slice(0, seller.maxOffers)
    .map(({ journey, family, codeshare }, index) =>
      priceOffer(seed, seller, search.passengers, bookedDay, { index, journey, family, codeshare }),
    );
}

/** What an offer is before it has a price. */
export interface UnpricedOffer {
  readonly index: number;
  readonly journey: Journey;
  readonly family: FareFamily;
  readonly codeshare: boolean;
}

/** Prices a journey in a fare for passengers, on a day of booking. */
export function priceOffer(
  seed: number,
  seller: FlightSeller,
  passengers: readonly PassengerKind[],
  bookedDay: number,
  offer: UnpricedOffer,
): FlightOffer {
  const { journey, family } = offer;
  const kinds = [...new Set(passengers)];
  const legs = journey.itineraries.map((itinerary) => sellLeg(seed, seller, itinerary, offer, bookedDay, kinds));
  const fares = kinds.map((kind) => {
    const base = legs.reduce((sum, leg) => sum + leg.base[kind]!, 0);
    const taxes = addTaxes(seed, journey, kind, seller.currency);
    const tax = taxes.reduce((sum, each) => sum + each.minor, 0);
    return { kind, count: passengers.filter((each) => each === kind).length, base, taxes, tax, total: base + tax };
  });
  const sum = (of: (fare: PassengerFare) => number): number =>
    fares.reduce((all, fare) => all + of(fare) * fare.count, 0);
  const owner = offer.codeshare ? legs[0]!.segments.find(isCodeshare)!.carrier : journey.carrier;
  return {
    ...offer,
    brand: brandName(journey.carrier, family),
    owner,
    legs,
    fares,
    currency: seller.currency,
    base: sum((fare) => fare.base),
    tax: sum((fare) => fare.tax),
    total: sum((fare) => fare.total),
  };
}

/** The offer at another price: every traveller's total is multiplied, taxes stay. */
export function reprice(offer: FlightOffer, factor: number, unit: number): FlightOffer {
  if (factor === 1) return offer;
  const fares = offer.fares.map((fare) => {
    const base = Math.max(0, Math.round((fare.total * factor - fare.tax) / unit) * unit);
    return { ...fare, base, total: base + fare.tax };
  });
  const legs = offer.legs.map((leg, index) => {
    const base: Partial<Record<PassengerKind, number>> = {};
    for (const [at, fare] of fares.entries()) {
      const rest = offer.legs
        .slice(1)
        .map((other) => Math.round((other.base[fare.kind]! * fare.base) / offer.fares[at]!.base));
      base[fare.kind] = index === 0 ? fare.base - rest.reduce((sum, part) => sum + part, 0) : rest[index - 1]!;
    }
    return { ...leg, base };
  });
  const base = fares.reduce((sum, fare) => sum + fare.base * fare.count, 0);
  return { ...offer, fares, legs, base, total: base + offer.tax };
}

/** Whether a segment is sold under another carrier's number than it flies. */
export function isCodeshare(segment: SoldSegment): boolean {
  return segment.carrier !== segment.flight.carrier;
}

/** The fares that fit a journey, the cheapest first. */
export function journeyFamilies(journey: Journey): readonly FareFamily[] {
  const km = Math.max(...journey.itineraries.map(legKilometres));
  const budget = journey.itineraries.find((itinerary) => carrierOf(itinerary.carrier)!.kind === 'lowcost');
  return familiesOf(budget?.carrier ?? journey.carrier, km);
}

function legKilometres(itinerary: Itinerary): number {
  return kilometres(airportOf(itinerary.flights[0]!.origin), airportOf(itinerary.flights.at(-1)!.destination));
}

/**
 * Whether the seller has the itinerary. Of journeys with several legs it has as large a share as of those with one, and
 * what it sells one way it also sells as a part of them.
 */
function sells(seed: number, seller: FlightSeller, itinerary: Itinerary, legs: number): boolean {
  const share = carrierOf(itinerary.carrier)!.kind === 'lowcost' ? seller.lowCostCoverage : seller.coverage;
  return draw(seed, seller, 'sells', itinerary.id) < share ** (1 / legs);
}

function sharesFlight(journey: Journey): boolean {
  return journey.itineraries[0]!.flights.some((flight) => flight.codeshares.length > 0);
}

function draw(seed: number, seller: FlightSeller, what: string, of: string): number {
  return fractionOf(`${seed}|${seller.salt}|${what}|${of}`);
}

function sellLeg(
  seed: number,
  seller: FlightSeller,
  itinerary: Itinerary,
  offer: UnpricedOffer,
  bookedDay: number,
  kinds: readonly PassengerKind[],
): SoldLeg {
  const { family } = offer;
  const first = itinerary.flights[0]!;
  const day = Math.floor((first.departs + first.departureOffset * 60_000) / 86_400_000);
  const bookingClass = family.classes[demandOf(itinerary)];
  const cents = baseFare(seed, itinerary, family, Math.max(0, day - bookedDay)) * seller.margin;
  const base: Partial<Record<PassengerKind, number>> = {};
  for (const kind of kinds) {
    // A partner's number costs a little more: the same seat is in two inventories.
    const minor = toMinor(cents * kindFactor[kind] * (offer.codeshare ? 1.02 : 1), seller.currency);
    const unit = seller.wholeUnits ? minorPerUnit(seller.currency) : 1;
    base[kind] = Math.ceil(minor / unit) * unit;
  }
  return {
    itinerary,
    segments: itinerary.flights.map((flight) => sellFlight(flight, itinerary, offer)),
    bookingClass,
    fareBasis: fareBasis(itinerary.carrier, family, bookingClass, day),
    base,
  };
}

function sellFlight(flight: Flight, itinerary: Itinerary, offer: UnpricedOffer): SoldSegment {
  const first = offer.journey.itineraries[0] === itinerary;
  const share = offer.codeshare && first ? flight.codeshares[0] : undefined;
  return {
    flight,
    carrier: share?.carrier ?? flight.carrier,
    number: share?.number ?? flight.number,
    operatingNumberKnown: share === undefined || share.number % 3 !== 0,
    cabin: cabinOn(offer.family, flight.km),
  };
}

function addTaxes(
  seed: number,
  journey: Journey,
  kind: PassengerKind,
  currency: string,
): { code: string; minor: number }[] {
  const sums = new Map<string, number>();
  for (const itinerary of journey.itineraries) {
    for (const { code, cents } of taxesOf(seed, itinerary, kind)) {
      sums.set(code, (sums.get(code) ?? 0) + toMinor(cents, currency));
    }
  }
  return [...sums].map(([code, minor]) => ({ code, minor }));
}

import { dayOf, dayOfEpoch } from '../dates.ts';
import { resolvePlace } from '../flights/airports.ts';
import type { Cabin } from '../flights/fares.ts';
import type { FlightSearch } from '../flights/offers.ts';
import type { Quote, QuotedSegment } from '../flights/quote.ts';
import type { PassengerKind } from '../flights/taxes.ts';
import { isWorldCurrency } from '../money.ts';
import { type AmadeusError, invalidFormat } from './amadeus-errors.ts';

/** A search for flight offers. */
export interface AmadeusSearch extends FlightSearch {
  readonly currency: string | undefined;
  /** Offers in the answer: 1 to 250. */
  readonly max: number;
}

const cabinOf: Readonly<Record<string, Cabin>> = {
  ECONOMY: 'economy',
  PREMIUM_ECONOMY: 'premium_economy',
  BUSINESS: 'business',
  FIRST: 'first',
};

/** Amadeus' words for who travels: an infant is held. */
export const travelerTypes: Readonly<Record<PassengerKind, string>> = {
  adult: 'ADULT',
  child: 'CHILD',
  infant: 'HELD_INFANT',
};

/** Reads the parameters of a search; the first that is wrong is what is answered. */
export function readSearch(query: URLSearchParams, now: number): AmadeusSearch | { readonly error: AmadeusError } {
  for (const name of ['originLocationCode', 'destinationLocationCode', 'departureDate', 'adults']) {
    if (query.has(name)) continue;
    const detail = 'A parameter that every search needs is missing';
    return { error: { status: 400, code: 32171, title: 'MANDATORY DATA MISSING', detail, parameter: name } };
  }
  const places = ['originLocationCode', 'destinationLocationCode'] as const;
  for (const name of places) {
    if (!/^[A-Z]{3}$/.test(query.get(name)!) || resolvePlace(query.get(name)!) === undefined) {
      return { error: invalidFormat(name, 'It has to be the IATA code of a city or an airport') };
    }
  }
  const [origin, destination] = places.map((name) => query.get(name)!) as [string, string];
  const legs = [];
  let earliest = dayOfEpoch(now) - 1;
  for (const name of ['departureDate', 'returnDate']) {
    const text = query.get(name);
    if (text === null) continue;
    const day = dayOf(text);
    if (day === undefined) return { error: invalidFormat(name, 'It has to be a date: YYYY-MM-DD') };
    if (day < earliest) {
      const detail = 'The date is in the past or before the one of departure';
      return { error: { status: 400, code: 425, title: 'INVALID DATE', detail, parameter: name } };
    }
    earliest = day;
    legs.push(
      name === 'departureDate' ? { origin, destination, day } : { origin: destination, destination: origin, day },
    );
  }
  const travellers = readTravellers(query);
  if ('error' in travellers) return travellers;
  const travelClass = query.get('travelClass');
  if (travelClass !== null && cabinOf[travelClass] === undefined) {
    return { error: invalidFormat('travelClass', `It has to be one of ${Object.keys(cabinOf).join(', ')}`) };
  }
  const nonStop = query.get('nonStop') ?? 'false';
  if (nonStop !== 'true' && nonStop !== 'false') {
    return { error: invalidFormat('nonStop', 'It has to be true or false') };
  }
  const currency = query.get('currencyCode') ?? undefined;
  if (currency !== undefined && !isWorldCurrency(currency)) {
    return { error: invalidFormat('currencyCode', 'It has to be an ISO 4217 code') };
  }
  const max = Number(query.get('max') ?? 250);
  if (!Number.isInteger(max) || max < 1 || max > 250) {
    return { error: invalidFormat('max', 'It has to be from 1 to 250') };
  }
  return {
    legs,
    passengers: travellers.passengers,
    ...(travelClass === null ? {} : { cabin: cabinOf[travelClass]! }),
    ...(nonStop === 'true' ? { maxChanges: 0 } : {}),
    currency,
    max,
  };
}

function readTravellers(
  query: URLSearchParams,
): { readonly passengers: readonly PassengerKind[] } | { readonly error: AmadeusError } {
  const counts = { adults: 0, children: 0, infants: 0 };
  for (const name of ['adults', 'children', 'infants'] as const) {
    const text = query.get(name) ?? '0';
    if (!/^\d$/.test(text) || (name === 'adults' && text === '0')) {
      return { error: invalidFormat(name, `It has to be from ${name === 'adults' ? 1 : 0} to 9`) };
    }
    counts[name] = Number(text);
  }
  const { adults, children, infants } = counts;
  if (adults + children > 9) return { error: invalidFormat('adults', 'At most nine travellers with a seat') };
  if (infants > adults) return { error: invalidFormat('infants', 'At most one infant with every adult') };
  const times = (count: number, kind: PassengerKind) => Array.from({ length: count }, () => kind);
  return { passengers: [...times(adults, 'adult'), ...times(children, 'child'), ...times(infants, 'infant')] };
}

/** An offer that was sent back, with what the twin knows it by. */
export interface SentOffer extends Quote {
  readonly id: string;
  readonly currency: string;
}

interface SentJson {
  readonly id?: unknown;
  readonly price?: { readonly currency?: unknown };
  readonly itineraries?: readonly { readonly segments?: readonly SentSegment[] }[];
  readonly travelerPricings?: readonly {
    readonly travelerType?: unknown;
    readonly fareDetailsBySegment?: readonly {
      readonly segmentId?: unknown;
      readonly fareBasis?: unknown;
      readonly class?: unknown;
    }[];
  }[];
}

interface SentSegment {
  readonly id?: unknown;
  readonly carrierCode?: unknown;
  readonly number?: unknown;
  readonly departure?: { readonly iataCode?: unknown; readonly at?: unknown };
  readonly arrival?: { readonly iataCode?: unknown };
}

const kindOf = new Map(Object.entries(travelerTypes).map(([kind, type]) => [type, kind as PassengerKind]));

/** Reads a flight offer as it was given; undefined for anything else. */
export function readOffer(value: unknown): SentOffer | undefined {
  const { id, price, itineraries, travelerPricings } = (value ?? {}) as SentJson;
  const currency = price?.currency;
  if (typeof id !== 'string' || typeof currency !== 'string' || !isWorldCurrency(currency)) return undefined;
  if (!Array.isArray(itineraries) || !Array.isArray(travelerPricings)) return undefined;
  const fares = travelerPricings[0]?.fareDetailsBySegment;
  const segments: QuotedSegment[] = [];
  for (const [index, itinerary] of itineraries.entries()) {
    for (const segment of Array.isArray(itinerary?.segments) ? itinerary.segments : []) {
      const read = readSegment(segment, `${index}`, Array.isArray(fares) ? fares : []);
      if (read === undefined) return undefined;
      segments.push(read);
    }
  }
  const passengers = travelerPricings.map((each) => kindOf.get(`${each?.travelerType}`));
  if (segments.length === 0 || passengers.length === 0 || passengers.includes(undefined)) return undefined;
  return { id, currency, segments, passengers: passengers as PassengerKind[], exact: true };
}

function readSegment(
  segment: SentSegment | null,
  group: string,
  fares: NonNullable<NonNullable<SentJson['travelerPricings']>[number]['fareDetailsBySegment']>,
): QuotedSegment | undefined {
  const texts = [segment?.carrierCode, segment?.number, segment?.departure?.iataCode, segment?.arrival?.iataCode];
  const [carrier, number, origin, destination] = texts.map((text) => (typeof text === 'string' ? text : ''));
  const day = dayOf(`${segment?.departure?.at}`.slice(0, 10));
  if (!carrier || !origin || !destination || day === undefined || !/^\d{1,4}$/.test(number!)) return undefined;
  const fare = fares.find((each) => each?.segmentId === segment?.id);
  const text = (of: unknown): string | undefined => (typeof of === 'string' ? of : undefined);
  return {
    group,
    carrier,
    number: Number(number),
    origin,
    destination,
    day,
    bookingClass: text(fare?.class),
    fareBasis: text(fare?.fareBasis),
  };
}

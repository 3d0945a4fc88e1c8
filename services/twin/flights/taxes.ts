import { fractionOf } from '../random.ts';
import { carrierOf } from './carriers.ts';
import type { Itinerary } from './itineraries.ts';
import { airportOf, type Flight } from './network.ts';

/** Kinds of passengers that fares and taxes tell apart. */
export type PassengerKind = 'adult' | 'child' | 'infant';

/** One tax or charge of one passenger, in euro cents. */
export interface Tax {
  /** Two-character code as on tickets: "GB", "YQ". */
  readonly code: string;
  readonly cents: number;
}

/** Departure duties by country that depend on distance and spare children: code, short haul, long haul (euro cents). */
const duties: Readonly<Record<string, readonly [string, number, number]>> = {
  GB: ['GB', 1530, 10340],
  DE: ['OY', 1573, 7185],
  FR: ['FR', 740, 4000],
  AT: ['QD', 1200, 1200],
  US: ['US', 470, 2040],
  AU: ['AU', 0, 4240],
};

/** What governments, airports and the carrier add to a fare in one direction, for one passenger; codes are distinct. */
export function taxesOf(seed: number, itinerary: Itinerary, kind: PassengerKind): Tax[] {
  const taxes = new Map<string, number>();
  const add = (code: string, cents: number): void => {
    if (cents > 0) taxes.set(code, (taxes.get(code) ?? 0) + cents);
  };
  let surcharge = 0;
  for (const flight of itinerary.flights) {
    const country = airportOf(flight.origin).country;
    const duty = duties[country];
    const begins = flight === itinerary.flights[0];
    if (duty !== undefined && begins && kind === 'adult') add(duty[0], duty[flightIsLong(flight) ? 2 : 1]);
    if (kind === 'infant') continue;
    const airport = charges(seed, flight.origin, country);
    add(airport.security, airport.securityCents);
    if (begins || airport.transfers) add(airport.passenger, airport.passengerCents);
    surcharge += carrierOf(flight.carrier)!.kind === 'network' ? 600 + Math.round(flight.km * 1.9) : 0;
  }
  add(carrierOf(itinerary.carrier)!.size >= 4 ? 'YQ' : 'YR', surcharge);
  return [...taxes].map(([code, cents]) => ({ code, cents }));
}

function flightIsLong(flight: Flight): boolean {
  return flight.km > 3500;
}

interface AirportCharges {
  readonly passenger: string;
  readonly passengerCents: number;
  readonly security: string;
  readonly securityCents: number;
  readonly transfers: boolean;
}

const known = new Map<string, AirportCharges>();

function charges(seed: number, airport: string, country: string): AirportCharges {
  const key = `${seed}|${airport}`;
  let found = known.get(key);
  if (found === undefined) {
    const passenger = fractionOf(`${key}|passenger`);
    const security = fractionOf(`${key}|security`);
    found = {
      passenger: codeOf(country, 0),
      passengerCents: 500 + Math.round(passenger * 2600),
      security: codeOf(country, 1),
      securityCents: 180 + Math.round(security * 900),
      transfers: passenger < 0.4,
    };
    known.set(key, found);
  }
  return found;
}

/** Codes of a country: its letters with one changed, so that they differ from the duties' own. */
function codeOf(country: string, which: number): string {
  const letters = which === 0 ? 'XZUQ' : 'WDEJ';
  return `${letters[country.charCodeAt(1) % 4]}${country[0] === 'Y' ? 'K' : country[0]}`;
}

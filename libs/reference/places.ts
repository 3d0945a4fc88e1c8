import tzLookup from '@photostructure/tz-lookup';
import { airportRows, currentName, zoneOfAirport } from './airports.ts';
import { cityRows } from './cities.ts';
import { distanceKm } from './geo.ts';

/** Somewhere that an IATA code means. */
export interface Place {
  /** The IATA code. */
  readonly code: string;
  readonly kind: 'airport' | 'city';
  /** "London Heathrow Airport", "London". */
  readonly name: string;
  /** ISO 3166-1 alpha-2 code. */
  readonly country: string;
  /** IANA zone: "Europe/London". */
  readonly timeZone: string;
  /** Degrees north. */
  readonly latitude: number;
  /** Degrees east. */
  readonly longitude: number;
  /** IATA codes of the airports, the largest first; of an airport: itself. */
  readonly airports: readonly string[];
}

let cities: Map<string, Place> | undefined;
const places = new Map<string, Place | undefined>();
const zones = new Map<string, string | undefined>();

/**
 * The airport or metropolitan area of an IATA code. A code that means both ("BKK") is the airport here, except IEV,
 * which is Kyiv. Airports are those with a known position: large and medium ones, about 4,500.
 */
export function findPlace(iata: string): Place | undefined {
  if (!/^[A-Z]{3}$/.test(iata)) return undefined;
  if (places.has(iata)) return places.get(iata);
  const place = (iata === 'IEV' ? undefined : airportPlace(iata)) ?? findCity(iata);
  places.set(iata, place);
  return place;
}

/** The city of a code, also where findPlace says airport ("BKK"); a search for places to stay starts in its middle. */
export function findCity(iata: string): Place | undefined {
  cities ??= new Map(
    cityRows().map((row) => [
      row.code,
      { ...row, kind: 'city', timeZone: airportZone(row.airports[0]!) ?? zoneAt(row.latitude, row.longitude) },
    ]),
  );
  return cities.get(iata);
}

/** The IANA zone of an airport, also of small ones whose position is not known; undefined for an unknown code. */
export function airportZone(iata: string): string | undefined {
  if (zones.has(iata)) return zones.get(iata);
  if (!/^[A-Z]{3}$/.test(iata)) return undefined;
  const zone = zoneOfAirport(iata);
  zones.set(iata, zone);
  return zone;
}

/**
 * The IANA zone at a position, within a few kilometres of a border; at sea the nautical one ("Etc/GMT+3").
 *
 * @throws RangeError when the position is none
 */
export function zoneAt(latitude: number, longitude: number): string {
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
    throw new RangeError(`no position: ${latitude}, ${longitude}`);
  }
  return currentName(tzLookup(latitude, longitude));
}

/**
 * Names of the cities, and of the places with an airport, within a distance of a position, each once. Looks at every
 * airport: remember what it says.
 */
export function placeNamesNear(latitude: number, longitude: number, km: number): string[] {
  const names = new Set<string>();
  const add = (row: { latitude: number; longitude: number }, name: string): void => {
    if (name !== '' && distanceKm(latitude, longitude, row.latitude, row.longitude) <= km) names.add(name);
  };
  // Where no town is known, the airport's name is the place's.
  for (const row of airportRows().values()) add(row, row.municipality || row.name);
  for (const row of cityRows()) add(row, row.name);
  return [...names];
}

function airportPlace(iata: string): Place | undefined {
  const row = airportRows().get(iata);
  const timeZone = row && airportZone(iata);
  if (row === undefined || timeZone === undefined) return undefined;
  return {
    code: row.code,
    kind: 'airport',
    name: row.name,
    country: row.country,
    timeZone,
    latitude: row.latitude,
    longitude: row.longitude,
    airports: [row.code],
  };
}

import { LRUCache } from 'lru-cache';
import { airportRows } from '../../../libs/reference/airports.ts';
import { cityRows } from '../../../libs/reference/cities.ts';
import { airportZone, distanceKm, findCity, findPlace, type Place } from '../../../libs/reference/index.ts';
import { carriersAtHub } from './carriers.ts';

/** An airport with the city that it serves. */
export interface Airport {
  readonly code: string;
  readonly name: string;
  readonly country: string;
  readonly timeZone: string;
  readonly latitude: number;
  readonly longitude: number;
  /** IATA code of the city: "LON" of LHR; its own code where the city has none. */
  readonly cityCode: string;
  readonly cityName: string;
}

const airports = new Map<string, Airport | undefined>();
let cityOfAirport: Map<string, { readonly code: string; readonly name: string }> | undefined;

/** The airport of a code; undefined for codes of cities alone and for unknown ones. */
export function findAirport(code: string): Airport | undefined {
  if (!airports.has(code)) airports.set(code, makeAirport(code));
  return airports.get(code);
}

function makeAirport(code: string): Airport | undefined {
  const row = airportRows().get(code);
  const timeZone = row && airportZone(code);
  if (row === undefined || timeZone === undefined) return undefined;
  cityOfAirport ??= new Map(
    cityRows().flatMap((city) =>
      city.airports.map((airport) => [airport, { code: city.code, name: city.name }] as const),
    ),
  );
  const city = cityOfAirport.get(code);
  return {
    code,
    name: row.name,
    country: row.country,
    timeZone,
    latitude: row.latitude,
    longitude: row.longitude,
    cityCode: city?.code ?? code,
    cityName: city?.name ?? (row.municipality || row.name),
  };
}

/** What a searched code means: a city where it means both, as sellers take it, and the airports looked at (3 at most). */
export function resolvePlace(
  code: string,
): { readonly place: Place; readonly airports: readonly Airport[] } | undefined {
  const place = findCity(code) ?? findPlace(code);
  if (place === undefined) return undefined;
  const found: Airport[] = [];
  for (const airport of place.airports) {
    const known = findAirport(airport);
    if (known !== undefined) found.push(known);
    if (found.length === 3) break;
  }
  return found.length === 0 ? undefined : { place, airports: found };
}

const distances = new LRUCache<string, number>({ max: 50_000 });

/** Great-circle kilometres between two airports. */
export function kilometres(a: Airport, b: Airport): number {
  const key = a.code < b.code ? a.code + b.code : b.code + a.code;
  let known = distances.get(key);
  if (known === undefined) {
    known = distanceKm(a.latitude, a.longitude, b.latitude, b.longitude);
    distances.set(key, known);
  }
  return known;
}

/** How much traffic an airport draws: 3 a large carrier's base, 2 a base, 1 of a city with a code of its own, 0 other. */
export function popularity(airport: Airport): number {
  const based = carriersAtHub.get(airport.code);
  if (based !== undefined) return based.some((carrier) => carrier.size >= 4) ? 3 : 2;
  return airport.cityCode === airport.code ? 0 : 1;
}

let bases: readonly Airport[] | undefined;
const nearest = new Map<string, readonly string[]>();

/** Every airport at which a carrier is based. */
export function allBases(): readonly Airport[] {
  bases ??= [...carriersAtHub.keys()].map((code) => findAirport(code)).filter((airport) => airport !== undefined);
  return bases;
}

/** The bases nearest to an airport (itself excluded), the nearest first, at least 120 km away. */
export function nearestBases(airport: Airport): readonly string[] {
  let known = nearest.get(airport.code);
  if (known === undefined) {
    known = allBases()
      .map((base) => ({ code: base.code, km: kilometres(airport, base) }))
      .filter(({ code, km }) => km >= 120 && carriersAtHub.get(code)!.some((carrier) => carrier.kind === 'network'))
      .sort((a, b) => a.km - b.km)
      .slice(0, 3)
      .map(({ code }) => code);
    nearest.set(airport.code, known);
  }
  return known;
}

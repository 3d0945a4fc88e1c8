import { airportRows } from '../../../libs/reference/airports.ts';
import { cityRows } from '../../../libs/reference/cities.ts';
import { airportZone, distanceKm, zoneAt } from '../../../libs/reference/index.ts';
import { drawsOf } from '../random.ts';

/** A city with hotels. */
export interface City {
  /** Its place in the list of all cities. */
  readonly index: number;
  /** IATA code of the city or of its main airport: the destination code of sellers. */
  readonly code: string;
  readonly name: string;
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly timeZone: string;
}

let cities: readonly City[] | undefined;
let cells: Map<number, City[]> | undefined;
let codes: Map<string, City> | undefined;

/** Every city: those with a code of their own, then the town of every other airport. */
export function allCities(): readonly City[] {
  cities ??= build();
  return cities;
}

/** The city of an IATA code of a city or of its main airport. */
export function cityOfCode(code: string): City | undefined {
  codes ??= new Map(allCities().map((city) => [city.code, city]));
  return codes.get(code);
}

/** Cities whose middle is within a circle, by index. */
export function citiesNear(latitude: number, longitude: number, radiusKm: number): City[] {
  cells ??= Map.groupBy(allCities(), (city) => cellOf(city.latitude, city.longitude)) as Map<number, City[]>;
  const high = radiusKm / 110.5;
  const wide = high / Math.max(0.05, Math.cos((latitude * Math.PI) / 180));
  const found: City[] = [];
  for (let row = Math.floor(latitude - high); row <= Math.floor(latitude + high); row++) {
    for (let column = Math.floor(longitude - wide); column <= Math.floor(longitude + wide); column++) {
      for (const city of cells.get(cellOf(row, ((column + 540) % 360) - 180)) ?? []) {
        if (distanceKm(latitude, longitude, city.latitude, city.longitude) <= radiusKm) found.push(city);
      }
    }
  }
  return [...new Set(found)].sort((a, b) => a.index - b.index);
}

function cellOf(latitude: number, longitude: number): number {
  return (Math.floor(latitude) + 90) * 360 + Math.floor(longitude) + 180;
}

function build(): City[] {
  const list: City[] = [];
  const covered = new Set<string>();
  for (const row of cityRows()) {
    for (const airport of row.airports) covered.add(airport);
    const { code, name, country, latitude, longitude } = row;
    const timeZone = airportZone(row.airports[0]!) ?? zoneAt(latitude, longitude);
    list.push({ index: list.length, code, name, country, latitude, longitude, timeZone });
  }
  const towns = new Set<string>();
  for (const airport of airportRows().values()) {
    const name = airport.municipality || airport.name;
    const town = `${airport.country}|${name}`;
    const timeZone = airportZone(airport.code);
    if (covered.has(airport.code) || towns.has(town) || timeZone === undefined) continue;
    towns.add(town);
    // An airport lies outside its town: the middle is 4 to 7 km off.
    const draws = drawsOf(`middle|${airport.code}`);
    const { latitude, longitude } = shift(
      airport.latitude,
      airport.longitude,
      4 + draws.fraction() * 3,
      draws.fraction() * 2 * Math.PI,
    );
    list.push({
      index: list.length,
      code: airport.code,
      name,
      country: airport.country,
      latitude,
      longitude,
      timeZone,
    });
  }
  return list;
}

/** A point at a distance (km) and a direction (radians, 0 is north) from another; for distances within a city. */
export function shift(
  latitude: number,
  longitude: number,
  km: number,
  direction: number,
): { latitude: number; longitude: number } {
  const north = latitude + (km * Math.cos(direction)) / 111.2;
  const east = longitude + (km * Math.sin(direction)) / (111.2 * Math.max(0.05, Math.cos((latitude * Math.PI) / 180)));
  return { latitude: Math.max(-89.9, Math.min(89.9, north)), longitude: ((east + 540) % 360) - 180 };
}

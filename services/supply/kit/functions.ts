import { createHash, createHmac, hash } from 'node:crypto';
import { RepairReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { HostFunction } from '../../../libs/expression/index.ts';
import { airportZone, distanceKm, findCity, findPlace, gtin14, zoneAt } from '../../../libs/reference/index.ts';
import { durationMinutes, hasOffset, instantOf, isDate, placeWall, wallTime } from '../mapping/time.ts';
import { repaired } from '../repairs.ts';
import { codeFunctions } from './functions-codes.ts';
import { moneyFunctions } from './functions-money.ts';

/**
 * What manifests may call beside CEL's own functions. Pure, and absent (undefined) where the arguments have no answer: an
 * absent value is never an error by itself, what needs it says so.
 */

const DAY_MS = 86_400_000;

/** A list whatever the answer has: XML writes a list of one as the element itself, and leaves an empty one out. */
function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null || value === '') return [];
  return Array.isArray(value) ? value : [value];
}

/** A date moved by days: "2027-01-22". */
function addDays(date: string, days: number): string | undefined {
  if (!isDate(date)) return undefined;
  const at = Date.parse(date) + days * DAY_MS;
  return Number.isNaN(at) ? undefined : new Date(at).toISOString().slice(0, 10);
}

function daysBetween(from: string, to: string): number | undefined {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS;
  return isDate(from) && isDate(to) && Number.isInteger(days) ? days : undefined;
}

/** The moment at which the clocks of a zone show a wall time, whatever offset or "Z" a partner wrote behind it. */
function localInstant(wall: string, zone: string): number | undefined {
  const clock = wallTime(wall);
  if (clock !== undefined && hasOffset(wall)) repaired(RepairReason.FALSE_ZONE, wall);
  return clock === undefined ? undefined : placeWall(clock, zone)?.epochMs;
}

/** Most dates that `dates` lists. */
const MOST_DATES = 1_100;

function dates(first: string, last: string): string[] | undefined {
  const days = daysBetween(first, last);
  if (days === undefined || days < 0 || days >= MOST_DATES) return undefined;
  return Array.from({ length: days + 1 }, (_, at) => addDays(first, at)!);
}

/** Degrees that one cell spans, both ways. */
const CELL_DEGREES = 0.5;
const KM_PER_DEGREE = 111.2;

function geoCell(latitude: number, longitude: number): string | undefined {
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return undefined;
  return `${Math.floor(latitude / CELL_DEGREES)}:${Math.floor(longitude / CELL_DEGREES)}`;
}

function geoCells(latitude: number, longitude: number, km: number): string[] | undefined {
  if (geoCell(latitude, longitude) === undefined || !(km > 0 && km <= 500)) return undefined;
  const south = latitude - km / KM_PER_DEGREE;
  const north = latitude + km / KM_PER_DEGREE;
  // Degrees of longitude are narrowest at the circle's edge that is nearer to a pole.
  const narrowest = Math.cos((Math.min(89, Math.max(Math.abs(south), Math.abs(north))) * Math.PI) / 180);
  const wide = km / (KM_PER_DEGREE * narrowest);
  const cells = new Set<string>();
  for (let y = Math.floor(south / CELL_DEGREES); y <= Math.floor(north / CELL_DEGREES); y++) {
    for (
      let x = Math.floor((longitude - wide) / CELL_DEGREES);
      x <= Math.floor((longitude + wide) / CELL_DEGREES);
      x++
    ) {
      const around = 360 / CELL_DEGREES;
      cells.add(`${y}:${((((x + around / 2) % around) + around) % around) - around / 2}`);
    }
  }
  return [...cells];
}

function groupNumber(text: string): number | undefined {
  return /^\d{1,3}([ ,.']?\d{3})*$/.test(text) ? Number(text.replace(/\D/g, '')) : undefined;
}

/** For every manifest, requests and mappings alike. */
export const commonFunctions: ReadonlyMap<string, HostFunction> = new Map<string, HostFunction>([
  ...moneyFunctions,
  ...codeFunctions,
  [
    'list',
    {
      args: ['dyn'],
      result: 'list_dyn',
      takesAbsent: true,
      call: list,
      doc: 'the value as a list: [x] where it is one element, [] where it is an empty one (XML) or absent',
    },
  ],
  ['absent', { args: [], result: 'dyn', call: () => undefined, doc: 'no value: a ? b : absent()' }],
  [
    'numbers',
    {
      args: ['int'],
      result: 'list_dyn',
      call: (count: number) => Array.from({ length: Math.min(Math.max(count, 0), 1_000) }, (_, at) => at + 1),
      doc: 'the numbers from 1 to n (at most 1000), to repeat something',
    },
  ],
  [
    'round_up',
    {
      args: ['double'],
      result: 'int',
      call: (value: number) => Math.ceil(value),
      doc: 'the next whole number from it on',
    },
  ],
  [
    'iso_minutes',
    {
      args: ['dyn'],
      result: 'int',
      call: durationMinutes,
      doc: 'minutes of an ISO 8601 duration ("PT2H5M") or of a plain count of minutes',
    },
  ],
  [
    'instant',
    {
      args: ['dyn'],
      result: 'timestamp',
      call: instantOf,
      doc: 'the moment of an ISO 8601 text with an offset or Z; absent for any other text',
    },
  ],
  [
    'local_instant',
    {
      args: ['string', 'string'],
      result: 'timestamp',
      call: localInstant,
      doc: 'the moment at which clocks of an IANA zone show a wall time (ISO 8601); an offset or false "Z" behind it does not count; a time that they skip is moved on by what they skip, of one that they show twice it is the first: now < local_instant(plan.until, zone); absent where there is none',
    },
  ],
  ['add_days', { args: ['string', 'int'], result: 'string', call: addDays, doc: 'a date (YYYY-MM-DD) moved by days' }],
  [
    'days_between',
    { args: ['string', 'string'], result: 'int', call: daysBetween, doc: 'days from one date (YYYY-MM-DD) to another' },
  ],
  [
    'dates',
    {
      args: ['string', 'string'],
      result: 'list_dyn',
      call: dates,
      doc: 'the dates (YYYY-MM-DD) from the first to the last, this included; at most 1100',
    },
  ],
  [
    'geo_cell',
    {
      args: ['double', 'double'],
      result: 'string',
      call: geoCell,
      doc: 'name of the half-degree cell that a position (latitude, longitude) lies in, as a key of inventory',
    },
  ],
  [
    'geo_cells',
    {
      args: ['double', 'double', 'double'],
      result: 'list_dyn',
      call: geoCells,
      doc: 'names of the cells that a circle (latitude, longitude, at most 500 km) touches',
    },
  ],
  [
    'xml_text',
    {
      args: ['string'],
      result: 'string',
      call: (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
      doc: 'a text as it stands between XML tags',
    },
  ],
  [
    'grouped_int',
    {
      args: ['string'],
      result: 'int',
      call: groupNumber,
      doc: 'a whole number written with groups of three: "12,345", "12 345"',
    },
  ],
  [
    'gtin14',
    {
      args: ['dyn'],
      result: 'string',
      call: (text: unknown) => {
        if (typeof text !== 'string' && typeof text !== 'number') return undefined;
        const number = gtin14(String(text));
        if (number === undefined && text !== '') repaired(RepairReason.IDENTIFIER_DROPPED, String(text));
        return number;
      },
      doc: 'a GTIN (EAN, UPC, ISBN-13) in its 14-digit form; absent where it is none, its check digit is wrong, or shops give it out themselves',
    },
  ],
  ['airport_zone', { args: ['string'], result: 'string', call: airportZone, doc: 'IANA zone of an IATA airport code' }],
  [
    'zone_at',
    {
      args: ['double', 'double'],
      result: 'string',
      call: (latitude: number, longitude: number) =>
        Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? zoneAt(latitude, longitude) : undefined,
      doc: 'IANA zone at a position in degrees north and east',
    },
  ],
  [
    'place_latitude',
    {
      args: ['string'],
      result: 'double',
      call: (code: string) => (findCity(code) ?? findPlace(code))?.latitude,
      doc: 'degrees north of an IATA city or airport code',
    },
  ],
  [
    'place_longitude',
    {
      args: ['string'],
      result: 'double',
      call: (code: string) => (findCity(code) ?? findPlace(code))?.longitude,
      doc: 'degrees east of an IATA city or airport code',
    },
  ],
  [
    'distance_km',
    {
      args: ['double', 'double', 'double', 'double'],
      result: 'double',
      call: distanceKm,
      doc: 'great-circle distance of two positions: latitude, longitude, latitude, longitude',
    },
  ],
  [
    'sha256_hex',
    {
      args: ['string'],
      result: 'string',
      call: (text: string) => hash('sha256', text),
      doc: 'SHA-256 of a text, in hex',
    },
  ],
  [
    'hmac_sha256_hex',
    {
      args: ['string', 'string'],
      result: 'string',
      call: (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex'),
      doc: 'HMAC-SHA-256 with a key (first) of a text, in hex',
    },
  ],
  [
    'hmac_sha256_base64',
    {
      args: ['string', 'string'],
      result: 'string',
      call: (key: string, text: string) => createHmac('sha256', key).update(text).digest('base64'),
      doc: 'HMAC-SHA-256 with a key (first) of a text, in base64',
    },
  ],
  [
    'md5_hex',
    {
      args: ['string'],
      result: 'string',
      call: (text: string) => createHash('md5').update(text).digest('hex'),
      doc: 'MD5 of a text, in hex, for partners that still sign with it',
    },
  ],
  [
    'base64',
    {
      args: ['string'],
      result: 'string',
      call: (text: string) => Buffer.from(text).toString('base64'),
      doc: 'a text in base64',
    },
  ],
  [
    'base64url',
    {
      args: ['string'],
      result: 'string',
      call: (text: string) => Buffer.from(text).toString('base64url'),
      doc: 'a text in base64 as it may stand in a URL, without padding',
    },
  ],
  [
    'url_encode',
    {
      args: ['string'],
      result: 'string',
      call: (text: string) => encodeURIComponent(text),
      doc: 'a text percent-encoded',
    },
  ],
  [
    'to_json',
    { args: ['dyn'], result: 'string', call: (value: unknown) => JSON.stringify(value), doc: 'a value as JSON text' },
  ],
]);

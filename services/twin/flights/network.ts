import { LRUCache } from 'lru-cache';
import { epochMsToLocal, localToEpochMs, utcOffsetMinutes } from '../../../libs/reference/index.ts';
import { dateOf, twoDigits, weekdayOf } from '../dates.ts';
import { type Draws, drawsOf, fractionOf } from '../random.ts';
import { type Airport, findAirport, kilometres, nearestBases, popularity } from './airports.ts';
import { type Carrier, carriersAtHub, partnersOf } from './carriers.ts';

/** A number under which a carrier sells another's flight. */
export interface Codeshare {
  readonly carrier: string;
  readonly number: number;
}

/** One flight on one day, as it is, whoever sells it. */
export interface Flight {
  /** What it is: operating carrier, number, airports and local date of departure: "BA178@2026-01-22/LHR-JFK". */
  readonly id: string;
  /** Operating carrier, IATA. */
  readonly carrier: string;
  readonly number: number;
  readonly origin: string;
  readonly destination: string;
  /** Epoch milliseconds. */
  readonly departs: number;
  /** Epoch milliseconds. */
  readonly arrives: number;
  /** Wall time at the origin: "2026-01-22T20:00". */
  readonly departure: string;
  /** Wall time at the destination. */
  readonly arrival: string;
  /** Minutes east of UTC at departure and arrival. */
  readonly departureOffset: number;
  readonly arrivalOffset: number;
  readonly minutes: number;
  readonly km: number;
  /** IATA aircraft type. */
  readonly aircraft: string;
  readonly originTerminal: string | undefined;
  readonly destinationTerminal: string | undefined;
  /** How full it is: 0 cheap seats are left, 2 only dear ones. */
  readonly demand: 0 | 1 | 2;
  readonly codeshares: readonly Codeshare[];
}

/** Which flights there are. A function of seed, airports and day. */
export interface Network {
  /** Whether the carrier flies between the two. The same both ways, every day. */
  serves(carrier: Carrier, a: Airport, b: Airport): boolean;
  /** All flights from one to the other that depart on a local day (days since 1970), by time of departure. */
  flightsOn(origin: Airport, destination: Airport, day: number): readonly Flight[];
}

const longHaulKm = 4200;
/** City airports that long flights do not use: longest flight in kilometres. */
const runwayKm: Readonly<Record<string, number>> = { LGA: 2600, DCA: 2100, LCY: 2200, MDW: 4000, BMA: 1500, LIN: 2500 };
const narrow = ['320', '321', '32N', '738', '73H', '7M8', '223'];
const wide = ['77W', '789', '788', '359', '351', '388', '333', '332'];
const regional = ['E90', 'E95', 'AT7', 'CR9', 'DH4'];

/** The network of a seed. */
export function createNetwork(seed: number): Network {
  const served = new LRUCache<string, boolean>({ max: 100_000 });
  const days = new LRUCache<string, readonly Flight[]>({ max: 2_000 });

  function serves(carrier: Carrier, a: Airport, b: Airport): boolean {
    const key = a.code < b.code ? carrier.code + a.code + b.code : carrier.code + b.code + a.code;
    let known = served.get(key);
    if (known === undefined) {
      known = decide(carrier, a, b, key);
      served.set(key, known);
    }
    return known;
  }

  function decide(carrier: Carrier, a: Airport, b: Airport, key: string): boolean {
    const km = kilometres(a, b);
    if (km < 120 || km > Math.min(carrier.reachKm, runwayKm[a.code] ?? km, runwayKm[b.code] ?? km)) return false;
    const baseAtA = carrier.hubs.includes(a.code);
    const baseAtB = carrier.hubs.includes(b.code);
    if (baseAtA && baseAtB) return true;
    if (!baseAtA && !baseAtB) return false;
    const base = baseAtA ? a : b;
    const other = baseAtA ? b : a;
    // Every airport is reachable: the carriers of the bases nearest to it fly there.
    if (carrier.kind === 'network' && nearestBases(other).includes(base.code)) return true;
    const main = carrier.hubs[0] === base.code;
    // So is every large base from the main base of a large carrier.
    if (carrier.kind === 'network' && main && carrier.size === 5 && popularity(other) === 3) return true;
    let likely = [0.14, 0.4, 0.6, 0.85][popularity(other)]!;
    if (other.country === carrier.country) likely += 0.3;
    if (km > longHaulKm) likely *= carrier.kind === 'network' ? 0.4 + carrier.size * 0.12 : 0.3;
    if (!main) likely *= 0.7;
    return fractionOf(`${seed}|serves|${key}`) < likely;
  }

  function flightsOn(origin: Airport, destination: Airport, day: number): readonly Flight[] {
    const key = `${origin.code}${destination.code}${day}`;
    let known = days.get(key);
    if (known === undefined) {
      known = makeDay(origin, destination, day);
      days.set(key, known);
    }
    return known;
  }

  function makeDay(origin: Airport, destination: Airport, day: number): readonly Flight[] {
    const flights: Flight[] = [];
    const at = new Set([...(carriersAtHub.get(origin.code) ?? []), ...(carriersAtHub.get(destination.code) ?? [])]);
    for (const carrier of at) {
      if (!serves(carrier, origin, destination)) continue;
      const count = frequency(carrier, origin, destination);
      for (let index = 0; index < count; index++) {
        const flight = makeFlight(carrier, origin, destination, day, index, count);
        if (flight !== undefined) flights.push(flight);
      }
    }
    return flights.sort((a, b) => a.departs - b.departs || (a.id < b.id ? -1 : 1));
  }

  function frequency(carrier: Carrier, a: Airport, b: Airport): number {
    const km = kilometres(a, b);
    const draw = fractionOf(`${seed}|frequency|${carrier.code}|${[a.code, b.code].sort().join('')}`);
    const both = carrier.hubs.includes(a.code) && carrier.hubs.includes(b.code);
    const size = carrier.size + (popularity(a) === 3 && popularity(b) === 3 ? 2 : 0) + (both ? 1 : 0);
    return 1 + Math.floor(((0.35 + 0.65 * draw) * size) / (km > longHaulKm ? 1.6 : 1.1));
  }

  function makeFlight(
    carrier: Carrier,
    origin: Airport,
    destination: Airport,
    day: number,
    index: number,
    count: number,
  ): Flight | undefined {
    // The timetable is drawn without the day, so that a flight keeps its number and times from day to day.
    const draws = drawsOf(`${seed}|flight|${carrier.code}${origin.code}${destination.code}${index}`);
    const number = flightNumber(carrier, origin, draws);
    const slot = 360 + Math.round((((index + draws.fraction()) / count) * 975) / 5) * 5;
    const restsOn = draws.integer(0, 20);
    const km = kilometres(origin, destination);
    const minutes = blockMinutes(origin, destination, km, draws);
    const aircraft = draws.pick(km > longHaulKm ? wide : km < 700 && carrier.kind === 'network' ? regional : narrow);
    const codeshares = drawCodeshares(carrier, draws);
    if (restsOn === weekdayOf(day)) return undefined;

    const date = dateOf(day);
    const wall = `${date}T${twoDigits(Math.floor(slot / 60))}:${twoDigits(slot % 60)}`;
    // A time that the clock skips does not exist: the flight leaves an hour later that day.
    const departs =
      localToEpochMs(wall, origin.timeZone) ??
      localToEpochMs(`${date}T${twoDigits(Math.floor(slot / 60) + 1)}:${twoDigits(slot % 60)}`, origin.timeZone);
    if (departs === undefined) return undefined;
    const arrives = departs + minutes * 60_000;
    const id = `${carrier.code}${number}@${date}/${origin.code}-${destination.code}`;
    const pressure = fractionOf(`${seed}|demand|${id}`);
    return {
      id,
      carrier: carrier.code,
      number,
      origin: origin.code,
      destination: destination.code,
      departs,
      arrives,
      departure: epochMsToLocal(departs, origin.timeZone).slice(0, 16),
      arrival: epochMsToLocal(arrives, destination.timeZone).slice(0, 16),
      departureOffset: utcOffsetMinutes(departs, origin.timeZone),
      arrivalOffset: utcOffsetMinutes(arrives, destination.timeZone),
      minutes,
      km,
      aircraft,
      originTerminal: terminal(origin, carrier),
      destinationTerminal: terminal(destination, carrier),
      demand: pressure < 0.5 ? 0 : pressure < 0.82 ? 1 : 2,
      codeshares,
    };
  }

  function terminal(airport: Airport, carrier: Carrier): string | undefined {
    const rank = popularity(airport);
    const draw = fractionOf(`${seed}|terminal|${airport.code}|${carrier.alliance || carrier.code}`);
    if (rank === 0 || (rank === 1 && draw < 0.5)) return undefined;
    return ['1', '2', '3', '4', '5', '2E', 'B', 'I'][Math.floor(draw * (rank === 3 ? 8 : 3))];
  }

  return { serves, flightsOn };
}

/** Odd from the carrier's base, even back; short numbers for its flagship routes. */
function flightNumber(carrier: Carrier, origin: Airport, draws: Draws): number {
  const number = 2 * draws.integer(carrier.kind === 'network' ? 1 : 500, carrier.kind === 'network' ? 1999 : 4299);
  return carrier.hubs.includes(origin.code) ? number - 1 : number;
}

/** Time from gate to gate, to 5 minutes: eastward the wind helps. */
function blockMinutes(origin: Airport, destination: Airport, km: number, draws: Draws): number {
  const east = (((destination.longitude - origin.longitude + 540) % 360) - 180) / 180;
  const speed = km > longHaulKm ? 865 + east * 90 : 760 + east * 40;
  return Math.round(((km / speed) * 60 + 32 + draws.integer(0, 10)) / 5) * 5;
}

function drawCodeshares(carrier: Carrier, draws: Draws): Codeshare[] {
  const partners = partnersOf(carrier);
  const count = partners.length === 0 ? 0 : draws.integer(0, 2);
  const shares: Codeshare[] = [];
  for (let i = 0; i < count; i++) {
    const partner = draws.pick(partners).code;
    const number = draws.integer(4200, 9899);
    if (!shares.some((share) => share.carrier === partner)) shares.push({ carrier: partner, number });
  }
  return shares;
}

/** The airport of a code that the network itself made. */
export function airportOf(code: string): Airport {
  const airport = findAirport(code);
  if (airport === undefined) throw new RangeError(`no airport ${code}`);
  return airport;
}

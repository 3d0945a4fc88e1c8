import { LRUCache } from 'lru-cache';
import { type Airport, allBases, kilometres, nearestBases } from './airports.ts';
import { type Carrier, carriers, carriersAtHub } from './carriers.ts';
import { airportOf, type Flight, type Network } from './network.ts';

/** A way from one airport to another: one flight, or several that connect. */
export interface Itinerary {
  /** What it is: the ids of its flights, joined by "+". */
  readonly id: string;
  readonly flights: readonly Flight[];
  /** The carrier of its longest flight, whose fares apply. */
  readonly carrier: string;
  readonly minutes: number;
}

/** At most this many itineraries for one pair of airports on one day. */
const mostItineraries = 60;
/** Below this many, longer detours and more changes are looked at. */
const fewItineraries = 25;

/** Itineraries by origin, destination and local day of departure, the most attractive first. */
export type Timetable = (origin: Airport, destination: Airport, day: number) => readonly Itinerary[];

/** The timetable of a network. */
export function createTimetable(network: Network): Timetable {
  const known = new LRUCache<string, readonly Itinerary[]>({ max: 200 });
  return (origin, destination, day) => {
    const key = `${origin.code}${destination.code}${day}`;
    let found = known.get(key);
    if (found === undefined) {
      found = build(network, origin, destination, day);
      known.set(key, found);
    }
    return found;
  };
}

function build(network: Network, origin: Airport, destination: Airport, day: number): Itinerary[] {
  if (origin.code === destination.code) return [];
  const found = new Map<string, Itinerary>();
  for (const flight of network.flightsOn(origin, destination, day)) add(found, [flight]);
  const direct = kilometres(origin, destination);
  for (const detour of [1.45, 2.4, 5]) {
    for (const { carrier, base } of viaBases(network, origin, destination, direct * detour + 200)) {
      connect(network, carrier, [origin, base, destination], day, found);
    }
    if (found.size >= fewItineraries) break;
  }
  if (found.size < fewItineraries) connectTwice(network, origin, destination, day, found);
  return [...found.values()].sort((a, b) => effort(a) - effort(b) || (a.id < b.id ? -1 : 1)).slice(0, mostItineraries);
}

/** What travellers shun: time, and changes beyond the time that they cost. */
function effort(itinerary: Itinerary): number {
  return itinerary.minutes + (itinerary.flights.length - 1) * 75;
}

function add(found: Map<string, Itinerary>, flights: readonly Flight[]): void {
  const itinerary = itineraryOf(flights);
  if (!found.has(itinerary.id)) found.set(itinerary.id, itinerary);
}

/** The itinerary of flights that connect, in order of travel. */
export function itineraryOf(flights: readonly Flight[]): Itinerary {
  return {
    id: flights.map((flight) => flight.id).join('+'),
    flights,
    carrier: flights.reduce((a, b) => (b.km > a.km ? b : a)).carrier,
    minutes: (flights.at(-1)!.arrives - flights[0]!.departs) / 60_000,
  };
}

/** Carriers that can connect the two over one of their bases, the shortest detours first. */
function viaBases(
  network: Network,
  origin: Airport,
  destination: Airport,
  longestKm: number,
): { carrier: Carrier; base: Airport }[] {
  const ways: { carrier: Carrier; base: Airport; km: number }[] = [];
  for (const carrier of carriers) {
    for (const code of carrier.hubs) {
      if (code === origin.code || code === destination.code) continue;
      const base = airportOf(code);
      const km = kilometres(origin, base) + kilometres(base, destination);
      if (km > longestKm) continue;
      if (network.serves(carrier, origin, base) && network.serves(carrier, base, destination)) {
        ways.push({ carrier, base, km });
      }
    }
  }
  return ways.sort((a, b) => a.km - b.km).slice(0, 16);
}

/** Up to four itineraries of one carrier over the stops given. */
function connect(
  network: Network,
  carrier: Carrier,
  stops: readonly [Airport, Airport, Airport],
  day: number,
  found: Map<string, Itinerary>,
): void {
  let made = 0;
  for (const first of network.flightsOn(stops[0], stops[1], day)) {
    if (first.carrier !== carrier.code) continue;
    const onward = connections(network, first, stops[2], carrier.code);
    for (const second of onward.slice(0, 2)) {
      add(found, [first, second]);
      if (++made === 4) return;
    }
  }
}

/** Flights that can be caught after one, earliest first; of one carrier, or of any. */
function connections(network: Network, first: Flight, destination: Airport, carrier?: string): Flight[] {
  const at = airportOf(first.destination);
  const change = (first.km > 4200 ? 75 : 50) * 60_000;
  const day = Math.floor((first.arrives + first.arrivalOffset * 60_000) / 86_400_000);
  const caught: Flight[] = [];
  for (const onDay of [day, day + 1]) {
    for (const next of network.flightsOn(at, destination, onDay)) {
      const wait = next.departs - first.arrives;
      if (wait < change || wait > 14 * 3_600_000) continue;
      if (carrier === undefined || next.carrier === carrier) caught.push(next);
    }
  }
  return caught;
}

/** Over a base near the origin and one near the destination, with whatever carriers fly. */
function connectTwice(
  network: Network,
  origin: Airport,
  destination: Airport,
  day: number,
  found: Map<string, Itinerary>,
): void {
  const gateways = allBases().filter((base) => carriersAtHub.get(base.code)!.some((carrier) => carrier.size >= 4));
  const near = nearestBases(origin).map(airportOf);
  const far = [...nearestBases(destination).map(airportOf), ...gateways];
  for (const first of near) {
    for (const second of far) {
      if (first.code === second.code || second.code === origin.code || second.code === destination.code) continue;
      if (first.code === destination.code) continue;
      for (const begin of network.flightsOn(origin, first, day).slice(0, 3)) {
        const middle = connections(network, begin, second)[0];
        const end = middle && connections(network, middle, destination)[0];
        if (end !== undefined) add(found, [begin, middle!, end]);
      }
      if (found.size >= fewItineraries) return;
    }
  }
}

import { type Airport, resolvePlace } from './airports.ts';
import type { Itinerary, Timetable } from './itineraries.ts';

/** One direction of a search: codes of airports or cities, and the local day of departure (days since 1970). */
export interface Leg {
  readonly origin: string;
  readonly destination: string;
  readonly day: number;
}

/** One itinerary for each leg, in order: a product, whoever sells it. */
export interface Journey {
  /** What it is: the ids of the itineraries, joined by " / ". */
  readonly id: string;
  readonly itineraries: readonly Itinerary[];
  /** The carrier whose fares apply. */
  readonly carrier: string;
}

/** At most this many journeys for one search. */
const mostJourneys = 60;
const fewJourneys = 25;

/**
 * The journeys of a search, the most attractive first; none where a place is unknown or nothing fits. With several legs,
 * journeys of one carrier are all the combinations of its best itineraries, as sellers of filed fares offer them.
 */
export function journeysOf(timetable: Timetable, legs: readonly Leg[]): Journey[] {
  const perLeg = legs.map((leg) => itinerariesOf(timetable, leg));
  if (perLeg.length === 0 || perLeg.some((itineraries) => itineraries.length === 0)) return [];
  if (perLeg.length === 1) {
    return perLeg[0]!.slice(0, mostJourneys).map((itinerary) => journeyOf([itinerary]));
  }
  return combine(perLeg);
}

/** What can be flown on one leg, over all airports of its places. */
function itinerariesOf(timetable: Timetable, leg: Leg): readonly Itinerary[] {
  const from = resolvePlace(leg.origin);
  const to = resolvePlace(leg.destination);
  if (from === undefined || to === undefined) return [];
  const pairs: [Airport, Airport][] = [];
  for (const origin of from.airports) {
    for (const destination of to.airports) if (origin.code !== destination.code) pairs.push([origin, destination]);
  }
  if (pairs.length === 1) return timetable(pairs[0]![0], pairs[0]![1], leg.day);
  const lists = pairs.map(([origin, destination]) => timetable(origin, destination, leg.day));
  // Main airports come first, but every airport of a city gets a share of the places.
  const mixed: Itinerary[] = [];
  for (let i = 0; mixed.length < mostJourneys; i++) {
    const row = lists.map((list) => list[i]).filter((itinerary) => itinerary !== undefined);
    if (row.length === 0) break;
    mixed.push(...row);
  }
  return mixed.slice(0, mostJourneys);
}

function combine(perLeg: readonly (readonly Itinerary[])[]): Journey[] {
  const found = new Map<string, Journey>();
  const keep = (parts: readonly Itinerary[]): void => {
    for (let i = 1; i < parts.length; i++) {
      // The next leg starts after the last has ended.
      if (parts[i]!.flights[0]!.departs < parts[i - 1]!.flights.at(-1)!.arrives + 3_600_000) return;
    }
    const journey = journeyOf(parts);
    found.set(journey.id, journey);
  };
  const perCarrier = perLeg.map((itineraries) => Map.groupBy(itineraries, (itinerary) => itinerary.carrier));
  const common = [...perCarrier[0]!.keys()].filter((carrier) => perCarrier.every((map) => map.has(carrier)));
  for (const wide of perLeg.length === 2 ? [3, 5, 8] : [2, 3]) {
    found.clear();
    for (const carrier of common) {
      const choices = perCarrier.map((map) => map.get(carrier)!.slice(0, wide));
      if (found.size > 0 && found.size + choices.reduce((n, list) => n * list.length, 1) > mostJourneys) continue;
      product(choices, keep);
    }
    if (found.size >= fewJourneys) break;
  }
  // Where carriers do not fit, legs are sold together all the same.
  for (let i = 0; found.size < fewJourneys && i < fewJourneys; i++) {
    keep(perLeg.map((itineraries, leg) => itineraries[(i * (leg + 1)) % itineraries.length]!));
  }
  return [...found.values()].slice(0, mostJourneys);
}

function product(choices: readonly (readonly Itinerary[])[], keep: (parts: readonly Itinerary[]) => void): void {
  const parts: Itinerary[] = [];
  const step = (leg: number): void => {
    if (leg === choices.length) {
      keep([...parts]);
      return;
    }
    for (const choice of choices[leg]!) {
      parts[leg] = choice;
      step(leg + 1);
    }
  };
  step(0);
}

/** The journey of itineraries, one for each leg. */
export function journeyOf(itineraries: readonly Itinerary[]): Journey {
  const longest = itineraries.reduce((a, b) => (b.minutes > a.minutes ? b : a));
  return {
    id: itineraries.map((itinerary) => itinerary.id).join(' / '),
    itineraries,
    carrier: longest.carrier,
  };
}

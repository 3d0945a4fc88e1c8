import { drawsOf } from '../random.ts';
import type { City } from '../stays/cities.ts';

/** A class of vehicles. */
export interface RideClass {
  readonly key: 'economy' | 'standard' | 'taxi' | 'van' | 'executive' | 'electric' | 'moto' | 'shared';
  /** Passengers, and pieces of luggage. */
  readonly seats: number;
  readonly luggage: number;
  /** Multiplies the fleet's prices. */
  readonly factor: number;
}

/** Every class there is. The place in the list is part of ids, so new ones go to the end. */
export const rideClasses: readonly RideClass[] = [
  { key: 'economy', seats: 4, luggage: 2, factor: 0.88 },
  { key: 'standard', seats: 4, luggage: 2, factor: 1 },
  { key: 'taxi', seats: 4, luggage: 2, factor: 1.18 },
  { key: 'van', seats: 6, luggage: 5, factor: 1.55 },
  { key: 'executive', seats: 3, luggage: 2, factor: 2.2 },
  { key: 'electric', seats: 4, luggage: 2, factor: 1.05 },
  { key: 'moto', seats: 1, luggage: 0, factor: 0.55 },
  { key: 'shared', seats: 2, luggage: 1, factor: 0.7 },
];

/** A company with vehicles in a city. */
export interface Fleet {
  /** "R12-F3": the city's index and its own in the city. */
  readonly id: string;
  readonly index: number;
  readonly city: City;
  readonly name: string;
  /** A network of private drivers, a taxi company, a private hire company. */
  readonly kind: 'network' | 'taxi' | 'private';
  readonly classes: readonly RideClass[];
  /** Of its vehicles. */
  readonly propulsion: 'petrol' | 'hybrid' | 'electric';
  /** How it prices: known before, known roughly, what the meter says. */
  readonly pricing: 'FIXED' | 'ESTIMATED' | 'METERED';
  /** Euro cents for getting in, a kilometre, a minute, and at least. */
  readonly tariff: {
    readonly base: number;
    readonly perKm: number;
    readonly perMinute: number;
    readonly minimum: number;
  };
  readonly phone: string;
  /** 3.5 to 5; absent where nobody has rated it. */
  readonly rating: number | undefined;
}

const words = ['Comet', 'Swan', 'Harbour', 'Crown', 'Bluebird', 'Lion', 'Metro', 'Astra', 'Beacon', 'Falcon', 'Orion'];
const suffixes = {
  network: ['Go', 'Ride', 'Link'],
  taxi: ['Taxi', 'Cabs', 'Radio Taxi'],
  private: ['Cars', 'Chauffeurs'],
};

/** The fleets of a city: a network or two, taxis, private hire. */
export function fleetsOf(seed: number, city: City): Fleet[] {
  const draws = drawsOf(`${seed}|fleets|${city.code}|${city.name}`);
  const level = 0.7 + draws.fraction() * 0.9;
  const kinds: Fleet['kind'][] = ['network', 'taxi', 'private'];
  for (let more = draws.integer(1, 6); more > 0; more--) kinds.push(draws.pick(['taxi', 'private', 'private']));
  const start = draws.integer(0, words.length - 1);
  return kinds.map((kind, index) => {
    const own = 0.9 + draws.fraction() * 0.25;
    const cents = (value: number): number => Math.round(value * level * own);
    return {
      id: `R${city.index}-F${index}`,
      index,
      city,
      name: `${words[(start + index) % words.length]} ${draws.pick(suffixes[kind])}${index > 4 ? ` ${city.name}` : ''}`,
      kind,
      classes: classesOf(kind, draws.integer(0, 5)),
      propulsion: draws.pick(['petrol', 'hybrid', 'hybrid', 'electric']),
      pricing: kind === 'taxi' ? 'METERED' : draws.pick(['FIXED', 'FIXED', 'ESTIMATED']),
      tariff: { base: cents(250), perKm: cents(125), perMinute: cents(28), minimum: cents(620) },
      phone: `+${draws.integer(30, 49)}${draws.integer(100_000_000, 999_999_999)}`,
      rating: draws.chance(0.3) ? undefined : Math.round((3.5 + draws.fraction() * 1.5) * 10) / 10,
    };
  });
}

function classesOf(kind: Fleet['kind'], draw: number): RideClass[] {
  const keys: Record<Fleet['kind'], readonly RideClass['key'][]> = {
    network:
      draw < 3 ? ['economy', 'standard', 'van', 'executive', 'shared'] : ['economy', 'van', 'electric', 'executive'],
    taxi: draw < 2 ? ['taxi', 'van'] : draw === 2 ? ['taxi', 'moto'] : ['taxi'],
    private: draw < 2 ? ['standard', 'executive', 'van'] : draw < 4 ? ['standard', 'electric'] : ['executive', 'van'],
  };
  return rideClasses.filter(({ key }) => keys[kind].includes(key));
}

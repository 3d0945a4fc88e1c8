import { drawsOf, fractionOf } from '../random.ts';
import { shift } from './cities.ts';
import { type Hotel, numberOf } from './hotels.ts';

/** How a seller of hotels differs from the others. */
export interface StaySeller {
  readonly name: string;
  /** Part of what decides which hotels it sells, and their codes, names and positions. */
  readonly salt: string;
  /** Share of the hotels that it sells, 0 to 1. */
  readonly coverage: number;
  /** Multiplies net prices. */
  readonly margin: number;
  /** ISO 4217. */
  readonly currency: string;
  /** At most this many hotels an answer. */
  readonly maxOffers: number;
}

/** A hotel as a seller lists it. */
export interface ListedHotel {
  readonly hotel: Hotel;
  readonly code: number;
  readonly name: string;
  /** As text, with as many digits as this seller's data has. */
  readonly latitude: string;
  readonly longitude: string;
}

/** Above every hotel's number and prime, so that multiplying by anything mixes the numbers without collisions. */
const prime = 999_983;

/** Whether the seller has the hotel. */
export function listsHotel(seed: number, seller: StaySeller, hotel: Hotel): boolean {
  return fractionOf(`${seed}|${seller.salt}|lists|${hotel.id}`) < seller.coverage;
}

/** The hotel in the seller's own words; at most 58 m from where it is, so that two sellers differ by less than 120 m. */
export function listHotel(seed: number, seller: StaySeller, hotel: Hotel): ListedHotel {
  const draws = drawsOf(`${seed}|${seller.salt}|list|${hotel.id}`);
  const off = draws.chance(0.25) ? 0 : draws.fraction() * 0.058;
  const { latitude, longitude } = shift(hotel.latitude, hotel.longitude, off, draws.fraction() * 2 * Math.PI);
  // Some positions come from a map click and carry the noise of a double.
  const text = draws.chance(0.2) ? String : (value: number) => value.toFixed(draws.chance(0.5) ? 6 : 5);
  return {
    hotel,
    code: codeOf(seed, seller, hotel),
    name: nameOf(hotel, draws.integer(0, 6)),
    latitude: text(latitude),
    longitude: text(longitude),
  };
}

/** The seller's code of a hotel. */
export function codeOf(seed: number, seller: StaySeller, hotel: Hotel): number {
  const { factor, offset } = codeKey(seed, seller);
  return ((numberOf(hotel) * factor + offset) % prime) + 1;
}

/** The number of the hotel behind a seller's code. */
export function numberOfCode(seed: number, seller: StaySeller, code: number): number | undefined {
  if (!Number.isInteger(code) || code < 1 || code > prime) return undefined;
  const { inverse, offset } = codeKey(seed, seller);
  const shifted = (((code - 1 - offset) % prime) + prime) % prime;
  return Number((BigInt(shifted) * BigInt(inverse)) % BigInt(prime));
}

interface CodeKey {
  readonly factor: number;
  readonly offset: number;
  readonly inverse: number;
}

const keys = new Map<string, CodeKey>();

function codeKey(seed: number, seller: StaySeller): CodeKey {
  const name = `${seed}|${seller.salt}`;
  let key = keys.get(name);
  if (key === undefined) {
    const draws = drawsOf(`${name}|codes`);
    const factor = draws.integer(1000, prime - 1);
    key = { factor, offset: draws.integer(0, prime - 1), inverse: power(factor, prime - 2) };
    keys.set(name, key);
  }
  return key;
}

/** value ** exponent modulo the prime; the inverse of a value is its power prime - 2. */
function power(value: number, exponent: number): number {
  const modulus = BigInt(prime);
  let result = 1n;
  let base = BigInt(value) % modulus;
  for (let left = BigInt(exponent); left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return Number(result);
}

/** Seven ways of writing the same name. */
function nameOf(hotel: Hotel, way: number): string {
  const { coreName, kind, city } = hotel;
  switch (way) {
    case 0:
      return `${kind} ${coreName}`;
    case 1:
      return `${coreName} ${kind}`;
    case 2:
      return coreName;
    case 3:
      return `${kind} ${coreName} ${city.name}`;
    case 4:
      return withoutAccents(`${kind} ${coreName}`).toUpperCase();
    case 5:
      return withoutAccents(`${coreName}, ${city.name}`);
    default:
      return `${coreName} ${kind.replace('&', 'and')}`;
  }
}

function withoutAccents(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/ø/g, 'o').replace(/Ø/g, 'O');
}

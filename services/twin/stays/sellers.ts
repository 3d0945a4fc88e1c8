import { type Codes, createCodes } from '../codes.ts';
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

/** Prime, and above every hotel's number. */
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
  return codesOf(seed, seller).codeOf(numberOf(hotel)) + 1;
}

/** The number of the hotel behind a seller's code. */
export function numberOfCode(seed: number, seller: StaySeller, code: number): number | undefined {
  return codesOf(seed, seller).numberOf(code - 1);
}

const known = new Map<string, Codes>();

function codesOf(seed: number, seller: StaySeller): Codes {
  const key = `${seed}|${seller.salt}`;
  let codes = known.get(key);
  if (codes === undefined) {
    codes = createCodes(key, prime);
    known.set(key, codes);
  }
  return codes;
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

import { monthOf } from '../dates.ts';
import { toMinor } from '../money.ts';
import { drawsOf, fractionOf } from '../random.ts';
import type { Hotel, RoomType } from './hotels.ts';
import { isFull, monthFactor } from './rates.ts';
import type { StaySeller } from './sellers.ts';

/** Nights in a row with as many rooms free, first and last included. */
export interface FreeNights {
  readonly first: number;
  readonly last: number;
  /** 0 is closed. */
  readonly rooms: number;
}

/** Rooms that a hotel gives to a seller for a night at an edition; each night's number changes in its own rhythm. */
function freeRooms(
  seed: number,
  seller: StaySeller,
  hotel: Hotel,
  room: RoomType,
  night: number,
  edition: number,
): number {
  if (isFull(seed, hotel, room, night)) return 0;
  // Most neighbouring nights have the same, as weeks are planned in one piece.
  const week = Math.floor((night + hotel.index) / 7);
  const draws = drawsOf(`${seed}|${seller.salt}|allotment|${hotel.id}|${room.code}|${week}`);
  const rhythm = draws.integer(4, 25);
  const step = Math.floor((edition + draws.integer(0, rhythm - 1)) / rhythm);
  return 1 + Math.floor(fractionOf(`${seed}|${seller.salt}|free|${hotel.id}|${room.code}|${week}|${step}`) * 8);
}

/** What is free from a night on for so many nights, in as few pieces as possible. */
export function freeNights(
  seed: number,
  seller: StaySeller,
  hotel: Hotel,
  room: RoomType,
  first: number,
  nights: number,
  edition: number,
): FreeNights[] {
  const runs: { first: number; last: number; rooms: number }[] = [];
  for (let night = first; night < first + nights; night++) {
    const rooms = closedSeason(hotel, night) ? -1 : freeRooms(seed, seller, hotel, room, night, edition);
    const run = runs.at(-1);
    if (run !== undefined && run.rooms === rooms) run.last = night;
    else runs.push({ first: night, last: night, rooms });
  }
  // The whole house is closed then, which is said once for all of its rooms.
  return runs.filter(({ rooms }) => rooms >= 0);
}

/** Every fifth hotel closes in November and April. */
export function closedSeason(hotel: Hotel, night: number): boolean {
  const month = monthOf(night);
  return hotel.index % 5 === 2 && (month === 10 || month === 3);
}

/** What a person pays a night, minor units of the seller's currency. */
export interface PersonPrices {
  /** Each of so many adults: index 0 for one alone. */
  readonly base: readonly number[];
  /** Each adult beyond those. */
  readonly adult: number;
  /** Each child of two years and more; younger ones are free. */
  readonly child: number;
}

/** Prices of a room with board for a month (0 is January) at an edition. */
export function personPrices(
  seed: number,
  seller: StaySeller,
  hotel: Hotel,
  room: RoomType,
  board: string,
  plan: 'NOR' | 'NRF',
  month: number,
  edition: number,
): PersonPrices {
  const taste = 0.95 + 0.1 * fractionOf(`${seed}|${seller.salt}|contract|${hotel.id}`);
  const draws = drawsOf(`${seed}|${seller.salt}|rhythm|${hotel.id}|${room.code}|${month}`);
  const rhythm = draws.integer(6, 30);
  const step = Math.floor((edition + draws.integer(0, rhythm - 1)) / rhythm);
  const moved =
    step === 0 ? 1 : 0.95 + 0.1 * fractionOf(`${seed}|${seller.salt}|season|${hotel.id}|${room.code}|${month}|${step}`);
  const night = hotel.nightCents * monthFactor[month]! * room.factor * moved;
  const meals = hotel.boards.find(({ code }) => code === board)?.cents ?? 0;
  const price = (cents: number): number =>
    toMinor(cents * taste * seller.margin * (plan === 'NRF' ? 0.9 : 1), seller.currency);
  const together = [night * 0.92, night / 2].slice(0, Math.min(2, room.adults));
  return {
    base: together.map((each) => price(each + meals)),
    adult: price(night * 0.28 + meals),
    child: price(night * 0.14 + meals / 2),
  };
}

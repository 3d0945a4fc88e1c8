import { localToEpochMs, utcOffsetMinutes } from '../../../libs/reference/index.ts';
import { dateOf, monthOf, offsetText, weekdayOf } from '../dates.ts';
import { convert, filingCurrency, toMinor } from '../money.ts';
import { drawsOf, fractionOf } from '../random.ts';
import type { Hotel, RoomType } from './hotels.ts';
import type { StaySeller } from './sellers.ts';

/** Rooms with the same guests. */
export interface Occupancy {
  readonly rooms: number;
  /** Adults in each. */
  readonly adults: number;
  /** Ages of the children in each. */
  readonly childAges: readonly number[];
}

/** Nights of a stay: local days since 1970. */
export interface Nights {
  readonly checkIn: number;
  readonly checkOut: number;
}

/** A tax that guests pay beside the rate, or that is in it. */
export interface StayTax {
  readonly included: boolean;
  /** Minor units of its own currency. */
  readonly minor: number;
  readonly currency: string;
  /** Minor units of the seller's currency. */
  readonly clientMinor: number;
}

/** Rooms of one type under one rate plan for the whole stay, all rooms of an occupancy together. Amounts in minor units. */
export interface Rate {
  readonly room: RoomType;
  readonly board: string;
  readonly plan: 'NOR' | 'NRF';
  readonly occupancy: Occupancy;
  readonly recheck: boolean;
  readonly payAtHotel: boolean;
  readonly net: number;
  /** What guests are to pay, where the hotel or the seller says so. */
  readonly selling: number | undefined;
  /** The hotel insists on it. */
  readonly mandatory: boolean;
  /** The same in the hotel's own currency, where the guest pays there and it is another. */
  readonly atHotel: { readonly minor: number; readonly currency: string } | undefined;
  readonly allotment: number;
  /** From when on what is owed, ascending; times with offset. */
  readonly cancellation: readonly { readonly from: string; readonly minor: number }[];
  readonly tax: StayTax | undefined;
  /** Whether the answer says anything of taxes; some hotels' data does not. */
  readonly taxesStated: boolean;
  readonly promotion: boolean;
  /** A discount already in the net, negative; absent where there is none. */
  readonly discount: number | undefined;
}

/** What is charged a person a night for being in town: euro cents by stars (index 0 for one star), adults alone. */
export const cityTaxes: Readonly<Record<string, { cents: readonly number[]; currency: string; included: number }>> = {
  ES: { cents: [110, 110, 220, 330, 440], currency: 'EUR', included: 0 },
  FR: { cents: [130, 169, 260, 425, 845], currency: 'EUR', included: 0.1 },
  IT: { cents: [400, 500, 600, 750, 1000], currency: 'EUR', included: 0 },
  DE: { cents: [300, 350, 450, 600, 900], currency: 'EUR', included: 0.5 },
  PT: { cents: [200, 200, 200, 200, 200], currency: 'EUR', included: 0.2 },
  NL: { cents: [600, 800, 1100, 1500, 2400], currency: 'EUR', included: 0.6 },
  AT: { cents: [200, 250, 320, 400, 600], currency: 'EUR', included: 0.5 },
  US: { cents: [0, 900, 1500, 2100, 3200], currency: 'USD', included: 0.3 },
  AE: { cents: [180, 250, 260, 380, 510], currency: 'AED', included: 0 },
  TH: { cents: [60, 80, 100, 160, 250], currency: 'THB', included: 0.7 },
  JP: { cents: [60, 60, 120, 120, 310], currency: 'JPY', included: 0.3 },
};

/** What a month does to prices: index 0 is January. */
export const monthFactor = [0.82, 0.85, 0.93, 1.02, 1.1, 1.22, 1.35, 1.38, 1.14, 1, 0.86, 1.05];

/** What a seller has of a hotel for one occupancy; none when it is full or the guests do not fit. The cheapest first. */
export function ratesOf(
  seed: number,
  seller: StaySeller,
  hotel: Hotel,
  nights: Nights,
  occupancy: Occupancy,
  bookedDay: number,
): Rate[] {
  const guests = occupancy.adults + occupancy.childAges.length;
  const rates: Rate[] = [];
  for (const room of hotel.rooms) {
    if (room.adults < occupancy.adults || room.guests < guests) continue;
    const night = roomPrice(seed, hotel, room, nights, occupancy, bookedDay);
    if (night === undefined) continue;
    for (const board of ['RO', ...hotel.boards.map(({ code }) => code)]) {
      for (const plan of ['NRF', 'NOR'] as const) {
        const rate = makeRate(seed, seller, hotel, nights, occupancy, bookedDay, room, board, plan, night);
        if (rate !== undefined) rates.push(rate);
      }
    }
  }
  return rates.sort((a, b) => a.net - b.net);
}

/** Whether a hotel has no room of a type left for a night. */
export function isFull(seed: number, hotel: Hotel, room: RoomType, night: number): boolean {
  return fractionOf(`${seed}|full|${hotel.id}|${room.code}|${night}`) < 0.12;
}

/** Euro cents of one room for all nights without board; undefined when it is full. */
function roomPrice(
  seed: number,
  hotel: Hotel,
  room: RoomType,
  nights: Nights,
  occupancy: Occupancy,
  bookedDay: number,
): number | undefined {
  if (isFull(seed, hotel, room, nights.checkIn)) return undefined;
  let cents = 0;
  for (let day = nights.checkIn; day < nights.checkOut; day++) {
    const weekend = weekdayOf(day) >= 5 ? 1.12 : 1;
    cents += hotel.nightCents * monthFactor[monthOf(day)]! * weekend;
  }
  const paying = occupancy.childAges.filter((age) => age >= 2).length;
  const guests = 1 + 0.28 * Math.max(0, occupancy.adults - 2) + 0.14 * paying - (occupancy.adults === 1 ? 0.08 : 0);
  const late = nights.checkIn - bookedDay < 4 ? 1.15 : 1;
  return cents * room.factor * guests * late;
}

function makeRate(
  seed: number,
  seller: StaySeller,
  hotel: Hotel,
  nights: Nights,
  occupancy: Occupancy,
  bookedDay: number,
  room: RoomType,
  board: string,
  plan: 'NOR' | 'NRF',
  roomCents: number,
): Rate | undefined {
  const draws = drawsOf(`${seed}|${seller.salt}|rate|${hotel.id}|${room.code}|${board}|${plan}|${nights.checkIn}`);
  if (draws.chance(0.22)) return undefined;
  const length = nights.checkOut - nights.checkIn;
  const eaters = occupancy.adults + 0.5 * occupancy.childAges.filter((age) => age >= 2).length;
  const boardCents = (hotel.boards.find(({ code }) => code === board)?.cents ?? 0) * eaters * length;
  const cheaper = plan === 'NRF' ? 0.9 : 1;
  const taste = 0.95 + 0.1 * fractionOf(`${seed}|${seller.salt}|contract|${hotel.id}`);
  const one = toMinor((roomCents + boardCents) * cheaper * taste * seller.margin, seller.currency);
  const net = one * occupancy.rooms;
  const payAtHotel = draws.chance(0.1);
  const recommended = draws.chance(0.55);
  const selling = payAtHotel || recommended ? Math.round((one * 1.12) / 10) * 10 * occupancy.rooms : undefined;
  const currency = filingCurrency(hotel.city.country);
  const discount = draws.chance(0.08) ? -Math.round(net * 0.1) : undefined;
  return {
    room,
    board,
    plan,
    occupancy,
    recheck: draws.chance(0.25),
    payAtHotel,
    net,
    selling,
    mandatory: selling !== undefined && draws.chance(0.6),
    atHotel:
      payAtHotel && currency !== seller.currency
        ? { minor: convert(selling!, seller.currency, currency), currency }
        : undefined,
    allotment: draws.integer(1, 12),
    cancellation: cancellation(hotel, nights, bookedDay, plan, net, draws.integer(1, 14), draws.chance(0.5)),
    tax: taxOf(seed, seller, hotel, nights, occupancy),
    taxesStated: hotel.index % 5 !== 0,
    promotion: draws.chance(0.1),
    discount,
  };
}

function cancellation(
  hotel: Hotel,
  nights: Nights,
  bookedDay: number,
  plan: 'NOR' | 'NRF',
  net: number,
  daysBefore: number,
  twoSteps: boolean,
): { from: string; minor: number }[] {
  const { timeZone } = hotel.city;
  if (plan === 'NRF') return [{ from: lastMinuteOf(bookedDay - 1, timeZone), minor: net }];
  const firstNight = Math.round(net / (nights.checkOut - nights.checkIn));
  const from = nights.checkIn - daysBefore;
  const steps = [{ from: lastMinuteOf(from, timeZone), minor: twoSteps ? firstNight : net }];
  if (twoSteps) steps.push({ from: lastMinuteOf(Math.min(nights.checkIn, from + 3), timeZone), minor: net });
  return steps;
}

/** "2026-06-12T23:59:00+02:00" on the clock of the hotel. */
function lastMinuteOf(day: number, timeZone: string): string {
  const wall = `${dateOf(day)}T23:59:00`;
  const epoch = localToEpochMs(wall, timeZone) ?? day * 86_400_000;
  return `${wall}${offsetText(utcOffsetMinutes(epoch, timeZone))}`;
}

function taxOf(
  seed: number,
  seller: StaySeller,
  hotel: Hotel,
  nights: Nights,
  occupancy: Occupancy,
): StayTax | undefined {
  const rule = cityTaxes[hotel.city.country];
  const cents = rule?.cents[hotel.stars - 1] ?? 0;
  if (rule === undefined || cents === 0) return undefined;
  const persons = occupancy.rooms * occupancy.adults * (nights.checkOut - nights.checkIn);
  const minor = toMinor(cents, rule.currency) * persons;
  const same = rule.currency === seller.currency;
  return {
    included: fractionOf(`${seed}|tax|${hotel.id}`) < rule.included,
    minor,
    currency: rule.currency,
    clientMinor: same ? minor : toMinor(cents * persons, seller.currency),
  };
}

import { monthOf, weekdayOf } from '../dates.ts';
import { fractionOf } from '../random.ts';
import { kilometres } from './airports.ts';
import { carrierOf } from './carriers.ts';
import type { Itinerary } from './itineraries.ts';
import { airportOf } from './network.ts';

/** Cabins, lowest first, in Duffel's words. */
export const cabins = ['economy', 'premium_economy', 'business', 'first'] as const;
export type Cabin = (typeof cabins)[number];

/** What a fare allows, and for how much of the base fare. */
export interface FareFamily {
  /** "LIGHT": part of fare basis codes. */
  readonly code: string;
  readonly cabin: Cabin;
  /** Booking classes by demand: the fuller the flight, the dearer the class. No two families share one. */
  readonly classes: readonly [string, string, string];
  /** Multiplies the base fare of the itinerary. */
  readonly factor: number;
  readonly checkedBags: number;
  readonly cabinBags: number;
  /** Share of the fare that a refund costs; absent where there is none. */
  readonly refundFee?: number;
  /** Share of the fare that a change costs; absent where there is none. */
  readonly changeFee?: number;
}

const light: FareFamily = {
  code: 'LGT',
  cabin: 'economy',
  classes: ['O', 'Q', 'N'],
  factor: 1,
  checkedBags: 0,
  cabinBags: 1,
};
const standard: FareFamily = {
  code: 'STD',
  cabin: 'economy',
  classes: ['L', 'M', 'K'],
  factor: 1.22,
  checkedBags: 1,
  cabinBags: 1,
  changeFee: 0.25,
};
const flex: FareFamily = {
  code: 'FLX',
  cabin: 'economy',
  classes: ['H', 'B', 'Y'],
  factor: 1.72,
  checkedBags: 2,
  cabinBags: 1,
  refundFee: 0.2,
  changeFee: 0,
};
const premium: FareFamily = {
  code: 'PRM',
  cabin: 'premium_economy',
  classes: ['T', 'E', 'W'],
  factor: 2.1,
  checkedBags: 2,
  cabinBags: 1,
  changeFee: 0.15,
};
const saver: FareFamily = {
  code: 'BSV',
  cabin: 'business',
  classes: ['I', 'Z', 'D'],
  factor: 3.6,
  checkedBags: 2,
  cabinBags: 2,
  changeFee: 0.1,
};
const business: FareFamily = {
  code: 'BFX',
  cabin: 'business',
  classes: ['P', 'C', 'J'],
  factor: 5.1,
  checkedBags: 3,
  cabinBags: 2,
  refundFee: 0,
  changeFee: 0,
};
const first: FareFamily = {
  code: 'FST',
  cabin: 'first',
  classes: ['A', 'X', 'F'],
  factor: 8.4,
  checkedBags: 3,
  cabinBags: 2,
  refundFee: 0,
  changeFee: 0,
};

const lowcostFamilies = [light, standard, flex];
const shortFamilies = [light, standard, flex, saver, business];
const longFamilies = [light, standard, flex, premium, saver, business];
const grandFamilies = [...longFamilies, first];
const withFirst = new Set([
  'BA',
  'AF',
  'LH',
  'LX',
  'EK',
  'EY',
  'QR',
  'SQ',
  'TG',
  'JL',
  'NH',
  'KE',
  'CX',
  'QF',
  'AA',
  'AI',
  'CA',
  'SV',
]);

/** The fares that a carrier files over a distance, the cheapest first within each cabin. */
export function familiesOf(carrier: string, km: number): readonly FareFamily[] {
  if (carrierOf(carrier)?.kind !== 'network') return lowcostFamilies;
  if (km < 4200) return shortFamilies;
  return withFirst.has(carrier) ? grandFamilies : longFamilies;
}

/** The family that a booking class belongs to. */
export function familyOfClass(bookingClass: string): FareFamily | undefined {
  return grandFamilies.find((family) => family.classes.includes(bookingClass));
}

const brandNames: Readonly<Record<string, readonly string[]>> = {
  LGT: ['Economy Light', 'Light', 'Smart & Save', 'Basic Economy', 'Saver'],
  STD: ['Economy Classic', 'Standard', 'Smart & Bag', 'Main Cabin', 'Value'],
  FLX: ['Economy Flex', 'Flex', 'Smart & Free', 'Main Cabin Flexible', 'Comfort'],
  PRM: ['Premium Economy', 'Premium', 'World Plus', 'Premium Select', 'Premium Comfort'],
  BSV: ['Business Saver', 'Business', 'Business Smart', 'Business Basic', 'Business Value'],
  BFX: ['Flexible Business', 'Business Flex', 'Business Free', 'Business Refundable', 'Business Comfort'],
  FST: ['First', 'First', 'First', 'First Flexible', 'First'],
};

/** A fare's name as its carrier sells it. Carriers of one style use the same words, as alliances do. */
export function brandName(carrier: string, family: FareFamily): string {
  const names = brandNames[family.code]!;
  return names[styleOf(carrier) % names.length]!;
}

/** One of five styles of a carrier: names of fares, ways of writing numbers. */
export function styleOf(carrier: string): number {
  let style = styles.get(carrier);
  if (style === undefined) {
    style = Math.floor(fractionOf(`style|${carrier}`) * 5);
    styles.set(carrier, style);
  }
  return style;
}

const styles = new Map<string, number>();

/** The cabin on one flight: premium economy is sold on short feeders as economy. */
export function cabinOn(family: FareFamily, km: number): Cabin {
  return family.cabin === 'premium_economy' && km < 4200 ? 'economy' : family.cabin;
}

/** How full the fullest flight is, which sets the booking class. */
export function demandOf(itinerary: Itinerary): 0 | 1 | 2 {
  let demand: 0 | 1 | 2 = 0;
  for (const flight of itinerary.flights) if (flight.demand > demand) demand = flight.demand;
  return demand;
}

/** "OLGTRT7": booking class, family, season and the carrier's filing number. */
export function fareBasis(carrier: string, family: FareFamily, bookingClass: string, day: number): string {
  const season = [5, 6, 7, 11].includes(monthOf(day)) ? 'H' : 'L';
  return `${bookingClass}${season}${family.code}${styleOf(carrier) + 1}`;
}

const demandFactor = [1, 1.18, 1.46] as const;
const monthFactor = [0.9, 0.88, 0.95, 1.02, 1.05, 1.15, 1.3, 1.28, 1.05, 0.98, 0.9, 1.18];
const weekdayFactor = [1.1, 1, 0.94, 0.94, 1, 1.12, 1.04];

/**
 * The base fare of one adult for one direction in euro cents, before a seller's margin. The same for every itinerary of a
 * carrier between the same airports on a day with as many changes and the same demand, as filed fares are.
 *
 * @param leadDays days from booking to departure
 */
export function baseFare(seed: number, itinerary: Itinerary, family: FareFamily, leadDays: number): number {
  const firstFlight = itinerary.flights[0]!;
  const lastFlight = itinerary.flights.at(-1)!;
  const km = kilometres(airportOf(firstFlight.origin), airportOf(lastFlight.destination));
  const carrier = carrierOf(itinerary.carrier)!;
  const day = Math.floor((firstFlight.departs + firstFlight.departureOffset * 60_000) / 86_400_000);
  const taste = 0.86 + 0.28 * fractionOf(`${seed}|fare|${carrier.code}|${firstFlight.origin}${lastFlight.destination}`);
  const changes = itinerary.flights.length - 1;
  const connecting = changes === 0 ? 1 : (km > 4200 ? 0.8 : 1.04) - 0.03 * changes;
  const cabinStretch = km < 4200 && family.factor > 2 ? 0.62 : 1;
  const euros =
    (24 + 0.047 * km) *
    (carrier.kind === 'lowcost' ? 0.64 : 1) *
    taste *
    connecting *
    family.factor *
    cabinStretch *
    demandFactor[demandOf(itinerary)] *
    monthFactor[monthOf(day)]! *
    weekdayFactor[weekdayOf(day)]! *
    leadFactor(leadDays);
  return Math.max(900, Math.round(euros * 100));
}

function leadFactor(days: number): number {
  if (days < 3) return 2;
  if (days < 7) return 1.6;
  if (days < 14) return 1.32;
  if (days < 30) return 1.12;
  return days < 150 ? 1 : 1.06;
}

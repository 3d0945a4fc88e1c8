import { dayOf, dayOfEpoch } from '../dates.ts';
import type { Nights, Occupancy } from '../stays/rates.ts';

/** An availability request. */
export interface AvailabilityRequest {
  readonly nights: Nights;
  readonly occupancies: readonly Occupancy[];
  readonly where:
    | { readonly kind: 'circle'; readonly latitude: number; readonly longitude: number; readonly radiusKm: number }
    | { readonly kind: 'codes'; readonly codes: readonly number[] }
    | { readonly kind: 'destination'; readonly code: string };
  readonly maxHotels: number;
  readonly maxRooms: number;
  readonly maxRatesPerRoom: number;
  /** Fewest and most stars. */
  readonly minCategory: number;
  readonly maxCategory: number;
  /** Boards that are wanted, or those that are not; undefined for all. */
  readonly boards: { readonly codes: readonly string[]; readonly included: boolean } | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the body of an availability request, or says what is wrong with it. */
export function readAvailability(body: unknown, now: number): AvailabilityRequest | { readonly problem: string } {
  const request = fields(body);
  if (request === undefined) return { problem: 'The request must be a JSON object' };
  const stay = fields(request.stay);
  const checkIn = dayOf(stay?.checkIn);
  const checkOut = dayOf(stay?.checkOut);
  if (checkIn === undefined) return { problem: 'The field stay.checkIn must be a date yyyy-MM-dd' };
  if (checkOut === undefined) return { problem: 'The field stay.checkOut must be a date yyyy-MM-dd' };
  if (checkIn < dayOfEpoch(now) - 1) return { problem: 'The check-in cannot be before today' };
  if (checkOut <= checkIn) return { problem: 'The check-out must be after the check-in' };
  if (checkOut - checkIn > 30) return { problem: 'A stay can have at most 30 nights' };
  const occupancies = readOccupancies(request.occupancies);
  if ('problem' in occupancies) return occupancies;
  const where = readWhere(request);
  if ('problem' in where) return where;
  const filter = fields(request.filter) ?? {};
  const boards = readBoards(request.boards);
  if (boards !== undefined && 'problem' in boards) return boards;
  return {
    nights: { checkIn, checkOut },
    occupancies,
    where,
    maxHotels: numberIn(filter.maxHotels, 1, 2000) ?? 2000,
    maxRooms: numberIn(filter.maxRooms, 1, 50) ?? 50,
    maxRatesPerRoom: numberIn(filter.maxRatesPerRoom, 1, 50) ?? 50,
    minCategory: numberIn(filter.minCategory, 1, 5) ?? 1,
    maxCategory: numberIn(filter.maxCategory, 1, 5) ?? 5,
    boards,
  };
}

function readBoards(value: unknown): AvailabilityRequest['boards'] | { readonly problem: string } {
  if (value === undefined || value === null) return undefined;
  const { board, included } = fields(value) ?? {};
  if (!Array.isArray(board) || board.length === 0 || !board.every((code) => typeof code === 'string')) {
    return { problem: 'The field boards.board must be a list of board codes' };
  }
  return { codes: board, included: included !== false };
}

function readOccupancies(value: unknown): Occupancy[] | { readonly problem: string } {
  if (!Array.isArray(value) || value.length === 0) return { problem: 'At least one occupancy is required' };
  if (value.length > 9) return { problem: 'At most 9 occupancies are allowed' };
  const occupancies: Occupancy[] = [];
  for (const [index, item] of value.entries()) {
    const at = `occupancies[${index}]`;
    const occupancy = fields(item);
    const rooms = numberIn(occupancy?.rooms, 1, 9);
    const adults = numberIn(occupancy?.adults, 1, 20);
    const children = numberIn(occupancy?.children ?? 0, 0, 9);
    if (rooms === undefined) return { problem: `The field ${at}.rooms must be from 1 to 9` };
    if (adults === undefined) return { problem: `The field ${at}.adults must be from 1 to 20` };
    if (children === undefined) return { problem: `The field ${at}.children must be from 0 to 9` };
    const ages: number[] = [];
    for (const pax of Array.isArray(occupancy!.paxes) ? occupancy!.paxes : []) {
      const { type, age } = fields(pax) ?? {};
      if (type !== 'CH') continue;
      const years = numberIn(age, 0, 17);
      if (years === undefined) return { problem: `A child of ${at}.paxes has no age from 0 to 17` };
      ages.push(years);
    }
    if (ages.length !== children) return { problem: `${at} has ${children} children, but ${ages.length} ages` };
    occupancies.push({ rooms, adults, childAges: ages });
  }
  return occupancies;
}

function readWhere(request: Fields): AvailabilityRequest['where'] | { readonly problem: string } {
  const circle = fields(request.geolocation);
  if (circle !== undefined) {
    const latitude = numeric(circle.latitude, -90, 90);
    const longitude = numeric(circle.longitude, -180, 180);
    const radius = numeric(circle.radius ?? 20, 0, 500);
    if (latitude === undefined || longitude === undefined || radius === undefined) {
      return { problem: 'The geolocation needs a latitude, a longitude and a radius of at most 500' };
    }
    return { kind: 'circle', latitude, longitude, radiusKm: circle.unit === 'mi' ? radius * 1.609344 : radius };
  }
  const hotels = fields(request.hotels)?.hotel;
  if (Array.isArray(hotels)) {
    if (hotels.length === 0 || hotels.length > 2000) return { problem: 'From 1 to 2000 hotels can be asked for' };
    const codes = hotels.map((code) => numberIn(code, 1, 999_999));
    if (codes.includes(undefined)) return { problem: 'Hotel codes are whole numbers' };
    return { kind: 'codes', codes: codes as number[] };
  }
  const code = fields(request.destination)?.code;
  if (typeof code === 'string') return { kind: 'destination', code };
  return { problem: 'One of hotels, geolocation and destination is required' };
}

/** Reads the rate keys of a check, or says what is wrong. */
export function readCheck(body: unknown): readonly string[] | { readonly problem: string } {
  const rooms = fields(body)?.rooms;
  if (!Array.isArray(rooms) || rooms.length === 0) return { problem: 'At least one room is required' };
  if (rooms.length > 10) return { problem: 'At most 10 rooms are allowed' };
  const keys = rooms.map((room) => fields(room)?.rateKey);
  if (!keys.every((key) => typeof key === 'string')) return { problem: 'Every room needs a rateKey' };
  return keys;
}

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** Whole numbers, as numbers or as texts. */
function numberIn(value: unknown, low: number, high: number): number | undefined {
  const number = numeric(value, low, high);
  return number !== undefined && Number.isInteger(number) ? number : undefined;
}

function numeric(value: unknown, low: number, high: number): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && number >= low && number <= high ? number : undefined;
}

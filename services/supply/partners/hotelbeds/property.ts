import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { GeoPoint } from '../../../../libs/contracts/gen/entrepot/type/v1/geo.ts';
import { distanceKm } from '../../../../libs/reference/index.ts';
import { Rejection } from '../../adapter.ts';
import type { HotelNode, NumberOrText } from './format.ts';

/** A hotel, worked out once for all its rates. */
export interface Property {
  readonly code: string;
  readonly name: string;
  readonly zone: string | undefined;
  readonly stars: number | undefined;
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
  readonly distanceKm: number | undefined;
  /** As stated; whoever prices checks it. */
  readonly currency: unknown;
}

/**
 * A hotel of an answer.
 *
 * @param center the middle of the search; undefined where it is not known
 * @param wrapperCurrency the currency beside the list, for a hotel that has none of its own
 * @throws Rejection MISSING_FIELD without a code or a name
 */
export function propertyOf(hotel: HotelNode, center: GeoPoint | undefined, wrapperCurrency: unknown): Property {
  const code = typeof hotel?.code === 'number' ? String(hotel.code) : hotel?.code;
  if (typeof code !== 'string' || code === '')
    throw new Rejection(RejectionReason.MISSING_FIELD, 'a hotel has no code');
  const { name, zoneName } = hotel;
  if (typeof name !== 'string' || name === '') {
    throw new Rejection(RejectionReason.MISSING_FIELD, `hotel ${code} has no name`);
  }
  const position = positionOf(hotel.latitude, hotel.longitude);
  return {
    code,
    name,
    zone: typeof zoneName === 'string' ? zoneName : undefined,
    stars: stars(hotel.categoryCode, hotel.categoryName),
    latitude: position?.latitude,
    longitude: position?.longitude,
    distanceKm:
      position && center && distanceKm(center.latitude, center.longitude, position.latitude, position.longitude),
    currency: hotel.currency ?? wrapperCurrency,
  };
}

/** A position of two numbers or texts; undefined where it is none, or the null one that stands for unknown. */
function positionOf(latitude: NumberOrText | undefined, longitude: NumberOrText | undefined): GeoPoint | undefined {
  const point = { latitude: decimal(latitude), longitude: decimal(longitude) };
  const real = Math.abs(point.latitude) <= 90 && Math.abs(point.longitude) <= 180;
  return real && (point.latitude !== 0 || point.longitude !== 0) ? point : undefined;
}

function decimal(value: NumberOrText | undefined): number {
  return typeof value === 'string' && value.trim() !== ''
    ? Number(value)
    : typeof value === 'number'
      ? value
      : Number.NaN;
}

const STARS_BY_CODE = /^([1-5])(?:EST|LUX)$/;
const HALF_STARS_BY_CODE = /^H([1-4])_5$/;
const STARS_BY_NAME = /\b([1-5])\s*(?:STARS?\b|\*)/;
const HALF = /\bHALF\b/;

/**
 * Stars of a category. Codes of hotels say them ("4EST", "5LUX", "H3_5" for three and a half); of what else there is
 * (superior, hostels, rural houses) the name may ("SUPERIOR 4*"). Keys of apartments are no stars.
 */
export function stars(code: unknown, name: unknown): number | undefined {
  if (typeof code === 'string') {
    const whole = STARS_BY_CODE.exec(code);
    if (whole !== null) return Number(whole[1]);
    const half = HALF_STARS_BY_CODE.exec(code);
    if (half !== null) return Number(half[1]) + 0.5;
  }
  if (typeof name !== 'string') return undefined;
  const text = name.toUpperCase();
  const named = STARS_BY_NAME.exec(text);
  if (named === null) return undefined;
  return Math.min(5, Number(named[1]) + (HALF.test(text) ? 0.5 : 0));
}

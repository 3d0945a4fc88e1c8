import { distanceKm, epochMsToLocal } from '../../../libs/reference/index.ts';
import { toMinor } from '../money.ts';
import { drawsOf, fractionOf } from '../random.ts';
import type { Fleet, RideClass } from './fleets.ts';
import type { Market } from './markets.ts';

/** A point on the map, degrees. */
export interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

/** A way from one point to another at a time. */
export interface Trip {
  readonly km: number;
  readonly minutes: number;
}

/** The way by road: longer than the crow flies, slower in the rush hour. */
export function tripBetween(from: Point, to: Point, market: Market, epochMs: number): Trip {
  const straight = distanceKm(from.latitude, from.longitude, to.latitude, to.longitude);
  const detour = 1.2 + 0.25 * fractionOf(`detour|${pointKey(from)}|${pointKey(to)}`);
  const km = Math.max(0.4, straight * detour);
  const hour = hourAt(market, epochMs);
  const slow = isRush(hour) ? 0.65 : hour < 6 ? 1.3 : 1;
  // The longer the way, the more of it is on fast roads.
  const speed = (22 + Math.min(48, km * 1.1)) * slow;
  return { km, minutes: Math.max(2, Math.round((km / speed) * 60)) };
}

function pointKey({ latitude, longitude }: Point): string {
  return `${latitude.toFixed(4)},${longitude.toFixed(4)}`;
}

/** What a ride costs in the market's currency, minor units. */
export function fareOf(market: Market, fleet: Fleet, rideClass: RideClass, trip: Trip, multiplier: number): number {
  const { base, perKm, perMinute, minimum } = fleet.tariff;
  const cents = Math.max(minimum, base + perKm * trip.km + perMinute * trip.minutes);
  return toMinor(cents * rideClass.factor * multiplier, market.currency);
}

/** How many times the ordinary price a network asks: 1, or up to 2.4 in tenths; the same for ten minutes. */
export function surgeOf(seed: number, market: Market, rideClass: RideClass, epochMs: number): number {
  const slot = Math.floor(epochMs / 600_000);
  const draws = drawsOf(`${seed}|surge|${market.city.index}|${rideClass.key}|${slot}`);
  const hour = hourAt(market, epochMs);
  const likely = isRush(hour) ? 0.65 : hour >= 22 || hour < 4 ? 0.35 : 0.1;
  return draws.chance(likely) ? 1 + draws.integer(1, 14) / 10 : 1;
}

/** Seconds until a vehicle is there; undefined where none is free. The same for five minutes. */
export function etaSeconds(
  seed: number,
  fleet: Fleet,
  rideClass: RideClass,
  from: Point,
  epochMs: number,
): number | undefined {
  const slot = Math.floor(epochMs / 300_000);
  const place = `${from.latitude.toFixed(2)},${from.longitude.toFixed(2)}`;
  const draws = drawsOf(`${seed}|eta|${fleet.id}|${rideClass.key}|${place}|${slot}`);
  if (draws.chance(0.07)) return undefined;
  return 60 + Math.round(draws.fraction() ** 2 * 1080);
}

function hourAt(market: Market, epochMs: number): number {
  return Number(epochMsToLocal(epochMs, market.city.timeZone).slice(11, 13));
}

function isRush(hour: number): boolean {
  return (hour >= 7 && hour < 10) || (hour >= 16 && hour < 19);
}

import { LRUCache } from 'lru-cache';
import type { World } from '../world.ts';
import type { Point } from './trips.ts';

const mostTrips = 20_000;
const rememberedMs = 600_000;
const kept = new WeakMap<World, LRUCache<string, number>>();

/**
 * Whether a seller was asked for the same trip within the last ten minutes: estimates have no ids, so that asking for a price again is
 * asking for the trip again. Notes that it was asked for at `now`, epoch milliseconds.
 */
export function askedAgain(world: World, seller: string, from: Point, to: Point, now: number): boolean {
  let trips = kept.get(world);
  if (trips === undefined) {
    trips = new LRUCache({ max: mostTrips });
    kept.set(world, trips);
  }
  const key = [seller, from.latitude, from.longitude, to.latitude, to.longitude].join('|');
  const before = trips.get(key);
  const again = before !== undefined && Math.abs(now - before) < rememberedMs;
  if (!again) trips.set(key, now);
  return again;
}

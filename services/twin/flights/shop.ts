import { LRUCache } from 'lru-cache';
import { isDuplicated, type Scenario } from '../scenario.ts';
import type { World } from '../world.ts';
import { type FlightOffer, type FlightSearch, type FlightSeller, flightOffers } from './offers.ts';

const kept = new WeakMap<World, LRUCache<string, readonly FlightOffer[]>>();

/** What a seller offers for a search booked on a day; kept for a while, since verifying asks for it again. */
export function shop(
  world: World,
  seller: FlightSeller,
  search: FlightSearch,
  bookedDay: number,
): readonly FlightOffer[] {
  let cache = kept.get(world);
  if (cache === undefined) {
    cache = new LRUCache({ max: 60 });
    kept.set(world, cache);
  }
  const key = `${seller.name}|${seller.currency}|${bookedDay}|${JSON.stringify(search)}`;
  let offers = cache.get(key);
  if (offers === undefined) {
    offers = flightOffers(world.seed, world.timetable, seller, search, bookedDay);
    cache.set(key, offers);
  }
  return offers;
}

/** An offer as it stands in an answer: perhaps the second sale of the same. */
export interface Listed {
  readonly offer: FlightOffer;
  readonly duplicate: boolean;
  /** Base fare of all passengers as sold: the second sale may be a little dearer. */
  readonly base: number;
}

/** The offers of an answer, those sold twice with their second sales. */
export function listOffers(scenario: Scenario, seed: number, seller: string, offers: readonly FlightOffer[]): Listed[] {
  const listed: Listed[] = [];
  for (const offer of offers) {
    listed.push({ offer, duplicate: false, base: offer.base });
    if (isDuplicated(scenario, seed, seller, offerKey(offer))) listed.push(secondSale(offer));
  }
  return listed;
}

/** The second sale of an offer: every other one costs 1 % more. */
export function secondSale(offer: FlightOffer): Listed {
  return { offer, duplicate: true, base: offer.index % 2 === 0 ? offer.base : Math.round(offer.base * 1.01) };
}

/** A key of an offer that stays the same from answer to answer. */
export function offerKey(offer: FlightOffer): string {
  return `${offer.journey.id}|${offer.family.code}|${offer.codeshare}`;
}

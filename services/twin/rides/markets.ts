import { LRUCache } from 'lru-cache';
import { distanceKm } from '../../../libs/reference/index.ts';
import { filingCurrency } from '../money.ts';
import { allCities, type City, citiesNear } from '../stays/cities.ts';
import { type Fleet, fleetsOf } from './fleets.ts';

/** The rides of a city. */
export interface Market {
  readonly city: City;
  /** ISO 4217: rides are paid where they are. */
  readonly currency: string;
  readonly fleets: readonly Fleet[];
}

/** The rides of a seed. */
export interface Markets {
  /** The market of a place; undefined where no city is within 40 km. */
  at(latitude: number, longitude: number): Market | undefined;
  /** The market of a city's index. */
  ofCity(index: number): Market | undefined;
}

const reachKm = 40;

/** The rides of a seed. */
export function createMarkets(seed: number): Markets {
  const known = new LRUCache<number, Market>({ max: 200 });
  function ofCity(index: number): Market | undefined {
    const city = allCities()[index];
    if (city === undefined) return undefined;
    let market = known.get(index);
    if (market === undefined) {
      market = { city, currency: filingCurrency(city.country), fleets: fleetsOf(seed, city) };
      known.set(index, market);
    }
    return market;
  }
  return {
    ofCity,
    at(latitude, longitude) {
      const away = (city: City): number => distanceKm(latitude, longitude, city.latitude, city.longitude);
      const [first, ...others] = citiesNear(latitude, longitude, reachKm);
      if (first === undefined) return undefined;
      return ofCity(others.reduce((best, city) => (away(city) < away(best) ? city : best), first).index);
    },
  };
}

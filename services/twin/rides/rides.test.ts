import { describe, expect, it } from 'vitest';
import { allCities } from '../stays/cities.ts';
import { fleetsOf } from './fleets.ts';
import { createMarkets } from './markets.ts';
import { listsFleet, readCode, writeCode } from './sellers.ts';
import { etaSeconds, fareOf, surgeOf, tripBetween } from './trips.ts';

const markets = createMarkets(7);
const from = { latitude: 48.8566, longitude: 2.3522 };
const to = { latitude: 48.89, longitude: 2.24 };
const noon = Date.UTC(2026, 0, 7, 11);
const rush = Date.UTC(2026, 0, 7, 7);
const market = markets.at(from.latitude, from.longitude)!;

describe('markets', () => {
  it('are where cities are, with networks, taxis and private hire', () => {
    expect(market.city.name).toBe('Paris');
    expect(market.currency).toBe('EUR');
    expect(new Set(market.fleets.map(({ kind }) => kind))).toEqual(new Set(['network', 'taxi', 'private']));
    expect(markets.at(0, -30)).toBeUndefined();
    expect(markets.ofCity(-1)).toBeUndefined();
  });

  it('are the same for the same seed, and others for another', () => {
    expect(createMarkets(7).at(from.latitude, from.longitude)).toEqual(market);
    expect(fleetsOf(8, market.city)).not.toEqual(market.fleets);
  });

  it('have taxis with meters, and vehicles of every class somewhere', () => {
    const fleets = allCities()
      .slice(0, 60)
      .flatMap((city) => fleetsOf(7, city));
    for (const fleet of fleets) if (fleet.kind === 'taxi') expect(fleet.pricing).toBe('METERED');
    expect(new Set(fleets.flatMap(({ classes }) => classes.map(({ key }) => key))).size).toBe(8);
    expect(new Set(fleets.map(({ propulsion }) => propulsion)).size).toBe(3);
  });
});

describe('rides', () => {
  const fleet = market.fleets[0]!;
  const rideClass = fleet.classes[0]!;

  it('take longer and are no shorter in the rush hour, and cost more the farther', () => {
    const trip = tripBetween(from, to, market, noon);
    expect(trip.km).toBeGreaterThan(9);
    expect(trip.km).toBeLessThan(14);
    expect(tripBetween(from, to, market, rush).minutes).toBeGreaterThan(trip.minutes);
    const fare = (km: number) => fareOf(market, fleet, rideClass, { km, minutes: km * 2 }, 1);
    expect(fare(20)).toBeGreaterThan(fare(10));
    expect(fare(0.1)).toBe(fare(0.2));
    expect(fareOf(market, fleet, rideClass, trip, 2)).toBeGreaterThan(fareOf(market, fleet, rideClass, trip, 1) * 1.99);
  });

  it('surge by the hour, the same for ten minutes', () => {
    const slots = Array.from({ length: 18 }, (_, i) => surgeOf(7, market, rideClass, rush + i * 600_000));
    const quiet = Array.from({ length: 18 }, (_, i) => surgeOf(7, market, rideClass, noon + i * 600_000));
    expect(slots.filter((surge) => surge > 1).length).toBeGreaterThan(quiet.filter((surge) => surge > 1).length);
    expect(Math.max(...slots)).toBeLessThanOrEqual(2.4);
    expect(surgeOf(7, market, rideClass, rush + 599_000)).toBe(slots[0]);
  });

  it('come in 1 to 19 minutes, or not at all', () => {
    const etas = Array.from({ length: 200 }, (_, i) => etaSeconds(7, fleet, rideClass, from, noon + i * 300_000));
    const known = etas.filter((eta) => eta !== undefined);
    expect(known.length).toBeGreaterThan(170);
    expect(known.length).toBeLessThan(200);
    for (const eta of known) expect(eta >= 60 && eta <= 1140).toBe(true);
  });
});

describe('sellers of rides', () => {
  it('have codes of their own that lead back', () => {
    const one = { name: 'a', salt: 'a', coverage: 1, margin: 1 };
    const two = { ...one, salt: 'b' };
    const codes = new Set<string>();
    for (const fleet of market.fleets) {
      for (const rideClass of [undefined, ...fleet.classes]) {
        const code = writeCode(7, one, fleet, rideClass);
        codes.add(code);
        expect(readCode(7, one, markets, code)).toEqual({ market, fleet, rideClass });
        expect(readCode(7, two, markets, code)).toBeUndefined();
        expect(
          readCode(
            7,
            one,
            markets,
            code.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
          ),
        ).toBeUndefined();
      }
    }
    expect(codes.size).toBe(market.fleets.reduce((sum, { classes }) => sum + classes.length + 1, 0));
    const fleets = allCities()
      .slice(0, 100)
      .flatMap((city) => fleetsOf(7, city));
    const listed = fleets.filter((fleet) => listsFleet(7, { ...one, coverage: 0.6 }, fleet));
    expect(listed.length / fleets.length).toBeCloseTo(0.6, 1);
  });
});

import { describe, expect, it } from 'vitest';
import { dayOf } from '../dates.ts';
import { createWorld } from '../world.ts';
import { type FlightSearch, type FlightSeller, flightOffers, reprice } from './offers.ts';

const world = createWorld(11);
const booked = dayOf('2026-01-05')!;
const seller: FlightSeller = {
  name: 'a',
  salt: 'a',
  coverage: 1,
  lowCostCoverage: 1,
  codeshareShare: 0.5,
  margin: 1,
  currency: 'GBP',
  wholeUnits: false,
  maxOffers: 1000,
};
const oneWay: FlightSearch = { legs: [{ origin: 'MAD', destination: 'BER', day: booked + 40 }], passengers: ['adult'] };
const family: FlightSearch = {
  legs: [
    { origin: 'LON', destination: 'NYC', day: booked + 40 },
    { origin: 'NYC', destination: 'LON', day: booked + 47 },
  ],
  passengers: ['adult', 'adult', 'child', 'infant'],
};
const offersFor = (search: FlightSearch, more: Partial<FlightSeller> = {}, day = booked) =>
  flightOffers(world.seed, world.timetable, { ...seller, ...more }, search, day);

describe('offers of flights', () => {
  it('add up: taxes to tax, base and tax to total, travellers to the whole', () => {
    for (const search of [oneWay, family]) {
      for (const offer of offersFor(search)) {
        for (const fare of offer.fares) {
          expect(fare.taxes.reduce((sum, tax) => sum + tax.minor, 0)).toBe(fare.tax);
          expect(fare.base + fare.tax).toBe(fare.total);
          expect(offer.legs.reduce((sum, leg) => sum + leg.base[fare.kind]!, 0)).toBe(fare.base);
        }
        expect(offer.fares.reduce((sum, fare) => sum + fare.total * fare.count, 0)).toBe(offer.total);
        expect(offer.base + offer.tax).toBe(offer.total);
      }
    }
  });

  it('charge children less than adults and infants least', () => {
    for (const offer of offersFor(family)) {
      const totals = Object.fromEntries(offer.fares.map((fare) => [fare.kind, fare.total]));
      expect(totals.child).toBeLessThan(totals.adult!);
      expect(totals.infant).toBeLessThan(totals.child!);
    }
  });

  it('charge two adults twice what one pays', () => {
    const two = offersFor({ ...oneWay, passengers: ['adult', 'adult'] });
    for (const [index, offer] of offersFor(oneWay).entries()) expect(two[index]!.total).toBe(offer.total * 2);
  });

  it('cost more for better fares and shortly before departure', () => {
    const offers = offersFor(oneWay);
    for (const [, sold] of Map.groupBy(
      offers.filter((offer) => !offer.codeshare),
      (offer) => offer.journey.id,
    )) {
      expect(sold.map((offer) => offer.base)).toEqual(sold.map((offer) => offer.base).toSorted((a, b) => a - b));
    }
    const late = offersFor(oneWay, {}, booked + 38);
    expect(late[0]!.journey.id).toBe(offers[0]!.journey.id);
    expect(late[0]!.base).toBeGreaterThan(offers[0]!.base);
  });

  it('are a seller-specific share of the same journeys', () => {
    const all = new Set(offersFor(oneWay).map((offer) => offer.journey.id));
    const some = new Set(offersFor(oneWay, { coverage: 0.5, lowCostCoverage: 0.5 }).map((offer) => offer.journey.id));
    const others = new Set(
      offersFor(oneWay, { salt: 'b', coverage: 0.5, lowCostCoverage: 0.5 }).map((offer) => offer.journey.id),
    );
    expect(some.size).toBeLessThan(all.size);
    expect(some.isSubsetOf(all)).toBe(true);
    expect(others.isSubsetOf(all)).toBe(true);
    expect(some).not.toEqual(others);
    expect(some.intersection(others).size).toBeGreaterThan(0);
  });

  it('keep every journey when an answer is cut, with its cheapest fare', () => {
    const cut = offersFor(oneWay, { maxOffers: 60, codeshareShare: 0 });
    const all = new Set(offersFor(oneWay).map((offer) => offer.journey.id));
    expect(new Set(cut.map((offer) => offer.journey.id))).toEqual(all);
    expect(cut).toHaveLength(60);
  });

  it('sell the same flights under a partner number too, with and without saying whose number it is', () => {
    const shared = offersFor(oneWay, { codeshareShare: 1 }).filter((offer) => offer.codeshare);
    const segments = shared.flatMap((offer) => offer.legs[0]!.segments).filter((s) => s.carrier !== s.flight.carrier);
    expect(segments.some((segment) => segment.operatingNumberKnown)).toBe(true);
    expect(segments.some((segment) => !segment.operatingNumberKnown)).toBe(true);
  });

  it('hold to the cabin and the changes asked for', () => {
    const direct = offersFor({ ...oneWay, cabin: 'business', maxChanges: 0 });
    expect(direct.length).toBeGreaterThan(0);
    for (const offer of direct) {
      expect(offer.family.cabin).toBe('business');
      expect(offer.legs[0]!.segments).toHaveLength(1);
    }
  });

  it('are none for unknown places and for a place to itself', () => {
    expect(offersFor({ ...oneWay, legs: [{ origin: 'QQQ', destination: 'BER', day: booked + 40 }] })).toEqual([]);
    expect(offersFor({ ...oneWay, legs: [{ origin: 'BER', destination: 'BER', day: booked + 40 }] })).toEqual([]);
  });

  it('still add up at another price', () => {
    for (const offer of offersFor(family)) {
      const dearer = reprice(offer, 1.07, 1);
      expect(dearer.base + dearer.tax).toBe(dearer.total);
      expect(Math.abs(dearer.total - offer.total * 1.07)).toBeLessThan(offer.fares.length * 4);
      for (const fare of dearer.fares) {
        expect(dearer.legs.reduce((sum, leg) => sum + leg.base[fare.kind]!, 0)).toBe(fare.base);
      }
    }
  });
});

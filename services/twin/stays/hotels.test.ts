import { describe, expect, it } from 'vitest';
import { distanceKm } from '../../../libs/reference/index.ts';
import { dayOf } from '../dates.ts';
import { allCities, citiesNear, cityOfCode } from './cities.ts';
import { createHotels } from './hotels.ts';
import { ratesOf } from './rates.ts';
import { listHotel, type StaySeller } from './sellers.ts';

const hotels = createHotels(3);
const checkIn = dayOf('2026-07-10')!;
const seller: StaySeller = { name: 'a', salt: 'a', coverage: 1, margin: 1, currency: 'EUR', maxOffers: 100 };

describe('cities', () => {
  it('are found by code and around a point, across the date line too', () => {
    const paris = cityOfCode('PAR')!;
    expect(citiesNear(48.86, 2.35, 5)).toContain(paris);
    for (const city of citiesNear(-17, 179.9, 400)) {
      expect(distanceKm(-17, 179.9, city.latitude, city.longitude)).toBeLessThanOrEqual(400);
    }
    expect(citiesNear(-17, 179.9, 400).some((city) => city.longitude < 0)).toBe(true);
    expect(citiesNear(0, -30, 100)).toEqual([]);
  });

  it('have a name, a zone and a position each', () => {
    for (const city of allCities()) {
      expect(city.name).not.toBe('');
      expect(city.timeZone).toMatch(/\//);
      expect(Math.abs(city.latitude)).toBeLessThanOrEqual(90);
      expect(Math.abs(city.longitude)).toBeLessThanOrEqual(180);
    }
  });
});

describe('hotels', () => {
  it('are 40 to 80 a city, under different names, within 9 km of its middle', () => {
    for (const code of ['PAR', 'NYC', 'PMI', 'REK']) {
      const city = cityOfCode(code)!;
      const list = hotels.inCity(city);
      expect(list.length).toBeGreaterThanOrEqual(40);
      expect(list.length).toBeLessThanOrEqual(80);
      expect(new Set(list.map((hotel) => hotel.coreName)).size).toBe(list.length);
      for (const hotel of list) {
        expect(distanceKm(city.latitude, city.longitude, hotel.latitude, hotel.longitude)).toBeLessThan(9);
      }
    }
  });

  it('are those of the circle, whatever circle it is', () => {
    const wide = hotels.near(48.8566, 2.3522, 20);
    const narrow = hotels.near(48.8566, 2.3522, 2);
    expect(narrow.length).toBeGreaterThan(0);
    expect(narrow).toEqual(wide.filter((hotel) => distanceKm(48.8566, 2.3522, hotel.latitude, hotel.longitude) <= 2));
  });

  it('lie within 60 m of where a seller says they are', () => {
    for (const hotel of hotels.inCity(cityOfCode('PAR')!)) {
      const listed = listHotel(3, seller, hotel);
      expect(distanceKm(hotel.latitude, hotel.longitude, +listed.latitude, +listed.longitude)).toBeLessThan(0.06);
    }
  });
});

describe('rates', () => {
  it('cost more with more stars, and with meals', () => {
    const list = hotels.inCity(cityOfCode('PAR')!);
    const average = (stars: number) => {
      const cheapest = list
        .filter((hotel) => hotel.stars === stars)
        .map(
          (hotel) =>
            ratesOf(
              3,
              seller,
              hotel,
              { checkIn, checkOut: checkIn + 2 },
              { rooms: 1, adults: 2, childAges: [] },
              checkIn - 60,
            )[0]?.net,
        )
        .filter((net) => net !== undefined);
      return cheapest.reduce((sum, net) => sum + net, 0) / cheapest.length;
    };
    expect(average(3)).toBeGreaterThan(average(2));
    expect(average(4)).toBeGreaterThan(average(3));
    expect(average(5)).toBeGreaterThan(average(4));
  });

  it('never house more guests than the room takes', () => {
    for (const hotel of hotels.inCity(cityOfCode('PAR')!)) {
      for (const rate of ratesOf(
        3,
        seller,
        hotel,
        { checkIn, checkOut: checkIn + 2 },
        { rooms: 1, adults: 3, childAges: [4] },
        checkIn - 60,
      )) {
        expect(rate.room.adults).toBeGreaterThanOrEqual(3);
        expect(rate.room.guests).toBeGreaterThanOrEqual(4);
      }
    }
  });

  it('charge for cancelling at most what was paid, later never less', () => {
    for (const hotel of hotels.inCity(cityOfCode('PAR')!)) {
      for (const rate of ratesOf(
        3,
        seller,
        hotel,
        { checkIn, checkOut: checkIn + 3 },
        { rooms: 2, adults: 2, childAges: [] },
        checkIn - 60,
      )) {
        const amounts = rate.cancellation.map((step) => step.minor);
        expect(amounts).toEqual(amounts.toSorted((a, b) => a - b));
        expect(amounts.at(-1)).toBe(rate.net);
        const times = rate.cancellation.map((step) => Date.parse(step.from));
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }
    }
  });
});

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { distanceKm } from '../../../libs/reference/index.ts';
import type { Twin } from '../server.ts';
import {
  askHotelbeds,
  cents,
  daysAhead,
  type HotelJson,
  hotelsIn,
  kindsOf,
  ratesIn,
  startTestTwin,
  staySearch,
  testNow,
} from '../testing.ts';

let twin: Twin;
let clock: { now: number };
beforeAll(async () => {
  ({ twin, clock } = await startTestTwin());
});
afterAll(() => twin.close());
beforeEach(() => {
  twin.setScenario('hotelbeds', {});
  clock.now = testNow;
});

interface CheckJson {
  readonly hotel: HotelJson & { readonly totalNet: string };
}
const errorIn = (text: string) => (JSON.parse(text) as { error: { code: string; message: string } | string }).error;

describe('availability', () => {
  it('has 30 hotels and more, their rates as texts, and a count that fits', async () => {
    const heard = await askHotelbeds(twin, 'hotels', staySearch(3));
    const hotels = hotelsIn(heard);
    expect(hotels.length).toBeGreaterThan(30);
    expect((JSON.parse(heard.text) as { hotels: { total: number } }).hotels.total).toBe(hotels.length);
    for (const hotel of hotels) {
      expect(typeof hotel.code).toBe('number');
      expect(hotel.latitude).toMatch(/^-?\d+\.\d+$/);
      expect(hotel.longitude).toMatch(/^-?\d+\.\d+$/);
      expect(cents(hotel.minRate)).toBe(Math.min(...ratesIn([hotel]).map((rate) => cents(rate.net))));
      for (const rate of ratesIn([hotel])) {
        expect([rate.rooms, rate.adults, rate.children]).toEqual([1, 2, 0]);
        expect(rate.rateKey).toContain(`|${hotel.code}|`);
      }
    }
  });

  it('holds what readers must tell apart: net and selling, city tax left out or in, recheck, pay there', async () => {
    const spain = { ...staySearch(3), geolocation: { latitude: 41.3, longitude: 2.1, radius: 40, unit: 'km' } };
    const germany = { ...staySearch(3), geolocation: { latitude: 52.5, longitude: 13.4, radius: 40, unit: 'km' } };
    const rates = [
      ...ratesIn(hotelsIn(await askHotelbeds(twin, 'hotels', spain))),
      ...ratesIn(hotelsIn(await askHotelbeds(twin, 'hotels', germany))),
    ];
    const has = (test: (rate: (typeof rates)[number]) => boolean) => expect(rates.some(test)).toBe(true);
    has((rate) => rate.sellingRate === undefined);
    has(
      (rate) =>
        rate.sellingRate !== undefined && cents(rate.sellingRate) > cents(rate.net) && rate.hotelMandatory === true,
    );
    has((rate) => rate.sellingRate !== undefined && rate.hotelMandatory === undefined);
    has((rate) => rate.taxes?.taxes[0]?.included === false && !rate.taxes.allIncluded);
    has((rate) => rate.taxes?.taxes[0]?.included === true && rate.taxes.allIncluded);
    has((rate) => rate.rateType === 'RECHECK');
    has((rate) => rate.paymentType === 'AT_HOTEL' && rate.sellingRate !== undefined);
    has((rate) => rate.rateClass === 'NRF');
    has((rate) => rate.cancellationPolicies.length === 2);
    for (const rate of rates) {
      for (const policy of rate.cancellationPolicies) expect(policy.from).toMatch(/T23:59:00[+-]\d\d:\d\d$/);
      if (rate.rateClass === 'NRF') expect(Date.parse(rate.cancellationPolicies[0]!.from)).toBeLessThan(testNow);
    }
  });

  it('is for the whole stay and all rooms', async () => {
    const of = async (nights: number, rooms: number) => {
      const hotels = hotelsIn(
        await askHotelbeds(twin, 'hotels', staySearch(nights, [{ rooms, adults: 2, children: 0 }])),
      );
      return new Map(
        hotels.flatMap((hotel) =>
          hotel.rooms.flatMap((room) =>
            room.rates.map((rate) => [`${hotel.code}|${room.code}|${rate.rateKey.split('|')[6]}`, rate] as const),
          ),
        ),
      );
    };
    const [one, two, longer] = [await of(2, 1), await of(2, 2), await of(4, 1)];
    for (const [key, rate] of one) {
      expect(cents(two.get(key)?.net)).toBe(cents(rate.net) * 2);
      const tax = rate.taxes?.taxes[0];
      if (tax !== undefined) expect(cents(two.get(key)?.taxes?.taxes[0]?.amount)).toBe(cents(tax.amount) * 2);
      const four = longer.get(key);
      if (four !== undefined) expect(cents(four.net)).toBeGreaterThan(cents(rate.net) * 1.6);
    }
  });

  it('answers each occupancy with rates of its own, in hotels that house all', async () => {
    const occupancies = [
      { rooms: 1, adults: 2, children: 1, paxes: [{ type: 'CH', age: 6 }] },
      { rooms: 2, adults: 1, children: 0 },
    ];
    const hotels = hotelsIn(await askHotelbeds(twin, 'hotels', staySearch(2, occupancies)));
    expect(hotels.length).toBeGreaterThan(5);
    for (const hotel of hotels) {
      const kinds = new Set(
        ratesIn([hotel]).map((rate) => `${rate.rooms} ${rate.adults} ${rate.children} ${rate.childrenAges ?? ''}`),
      );
      expect(kinds).toEqual(new Set(['1 2 1 6', '2 1 0 ']));
    }
  });

  it('finds hotels by code and by destination as by position', async () => {
    const [first, second] = hotelsIn(await askHotelbeds(twin, 'hotels', staySearch(3)));
    const { geolocation: _, ...rest } = staySearch(3);
    const byCode = hotelsIn(
      await askHotelbeds(twin, 'hotels', { ...rest, hotels: { hotel: [second!.code, first!.code] } }),
    );
    expect(byCode).toEqual([second, first]);
    const byPlace = hotelsIn(await askHotelbeds(twin, 'hotels', { ...rest, destination: { code: 'PAR' } }));
    expect(byPlace.map(({ code }) => code)).toContain(first!.code);
  });

  it('counts nothing, without a list, where there is nothing', async () => {
    const sea = { ...staySearch(3), geolocation: { latitude: 0, longitude: -30, radius: 20, unit: 'km' } };
    const heard = await askHotelbeds(twin, 'hotels', sea);
    expect(heard.status).toBe(200);
    expect((JSON.parse(heard.text) as { hotels: unknown }).hotels).toEqual({ total: 0 });
  });

  it('keeps to the filter', async () => {
    const filter = { maxHotels: 3, maxRooms: 1, maxRatesPerRoom: 2, minCategory: 4 };
    const hotels = hotelsIn(await askHotelbeds(twin, 'hotels', { ...staySearch(3), filter }));
    expect(hotels).toHaveLength(3);
    for (const hotel of hotels) {
      expect(hotel.rooms).toHaveLength(1);
      expect(hotel.rooms[0]!.rates.length).toBeLessThanOrEqual(2);
    }
  });
});

describe('two sellers', () => {
  it('list the same hotels under other codes, other names and positions within 120 m', async () => {
    const listed = async (seller: string) => {
      const hotels = hotelsIn(await askHotelbeds(twin, 'hotels', staySearch(3), { seller }));
      return new Map(hotels.map((hotel) => [twin.truthOf(seller, hotel.rooms[0]!.rates[0]!.rateKey)!.product, hotel]));
    };
    const [a, b] = [await listed('hotelbeds'), await listed('hotelbeds-direct')];
    const common = [...a.keys()].filter((product) => b.has(product));
    expect(common.length).toBeGreaterThan(20);
    let renamed = 0;
    for (const product of common) {
      const [one, other] = [a.get(product)!, b.get(product)!];
      expect(one.code).not.toBe(other.code);
      if (one.name !== other.name) renamed++;
      const apart = distanceKm(+one.latitude, +one.longitude, +other.latitude, +other.longitude);
      expect(apart).toBeLessThanOrEqual(0.12);
    }
    expect(renamed).toBeGreaterThan(common.length / 2);
    expect(new Set([...a.values()].map((hotel) => hotel.currency))).toEqual(new Set(['EUR']));
    expect(new Set([...b.values()].map((hotel) => hotel.currency))).toEqual(new Set(['GBP']));
  });
});

describe('checking rates', () => {
  it('finds them as they were, bookable, with a total', async () => {
    const hotels = hotelsIn(await askHotelbeds(twin, 'hotels', staySearch(3)));
    const rate = ratesIn(hotels).find(({ rateType }) => rateType === 'RECHECK')!;
    const heard = await askHotelbeds(twin, 'checkrates', { rooms: [{ rateKey: rate.rateKey }] });
    const { hotel } = JSON.parse(heard.text) as CheckJson;
    const [checked] = ratesIn([hotel]);
    expect(checked).toMatchObject({ rateKey: rate.rateKey, net: rate.net, rateType: 'BOOKABLE' });
    expect(hotel.totalNet).toBe(rate.net);
  });

  it('finds another price or nothing where the scenario says so', async () => {
    const [rate] = ratesIn(hotelsIn(await askHotelbeds(twin, 'hotels', staySearch(3))));
    const rooms = [{ rateKey: rate!.rateKey }];
    twin.setScenario('hotelbeds', { priceChangeShare: 1, priceChange: -0.1 });
    const cheaper = JSON.parse((await askHotelbeds(twin, 'checkrates', { rooms })).text) as CheckJson;
    expect(cents(cheaper.hotel.totalNet)).toBe(Math.round(cents(rate!.net) * 0.9));
    twin.setScenario('hotelbeds', { soldOutShare: 1 });
    const gone = await askHotelbeds(twin, 'checkrates', { rooms });
    expect(gone.status).toBe(400);
    expect(errorIn(gone.text)).toMatchObject({ code: 'PRODUCT_ERROR' });
  });

  it('refuses keys that are old, made up, of another seller or of two hotels', async () => {
    const hotels = hotelsIn(await askHotelbeds(twin, 'hotels', staySearch(3)));
    const keyOf = (index: number) => ({ rateKey: ratesIn([hotels[index]!])[0]!.rateKey });
    const codeOf = async (rooms: readonly object[], seller = 'hotelbeds') => {
      const heard = await askHotelbeds(twin, 'checkrates', { rooms }, { seller });
      return [heard.status, (errorIn(heard.text) as { code: string }).code];
    };
    const refused = [400, 'INVALID_DATA'];
    expect(await codeOf([{ rateKey: keyOf(0).rateKey.replace('|W|', '|X|') }])).toEqual(refused);
    expect(await codeOf([keyOf(0)], 'hotelbeds-direct')).toEqual(refused);
    expect(await codeOf([keyOf(0), keyOf(1)])).toEqual(refused);
    expect(await codeOf([])).toEqual(refused);
  });

  it('refuses keys whose time is over', async () => {
    const hotels = hotelsIn(await askHotelbeds(twin, 'hotels', staySearch(3)));
    const [rate] = ratesIn(hotels);
    clock.now += 901_000;
    const heard = await askHotelbeds(twin, 'checkrates', { rooms: [{ rateKey: rate!.rateKey }] }, { offSeconds: 901 });
    expect(errorIn(heard.text)).toMatchObject({ code: 'INVALID_DATA', message: expect.stringMatching(/expired/) });
  });
});

describe('a request is refused', () => {
  it('without a key, and with a signature of another secret or of minutes ago', async () => {
    const none = await fetch(`${twin.url}/hotelbeds/hotel-api/1.0/hotels`, { method: 'POST', body: '{}' });
    expect([none.status, await none.json()]).toEqual([403, { error: 'Access to this API has been disallowed' }]);
    for (const options of [{ secret: 'other' }, { offSeconds: -120 }, { offSeconds: 120 }]) {
      const heard = await askHotelbeds(twin, 'hotels', staySearch(3), options);
      expect([heard.status, errorIn(heard.text)]).toEqual([401, 'Request signature verification failed']);
    }
    expect((await askHotelbeds(twin, 'hotels', staySearch(3), { offSeconds: -20 })).status).toBe(200);
  });

  it('with the reason for what is wrong in it', async () => {
    const reason = async (body: object) => {
      const heard = await askHotelbeds(twin, 'hotels', body);
      expect(heard.status).toBe(400);
      const error = errorIn(heard.text) as { code: string; message: string };
      expect(error.code).toBe('INVALID_DATA');
      return error.message;
    };
    const whole = staySearch(3);
    expect(await reason({})).toMatch(/checkIn/);
    expect(await reason({ ...whole, stay: { checkIn: daysAhead(-3), checkOut: daysAhead(2) } })).toMatch(/check-in/);
    expect(await reason({ ...whole, stay: { checkIn: daysAhead(3), checkOut: daysAhead(3) } })).toMatch(/check-out/);
    expect(await reason({ ...whole, stay: { checkIn: daysAhead(3), checkOut: daysAhead(40) } })).toMatch(/30/);
    expect(await reason({ ...whole, occupancies: [] })).toMatch(/occupancy/);
    expect(await reason({ ...whole, occupancies: [{ rooms: 0, adults: 2, children: 0 }] })).toMatch(/rooms/);
    expect(await reason({ ...whole, occupancies: [{ rooms: 1, adults: 2, children: 1 }] })).toMatch(/ages/);
    expect(await reason({ ...whole, geolocation: { latitude: 99, longitude: 0 } })).toMatch(/geolocation/);
    const { geolocation: _, ...nowhere } = whole;
    expect(await reason(nowhere)).toMatch(/hotels, geolocation and destination/);
  });

  it('when the quota or the rate is spent, each in its way', async () => {
    twin.setScenario('hotelbeds', { quotaShare: 1 });
    const quota = await askHotelbeds(twin, 'hotels', staySearch(3));
    expect([quota.status, errorIn(quota.text)]).toEqual([403, 'Quota exceeded']);
    expect(quota.headers.get('x-mashery-error-code')).toBe('ERR_403_DEVELOPER_OVER_RATE');
    twin.setScenario('hotelbeds', { rateLimitShare: 1, rateLimitResetSeconds: 4 });
    const rate = await askHotelbeds(twin, 'hotels', staySearch(3));
    expect([rate.status, rate.headers.get('retry-after')]).toEqual([429, '4']);
  });
});

const recorded = path.resolve('../shared/partner-samples/stays/hotelbeds/availability-response-20210615.json');

describe.skipIf(!existsSync(recorded))(
  'beside a recorded answer (skipped where ../shared/partner-samples is absent)',
  () => {
    it('has every field that the recorded one has, of the same kind', async () => {
      const theirs = kindsOf(JSON.parse(readFileSync(recorded, 'utf8')));
      const spain = { ...staySearch(3), geolocation: { latitude: 41.3, longitude: 2.1, radius: 60, unit: 'km' } };
      const { hotels } = JSON.parse((await askHotelbeds(twin, 'hotels', spain)).text) as { hotels: unknown };
      const ours = kindsOf(hotels);
      for (const [field, kinds] of theirs) expect(ours.get(field), field).toEqual(kinds);
    });
  },
);

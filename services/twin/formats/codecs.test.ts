import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateOf, dayOf } from '../dates.ts';
import { cabins } from '../flights/fares.ts';
import { amountText, convert, toMinor } from '../money.ts';
import { allCities } from '../stays/cities.ts';
import { codeOf, numberOfCode, type StaySeller } from '../stays/sellers.ts';
import { createWorld } from '../world.ts';
import { type DuffelSearch, decodeSearch, encodeSearch, offerId, readOfferId } from './duffel-ids.ts';
import { readRateKey, writeRateKey } from './hotelbeds-keys.ts';
import { child, escapeXml, soapBody } from './soap.ts';

const code = fc.stringMatching(/^[A-Z]{3}$/);
const search: fc.Arbitrary<DuffelSearch> = fc.record(
  {
    createdSecond: fc.integer({ min: 1_000_000_000, max: 4_000_000_000 }),
    slices: fc.array(fc.record({ origin: code, destination: code, day: fc.integer({ min: 0, max: 90_000 }) }), {
      minLength: 1,
      maxLength: 6,
    }),
    passengers: fc.array(
      fc.oneof(
        fc.record({ type: fc.constantFrom('adult' as const, 'child' as const, 'infant_without_seat' as const) }),
        fc.record({ age: fc.integer({ min: 0, max: 99 }) }),
      ),
      { minLength: 1, maxLength: 9 },
    ),
    cabin: fc.constantFrom(...cabins),
    maxConnections: fc.integer({ min: 0, max: 2 }),
  },
  { requiredKeys: ['createdSecond', 'slices', 'passengers'] },
);

describe('ids', () => {
  it('of Duffel give back the search and the place that they were made of', () => {
    fc.assert(
      fc.property(search, fc.integer({ min: 0, max: 46_000 }), (asked, index) => {
        const text = encodeSearch(asked);
        expect(text).toMatch(/^[0-9A-Za-z]+$/);
        expect(decodeSearch(text)).toEqual(asked);
        expect(readOfferId(offerId(text, index))).toEqual({ text, search: asked, index });
      }),
    );
  });

  it('of Duffel that are cut or made up are none', () => {
    fc.assert(
      fc.property(search, fc.integer({ min: 1, max: 30 }), (asked, cut) => {
        expect(decodeSearch(encodeSearch(asked).slice(0, -cut * 2 - 1))).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readOfferId(text)).toBeUndefined();
      }),
    );
  });

  it('of Hotelbeds rates give back what they were made of, to their own seller alone', () => {
    const key = fc.record({
      nights: fc
        .tuple(fc.integer({ min: 11_000, max: 40_000 }), fc.integer({ min: 1, max: 30 }))
        .map(([checkIn, nights]) => ({ checkIn, checkOut: checkIn + nights })),
      code: fc.integer({ min: 1, max: 999_983 }),
      room: fc.constantFrom('DBT.ST', 'SUI.PI'),
      plan: fc.constantFrom('NOR' as const, 'NRF' as const),
      board: fc.constantFrom('RO', 'BB', 'AI'),
      occupancy: fc.record({
        rooms: fc.integer({ min: 1, max: 9 }),
        adults: fc.integer({ min: 1, max: 20 }),
        childAges: fc.array(fc.integer({ min: 0, max: 17 }), { maxLength: 4 }),
      }),
      createdSecond: fc.integer({ min: 1_000_000_000, max: 4_000_000_000 }),
    });
    fc.assert(
      fc.property(key, (given) => {
        const text = writeRateKey(1, 'a', given);
        expect(readRateKey(1, 'a', text)).toEqual(given);
        expect(readRateKey(1, 'b', text)).toBeUndefined();
        expect(
          readRateKey(
            1,
            'a',
            text.replace(/\|(\d)~/, (_, rooms) => `|${(Number(rooms) % 9) + 1}~`),
          ),
        ).toBeUndefined();
      }),
    );
  });

  it('of hotels are one to one between the world and a seller, and differ between sellers', () => {
    const world = createWorld(1);
    const hotels = allCities().slice(0, 12).flatMap(world.hotels.inCity);
    const seller = (salt: string): StaySeller => ({
      name: salt,
      salt,
      coverage: 1,
      margin: 1,
      currency: 'EUR',
      maxOffers: 9,
    });
    const a = hotels.map((hotel) => codeOf(1, seller('a'), hotel));
    expect(new Set(a).size).toBe(hotels.length);
    for (const [index, hotel] of hotels.entries()) {
      expect(world.hotels.byNumber(numberOfCode(1, seller('a'), a[index]!)!)?.id).toBe(hotel.id);
    }
    expect(hotels.map((hotel) => codeOf(1, seller('b'), hotel))).not.toEqual(a);
  });
});

describe('texts', () => {
  it('are escaped so that XML gives them back', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~äß€]{0,40}$/), (text) => {
        const xml = `<s:Envelope><s:Body><a:Op t="[${escapeXml(text)}]"><a:Child/></a:Op></s:Body></s:Envelope>`;
        const body = soapBody(xml);
        expect(body?.name).toBe('Op');
        expect(body?.element['@t']).toBe(`[${text}]`);
        expect(child(body?.element, 'Child')).toBeDefined();
      }),
    );
  });

  it('with a document type are refused before they are parsed', () => {
    expect(soapBody('<!DOCTYPE a [<!ENTITY b "c">]><s:Envelope><s:Body><a:Op/></s:Body></s:Envelope>')).toBeUndefined();
    expect(soapBody('<s:Envelope><s:Body><a:Op></s:Body>')).toBeUndefined();
  });

  it('of dates and days lead back to each other, and days that are none are refused', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000 }), (day) => {
        expect(dayOf(dateOf(day))).toBe(day);
      }),
    );
    for (const text of ['2026-02-30', '2026-13-01', '26-01-01', '2026-01-01T00:00', 5])
      expect(dayOf(text)).toBeUndefined();
  });

  it('of amounts have the digits of their currency', () => {
    expect(amountText(5, 'EUR')).toBe('0.05');
    expect(amountText(-1234, 'GBP')).toBe('-12.34');
    expect(amountText(863_900, 'KRW')).toBe('863900');
    expect(amountText(1234, 'KWD')).toBe('1.234');
    expect(toMinor(100, 'EUR')).toBe(100);
    expect(convert(100, 'EUR', 'KRW')).toBe(1480);
  });
});

import { describe, expect, it } from 'vitest';
import { StayCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { adapterOf, answerContext, offerOf } from '../testing.ts';
import { stars } from './stars.ts';

const adapter = await adapterOf('hotelbeds');

/** A hotel as its first rate shows it. */
function propertyOf(hotel: object, center: { latitude: number; longitude: number }, currency: string) {
  const where = { $case: 'area' as const, value: { center, radiusKm: 5 } };
  const vertical = { $case: 'stay' as const, value: StayCriteria.fromPartial({ where, rooms: [{ adults: 1 }] }) };
  const context = answerContext('hotelbeds', { vertical }, '2027-01-11T09:00:00Z');
  const rates = [{ rateKey: 'k', net: '10.00' }];
  const result = adapter.read({ hotels: { currency, hotels: [{ ...hotel, rooms: [{ rates }] }] } }, context);
  const { columns, price } = offerOf(adapter, 'rows' in result ? result.rows[0]! : undefined!, context);
  return { ...columns, currency: price?.currency } as Record<string, unknown>;
}

describe('stars', () => {
  it.each([
    ['4EST', '4 STARS', 4],
    ['5LUX', '5 STARS LUXURY', 5],
    ['H1_5', '1 STAR AND A HALF', 1.5],
    ['H4_5', 'anything', 4.5],
    ['SUP', 'SUPERIOR 4*', 4],
    ['HS3', 'HOSTEL 3 STARS', 3],
    ['XX', '4 stars and a half', 4.5],
    ['3LL', '3 KEYS', undefined],
    ['APTH', 'APARTHOTEL 1ST CATEGORY', undefined],
    [undefined, undefined, undefined],
    [7, {}, undefined],
  ])('of %s, %s are %s', (code, name, expected) => {
    expect(stars(code, name)).toBe(expected);
  });
});

describe('a property', () => {
  it.each([
    ['91', '0'],
    ['0', '0'],
    ['north', '9'],
    [undefined, '9'],
    [48.1, ''],
  ])('at %s, %s has no position', (latitude, longitude) => {
    const property = propertyOf({ code: 1, name: 'A', latitude, longitude }, { latitude: 1, longitude: 1 }, 'EUR');
    expect([property.latitude, property.longitude, property.distance_km]).toEqual([undefined, undefined, undefined]);
    expect(property.currency).toBe('EUR');
  });

  it('at the equator or on the first meridian has one', () => {
    const property = propertyOf(
      { code: 1, name: 'A', latitude: 0, longitude: '9.5' },
      { latitude: 1, longitude: 1 },
      'EUR',
    );
    expect([property.latitude, property.longitude]).toEqual([0, 9.5]);
  });
});

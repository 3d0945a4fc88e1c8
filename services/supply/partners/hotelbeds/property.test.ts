import { describe, expect, it } from 'vitest';
import { propertyOf, stars } from './property.ts';

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
    expect([property.latitude, property.longitude, property.distanceKm]).toEqual([undefined, undefined, undefined]);
    expect(property.currency).toBe('EUR');
  });

  it('at the equator or on the first meridian has one', () => {
    const property = propertyOf({ code: 1, name: 'A', latitude: 0, longitude: '9.5' }, undefined, undefined);
    expect([property.latitude, property.longitude]).toEqual([0, 9.5]);
  });
});

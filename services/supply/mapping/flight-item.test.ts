import { describe, expect, it } from 'vitest';
import { Cabin } from '../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { CABIN_NAMES, joinBrands, lowerCabin } from './flight-item.ts';

describe('cabins', () => {
  it('have their names by number', () => {
    for (const [name, number] of Object.entries(Cabin)) {
      if (number > Cabin.UNSPECIFIED) expect(CABIN_NAMES[number]).toBe(name);
    }
    expect(CABIN_NAMES[Cabin.UNSPECIFIED]).toBeUndefined();
  });

  it('together are the lowest of them, not stated aside', () => {
    expect(lowerCabin(Cabin.FIRST, Cabin.PREMIUM_ECONOMY)).toBe(Cabin.PREMIUM_ECONOMY);
    expect(lowerCabin(Cabin.UNSPECIFIED, Cabin.BUSINESS)).toBe(Cabin.BUSINESS);
    expect(lowerCabin(Cabin.ECONOMY, Cabin.UNSPECIFIED)).toBe(Cabin.ECONOMY);
  });
});

describe('brands', () => {
  it('are joined in order, each once', () => {
    expect(joinBrands(['Light', undefined, 'Light', 'Flex', '', 'Light', 'Flex', 'Max'])).toBe('Light / Flex / Max');
    expect(joinBrands(['Light', 'Light'])).toBe('Light');
    expect(joinBrands([null, undefined, ''])).toBeUndefined();
  });
});

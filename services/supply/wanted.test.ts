import { describe, expect, it } from 'vitest';
import { everything, wantedBy, wantedWithin } from './wanted.ts';

describe('a read mask', () => {
  it('asks for all where it names nothing, and then for all within', () => {
    for (const wanted of [wantedBy(undefined), wantedBy([])]) {
      expect(wanted).toBe(everything);
      expect(wantedWithin(wantedWithin(wanted, 'slices'), 'segments')('aircraft')).toBe(true);
    }
  });

  it('asks for fields by both of their names, and for nothing else', () => {
    const wanted = wantedBy(['segment_keys', 'fareBrand']);
    expect(['segment_keys', 'segmentKeys', 'fare_brand', 'fareBrand'].map(wanted)).toEqual([true, true, true, true]);
    expect(wanted('cabin')).toBe(false);
    expect(wantedWithin(wanted, 'segmentKeys')).toBe(everything);
  });

  it('asks for fields within fields, and for all of one that is named whole as well', () => {
    const wanted = wantedBy(['slices.segments.bookingClass', 'slices.segments.cabin', 'slices.origin', 'cabin']);
    expect(wanted('slices')).toBe(true);
    const slices = wantedWithin(wanted, 'slices');
    expect([slices('origin'), slices('destination'), slices('segments')]).toEqual([true, false, true]);
    const segments = wantedWithin(slices, 'segments');
    expect(['booking_class', 'cabin', 'aircraft'].map(segments)).toEqual([true, true, false]);
    for (const mask of [
      ['slices', 'slices.segments.cabin'],
      ['slices.segments.cabin', 'slices'],
    ]) {
      const whole = wantedBy(mask);
      expect([whole('slices'), wantedWithin(whole, 'slices')('origin')]).toEqual([true, true]);
    }
  });
});

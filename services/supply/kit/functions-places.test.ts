import fc from 'fast-check';
import { expect, it } from 'vitest';
import { distanceKm } from '../../../libs/reference/index.ts';
import { commonFunctions } from './functions.ts';

function call(name: string, ...args: readonly unknown[]): unknown {
  return (commonFunctions.get(name)!.call as (...given: readonly unknown[]) => unknown)(...args);
}

it('every place in a circle lies in one of its cells', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -75, max: 75, noNaN: true }),
      fc.double({ min: -180, max: 180, noNaN: true }),
      fc.double({ min: 0.1, max: 200, noNaN: true }),
      fc.double({ min: -3, max: 3, noNaN: true }),
      fc.double({ min: -9, max: 9, noNaN: true }),
      (latitude, longitude, km, north, east) => {
        const other = { latitude: latitude + north, longitude: ((longitude + east + 540) % 360) - 180 };
        if (distanceKm(latitude, longitude, other.latitude, other.longitude) > km) return;
        expect(call('geo_cells', latitude, longitude, km)).toContain(call('geo_cell', other.latitude, other.longitude));
      },
    ),
    { numRuns: 2_000 },
  );
});

it('dates go to the last, over the end of a month and a leap day', () => {
  expect(call('dates', '2028-02-27', '2028-03-01')).toEqual(['2028-02-27', '2028-02-28', '2028-02-29', '2028-03-01']);
  expect(call('dates', '2028-02-27', '2028-02-27')).toEqual(['2028-02-27']);
  expect(call('dates', '2028-02-27', '2028-02-26')).toBeUndefined();
  expect(call('dates', '2028-02-27', '2038-02-26')).toBeUndefined();
  expect(call('dates', 'x', '2038-02-26')).toBeUndefined();
});

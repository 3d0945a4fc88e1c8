import fc from 'fast-check';
import { expect, test } from 'vitest';
import { distanceText, metresApart, planOf, pointOf } from './position.ts';

const at = (latitude: number, longitude: number) => ({ latitude, longitude });

test.each([
  ['a degree of latitude', at(39, 2), at(40, 2), 111_195],
  ['across the date line', at(0, 179.9995), at(0, -179.9995), 111],
  ['nothing', at(39.5, 2.7), at(39.5, 2.7), 0],
])('metres of %s', (_, one, other, metres) => {
  expect(metresApart(one, other)).toBeCloseTo(metres, -1);
});

test.each([
  [0.4, 'at the same spot'],
  [41.3, '41 m apart'],
  [3_242, '3.24 km apart'],
])('%d metres are %s', (metres, text) => {
  expect(distanceText(metres)).toBe(text);
});

test('a record without both numbers is nowhere', () => {
  expect(pointOf({ attributes: { latitude: '39.5' } })).toBeUndefined();
  expect(pointOf({ attributes: { latitude: 'x', longitude: '2' } })).toBeUndefined();
  expect(pointOf({ attributes: { latitude: '39.5', longitude: '0' } })).toEqual(at(39.5, 0));
});

test('a plan holds both points, true to its scale, wherever on earth they are', () => {
  const point = fc.record({
    latitude: fc.double({ min: -80, max: 80, noNaN: true }),
    longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  });
  const near = fc.double({ min: -0.01, max: 0.01, noNaN: true });
  fc.assert(
    fc.property(point, near, near, (one, north, east) => {
      const other = at(one.latitude + north, one.longitude + east);
      const { left, right, scale } = planOf(one, other, 200, 120);
      for (const { x, y } of [left, right]) {
        expect(x).toBeGreaterThanOrEqual(49.9);
        expect(x).toBeLessThanOrEqual(150.1);
        expect(y).toBeGreaterThanOrEqual(29.9);
        expect(y).toBeLessThanOrEqual(90.1);
      }
      expect(scale.units).toBeLessThanOrEqual(80.001);
      const drawn = (Math.hypot(right.x - left.x, right.y - left.y) / scale.units) * scale.metres;
      const metres = metresApart(one, other);
      expect(Math.abs(drawn - metres)).toBeLessThanOrEqual(metres * 0.02 + 0.01);
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortByKey } from './sort.ts';

test('sorts as a stable comparator sort does', () => {
  const key = fc.oneof(
    fc.integer({ min: -5, max: 5 }),
    fc.double({ noNaN: true }),
    fc.constant(Number.POSITIVE_INFINITY),
  );
  fc.assert(
    fc.property(fc.array(key, { maxLength: 200 }), (values) => {
      const keys = Float64Array.from(values);
      const rows = Uint32Array.from(values, (_, row) => row).reverse();
      // -0 and 0 are equal to both.
      const expected = [...rows].sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0));
      sortByKey(rows, keys);
      expect([...rows]).toEqual(expected);
    }),
  );
});

test('sorts some rows of many, by their own keys', () => {
  const rows = Uint32Array.of(5, 1, 3);
  sortByKey(rows, Float64Array.of(9, 3, 9, 1, 9, 2));
  expect([...rows]).toEqual([3, 5, 1]);
});

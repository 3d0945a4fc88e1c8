import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Facet } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { vertical, verticals } from '../../libs/vertical/index.ts';
import { facetsOf } from './facet-specs.ts';
import { countFacets } from './facets.ts';
import { columnsOf } from './set-columns.ts';
import { heldSet } from './testing/held-set.ts';
import type { TestRow } from './testing/rows.ts';

function facetsIn(
  partners: Readonly<Record<string, readonly TestRow[]>>,
  rows?: readonly number[],
): Map<string, Facet> {
  const set = heldSet(partners);
  const counted = countFacets(
    facetsOf(vertical('flight')),
    columnsOf(set, set.prices),
    rows === undefined ? set.liveRows() : Uint32Array.from(rows),
    set.products.view.ofRow,
    { products: set.products.ids.length, provisional: false },
  );
  return new Map(counted.map((facet) => [facet.attribute, facet]));
}

const row = fc.record<TestRow>({
  product: fc.constantFrom('p', 'q', 'r', 's'),
  total: fc.integer({ min: 100, max: 3_000 }),
  stops: fc.constantFrom(0, 1, 2, -3, 90_000, undefined),
  duration: fc.option(fc.integer({ min: 60, max: 300 }), { nil: undefined }),
  carriers: fc.constantFrom(['BA'], ['BA', 'AA', 'BA'], [], undefined),
  cabin: fc.constantFrom('FIRST', 'ECONOMY', undefined),
  refundable: fc.constantFrom(true, false, undefined),
});
const rows = fc.array(row, { maxLength: 20 });

/** Values with their offers and products, counted with maps and sets; largest count first. */
function counted(all: readonly TestRow[], valuesOf: (row: TestRow) => readonly string[]): unknown[] {
  const found = new Map<string, { count: number; products: Set<string> }>();
  for (const one of all) {
    for (const value of new Set(valuesOf(one))) {
      const known = found.get(value) ?? { count: 0, products: new Set() };
      found.set(value, { count: known.count + 1, products: known.products.add(one.product!) });
    }
  }
  return [...found]
    .map(([value, { count, products }]) => ({ value, count, products: products.size }))
    .sort((a, b) => b.count - a.count);
}

describe('facets', () => {
  test('count offers and distinct products as maps and sets do', () => {
    const plain = (value: unknown): readonly string[] => (value === undefined ? [] : [String(value)]);
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const facets = facetsIn({ a, b });
        const all = [...a, ...b];
        for (const [name, valuesOf] of [
          ['stops', (one: TestRow) => plain(one.stops)],
          ['cabin', (one: TestRow) => plain(one.cabin)],
          ['refundable', (one: TestRow) => plain(one.refundable)],
          ['carriers', (one: TestRow) => one.carriers ?? []],
        ] as const) {
          const { values, absent } = facets.get(name)!;
          expect(values.map(({ count }) => count)).toEqual(values.map(({ count }) => count).sort((x, y) => y - x));
          expect(values).toHaveLength(counted(all, valuesOf).length);
          expect(values, name).toEqual(expect.arrayContaining(counted(all, valuesOf)));
          expect(absent).toBe(all.filter((one) => one[name] === undefined).length);
        }
        const products = (list: readonly TestRow[]): number => new Set(list.map(({ product }) => product)).size;
        const partners = [
          { value: 'a', count: a.length, products: products(a) },
          { value: 'b', count: b.length, products: products(b) },
        ].filter(({ count }) => count > 0);
        expect(facets.get('partner')?.values).toEqual(partners.sort((x, y) => y.count - x.count));
        const range = facets.get('price')?.range;
        if (all.length === 0) expect(range).toBeUndefined();
        else {
          expect(range?.min).toBe(Math.min(...all.map(({ total }) => total! / 100)));
          expect(range?.max).toBe(Math.max(...all.map(({ total }) => total! / 100)));
          expect(range?.histogram.reduce((sum, count) => sum + count, 0)).toBe(all.length);
        }
      }),
    );
  });

  test('count the given rows alone, in whatever order they come', () => {
    const partners = { a: [{ product: 'p', stops: 1 }, { product: 'q', stops: 1 }, { product: 'p', stops: 1 }, {}] };
    expect(facetsIn(partners, [2, 1, 0]).get('stops')).toEqual(facetsIn(partners, [0, 1, 2]).get('stops'));
    expect(facetsIn(partners, [2, 0]).get('stops')?.values).toEqual([{ value: '1', count: 2, products: 1 }]);
  });

  test('name the 500 most frequent values at most', () => {
    const many = Array.from({ length: 600 }, (_, index) => ({ cabin: `C${Math.min(index, 580)}` }));
    const values = facetsIn({ a: many }).get('cabin')?.values ?? [];
    expect(values).toHaveLength(500);
    expect(values[0]).toEqual({ value: 'C580', count: 20, products: 20 });
  });

  test('can be had of price, partner and every attribute that can be queried; those that are declared are shown', () => {
    const specs = new Map(facetsOf(vertical('flight')).map((spec) => [spec.name, spec]));
    expect(specs.get('price')).toEqual({ name: 'price', kind: 'range', shown: true });
    expect(specs.get('partner')).toEqual({ name: 'partner', kind: 'value', shown: true });
    expect(specs.get('departure')).toEqual({ name: 'departure', kind: 'range', shown: false });
    expect(specs.get('stops')).toEqual({ name: 'stops', kind: 'value', shown: true });
    expect(specs.has('segment_keys')).toBe(false);
    for (const one of verticals().values()) {
      for (const { name, facet } of one.attributes) {
        if (facet !== 'none') expect(facetsOf(one)).toContainEqual({ name, kind: facet, shown: true });
      }
    }
  });
});

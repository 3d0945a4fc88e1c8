import { expect, test } from 'vitest';
import { compareProducts, compareSides, nameOf } from './compare.ts';

const side = (attributes: Readonly<Record<string, string>>) => ({ partner: 'a', key: 'k1', attributes });

test.each([
  ['Quartz Palace', 'Quartz Palace', 'same'],
  ['4', '4.0', 'same'],
  ['007', '7', 'differs'],
  ['Hotel Sol', 'SOL, hotel', 'alike'],
  ['Can Rosselló', 'Can Rossello', 'alike'],
  ['128GB', '128 GB', 'alike'],
  ['Hotel Sol', 'Hotel Luna', 'differs'],
  ['!', '?', 'differs'],
  ['x', '', 'left'],
  ['', 'x', 'right'],
])('%j beside %j: %s', (left, right, agreement) => {
  expect(compareSides(side({ zone: left }), side({ zone: right }))).toEqual([{ name: 'zone', left, right, agreement }]);
});

test('the name stands first, then what both say; a position is no attribute among others', () => {
  const left = side({ phone: '1', zone: 'a', property_name: 'Sol', latitude: '39.5', longitude: '2.7' });
  const right = side({ zone: 'b', property_name: 'Sol', chain: '' });
  expect(compareSides(left, right).map(({ name }) => name)).toEqual(['property_name', 'zone', 'phone']);
});

test('a record goes by its name, and without one by its key', () => {
  expect(nameOf(side({ zone: 'a', property_name: 'Sol' }))).toBe('Sol');
  expect(nameOf(side({ title: 'Pen' }))).toBe('Pen');
  expect(nameOf(side({ zone: 'a' }))).toBe('k1');
});

test('what is known of products stands beside what records say, each once', () => {
  const left = { content: { starRating: { value: 4 }, phone: { value: '+34971' }, amenities: [{ value: 'POOL' }] } };
  const right = {
    content: { starRating: { value: 4 }, specifications: [{ name: 'capacity', value: '1000', unit: 'GBy' }] },
  };
  const stated = compareSides(side({ phone: '0971' }), side({ phone: '0971' }));
  expect(compareProducts(left, right, stated)).toEqual([
    { name: 'star_rating', left: '4', right: '4', agreement: 'same' },
    { name: 'amenities', left: 'pool', right: '', agreement: 'left' },
    { name: 'capacity', left: '', right: '1000 GBy', agreement: 'right' },
  ]);
  expect(compareProducts(undefined, undefined, [])).toEqual([]);
});

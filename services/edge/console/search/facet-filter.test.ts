import { expect, test } from 'vitest';
import { filterOf } from './facet-filter.ts';
import type { Attribute } from './vertical.ts';

const attribute = (name: string, kind: Attribute['kind'], integer = false): Attribute => ({
  property: name,
  name,
  title: name,
  kind,
  unit: '',
  integer,
  filterable: true,
  sortable: false,
  facet: true,
  values: [],
});
const attributes = [
  attribute('stops', 'number', true),
  attribute('stars', 'number'),
  attribute('carriers', 'texts'),
  attribute('cabin', 'enum'),
  attribute('refundable', 'flag'),
];

test.each([
  [{ stops: { values: ['0'] } }, 'stops == 0'],
  [{ stops: { values: ['0', '1'] } }, 'stops in [0, 1]'],
  [{ stars: { values: ['4'] } }, 'stars == 4.0'],
  [{ carriers: { values: ['BA', 'AA'] } }, '("BA" in carriers || "AA" in carriers)'],
  [{ cabin: { values: ['FIRST'] } }, 'cabin == "FIRST"'],
  [{ refundable: { values: ['true'] } }, 'refundable == true'],
  [{ partner: { values: ['a "b"'] } }, 'partner == "a \\"b\\""'],
  [{ price: { from: 100, to: 250.5 } }, 'price >= 100.0 && price <= 250.5'],
  [{ stops: { from: 1 }, cabin: { values: ['FIRST'] } }, 'stops >= 1 && cabin == "FIRST"'],
  [{ stops: { values: [] }, price: {} }, ''],
])('what is chosen becomes a filter (%o)', (choices, filter) => {
  expect(filterOf('', choices, attributes)).toBe(filter);
});

test('the search’s own filter stays in force', () => {
  expect(filterOf('a || b', { stops: { values: ['0'] } }, attributes)).toBe('(a || b) && stops == 0');
  expect(filterOf('a || b', {}, attributes)).toBe('a || b');
});

test('a facet’s other values are counted without its own choice', () => {
  const choices = { stops: { values: ['0'] }, cabin: { values: ['FIRST'] } };
  expect(filterOf('', choices, attributes, 'stops')).toBe('cabin == "FIRST"');
});

import { expect, test } from 'vitest';
import { EntrepotError } from '../errors/index.ts';
import { descriptors } from './descriptors.ts';
import { checkShape } from './json-shape.ts';

const search = descriptors().getMessage('entrepot.query.v1.SearchRequest')!;

const refusal = (body: unknown): EntrepotError => {
  try {
    checkShape(search, body);
  } catch (error) {
    if (error instanceof EntrepotError) return error;
    throw error;
  }
  throw new Error('The body was accepted.');
};

test('accepts the whole of a search, in camel case or in proto names', () => {
  expect(() =>
    checkShape(search, {
      flight: {
        origin: 'LHR',
        destination: 'JFK',
        departure_date: '2027-01-22',
        adults: 1,
        childAges: [5, 9],
        cabin: 'CABIN_ECONOMY',
      },
      currency: 'GBP',
      market: 'GB',
      readMask: 'price,item.flight.slices',
      pageSize: 20,
    }),
  ).not.toThrow();
});

test.each([
  ['a list', [], 'MALFORMED_BODY'],
  ['a text', 'flight', 'MALFORMED_BODY'],
  ['nothing', undefined, 'MALFORMED_BODY'],
  ['null', null, 'MALFORMED_BODY'],
])('refuses %s in place of an object', (_what, body, reason) => {
  expect(refusal(body).reason).toBe(reason);
});

test('names an unknown field by its path and says what was probably meant', () => {
  const error = refusal({ flight: { origin: 'LHR', DepartureDate: '2027-01-22' } });
  expect(error.reason).toBe('UNKNOWN_FIELD');
  expect(error.violations).toEqual([
    { field: 'flight.DepartureDate', description: 'There is no such field; did you mean departureDate?' },
  ]);
});

test('reports every mistake at once, each at its path', () => {
  const error = refusal({
    flight: { adults: 1.5, childAges: [4, 'five'], cabin: 'ECONOMY' },
    pageSize: '20',
    currency: 12,
  });
  expect(error.reason).toBe('INVALID_FIELD');
  expect(error.violations.map(({ field }) => field)).toEqual([
    'flight.adults',
    'flight.childAges[1]',
    'flight.cabin',
    'pageSize',
    'currency',
  ]);
});

test('refuses two verticals in one search', () => {
  const error = refusal({ flight: {}, stay: {} });
  expect(error.violations).toEqual([{ field: 'stay', description: 'Set either this or flight, not both.' }]);
});

test('takes null for "not set", as the protobuf JSON mapping does', () => {
  expect(() => checkShape(search, { flight: null, currency: null })).not.toThrow();
});

test('answers a hostile body with a bounded number of mistakes', () => {
  const body = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`field${index}`, index]));
  expect(refusal(body).violations.length).toBeLessThanOrEqual(20);
});

test('does not take names of Object.prototype for fields', () => {
  expect(refusal(JSON.parse('{"__proto__": {}, "constructor": 1}')).reason).toBe('UNKNOWN_FIELD');
});

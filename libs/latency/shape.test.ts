import { expect, test } from 'vitest';
import { FlightCriteria } from '../contracts/gen/entrepot/offer/v1/flight.ts';
import type { Criteria } from '../contracts/gen/entrepot/offer/v1/offer.ts';
import { StayCriteria } from '../contracts/gen/entrepot/offer/v1/stay.ts';
import { shapeOf } from './shape.ts';

function flight(partial: Parameters<typeof FlightCriteria.fromPartial>[0]): Criteria {
  return { vertical: { $case: 'flight', value: FlightCriteria.fromPartial(partial) } };
}

test('criteria that differ in values alone have one shape', () => {
  const one = flight({ origin: 'LHR', destination: 'JFK', departureDate: '2027-01-22', adults: 1 });
  const other = flight({ origin: 'CDG', destination: 'HND', departureDate: '2027-03-01', adults: 4 });
  expect(shapeOf(one)).toBe('flight(adults,departureDate,destination,origin)');
  expect(shapeOf(other)).toBe(shapeOf(one));
});

test('a field that is set makes another shape', () => {
  const oneWay = flight({ origin: 'LHR', destination: 'JFK', departureDate: '2027-01-22', adults: 1 });
  const back = flight({
    origin: 'LHR',
    destination: 'JFK',
    departureDate: '2027-01-22',
    returnDate: '2027-01-29',
    adults: 1,
  });
  expect(shapeOf(back)).toBe('flight(adults,departureDate,destination,origin,returnDate)');
  expect(shapeOf(back)).not.toBe(shapeOf(oneWay));
});

test('lists count as one, two or more, with what their elements are', () => {
  const stay = (rooms: number): string =>
    shapeOf({
      vertical: {
        $case: 'stay',
        value: StayCriteria.fromPartial({
          where: { $case: 'place', value: 'BCN' },
          rooms: Array.from({ length: rooms }, () => ({ adults: 2 })),
        }),
      },
    });
  expect(stay(1)).toBe('stay(place,rooms:1(adults))');
  expect(stay(2)).toBe('stay(place,rooms:2(adults))');
  expect(stay(3)).toBe('stay(place,rooms:3+(adults))');
  expect(stay(9)).toBe(stay(3));
});

test('what has its default is not set, and times and bytes are values', () => {
  const shape = shapeOf({
    text: '',
    count: 0,
    flag: false,
    none: undefined,
    list: [],
    bytes: new Uint8Array(),
    big: 0n,
    at: Temporal.Instant.fromEpochMilliseconds(1),
    some: new Uint8Array(1),
    inner: { value: 0 },
  });
  expect(shape).toBe('at,inner(),some');
});

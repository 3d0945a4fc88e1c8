import { expect, test } from 'vitest';
import { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { leadTimeOf } from './lead-time.ts';

const now = Date.parse('2026-03-01T22:00:00Z');
const flight = (departureDate: string) =>
  Criteria.fromPartial({ vertical: { $case: 'flight', value: { origin: 'LHR', destination: 'JFK', departureDate } } });

test.each([
  ['2026-03-01', 'today'],
  ['2026-02-28', 'today'],
  ['2026-03-02', 'to 7 days'],
  ['2026-03-08', 'to 7 days'],
  ['2026-03-09', 'to 30 days'],
  ['2026-03-31', 'to 30 days'],
  ['2026-04-01', 'to 90 days'],
  ['2026-05-30', 'to 90 days'],
  ['2026-05-31', 'beyond'],
])('what begins on %s is %s', (date, leadTime) => {
  expect(leadTimeOf(flight(date), now)).toBe(leadTime);
});

test('every vertical says when what is sought begins, or that it does not', () => {
  const slices = [{ origin: 'LHR', destination: 'JFK', departureDate: '2026-03-05' }];
  const of = (vertical: Parameters<typeof Criteria.fromPartial>[0]['vertical']) =>
    leadTimeOf(Criteria.fromPartial({ vertical }), now);
  expect(of({ $case: 'flight', value: { slices } })).toBe('to 7 days');
  expect(of({ $case: 'stay', value: { checkIn: '2026-04-20' } })).toBe('to 90 days');
  expect(of({ $case: 'ride', value: { pickupAt: '2026-03-20T10:00' } })).toBe('to 30 days');
  expect(of({ $case: 'ride', value: { pickupAt: '' } })).toBe('today');
  expect(of({ $case: 'good', value: {} })).toBe('none');
});

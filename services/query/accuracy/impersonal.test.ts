import { expect, test } from 'vitest';
import { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { impersonal } from './impersonal.ts';

test('what is kept of a ride says neither where somebody lives by name nor by position', () => {
  const place = (latitude: number, address: string) => ({ point: { latitude, longitude: -0.123456 }, address });
  const criteria = Criteria.fromPartial({
    vertical: {
      $case: 'ride',
      value: { pickup: place(51.501364, '10 Downing St'), dropoff: place(51.47, 'Heathrow'), passengers: 2 },
    },
  });
  expect(impersonal(criteria)).toEqual(
    Criteria.fromPartial({
      vertical: {
        $case: 'ride',
        value: {
          pickup: { point: { latitude: 51.501, longitude: -0.123 } },
          dropoff: { point: { latitude: 51.47, longitude: -0.123 } },
          passengers: 2,
        },
      },
    }),
  );
});

test('what says nothing of a person stays as it is', () => {
  for (const vertical of [
    {
      $case: 'flight' as const,
      value: { origin: 'LHR', destination: 'JFK', departureDate: '2026-05-01', adults: 2, childAges: [3], maxStops: 0 },
    },
    {
      $case: 'stay' as const,
      value: {
        where: { $case: 'place' as const, value: 'PMI' },
        checkIn: '2026-05-01',
        checkOut: '2026-05-04',
        rooms: [{ adults: 2, childAges: [4, 5] }],
      },
    },
  ]) {
    const criteria = Criteria.fromPartial({ vertical });
    expect(impersonal(criteria)).toEqual(criteria);
  }
});

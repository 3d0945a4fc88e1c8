import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Criteria } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { checkPartners, loadPartners } from './load.ts';
import { planSearch } from './plan.ts';
import { start } from './testing/rig.ts';

const configDirectory = fileURLToPath(new URL('../../deploy/config', import.meta.url));

it('ships partners that can be used as they are', async () => {
  expect(await checkPartners(configDirectory)).toEqual([]);
  const partners = await loadPartners({ configDirectory });
  expect([...partners.keys()].sort()).toEqual([
    'duffel',
    'duffel-leisure',
    'hotelbeds',
    'hotelbeds-direct',
    'hotelbeds-select',
    'travelport',
  ]);
});

it('ships adapters that make a request of ordinary criteria', async () => {
  const partners = await loadPartners({ configDirectory });
  const date = (days: number) => Temporal.Now.plainDateISO().add({ days }).toString();
  const flight = {
    origin: 'LHR',
    destination: 'JFK',
    departureDate: date(60),
    returnDate: date(70),
    adults: 2,
    childAges: [5],
  };
  const stay = { place: 'PMI', checkIn: date(60), checkOut: date(63), rooms: [{ adults: 2, childAges: [] }] };
  for (const criteria of [Criteria.fromJSON({ flight }), Criteria.fromJSON({ stay })]) {
    const { calls, skipped } = planSearch(partners, start({ criteria }), Date.now());
    expect(skipped).toEqual([]);
    expect(calls).toHaveLength(3);
    for (const { request } of calls) expect(request).toMatchObject({ path: expect.stringMatching(/^\//) });
  }
});

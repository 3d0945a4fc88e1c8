import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Criteria } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { readCertificate } from './certificate.ts';
import { readBaseline } from './drift/baseline.ts';
import { digestOfFolder } from './folder-digest.ts';
import { adapterFolders, checkPartners, loadPartners, shippedAdapters } from './load.ts';
import { planSearch } from './plan.ts';
import { start } from './testing/rig.ts';

const configDirectory = fileURLToPath(new URL('../../deploy/config', import.meta.url));

it('ships partners that can be used as they are', async () => {
  expect(await checkPartners(configDirectory)).toEqual([]);
  const partners = await loadPartners({ configDirectory });
  expect([...partners.keys()].sort()).toEqual([
    'alpinebits',
    'amadeus',
    'duffel',
    'duffel-leisure',
    'ebay',
    'google-merchant',
    'hotelbeds',
    'hotelbeds-direct',
    'hotelbeds-select',
    'karhoo',
    'shopify',
    'travelport',
    'uber',
  ]);
});

it('ships adapters that make a request of ordinary criteria, or look into what was handed over', async () => {
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
  const point = (latitude: number, longitude: number) => ({ point: { latitude, longitude } });
  const ride = { pickup: point(51.5, -0.12), dropoff: point(51.47, -0.45), passengers: 2 };
  const searches = [
    { criteria: { flight }, asked: ['amadeus', 'duffel', 'duffel-leisure', 'travelport'] },
    { criteria: { stay }, asked: ['alpinebits', 'hotelbeds', 'hotelbeds-direct', 'hotelbeds-select'] },
    { criteria: { good: { query: 'drill' } }, asked: ['ebay', 'google-merchant', 'shopify'] },
    { criteria: { ride }, asked: ['karhoo', 'uber'] },
  ];
  for (const { criteria, asked } of searches) {
    const request = start({ criteria: Criteria.fromJSON(criteria), market: 'US' });
    const { calls, skipped } = planSearch(partners, request, Date.now());
    expect(skipped).toEqual([]);
    expect(calls.map(({ partner }) => partner.name).sort()).toEqual(asked);
    for (const call of calls) {
      if (!('request' in call)) throw new TypeError('a partner by address is shipped');
      const { partner, request: question } = call;
      if (partner.adapter.inventory !== undefined) expect(question).toHaveProperty('lookup');
      else expect(question).toMatchObject({ path: expect.stringMatching(/^\//) });
    }
  }
});

it('ships baselines of the folders as they are: live answers of certified partners are watched for drift', () => {
  const certified = adapterFolders([shippedAdapters]).filter((folder) => readCertificate(folder) !== undefined);
  expect(certified).not.toEqual([]);
  for (const folder of certified)
    expect([folder, readBaseline(folder)?.manifest]).toEqual([folder, digestOfFolder(folder)]);
});

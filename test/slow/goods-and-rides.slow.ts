// The shipped partners of goods and rides against the twin, from the edge: token, pages, polling, grouping, verifying, handing off.
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type MoneyJson, type OutcomeJson, type ProblemJson, type Rig, startRig } from '../support/fused-rig.ts';

interface Shown {
  readonly offerId: string;
  readonly productId: string;
  readonly partner: string;
  readonly item: { readonly good?: Record<string, unknown>; readonly ride?: Record<string, unknown> };
  readonly price: { readonly total: MoneyJson; readonly totalMax?: MoneyJson; readonly partnerTotal: MoneyJson };
  readonly otherOffers?: readonly { readonly partner: string }[];
}

interface Found {
  readonly offers?: readonly Shown[];
  readonly outcomes: readonly OutcomeJson[];
  readonly totalSize?: number;
}

interface Verified {
  readonly offer: Shown;
  readonly changes?: readonly { readonly field: string }[];
}

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig.close());
beforeEach(async () => {
  for (const seller of ['ebay', 'uber', 'karhoo']) await rig.scenario(seller, {});
});

const westminster = { point: { latitude: 51.5007, longitude: -0.1246 } };
const heathrow = { point: { latitude: 51.47, longitude: -0.4543 } };
const goodSearch = (changes: object = {}, good: object = {}) => ({
  good: { query: 'cordless drill', ...good },
  currency: 'GBP',
  market: 'GB',
  pageSize: 50,
  orderBy: 'price',
  ...changes,
});
const rideSearch = (changes: object = {}, ride: object = {}) => ({
  ride: { pickup: westminster, dropoff: heathrow, passengers: 2, ...ride },
  currency: 'GBP',
  market: 'GB',
  pageSize: 50,
  orderBy: 'price',
  ...changes,
});
const search = async (request: object): Promise<Found> => (await rig.search(request)) as unknown as Found;

describe('goods', () => {
  test('are found at eBay over all pages, cheapest first', async () => {
    const found = await search(goodSearch({}, { query: 'headphones', maxResults: 400 }));
    expect(found.outcomes).toEqual([expect.objectContaining({ partner: 'ebay', status: 'OUTCOME_STATUS_OK' })]);
    const [{ offersKept = 0, requests = 0 }] = found.outcomes as [OutcomeJson];
    expect(offersKept).toBeGreaterThan(200);
    expect(requests).toBe(2);
    const totals = found.offers!.map(({ price }) => Number(price.total.amount));
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
    for (const { item, price } of found.offers!) {
      expect(item.good).toMatchObject({ itemCode: expect.stringMatching(/^v1\|\d+\|\d+$/), title: expect.any(String) });
      expect(price.partnerTotal.currencyCode).toBe('GBP');
    }
  });

  test('are found in the state that is wanted', async () => {
    const found = await search(goodSearch({}, { conditions: ['CONDITION_NEW'] }));
    expect(found.offers!.length).toBeGreaterThan(0);
    // A few members do not say; what they say is what was asked for.
    const stated = found.offers!.flatMap(({ item }) => item.good?.condition ?? []);
    expect(stated.length).toBeGreaterThan(found.offers!.length / 2);
    expect(new Set(stated)).toEqual(new Set(['CONDITION_NEW']));
  });

  test('that nobody sells are an answer without rows', async () => {
    const { outcomes } = await search(goodSearch({}, { query: '', gtin: '4006381333931' }));
    expect(outcomes).toEqual([expect.objectContaining({ partner: 'ebay', status: 'OUTCOME_STATUS_EMPTY' })]);
  });
});

describe('rides', () => {
  test('are found at both partners, as ranges where they are, what belongs together in one group', async () => {
    // Identities that are late leave offers apart; the next search has them.
    const found = await vi.waitFor(
      async () => {
        const page = await search(rideSearch());
        expect(page.outcomes.map(({ partner, status }) => [partner, status]).sort()).toEqual([
          ['karhoo', 'OUTCOME_STATUS_OK'],
          ['uber', 'OUTCOME_STATUS_OK'],
        ]);
        const kept = page.outcomes.reduce((sum, { offersKept = 0 }) => sum + offersKept, 0);
        const grouped = page.offers!.reduce((sum, { otherOffers = [] }) => sum + 1 + otherOffers.length, 0);
        expect(grouped).toBe(kept);
        expect(page.offers!.length).toBeLessThan(kept);
        return page;
      },
      { timeout: 25_000 },
    );
    const uber = found.offers!.filter(({ partner }) => partner === 'uber');
    expect(uber.some(({ price }) => Number(price.totalMax?.amount) > Number(price.total.amount))).toBe(true);
    for (const { item } of found.offers!) expect(item.ride?.capacity).toBeGreaterThanOrEqual(2);
  }, 30_000);

  test('at a given time are found where they can be asked for', async () => {
    const pickupAt = `${Temporal.Now.plainDateISO('Europe/London').add({ days: 5 })}T10:00`;
    const found = await search(rideSearch({}, { pickupAt }));
    const statusOf = (name: string) => found.outcomes.find(({ partner }) => partner === name)?.status;
    expect(statusOf('uber')).toBe('OUTCOME_STATUS_UNSUPPORTED_CRITERIA');
    expect(statusOf('karhoo')).toBe('OUTCOME_STATUS_OK');
    const [{ item }] = found.offers as [Shown];
    expect(item.ride).not.toHaveProperty('pickupEtaMinutes');
  }, 30_000);

  test('where nobody drives, or too far, are answers without rows', async () => {
    const ocean = { point: { latitude: 48.1, longitude: -30.2 } };
    const { outcomes } = await search(
      rideSearch({}, { pickup: ocean, dropoff: { point: { latitude: 48.1, longitude: -28.0 } } }),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['OUTCOME_STATUS_EMPTY', 'OUTCOME_STATUS_EMPTY']);
  });
});

describe('an offer', () => {
  const requests: Readonly<Record<string, object>> = {
    ebay: goodSearch({ partners: ['ebay'] }),
    karhoo: rideSearch({ partners: ['karhoo'] }),
    uber: rideSearch({ partners: ['uber'] }),
  };

  test.each(Object.keys(requests))(
    'of %s verifies at the same price, and is handed off with a way on',
    async (partner) => {
      const [shown] = (await search(requests[partner]!)).offers as [Shown];
      const { status, body } = await rig.call<Verified>('POST', `/v1/offers/${shown.offerId}:verify`);
      expect(status).toBe(200);
      const changes = (body.changes ?? []).map(({ field }) => field);
      // An item alone says more of itself than a search does.
      if (partner === 'ebay') expect(changes).toContain('item.good.brand');
      else expect(changes).toEqual([]);
      expect(changes.filter((field) => field.startsWith('price'))).toEqual([]);
      expect(body.offer.price.total).toEqual(shown.price.total);
      const way = await rig.call<{ url?: string; token?: string }>('POST', `/v1/offers/${shown.offerId}:handoff`, {});
      expect(way.status).toBe(200);
      expect(way.body.url ?? way.body.token).toMatch(partner === 'karhoo' ? /:/ : /^https:\/\//);
    },
    30_000,
  );

  test.each(['ebay', 'karhoo', 'uber'])(
    'of %s says so when it is dearer, and when it is gone',
    async (partner) => {
      const [shown] = (await search(requests[partner]!)).offers as [Shown];
      await rig.scenario(partner, { priceChangeShare: 1, priceChange: 0.07 });
      const dearer = await rig.call<Verified>('POST', `/v1/offers/${shown.offerId}:verify`);
      expect(dearer.status).toBe(200);
      expect(dearer.body.changes?.map(({ field }) => field)).toContain('price.total');
      expect(Number(dearer.body.offer.price.total.amount)).toBeGreaterThan(Number(shown.price.total.amount));
      await rig.scenario(partner, { soldOutShare: 1 });
      const gone = await rig.call<ProblemJson>('POST', `/v1/offers/${shown.offerId}:verify`);
      expect([gone.status, gone.body.reason]).toEqual([410, 'OFFER_SOLD_OUT']);
    },
    30_000,
  );
});

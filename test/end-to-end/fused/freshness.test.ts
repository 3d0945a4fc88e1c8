// Questions that partners are spared: searches that ask the same at the same time, and answers that serve again.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { flightSearch, type PageJson, type Rig, startRig, staySearch, staySellers } from '../../support/fused-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig.close());
beforeEach(async () => {
  for (const seller of [...staySellers, 'duffel', 'ebay']) await rig.scenario(seller, {});
});

const cacheOf = ({ outcomes }: PageJson): unknown[] => outcomes.map(({ cache }) => cache ?? 'asked');
const goodSearch = (changes: object = {}) => ({
  good: { query: 'headphones' },
  currency: 'GBP',
  market: 'GB',
  pageSize: 20,
  ...changes,
});

describe('searches that ask the same at the same time', () => {
  test('share what partners are asked, and each finds what all find', async () => {
    for (const seller of staySellers) await rig.scenario(seller, { delay: { kind: 'fixed', ms: 2_000 } });
    const pages = await Promise.all(Array.from({ length: 4 }, () => rig.search(staySearch({ partners: staySellers }))));
    for (const seller of staySellers) {
      const uses = pages.map(({ outcomes }) => outcomes.find(({ partner }) => partner === seller)?.cache ?? 'asked');
      // One, unless the machine takes seconds to bring them all to it.
      expect((await rig.asked(seller)).requests).toBe(uses.filter((use) => use === 'asked').length);
      expect(uses).toContain('CACHE_USE_SHARED');
    }
    for (const page of pages) {
      expect(page.outcomes.map(({ status }) => status)).toEqual(staySellers.map(() => 'OUTCOME_STATUS_OK'));
      expect(page.progress.offers).toBe(pages[0]?.progress.offers);
      expect(page.progress.offers).toBeGreaterThan(0);
    }
  });

  test('ask Duffel each for itself: its offer requests are one shopper’s', async () => {
    await rig.scenario('duffel', { delay: { kind: 'fixed', ms: 300 } });
    const pages = await Promise.all(
      Array.from({ length: 3 }, () => rig.search(flightSearch({ partners: ['duffel'] }))),
    );
    expect(pages.flatMap(cacheOf)).toEqual(['asked', 'asked', 'asked']);
    expect((await rig.asked('duffel')).requests).toBe(3);
  });
});

describe('an answer that is declared good for a while', () => {
  test('serves the same question again, says so and how old it is, and is verified all the same', async () => {
    const first = await rig.search(goodSearch());
    const { requests } = await rig.asked('ebay');
    const again = await rig.search(goodSearch({ orderBy: 'price desc' }));
    expect((await rig.asked('ebay')).requests).toBe(requests);
    expect(cacheOf(first)).toEqual(['asked']);
    expect(again.outcomes[0]).toMatchObject({ status: 'OUTCOME_STATUS_OK', cache: 'CACHE_USE_HIT' });
    expect(again.outcomes[0]?.cacheAgeMs).toBeGreaterThan(0);
    expect(again.outcomes[0]?.offersKept).toBe(first.outcomes[0]?.offersKept);
    const [offer] = again.offers ?? [];
    // It is as old as it is, whoever looks at it.
    expect(new Date(offer?.fetchedAt ?? 0).getTime()).toBeLessThanOrEqual(
      Date.now() - (again.outcomes[0]?.cacheAgeMs ?? 0) + 1_000,
    );
    expect((await rig.call('POST', `/v1/offers/${offer?.offerId}:verify`, {})).status).toBe(200);
    expect((await rig.asked('ebay')).requests).toBe(requests + 1);
  });

  test('serves no other question, be it another filter that the partner applies', async () => {
    await rig.search(goodSearch({ filter: 'condition == "NEW"' }));
    const others = [
      await rig.search(goodSearch({ filter: 'condition == "USED"' })),
      await rig.search(goodSearch({ currency: 'EUR', filter: 'condition == "NEW"' })),
    ];
    expect(others.flatMap(cacheOf)).toEqual(['asked', 'asked']);
    // Price is ours to filter by: the question is the same.
    expect(cacheOf(await rig.search(goodSearch({ filter: 'condition == "NEW" && price < 50.0' })))).toEqual([
      'CACHE_USE_HIT',
    ]);
  });
});

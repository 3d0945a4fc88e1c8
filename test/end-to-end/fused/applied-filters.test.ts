// What partners apply themselves of a search's filter: fewer rows travel, the same offers are found.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  flightSearch,
  type PageJson,
  type ProblemJson,
  type Rig,
  startRig,
  staySearch,
} from '../../support/fused-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig.close());

const everyOffer = { pageSize: 200, grouping: 'GROUPING_OFFER', readMask: 'price,partner,item' };
const goodSearch = (changes: object = {}) => ({
  good: { query: 'cordless drill', maxResults: 1_000 },
  currency: 'GBP',
  market: 'GB',
  ...changes,
});

/** What was found, without what two searches never share. */
function offersOf({ offers = [] }: PageJson): string[] {
  return offers.map(({ partner, price, item }) => JSON.stringify([partner, price.partnerTotal, item])).sort();
}

function outcomeOf(page: PageJson, partner: string): PageJson['outcomes'][number] {
  const outcome = page.outcomes.find((one) => one.partner === partner);
  if (outcome === undefined) throw new Error(`no outcome of ${partner}`);
  return outcome;
}

async function pageOf(searchId: string, query: Record<string, string>) {
  return rig.call<PageJson & ProblemJson>('GET', `/v1/searches/${searchId}?${new URLSearchParams(query)}`);
}

describe('a filter that partners apply themselves', () => {
  test.each([
    // An answer of theirs holds all there is of these, so that a filter brings up nothing new.
    ['flights', flightSearch(everyOffer, { origin: 'EDI', destination: 'VIE' }), 'stops == 0', ['duffel']],
    [
      'stays',
      staySearch(everyOffer, { place: 'LIS', radiusKm: 3 }),
      'board == "BREAKFAST"',
      ['hotelbeds', 'hotelbeds-select'],
    ],
    ['goods', goodSearch(everyOffer), 'ships_from == "US" && price < 300.0', ['ebay']],
  ])('leaves out of %s what does not fulfil it, and nothing else', async (_what, request, filter, partners) => {
    const unfiltered = await rig.search({ ...request, partners });
    const { status, body: looked } = await pageOf(unfiltered.searchId, { filter });
    expect(status).toBe(200);
    const filtered = await rig.search({ ...request, partners, filter });
    expect(offersOf(filtered)).toEqual(offersOf(looked));
    expect(filtered.offers?.length).toBeGreaterThan(0);
    for (const partner of partners) {
      const [before, after] = [outcomeOf(unfiltered, partner), outcomeOf(filtered, partner)];
      expect(before.appliedFilters ?? []).toEqual([]);
      expect(after.appliedFilters).not.toEqual([]);
      expect(after.rowsReceived).toBeLessThan(before.rowsReceived ?? 0);
    }
  });

  test('finds more of it where an answer did not hold all there is', async () => {
    const request = goodSearch({ ...everyOffer, good: { query: 'cordless drill', maxResults: 100 } });
    const unfiltered = await rig.search(request);
    const { body: looked } = await pageOf(unfiltered.searchId, { filter: 'condition == "USED"' });
    const filtered = await rig.search({ ...request, filter: 'condition == "USED"' });
    expect(filtered.offers?.length).toBeGreaterThan(looked.offers?.length ?? 0);
    expect(filtered.progress.offersMatching).toBe(filtered.progress.offers);
  });

  test('says which of it a partner applied, and query applies the rest', async () => {
    const page = await rig.search(
      flightSearch({ ...everyOffer, filter: 'stops == 0 && carriers.exists(c, c == "BA") && price < 900.0' }),
    );
    expect(outcomeOf(page, 'duffel').appliedFilters).toEqual(['stops <= 0']);
    // Travelport is asked for everything, and what is no flight without a stop is left out here.
    expect(outcomeOf(page, 'travelport').appliedFilters ?? []).toEqual([]);
    expect(page.offers?.length).toBeGreaterThan(0);
    for (const offer of page.offers ?? []) {
      expect(offer.item.flight?.stops).toBe(0);
      expect(Number(offer.price.total.amount)).toBeLessThan(900);
    }
  });

  test('is kept to when the search is looked at again; a wider one asks partners again, and says so', async () => {
    const { searchId, totalSize = 0 } = await rig.search(flightSearch({ pageSize: 5, filter: 'stops <= 1' }));
    const dearest = await pageOf(searchId, { orderBy: 'price desc' });
    expect(dearest).toMatchObject({ status: 200, body: { searchId, totalSize } });
    const next = await pageOf(searchId, { pageToken: dearest.body.nextPageToken ?? '' });
    expect(next.status).toBe(200);
    const narrower = await pageOf(searchId, { filter: 'stops == 0' });
    expect(narrower.status).toBe(200);
    expect(narrower.body.totalSize).toBeLessThan(totalSize);
    const wider = await pageOf(searchId, { filter: 'stops <= 2' });
    expect(wider).toMatchObject({
      status: 200,
      body: {
        complete: true,
        askedAgain: {
          previousSearchId: searchId,
          constraints: ['stops <= 1'],
          partners: ['duffel', 'duffel-leisure'],
        },
      },
    });
    expect(wider.body.searchId).not.toBe(searchId);
    expect(wider.body.offers).toHaveLength(5);
    const further = await pageOf(wider.body.searchId, { pageToken: wider.body.nextPageToken ?? '' });
    expect(further).toMatchObject({ status: 200, body: { totalSize: wider.body.totalSize } });
    expect(further.body.askedAgain).toBeUndefined();
  });
});

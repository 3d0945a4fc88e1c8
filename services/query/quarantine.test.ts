import { afterEach, describe, expect, test } from 'vitest';
import { RejectionReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { addRows, heldSet } from './testing/held-set.ts';
import { finalOf, flightSearch, type Rig, reader, startRig } from './testing/rig.ts';
import type { TestRow } from './testing/rows.ts';

let rig: Rig;
afterEach(async () => {
  await rig?.close();
});

async function found(rows: Readonly<Record<string, readonly TestRow[]>>, config?: string): Promise<SearchUpdate> {
  rig = await startRig(config);
  const answered = finalOf(rig);
  const running = await rig.supply.next();
  running.plan(Object.keys(rows));
  for (const [partner, offers] of Object.entries(rows)) running.answer(partner, offers);
  return answered;
}

const fare = (total: number, more: TestRow = {}): TestRow => ({ product: 'f1', total, cabin: 'ECONOMY', ...more });
const mistaken = { a: [fare(10_000)], b: [fare(10_200)], c: [fare(1_010_000), { product: 'f2', total: 8_000 }] };

describe("an offer whose price is a hundred times its product's own", () => {
  test("is not shown, neither first nor beside others, and its partner's outcome says so", async () => {
    const { upserts, outcomes, progress } = await found(mistaken);
    expect(upserts.map(({ price }) => price?.total?.amount).sort()).toEqual(['100.00', '80.00']);
    expect(upserts.flatMap(({ otherOffers }) => otherOffers.map(({ partner }) => partner))).toEqual(['b']);
    expect(progress?.offers).toBe(3);
    const outcome = outcomes.find(({ partner }) => partner === 'c')!;
    expect(outcome.offersKept).toBe(1);
    expect(outcome.rejections).toEqual([
      {
        reason: RejectionReason.PRICE_OUTLIER,
        count: 1,
        example:
          '10100.00 GBP is about 100 times the 101.00 GBP that 2 other partners ask for the product (the median)',
      },
    ]);
    expect(outcomes.find(({ partner }) => partner === 'a')!.rejections).toEqual([]);
  });

  test("is listed for the partner's team, page by page, latest first", async () => {
    const { searchId } = await found({ ...mistaken, c: [fare(1_010_000), fare(999_000)] });
    const first = await rig.query.listQuarantined({ partner: 'c', pageSize: 1, pageToken: '' });
    expect(first.offers).toHaveLength(1);
    const rest = await rig.query.listQuarantined({ partner: 'c', pageSize: 5, pageToken: first.nextPageToken });
    expect(rest.nextPageToken).toBe('');
    const [offer] = [...first.offers, ...rest.offers].sort((x, y) => (x.offerId < y.offerId ? -1 : 1));
    expect(offer).toMatchObject({
      searchId,
      partner: 'c',
      market: 'GB',
      productId: 'f1',
      total: { currencyCode: 'GBP', amount: '10100.00' },
      othersMedian: { amount: '101.00' },
      others: 2,
      magnitude: 2,
    });
    expect((await rig.query.listQuarantined({ partner: 'a', pageSize: 0, pageToken: '' })).offers).toEqual([]);
  });

  test('is explained: why it is not shown, and by whose prices', async () => {
    await found(mistaken);
    const { offers } = await rig.query.listQuarantined({ partner: '', pageSize: 0, pageToken: '' });
    const { rank } = await rig.query.explain({ offerId: offers[0]!.offerId });
    expect(rank).toMatchObject({ position: 0 });
    expect(rank!.reason).toMatch(/^Its price is taken for a mistake: 10100.00 GBP is about 100 times the 101.00 GBP/);
  });

  test('is shown where the configuration judges no prices', async () => {
    const { progress } = await found(mistaken, '{ minUpdateIntervalMs: 0, priceOutliers: { leastOthers: 0 } }');
    expect(progress?.offers).toBe(4);
  });

  test('is shown where it is another thing: a fare of another cabin', async () => {
    const { progress } = await found({ ...mistaken, c: [fare(1_010_000, { cabin: 'FIRST' })] });
    expect(progress?.offers).toBe(3);
  });

  test('is taken back when those come late who can tell', async () => {
    rig = await startRig();
    const read = reader(rig.query.search(flightSearch()));
    const running = await rig.supply.next();
    running.plan(['a', 'b', 'c']);
    running.answer('c', [fare(1_010_000)]);
    const shown = await read.until(({ upserts }) => upserts.length > 0);
    const [bad] = shown.upserts;
    running.answer('a', [fare(10_000)]);
    running.answer('b', [fare(10_200)]);
    const rest = await read.rest();
    expect(rest.flatMap(({ retractedOfferIds }) => retractedOfferIds)).toContain(bad!.offerId);
    expect(rest.at(-1)!.progress?.offers).toBe(2);
  });
});

test('bad requests for the list are refused', async () => {
  rig = await startRig();
  await expect(rig.query.listQuarantined({ partner: '', pageSize: 201, pageToken: '' })).rejects.toMatchObject({
    reason: 'INVALID_FIELD',
  });
  await expect(rig.query.listQuarantined({ partner: '', pageSize: 0, pageToken: 'rubbish' })).rejects.toMatchObject({
    reason: 'INVALID_TOKEN',
  });
});

test('products that are not settled are not judged', () => {
  const set = heldSet({ a: [fare(100)], b: [fare(100)], c: [] });
  addRows(set, 'c', [{ ...fare(10_000), product: '~p', provisional: true }]);
  expect(set.quarantined().size).toBe(0);
  set.regroup([{ provisionalProductId: '~p', productId: 'f1' }]);
  expect([...set.quarantined().keys()]).toEqual([2]);
  expect(set.liveRows()).toHaveLength(2);
  expect(set.heldRows()).toHaveLength(3);
});

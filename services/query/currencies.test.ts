import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RejectionReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { RideCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/ride.ts';
import { Grouping, PageOptions, type SearchPage } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { FakeSearch } from './testing/fake-supply.ts';
import { finalOf, flightSearch, type Rig, reader, startRig } from './testing/rig.ts';
import { batchOf, madeOf, type TestRow } from './testing/rows.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
  rig.pricing.factors = { EUR: 2, USD: 3 };
});
afterEach(async () => rig.close());

async function page(searchId: string, options?: Partial<PageOptions>, pageToken = ''): Promise<SearchPage> {
  const asked = options && PageOptions.fromPartial(options);
  const { page: found } = await rig.query.getPage({ readMask: undefined, searchId, pageToken, options: asked });
  if (found === undefined) throw new Error('no page');
  return found;
}
const totals = ({ offers }: SearchPage): (string | undefined)[] =>
  offers.map(({ price }) => price?.total && `${price.total.amount} ${price.total.currencyCode}`);

/** A complete search of two partners. */
async function held(
  a: readonly TestRow[],
  b: readonly TestRow[] = [],
  changes: Parameters<typeof flightSearch>[0] = {},
): Promise<{ id: string; search: FakeSearch }> {
  const answered = finalOf(rig, changes);
  const search = await rig.supply.next();
  search.plan(['a', 'b']);
  search.answer('a', a);
  search.answer('b', b);
  const { searchId: id } = await answered;
  return { id, search };
}

describe('a page in another currency', () => {
  test('shows, orders, filters, counts and ranks by the prices of that currency, and asks no partner', async () => {
    const { id } = await held([{ total: 300, dueLater: 10, tax: 5 }, { total: 100 }], [{ total: 200 }]);
    const calls = rig.pricing.views.length;
    const found = await page(id, { currency: 'EUR' });
    expect(totals(found)).toEqual(['2.00 EUR', '4.00 EUR', '6.00 EUR']);
    expect(found.currency).toBe('EUR');
    expect(found.offers[2]?.price).toMatchObject({
      dueLater: { currencyCode: 'EUR', amount: '0.20' },
      tax: { currencyCode: 'EUR', amount: '0.10' },
    });
    expect(found.facets.find(({ attribute }) => attribute === 'price')?.range).toMatchObject({ min: 2, max: 6 });
    expect(totals(await page(id, { currency: 'EUR', filter: 'price < 5.0' }))).toEqual(['2.00 EUR', '4.00 EUR']);
    expect(totals(await page(id, { currency: 'EUR', ranking: 'price_max - price' }))).toEqual([
      '6.00 EUR',
      '4.00 EUR',
      '2.00 EUR',
    ]);
    expect(totals(await page(id))).toEqual(['1.00 GBP', '2.00 GBP', '3.00 GBP']);
    expect(totals(await page(id, { currency: 'GBP' }))).toEqual(['1.00 GBP', '2.00 GBP', '3.00 GBP']);
    // One call for all of it, under what the search was priced under.
    expect(rig.pricing.views).toHaveLength(calls + 1);
    const [own, view] = rig.pricing.views;
    expect(view).toEqual({ ...own, context: { ...own?.context, currency: 'EUR' } });
    expect(rig.supply.searches).toHaveLength(1);
  });

  test('groups by its own cheapest, with the others beside in the same currency', async () => {
    const { id } = await held([{ total: 300, product: 'p' }], [{ total: 100, product: 'p' }]);
    const [offer] = (await page(id, { currency: 'EUR' })).offers;
    expect(offer).toMatchObject({ partner: 'b', price: { total: { amount: '2.00' } } });
    expect(offer?.otherOffers.map(({ total }) => total)).toEqual([{ currencyCode: 'EUR', amount: '6.00' }]);
  });

  test('counts a range by the bound that the vertical declares', async () => {
    const ride = RideCriteria.fromPartial({
      pickup: { point: { latitude: 51.5, longitude: -0.12 } },
      dropoff: { point: { latitude: 51.47, longitude: -0.45 } },
      passengers: 1,
    });
    const { id } = await held([{ total: 100, totalMax: 500 }, { total: 300 }], [], {
      vertical: { $case: 'ride', value: ride },
      readMask: ['price'],
    });
    const found = await page(id, { currency: 'EUR', filter: 'price < 20.0' });
    expect(totals(found)).toEqual(['6.00 EUR', '2.00 EUR']);
    expect(found.offers.map(({ price }) => price?.totalMax?.amount)).toEqual([undefined, '10.00']);
    expect(found.facets.find(({ attribute }) => attribute === 'price')?.range).toMatchObject({ min: 6, max: 10 });
  });

  test('goes on by its token in that currency', async () => {
    const { id } = await held([{ total: 300 }, { total: 100 }], [{ total: 200 }]);
    const first = await page(id, { currency: 'EUR', pageSize: 2 });
    const second = await page(id, undefined, first.nextPageToken);
    expect(totals(second)).toEqual(['6.00 EUR']);
    expect(second).toMatchObject({ currency: 'EUR', revision: first.revision, totalSize: 3 });
  });

  test('has prices for what came or was verified since, and asks for those alone', async () => {
    const updates = reader(rig.query.search(flightSearch({ grouping: Grouping.OFFER })));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.batch('a', [{ total: 100 }, { total: 300 }]);
    const { searchId } = await updates.until(({ upserts }) => upserts.length === 2);
    expect(totals(await page(searchId, { currency: 'EUR' }))).toEqual(['2.00 EUR', '6.00 EUR']);
    search.answer('b', [{ total: 200 }]);
    search.outcome('a', 2);
    await updates.until(({ complete }) => complete);
    const priced = rig.pricing.batches.length;
    const first = await page(searchId, { currency: 'EUR', pageSize: 2 });
    expect(totals(first)).toEqual(['2.00 EUR', '4.00 EUR']);
    expect(rig.pricing.batches).toHaveLength(priced + 1);

    rig.supply.verify = (handle) => ({
      batch: batchOf(handle.partner, 'verified', [{ total: 350 }]),
      offer: madeOf({ ...handle, answer: 'verified', row: 0 }),
    });
    const [last] = (await page(searchId, { currency: 'EUR', orderBy: 'price desc', pageSize: 1 })).offers;
    await rig.query.verify({ offerId: last!.offerId });
    // Its place is that of the order, its price that of now.
    expect(totals(await page(searchId, undefined, first.nextPageToken))).toEqual(['7.00 EUR']);
    expect(totals(await page(searchId, { currency: 'EUR' }))).toEqual(['2.00 EUR', '4.00 EUR', '7.00 EUR']);
    await updates.leave();
  });

  test('leaves out what cannot be priced in it, and counts it among the rejections', async () => {
    rig.pricing.noRate = { EUR: ['ISK'] };
    const { id } = await held(
      [{ total: 100, currency: 'ISK', product: 'p' }, { total: 200 }, { total: 1, currency: 'JPY' }],
      [{ total: 300, product: 'p' }],
    );
    const found = await page(id, { currency: 'EUR' });
    expect(totals(found)).toEqual(['4.00 EUR', '6.00 EUR']);
    expect(found.offers[1]?.otherOffers).toEqual([]);
    expect(found.progress).toMatchObject({ offers: 2, offersMatching: 2 });
    const outcome = found.outcomes.find(({ partner }) => partner === 'a');
    expect(outcome).toMatchObject({ offersKept: 1 });
    expect(outcome?.rejections.map(({ reason, count, example }) => [reason, count, example])).toEqual([
      [RejectionReason.NO_RATE, 1, 'JPY to GBP'],
      [RejectionReason.NO_RATE, 1, 'ISK to EUR'],
    ]);
    expect((await page(id)).outcomes.find(({ partner }) => partner === 'a')).toMatchObject({ offersKept: 2 });
  });

  test('leaves out what cannot be priced in it any more once it is verified', async () => {
    rig.pricing.noRate = { EUR: ['ISK'] };
    const { id } = await held([{ total: 100 }, { total: 200 }]);
    const first = await page(id, { currency: 'EUR', pageSize: 1 });
    const [second] = (await page(id, { currency: 'EUR', orderBy: 'price desc' })).offers;
    rig.supply.verify = (handle) => ({
      batch: batchOf(handle.partner, 'verified', [{ total: 200, currency: 'ISK' }]),
      offer: madeOf({ ...handle, answer: 'verified', row: 0 }),
    });
    await rig.query.verify({ offerId: second!.offerId });
    expect(totals(await page(id, undefined, first.nextPageToken))).toEqual([]);
    expect((await page(id, { currency: 'EUR' })).totalSize).toBe(1);
    expect((await page(id)).totalSize).toBe(2);
  });

  test('is refused for a currency that is none, or that pricing does not know, also where nothing is held', async () => {
    const { id } = await held([]);
    await expect(page(id, { currency: 'EURO' })).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
      violations: [{ field: 'options.currency' }],
    });
    rig.pricing.startFailure = new EntrepotError({ reason: 'UNKNOWN_CURRENCY', message: 'no rate for KPW' });
    for (let time = 0; time < 2; time++) {
      await expect(page(id, { currency: 'KPW' })).rejects.toMatchObject({ reason: 'UNKNOWN_CURRENCY' });
    }
  });

  test('says that pricing is down, and is there when it is back; what was priced is not asked for again', async () => {
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', [{ total: 100 }]);
    search.answer('b', [{ total: 200 }]);
    const { searchId } = await updates.until(({ complete }) => complete);
    rig.pricing.failure = (batch) => (batch.partner === 'b' ? new Error('killed') : undefined);
    await expect(page(searchId, { currency: 'EUR' })).rejects.toMatchObject({ reason: 'PRICING_UNAVAILABLE' });
    rig.pricing.failure = undefined;
    const before = rig.pricing.batches.length;
    expect(totals(await page(searchId, { currency: 'EUR' }))).toEqual(['2.00 EUR', '4.00 EUR']);
    expect(rig.pricing.batches.slice(before).map(({ partner }) => partner)).toEqual(['b']);
  });

  test('is priced once for all who ask at the same time', async () => {
    const { id } = await held([{ total: 100 }]);
    const calls = rig.pricing.views.length;
    const pages = await Promise.all([1, 2, 3].map(() => page(id, { currency: 'EUR' })));
    expect(pages.map(totals)).toEqual([['2.00 EUR'], ['2.00 EUR'], ['2.00 EUR']]);
    expect(rig.pricing.views).toHaveLength(calls + 1);
  });

  test('is priced again for who still waits when the one that asked first goes away', async () => {
    const { id } = await held([{ total: 100 }]);
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    rig.pricing.gate = () => {
      begun.resolve();
      return gate.promise;
    };
    const caller = new AbortController();
    const options = PageOptions.fromPartial({ currency: 'EUR' });
    const left = rig.query.getPage(
      { readMask: undefined, searchId: id, pageToken: '', options },
      { signal: caller.signal },
    );
    left.catch(() => undefined);
    await begun.promise;
    const waiting = page(id, { currency: 'EUR' });
    caller.abort();
    await expect(left).rejects.toThrow();
    rig.pricing.gate = undefined;
    gate.resolve();
    expect(totals(await waiting)).toEqual(['2.00 EUR']);
  });

  test('stays to be had however many others were asked for', async () => {
    const { id } = await held([{ total: 100 }, { total: 200 }]);
    const first = await page(id, { currency: 'EUR', pageSize: 1 });
    for (const currency of ['USD', 'CHF', 'SEK', 'NOK', 'DKK', 'PLN', 'CZK', 'HUF', 'RON'])
      await page(id, { currency });
    expect(totals(await page(id, undefined, first.nextPageToken))).toEqual(['4.00 EUR']);
  });
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Grouping, type PageOptions, type SearchPage } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { ClientView } from './testing/client-view.ts';
import type { FakeSearch } from './testing/fake-supply.ts';
import { finalOf, flightSearch, type Rig, reader, startRig, watchRequest } from './testing/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig('{ minUpdateIntervalMs: 0, hold: { orders: 4 } }');
});
afterEach(async () => rig.close());

const options = (changes: Partial<PageOptions>): PageOptions => ({
  pageSize: 0,
  orderBy: '',
  filter: '',
  grouping: Grouping.UNSPECIFIED,
  currency: '',
  ranking: '',
  facets: [],
  ...changes,
});

async function getPage(searchId: string, pageToken = '', asked?: PageOptions): Promise<SearchPage> {
  const { page } = await rig.query.getPage({ readMask: undefined, searchId, pageToken, options: asked });
  if (page === undefined) throw new Error('no page');
  return page;
}
const amounts = (page: SearchPage): (string | undefined)[] => page.offers.map(({ price }) => price?.total?.amount);

/** A search that is complete: one partner with offers of 1.00, 2.00 and so on. */
async function held(
  count: number,
  changes: Parameters<typeof flightSearch>[0] = {},
): Promise<{ id: string; search: FakeSearch; token: string }> {
  const answered = finalOf(rig, { pageSize: 2, ...changes });
  const search = await rig.supply.next();
  search.plan(['a']);
  search.answer(
    'a',
    Array.from({ length: count }, (_, index) => ({
      total: (index + 1) * 100,
      stops: index % 2,
      duration: 1_000 - index,
    })),
  );
  const update = await answered;
  return { id: update.searchId, search, token: update.page?.nextPageToken ?? '' };
}

describe('pages of a held search', () => {
  test('hold the fields that are asked for, of those that the search asked for', async () => {
    const { id } = await held(3, { readMask: ['price', 'partner'] });
    const { page } = await rig.query.getPage({
      searchId: id,
      pageToken: '',
      options: undefined,
      readMask: ['price.total', 'expires_at'],
    });
    const [first] = page?.offers ?? [];
    expect(first?.price?.total?.amount).toBe('1.00');
    expect(first).toMatchObject({ offerId: expect.stringMatching(/./), partner: '', expiresAt: undefined });
    expect(first?.price?.partnerTotal).toBeUndefined();
    expect(page).toMatchObject({ totalSize: 3, complete: true });
    const wrong = rig.query.getPage({ searchId: id, pageToken: '', options: undefined, readMask: ['prise'] });
    await expect(wrong).rejects.toMatchObject({ reason: 'INVALID_FIELD', violations: [{ field: 'readMask' }] });
  });

  test('follow each other to the end, each offer once', async () => {
    const { id, token } = await held(5);
    const seen: (string | undefined)[] = [];
    const first = await getPage(id);
    seen.push(...amounts(first));
    let next = token;
    while (next !== '') {
      const page = await getPage(id, next);
      expect(page).toMatchObject({ revision: first.revision, totalSize: 5, complete: true });
      expect(page.outcomes).toHaveLength(1);
      seen.push(...amounts(page));
      next = page.nextPageToken;
    }
    expect(seen).toEqual(['1.00', '2.00', '3.00', '4.00', '5.00']);
  });

  test('stay in their order while batches arrive', async () => {
    const updates = reader(rig.query.search(flightSearch({ pageSize: 2 })));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.batch('a', [{ total: 100 }, { total: 300 }, { total: 500 }]);
    const early = await updates.until(({ upserts }) => upserts.length > 0);
    search.batch('b', [{ total: 10 }, { total: 20 }]);
    await updates.until(({ progress }) => progress?.offers === 5);
    const second = await getPage(early.searchId, early.page?.nextPageToken);
    expect(amounts(second)).toEqual(['5.00']);
    expect(second).toMatchObject({ totalSize: 3, complete: false });
    expect(amounts(await getPage(early.searchId))).toEqual(['0.10', '0.20']);
    await updates.leave();
  });

  test('keep the products of their revision when a regroup comes', async () => {
    const updates = reader(rig.query.search(flightSearch({ pageSize: 1 })));
    const search = await rig.supply.next();
    search.awaitIdentities();
    search.plan(['a']);
    search.answer('a', [
      { product: 'p', total: 100 },
      { product: 'x', provisional: true, total: 200 },
    ]);
    const before = await updates.until(({ complete }) => complete);
    const token = before.page?.nextPageToken ?? (await getPage(before.searchId)).nextPageToken;
    search.settle([{ provisionalProductId: 'x', productId: 'p' }]);
    await updates.rest();
    const second = await getPage(before.searchId, token);
    expect(second.offers.map(({ productId, productProvisional }) => [productId, productProvisional])).toEqual([
      ['x', true],
    ]);
    expect((await getPage(before.searchId)).totalSize).toBe(1);
  });

  test('can be looked at another way, without asking anybody again', async () => {
    const { id } = await held(5);
    const page = await getPage(id, '', options({ orderBy: 'duration_minutes', filter: 'stops == 0', pageSize: 2 }));
    expect(amounts(page)).toEqual(['5.00', '3.00']);
    expect(page.progress).toMatchObject({ offers: 5, offersMatching: 3 });
    expect(page.facets.find(({ attribute }) => attribute === 'stops')?.values).toEqual([
      { value: '0', count: 3, products: 3 },
    ]);
    expect(amounts(await getPage(id, page.nextPageToken))).toEqual(['1.00']);
    expect(rig.supply.searches).toHaveLength(1);
  });

  test('that are looked at another way keep what the options leave out', async () => {
    const { id } = await held(4, { filter: 'stops == 0' });
    expect(amounts(await getPage(id, '', options({ orderBy: 'price desc' })))).toEqual(['3.00', '1.00']);
    expect(amounts(await getPage(id, '', options({ filter: 'true', pageSize: 10 })))).toHaveLength(4);
  });

  test('count what the options name, of everything that can be queried', async () => {
    const { id } = await held(4);
    const { facets } = await getPage(id, '', options({ facets: ['duration_minutes', 'departure', 'price'] }));
    expect(facets.map(({ attribute, range, absent }) => [attribute, range?.min, range?.max, absent])).toEqual([
      ['price', 1, 4, 0],
      ['duration_minutes', 997, 1_000, 0],
      ['departure', undefined, undefined, 4],
    ]);
    await expect(getPage(id, '', options({ facets: ['price', 'colour'] }))).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
      violations: [{ field: 'options.facets[1]', description: expect.stringContaining('departure') }],
    });
  });

  test("are ordered by the options' ranking or order, which stands for the search's own ranking too", async () => {
    const { id } = await held(3, { ranking: 'price_max - price', pageSize: 5 });
    expect(amounts(await getPage(id, '', options({})))).toEqual(['3.00', '2.00', '1.00']);
    expect(amounts(await getPage(id, '', options({ orderBy: 'price' })))).toEqual(['1.00', '2.00', '3.00']);
    const ranking = 'price == price_median ? 0.0 : price';
    expect(amounts(await getPage(id, '', options({ orderBy: 'price desc', ranking })))).toEqual([
      '2.00',
      '1.00',
      '3.00',
    ]);
    await expect(getPage(id, '', options({ ranking: 'prise' }))).rejects.toMatchObject({
      reason: 'INVALID_ORDER_BY',
      violations: [{ field: 'options.ranking' }],
      metadata: { line: '1', column: '1' },
    });
  });

  test('are refused for options that are wrong, or beside a token', async () => {
    const { id, token } = await held(3);
    await expect(getPage(id, '', options({ filter: 'colour' }))).rejects.toMatchObject({
      reason: 'INVALID_FILTER',
      violations: [{ field: 'options.filter' }],
    });
    await expect(getPage(id, '', options({ orderBy: 'colour' }))).rejects.toMatchObject({ reason: 'INVALID_ORDER_BY' });
    await expect(getPage(id, '', options({ pageSize: 201 }))).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
    await expect(getPage(id, token, options({}))).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
  });

  test('are refused for a token that is none, of another search, or whose order is no longer kept', async () => {
    const { id, token } = await held(3);
    await expect(getPage(id, 'bm9uc2Vuc2U')).rejects.toMatchObject({ reason: 'INVALID_TOKEN' });
    const other = await held(3);
    await expect(getPage(id, other.token)).rejects.toMatchObject({ reason: 'INVALID_TOKEN' });
    for (const pageSize of [3, 4, 5, 6]) await getPage(id, '', options({ pageSize }));
    await expect(getPage(id, token)).rejects.toMatchObject({ reason: 'TOKEN_EXPIRED' });
    await expect(getPage('AAAAAAAAAAAAAAAA')).rejects.toMatchObject({ reason: 'SEARCH_NOT_FOUND' });
  });

  test('leave out an offer that supply no longer holds, and show the next of its product', async () => {
    const answered = finalOf(rig, { pageSize: 1 });
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', [
      { product: 'p', total: 100 },
      { product: 'q', total: 200 },
      { product: 'r', total: 300 },
    ]);
    search.answer('b', [{ product: 'q', total: 250 }]);
    const update = await answered;
    rig.supply.lost.add('a0');
    const second = await getPage(update.searchId, update.page?.nextPageToken);
    expect(amounts(second)).toEqual(['2.50']);
    expect(amounts(await getPage(update.searchId, second.nextPageToken))).toEqual([]);
  });

  test('can be followed from: the cursor goes on from what the page shows', async () => {
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.batch('a', [{ total: 200 }]);
    const first = await updates.until(({ upserts }) => upserts.length > 0);
    const page = await getPage(first.searchId);
    const view = new ClientView();
    for (const offer of page.offers) view.offers.set(offer.offerId, offer);
    const watch = reader(rig.query.watchSearch(watchRequest({ searchId: page.searchId, cursor: page.cursor })));
    search.answer('b', [{ total: 100 }]);
    search.outcome('a', 1);
    view.apply(await watch.next());
    while (!view.complete) view.apply(await watch.next());
    expect(view.page?.offerIds.map((id) => view.offers.get(id)?.partner)).toEqual(['b', 'a']);
    await updates.leave();
  });

  test('say that supply is down when their offers cannot be made', async () => {
    const { id, token } = await held(3);
    rig.supply.getFailure = new Error('killed');
    // The first page was made before; the second one was not.
    expect(amounts(await getPage(id))).toEqual(['1.00', '2.00']);
    await expect(getPage(id, token)).rejects.toMatchObject({ reason: 'SUPPLY_UNAVAILABLE' });
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Grouping, PageOptions, type SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { ClientView } from './testing/client-view.ts';
import type { FakeSearch } from './testing/fake-supply.ts';
import { finalOf, flightSearch, type Rig, reader, startRig, watchRequest } from './testing/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
  rig.pricing.factors = { EUR: 3 };
});
afterEach(async () => {
  vi.useRealTimers();
  await rig.close();
});

type Reader = ReturnType<typeof reader>;

/** A search that runs, followed by whoever began it. */
async function running(changes: Parameters<typeof flightSearch>[0] = {}): Promise<{
  readonly own: Reader;
  readonly search: FakeSearch;
  readonly searchId: string;
}> {
  const own = reader(rig.query.search(flightSearch({ grouping: Grouping.OFFER, ...changes })));
  const search = await rig.supply.next();
  search.plan(['a', 'b']);
  return { own, search, searchId: (await own.next()).searchId };
}

function watch(searchId: string, options: Parameters<typeof PageOptions.fromPartial>[0], cursor = ''): Reader {
  return reader(rig.query.watchSearch(watchRequest({ searchId, cursor, options: PageOptions.fromPartial(options) })));
}

const totals = (view: ClientView): (string | undefined)[] =>
  (view.page?.offerIds ?? []).map((id) => view.offers.get(id)?.price?.total?.amount);

/** The view that a reader ends with. */
async function endOf(updates: Reader): Promise<ClientView> {
  const view = new ClientView();
  for (const update of await updates.rest()) view.apply(update);
  return view;
}

function answer(search: FakeSearch): void {
  search.answer('a', [
    { total: 100, duration: 300, stops: 1 },
    { total: 200, duration: 100, stops: 0 },
  ]);
  search.answer('b', [{ total: 150, duration: 200, stops: 0 }]);
}

describe('a search can be followed', () => {
  test.each([
    ['in another order', { orderBy: 'duration_minutes' }, ['2.00', '1.50', '1.00']],
    ['by a ranking', { ranking: '-price' }, ['2.00', '1.50', '1.00']],
    ['by another filter', { filter: 'stops == 0' }, ['1.50', '2.00']],
    ['in another currency', { currency: 'EUR' }, ['3.00', '4.50', '6.00']],
    ['with smaller pages', { pageSize: 1 }, ['1.00']],
    ['in all of these ways', { orderBy: 'price desc', filter: 'price < 6.0', currency: 'EUR' }, ['4.50', '3.00']],
  ])('%s, while it runs and when it is complete, and asks nobody for it', async (_how, options, expected) => {
    const { own, search, searchId } = await running();
    const while_ = watch(searchId, options);
    await while_.next();
    answer(search);
    const view = await endOf(while_);
    expect(totals(view)).toEqual(expected);
    expect(view.complete).toBe(true);
    expect(totals(await endOf(own))).toEqual(['1.00', '1.50', '2.00']);
    expect(totals(await endOf(watch(searchId, options)))).toEqual(expected);
    expect(rig.supply.searches).toHaveLength(1);
  });

  test('with cursors of each look, behind which it goes on; one of another look is answered by a snapshot', async () => {
    const { own, search, searchId } = await running();
    const options = { orderBy: 'duration_minutes' };
    const other = watch(searchId, options);
    search.batch('a', [{ total: 100, duration: 300 }]);
    const view = new ClientView();
    await other.until((update) => view.apply(update).offers.size === 1);
    await other.leave();
    const first = await own.until(({ upserts }) => upserts.length > 0);
    search.outcome('a', 1);
    search.answer('b', [{ total: 150, duration: 200 }]);
    await own.rest();
    const missed = await watch(searchId, options, view.cursor).rest();
    expect(missed.map(({ snapshot, upserts }) => [snapshot, upserts.length])).toEqual([[false, 1]]);
    const foreign = await watch(searchId, options, first.cursor).rest();
    expect(foreign).toMatchObject([{ snapshot: true, upserts: [{}, {}], complete: true }]);
    // The same look, said in other words, is the same.
    expect(await watch(searchId, { orderBy: ' duration_minutes  asc' }, foreign[0]!.cursor).ended()).toBe(true);
  });

  test('from the cursor of a page that shows what was published last', async () => {
    const { own, search, searchId } = await running();
    answer(search);
    await own.rest();
    const options = PageOptions.fromPartial({ orderBy: 'duration_minutes' });
    await watch(searchId, options).rest();
    const { page } = await rig.query.getPage({ readMask: undefined, searchId, pageToken: '', options });
    expect(await watch(searchId, options, page!.cursor).ended()).toBe(true);
  });
});

describe('a look that cannot be had', () => {
  test.each([
    ['no order', { orderBy: 'smell' }, 'INVALID_ORDER_BY', 'options.orderBy'],
    ['no filter', { filter: 'smell == 1' }, 'INVALID_FILTER', 'options.filter'],
    ['no currency', { currency: 'gold' }, 'INVALID_FIELD', 'options.currency'],
    ['no page size', { pageSize: 1_000 }, 'INVALID_FIELD', 'options.pageSize'],
  ])('is refused by name: %s', async (_what, options, reason, field) => {
    const { own, searchId } = await running();
    await expect(watch(searchId, options).next()).rejects.toMatchObject({ reason, violations: [{ field }] });
    await own.leave();
  });

  test('fails for whoever asks for it alone', async () => {
    const { own, search, searchId } = await running();
    const failure = new EntrepotError({ reason: 'UNKNOWN_CURRENCY', message: 'no rate to XAF' });
    rig.pricing.startFailures = { XAF: failure };
    const dear = watch(searchId, { currency: 'XAF' });
    answer(search);
    await expect(dear.rest()).rejects.toMatchObject({ reason: 'UNKNOWN_CURRENCY' });
    expect(totals(await endOf(own))).toEqual(['1.00', '1.50', '2.00']);
    const { page } = await rig.query.getPage({ readMask: undefined, searchId, pageToken: '', options: undefined });
    expect(page?.complete).toBe(true);
  });

  test('because partners left out what it would show is refused, also where that is known only later', async () => {
    const own = reader(rig.query.search(flightSearch({ filter: 'stops == 0' })));
    const search = await rig.supply.next();
    // Nobody knows yet who applies what, so nobody knows the search either: its own client is told first.
    search.plan(['a']);
    const { searchId } = await own.next();
    const wider = watch(searchId, { filter: 'true' });
    await wider.next();
    search.send({ message: { $case: 'applied', value: { partner: 'a', constraints: ['stops == 0'] } } });
    search.answer('a', [{ stops: 0 }]);
    await expect(wider.rest()).rejects.toMatchObject({
      reason: 'FILTER_NOT_HELD',
      metadata: { constraints: 'stops == 0', partners: 'a' },
    });
    const last = (await own.rest()).at(-1);
    expect(last).toMatchObject({ complete: true });
    await expect(watch(searchId, { filter: 'true' }).next()).rejects.toMatchObject({ reason: 'FILTER_NOT_HELD' });
    expect(totals(await endOf(watch(searchId, { filter: 'stops == 0 && price > 1.0' })))).toEqual(['100.00']);
  });
});

test('a reader that comes after the end gets a snapshot of what is there now and is sent home', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const start = Date.now();
  const answered = finalOf(rig);
  const search = await rig.supply.next();
  search.plan(['a']);
  search.answer('a', [{ total: 100, expiresAt: start + 5_000 }, { total: 200 }]);
  const { searchId, page } = await answered;
  expect(page?.totalSize).toBe(2);
  vi.setSystemTime(start + 6_000);
  const views: SearchUpdate[] = await reader(rig.query.watchSearch(watchRequest({ searchId }))).rest();
  const view = new ClientView();
  for (const update of views) view.apply(update);
  expect(totals(view)).toEqual(['2.00']);
  expect(view.complete).toBe(true);
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Grouping, PageOptions } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { ClientView } from './testing/client-view.ts';
import { flightSearch, type Rig, reader, startRig, watchRequest } from './testing/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => rig.close());

describe('a search that is followed', () => {
  test('says who is asked, then offers as partners answer, then that it is complete, and ends', async () => {
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    const planned = await updates.next();
    expect(planned).toMatchObject({ snapshot: true, upserts: [], complete: false });
    expect(planned.progress).toMatchObject({ partnersAsked: 2, partnersDone: 0, offers: 0 });
    search.answer('a', [{ total: 200 }]);
    const first = await updates.until(({ upserts }) => upserts.length > 0);
    expect(first).toMatchObject({ snapshot: false, complete: false });
    search.answer('b', [{ total: 100 }]);
    const view = new ClientView().apply(planned).apply(first);
    const last = await updates.until((update) => view.apply(update).complete);
    expect(last.revision).toBeGreaterThan(first.revision);
    expect([...view.outcomes.values()].map(({ status }) => status)).toEqual([OutcomeStatus.OK, OutcomeStatus.OK]);
    expect(view.page?.offerIds.map((id) => view.offers.get(id)?.partner)).toEqual(['b', 'a']);
    expect(await updates.ended()).toBe(true);
  });

  test('sends only the offers that are new or changed, and takes back those that left the page', async () => {
    const updates = reader(rig.query.search(flightSearch({ pageSize: 2, grouping: Grouping.OFFER })));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.batch('a', [{ total: 100 }, { total: 300 }]);
    const first = await updates.until(({ upserts }) => upserts.length > 0);
    search.batch('b', [{ total: 200 }]);
    const second = await updates.next();
    expect(second.upserts.map(({ partner }) => partner)).toEqual(['b']);
    expect(second.retractedOfferIds).toEqual([first.page?.offerIds[1]]);
    expect(second.page?.offerIds).toEqual([first.page?.offerIds[0], second.upserts[0]?.offerId]);
    // The offer that stayed was made once.
    expect(search.makes.map(({ handles }) => handles.length)).toEqual([2, 1]);
  });

  test('merges what comes close together, but never holds back the first offers or the completion', async () => {
    await rig.close();
    rig = await startRig('{ minUpdateIntervalMs: 5000 }');
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a', 'b', 'c']);
    await updates.next();
    search.batch('a', [{ total: 100 }]);
    expect((await updates.next()).upserts).toHaveLength(1);
    search.outcome('a', 1);
    search.answer('b', [{ total: 200 }]);
    search.answer('c', [{ total: 300 }]);
    const last = await updates.next();
    expect(last.complete).toBe(true);
    expect(last.upserts).toHaveLength(2);
    expect(last.outcomes).toHaveLength(3);
  });

  test('regroups when identities come late, and says until then that products are provisional', async () => {
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.awaitIdentities();
    search.plan(['a', 'b']);
    search.answer('a', [{ product: 'x', provisional: true, total: 200 }]);
    search.answer('b', [{ product: 'p', total: 100 }]);
    const view = new ClientView();
    await updates.until((update) => view.apply(update).complete);
    expect(view.page?.totalSize).toBe(2);
    expect(view.progress).toMatchObject({ products: 2, productsProvisional: true });
    expect(view.facets.every(({ provisional }) => provisional)).toBe(true);
    const [, alone] = view.page?.offerIds ?? [];
    expect(view.offers.get(alone ?? '')).toMatchObject({ productId: 'x', productProvisional: true });
    search.settle([{ provisionalProductId: 'x', productId: 'p' }]);
    const regrouped = await updates.next();
    view.apply(regrouped);
    expect(regrouped.retractedOfferIds).toEqual([alone]);
    expect(view.page?.totalSize).toBe(1);
    expect([...view.offers.values()][0]?.otherOffers.map(({ offerId }) => offerId)).toEqual([alone]);
    expect(view.progress).toMatchObject({ products: 1, productsProvisional: false });
    expect(view.facets.some(({ provisional }) => provisional)).toBe(false);
    expect(await updates.ended()).toBe(true);
  });

  test('takes in identities that overtake the prices of their rows', async () => {
    const priced = Promise.withResolvers<void>();
    rig.pricing.gate = () => priced.promise;
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.awaitIdentities();
    search.plan(['a']);
    search.answer('a', [{ product: 'x', provisional: true }]);
    search.settle([{ provisionalProductId: 'x', productId: 'p' }]);
    await updates.next();
    // Query reads the identities while the prices are held back.
    await new Promise(setImmediate);
    priced.resolve();
    const view = new ClientView();
    for (const update of await updates.rest()) view.apply(update);
    expect([...view.offers.values()].map((offer) => [offer.productId, offer.productProvisional])).toEqual([
      ['p', false],
    ]);
  });

  test('keeps products marked as provisional where identity could not be asked for', async () => {
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.awaitIdentities();
    search.plan(['a']);
    search.answer('a', [{ product: 'x', provisional: true }]);
    const view = new ClientView();
    await updates.until((update) => view.apply(update).complete);
    search.settle([], true);
    expect(await updates.ended()).toBe(true);
    expect(view.progress?.productsProvisional).toBe(true);
  });

  test('gives a slow reader the net change, once', async () => {
    const updates = reader(rig.query.search(flightSearch({ pageSize: 1 })));
    const search = await rig.supply.next();
    search.plan(['a']);
    const view = new ClientView().apply(await updates.next());
    const other = reader(rig.query.watchSearch(watchRequest({ searchId: view.searchId, cursor: '' })));
    await other.next();
    for (let step = 0; step < 50; step++) {
      search.batch('a', [{ total: 1_000 - step }]);
      await other.until(({ progress }) => progress?.offers === step + 1);
    }
    // Fifty offers came and went while nobody read this side; one of them is on the page.
    const caughtUp = await updates.next();
    expect(caughtUp.upserts).toHaveLength(1);
    view.apply(caughtUp);
    expect(view.progress?.offers).toBe(50);
    expect(view.page?.totalSize).toBe(50);
    await updates.leave();
    await other.leave();
  });
});

describe('a client that leaves a search', () => {
  test('resumes with its cursor and gets what changed since', async () => {
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', [{ total: 200 }]);
    const view = new ClientView();
    await updates.until((update) => view.apply(update).outcomes.size === 1);
    await updates.leave();
    search.answer('b', [{ total: 100 }]);
    const resumed = reader(rig.query.watchSearch(watchRequest({ searchId: view.searchId, cursor: view.cursor })));
    const change = await resumed.next();
    expect(change).toMatchObject({ snapshot: false, complete: true });
    expect(change.upserts.map(({ partner }) => partner)).toEqual(['b']);
    view.apply(change);
    expect(view.page?.offerIds).toHaveLength(2);
    expect(await resumed.ended()).toBe(true);
  });

  test('that was up to date when it left is told nothing and sent home', async () => {
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [{}]);
    const view = new ClientView();
    await updates.until((update) => view.apply(update).complete);
    expect(await updates.ended()).toBe(true);
    const resumed = reader(rig.query.watchSearch(watchRequest({ searchId: view.searchId, cursor: view.cursor })));
    expect(await resumed.ended()).toBe(true);
  });

  test('without a cursor, or with one of another view, gets a snapshot', async () => {
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [{ total: 100 }]);
    const view = new ClientView();
    await updates.until((update) => view.apply(update).complete);
    const { page } = await rig.query.getPage({
      readMask: undefined,
      searchId: view.searchId,
      pageToken: '',
      options: PageOptions.fromPartial({ orderBy: 'duration_minutes' }),
    });
    for (const cursor of ['', page?.cursor ?? '']) {
      const again = reader(rig.query.watchSearch(watchRequest({ searchId: view.searchId, cursor })));
      const snapshot = await again.next();
      expect(snapshot).toMatchObject({ snapshot: true, complete: true });
      expect(new ClientView().apply(snapshot).seen()).toEqual(view.seen());
    }
  });

  test('is told that a cursor is none of ours', async () => {
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a']);
    const { searchId } = await updates.next();
    const wrong = reader(rig.query.watchSearch(watchRequest({ searchId, cursor: 'bm9uc2Vuc2U' })));
    await expect(wrong.next()).rejects.toMatchObject({ reason: 'INVALID_TOKEN' });
    const unknown = reader(rig.query.watchSearch(watchRequest({ searchId: 'AAAAAAAAAAAAAAAA', cursor: '' })));
    await expect(unknown.next()).rejects.toMatchObject({ reason: 'SEARCH_NOT_FOUND' });
  });

  test('has its partner calls cancelled after the grace, and the search ends as CANCELLED', async () => {
    await rig.close();
    rig = await startRig('{ minUpdateIntervalMs: 0, resumeGraceMs: 20 }');
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', [{ total: 100 }]);
    const view = new ClientView();
    await updates.until((update) => view.apply(update).outcomes.size === 1);
    await updates.leave();
    await search.cancelled;
    const late = reader(rig.query.watchSearch(watchRequest({ searchId: view.searchId, cursor: view.cursor })));
    view.apply(await late.next());
    expect(view.complete).toBe(true);
    expect(view.outcomes.get('b')?.status).toBe(OutcomeStatus.CANCELLED);
    expect(view.outcomes.get('a')?.status).toBe(OutcomeStatus.OK);
    expect(await late.ended()).toBe(true);
  });

  test('keeps its partner calls when it is back within the grace', async () => {
    await rig.close();
    rig = await startRig('{ minUpdateIntervalMs: 0, resumeGraceMs: 60000 }');
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a']);
    const { searchId, cursor } = await updates.next();
    await updates.leave();
    const back = reader(rig.query.watchSearch(watchRequest({ searchId, cursor })));
    search.answer('a', [{ total: 100 }]);
    const last = await back.until(({ complete }) => complete);
    expect(last.outcomes.map(({ status }) => status)).toEqual([OutcomeStatus.OK]);
  });

  test('makes no offers while nobody reads', async () => {
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    const view = new ClientView().apply(await updates.next());
    await updates.leave();
    search.answer('a', [{ total: 100 }]);
    search.answer('b', [{ total: 200 }]);
    const back = reader(rig.query.watchSearch(watchRequest({ searchId: view.searchId, cursor: view.cursor })));
    await back.until((update) => view.apply(update).complete);
    expect(view.page?.offerIds).toHaveLength(2);
    expect(search.makes.length + rig.supply.gets.length).toBeLessThanOrEqual(2);
  });
});

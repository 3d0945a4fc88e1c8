import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PageOptions, Screen, type SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { ClientView } from './testing/client-view.ts';
import type { FakeSearch } from './testing/fake-supply.ts';
import { finalOf, flightSearch, type Rig, reader, startRig, watchRequest } from './testing/rig.ts';
import type { TestRow } from './testing/rows.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => rig.close());

type Changes = Parameters<typeof flightSearch>[0];
type Reader = ReturnType<typeof reader>;

const rows = (count: number, more: TestRow = {}): TestRow[] =>
  Array.from({ length: count }, (_, at) => ({ total: 100 + at, ...more }));
const ids = (updates: readonly SearchUpdate[]): string[] =>
  updates.flatMap(({ upserts }) => upserts.map(({ offerId }) => offerId));
const sizes = (updates: readonly SearchUpdate[]): number[] => updates.map(({ upserts }) => upserts.length);

/** A search for every offer, whose plan is known. */
async function everything(changes: Changes = {}): Promise<{ updates: Reader; search: FakeSearch; searchId: string }> {
  const updates = reader(rig.query.search(flightSearch({ screen: Screen.ALL, ...changes })));
  const search = await rig.supply.next();
  search.awaitIdentities();
  search.plan(['a', 'b']);
  return { updates, search, searchId: (await updates.next()).searchId };
}

/** A complete search for its first page that found so many offers of `a`. */
async function found(count: number, more: TestRow = {}): Promise<string> {
  const answered = finalOf(rig);
  const search = await rig.supply.next();
  search.plan(['a']);
  search.answer('a', rows(count, more));
  return (await answered).searchId;
}

function watchAll(searchId: string, changes: Parameters<typeof watchRequest>[0] = {}): Reader {
  return reader(rig.query.watchSearch(watchRequest({ searchId, screen: Screen.ALL, ...changes })));
}

describe('a search for every offer', () => {
  test('sends each that passes the filter once, at most 200 at a time, and says at the end that it is complete', async () => {
    const { updates, search } = await everything({ filter: 'stops == 0' });
    search.batch('a', [...rows(450, { stops: 0 }), ...rows(30, { stops: 1 })]);
    search.outcome('a', 480);
    search.answer('b', rows(70, { stops: 0 }));
    const all: SearchUpdate[] = [];
    await updates.until((update) => all.push(update) > 0 && update.complete);
    expect(ids(all)).toHaveLength(520);
    expect(new Set(ids(all)).size).toBe(520);
    expect(Math.max(...sizes(all))).toBeLessThanOrEqual(200);
    expect(all.map(({ complete }) => complete).indexOf(true)).toBe(all.length - 1);
    expect(all.every(({ page }) => page === undefined)).toBe(true);
    expect(all.at(-1)?.progress).toMatchObject({ offers: 550, offersMatching: 520 });
    search.settle([]);
    expect(ids(await updates.rest())).toEqual([]);
  });

  test('sends what comes, and takes back what goes', async () => {
    const { updates, search } = await everything();
    search.batch('a', rows(3));
    const first = await updates.until(({ upserts }) => upserts.length > 0);
    search.batch('b', rows(2));
    const second = await updates.until(({ upserts }) => upserts.length > 0);
    expect(second.upserts.map(({ partner }) => partner)).toEqual(['b', 'b']);
    const offerId = first.upserts[1]!.offerId;
    rig.supply.verify = () => {
      throw new EntrepotError({ reason: 'OFFER_SOLD_OUT', message: 'sold' });
    };
    await expect(rig.query.verify({ offerId })).rejects.toMatchObject({ reason: 'OFFER_SOLD_OUT' });
    const third = await updates.next();
    expect(third).toMatchObject({ upserts: [], retractedOfferIds: [offerId] });
    await updates.leave();
  });

  test('shows an offer anew that a verification has changed, alone', async () => {
    const { updates, search } = await everything();
    search.batch('a', rows(3));
    const { upserts } = await updates.until((update) => update.upserts.length > 0);
    await rig.query.verify({ offerId: upserts[2]!.offerId });
    const changed = await updates.next();
    expect(ids([changed])).toEqual([upserts[2]!.offerId]);
    expect(changed.retractedOfferIds).toEqual([]);
    await updates.leave();
  });

  test('regroups without having offers made again, and sends those alone that are of another product now', async () => {
    const { updates, search } = await everything();
    search.batch('a', [...rows(250, { product: 'x', provisional: true }), ...rows(10, { product: 'q' })]);
    search.outcome('a', 260);
    search.answer('b', []);
    await updates.until(({ complete }) => complete);
    const made = search.makes.flatMap(({ handles }) => handles).length;
    expect(made).toBe(260);
    search.settle([{ provisionalProductId: 'x', productId: 'p' }]);
    const regrouped = await updates.rest();
    expect(ids(regrouped)).toHaveLength(250);
    expect(new Set(ids(regrouped)).size).toBe(250);
    expect(Math.max(...sizes(regrouped))).toBeLessThanOrEqual(200);
    const products = regrouped.flatMap(({ upserts }) =>
      upserts.map(({ productId, item }) => [productId, item === undefined]),
    );
    expect(products.every(([productId, bare]) => productId === 'p' && bare === false)).toBe(true);
    expect(search.makes.flatMap(({ handles }) => handles)).toHaveLength(made);
    expect(rig.supply.gets).toEqual([]);
  });

  test('has nothing made where no item is wanted, and still sends at most 200 at a time', async () => {
    const { updates, search } = await everything({ readMask: ['price'] });
    search.answer('a', rows(500));
    search.answer('b', []);
    const all: SearchUpdate[] = [];
    await updates.until((update) => all.push(update) > 0 && update.complete);
    expect(new Set(ids(all)).size).toBe(500);
    expect(Math.max(...sizes(all))).toBeLessThanOrEqual(200);
    expect(search.makes).toEqual([]);
    await updates.leave();
  });

  test('gives a reader that is slow the net change, each offer once', async () => {
    const { updates, search, searchId } = await everything();
    const other = watchAll(searchId);
    const view = new ClientView();
    await other.next();
    for (let batch = 0; batch < 20; batch++) {
      search.batch('a', rows(30));
      await other.until((update) => view.apply(update).offers.size === 30 * (batch + 1));
    }
    const caughtUp: SearchUpdate[] = [];
    while (ids(caughtUp).length < 600) caughtUp.push(await updates.next());
    expect(new Set(ids(caughtUp)).size).toBe(600);
    // As many as fit, whatever came together.
    expect(caughtUp.length).toBeLessThanOrEqual(4);
    expect(Math.max(...sizes(caughtUp))).toBeLessThanOrEqual(200);
    await updates.leave();
    await other.leave();
  });

  test('makes nothing while nobody reads, and the rest when somebody does again', async () => {
    const { updates, search, searchId } = await everything();
    const view = new ClientView();
    search.batch('a', rows(10));
    await updates.until((update) => view.apply(update).offers.size === 10);
    await updates.leave();
    search.answer('a', rows(300));
    search.answer('b', []);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(search.makes.flatMap(({ handles }) => handles)).toHaveLength(10);
    const again = watchAll(searchId, { cursor: view.cursor });
    const missed: SearchUpdate[] = [];
    await again.until((update) => missed.push(update) > 0 && view.apply(update).complete);
    expect(missed.every(({ snapshot }) => !snapshot)).toBe(true);
    expect(view.offers.size).toBe(310);
    expect(ids(missed)).toHaveLength(300);
    await again.leave();
  });

  test('tells its readers where offers cannot be made, and goes on for those who come back', async () => {
    const { updates, search, searchId } = await everything();
    search.batch('a', rows(3));
    const first = await updates.until(({ upserts }) => upserts.length > 0);
    rig.supply.getFailure = new Error('killed');
    const gone = rig.supply.gate;
    rig.supply.gate = new Promise(() => undefined);
    search.answer('b', rows(2));
    search.outcome('a', 3);
    search.fail(new Error('killed'));
    await expect(updates.rest()).rejects.toMatchObject({ reason: 'SUPPLY_UNAVAILABLE' });
    rig.supply.gate = gone;
    rig.supply.getFailure = undefined;
    const again = await watchAll(searchId, { cursor: first.cursor }).rest();
    expect(ids(again)).toHaveLength(5);
    expect(again.at(-1)?.complete).toBe(true);
  });

  test('leaves out what supply no longer holds', async () => {
    const { updates, search } = await everything();
    rig.supply.lost.add('a0');
    search.answer('a', rows(3));
    search.answer('b', rows(2));
    const view = new ClientView();
    await updates.until((update) => view.apply(update).complete && view.progress?.offers === 2);
    expect([...view.offers.values()].map(({ partner }) => partner)).toEqual(['b', 'b']);
    await updates.leave();
  });
});

describe('following every offer of a held search', () => {
  test('begins with a snapshot in pieces of at most 200', async () => {
    const pieces = await watchAll(await found(450)).rest();
    expect(pieces.map(({ snapshot }) => snapshot)).toEqual([true, ...pieces.slice(1).map(() => false)]);
    expect(pieces.map(({ complete }) => complete)).toEqual([...pieces.slice(1).map(() => false), true]);
    expect(sizes(pieces)).toEqual([200, 200, 50]);
    expect(new Set(ids(pieces)).size).toBe(450);
  });

  test('goes on behind a cursor from the middle of the snapshot, with what went meanwhile', async () => {
    const searchId = await found(450);
    const updates = watchAll(searchId);
    const view = new ClientView().apply(await updates.next());
    await updates.leave();
    expect(view.offers.size).toBe(200);
    const [told] = [...view.offers.keys()];
    rig.supply.verify = () => {
      throw new EntrepotError({ reason: 'OFFER_SOLD_OUT', message: 'sold' });
    };
    await expect(rig.query.verify({ offerId: told! })).rejects.toMatchObject({ reason: 'OFFER_SOLD_OUT' });
    const rest = await watchAll(searchId, { cursor: view.cursor }).rest();
    expect(rest.every(({ snapshot }) => !snapshot)).toBe(true);
    expect(ids(rest)).toHaveLength(250);
    for (const update of rest) view.apply(update);
    expect(view.offers.size).toBe(449);
    expect(view.offers.has(told!)).toBe(false);
  });

  test('can be by another filter and in another currency', async () => {
    rig.pricing.factors = { EUR: 2 };
    const searchId = await found(5, { stops: 0 });
    const options = PageOptions.fromPartial({ filter: 'price < 2.05', currency: 'EUR' });
    const pieces = await watchAll(searchId, { options }).rest();
    expect(pieces.flatMap(({ upserts }) => upserts.map(({ price }) => price?.total?.amount))).toEqual([
      '2.00',
      '2.02',
      '2.04',
    ]);
    expect(pieces.at(-1)?.progress).toMatchObject({ offers: 5, offersMatching: 3 });
    expect(rig.supply.searches).toHaveLength(1);
  });

  test('is what a search for every offer goes on with where it does not say what to show', async () => {
    const { updates, search, searchId } = await everything();
    search.answer('a', rows(25));
    search.answer('b', []);
    search.settle([]);
    await updates.rest();
    const again = await reader(rig.query.watchSearch(watchRequest({ searchId }))).rest();
    expect(ids(again)).toHaveLength(25);
    const page = await reader(rig.query.watchSearch(watchRequest({ searchId, screen: Screen.TOP }))).rest();
    expect(ids(page)).toHaveLength(20);
    expect(page.at(-1)?.page?.offerIds).toHaveLength(20);
  });

  test('has cursors of its own: one of the first page is answered by a snapshot', async () => {
    const searchId = await found(5);
    const [page] = await reader(rig.query.watchSearch(watchRequest({ searchId }))).rest();
    const [everyOffer] = await watchAll(searchId, { cursor: page!.cursor }).rest();
    expect(everyOffer).toMatchObject({ snapshot: true, complete: true, page: undefined });
    expect(await watchAll(searchId, { cursor: everyOffer!.cursor }).ended()).toBe(true);
  });
});

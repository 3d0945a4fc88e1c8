import { afterEach, describe, expect, test } from 'vitest';
import { OutcomeStatus, type PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Grouping, type SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { ClientView } from './testing/client-view.ts';
import type { FakeSearch } from './testing/fake-supply.ts';
import { finalOf, flightSearch, type Rig, reader, startRig, watchRequest } from './testing/rig.ts';

let rig: Rig;
afterEach(async () => rig.close());

const client = 'shop';
const { NOT_AWAITED, OK, TIMED_OUT } = OutcomeStatus;
const noWait = '{ minUpdateIntervalMs: 0, resumeGraceMs: 60000 }';

/** A rig whose client "shop" has a completion policy. */
async function withPolicy(completion: string, config = noWait): Promise<void> {
  rig = await startRig(config, [], `clients:\n  shop: { completion: ${JSON.stringify(completion)} }\n`);
}

/** A search of the shop that goes on reading. */
async function following(asked = ['a', 'b']): Promise<{
  readonly updates: ReturnType<typeof reader>;
  readonly search: FakeSearch;
}> {
  const updates = reader(rig.query.search(flightSearch({ grouping: Grouping.OFFER }), { client }));
  const search = await rig.supply.next();
  search.plan(asked);
  return { updates, search };
}

const outcomeIn = ({ outcomes }: Pick<SearchUpdate, 'outcomes'>, partner: string): PartnerOutcome | undefined =>
  outcomes.find((outcome) => outcome.partner === partner);
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
};

describe('a completion policy', () => {
  test('ends the waiting of its client once it holds, and of no other', async () => {
    await withPolicy('partners_done >= 1 && offers > 0');
    const patient = reader(rig.query.search(flightSearch()));
    const waitedFor = await rig.supply.next();
    waitedFor.plan(['a', 'b']);
    const { updates, search } = await following();
    for (const one of [waitedFor, search]) one.answer('a', [{}]);
    const complete = await updates.until((update) => update.complete);
    expect(complete.progress).toMatchObject({ partnersAsked: 2, partnersDone: 2 });
    expect(outcomeIn(complete, 'b')).toMatchObject({ status: NOT_AWAITED, late: false });
    expect(outcomeIn(complete, 'b')?.detail).toMatch(/completion policy.*revision/);
    await settled();
    waitedFor.answer('b', [{}]);
    const all = await patient.rest();
    expect(all.flatMap(({ outcomes }) => outcomes).map(({ status }) => status)).toEqual([OK, OK]);
    await updates.leave();
  });

  test('lets late offers and the late outcome arrive as revisions for a client that stays', async () => {
    await withPolicy('offers > 0');
    const { updates, search } = await following(['a', 'b', 'c']);
    search.batch('a', [{ total: 100 }]);
    const view = new ClientView();
    await updates.until((update) => view.apply(update).complete);
    expect([...view.outcomes.values()].map(({ status }) => status)).toEqual([NOT_AWAITED, NOT_AWAITED, NOT_AWAITED]);
    search.outcome('a', 1);
    search.batch('b', [{ total: 50 }]);
    await updates.until((update) => view.apply(update).offers.size === 2);
    expect(view.outcomes.get('b')?.status).toBe(NOT_AWAITED);
    search.outcome('b', 1);
    search.outcome('c', 0, TIMED_OUT);
    for (const update of await updates.rest()) view.apply(update);
    expect(view.page?.offerIds).toHaveLength(2);
    expect([...view.outcomes.values()]).toMatchObject([
      { partner: 'a', status: OK, late: true, offersKept: 1 },
      { partner: 'b', status: OK, late: true, offersKept: 1 },
      { partner: 'c', status: TIMED_OUT, late: true },
    ]);
    expect(view.complete).toBe(true);
  });

  test('cancels what is asked where the client takes one document and goes', async () => {
    await withPolicy('offers > 0');
    const answered = finalOf(rig, {}, { client });
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', [{ total: 100 }]);
    const update = await answered;
    expect(outcomeIn(update, 'b')).toMatchObject({ status: NOT_AWAITED });
    expect(outcomeIn(update, 'b')?.detail).not.toMatch(/revision/);
    await search.cancelled;
  });

  test('gives late partners up when the client is gone for good; what came of them is counted', async () => {
    await withPolicy('partners_done == 1', '{ minUpdateIntervalMs: 0, resumeGraceMs: 0 }');
    const { updates, search } = await following();
    search.answer('a', [{ total: 100 }]);
    const view = new ClientView();
    await updates.until((update) => view.apply(update).complete);
    search.batch('b', [{ total: 50 }, { total: 60, currency: 'JPY' }]);
    await updates.until((update) => view.apply(update).offers.size === 2);
    await updates.leave();
    await search.cancelled;
    const held = { readMask: undefined, searchId: view.searchId, pageToken: '', options: undefined };
    const { page } = await rig.query.getPage(held, { client });
    expect(page?.totalSize).toBe(2);
    expect(outcomeIn(page!, 'b')).toMatchObject({
      status: NOT_AWAITED,
      rowsReceived: 2,
      offersKept: 1,
      rejections: [{ count: 1 }],
    });
  });

  test('goes on with late partners for a client that comes back within the grace', async () => {
    await withPolicy('partners_done == 1');
    const { updates, search } = await following();
    search.answer('a', [{ total: 100 }]);
    const view = new ClientView();
    await updates.until((update) => view.apply(update).complete);
    await updates.leave();
    await settled();
    search.answer('b', [{ total: 50 }]);
    const resumed = watchRequest({ searchId: view.searchId, cursor: view.cursor });
    const back = reader(rig.query.watchSearch(resumed, { client }));
    for (const update of await back.rest()) view.apply(update);
    expect(view.outcomes.get('b')).toMatchObject({ status: OK, late: true });
    expect(view.page?.offerIds).toHaveLength(2);
  });

  test('may hold before anybody has answered', async () => {
    await withPolicy('partners_open > 1');
    const { updates, search } = await following();
    const view = new ClientView();
    await updates.until((update) => view.apply(update).complete);
    expect(view.page?.totalSize).toBe(0);
    search.answer('a', [{}]);
    search.answer('b', []);
    for (const update of await updates.rest()) view.apply(update);
    expect([...view.outcomes.values()]).toMatchObject([
      { partner: 'a', status: OK, late: true },
      { partner: 'b', status: OutcomeStatus.EMPTY, late: true },
    ]);
  });

  test('says nothing about a pricing that is not there yet', async () => {
    await withPolicy('true');
    const gate = Promise.withResolvers<void>();
    rig.pricing.viewGate = gate.promise;
    const { updates, search } = await following(['a']);
    search.answer('a', [{ total: 100 }]);
    await settled();
    let complete = false;
    const ending = updates.rest().then((rest) => {
      complete = true;
      return rest;
    });
    await settled();
    expect(complete).toBe(false);
    gate.resolve();
    const view = new ClientView();
    for (const update of await ending) view.apply(update);
    expect(view.complete).toBe(true);
    expect(view.page?.offerIds).toHaveLength(1);
  });

  test('comes to hold by time alone', async () => {
    await withPolicy('elapsed_ms >= 60');
    const { updates } = await following();
    const complete = await updates.until((update) => update.complete);
    expect(complete.progress?.elapsedMs).toBeGreaterThanOrEqual(60);
    await updates.leave();
  });

  test('is not asked about what it is not worth sharing: equal searches that come later ask again', async () => {
    await withPolicy('offers > 0');
    const first = finalOf(rig, {}, { client });
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', [{}], { reusableMs: 60_000 });
    await first;
    const second = finalOf(rig, {}, { client });
    const again = await rig.supply.next();
    again.plan(['a']);
    again.answer('a', [{}]);
    await second;
    expect(rig.supply.searches).toHaveLength(2);
  });
});

describe('while late partners are awaited', () => {
  test.each(['pricing', 'supply'] as const)('a %s that dies ends the waiting, and the stream', async (name) => {
    await withPolicy('partners_done == 1');
    const { updates, search } = await following();
    search.answer('a', [{ total: 100 }]);
    const view = new ClientView();
    await updates.until((update) => view.apply(update).complete);
    await rig.kill(name);
    for (const update of await updates.rest()) view.apply(update);
    expect(view.outcomes.get('b')).toMatchObject({ status: NOT_AWAITED });
    expect(view.page?.offerIds).toHaveLength(1);
    await search.cancelled;
  });

  test('a client that only comes for the document gets it as it is', async () => {
    await withPolicy('partners_done == 1');
    const { updates, search } = await following();
    search.answer('a', [{ total: 100 }]);
    const { searchId } = await updates.until((update) => update.complete);
    const { page } = await rig.query.getPage(
      { readMask: undefined, searchId, pageToken: '', options: undefined },
      { client },
    );
    expect(page).toMatchObject({ complete: true, totalSize: 1 });
    search.answer('b', [{}]);
    await updates.rest();
  });
});

describe('at the deadline of a client', () => {
  test('rows whose prices come later are neither shown nor counted', async () => {
    rig = await startRig();
    const gate = Promise.withResolvers<void>();
    rig.pricing.gate = ({ partner }) => (partner === 'late' ? gate.promise : undefined);
    const answered = finalOf(rig, {}, { timeoutMs: 700 });
    const search = await rig.supply.next();
    search.plan(['fast', 'late']);
    search.answer('fast', [{ total: 100 }]);
    search.answer('late', [{ total: 50 }]);
    const update = await answered;
    expect(outcomeIn(update, 'late')).toMatchObject({ status: NOT_AWAITED, offersKept: 0 });
    expect(outcomeIn(update, 'late')?.detail).not.toMatch(/revision/);
    gate.resolve();
    await settled();
    const { page } = await rig.query.getPage({
      readMask: undefined,
      searchId: update.searchId,
      pageToken: '',
      options: undefined,
    });
    expect(page).toMatchObject({ totalSize: 1, progress: { offers: 1 } });
    expect(outcomeIn(page!, 'late')).toMatchObject({ status: NOT_AWAITED, offersKept: 0 });
  });

  test('a pricing that has said nothing is what the search failed by, not its partners', async () => {
    rig = await startRig();
    rig.pricing.viewGate = new Promise(() => undefined);
    const answered = finalOf(rig, {}, { timeoutMs: 700 });
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [{ total: 100 }]);
    await expect(answered).rejects.toMatchObject({ reason: 'PRICING_UNAVAILABLE' });
  });
});

describe("a request's own completion", () => {
  const completion = 'partners_done >= 1';

  test("stands in place of its client's policy, and is named as why the search completed", async () => {
    await withPolicy('true');
    const patient = reader(rig.query.search(flightSearch({ completion: 'partners_done >= 2' }), { client }));
    const waiting = await rig.supply.next();
    waiting.plan(['a', 'b', 'c']);
    const answered = finalOf(rig, { completion }, { client });
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    for (const one of [search, waiting]) one.answer('a', [{}]);
    const update = await answered;
    expect(outcomeIn(update, 'b')).toMatchObject({ status: NOT_AWAITED });
    const explained = await rig.query.explainSearch({ searchId: update.searchId, productId: '' }, { client });
    expect(explained.completedBecause).toBe(`not worth waiting: ${completion}`);
    waiting.answer('b', [{}]);
    const complete = await patient.until((one) => one.complete);
    expect(complete.progress).toMatchObject({ partnersAsked: 3, partnersDone: 3 });
    expect(outcomeIn(complete, 'c')?.status).toBe(NOT_AWAITED);
    await patient.leave();
  });

  test('makes searches differ, so that none is answered by what another did not wait for', async () => {
    rig = await startRig();
    const hasty = finalOf(rig, { completion });
    const first = await rig.supply.next();
    first.plan(['a', 'b']);
    const whole = finalOf(rig);
    const second = await rig.supply.next();
    second.plan(['a', 'b']);
    const joined = finalOf(rig, { completion });
    await settled();
    for (const search of [first, second]) search.answer('a', [{}], { reusableMs: 60_000 });
    second.answer('b', [{}], { reusableMs: 60_000 });
    expect((await hasty).outcomes.map(({ status }) => status)).toEqual([OK, NOT_AWAITED]);
    expect((await joined).outcomes.map(({ status }) => status)).toEqual([OK, NOT_AWAITED]);
    expect((await whole).outcomes.map(({ status }) => status)).toEqual([OK, OK]);
    expect(rig.supply.searches).toHaveLength(2);
  });

  test.each([
    ['partners_done >', '1', '16', 'found the end'],
    ['offers > 0 &&\n  partner == "a"', '2', '3', 'elapsed_ms'],
    ['offers', '1', '1', 'bool'],
    [`offers > 0${' '.repeat(4_000)}`, undefined, undefined, 'longer than'],
  ])('that is no condition is refused at its place: %j', async (text, line, column, description) => {
    rig = await startRig();
    const refused = finalOf(rig, { completion: text });
    await expect(refused).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
      violations: [{ field: 'completion', description: expect.stringContaining(description) }],
      metadata: line === undefined ? {} : { line, column },
    });
    expect(rig.supply.searches).toHaveLength(0);
  });
});

test('a view is refused by query: the edge alone knows views', async () => {
  rig = await startRig();
  await expect(finalOf(rig, { view: 'mobile-results' })).rejects.toMatchObject({
    reason: 'VIEW_NOT_FOUND',
    message: expect.stringContaining('"mobile-results"'),
  });
});

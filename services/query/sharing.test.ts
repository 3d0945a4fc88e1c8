import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CacheUse, OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Delivery, Screen, type SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { CallOptions } from '../../libs/mesh/index.ts';
import type { FakeSearch } from './testing/fake-supply.ts';
import { all, finalOf, flightSearch, type Rig, reader, startRig } from './testing/rig.ts';
import { outcomeOf } from './testing/rows.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  vi.useRealTimers();
  await rig.close();
});

type Changes = Parameters<typeof flightSearch>[0];
const reusable = { reusableMs: 60_000 };
/** Everything that is under way in this process comes to its next wait. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
};
const statuses = ({ outcomes }: SearchUpdate): Record<string, OutcomeStatus> =>
  Object.fromEntries(outcomes.map(({ partner, status }) => [partner, status]));

/** A search under way whose plan query knows, and who follows it. */
async function underWay(
  changes: Changes = {},
  options: CallOptions = {},
): Promise<{ readonly follower: ReturnType<typeof reader>; readonly search: FakeSearch; readonly searchId: string }> {
  const follower = reader(rig.query.search(flightSearch(changes), options));
  const search = await rig.supply.next();
  search.plan(['a', 'b']);
  const { searchId } = await follower.next();
  return { follower, search, searchId };
}

/** A search that is complete; all that it found may be given again for a minute. */
async function complete(changes: Changes = {}, options: CallOptions = {}): Promise<SearchUpdate> {
  const answered = finalOf(rig, changes, options);
  const search = await rig.supply.next();
  search.plan(['a']);
  search.answer('a', [{ total: 100, stops: 0 }], reusable);
  return answered;
}

/** Whether a search is answered by what another one asks or has asked. */
async function isShared(changes: Changes = {}, options: CallOptions = {}): Promise<boolean> {
  const before = rig.supply.searches.length;
  const follower = reader(rig.query.search(flightSearch(changes), options));
  await settled();
  const shared = rig.supply.searches.length === before;
  // What it began is not there for the next.
  if (!shared) (await rig.supply.next()).fail(new Error('asked in vain'));
  await settled();
  await follower.leave();
  return shared;
}

describe('equal searches that are under way', () => {
  test('share what is asked of partners; those that join are one search, and are told that they did', async () => {
    const { follower, search, searchId } = await underWay();
    const joining = [finalOf(rig), finalOf(rig)];
    search.answer('a', [{ total: 100 }]);
    search.answer('b', [{ total: 200 }]);
    const updates = await follower.rest();
    const [one, other] = await Promise.all(joining);
    expect(other).toEqual(one);
    expect(one!.searchId).not.toBe(searchId);
    expect(one).toMatchObject({ complete: true, page: { totalSize: updates.at(-1)?.page?.totalSize } });
    expect(one!.outcomes.map(({ cache, requests }) => [cache, requests])).toEqual([
      [CacheUse.SHARED, 0],
      [CacheUse.SHARED, 0],
    ]);
    expect(updates.flatMap(({ outcomes }) => outcomes).every(({ cache }) => cache === CacheUse.UNSPECIFIED)).toBe(true);
    expect(rig.supply.searches).toHaveLength(1);
  });

  test('wait for the plan of the first, which says whether they may share it', async () => {
    const answers = [finalOf(rig), finalOf(rig), finalOf(rig)];
    const search = await rig.supply.next();
    await settled();
    expect(rig.supply.searches).toHaveLength(1);
    search.plan(['a']);
    search.answer('a', [{}]);
    const [first, ...others] = (await Promise.all(answers)).map(({ searchId }) => searchId);
    expect(new Set(others).size).toBe(1);
    expect(others).not.toContain(first);
    expect(rig.supply.searches).toHaveLength(1);
  });

  test('ask for themselves where what a partner says is good for one shopper alone', async () => {
    const answers = [finalOf(rig), finalOf(rig)];
    const first = await rig.supply.next();
    first.plan(['a'], [], [], ['a']);
    const second = await rig.supply.next();
    second.plan(['a'], [], [], ['a']);
    first.answer('a', [{ total: 100 }], reusable);
    second.answer('a', [{ total: 200 }], reusable);
    const [one, other] = await Promise.all(answers);
    expect(one!.searchId).not.toBe(other!.searchId);
    expect(await isShared()).toBe(false);
  });

  test('ask for themselves where the first fails before it has a plan', async () => {
    const failing = finalOf(rig);
    const waiting = finalOf(rig);
    (await rig.supply.next()).fail(new Error('killed'));
    await expect(failing).rejects.toMatchObject({ reason: 'SUPPLY_UNAVAILABLE' });
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [{}]);
    expect((await waiting).complete).toBe(true);
  });

  test('are not begun for a caller that left while it waited for the plan', async () => {
    const { promise: planned, resolve: plan } = Promise.withResolvers<void>();
    const first = finalOf(rig);
    const search = await rig.supply.next();
    const gone = new AbortController();
    const second = finalOf(rig, {}, { signal: gone.signal });
    void planned.then(() => search.plan(['a'], [], [], ['a']));
    gone.abort();
    await expect(second).rejects.toMatchObject({ reason: 'CANCELLED' });
    plan();
    await settled();
    search.answer('a', [{}]);
    await first;
    expect(rig.supply.searches).toHaveLength(1);
  });

  test('with different views share what is asked, and have pages of their own', async () => {
    const { follower, search, searchId } = await underWay({ pageSize: 1 });
    const dear = finalOf(rig, { pageSize: 1, orderBy: 'price desc' });
    const narrow = finalOf(rig, { readMask: ['price'] });
    await settled();
    search.answer('a', [{ total: 100 }]);
    search.answer('b', [{ total: 200 }]);
    const updates = await follower.rest();
    const partners = (update: SearchUpdate): string[] => update.upserts.map(({ partner }) => partner);
    expect(updates.flatMap(partners)).toContain('a');
    expect(partners(await dear)).toEqual(['b']);
    expect((await narrow).upserts.map(({ item }) => item)).toEqual([undefined, undefined]);
    expect(new Set([searchId, (await dear).searchId, (await narrow).searchId]).size).toBe(3);
    expect(rig.supply.searches).toHaveLength(1);
  });

  test('on different screens are followed on their own', async () => {
    const { follower, search, searchId } = await underWay({ pageSize: 1 });
    const everything = reader(rig.query.search(flightSearch({ pageSize: 1, screen: Screen.ALL })));
    await settled();
    search.answer('a', [{ total: 100 }, { total: 200 }]);
    search.answer('b', [{ total: 300 }]);
    const updates = await everything.rest();
    expect(updates.flatMap(({ upserts }) => upserts)).toHaveLength(3);
    expect(updates[0]!.searchId).not.toBe(searchId);
    await follower.rest();
    expect(rig.supply.searches).toHaveLength(1);
  });

  test('go on when one of them is cancelled, whoever began', async () => {
    const { follower, search } = await underWay();
    const gone = new AbortController();
    const second = all(
      rig.query.search(flightSearch({ pageSize: 3, delivery: Delivery.FINAL }), { signal: gone.signal }),
    );
    const third = finalOf(rig);
    await settled();
    gone.abort();
    await expect(second).rejects.toMatchObject({ reason: 'CANCELLED' });
    await follower.leave();
    await settled();
    search.answer('a', [{}]);
    search.answer('b', [{}]);
    expect(statuses(await third)).toEqual({ a: OutcomeStatus.OK, b: OutcomeStatus.OK });
  });

  test('are cancelled when the last of them is', async () => {
    const gone = [new AbortController(), new AbortController()];
    const answers = gone.map(({ signal }, index) => finalOf(rig, { pageSize: 5 + index }, { signal }));
    const search = await rig.supply.next();
    search.plan(['a']);
    await settled();
    for (const one of gone) one.abort();
    for (const answer of answers) await expect(answer).rejects.toMatchObject({ reason: 'CANCELLED' });
    await search.cancelled;
  });

  test('share nothing where one has much more or less time', async () => {
    const first = await underWay({}, { timeoutMs: 10_000 });
    expect(await isShared({}, { timeoutMs: 10_000 })).toBe(true);
    // Late partners are waited for where nobody set a deadline.
    expect(await isShared()).toBe(false);
    expect(await isShared({}, { timeoutMs: 30_000 })).toBe(false);
    await first.follower.leave();
    const { follower } = await underWay({ pageSize: 7 }, { timeoutMs: 10_000 });
    // It would be cut off before what it shares is complete.
    expect(await isShared({ pageSize: 7 }, { timeoutMs: 9_000 })).toBe(false);
    await follower.leave();
  });
});

const others: [string, Changes, CallOptions][] = [
  ['client', {}, { client: 'another' }],
  ['currency', { currency: 'EUR' }, {}],
  ['market', { market: 'DE' }, {}],
  ['locale', { locale: 'de' }, {}],
  ['passenger mix', { vertical: { $case: 'flight', value: { ...flightOf(), adults: 2 } } }, {}],
  ['day', { vertical: { $case: 'flight', value: { ...flightOf(), departureDate: inDays(61) } } }, {}],
  ['choice of partners', { partners: ['a'] }, {}],
  ['filter that partners are told', { filter: 'stops == 0' }, {}],
];

function inDays(days: number): string {
  return Temporal.Now.plainDateISO('UTC').add({ days }).toString();
}

function flightOf(): { origin: string; destination: string; departureDate: string; adults: number } {
  return { origin: 'LHR', destination: 'JFK', departureDate: inDays(60), adults: 1 };
}

describe('nothing is shared across', () => {
  test.each(others)('one %s and another', async (_what, changes, options) => {
    const { follower, search } = await underWay();
    expect(await isShared(changes, options)).toBe(false);
    expect(await isShared()).toBe(true);
    for (const partner of ['a', 'b']) search.answer(partner, [{}], reusable);
    await follower.rest();
    expect(await isShared(changes, options)).toBe(false);
    expect(await isShared()).toBe(true);
  });

  test('one configuration and the next', async () => {
    await complete();
    expect(await isShared()).toBe(true);
    rig.configure('query.yaml', '{ minUpdateIntervalMs: 0, deadlineMs: 9000 }');
    await vi.waitFor(async () => expect(await isShared()).toBe(false), { timeout: 10_000 });
  });
});

describe('a search that is complete', () => {
  test('answers equal ones as one search, without asking anybody, however they are written, and says how old it is', async () => {
    const first = await complete({ filter: 'price < 50.0', partners: ['a', 'b'] });
    const again = await finalOf(rig, { filter: 'price < 50.0', partners: ['b', 'a', 'b'], locale: 'en' });
    expect(again.page?.totalSize).toBe(first.page?.totalSize);
    for (const { cache, cacheAgeMs, requests } of again.outcomes) {
      expect([cache, requests]).toEqual([CacheUse.HIT, 0]);
      expect(cacheAgeMs).toBeGreaterThanOrEqual(0);
    }
    expect(await finalOf(rig, { filter: 'price < 50.0', partners: ['a', 'b'] })).toEqual(again);
    const wider = await finalOf(rig, { partners: ['a', 'b'], currency: 'GBP' });
    expect(wider.searchId).not.toBe(first.searchId);
    expect(wider.page?.totalSize).toBe(1);
    expect(rig.supply.searches).toHaveLength(1);
  });

  test('is complete at once for one that follows it', async () => {
    await complete();
    const updates = await all(rig.query.search(flightSearch()));
    expect(updates).toMatchObject([{ snapshot: true, complete: true, upserts: [{}] }]);
    expect(rig.supply.searches).toHaveLength(1);
  });

  test('does so for as long as every answer may be given again, counted from when it came', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const start = Date.now();
    const { follower, search } = await underWay();
    search.answer('a', [{}], { reusableMs: 10_000 });
    await follower.until(({ outcomes }) => outcomes.length > 0);
    vi.setSystemTime(start + 6_000);
    search.answer('b', [{}], { reusableMs: 60_000 });
    await follower.rest();
    vi.setSystemTime(start + 9_000);
    expect(await isShared()).toBe(true);
    vi.setSystemTime(start + 10_500);
    expect(await isShared()).toBe(false);
  });

  test('never gives an offer again that has expired', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const start = Date.now();
    const first = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [{ expiresAt: start + 5_000 }, { expiresAt: start + 50_000 }], reusable);
    expect((await first).page?.totalSize).toBe(2);
    vi.setSystemTime(start + 6_000);
    expect((await finalOf(rig)).page?.totalSize).toBe(1);
    expect(rig.supply.searches).toHaveLength(1);
  });

  test.each([
    ['failed', OutcomeStatus.FAILED, {}],
    ['may not be asked twice', OutcomeStatus.OK, { reusableMs: 0 }],
  ])('answers nothing more where a partner %s', async (_what, status, more) => {
    const first = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', [{}], reusable);
    search.outcome('b', 0, status, more);
    await first;
    expect(await isShared()).toBe(false);
  });

  test.each([
    ['its rate limit', OutcomeStatus.RATE_LIMITED, {}, false],
    ['its budget', OutcomeStatus.BUDGET_SPENT, {}, false],
    ['a failure that may be over', OutcomeStatus.SUSPENDED, { retryAfterMs: 100 }, false],
    ['its configuration', OutcomeStatus.SUSPENDED, {}, true],
    ['its criteria', OutcomeStatus.UNSUPPORTED_CRITERIA, {}, true],
  ])('a partner that was not asked for %s', async (_what, status, more, shared) => {
    const first = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a'], [{ ...outcomeOf('b', 0, status), ...more }]);
    search.answer('a', [{}], reusable);
    await first;
    expect(await isShared()).toBe(shared);
  });

  test('where nobody was asked answers nothing more', async () => {
    const first = finalOf(rig);
    (await rig.supply.next()).plan([], [outcomeOf('b', 0, OutcomeStatus.NOT_PERMITTED)]);
    await first;
    expect(await isShared()).toBe(false);
  });

  test('that a verification has changed is shown as it is now to all that look at it', async () => {
    const { upserts } = await complete();
    const dear = await finalOf(rig, { orderBy: 'price desc' });
    rig.supply.verify = () => {
      throw new EntrepotError({ reason: 'OFFER_SOLD_OUT', message: 'sold' });
    };
    await expect(rig.query.verify({ offerId: upserts[0]!.offerId })).rejects.toMatchObject({
      reason: 'OFFER_SOLD_OUT',
    });
    expect((await finalOf(rig, { orderBy: 'price desc' })).searchId).toBe(dear.searchId);
    expect((await finalOf(rig, { orderBy: 'price desc' })).page?.totalSize).toBe(0);
    expect((await finalOf(rig)).page?.totalSize).toBe(0);
  });
});

describe('a search that is no longer held', () => {
  const one = '{ minUpdateIntervalMs: 0, resumeGraceMs: 60000, hold: { searches: 1 } }';
  const elsewhere = { partners: ['z'] };

  test('is read to its end by whoever reads it', async () => {
    await rig.close();
    rig = await startRig(one);
    const { follower, search, searchId } = await underWay();
    const { follower: other } = await underWay(elsewhere);
    const page = rig.query.getPage({ readMask: undefined, searchId, pageToken: '', options: undefined });
    await expect(page).rejects.toMatchObject({ reason: 'SEARCH_NOT_FOUND' });
    search.answer('a', [{}]);
    search.answer('b', [{}]);
    const updates = await follower.rest();
    expect(updates.at(-1)?.complete).toBe(true);
    expect(updates.flatMap(({ outcomes }) => outcomes).map(({ status }) => status)).toEqual([
      OutcomeStatus.OK,
      OutcomeStatus.OK,
    ]);
    await other.leave();
  });

  test('asks nobody any more once nobody reads it', async () => {
    await rig.close();
    rig = await startRig(one);
    const { follower, search } = await underWay();
    await follower.leave();
    const { follower: other } = await underWay(elsewhere);
    await search.cancelled;
    await other.leave();
  });

  test('leaves what it shared to the others that look at it', async () => {
    await rig.close();
    rig = await startRig(one);
    const { follower, search } = await underWay({ pageSize: 1 });
    const other = finalOf(rig, { pageSize: 2 });
    await settled();
    await follower.leave();
    await settled();
    search.answer('a', [{}]);
    search.answer('b', [{}]);
    expect(statuses(await other)).toEqual({ a: OutcomeStatus.OK, b: OutcomeStatus.OK });
    expect(rig.supply.searches).toHaveLength(1);
  });

  test('is not what an equal one is answered by, which shares what was found all the same', async () => {
    await rig.close();
    rig = await startRig(one);
    const first = await complete();
    const second = await finalOf(rig, { pageSize: 2 });
    // The first was let go of for the second.
    const third = await finalOf(rig);
    expect(new Set([first.searchId, second.searchId, third.searchId]).size).toBe(3);
    expect(third.page?.totalSize).toBe(1);
    expect(rig.supply.searches).toHaveLength(1);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Mismatch } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { MemoryState } from '../../../libs/shared/index.ts';
import { openStore, type Store } from '../../../libs/store/index.ts';
import { logger } from '../../../libs/telemetry/index.ts';
import { clickStore } from '../clicks.ts';
import { type CheckStore, SharedChecks, StoredChecks } from './check-store.ts';
import { BUCKET_MS, CheckCounts } from './counts.ts';
import {
  type KeptMismatch,
  type MismatchStore,
  newMismatchId,
  placeOf,
  SharedMismatches,
  StoredMismatches,
} from './mismatches.ts';
import type { Tally } from './tally.ts';

const hour = 3_600_000;
const start = Date.parse('2026-05-01T12:00:00Z');
const log = logger('test');
let store: Store;
let shared: MemoryState;
let now = start;

beforeAll(async () => {
  store = await openStore({ ...clickStore, memory: {} });
  shared = new MemoryState({ now: () => now });
});
afterAll(async () => {
  await store.close();
  await shared.close();
});

const stores: Readonly<Record<string, () => CheckStore>> = {
  'beside the clicks': () => new StoredChecks(store),
  'in the shared state': () => new SharedChecks(shared, randomUUID()),
};
const kind = (partner: string, leadTime = 'today', market = 'GB') => ({ partner, market, leadTime });
const window = { windowHours: 2, lastChecks: 100 };

describe.each(Object.keys(stores))('checks that are kept %s', (name) => {
  const counts = () => new CheckCounts(stores[name]!(), log, () => now);

  test('are those of all replicas, also after a restart, and leave with the window', async () => {
    now = start;
    const [one, other] = [counts(), counts()];
    for (let time = 0; time < 3; time++) one.count(kind('ebay'), 'accurate');
    other.count(kind('ebay'), 'gone');
    other.count(kind('ebay', 'beyond'), 'dearer');
    other.count(kind('ebay', 'today', 'DE'), 'failed');
    await one.exchange(window);
    await other.exchange(window);
    await one.exchange(window);
    const all = { accurate: 3, dearer: 1, cheaper: 0, gone: 1, failed: 0 };
    for (const counted of [one, other]) {
      const [germany, britain] = counted.found(window);
      expect([germany?.market, germany?.all.failed]).toEqual(['DE', 1]);
      expect(britain).toMatchObject({ partner: 'ebay', market: 'GB', all });
      expect(britain?.byLeadTime.get('beyond')?.dearer).toBe(1);
    }
    const later = counts();
    await later.exchange(window);
    expect(later.found(window)).toEqual(one.found(window));
    now += 2 * hour;
    await later.exchange(window);
    expect(later.found(window)).toEqual([]);
    // The store has forgotten them too.
    const fresh = counts();
    await fresh.exchange({ ...window, windowHours: 1 });
    expect(fresh.found({ ...window, windowHours: 1 })).toEqual([]);
  });

  test('count no further back than the latest so many', async () => {
    now = start + 100 * hour;
    const counted = counts();
    const accuracy = () =>
      counted.found({ windowHours: 6, lastChecks: 3 }).find(({ partner }) => partner === 'amadeus')?.all;
    counted.count(kind('amadeus'), 'dearer');
    now += BUCKET_MS;
    for (let time = 0; time < 2; time++) counted.count(kind('amadeus'), 'accurate');
    expect(accuracy()).toMatchObject({ accurate: 2, dearer: 1 });
    counted.count(kind('amadeus'), 'accurate');
    expect(accuracy()).toMatchObject({ accurate: 3, dearer: 0 });
    await counted.exchange({ windowHours: 6, lastChecks: 3 });
    expect(accuracy()).toMatchObject({ accurate: 3, dearer: 0 });
  });

  test('come with how partners stand', async () => {
    const checks = stores[name]!();
    const standings = new Map([
      ['ebay/GB', { action: 'hidden', since: start, judgedAt: start + 5 } as const],
      ['uber/DE', { action: 'demoted', since: start + 1, judgedAt: start + 6 } as const],
    ]);
    await checks.write(standings);
    expect(await stores[name]!().standings()).toEqual(standings);
    await checks.write(new Map());
    expect(await checks.standings()).toEqual(new Map());
  });
});

test('what cannot be written stays, and is written once', async () => {
  now = start + 500 * hour;
  const written: number[] = [];
  let broken = true;
  const failing: CheckStore = {
    add: async (_, added) => {
      if (broken) throw new Error('away');
      written.push([...added.values()].reduce((sum, { accurate }: Readonly<Tally>) => sum + accurate, 0));
      return written.length > 1;
    },
    read: async (buckets) => new Map(buckets.map((bucket) => [bucket, new Map()])),
    forget: async () => {},
    standings: async () => new Map(),
    write: async () => {},
  };
  const counted = new CheckCounts(failing, log, () => now);
  counted.count(kind('a'), 'accurate');
  await counted.exchange(window);
  counted.count(kind('a'), 'accurate');
  expect(counted.found(window)[0]?.all.accurate).toBe(2);
  broken = false;
  // Another replica is adding at the moment, the first time.
  await counted.exchange(window);
  expect(counted.unwritten).toBe(true);
  await counted.exchange(window);
  expect([written, counted.unwritten]).toEqual([[2, 2], false]);
});

const mismatchStores: Readonly<Record<string, () => MismatchStore>> = {
  'beside the clicks': () => new StoredMismatches(store),
  'in the shared state': () => new SharedMismatches(shared, () => now),
};

describe.each(Object.keys(mismatchStores))('mismatches that are kept %s', (name) => {
  const kept = (partner: string, at: number): KeptMismatch => ({
    mismatch: Mismatch.fromPartial({
      mismatchId: newMismatchId(at),
      partner,
      market: 'GB',
      checkedAt: Temporal.Instant.fromEpochMilliseconds(at),
      shown: { currencyCode: 'GBP', amount: '1.00' },
    }),
    currency: 'GBP',
    locale: 'en',
    productProvisional: false,
    attributes: { stops: '0' },
  });
  const retention = { keepDays: 14, most: 1_000 };

  test('are found by id, and listed page by page, latest first, of one partner or all', async () => {
    now = start + 1_000 * hour;
    const mismatches = mismatchStores[name]!();
    const all: KeptMismatch[] = [];
    for (let at = 0; at < 12; at++) {
      const one = kept(at % 3 === 0 ? 'ebay' : 'uber', now - 70 * hour + at * 6 * hour);
      all.unshift(one);
      await mismatches.add(one, retention);
    }
    const other = mismatchStores[name]!();
    expect(await other.get(all[3]!.mismatch.mismatchId)).toEqual(all[3]);
    expect(await other.get(newMismatchId(now))).toBeUndefined();
    expect(await other.get('nonsense')).toBeUndefined();
    for (const partner of ['', 'ebay']) {
      const listed: KeptMismatch[] = [];
      for (;;) {
        const last = listed.at(-1);
        const page = await other.list(partner, last && placeOf(last), 5, now - 14 * 24 * hour);
        if (page.length === 0) break;
        listed.push(...page);
      }
      expect(listed).toEqual(all.filter(({ mismatch }) => partner === '' || mismatch.partner === partner));
    }
  });

  test('are bounded, and go after their days', async () => {
    now = start + 10_000 * hour;
    const mismatches = mismatchStores[name]!();
    for (let at = 0; at < 40; at++) await mismatches.add(kept('bounded', now + at), { keepDays: 1, most: 12 });
    const listed = await mismatches.list('bounded', undefined, 100, now - 24 * hour);
    expect(listed.length).toBeGreaterThan(0);
    expect(listed.length).toBeLessThanOrEqual(12);
    now += 30 * hour;
    await mismatches.add(kept('other', now), { keepDays: 1, most: 12 });
    expect(await mismatches.list('bounded', undefined, 100, now - 24 * hour)).toEqual([]);
  });
});

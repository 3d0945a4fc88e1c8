import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { MemoryState, type SharedState } from '../../libs/shared/index.ts';
import { openStore } from '../../libs/store/index.ts';
import { logger } from '../../libs/telemetry/index.ts';
import { clickStore } from './clicks.ts';
import { type CountStore, type DayCounts, SharedCounts, StoredCounts } from './handoff-counts.ts';
import { HandoffRates } from './handoff-rate.ts';

const start = Date.parse('2026-05-01T12:00:00Z');
const DAY = 86_400_000;
const log = logger('test');
const kind = { client: 'shop', market: 'GB', vertical: 'flight' };
let now = start;
const open: HandoffRates[] = [];

/** Counts in memory. */
class PlainCounts implements CountStore {
  readonly days = new Map<string, Map<string, { searches: number; handoffs: number }>>();
  readonly read_: string[][] = [];
  writes = 0;
  down = false;

  async add(day: string, added: DayCounts): Promise<boolean> {
    if (this.down) throw new Error('it is down');
    this.writes++;
    const counts = this.days.get(day) ?? new Map();
    for (const [key, { searches, handoffs }] of added) {
      const before = counts.get(key) ?? { searches: 0, handoffs: 0 };
      counts.set(key, { searches: before.searches + searches, handoffs: before.handoffs + handoffs });
    }
    this.days.set(day, counts);
    return true;
  }

  async read(days: readonly string[]): Promise<ReadonlyMap<string, DayCounts>> {
    if (this.down) throw new Error('it is down');
    this.read_.push([...days]);
    return new Map(days.map((day) => [day, this.days.get(day) ?? new Map()]));
  }
}

async function ratesOf(store: CountStore): Promise<HandoffRates> {
  const rates = new HandoffRates(store, log, { now: () => now });
  open.push(rates);
  await rates.flush();
  return rates;
}

function observe(rates: HandoffRates, searches: number, handoffs: number, of = kind): void {
  for (let time = 0; time < searches; time++) rates.searched(of);
  for (let time = 0; time < handoffs; time++) rates.handedOff(of);
}

afterEach(async () => {
  now = start;
  for (const rates of open.splice(0)) await rates.close();
});

describe('the rate of hand-offs', () => {
  it('is what was observed where much was, and what is usual where nothing was', async () => {
    const rates = await ratesOf(new PlainCounts());
    expect(rates.rate(kind)).toBeCloseTo(2, 10);
    observe(rates, 100_000, 10_000);
    expect(rates.rate(kind)).toBeCloseTo(10, 1);
  });

  it('takes from the client in all markets, and from all clients, what it has not seen itself', async () => {
    const rates = await ratesOf(new PlainCounts());
    observe(rates, 10_000, 800);
    const elsewhere = rates.rate({ ...kind, market: 'FR' });
    expect(elsewhere).toBeGreaterThan(7);
    const stranger = rates.rate({ ...kind, client: 'other', market: 'FR' });
    expect(stranger).toBeGreaterThan(7);
    expect(rates.rate({ ...kind, vertical: 'stay' })).toBeCloseTo(2, 10);
    observe(rates, 10_000, 0, { ...kind, client: 'robot' });
    expect(rates.rate({ ...kind, client: 'robot' })).toBeLessThan(0.2);
    expect(rates.rate(kind)).toBeGreaterThan(7);
    // One hand-off after one search proves little.
    observe(rates, 1, 1, { ...kind, client: 'new' });
    expect(rates.rate({ ...kind, client: 'new' })).toBeLessThan(6);
  });

  it('forgets by halves, a week each', async () => {
    const store = new PlainCounts();
    const rates = await ratesOf(store);
    observe(rates, 10_000, 1_000);
    await rates.flush();
    now = start + 7 * DAY;
    observe(rates, 5_000, 0);
    await rates.flush();
    // 5,000 of 10,000 and 500 of 1,000 still count.
    expect(rates.rate(kind)).toBeCloseTo(5, 0);
    now = start + 40 * DAY;
    await rates.flush();
    expect(rates.rate(kind)).toBeCloseTo(2, 10);
  });

  it('costs no write a search, reads only what may have changed, and keeps what it could not write', async () => {
    const store = new PlainCounts();
    const rates = await ratesOf(store);
    observe(rates, 1_000, 10);
    expect(store.writes).toBe(0);
    store.down = true;
    await rates.flush();
    observe(rates, 1_000, 10);
    const before = rates.rate(kind);
    store.down = false;
    await rates.flush();
    expect(store.writes).toBe(1);
    expect(store.days.get('2026-05-01')?.get('flight/shop/GB')).toEqual({ searches: 2_000, handoffs: 20 });
    expect(rates.rate(kind)).toBeCloseTo(before, 10);
    expect(store.read_.at(-1)).toEqual(['2026-05-01', '2026-04-30']);
  });

  it('is written when the service closes', async () => {
    const store = new PlainCounts();
    const rates = await ratesOf(store);
    observe(rates, 3, 1);
    await rates.close();
    expect(store.days.get('2026-05-01')?.get('flight')).toEqual({ searches: 3, handoffs: 1 });
  });
});

describe('counts of hand-offs', () => {
  const state: SharedState = new MemoryState();
  const memory = {};
  afterAll(() => state.close());

  it('survive a restart beside the clicks', async () => {
    const store = await openStore({ memory, ...clickStore });
    const before = await ratesOf(new StoredCounts(store));
    observe(before, 1_000, 100);
    await before.flush();
    observe(before, 1_000, 100);
    await before.close();
    const after = await ratesOf(new StoredCounts(store));
    expect(after.rate(kind)).toBeCloseTo(before.rate(kind), 10);
    expect(after.rate(kind)).toBeGreaterThan(8);
    // Old ones are not kept for ever.
    now = start + 60 * DAY;
    observe(after, 1, 0);
    await after.flush();
    const kept = await store.query('SELECT DISTINCT day FROM handoff_counts');
    expect(kept).toHaveLength(1);
    for (const rates of open.splice(0)) await rates.close();
    await store.close();
  });

  it('of all replicas are one in the shared state, also when they write at the same moment', async () => {
    const replicas = await Promise.all(['a', 'b', 'c'].map((name) => ratesOf(new SharedCounts(state, name))));
    for (const rates of replicas) observe(rates, 1_000, 100);
    await Promise.all(replicas.map((rates) => rates.flush()));
    // Who found another writing goes with its next turn.
    for (const rates of replicas) await rates.flush();
    for (const rates of replicas) await rates.flush();
    const fresh = await ratesOf(new SharedCounts(state, 'd'));
    const found = (await new SharedCounts(state, 'e').read(['2026-05-01'])).get('2026-05-01');
    expect(found?.get('flight/shop/GB')).toEqual({ searches: 3_000, handoffs: 300 });
    for (const rates of replicas) expect(rates.rate(kind)).toBeCloseTo(fresh.rate(kind), 10);
  });
});

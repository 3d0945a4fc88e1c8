import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { MemoryState, type SharedState } from '../../../libs/shared/index.ts';
import { bandOf, PartnerBudget, type Refusal, type Spent } from './budget.ts';
import type { BudgetConfig } from './config.ts';
import type { Policy } from './policy.ts';

const noon = Date.parse('2026-05-01T12:00:00Z');
const midnight = Date.parse('2026-05-02T00:00:00Z');
const { signal } = new AbortController();
const policy: Policy = { priorityOf: ({ handoffRate }) => handoffRate };
let state: SharedState;

beforeEach(() => {
  vi.useFakeTimers({ now: noon });
  state = new MemoryState();
});
afterEach(async () => {
  await state.close();
  vi.useRealTimers();
});

const budgetOf = (config: Partial<BudgetConfig>): PartnerBudget =>
  new PartnerBudget('one', { timeZone: 'UTC', policy: '', ...config }, policy);
const spend = (
  budget: PartnerBudget,
  priority = 1,
  waitMs = 0,
  shared: SharedState | undefined = state,
): Promise<Spent> => budget.spend(shared, { priority, deadline: Date.now() + waitMs, signal });
const often = async (times: number, once: () => Promise<Spent>): Promise<number> => {
  let spent = 0;
  for (let time = 0; time < times; time++) if ((await once()) === 'spent') spent++;
  return spent;
};
/** Shared state that cannot be reached while it is `down`. */
const breakable = (): { shared: SharedState; down: boolean; taken: number } => {
  const control = { shared: state, down: false, taken: 0 };
  control.shared = new Proxy(state, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'take') return typeof value === 'function' ? value.bind(target) : value;
      return async (...args: Parameters<SharedState['take']>) => {
        if (control.down) throw new EntrepotError({ reason: 'UNREACHABLE', message: 'gone' });
        return target.take(...args);
      };
    },
  });
  return control;
};

describe('the budget by the day', () => {
  it('is spent to the last request by what matters most, and is whole again at midnight of its zone', async () => {
    const budget = budgetOf({ perDay: 5, timeZone: 'America/New_York' });
    expect(await often(7, () => spend(budget))).toBe(5);
    const end = Date.parse('2026-05-02T04:00:00Z');
    expect(await spend(budget)).toEqual({
      detail:
        'its budget of 5 requests a day (America/New_York) is spent until midnight, 0 are left; this search has priority 1 of 1',
      retryAfterMs: end - noon,
    });
    vi.setSystemTime(end - 1);
    expect(await spend(budget)).not.toBe('spent');
    vi.setSystemTime(end);
    expect(await spend(budget)).toBe('spent');
  });

  it('keeps for what matters more what is expected of that until midnight, and says when it is tried again best', async () => {
    const budget = budgetOf({ perDay: 100 });
    // Half of the day is over: a search of no importance leaves half of the budget, one of half as much a quarter.
    expect(await often(60, () => spend(budget, 0))).toBe(50);
    expect(await often(60, () => spend(budget, 0.5))).toBe(25);
    const refusal = (await spend(budget, 0.5)) as Refusal;
    expect(refusal.detail).toBe(
      'of its budget of 100 requests a day (UTC) 25 are left, kept for searches that matter more; this search has priority 0.5 of 1',
    );
    vi.setSystemTime(noon + refusal.retryAfterMs - 1_000);
    expect(await spend(budget, 0.5)).not.toBe('spent');
    vi.setSystemTime(noon + refusal.retryAfterMs);
    expect(await spend(budget, 0.5)).toBe('spent');
    expect(await often(60, () => spend(budget, 1))).toBe(24);
    vi.setSystemTime(midnight);
    expect(await spend(budget, 0.5)).toBe('spent');
  });

  it('follows the hours in which searches come', async () => {
    const evening = new Array<number>(24).fill(0).fill(1, 18);
    const budget = budgetOf({ perDay: 100, hours: evening });
    // Nothing of the day has happened yet at noon.
    expect(await often(3, () => spend(budget, 0))).toBe(0);
    expect(await spend(budget, 0.1)).toBe('spent');
    vi.setSystemTime(noon + 9 * 3_600_000);
    expect(await often(100, () => spend(budget, 0))).toBe(49);
  });

  it('counts what is never refused, also beyond it', async () => {
    const budget = budgetOf({ perDay: 3 });
    for (let time = 0; time < 5; time++) await budget.count(state, 'verify');
    expect(await spend(budget)).not.toBe('spent');
    expect((await budget.look(state)).spent).toBe(3);
    // As much as was overdrawn is missing when the limit is raised.
    const raised = budgetOf({ perDay: 7 });
    expect(await often(5, () => spend(raised))).toBe(2);
  });

  it('tells policies how much is left and what is still to come', async () => {
    const seen: unknown[] = [];
    const watching: Policy = { priorityOf: (_search, facts) => seen.push(facts) && 1 };
    const budget = new PartnerBudget('one', { timeZone: 'Asia/Tokyo', policy: '', perDay: 4 }, watching, 1_500);
    await spend(budget);
    const search = { client: '', tier: '', market: '', criteria: { vertical: undefined }, handoffRate: 0 };
    budget.priorityOf(search);
    expect(seen).toEqual([
      { leftOfDay: 0.75, expectedLeft: expect.closeTo(0.125, 10), today: '2026-05-01', now: noon, lookToBook: 1_500 },
    ]);
  });
});

describe('the budget by the second', () => {
  it('lets a few out at once and the others one by one; who would be too late is told at once', async () => {
    const budget = budgetOf({ perSecond: 10, burst: 2 });
    const out: number[] = [];
    const all = Array.from({ length: 8 }, async () => {
      const spent = await spend(budget, 1, 500);
      if (spent === 'spent') out.push(Date.now() - noon);
      return spent;
    });
    await vi.advanceTimersByTimeAsync(500);
    const refused = (await Promise.all(all)).filter((spent) => typeof spent === 'object');
    // 9 a second beside the two.
    expect(out).toEqual([0, 0, 112, 223, 334, 445]);
    expect(refused).toHaveLength(2);
    expect(refused[0]!.detail).toContain('its budget of 10 requests a second is spent until after the time is over');
    expect(refused[0]!.retryAfterMs).toBeGreaterThan(500);
  });

  it('goes to what matters most among those that wait', async () => {
    const budget = budgetOf({ perSecond: 2 });
    const order: string[] = [];
    const one = async (name: string, priority: number): Promise<void> => {
      if ((await spend(budget, priority, 10_000)) === 'spent') order.push(name);
    };
    const all = [one('first', 0), one('low', 0.1), one('middle', 0.5), one('high', 0.9), one('also middle', 0.5)];
    await vi.advanceTimersByTimeAsync(600);
    all.push(one('highest', 1));
    await vi.advanceTimersByTimeAsync(5_000);
    await Promise.all(all);
    expect(order).toEqual(['first', 'high', 'highest', 'middle', 'also middle', 'low']);
  });

  it('lets who gives up go, and hears of a priority that rises', async () => {
    const budget = budgetOf({ perSecond: 2 });
    const abort = new AbortController();
    const rising = { priority: 0.1, deadline: noon + 10_000, signal };
    await spend(budget);
    const leaving = budget.spend(state, { priority: 1, deadline: noon + 10_000, signal: abort.signal });
    const steady = spend(budget, 0.5, 10_000);
    const risen = budget.spend(state, rising);
    await vi.advanceTimersByTimeAsync(10);
    abort.abort();
    rising.priority = 0.9;
    expect(await leaving).toBe('cancelled');
    await vi.advanceTimersByTimeAsync(500);
    expect(await risen).toBe('spent');
    expect(await Promise.race([steady, 'waits'])).toBe('waits');
    await vi.advanceTimersByTimeAsync(500);
    expect(await steady).toBe('spent');
    expect(await budget.spend(state, { priority: 1, deadline: Date.now() + 1_000, signal: abort.signal })).toBe(
      'cancelled',
    );
  });
});

describe('replicas that share a budget', () => {
  it('never spend more than it in any second or day, whoever asks when and how urgently', async () => {
    const asks = fc.array(
      fc.record({
        replica: fc.nat(2),
        afterMs: fc.integer({ min: 0, max: 400 }),
        priority: fc.double({ min: 0, max: 1, noNaN: true }),
        waitMs: fc.integer({ min: 0, max: 2_000 }),
      }),
      { minLength: 1, maxLength: 60 },
    );
    const limits = fc.record({ perSecond: fc.integer({ min: 1, max: 12 }), perDay: fc.integer({ min: 1, max: 40 }) });
    await fc.assert(
      fc.asyncProperty(asks, limits, fc.nat(12), async (several, limit, most) => {
        vi.setSystemTime(midnight - 4_000);
        const store = new MemoryState();
        const burst = Math.min(limit.perSecond, Math.max(1, most));
        const replicas = [0, 1, 2].map(() => budgetOf({ ...limit, burst }));
        const out: number[] = [];
        const all: Promise<void>[] = [];
        for (const { replica, afterMs, priority, waitMs } of several) {
          await vi.advanceTimersByTimeAsync(afterMs);
          const deadline = Date.now() + waitMs;
          all.push(
            replicas[replica]!.spend(store, { priority, deadline, signal }).then((spent) => {
              if (spent === 'spent') out.push(Date.now());
            }),
          );
        }
        await vi.advanceTimersByTimeAsync(3_000);
        await Promise.all(all);
        for (const from of out) {
          expect(out.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(limit.perSecond);
        }
        for (const isToday of [true, false]) {
          expect(out.filter((at) => at < midnight === isToday).length).toBeLessThanOrEqual(limit.perDay);
        }
        await store.close();
      }),
      { numRuns: 60 },
    );
  });

  it('never refuse what matters more while what matters less passes at the same moment and level', async () => {
    const priority = fc.double({ min: 0, max: 1, noNaN: true });
    const hours = fc.array(fc.nat(5), { minLength: 24, maxLength: 24 }).filter((each) => each.some((hour) => hour > 0));
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(priority, priority),
        fc.record({ perDay: fc.integer({ min: 1, max: 200 }), perSecond: fc.integer({ min: 1, max: 50 }), hours }),
        fc.integer({ min: 0, max: 86_399_999 }),
        fc.nat(200),
        async ([a, b], limit, moment, before) => {
          vi.setSystemTime(midnight + moment);
          const passes = async (own: number): Promise<boolean> => {
            const store = new MemoryState();
            const budget = budgetOf({ ...limit, burst: limit.perSecond });
            await budget.count(store, 'search', before);
            const spent = await spend(budget, own, 0, store);
            await store.close();
            return spent === 'spent';
          };
          const [low, high] = [await passes(Math.min(a, b)), await passes(Math.max(a, b))];
          expect(high || !low).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('see what the others spend', async () => {
    const [one, other] = [budgetOf({ perDay: 10 }), budgetOf({ perDay: 10 })];
    expect(await often(8, () => spend(one))).toBe(8);
    expect(await often(8, () => spend(other))).toBe(2);
    expect(other.leftOfDay).toBe(0);
    expect((await one.look(state)).spent).toBe(10);
    expect(one.leftOfDay).toBe(0);
  });
});

describe('a replica that cannot reach the shared state', () => {
  it('goes on with its own share of what is left, and tells the others what it spent when it is back', async () => {
    const link = breakable();
    const [one, other] = [budgetOf({ perDay: 1_000 }), budgetOf({ perDay: 1_000 })];
    for (let time = 0; time < 30; time++) {
      await spend(one, 1, 0, link.shared);
      await spend(other);
      await spend(other);
    }
    link.down = true;
    // It was seen to send a third of the requests; 910 are left.
    const alone = await often(1_000, () => spend(one, 1, 0, link.shared));
    expect(one.alone).toBe(true);
    expect(alone).toBeGreaterThan(290);
    expect(alone).toBeLessThan(330);
    expect(await often(10, () => spend(other))).toBe(10);
    link.down = false;
    expect(await spend(one, 1, 0, link.shared)).not.toBe('spent');
    vi.setSystemTime(noon + 1_001);
    expect(await spend(one, 1, 0, link.shared)).toBe('spent');
    expect(one.alone).toBe(false);
    expect((await other.look(state)).spent).toBe(90 + 10 + 1 + alone);
  });

  it('asks whether it is back once a second alone, and spends all where it never was there', async () => {
    const link = breakable();
    link.down = true;
    let tried = 0;
    const failing = new Proxy(link.shared, {
      get: (target, name) => {
        if (name === 'take') tried++;
        return Reflect.get(target, name);
      },
    });
    const budget = budgetOf({ perDay: 20, perSecond: 100, burst: 50 });
    expect(await often(30, () => spend(budget, 1, 0, failing))).toBe(20);
    expect(tried).toBe(1);
    vi.setSystemTime(noon + 1_000);
    await spend(budget, 1, 0, failing);
    await spend(budget, 1, 0, failing);
    expect(tried).toBe(2);
    vi.setSystemTime(midnight);
    expect(await often(30, () => spend(budget, 1, 0, failing))).toBe(20);
  });

  it('without one is the only one', async () => {
    const budget = budgetOf({ perDay: 3 });
    expect(await often(5, () => budget.spend(undefined, { priority: 1, deadline: noon, signal }))).toBe(3);
    expect(budget.alone).toBe(false);
    expect(budget.refused).toBe(2);
  });
});

it('puts priorities into fifths for metrics', () => {
  expect([0, 0.19, 0.2, 0.5, 0.99, 1].map(bandOf)).toEqual(['0-0.2', '0-0.2', '0.2-0.4', '0.4-0.6', '0.8-1', '0.8-1']);
});

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openSharedState, type SharedState } from '../../../libs/shared/index.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../../../libs/shared/testing/redis-server.ts';
import { PartnerBudget, type Spent } from './budget.ts';

describeWithRedis('a budget in a server', () => {
  const moment = Date.now();
  const { signal } = new AbortController();
  let now = moment;
  let server: RedisServer;
  const opened: SharedState[] = [];
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());
  afterEach(async () => {
    for (const state of opened.splice(0)) await state.close();
    now = moment;
  });

  /** A replica with a connection of its own. */
  async function replicaOf(partner: string, perDay: number): Promise<() => Promise<Spent>> {
    const state = await openSharedState(server.url, { timeoutMs: 2_000 });
    opened.push(state);
    const config = { perDay, timeZone: 'UTC', policy: '' };
    const budget = new PartnerBudget(partner, config, { priorityOf: () => 1 }, undefined, () => now);
    return () => budget.spend(state, { priority: 1, deadline: now, signal });
  }
  const count = (spent: readonly Spent[]): number => spent.filter((one) => one === 'spent').length;

  it('is spent to the last request and no further by replicas that ask at the same moment', async () => {
    const replicas = await Promise.all([1, 2, 3].map(() => replicaOf('many', 50)));
    const spent = await Promise.all(Array.from({ length: 120 }, (_, at) => replicas[at % 3]!()));
    expect(count(spent)).toBe(50);
  });

  it('is not whole again when the server was started anew and has forgotten it', async () => {
    const [one, other] = [await replicaOf('forgotten', 30), await replicaOf('forgotten', 30)];
    for (let time = 0; time < 10; time++) {
      await one();
      await other();
    }
    await server.restart();
    let more = 0;
    for (let time = 0; time < 40; time++) {
      // As long as the connections take to be back each spends what it has of the rest.
      now += 1_000;
      more += count([await one(), await other()]);
    }
    expect(more).toBeGreaterThan(0);
    // Who is back first knows nothing of what the other spends by itself meanwhile: half of the ten that were left.
    expect(more).toBeLessThanOrEqual(15);
  });
});

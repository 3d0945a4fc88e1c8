import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CacheUse, FailureKind, OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { SearchStart } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { MemoryState, type SharedState } from '../../../libs/shared/index.ts';
import { json, type PartnerServer, startPartner } from '../testing/partner-server.ts';
import { batch, hotels, outcome, plan, startRemote } from '../testing/remote.ts';
import { handlesOf, type PartnerFile, type Rig, row, search, start, startRig } from '../testing/rig.ts';
import { PartnerBudget } from './budget.ts';

const noon = Date.parse('2026-05-01T12:00:00Z');
/** Searches matter by their hand-off rate alone: 100 in a hundred the most. */
const byRate = { policy: 'handoff_rate / 100.0' };
let partner: PartnerServer;
let shared: SharedState;
let rigs: Rig[];

beforeEach(async () => {
  vi.useFakeTimers({ now: noon, toFake: ['Date'] });
  shared = new MemoryState();
  rigs = [];
  partner = await startPartner((_, response) => json(response, { rows: [row(1), row(2)] }));
});
afterEach(async () => {
  vi.useRealTimers();
  for (const rig of rigs) await rig.close();
  await partner.close();
  await shared.close();
});

async function rigWith(budget: PartnerFile, file: PartnerFile = {}, options: Parameters<typeof startRig>[1] = {}) {
  const account = { adapter: 'plain', endpoint: partner.url, budget: { ...byRate, ...budget }, ...file };
  const rig = await startRig({ one: account }, { shared, ...options });
  rigs.push(rig);
  return rig;
}

const ask = (rig: Rig, handoffRate: number, changes: Partial<SearchStart> = {}) =>
  search(rig, start({ handoffRate, ...changes }));
const statusOf = async (rig: Rig, handoffRate: number) => (await ask(rig, handoffRate)).outcome('one').status;
const stateOf = async (rig: Rig) => (await rig.client.listPartners({})).partners[0]!.budget!;

describe('a search beyond the budget of a partner', () => {
  it('does not ask it, and says which budget, what is left, and when to try again', async () => {
    const rig = await rigWith({ perDay: 4 });
    const statuses: OutcomeStatus[] = [];
    for (let time = 0; time < 3; time++) statuses.push(await statusOf(rig, 0));
    // Half of the day is still to come.
    expect(statuses).toEqual([OutcomeStatus.OK, OutcomeStatus.OK, OutcomeStatus.BUDGET_SPENT]);
    const { batches, outcome: outcomeOf } = await ask(rig, 25);
    expect(batches).toEqual([]);
    expect(outcomeOf('one')).toMatchObject({
      status: OutcomeStatus.BUDGET_SPENT,
      failure: FailureKind.UNSPECIFIED,
      detail:
        'of its budget of 4 requests a day (UTC) 2 are left, kept for searches that matter more; this search has priority 0.25 of 1',
      requests: 0,
      cache: CacheUse.UNSPECIFIED,
    });
    // With 2 of 4 left, one may go when no more than a third of the day is still to come.
    expect(outcomeOf('one').retryAfterMs).toBe((24 - 24 / 3 - 12) * 3_600_000);
    expect([await statusOf(rig, 100), await statusOf(rig, 100), await statusOf(rig, 100)]).toEqual([
      OutcomeStatus.OK,
      OutcomeStatus.OK,
      OutcomeStatus.BUDGET_SPENT,
    ]);
    expect(partner.asked).toHaveLength(4);
    expect(await stateOf(rig)).toMatchObject({
      perDay: 4,
      perSecond: 0,
      timeZone: 'UTC',
      spentToday: 4,
      leftOfDay: 0,
      refused: 3,
      alone: false,
      endsAt: Temporal.Instant.from('2026-05-02T00:00:00Z'),
    });
  });

  it('is told apart from one that the partner itself refused', async () => {
    partner.handler = (_, response) => json(response, { error: 'slow down' }, 429);
    const rig = await rigWith({ perDay: 1 });
    expect((await ask(rig, 100)).outcome('one')).toMatchObject({
      status: OutcomeStatus.RATE_LIMITED,
      failure: FailureKind.RATE_LIMIT,
    });
    vi.setSystemTime(noon + 10_000);
    expect(await statusOf(rig, 100)).toBe(OutcomeStatus.BUDGET_SPENT);
  });

  it('keeps the pages that were paid for', async () => {
    partner.handler = (_, response) => json(response, { rows: [row(partner.asked.length)], next: '/more' });
    const rig = await rigWith({ perDay: 2 });
    const { batches, outcome: outcomeOf } = await ask(rig, 100);
    expect(batches.map(({ rows }) => rows.length / 4)).toEqual([1, 1]);
    expect(outcomeOf('one')).toMatchObject({ status: OutcomeStatus.PARTIAL, requests: 2, offersKept: 2 });
    expect(outcomeOf('one').detail).toMatch(/^not every page came: its budget of 2 requests a day \(UTC\) is spent/);
  });
});

describe('what costs nothing', () => {
  it('is an answer that is given again, and a conversation that others have paid for', async () => {
    const waiting: ServerResponse[] = [];
    const rig = await rigWith({ perDay: 1 }, { reuseSeconds: 60 });
    partner.handler = (_, response) => void waiting.push(response);
    const both = [ask(rig, 100), ask(rig, 0)];
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    json(waiting[0]!, { rows: [row(1)] });
    const outcomes = (await Promise.all(both)).map((said) => said.outcome('one'));
    expect(outcomes.map(({ status, cache }) => [status, cache])).toEqual([
      [OutcomeStatus.OK, CacheUse.UNSPECIFIED],
      [OutcomeStatus.OK, CacheUse.SHARED],
    ]);
    expect((await ask(rig, 0)).outcome('one')).toMatchObject({ status: OutcomeStatus.OK, cache: CacheUse.HIT });
    expect((await stateOf(rig)).spentToday).toBe(1);
  });
});

it.each([
  ['of one replica', false],
  ['of several', true],
])(
  'pays for who matters more where one that matters less began the conversation and was refused: %s',
  async (_, several) => {
    // The answer of the store waits, so that the second search finds the conversation of the first.
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    const slow: SharedState = new Proxy(shared, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (name !== 'take') return typeof value === 'function' ? value.bind(target) : value;
        return async (...args: Parameters<SharedState['take']>) => {
          const taken = await target.take(...args);
          if (asked++ === 0) await gate.promise;
          return taken;
        };
      },
    });
    const options = { shared: slow, shareAnswers: several };
    const rig = await rigWith({ perDay: 1 }, {}, options);
    const other = several ? await rigWith({ perDay: 1 }, {}, options) : rig;
    const low = ask(rig, 0);
    await vi.waitFor(() => expect(asked).toBe(1));
    const high = ask(other, 100);
    const same = ask(rig, 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    gate.resolve();
    const statuses = (await Promise.all([low, same, high])).map((said) => said.outcome('one').status);
    expect(statuses).toEqual([OutcomeStatus.BUDGET_SPENT, OutcomeStatus.BUDGET_SPENT, OutcomeStatus.OK]);
    expect(partner.asked).toHaveLength(1);
  },
);

it('counts verifications and hand-offs, and never refuses them', async () => {
  const rig = await rigWith({ perDay: 2 });
  const { batches } = await ask(rig, 100);
  const [handle] = handlesOf(batches[0]!);
  partner.handler = (_, response) => json(response, { rows: [row(1)] });
  for (let time = 0; time < 2; time++) await rig.client.verifyOffer({ handle });
  expect((await stateOf(rig)).leftOfDay).toBe(0);
  expect(await statusOf(rig, 100)).toBe(OutcomeStatus.BUDGET_SPENT);
  expect((await rig.client.verifyOffer({ handle })).offer?.missing).toBe(false);
});

describe('a check in the background', () => {
  const checked = (rig: Rig, handle: ReturnType<typeof handlesOf>[number] | undefined) =>
    rig.client.verifyOffer({ handle, background: true });

  it('matters less than every search: it gets what is left over, and is refused at once where nothing is', async () => {
    const rig = await rigWith({ perDay: 8 });
    const { batches } = await ask(rig, 100);
    const [handle] = handlesOf(batches[0]!);
    partner.handler = (_, response) => json(response, { rows: [row(1)] });
    // Half of the day is still to come, and half of the budget is kept for it.
    for (let time = 0; time < 3; time++) expect((await checked(rig, handle)).offer?.missing).toBe(false);
    await expect(checked(rig, handle)).rejects.toMatchObject({
      reason: 'OVERLOADED',
      message: expect.stringMatching(
        /^one was not asked: of its budget of 8 requests a day \(UTC\) 4 are left, kept for searches that matter more; this check has priority 0 of 1$/,
      ),
      metadata: { partner: 'one' },
      retryAfterMs: expect.any(Number),
    });
    expect(partner.asked).toHaveLength(4);
    expect((await stateOf(rig)).spentToday).toBe(4);
    // Searches go on, and so does who waits for a verification.
    expect(await statusOf(rig, 100)).toBe(OutcomeStatus.OK);
    expect((await rig.client.verifyOffer({ handle })).offer?.missing).toBe(false);
  });

  it.each(['rate', 'concurrency'])('waits for nothing that the partner allows: %s', async (what) => {
    const gate = Promise.withResolvers<void>();
    const file = what === 'rate' ? { requestsPerSecond: 1 } : { concurrency: 1 };
    const rig = await rigWith({ perDay: 1_000 }, file);
    const { batches } = await ask(rig, 100);
    const [handle] = handlesOf(batches[0]!);
    partner.handler = async (_, response) => {
      await gate.promise;
      json(response, { rows: [row(1)] });
    };
    const busy = what === 'rate' ? undefined : rig.client.verifyOffer({ handle });
    if (busy !== undefined) await vi.waitFor(() => expect(partner.asked).toHaveLength(2));
    const before = partner.asked.length;
    await expect(checked(rig, handle)).rejects.toMatchObject({ reason: 'OVERLOADED' });
    expect(partner.asked).toHaveLength(before);
    gate.resolve();
    await busy;
  });

  it('never sends more than the budget lets through, however checks and searches come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.constantFrom('check', 'search', 'hour'), { maxLength: 30 }),
        async (perDay, steps) => {
          vi.setSystemTime(noon);
          const state = new MemoryState();
          const budget = new PartnerBudget('one', { perDay, timeZone: 'UTC', policy: '' }, { priorityOf: () => 1 });
          const pay = (purpose: 'check' | 'search') =>
            budget.spend(state, {
              priority: purpose === 'check' ? 0 : 1,
              deadline: Date.now(),
              signal: new AbortController().signal,
              purpose,
            });
          let spent = 0;
          for (const step of steps) {
            if (step === 'hour') vi.setSystemTime(Date.now() + 1_800_000);
            else if ((await pay(step)) === 'spent') {
              spent++;
              const { day } = await budget.look(state);
              // Whatever a check takes, as much is left as the rest of the day is expected to need.
              if (step === 'check')
                expect(perDay - spent).toBeGreaterThanOrEqual(day.expectedLeft(Date.now()) * perDay - 1e-6);
            }
            expect(spent).toBeLessThanOrEqual(perDay);
          }
          expect((await budget.look(state)).spent).toBe(spent);
          await state.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});

it('does not ask whom the search leaves out, and says so', async () => {
  const rig = await rigWith({ perDay: 10 });
  const { plan } = await ask(rig, 100, { except: ['one'] });
  expect(plan.skipped).toMatchObject([{ status: OutcomeStatus.SUSPENDED, detail: 'left out of this search' }]);
  expect(partner.asked).toHaveLength(0);
});

it('is one for all replicas that share their state', async () => {
  const [one, other] = [await rigWith({ perDay: 3 }), await rigWith({ perDay: 3 })];
  const statuses: OutcomeStatus[] = [];
  for (const rig of [one, other, one, other]) statuses.push(await statusOf(rig, 100));
  expect(statuses.filter((status) => status === OutcomeStatus.OK)).toHaveLength(3);
  expect((await stateOf(one)).spentToday).toBe(3);
  expect((await stateOf(other)).spentToday).toBe(3);
});

it("knows the client's tier, as clients.yaml has it unless it is told otherwise", async () => {
  const standard = await rigWith({ perDay: 1, policy: 'tier == "standard" ? 1.0 : 0.0' });
  expect(await statusOf(standard, 0)).toBe(OutcomeStatus.OK);
  await shared.close();
  shared = new MemoryState();
  const tierOf = (client: string) => (client === 'public' ? 'gold' : undefined);
  const budget = { perDay: 10, policy: 'tier == "gold" && client == "public" && market == "GB" ? 1.0 : 0.0' };
  const rig = await rigWith(budget, {}, { tierOf });
  const statuses: OutcomeStatus[] = [];
  for (let time = 0; time < 11; time++) statuses.push(await statusOf(rig, 0));
  expect(statuses.filter((status) => status === OutcomeStatus.OK)).toHaveLength(10);
});

it('pays for what a partner by address needed, once it has said how much', async () => {
  const remote = await startRemote({
    async *search() {
      yield plan('one');
      yield batch(hotels('one', [1]));
      yield outcome('one', { requests: 3 });
    },
  });
  const account = { address: remote.address, vertical: 'stay', budget: { perDay: 4, ...byRate } };
  const rig = await startRig({ one: account }, { shared });
  rigs.push(rig);
  expect(await statusOf(rig, 100)).toBe(OutcomeStatus.OK);
  expect((await stateOf(rig)).spentToday).toBe(3);
  expect([await statusOf(rig, 100), await statusOf(rig, 100)]).toEqual([OutcomeStatus.OK, OutcomeStatus.BUDGET_SPENT]);
  expect(remote.contexts).toHaveLength(2);
  await remote.close();
});

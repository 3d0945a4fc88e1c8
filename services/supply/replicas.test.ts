import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readColumns, readPrices } from '../../libs/columns/index.ts';
import { CacheUse, FailureKind, OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { RoomCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { MemoryState, openSharedState, type SharedState } from '../../libs/shared/index.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../../libs/shared/testing/redis-server.ts';
import type { SupplyDependencies } from './service.ts';
import { json, type PartnerServer, startPartner } from './testing/partner-server.ts';
import { handlesOf, type PartnerFile, type Rig, row, search, start, startRig } from './testing/rig.ts';

const two = { rows: [row(1), row(2)] };
let partner: PartnerServer;
/** Answers that were asked for and not yet given, in order. */
let waiting: ServerResponse[];

beforeAll(async () => {
  partner = await startPartner(() => {});
});
afterAll(() => partner.close());
beforeEach(() => {
  waiting = [];
  partner.asked.length = 0;
  partner.handler = (_, response) => void waiting.push(response);
});

const answering = (body: unknown, status = 200): void => {
  partner.handler = (_, response) => json(response, body, status);
};
const later = (ms: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
};
const outcomeOf = async (rig: Rig) => (await search(rig)).outcome('one');
const replica = (shared: SharedState, file: PartnerFile = {}, other: Partial<SupplyDependencies> = {}): Promise<Rig> =>
  startRig({ one: { adapter: 'plain', endpoint: partner.url, ...file } }, { shared, shareAnswers: true, ...other });
const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { interval: 5, timeout: 5_000 });

/** What replicas are to each other, whatever holds what they share. `open` opens it for one of them. */
function replicas(name: string, open: () => Promise<SharedState>): void {
  describe(`replicas of supply, by ${name}`, () => {
    let states: SharedState[];
    let rigs: Rig[];
    beforeEach(async () => {
      states = [await open(), await open()];
      rigs = [];
    });
    afterEach(async () => {
      vi.useRealTimers();
      vi.unstubAllEnvs();
      for (const rig of rigs) await rig.close();
      for (const state of states) await state.close();
    });
    async function both(file: PartnerFile = {}): Promise<[Rig, Rig]> {
      for (const state of states) rigs.push(await replica(state, file));
      return rigs as [Rig, Rig];
    }
    /** Until the second replica waits for what the first is told. */
    function waits(): () => Promise<void> {
      const listening = vi.spyOn(states[1]!, 'subscribe');
      return async () => {
        await until(() => listening.mock.calls.length > 0);
        await Promise.all(listening.mock.results.map(({ value }) => value));
      };
    }

    it('make, verify and hand off an offer that another of them found, also when that one is gone', async () => {
      const long = { rows: [row(1, { note: 'x'.repeat(5_000) }), row(2)] };
      answering(long);
      const [one, other] = await both();
      const { batches } = await search(one);
      const [handle] = handlesOf(batches[0]!);
      const before = await one.client.getOffers({ handles: [handle!], readMask: undefined });
      await one.close();
      rigs.splice(0, 1);
      const after = await other.client.getOffers({ handles: [handle!], readMask: undefined });
      expect(after).toEqual(before);
      expect(after.offers[0]!.missing).toBe(false);
      const { target } = await other.client.createHandoff({ handle, clickId: 'c' });
      expect(target?.value).toContain('/book/1');
      answering({ rows: [row(1, { amount: '120.00' })] });
      const verified = await other.client.verifyOffer({ handle, keepIdentity: false });
      expect(verified.offer?.partnerTotal?.amount).toBe('120.00');
      const again = await replica(states[0]!);
      rigs.push(again);
      const made = await again.client.getOffers({ handles: handlesOf(verified.batch!), readMask: undefined });
      expect(made.offers[0]?.partnerTotal?.amount).toBe('120.00');
    });

    it('explain an offer that another of them found, by what that one asked, and share no secret of it', async () => {
      vi.stubEnv('PLAIN_KEY', 'hush-hush-key');
      answering({ rows: [row(1, { note: 'as told with hush-hush-key' })] });
      const [one, other] = await both({ options: { signed: true }, credentials: { key: { env: 'PLAIN_KEY' } } });
      const [handle] = handlesOf((await search(one)).batches[0]!);
      const before = await one.client.explainOffer({ handle, productId: '' });
      await one.close();
      rigs.splice(0, 1);
      const after = await other.client.explainOffer({ handle, productId: '' });
      expect(after).toEqual(before);
      expect(after.request).toBe(`GET ${partner.url}/search?from=2031-05-01&place=PAR&currency=EUR`);
      expect(after.partnerRow).toContain('as told with redacted');
    });

    it('make no offer of an answer that nobody has, or that another mapping or account made', async () => {
      answering(two);
      rigs.push(await replica(states[0]!), await replica(states[1]!, { options: { other: true } }));
      const [one, other] = rigs as [Rig, Rig];
      const { batches } = await search(one);
      const [handle] = handlesOf(batches[0]!);
      const made = async (changes: object) =>
        (await other.client.getOffers({ handles: [{ ...handle!, ...changes }], readMask: undefined })).offers[0]!
          .missing;
      expect(await made({})).toBe(true);
      expect(await made({ answer: 'A'.repeat(22) })).toBe(true);
      expect(await made({ answer: 'not an answer at all' })).toBe(true);
      await expect(other.client.verifyOffer({ handle })).rejects.toMatchObject({ reason: 'OFFER_EXPIRED' });
    });

    it('ask a partner once for all searches that ask the same at the same time, wherever they came in', async () => {
      const [one, other] = await both({ concurrency: 50 });
      const searches = Array.from({ length: 20 }, (_, at) => search(at % 2 === 0 ? one : other));
      await until(() => waiting.length > 0);
      // Time for a second question, which must not come.
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(partner.asked).toHaveLength(1);
      json(waiting[0]!, two);
      const results = await Promise.all(searches);
      for (const { outcome, batches } of results) {
        expect(outcome('one')).toMatchObject({ status: OutcomeStatus.OK, offersKept: 2 });
        expect(batches[0]?.columns?.rowCount).toBe(2);
      }
      const uses = results.map(({ outcome }) => outcome('one').cache);
      expect(uses.filter((use) => use === CacheUse.UNSPECIFIED)).toHaveLength(1);
      expect(uses.filter((use) => use === CacheUse.SHARED)).toHaveLength(19);
      expect(partner.asked).toHaveLength(1);
    });

    it('give again what another of them was told, with its true age, and only to the same question of the same account', async () => {
      vi.stubEnv('SUPPLY_TEST_KEY', 'first account');
      const file = { reuseSeconds: 30, credentials: { key: { env: 'SUPPLY_TEST_KEY' } }, options: { signed: true } };
      answering(two);
      const [one, other] = await both(file);
      const first = await search(one);
      await rigs[0]!.client.listPartners({});
      later(20_000);
      await vi.waitFor(async () => expect((await outcomeOf(other)).cache).toBe(CacheUse.HIT));
      const again = await search(other);
      expect(again.outcome('one').cacheAgeMs).toBeGreaterThanOrEqual(20_000);
      expect(again.batches[0]).toMatchObject({
        answer: first.batches[0]!.answer,
        fetchedAt: first.batches[0]!.fetchedAt,
      });
      const questions = partner.asked.length;
      expect((await search(other, start({ market: 'FR' }))).outcome('one').cache).toBe(CacheUse.UNSPECIFIED);
      vi.stubEnv('SUPPLY_TEST_KEY', 'second account');
      const stranger = await replica(states[1]!, file);
      rigs.push(stranger);
      expect((await outcomeOf(stranger)).cache).toBe(CacheUse.UNSPECIFIED);
      expect(partner.asked).toHaveLength(questions + 2);
      vi.unstubAllEnvs();
    });

    it('share a failure that came while they waited, and ask again after it', async () => {
      const [one, other] = await both();
      const first = outcomeOf(one);
      await until(() => waiting.length > 0);
      const listening = waits();
      const second = outcomeOf(other);
      await listening();
      json(waiting[0]!, { error: 'broke' }, 500);
      expect(await first).toMatchObject({ status: OutcomeStatus.FAILED, requests: 1 });
      expect(await second).toMatchObject({
        status: OutcomeStatus.FAILED,
        failure: FailureKind.SERVER_ERROR,
        cache: CacheUse.SHARED,
        requests: 0,
      });
      expect(partner.asked).toHaveLength(1);
      answering(two);
      // Who comes in the moment in which the others are told is one of them.
      await vi.waitFor(async () =>
        expect(await outcomeOf(other)).toMatchObject({ status: OutcomeStatus.OK, cache: CacheUse.UNSPECIFIED }),
      );
    });

    it('take over where the one that asks gives up, or is gone', async () => {
      const [one, other] = await both();
      const abort = new AbortController();
      const first = search(one, start(), { signal: abort.signal });
      first.catch(() => {});
      await until(() => waiting.length > 0);
      const listening = waits();
      const second = outcomeOf(other);
      await listening();
      abort.abort();
      await expect(first).rejects.toMatchObject({ reason: 'CANCELLED' });
      await until(() => waiting.length > 1);
      json(waiting[1]!, two);
      expect(await second).toMatchObject({ status: OutcomeStatus.OK, cache: CacheUse.UNSPECIFIED, requests: 1 });
    });

    it('take over where the one that asks is gone without a word', async () => {
      // Its lease is never prolonged, and nobody is told.
      const acquire = states[0]!.acquire.bind(states[0]);
      const taken = vi.spyOn(states[0]!, 'acquire');
      taken.mockImplementationOnce(acquire).mockRejectedValue(new Error('gone'));
      vi.spyOn(states[0]!, 'release').mockRejectedValue(new Error('gone'));
      vi.spyOn(states[0]!, 'set').mockRejectedValue(new Error('gone'));
      vi.spyOn(states[0]!, 'publish').mockRejectedValue(new Error('gone'));
      const [one, other] = await both({ timeoutMs: 15_000 });
      const first = outcomeOf(one);
      await until(() => waiting.length > 0);
      const second = outcomeOf(other);
      await until(() => waiting.length > 1);
      for (const response of waiting) json(response, two);
      for (const outcome of [await first, await second]) expect(outcome.status).toBe(OutcomeStatus.OK);
    });

    it('wait for another no longer than their own time', async () => {
      const [one, other] = await both({ timeoutMs: 15_000 });
      const patient = outcomeOf(one);
      await until(() => waiting.length > 0);
      const { outcome } = await search(other, start(), { timeoutMs: 2_000 });
      expect(outcome('one')).toMatchObject({
        status: OutcomeStatus.TIMED_OUT,
        failure: FailureKind.TIMEOUT,
        requests: 0,
      });
      json(waiting[0]!, two);
      expect((await patient).status).toBe(OutcomeStatus.OK);
      expect(partner.asked).toHaveLength(1);
    });

    it('end a wait that its search gave up', async () => {
      const [one, other] = await both();
      const patient = outcomeOf(one);
      await until(() => waiting.length > 0);
      const listening = waits();
      const abort = new AbortController();
      const impatient = search(other, start(), { signal: abort.signal });
      impatient.catch(() => {});
      await listening();
      abort.abort();
      await expect(impatient).rejects.toMatchObject({ reason: 'CANCELLED' });
      json(waiting[0]!, two);
      expect((await patient).status).toBe(OutcomeStatus.OK);
    });

    it('renew a stale answer once for all of them', async () => {
      answering(two);
      const [one, other] = await both({ reuseSeconds: 30, staleSeconds: 600 });
      await outcomeOf(one);
      later(10_000);
      await vi.waitFor(async () => expect((await outcomeOf(other)).cache).toBe(CacheUse.HIT));
      const asked = partner.asked.length;
      later(30_000);
      partner.handler = (_, response) => void waiting.push(response);
      for (const rig of [one, other, one, other]) expect((await outcomeOf(rig)).cache).toBe(CacheUse.STALE);
      await until(() => waiting.length > 0);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(partner.asked).toHaveLength(asked + 1);
      json(waiting[0]!, { rows: [row(3)] });
      for (const rig of [one, other]) {
        await vi.waitFor(async () =>
          expect(await outcomeOf(rig)).toMatchObject({ cache: CacheUse.HIT, offersKept: 1 }),
        );
      }
      expect(partner.asked).toHaveLength(asked + 1);
    });

    it('let an answer that another of them got stand in where the partner fails', async () => {
      answering(two);
      const [one, other] = await both({ reuseSeconds: 10, staleIfErrorSeconds: 300 });
      await outcomeOf(one);
      await vi.waitFor(async () => expect((await outcomeOf(other)).cache).toBe(CacheUse.HIT));
      await other.close();
      rigs.splice(1, 1);
      const fresh = await replica(states[1]!, { reuseSeconds: 10, staleIfErrorSeconds: 300 });
      rigs.push(fresh);
      later(20_000);
      answering({ error: 'broke' }, 500);
      const { outcome, batches } = await search(fresh);
      expect(outcome('one')).toMatchObject({
        status: OutcomeStatus.PARTIAL,
        cache: CacheUse.STALE_IF_ERROR,
        offersKept: 2,
      });
      expect(batches[0]!.stale).toBe(true);
    });
  });
}

const memory = { state: new MemoryState() };
replicas('the memory of one process', async () => unclosed(memory.state));

/** What a service instance has of a store that outlives it. */
function unclosed(state: MemoryState): SharedState {
  const view: SharedState = Object.create(state, { close: { value: async () => {} } });
  for (const name of ['get', 'getMany', 'set', 'delete', 'acquire', 'release', 'publish', 'subscribe'] as const) {
    Object.assign(view, { [name]: (state[name] as (...args: unknown[]) => unknown).bind(state) });
  }
  return view;
}

describeWithRedis('with a server', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());

  replicas('Redis', () =>
    openSharedState(server.url, {
      timeoutMs: 5_000,
      prefix: `${expect.getState().currentTestName}:`.replace(/\s/g, '_'),
    }),
  );

  it('each replica asks for itself while the server is gone, and they share again when it is back', async () => {
    answering(two);
    const states = [await openSharedState(server.url), await openSharedState(server.url)] as const;
    const rigs = [await replica(states[0]), await replica(states[1])] as const;
    await server.kill();
    for (const rig of rigs) {
      expect(await outcomeOf(rig)).toMatchObject({
        status: OutcomeStatus.OK,
        cache: CacheUse.UNSPECIFIED,
        requests: 1,
      });
    }
    await server.restart();
    for (const state of states) await vi.waitFor(() => state.get('a'), { timeout: 10_000 });
    const { batches } = await search(rigs[0]);
    const { offers } = await rigs[1].client.getOffers({ handles: handlesOf(batches[0]!), readMask: undefined });
    expect(offers.map(({ missing }) => missing)).toEqual([false, false]);
    for (const rig of rigs) await rig.close();
    for (const state of states) await state.close();
  });
});

describe('what is shared', () => {
  it('holds up no search: one is over before its answer is written', async () => {
    const state = new MemoryState();
    const { promise: gate, resolve: openGate } = Promise.withResolvers<void>();
    vi.spyOn(state, 'set').mockImplementation(() => gate);
    answering(two);
    const rig = await replica(state, { reuseSeconds: 30 });
    expect(await outcomeOf(rig)).toMatchObject({ status: OutcomeStatus.OK, requests: 1 });
    openGate();
    await rig.close();
  });

  it('is nothing in the memory of one process, unless it is said', async () => {
    const state = new MemoryState();
    const written = vi.spyOn(state, 'set');
    const leased = vi.spyOn(state, 'acquire');
    answering(two);
    const rig = await replica(state, { reuseSeconds: 30 }, { shareAnswers: undefined } as Partial<SupplyDependencies>);
    await outcomeOf(rig);
    await rig.close();
    expect(written).not.toHaveBeenCalled();
    expect(leased).not.toHaveBeenCalled();
  });

  it('has nothing of a credential', async () => {
    vi.stubEnv('SUPPLY_TEST_KEY', 'open-sesame-3141');
    const state = new MemoryState();
    const said: unknown[] = [];
    for (const name of ['set', 'acquire', 'publish', 'get'] as const) {
      const real = (state[name] as (...args: unknown[]) => unknown).bind(state);
      const heard = (...args: unknown[]): unknown => {
        said.push(args);
        return real(...args);
      };
      Object.assign(state, { [name]: heard });
    }
    answering(two);
    const rig = await replica(state, {
      reuseSeconds: 30,
      credentials: { key: { env: 'SUPPLY_TEST_KEY' } },
      options: { signed: true },
    });
    await outcomeOf(rig);
    await rig.close();
    const texts = said.flat().map((one) => (Buffer.isBuffer(one) ? one.toString('latin1') : String(one)));
    expect(texts.length).toBeGreaterThan(3);
    expect(texts.filter((text) => text.includes('open-sesame'))).toEqual([]);
    vi.unstubAllEnvs();
  });
});

it('whatever is cached and shared, by whichever replica, each search gets the answer to its own question', async () => {
  partner.handler = ({ url }, response) => {
    const said = new URL(url ?? '', 'http://partner').searchParams.get('said') ?? '';
    const { currency } = JSON.parse(said) as { currency: string };
    // Some take longer, so that others come meanwhile.
    setTimeout(() => json(response, { rows: [row(1, { name: said, currency })] }), said.length % 4);
  };
  const state = new MemoryState();
  const file = (as: string) => ({
    adapter: 'plain-echo',
    endpoint: partner.url,
    reuseSeconds: 20,
    staleSeconds: 60,
    staleIfErrorSeconds: 60,
    options: { as },
  });
  const accounts = { one: file('one'), two: file('two') };
  const rigs = [
    await startRig(accounts, { shared: state, shareAnswers: true }),
    await startRig(accounts, { shared: state, shareAnswers: true }),
  ];
  const question = fc.record({
    replica: fc.constantFrom(0, 1),
    account: fc.constantFrom('one', 'two'),
    market: fc.constantFrom('GB', 'FR'),
    currency: fc.constantFrom('EUR', 'GBP'),
    locale: fc.constantFrom('en-GB', 'fr'),
    filter: fc.constantFrom('', 'star_rating >= 3.0', 'star_rating >= 4.0'),
    rooms: fc.constantFrom<RoomCriteria[]>(
      [{ adults: 2, childAges: [] }],
      [{ adults: 2, childAges: [3] }],
      [{ adults: 1, childAges: [] }],
    ),
    waitMs: fc.constantFrom(0, 0, 10_000, 25_000),
  });
  const uses = new Set<CacheUse>();
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(question, { minLength: 1, maxLength: 6 }), { maxLength: 4 }),
        async (rounds) => {
          for (const round of rounds) {
            later(Math.max(...round.map(({ waitMs }) => waitMs)));
            await Promise.all(
              round.map(async ({ replica: at, account, rooms, waitMs: _, ...asked }) => {
                const stay = start().criteria!.vertical as Extract<
                  NonNullable<NonNullable<ReturnType<typeof start>['criteria']>['vertical']>,
                  { $case: 'stay' }
                >;
                const criteria = { vertical: { ...stay, value: { ...stay.value, rooms } } };
                const { batches, outcome } = await search(
                  rigs[at]!,
                  start({ ...asked, criteria, partners: [account] }),
                );
                uses.add(outcome(account).cache);
                const said = JSON.parse(String(readColumns(batches[0]!.columns!).get('property_name')!.get(0)));
                const { filter, ...rest } = asked;
                const filters = filter === '' ? [] : [filter];
                expect(said).toEqual({ ...rest, account, rooms, filters, place: 'PAR', checkIn: '2031-05-01' });
                expect(readPrices(batches[0]!.prices!).currency(0)).toBe(asked.currency);
                expect(outcome(account).appliedFilters).toEqual(filters);
              }),
            );
          }
        },
      ),
      { numRuns: 25 },
    );
  } finally {
    vi.useRealTimers();
    for (const rig of rigs) await rig.close();
    await state.close();
  }
  // It was put to the test: answers did serve again, in one way or another.
  expect(uses.size).toBeGreaterThanOrEqual(2);
});

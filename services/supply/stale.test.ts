import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CacheUse, FailureKind, OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { InMemorySpanExporter, startTelemetry } from '../../libs/telemetry/index.ts';
import { json, type PartnerServer, startPartner } from './testing/partner-server.ts';
import { handlesOf, type PartnerFile, type Rig, row, search, start, startRig } from './testing/rig.ts';

const exporter = new InMemorySpanExporter();
const telemetry = startTelemetry({ service: 'test', spanExporter: exporter });
let partner: PartnerServer;
let rig: Rig;

beforeAll(async () => {
  partner = await startPartner(() => {});
});
afterAll(async () => {
  await partner.close();
  await telemetry.shutdown();
});
beforeEach(() => {
  partner.asked.length = 0;
  exporter.reset();
});
afterEach(async () => {
  vi.useRealTimers();
  await rig.close();
});

const two = { rows: [row(1), row(2)] };
const later = (ms: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
};
const answering = (body: unknown, status = 200, headers: Record<string, string> = {}): void => {
  partner.handler = (_, response) => json(response, body, status, headers);
};
async function rigWith(file: PartnerFile): Promise<void> {
  rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url, ...file } });
}
const outcomeOf = async () => (await search(rig)).outcome('one');
async function asked(times: number): Promise<void> {
  await vi.waitFor(() => expect(partner.asked.length).toBeGreaterThanOrEqual(times), { interval: 5, timeout: 3_000 });
}

describe('an answer past its time of reuse', () => {
  it('is given at once, marked stale and with its age, while one question to the partner renews it for those who come next', async () => {
    answering(two);
    await rigWith({ reuseSeconds: 30, staleSeconds: 60 });
    await outcomeOf();
    later(40_000);
    const waiting: ServerResponse[] = [];
    partner.handler = (_, response) => void waiting.push(response);
    for (const { outcome, batches } of await Promise.all([search(rig), search(rig), search(rig)])) {
      expect(outcome('one')).toMatchObject({
        status: OutcomeStatus.OK,
        cache: CacheUse.STALE,
        requests: 0,
        offersKept: 2,
      });
      expect(outcome('one').cacheAgeMs).toBeGreaterThanOrEqual(40_000);
      expect(batches.map(({ stale }) => stale)).toEqual([true]);
      expect(Date.now() - batches[0]!.fetchedAt!.epochMilliseconds).toBeGreaterThanOrEqual(40_000);
    }
    const spans = exporter.getFinishedSpans().filter(({ attributes }) => attributes['entrepot.cache'] === 'stale');
    expect(spans).toHaveLength(3);
    await asked(2);
    expect((await outcomeOf()).cache).toBe(CacheUse.STALE);
    expect(partner.asked).toHaveLength(2);
    json(waiting[0]!, { rows: [row(3)] });
    await vi.waitFor(async () => expect((await outcomeOf()).cache).toBe(CacheUse.HIT));
    const { outcome, batches } = await search(rig);
    expect(outcome('one').offersKept).toBe(1);
    expect(batches[0]!.stale).toBe(false);
    expect(partner.asked).toHaveLength(2);
  });

  it('is asked for anew beyond that time, and where its offers do not last as long', async () => {
    answering(two);
    await rigWith({ reuseSeconds: 30, staleSeconds: 60 });
    await outcomeOf();
    later(91_000);
    expect((await outcomeOf()).cache).toBe(CacheUse.UNSPECIFIED);
    await rig.close();
    answering({ rows: [row(1, { expires: Date.now() + 50_000 })] });
    await rigWith({ reuseSeconds: 10, staleSeconds: 3_600, staleIfErrorSeconds: 3_600 });
    await outcomeOf();
    later(20_000);
    expect((await outcomeOf()).cache).toBe(CacheUse.STALE);
    await asked(4);
    // Until it has ended, who asks the same would join it.
    const ended = () => exporter.getFinishedSpans().filter(({ attributes }) => attributes['entrepot.cache'] === 'none');
    await vi.waitFor(() => expect(ended()).toHaveLength(4));
    await new Promise((resolve) => setImmediate(resolve));
    later(60_000);
    answering({ error: 'broke' }, 500);
    expect(await outcomeOf()).toMatchObject({ status: OutcomeStatus.FAILED, cache: CacheUse.UNSPECIFIED });
  });

  it('goes on being given while the partner fails, which is not asked again at once', async () => {
    answering(two);
    await rigWith({ reuseSeconds: 30, staleSeconds: 600 });
    await outcomeOf();
    later(40_000);
    answering({ error: 'broke' }, 500);
    expect((await outcomeOf()).cache).toBe(CacheUse.STALE);
    await asked(2);
    const failed = () =>
      exporter.getFinishedSpans().filter(({ attributes }) => attributes['error.type'] === 'server_error');
    await vi.waitFor(() => expect(failed()).toHaveLength(1));
    // The span ends a moment before the refresh does.
    await new Promise((resolve) => setImmediate(resolve));
    for (let times = 0; times < 3; times++) expect((await outcomeOf()).cache).toBe(CacheUse.STALE);
    expect(partner.asked).toHaveLength(2);
    later(3_000);
    answering(two);
    expect((await outcomeOf()).cache).toBe(CacheUse.STALE);
    await asked(3);
    await vi.waitFor(async () => expect((await outcomeOf()).cache).toBe(CacheUse.HIT));
  });

  it('is renewed by a question that ends with the service', async () => {
    answering(two);
    await rigWith({ reuseSeconds: 30, staleSeconds: 600 });
    await outcomeOf();
    later(40_000);
    partner.handler = () => {};
    expect((await outcomeOf()).cache).toBe(CacheUse.STALE);
    await asked(2);
    const before = partner.abortedCount();
    await rig.close();
    await vi.waitFor(() => expect(partner.abortedCount()).toBe(before + 1));
    await rigWith({});
  });
});

describe('where a partner fails', () => {
  const failures: [string, FailureKind, (response: ServerResponse) => void][] = [
    ['breaks the connection', FailureKind.CONNECTION, (response) => void response.destroy()],
    ['has an error', FailureKind.SERVER_ERROR, (response) => json(response, { error: 'broke' }, 503)],
    ['limits the rate', FailureKind.RATE_LIMIT, (response) => json(response, {}, 429, { 'retry-after': '5' })],
    ['answers with what it should not', FailureKind.MALFORMED, (response) => json(response, '<html>Sorry</html>')],
    [
      'answers with no row that is an offer',
      FailureKind.MALFORMED,
      (response) => json(response, { rows: [row(1, { amount: 'x' })] }),
    ],
  ];

  it.each(failures)(
    'because it %s, its last whole answer stands in, and the outcome says why and how old it is',
    async (_, failure, fail) => {
      answering(two);
      await rigWith({ timeoutMs: 300, reuseSeconds: 10, staleIfErrorSeconds: 300 });
      await outcomeOf();
      later(100_000);
      partner.handler = (_request, response) => fail(response);
      const { outcome, batches } = await search(rig);
      expect(outcome('one')).toMatchObject({
        status: OutcomeStatus.PARTIAL,
        failure,
        cache: CacheUse.STALE_IF_ERROR,
        rowsReceived: 2,
        offersKept: 2,
      });
      expect(outcome('one').detail).toMatch(/^its answer of 10\d s ago stands in: ./);
      expect(outcome('one').requests).toBeGreaterThan(0);
      expect(outcome('one').cacheAgeMs).toBeGreaterThanOrEqual(100_000);
      expect(batches.map(({ stale }) => stale)).toEqual([true]);
      const { offers } = await rig.client.getOffers({ handles: handlesOf(batches[0]!), readMask: undefined });
      expect(offers.map(({ missing }) => missing)).toEqual([false, false]);
      const span = exporter.getFinishedSpans().findLast(({ name }) => name === 'partner search');
      expect(span?.attributes).toMatchObject({ 'entrepot.cache': 'stale_if_error' });
    },
  );

  it('because it does not answer in time, its last whole answer stands in within the time that is left', async () => {
    answering(two);
    await rigWith({ timeoutMs: 300, reuseSeconds: 0, staleIfErrorSeconds: 300 });
    await outcomeOf();
    partner.handler = () => {};
    expect(await outcomeOf()).toMatchObject({
      status: OutcomeStatus.PARTIAL,
      failure: FailureKind.TIMEOUT,
      cache: CacheUse.STALE_IF_ERROR,
      offersKept: 2,
      requests: 1,
    });
  });

  it('and says that it limits the rate, what is held serves without asking it', async () => {
    answering(two);
    await rigWith({ reuseSeconds: 30, staleIfErrorSeconds: 300 });
    await outcomeOf();
    answering({}, 429, { 'retry-after': '60' });
    const elsewhere = (await search(rig, start({ market: 'FR' }))).outcome('one');
    expect(elsewhere).toMatchObject({ status: OutcomeStatus.RATE_LIMITED, cache: CacheUse.UNSPECIFIED });
    expect((await outcomeOf()).cache).toBe(CacheUse.HIT);
    later(40_000);
    expect(await outcomeOf()).toMatchObject({
      status: OutcomeStatus.PARTIAL,
      failure: FailureKind.RATE_LIMIT,
      cache: CacheUse.STALE_IF_ERROR,
      requests: 0,
    });
    expect((await search(rig, start({ market: 'FR' }))).outcome('one')).toMatchObject({
      status: OutcomeStatus.RATE_LIMITED,
      requests: 0,
    });
    expect(partner.asked).toHaveLength(2);
  });

  it('nothing stands in where the account does not say so, or for too long', async () => {
    answering(two);
    await rigWith({ reuseSeconds: 10, staleIfErrorSeconds: 100 });
    await outcomeOf();
    answering({ error: 'broke' }, 500);
    later(111_000);
    expect(await outcomeOf()).toMatchObject({ status: OutcomeStatus.FAILED, cache: CacheUse.UNSPECIFIED });
    await rig.close();
    answering(two);
    await rigWith({ reuseSeconds: 10 });
    await outcomeOf();
    answering({ error: 'broke' }, 500);
    later(20_000);
    expect(await outcomeOf()).toMatchObject({ status: OutcomeStatus.FAILED, cache: CacheUse.UNSPECIFIED });
  });

  it('on a later page, the pages that came are better than older ones', async () => {
    answering(two);
    await rigWith({ reuseSeconds: 10, staleIfErrorSeconds: 300 });
    await outcomeOf();
    later(20_000);
    partner.handler = ({ url }, response) =>
      url === '/second' ? json(response, { error: 'broke' }, 500) : json(response, { rows: [row(1)], next: '/second' });
    const { outcome, batches } = await search(rig);
    expect(outcome('one')).toMatchObject({ status: OutcomeStatus.PARTIAL, cache: CacheUse.UNSPECIFIED, offersKept: 1 });
    expect(batches[0]!.stale).toBe(false);
  });

  it('everybody who shares the conversation gets what stands in', async () => {
    answering(two);
    await rigWith({ reuseSeconds: 10, staleIfErrorSeconds: 300 });
    await outcomeOf();
    later(20_000);
    const waiting: ServerResponse[] = [];
    partner.handler = (_, response) => void waiting.push(response);
    const searches = [search(rig), search(rig)];
    await asked(2);
    await new Promise((resolve) => setTimeout(resolve, 30));
    json(waiting[0]!, { error: 'broke' }, 500);
    for (const { outcome, batches } of await Promise.all(searches)) {
      expect(outcome('one').cache).toBe(CacheUse.STALE_IF_ERROR);
      expect(batches).toHaveLength(1);
    }
    expect(partner.asked).toHaveLength(2);
  });
});

it('a question that the partner refuses as wrong is not asked again for the time of empty answers', async () => {
  answering({ error: 'no such place' }, 400);
  await rigWith({ reuseSeconds: 30, reuseEmptySeconds: 10 });
  await outcomeOf();
  expect(await outcomeOf()).toMatchObject({
    status: OutcomeStatus.FAILED,
    failure: FailureKind.REQUEST_REFUSED,
    cache: CacheUse.HIT,
    requests: 0,
  });
  later(11_000);
  answering(two);
  expect(await outcomeOf()).toMatchObject({ status: OutcomeStatus.OK, cache: CacheUse.UNSPECIFIED });
});

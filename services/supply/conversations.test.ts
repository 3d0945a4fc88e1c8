import type { ServerResponse } from 'node:http';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CacheUse, FailureKind, OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { SearchStart } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { CallOptions } from '../../libs/mesh/index.ts';
import { InMemorySpanExporter, startTelemetry } from '../../libs/telemetry/index.ts';
import { json, type PartnerServer, startPartner } from './testing/partner-server.ts';
import { handlesOf, only, type PartnerFile, type Rig, row, search, start, startRig } from './testing/rig.ts';

const exporter = new InMemorySpanExporter();
const telemetry = startTelemetry({ service: 'test', spanExporter: exporter });
let partner: PartnerServer;
let rig: Rig;
/** Answers that were asked for and not yet given, in order. */
let waiting: ServerResponse[];

beforeAll(async () => {
  partner = await startPartner((_, response) => void waiting.push(response));
});
afterAll(async () => {
  await partner.close();
  await telemetry.shutdown();
});
beforeEach(() => {
  waiting = [];
  partner.asked.length = 0;
  partner.handler = (_, response) => void waiting.push(response);
  exporter.reset();
});
afterEach(async () => {
  vi.useRealTimers();
  await rig.close();
});

async function rigWith(file: PartnerFile = {}, options: Parameters<typeof startRig>[1] = {}): Promise<void> {
  rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url, ...file } }, options);
}

const two = { rows: [row(1), row(2)] };
const outcomeOf = async (changes: Partial<SearchStart> = {}, options: CallOptions = {}) =>
  (await search(rig, start(changes), options)).outcome('one');

async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(condition()).toBe(true), { interval: 5, timeout: 3_000 });
}

/** Waits until the partner has been asked so often, and a little for questions that must not come. */
async function asked(times: number): Promise<void> {
  await until(() => partner.asked.length >= times);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(partner.asked).toHaveLength(times);
}

describe('searches that ask the same at the same time', () => {
  it('share one conversation: each gets all of it, and says how', async () => {
    await rigWith();
    const first = search(rig);
    await asked(1);
    const others = [search(rig, start({ searchId: 'search-2' })), search(rig)];
    await asked(1);
    json(waiting[0]!, two);
    const results = [await first, ...(await Promise.all(others))];
    for (const { batches } of results) expect(batches[0]?.columns?.rowCount).toBe(2);
    const outcomes = results.map(({ outcome }) => outcome('one'));
    expect(outcomes.map(({ cache, requests }) => [cache, requests])).toEqual([
      [CacheUse.UNSPECIFIED, 1],
      [CacheUse.SHARED, 0],
      [CacheUse.SHARED, 0],
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: OutcomeStatus.OK, rowsReceived: 2, offersKept: 2 });
    }
    const spans = exporter.getFinishedSpans().filter(({ name }) => name === 'partner search');
    expect(spans.map(({ attributes }) => attributes['entrepot.cache']).sort()).toEqual(['none', 'shared', 'shared']);
    expect(new Set(spans.map((span) => span.parentSpanContext?.spanId)).size).toBe(3);
    // It is over: the next one asks anew.
    const next = search(rig);
    await asked(2);
    json(waiting[1]!, two);
    expect((await next).outcome('one').cache).toBe(CacheUse.UNSPECIFIED);
  });

  it('ask for themselves where anything that the partner is asked differs, or the account says so', async () => {
    rig = await startRig({
      one: { adapter: 'plain', endpoint: partner.url, concurrency: 20 },
      other: { adapter: 'plain', endpoint: partner.url },
      single: { adapter: 'plain', endpoint: partner.url, shareInFlight: false },
    });
    const { criteria } = start();
    const stay = criteria!.vertical!.value as Extract<
      NonNullable<NonNullable<SearchStart['criteria']>['vertical']>,
      { $case: 'stay' }
    >['value'];
    const longer = { vertical: { $case: 'stay' as const, value: { ...stay, checkOut: '2031-05-04' } } };
    const searches = [
      { partners: ['one'] },
      { partners: ['other'] },
      { partners: ['one'], market: 'FR' },
      { partners: ['one'], currency: 'GBP' },
      { partners: ['one'], locale: 'fr' },
      { partners: ['one'], criteria: longer },
      { partners: ['single'] },
      { partners: ['single'] },
    ].map((changes) => search(rig, start(changes)));
    await asked(searches.length);
    for (const response of waiting) json(response, two);
    await Promise.all(searches);
  });

  it('get what has come already when they join late', async () => {
    await rigWith();
    const first = search(rig);
    await asked(1);
    json(waiting[0]!, { rows: [row(1)], next: '/second' });
    await asked(2);
    const late = search(rig);
    await asked(2);
    json(waiting[1]!, { rows: [row(2)] });
    for (const { batches, outcome } of [await first, await late]) {
      expect(batches.map(({ columns }) => columns?.rowCount)).toEqual([1, 1]);
      expect(outcome('one')).toMatchObject({ status: OutcomeStatus.OK, offersKept: 2 });
    }
  });

  it('do not lose the answer when the one that began gives up', async () => {
    await rigWith();
    const abort = new AbortController();
    const first = search(rig, start(), { signal: abort.signal });
    await asked(1);
    const other = search(rig);
    await asked(1);
    const before = partner.abortedCount();
    abort.abort();
    await expect(first).rejects.toMatchObject({ reason: 'CANCELLED' });
    expect(partner.abortedCount()).toBe(before);
    json(waiting[0]!, two);
    expect((await other).outcome('one')).toMatchObject({ status: OutcomeStatus.OK, offersKept: 2 });
  });

  it('close the connection when the last of them gives up', async () => {
    await rigWith();
    const aborts = [new AbortController(), new AbortController()];
    const searches = aborts.map(({ signal }) => search(rig, start(), { signal }));
    for (const one of searches) one.catch(() => {});
    await asked(1);
    const before = partner.abortedCount();
    for (const abort of aborts) abort.abort();
    for (const one of searches) await expect(one).rejects.toMatchObject({ reason: 'CANCELLED' });
    await until(() => partner.abortedCount() === before + 1);
  });

  it('each keep their own deadline, the earlier ones as the later ones', async () => {
    await rigWith({ timeoutMs: 15_000 });
    const impatient = outcomeOf({}, { timeoutMs: 1_500 });
    await asked(1);
    const patient = outcomeOf({}, { timeoutMs: 10_000 });
    const hurried = outcomeOf({}, { timeoutMs: 1_000 });
    expect(await impatient).toMatchObject({
      status: OutcomeStatus.TIMED_OUT,
      failure: FailureKind.TIMEOUT,
      requests: 1,
    });
    expect(await hurried).toMatchObject({ status: OutcomeStatus.TIMED_OUT, cache: CacheUse.SHARED, requests: 0 });
    // Beyond the deadline that the request was sent with.
    await new Promise((resolve) => setTimeout(resolve, 200));
    json(waiting[0]!, two);
    expect(await patient).toMatchObject({ status: OutcomeStatus.OK, offersKept: 2 });
    expect(partner.asked).toHaveLength(1);
  });

  it('keep what came before their own deadline', async () => {
    await rigWith({ timeoutMs: 15_000 });
    const patient = outcomeOf({}, { timeoutMs: 10_000 });
    await asked(1);
    json(waiting[0]!, { rows: [row(1)], next: '/second' });
    await asked(2);
    expect(await outcomeOf({}, { timeoutMs: 1_000 })).toMatchObject({
      status: OutcomeStatus.PARTIAL,
      failure: FailureKind.TIMEOUT,
      rowsReceived: 1,
      offersKept: 1,
    });
    json(waiting[1]!, { rows: [row(2)] });
    expect(await patient).toMatchObject({ status: OutcomeStatus.OK, offersKept: 2 });
  });

  it('share a failure, but not the waiting for a place that was too short for one of them alone', async () => {
    await rigWith({ concurrency: 1, timeoutMs: 15_000 });
    const blocking = outcomeOf({ market: 'FR' });
    await asked(1);
    const impatient = outcomeOf({}, { timeoutMs: 1_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const patient = outcomeOf({}, { timeoutMs: 10_000 });
    expect((await impatient).status).toBe(OutcomeStatus.TIMED_OUT);
    json(waiting[0]!, two);
    expect((await blocking).status).toBe(OutcomeStatus.OK);
    await asked(2);
    const joined = outcomeOf();
    await new Promise((resolve) => setTimeout(resolve, 100));
    json(waiting[1]!, { error: 'no' }, 500);
    for (const outcome of [await patient, await joined]) {
      expect(outcome).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.SERVER_ERROR });
    }
    expect(partner.asked).toHaveLength(2);
  });
});

describe('a whole answer', () => {
  const later = (ms: number): void => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
  };
  const answering = (body: unknown, status = 200): void => {
    partner.handler = (_, response) => json(response, body, status);
  };

  it('is not given again unless the configuration says so', async () => {
    answering(two);
    await rigWith();
    for (let times = 1; times <= 2; times++) {
      expect((await outcomeOf()).cache).toBe(CacheUse.UNSPECIFIED);
      expect(partner.asked).toHaveLength(times);
    }
  });

  it('is given again to the same question, with its true age, for as long as the configuration says', async () => {
    answering(two);
    await rigWith({ reuseSeconds: 30 });
    const first = await search(rig);
    later(20_000);
    const again = await search(rig, start({ searchId: 'another' }));
    const outcome = again.outcome('one');
    expect(outcome).toMatchObject({
      status: OutcomeStatus.OK,
      cache: CacheUse.HIT,
      requests: 0,
      rowsReceived: 2,
      offersKept: 2,
    });
    expect(outcome.cacheAgeMs).toBeGreaterThanOrEqual(20_000);
    expect(outcome.cacheAgeMs).toBeLessThan(25_000);
    const { products: _ids, provisional: _marks, ...batch } = again.batches[0]!;
    expect(batch).toMatchObject(
      Object.fromEntries(Object.keys(batch).map((key) => [key, first.batches[0]![key as 'rows']])),
    );
    const { offers } = await rig.client.getOffers({ handles: handlesOf(again.batches[0]!), readMask: undefined });
    expect(offers.map(({ missing }) => missing)).toEqual([false, false]);
    const span = exporter.getFinishedSpans().findLast(({ name }) => name === 'partner search');
    expect(span?.attributes).toMatchObject({ 'entrepot.cache': 'hit', 'entrepot.requests': 0 });
    expect(await outcomeOf({ market: 'FR' })).toMatchObject({ cache: CacheUse.UNSPECIFIED });
    later(11_000);
    expect((await outcomeOf()).cache).toBe(CacheUse.UNSPECIFIED);
    expect(partner.asked).toHaveLength(3);
  });

  it('of several pages comes with all of them', async () => {
    partner.handler = ({ url }, response) =>
      json(response, url?.startsWith('/second') ? { rows: [row(2), row(1)] } : { rows: [row(1)], next: '/second' });
    await rigWith({ reuseSeconds: 30 });
    const first = await search(rig);
    const again = await search(rig);
    expect(again.batches.map(({ columns }) => columns?.rowCount)).toEqual([1, 1]);
    expect(again.outcome('one')).toMatchObject({
      cache: CacheUse.HIT,
      rowsReceived: 3,
      offersKept: 2,
      rejections: first.outcome('one').rejections,
    });
    expect(partner.asked).toHaveLength(2);
  });

  it('is not given again once an offer of it has less than a minute left, or half of its life', async () => {
    answering({ rows: [row(1), row(2, { expires: Date.now() + 100_000 })] });
    await rigWith({ reuseSeconds: 3_600 });
    await outcomeOf();
    later(45_000);
    expect((await outcomeOf()).cache).toBe(CacheUse.HIT);
    later(10_000);
    answering({ rows: [row(1)] });
    expect(await outcomeOf()).toMatchObject({ cache: CacheUse.UNSPECIFIED, offersKept: 1 });
  });

  it('without offers is given again for seconds of its own', async () => {
    answering({ rows: [] });
    await rigWith({ reuseSeconds: 30, reuseEmptySeconds: 5 });
    await outcomeOf();
    later(4_000);
    expect(await outcomeOf()).toMatchObject({ status: OutcomeStatus.EMPTY, cache: CacheUse.HIT });
    later(2_000);
    expect((await outcomeOf()).cache).toBe(CacheUse.UNSPECIFIED);
    await rig.close();
    await rigWith({ reuseSeconds: 30 });
    await outcomeOf();
    expect((await outcomeOf()).cache).toBe(CacheUse.UNSPECIFIED);
  });

  it.each([
    ['failed', { error: 'no' }, 500],
    ['was partial because the partner warned', { rows: [row(1)], warning: 'not all airlines answered' }, 200],
    ['was partial because no row is an offer', { rows: [row(1, { amount: '-1' })] }, 200],
    ['was empty with a warning', { rows: [], warning: 'not all airlines answered' }, 200],
  ])('is none that %s', async (_what, body, status) => {
    answering(body, status);
    await rigWith({ reuseSeconds: 30, reuseEmptySeconds: 30 });
    await outcomeOf();
    answering(two);
    expect(await outcomeOf()).toMatchObject({ status: OutcomeStatus.OK, cache: CacheUse.UNSPECIFIED });
  });

  it('is given again only while it is held', async () => {
    const bodies = (_: unknown, response: ServerResponse): void =>
      json(response, { rows: [row(1, { note: 'x'.repeat(5_000) })] });
    partner.handler = bodies;
    await rigWith({ reuseSeconds: 30 }, { answers: { budgetBytes: 12_000 } });
    await outcomeOf();
    await outcomeOf({ market: 'FR' });
    expect((await outcomeOf()).cache).toBe(CacheUse.HIT);
    await outcomeOf({ market: 'DE' });
    // The least recently used had to go.
    expect((await outcomeOf({ market: 'FR' })).cache).toBe(CacheUse.UNSPECIFIED);
  });

  it('is forgotten beyond a number of questions', async () => {
    answering(two);
    await rigWith({ reuseSeconds: 30 }, { conversations: { questions: 1 } });
    await outcomeOf();
    await outcomeOf({ market: 'FR' });
    expect((await outcomeOf()).cache).toBe(CacheUse.UNSPECIFIED);
    expect((await outcomeOf()).cache).toBe(CacheUse.HIT);
  });

  it('never stands in for verification', async () => {
    answering(two);
    await rigWith({ reuseSeconds: 30 });
    await search(rig);
    const { batches } = await search(rig);
    answering({ rows: [row(1, { amount: '120.00' })] });
    const { offer } = await rig.client.verifyOffer({ handle: handlesOf(batches[0]!)[0] });
    expect(offer?.partnerTotal?.amount).toBe('120.00');
    expect(partner.asked).toHaveLength(2);
  });

  it('is what a conversation that was cut off for the one that began it has left', async () => {
    await rigWith({ reuseSeconds: 30, timeoutMs: 15_000 });
    const impatient = outcomeOf({}, { timeoutMs: 1_000 });
    await asked(1);
    const patient = outcomeOf({}, { timeoutMs: 10_000 });
    expect((await impatient).status).toBe(OutcomeStatus.TIMED_OUT);
    json(waiting[0]!, two);
    await patient;
    expect((await outcomeOf()).cache).toBe(CacheUse.HIT);
  });
});

it('a search that is over before its answer is given again gets nothing', async () => {
  partner.handler = (_, response) => json(response, two);
  await rigWith({ reuseSeconds: 30 });
  await search(rig);
  const abort = new AbortController();
  abort.abort();
  const late = Array.fromAsync(rig.client.search(only(start()), { signal: abort.signal, trace: ROOT_CONTEXT }));
  await expect(late).rejects.toMatchObject({ reason: 'CANCELLED' });
});

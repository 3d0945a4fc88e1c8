import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { FoldedView, messagesOf, type UpdateJson } from '../support/follow.ts';
import { flightSearch, flightSellers, type PageJson, type Rig, startRig } from '../support/fused-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.close());
beforeEach(async () => {
  for (const seller of flightSellers) await rig.scenario(seller, {});
});

/** The one partner's outcome, after it is certain that the others are unharmed. */
function outcomeAmongUnharmed(page: PageJson, seller: string): PageJson['outcomes'][number] | undefined {
  const others = page.outcomes.filter(({ partner }) => partner !== seller);
  expect(others.map(({ status }) => status)).toEqual(['OUTCOME_STATUS_OK', 'OUTCOME_STATUS_OK', 'OUTCOME_STATUS_OK']);
  for (const { offersKept } of others) expect(offersKept).toBeGreaterThan(0);
  expect(page.offers).toHaveLength(20);
  return page.outcomes.find(({ partner }) => partner === seller);
}

describe('a partner that goes wrong leaves the others unharmed', () => {
  test('when it hangs: TIMED_OUT before the client’s deadline, and its call is given up', async () => {
    // The first search of a process compiles everything: it would be that which the deadline is held against.
    await rig.search(flightSearch());
    await rig.scenario('duffel', { hangShare: 1 });
    const page = await rig.search(flightSearch(), { 'entrepot-timeout-ms': '3000' });
    const outcome = outcomeAmongUnharmed(page, 'duffel');
    expect(outcome).toMatchObject({ status: 'OUTCOME_STATUS_TIMED_OUT', failure: 'FAILURE_KIND_TIMEOUT' });
    expect(page.complete).toBe(true);
    expect(page.progress.elapsedMs).toBeLessThan(3_000);
    await vi.waitFor(async () => expect(await rig.asked('duffel')).toMatchObject({ abandoned: 1, open: 0 }));
  });

  const faults: readonly (readonly [string, Record<string, unknown>, string, string])[] = [
    ['it answers 5xx', { errorShare: 1 }, 'FAILED', 'SERVER_ERROR'],
    ['it answers HTML', { malformedShare: 1, malformed: ['html'] }, 'FAILED', 'MALFORMED'],
    ['it answers half of its format', { malformedShare: 1, malformed: ['truncated'] }, 'FAILED', 'MALFORMED'],
    ['it cuts the connection', { dropShare: 1 }, 'FAILED', 'CONNECTION'],
    ['it answers 50 MB', { hugeShare: 1 }, 'FAILED', 'TOO_LARGE'],
  ];
  for (const seller of ['duffel', 'travelport']) {
    test.each(faults)(`when %s (${seller})`, async (_name, scenario, status, failure) => {
      await rig.scenario(seller, scenario);
      const outcome = outcomeAmongUnharmed(await rig.search(flightSearch()), seller);
      expect(outcome).toMatchObject({ status: `OUTCOME_STATUS_${status}`, failure: `FAILURE_KIND_${failure}` });
      expect(outcome?.detail).toMatch(/\w/);
    });
  }

  test('when its XML is a bomb of entities', async () => {
    await rig.scenario('travelport', { malformedShare: 1, malformed: ['entityBomb'] });
    const outcome = outcomeAmongUnharmed(await rig.search(flightSearch()), 'travelport');
    expect(outcome).toMatchObject({ status: 'OUTCOME_STATUS_FAILED', failure: 'FAILURE_KIND_MALFORMED' });
  });

  test('when it sends minor units where major ones belong: those that others can tell are not shown', async () => {
    const before = await rig.search(flightSearch());
    await rig.scenario('duffel', { brokenRowShare: 1, brokenRows: ['minorUnits'] });
    const page = await rig.search(flightSearch());
    const outcome = page.outcomes.find(({ partner }) => partner === 'duffel');
    const kept = before.outcomes.find(({ partner }) => partner === 'duffel')?.offersKept ?? 0;
    const held = (outcome?.rejections ?? []).find(({ reason }) => reason === 'REJECTION_REASON_PRICE_OUTLIER');
    expect(held?.count).toBeGreaterThan(kept / 4);
    expect(held?.example).toMatch(/ is about 100 times the /);
    expect((outcome?.offersKept ?? 0) + (held?.count ?? 0)).toBe(kept);
    const ofOthers = page.outcomes.filter(({ partner }) => partner !== 'duffel');
    for (const { rejections = [] } of ofOthers)
      expect(rejections.map(({ reason }) => reason)).not.toContain(held?.reason);
  });

  test('when a row’s price is broken: the row is rejected, its neighbours are not', async () => {
    await rig.scenario('duffel', { brokenRowShare: 0.3 });
    const page = await rig.search(flightSearch());
    const outcome = outcomeAmongUnharmed(page, 'duffel');
    expect(outcome).toMatchObject({ status: 'OUTCOME_STATUS_OK', rejections: expect.any(Array) });
    expect(outcome?.offersKept).toBeGreaterThan(0);
  });

  test('when it limits its rate: RATE_LIMITED, and it is left alone until it may be asked again', async () => {
    await rig.scenario('duffel-leisure', { rateLimitShare: 1, rateLimitResetSeconds: 60 });
    const first = outcomeAmongUnharmed(await rig.search(flightSearch()), 'duffel-leisure');
    expect(first?.status).toBe('OUTCOME_STATUS_RATE_LIMITED');
    expect(first?.retryAfterMs).toBeGreaterThan(0);
    const second = outcomeAmongUnharmed(await rig.search(flightSearch()), 'duffel-leisure');
    expect(second?.status).toBe('OUTCOME_STATUS_RATE_LIMITED');
    expect((await rig.asked('duffel-leisure')).requests).toBe(1);
  });
});

describe('a client that goes away', () => {
  const begin = (accept: string, signal?: AbortSignal): Promise<Response> =>
    fetch(`${rig.edgeUrl}/v1/searches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, 'entrepot-timeout-ms': '30000' },
      body: JSON.stringify(flightSearch({ partners: ['duffel', 'travelport'] })),
      ...(signal && { signal }),
    });

  test('from one document has the partner’s call cancelled', async () => {
    await rig.scenario('duffel', { hangShare: 1 });
    const client = new AbortController();
    const answer = begin('application/json', client.signal).catch((error: unknown) => error);
    await vi.waitFor(async () => expect((await rig.asked('duffel')).open).toBe(1), 5_000);
    client.abort();
    expect(await answer).toMatchObject({ name: 'AbortError' });
    // Within less than the grace that streams have.
    await vi.waitFor(async () => expect(await rig.asked('duffel')).toMatchObject({ abandoned: 1, open: 0 }), 4_000);
  });

  /** Reads a stream until it shows offers, then leaves. */
  async function leaveEarly(): Promise<{ folded: FoldedView; cursor: string }> {
    const folded = new FoldedView();
    for await (const { kind, id, data } of messagesOf(await begin('text/event-stream'))) {
      expect(kind).toBe('update');
      folded.apply(data as UpdateJson);
      if (folded.view.held === 0) continue;
      // Leaving the loop cancels the body, which closes the connection.
      return { folded, cursor: id ?? '' };
    }
    throw new Error('The stream ended before it showed offers.');
  }

  test('from a stream can come back within the grace and misses nothing', async () => {
    await rig.scenario('duffel', { delay: { kind: 'fixed', ms: 2_500 } });
    const { folded, cursor } = await leaveEarly();
    expect(folded.complete).toBe(false);
    const path = `${rig.edgeUrl}/v1/searches/${folded.searchId}/updates`;
    const resumed = await fetch(path, { headers: { accept: 'text/event-stream', 'last-event-id': cursor } });
    for await (const { kind, data } of messagesOf(resumed)) if (kind === 'update') folded.apply(data as UpdateJson);
    expect(folded.complete).toBe(true);
    expect(folded.view.outcomes.map(({ status }) => status)).toEqual(['OUTCOME_STATUS_OK', 'OUTCOME_STATUS_OK']);
    expect(await rig.asked('duffel')).toMatchObject({ requests: 1, abandoned: 0 });
  });

  test('from a stream and does not come back has the partner’s call cancelled after the grace', async () => {
    await rig.scenario('duffel', { hangShare: 1 });
    await leaveEarly();
    expect(await rig.asked('duffel')).toMatchObject({ abandoned: 0, open: 1 });
    await vi.waitFor(async () => expect(await rig.asked('duffel')).toMatchObject({ abandoned: 1, open: 0 }), {
      timeout: 12_000,
      interval: 200,
    });
  });
});

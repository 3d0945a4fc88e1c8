import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FailureKind, OutcomeStatus, RejectionReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { shippedAdapters } from './load.ts';
import { rideCriteria } from './testing/acme.ts';
import { json, type PartnerServer, startPartner } from './testing/partner-server.ts';
import { only, type Rig, type Said, search, start, startRig } from './testing/rig.ts';

/** Karhoo's format, which is answered bit by bit, through supply as a whole; a second passes between two requests. */

let server: PartnerServer;
let rig: Rig;
/** Tokens that have been given out. */
let logins: number;
/** What a list says when it is asked for the nth time. */
let list: (times: number, response: ServerResponse) => void;
/** Tokens that are refused. */
let withdrawn: Set<string>;

const quote = (id: string, low = 1_000, other: object = {}) => ({
  id: `list:${id}`,
  fleet: { name: `Fleet ${id}` },
  price: { low, high: low, currency_code: 'GBP' },
  quote_type: 'FIXED',
  vehicle: { class: 'Saloon', passenger_capacity: 4 },
  ...other,
});
const answer = (response: ServerResponse, status: string, quotes: readonly object[], validity = 300): void =>
  json(response, { id: 'list', status, validity, quotes });

beforeEach(async () => {
  logins = 0;
  withdrawn = new Set();
  let times = 0;
  server = await startPartner((request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/v1/auth/token') return json(response, { access_token: `t${++logins}`, expires_in: 86_400 });
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    if (withdrawn.has(token)) return json(response, { code: 'K0004', message: 'no' }, 401);
    if (request.method === 'POST') return json(response, { id: 'list', status: 'PROGRESSING', validity: 300 }, 201);
    return list(++times, response);
  });
  rig = await startRig(
    {
      karhoo: {
        adapter: 'karhoo',
        endpoint: server.url,
        credentials: { username: { env: 'X', default: 'u' }, password: { env: 'Y', default: 'p' } },
        timeoutMs: 12_000,
      },
    },
    { adapterDirectories: [shippedAdapters] },
  );
});
afterEach(async () => {
  await rig.close();
  await server.close();
});

const criteria = rideCriteria({
  pickup: { point: { latitude: 51.5, longitude: -0.12 } },
  dropoff: { point: { latitude: 51.47, longitude: -0.45 } },
  passengers: 2,
});
const request = start({ criteria });
const outcomeOf = (said: Said) => said.outcome('karhoo');
const rowsOf = (said: Said) => said.batches.map((batch) => batch.rows.length / 4);

describe('a search that is answered bit by bit', () => {
  it('shows what is there on the way, and counts a row that comes again once', async () => {
    const [a, b, c] = [quote('a'), quote('b'), quote('c')];
    list = (times, response) => {
      if (times === 1) answer(response, 'PROGRESSING', [a]);
      else if (times === 2) answer(response, 'PROGRESSING', [b, a]);
      else answer(response, 'COMPLETED', [c, b, a]);
    };
    const said = await search(rig, request);
    expect(rowsOf(said)).toEqual([1, 1, 1]);
    expect(outcomeOf(said)).toMatchObject({
      status: OutcomeStatus.OK,
      rowsReceived: 3,
      offersKept: 3,
      rejections: [],
      requests: 4,
    });
    expect(server.asked).toEqual([
      '/v1/auth/token',
      '/v2/quotes/',
      '/v2/quotes/list',
      '/v2/quotes/list',
      '/v2/quotes/list',
    ]);
    expect(server.headers.slice(1).map(({ authorization }) => authorization)).toEqual(Array(4).fill('Bearer t1'));
  });

  it('counts a rejected row once too, and one that stands twice in an answer as the duplicate that it is', async () => {
    const metered = quote('m', 900, { quote_type: 'METERED' });
    list = (times, response) =>
      answer(response, times < 3 ? 'PROGRESSING' : 'COMPLETED', [metered, quote('a'), quote('a')]);
    const said = await search(rig, request);
    expect(outcomeOf(said)).toMatchObject({ status: OutcomeStatus.OK, rowsReceived: 3, offersKept: 1 });
    expect(outcomeOf(said).rejections.map(({ reason, count }) => [reason, count])).toEqual(
      expect.arrayContaining([
        [RejectionReason.METERED, 1],
        [RejectionReason.DUPLICATE, 1],
      ]),
    );
  });

  it('waits between two requests', async () => {
    const at: number[] = [];
    list = (times, response) => {
      at.push(performance.now());
      answer(response, times < 3 ? 'PROGRESSING' : 'COMPLETED', [quote('a')]);
    };
    await search(rig, request);
    expect(at[1]! - at[0]!).toBeGreaterThan(950);
    expect(at[2]! - at[1]!).toBeGreaterThan(950);
  });

  it('is partial with what has come when the time is over', async () => {
    list = (_times, response) => answer(response, 'PROGRESSING', [quote('a'), quote('b')]);
    const said = await search(rig, request, { timeoutMs: 1_900 });
    expect(outcomeOf(said)).toMatchObject({
      status: OutcomeStatus.PARTIAL,
      failure: FailureKind.TIMEOUT,
      offersKept: 2,
      detail: expect.stringContaining('still working on its answer'),
    });
    expect(rowsOf(said)).toEqual([2]);
  });

  it('has timed out where nothing has come by then', async () => {
    list = (_times, response) => answer(response, 'PROGRESSING', []);
    const said = await search(rig, request, { timeoutMs: 1_900 });
    expect(outcomeOf(said)).toMatchObject({
      status: OutcomeStatus.TIMED_OUT,
      failure: FailureKind.TIMEOUT,
      offersKept: 0,
    });
  });

  it('is empty where it is complete and nobody has offered', async () => {
    list = (_times, response) => answer(response, 'COMPLETED', []);
    expect(outcomeOf(await search(rig, request))).toMatchObject({ status: OutcomeStatus.EMPTY });
    list = (_times, response) => json(response, { code: 'K3002', message: 'No availability' }, 404);
    expect(outcomeOf(await search(rig, request))).toMatchObject({ status: OutcomeStatus.EMPTY });
  });

  it('keeps what has come when a later answer fails', async () => {
    list = (times, response) =>
      times === 1
        ? answer(response, 'PROGRESSING', [quote('a')])
        : json(response, { code: 'K0001', message: 'no' }, 500);
    expect(outcomeOf(await search(rig, request))).toMatchObject({
      status: OutcomeStatus.PARTIAL,
      failure: FailureKind.SERVER_ERROR,
      offersKept: 1,
    });
  });

  it('stops asking when the caller leaves', async () => {
    const leaving = new AbortController();
    list = (times, response) => {
      answer(response, 'PROGRESSING', [quote('a')]);
      if (times === 1) leaving.abort();
    };
    const messages = Array.fromAsync(rig.client.search(only(request), { signal: leaving.signal }));
    await expect(messages).rejects.toThrow();
    const asked = server.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(server.asked.length).toBe(asked);
  });
});

describe('a token', () => {
  it('is fetched once for all searches, and once more when it is refused', async () => {
    list = (_times, response) => answer(response, 'COMPLETED', [quote('a')]);
    await Promise.all([search(rig, request), search(rig, { ...request, searchId: 'search-2' })]);
    expect(logins).toBe(1);
    withdrawn.add('t1');
    const said = await search(rig, { ...request, searchId: 'search-3' });
    expect(outcomeOf(said)).toMatchObject({ status: OutcomeStatus.OK, offersKept: 1 });
    expect(logins).toBe(2);
  });

  it('that is refused again fails the search as a matter of credentials', async () => {
    list = (_times, response) => answer(response, 'COMPLETED', []);
    for (const token of ['t1', 't2', 't3']) withdrawn.add(token);
    expect(outcomeOf(await search(rig, request))).toMatchObject({
      status: OutcomeStatus.FAILED,
      failure: FailureKind.AUTHENTICATION,
    });
    expect(logins).toBe(2);
  });
});

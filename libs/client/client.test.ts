import { expect, it } from 'vitest';
import { EntrepotClient } from './client.ts';
import { bindings } from './gen/methods.ts';
import type { ClientOptions } from './options.ts';
import type { EntrepotProblem } from './problem.ts';
import { type Answer, json, standingTime, startEdge, type TestEdge, type TestTime } from './testing/edge.ts';
import { placed } from './transport.ts';

function clientOf({ url }: TestEdge, options: Partial<ClientOptions> = {}, time = standingTime(5_000)): EntrepotClient {
  return new EntrepotClient({ url, ...options }, time);
}

/** Answers in turn; the last answer again and again. */
function inTurn(...answers: readonly Answer[]): Answer {
  let at = 0;
  return (request, response) => answers[Math.min(at++, answers.length - 1)]?.(request, response);
}

const refused =
  (reason: string, status: number, more: object = {}): Answer =>
  (_, response) =>
    json(response, { reason, status, ...more }, status);
const fine: Answer = (_, response) => json(response, { offerId: 'o-1' });
const cut: Answer = (_, response) => response.destroy();

async function problemOf(work: Promise<unknown>): Promise<EntrepotProblem> {
  return work.then(
    () => {
      throw new Error('It was not refused.');
    },
    (problem: EntrepotProblem) => problem,
  );
}

/** The waits between attempts; deadlines are longer. */
function attempts({ waits }: TestTime): number[] {
  return waits.filter((ms) => ms < 9_000);
}

it('places requests as the contracts bind them: in the path, the query or the body', () => {
  expect(
    placed('GetPage', { searchId: 's/1', pageToken: undefined, options: { pageSize: 5, facets: ['a', 'b'] } }),
  ).toEqual({
    verb: 'GET',
    path: '/v1/searches/s%2F1?options.pageSize=5&options.facets=a%2Cb',
    body: undefined,
  });
  expect(placed('Handoff', { offerId: 'o', clientReference: 'basket' })).toEqual({
    verb: 'POST',
    path: '/v1/offers/o:handoff',
    body: '{"clientReference":"basket"}',
  });
  expect(placed('Search', { readMask: ['price', 'item.flight'] }).body).toBe('{"readMask":"price,item.flight"}');
  expect(placed('GetOffer', { offerId: 'o', readMask: ['price', 'item'] }).path).toBe(
    '/v1/offers/o?readMask=price%2Citem',
  );
});

it('refuses by itself what would ask for another path', () => {
  expect(() => placed('GetOffer', {})).toThrow('GetOffer has to name its offerId.');
  expect(() => placed('GetOffer', { offerId: '' })).toThrow('GetOffer has to name its offerId.');
});

it('asks each method where the contracts bind it', async () => {
  const edge = await startEdge((_, response) => json(response, {}));
  const entrepot = clientOf(edge);
  await entrepot.searchPage({ currency: 'GBP' });
  await entrepot.page('s', { orderBy: 'stops' });
  await entrepot.offer('o', ['price.total']);
  await entrepot.explain('o');
  await entrepot.explainSearch('s', 'p');
  await entrepot.verify('o');
  await entrepot.handoff('o', { clientReference: 'basket' });
  await entrepot.call('ListPartners', {});
  expect(edge.requests.map(({ method, path, query, body }) => `${method} ${path}?${query} ${body}`.trim())).toEqual([
    'POST /v1/searches? {"currency":"GBP"}',
    'GET /v1/searches/s?options.orderBy=stops',
    'GET /v1/offers/o?readMask=price.total',
    'GET /v1/offers/o:explain?',
    'GET /v1/searches/s:explain?productId=p',
    'POST /v1/offers/o:verify? {}',
    'POST /v1/offers/o:handoff? {"clientReference":"basket"}',
    'GET /v1/partners?',
  ]);
});

it('brings its key, its deadline and the headers that it is told', async () => {
  const edge = await startEdge(fine);
  await clientOf(edge, { key: 'k-1', timeoutMs: 6_000, headers: { traceparent: '00-1' } }).offer('o');
  expect(edge.requests[0]?.headers).toMatchObject({
    authorization: 'Bearer k-1',
    'entrepot-timeout-ms': '6000',
    traceparent: '00-1',
    accept: 'application/json',
  });
});

it('asks for the key before each request where it is a function', async () => {
  const edge = await startEdge(inTurn(cut, fine));
  let renewed = 0;
  await clientOf(edge, { key: async () => `token-${++renewed}` }).offer('o');
  expect(edge.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
});

it('asks a page of the edge itself where the url is "/"', async () => {
  const asked: unknown[] = [];
  const fetch = (async (input: unknown) => {
    asked.push(input);
    return Response.json({});
  }) as typeof globalThis.fetch;
  await new EntrepotClient({ url: '/', fetch }).offer('o');
  expect(asked).toEqual(['/v1/offers/o']);
});

it('makes a call again that changes nothing, as often as it is told', async () => {
  const edge = await startEdge(inTurn(cut, refused('UNREACHABLE', 503), fine));
  const time = standingTime(5_000);
  expect(await clientOf(edge, {}, time).offer('o')).toEqual({ offerId: 'o-1' });
  expect(attempts(time)).toEqual([250, 500]);

  const broken = await startEdge(cut);
  expect(await problemOf(clientOf(broken, { retries: 1 }).offer('o'))).toMatchObject({
    reason: 'UNREACHABLE',
    status: 0,
  });
  expect(broken.requests).toHaveLength(2);
});

it.each(['verify', 'handoff'] as const)('does not make a %s again that may have been made', async (method) => {
  const edge = await startEdge(inTurn(cut, fine));
  expect((await problemOf(clientOf(edge)[method]('o'))).reason).toBe('UNREACHABLE');
  expect(edge.requests).toHaveLength(1);
});

it('makes any call again that was refused at the door, when the edge says', async () => {
  const edge = await startEdge(inTurn(refused('QUOTA_SPENT', 429, { retryAfterMs: 1_700 }), fine));
  const time = standingTime(5_000);
  await clientOf(edge, {}, time).verify('o');
  expect(attempts(time)).toEqual([1_700]);
});

it('goes by Retry-After where something before the edge refuses', async () => {
  const busy: Answer = (_, response) => response.writeHead(429, { 'retry-after': '3' }).end('<h1>Too busy</h1>');
  const edge = await startEdge(inTurn(busy, fine));
  const time = standingTime(5_000);
  await clientOf(edge, {}, time).offer('o');
  expect(attempts(time)).toEqual([3_000]);
});

it('does not wait for what would come after its deadline', async () => {
  const edge = await startEdge(refused('OVERLOADED', 429, { retryAfterMs: 2_000 }));
  const problem = await problemOf(clientOf(edge, { timeoutMs: 2_000 }, standingTime()).offer('o'));
  expect(problem).toMatchObject({ reason: 'OVERLOADED', retryAfterMs: 2_000 });
  expect(edge.requests).toHaveLength(1);
});

it('tells a problem with all that the edge says of it', async () => {
  const violations = [{ field: 'offerId', description: 'There is none.' }];
  const answer: Answer = (_, response) =>
    json(response, { reason: 'OFFER_NOT_FOUND', detail: 'Gone.', violations, metadata: { a: 'b' } }, 404, {
      'x-request-id': 'r-7',
    });
  const edge = await startEdge(answer);
  expect(await problemOf(clientOf(edge).offer('o'))).toMatchObject({
    name: 'EntrepotProblem',
    message: 'Gone.',
    reason: 'OFFER_NOT_FOUND',
    status: 404,
    violations,
    metadata: { a: 'b' },
    requestId: 'r-7',
  });
});

it.each([
  [502, 'UNREACHABLE'],
  [429, 'OVERLOADED'],
  [401, 'CREDENTIALS_INVALID'],
  [404, 'ROUTE_NOT_FOUND'],
  [500, 'INTERNAL'],
])('makes a problem of the bare status %i: %s', async (status, reason) => {
  const edge = await startEdge((_, response) => response.writeHead(status).end('<h1>Oh</h1>'));
  expect(await problemOf(clientOf(edge, { retries: 0 }).offer('o'))).toMatchObject({ reason, status });
});

it('is over at its deadline, and closes the connection', async () => {
  const edge = await startEdge(() => {});
  const time = standingTime();
  const work = problemOf(clientOf(edge, { timeoutMs: 700 }, time).offer('o'));
  await expect.poll(() => edge.requests.length).toBe(1);
  time.pass(1_700);
  expect(await work).toMatchObject({ reason: 'DEADLINE_EXCEEDED', message: 'Not done within 700 ms.' });
  await edge.requests[0]?.closed;
});

it('throws the reason of the signal that ended it', async () => {
  const edge = await startEdge(() => {});
  const stop = new AbortController();
  const work = problemOf(clientOf(edge).offer('o', undefined, { signal: stop.signal }));
  await expect.poll(() => edge.requests.length).toBe(1);
  stop.abort(new Error('Enough.'));
  expect((await work).message).toBe('Enough.');
  await edge.requests[0]?.closed;
});

it('reads every page: the look with the first, the token alone from then on, in the search that it belongs to', async () => {
  const edge = await startEdge(
    inTurn(
      (_, response) => json(response, { searchId: 'again', nextPageToken: 't-1' }),
      (_, response) => json(response, { searchId: 'again', nextPageToken: 't-2' }),
      (_, response) => json(response, { searchId: 'again' }),
    ),
  );
  const pages = await Array.fromAsync(clientOf(edge).pages('s', { filter: 'true' }));
  expect(pages).toHaveLength(3);
  expect(edge.requests.map(({ path, query }) => `${path}?${query}`)).toEqual([
    '/v1/searches/s?options.filter=true',
    '/v1/searches/again?pageToken=t-1',
    '/v1/searches/again?pageToken=t-2',
  ]);
});

it('reads every page of a list, by the same question', async () => {
  const edge = await startEdge(
    inTurn(
      (_, response) => json(response, { mismatches: [{ mismatchId: 'm-1' }], nextPageToken: 't-1' }),
      (_, response) => json(response, { mismatches: [{ mismatchId: 'm-2' }] }),
    ),
  );
  const pages = await Array.fromAsync(clientOf(edge).listPages('ListMismatches', { partner: 'duffel' }));
  expect(pages.flatMap(({ mismatches = [] }) => mismatches.map(({ mismatchId }) => mismatchId))).toEqual([
    'm-1',
    'm-2',
  ]);
  expect(edge.requests.map(({ query }) => `${query}`)).toEqual(['partner=duffel', 'partner=duffel&pageToken=t-1']);
});

it('gives the updates of a search as they are told', async () => {
  const lines = [{ update: { searchId: 's', cursor: '1' } }, { update: { searchId: 's', cursor: '2' } }, { end: {} }];
  const edge = await startEdge((_, response) => {
    response.writeHead(200).end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  });
  const updates = await Array.fromAsync(clientOf(edge).updates({ currency: 'GBP' }));
  expect(updates.map(({ cursor }) => cursor)).toEqual(['1', '2']);
});

it('binds every method by a verb and a path', () => {
  for (const binding of Object.values(bindings)) expect(binding).toMatch(/^(GET|POST) \/v1\//);
});

import { request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import {
  ExplainSearchResponse,
  type GetPageRequest,
  Grouping,
  type QueryServiceDefinition as QueryDefinition,
  QueryServiceDefinition,
  Screen,
  SearchPage,
  type SearchRequest,
  SearchUpdate,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import {
  connect,
  createMemoryNetwork,
  type MeshContext,
  type MeshImplementation,
  meshService,
  serve,
} from '../../libs/mesh/index.ts';
import { startTelemetry, type Telemetry } from '../../libs/telemetry/index.ts';
import { type Edge, type EdgeOptions, startEdge } from './server.ts';

type Query = MeshImplementation<QueryDefinition>;

let telemetry: Telemetry;
beforeAll(() => {
  telemetry = startTelemetry({ service: 'edge-test', env: {} });
});
afterAll(() => telemetry.shutdown());

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const nothing = async (): Promise<never> => {
  throw new EntrepotError({ reason: 'OFFER_NOT_FOUND', message: 'There is no such offer.' });
};

/** An edge in front of a query service of which only the given methods do anything. */
async function edgeWith(methods: Partial<Query>, options: Partial<EdgeOptions> = {}): Promise<Edge> {
  const network = createMemoryNetwork();
  const implementation: Query = {
    search: async function* () {},
    watchSearch: async function* () {},
    getPage: nothing,
    getOffer: nothing,
    verify: nothing,
    handoff: nothing,
    reportConversion: nothing,
    explain: nothing,
    explainSearch: nothing,
    listAccuracy: nothing,
    listMismatches: nothing,
    replayMismatch: nothing,
    listQuarantined: nothing,
    listPartnerActivity: nothing,
    ...methods,
  };
  const server = await serve({
    name: 'query',
    services: [meshService(QueryServiceDefinition, implementation)],
    at: { network },
  });
  const connection = connect(QueryServiceDefinition, { network, name: 'query' });
  const edge = await startEdge({
    services: { query: connection.client },
    port: 0,
    readiness: async () => [],
    metricsText: async () => '# nothing\n',
    ...options,
  });
  closers.push(
    connection.close,
    () => server.close(),
    () => edge.close(),
  );
  return edge;
}

const update = (revision: number, more: Partial<SearchUpdate> = {}): { update: SearchUpdate } => ({
  update: SearchUpdate.fromPartial({
    searchId: 's1',
    revision,
    cursor: `c${revision}`,
    progress: { partnersAsked: 2, partnersDone: revision },
    ...more,
  }),
});

const flight = {
  flight: { origin: 'LHR', destination: 'JFK', departureDate: '2027-01-22', adults: 1 },
  currency: 'GBP',
  market: 'GB',
};

const post = (edge: Edge, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${edge.url}/v1/searches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test('answers a search with one document when it is complete', async () => {
  let asked: SearchRequest | undefined;
  const edge = await edgeWith({
    search: async function* (request) {
      asked = request;
      yield update(2, { snapshot: true, complete: true, page: { offerIds: [], nextPageToken: 'p2', totalSize: 41 } });
    },
  });
  const response = await post(edge, flight);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    searchId: 's1',
    complete: true,
    totalSize: 41,
    nextPageToken: 'p2',
    cursor: 'c2',
  });
  expect(response.headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
  expect(response.headers.get('server-timing')).toMatch(/^edge;dur=[\d.]+/);
  expect(asked).toMatchObject({ currency: 'GBP', delivery: 2 });
});

test('continues the trace that the client began', async () => {
  const edge = await edgeWith({
    search: async function* () {
      yield update(1, { complete: true });
    },
  });
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const response = await post(edge, flight, { traceparent: `00-${trace}-00f067aa0ba902b7-00` });
  expect(response.headers.get('traceparent')).toContain(trace);
});

test.each([
  [
    'text/event-stream',
    /^retry: 1000\n\nid: c1\nevent: update\ndata: \{.*\}\n\nid: c2\nevent: update\ndata: \{.*\}\n\nevent: end\ndata: \{\}\n\n$/,
  ],
  ['application/x-ndjson', /^\{"update":\{.*\}\}\n\{"update":\{.*\}\}\n\{"end":\{\}\}\n$/],
])('streams updates as %s', async (accept, shape) => {
  const edge = await edgeWith({
    search: async function* () {
      yield update(1);
      yield update(2, { complete: true });
    },
  });
  const response = await post(edge, flight, { accept });
  expect(response.headers.get('content-type')).toContain(accept);
  expect(await response.text()).toMatch(shape);
});

test('a search that is refused is a problem with its status, also where a stream was asked for', async () => {
  const edge = await edgeWith({
    // biome-ignore lint/correctness/useYield: it fails before its first update.
    search: async function* () {
      throw new EntrepotError({
        reason: 'INVALID_FILTER',
        message: 'There is no attribute "stps".',
        violations: [{ field: 'filter', description: 'line 1, column 1: there is no "stps".' }],
      });
    },
  });
  for (const accept of ['application/json', 'text/event-stream', 'application/x-ndjson']) {
    const response = await post(edge, flight, { accept });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({
      type: 'urn:entrepot:error:INVALID_FILTER',
      status: 400,
      reason: 'INVALID_FILTER',
      code: 'INVALID_ARGUMENT',
      violations: [{ field: 'filter' }],
    });
  }
});

test('what fails after the first update is an event without an id, so that a client resumes behind the last data', async () => {
  const edge = await edgeWith({
    search: async function* () {
      yield update(1);
      throw new EntrepotError({ reason: 'PRICING_UNAVAILABLE', message: 'Pricing cannot be reached.' });
    },
  });
  const text = await (await post(edge, flight, { accept: 'text/event-stream' })).text();
  expect(text).toMatch(/event: problem\ndata: \{.*PRICING_UNAVAILABLE.*\}\n\n$/);
  expect(text.match(/^id: /gm)).toHaveLength(1);
});

test('resumes behind Last-Event-ID, and says 204 when nothing more will come', async () => {
  const seen: string[] = [];
  const edge = await edgeWith({
    watchSearch: async function* (request) {
      seen.push(request.cursor);
      if (request.cursor === 'c1') yield update(2, { complete: true });
    },
  });
  const headers = { accept: 'text/event-stream' };
  const more = await fetch(`${edge.url}/v1/searches/s1/updates`, { headers: { ...headers, 'last-event-id': 'c1' } });
  expect(await more.text()).toContain('id: c2');
  const done = await fetch(`${edge.url}/v1/searches/s1/updates?cursor=c2`, { headers });
  expect(done.status).toBe(204);
  expect(seen).toEqual(['c1', 'c2']);
});

test('follows by another look, and shows every offer, where it is asked to', async () => {
  const seen: unknown[] = [];
  const edge = await edgeWith({
    watchSearch: async function* (request) {
      seen.push(request);
      yield update(2, { complete: true });
    },
  });
  const follow = async (query: string): Promise<void> => {
    const response = await fetch(`${edge.url}/v1/searches/s1/updates?${query}`, {
      headers: { accept: 'text/event-stream' },
    });
    expect(response.status).toBe(200);
    await response.text();
  };
  await follow('screen=SCREEN_ALL');
  await follow(
    'cursor=c1&orderBy=duration_minutes&filter=stops%20%3D%3D%200&currency=EUR&pageSize=5&facets=stops,%20price',
  );
  expect(seen).toMatchObject([
    { searchId: 's1', cursor: '', screen: Screen.ALL, options: undefined },
    {
      searchId: 's1',
      cursor: 'c1',
      screen: Screen.UNSPECIFIED,
      options: {
        orderBy: 'duration_minutes',
        filter: 'stops == 0',
        currency: 'EUR',
        pageSize: 5,
        facets: ['stops', 'price'],
        grouping: 0,
      },
    },
  ]);
});

test.each([
  ['screen=all', 'screen'],
  ['screen=SCREEN_ALL&screen=SCREEN_TOP', 'screen'],
  ['pageToken=p2', 'pageToken'],
  ['pageSize=ten', 'pageSize'],
])('refuses to follow by %s, by name', async (query, field) => {
  const edge = await edgeWith({});
  const response = await fetch(`${edge.url}/v1/searches/s1/updates?${query}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ reason: 'INVALID_FIELD', violations: [{ field }] });
});

test('passes on what a search shows its followers', async () => {
  let asked: SearchRequest | undefined;
  const edge = await edgeWith({
    search: async function* (request) {
      asked = request;
      yield update(1, { complete: true });
    },
  });
  await (await post(edge, { ...flight, screen: 'SCREEN_ALL' }, { accept: 'application/x-ndjson' })).text();
  expect(asked?.screen).toBe(Screen.ALL);
});

test.each([
  ['no JSON', '{"flight": ', {}, 400, 'MALFORMED_BODY'],
  ['an empty body', '', {}, 400, 'MALFORMED_BODY'],
  ['a list', '[]', {}, 400, 'MALFORMED_BODY'],
  ['an unknown field', { ...flight, pagesize: 3 }, {}, 400, 'UNKNOWN_FIELD'],
  ['a wrong type', { ...flight, pageSize: '3' }, {}, 400, 'INVALID_FIELD'],
  [
    'another content type',
    'flight=LHR',
    { 'content-type': 'application/x-www-form-urlencoded' },
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['a body over the limit', `{"currency":"${'x'.repeat(70_000)}"}`, {}, 413, 'BODY_TOO_LARGE'],
  ['a deadline that is none', flight, { 'entrepot-timeout-ms': 'soon' }, 400, 'INVALID_FIELD'],
])('answers %s with a typed problem', async (_what, body, headers, status, reason) => {
  const edge = await edgeWith({});
  const response = await post(edge, body, headers as Record<string, string>);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ status, reason });
});

test.each([
  ['GET', '/v2/searches'],
  ['POST', '/v1/offers/o1:book'],
  ['GET', '/v1/offers/o1:toString'],
])('%s %s is no path, and the answer says where to look', async (method, path) => {
  const edge = await edgeWith({});
  const response = await fetch(edge.url + path, { method });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ reason: 'ROUTE_NOT_FOUND' });
});

test('passes on every parameter of a page', async () => {
  let asked: GetPageRequest | undefined;
  const edge = await edgeWith({
    getPage: async (request) => {
      asked = request;
      return { page: SearchPage.fromPartial({ searchId: 's2', askedAgain: { previousSearchId: 's1' } }) };
    },
  });
  const query = new URLSearchParams({
    orderBy: 'best',
    ranking: 'price + 1.0',
    filter: 'true',
    grouping: 'GROUPING_OFFER',
    pageSize: '5',
    currency: 'EUR',
    facets: 'price, stops',
  });
  const response = await fetch(`${edge.url}/v1/searches/s1?${query}`);
  expect(await response.json()).toMatchObject({ searchId: 's2', askedAgain: { previousSearchId: 's1' } });
  expect(asked).toEqual({
    searchId: 's1',
    pageToken: '',
    options: {
      orderBy: 'best',
      ranking: 'price + 1.0',
      filter: 'true',
      grouping: Grouping.OFFER,
      pageSize: 5,
      currency: 'EUR',
      facets: ['price', 'stops'],
    },
  });
  await fetch(`${edge.url}/v1/searches/s1?pageToken=p2`);
  expect(asked).toEqual({ searchId: 's1', pageToken: 'p2', options: undefined });
});

test.each([
  ['pageSize=ten', 'pageSize'],
  ['size=3', 'size'],
  ['grouping=product', 'grouping'],
  ['pageToken=p2&orderBy=price', 'pageToken'],
  ['pageToken=p2&currency=EUR', 'pageToken'],
  ['filter=a&filter=b', 'filter'],
])('refuses the page parameters %s by name', async (query, field) => {
  const edge = await edgeWith({});
  const response = await fetch(`${edge.url}/v1/searches/s1?${query}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ reason: 'INVALID_FIELD', violations: [{ field }] });
});

test('explains a search, and a product that is missing in it', async () => {
  const asked: unknown[] = [];
  const edge = await edgeWith({
    explainSearch: async (request) => {
      asked.push(request);
      return ExplainSearchResponse.fromPartial({ searchId: request.searchId, completedBecause: 'deadline' });
    },
  });
  const response = await fetch(`${edge.url}/v1/searches/s1:explain`);
  expect([response.status, await response.json()]).toEqual([200, { searchId: 's1', completedBecause: 'deadline' }]);
  await fetch(`${edge.url}/v1/searches/s1:explain?productId=fl_1`);
  expect(asked).toEqual([
    { searchId: 's1', productId: '' },
    { searchId: 's1', productId: 'fl_1' },
  ]);
  const wrong = await fetch(`${edge.url}/v1/searches/s1:explain?product=fl_1&pageSize=2`);
  expect(wrong.status).toBe(400);
  expect(await wrong.json()).toMatchObject({ violations: [{ field: 'product' }, { field: 'pageSize' }] });
  const verb = await fetch(`${edge.url}/v1/searches/s1:delete`);
  expect([verb.status, await verb.json()]).toMatchObject([404, { reason: 'ROUTE_NOT_FOUND' }]);
  expect(asked).toHaveLength(2);
});

test("carries the client's deadline down", async () => {
  let context: MeshContext | undefined;
  const edge = await edgeWith({
    search: async function* (_request, given) {
      context = given;
      yield update(1, { complete: true });
    },
  });
  const before = Date.now();
  await (await post(edge, flight, { 'entrepot-timeout-ms': '2000' })).text();
  expect(context?.deadline).toBeGreaterThan(before + 1_000);
  expect(context?.deadline).toBeLessThanOrEqual(Date.now() + 2_000);
});

test('cancels the search when the client goes away', async () => {
  let cancelled = false;
  const edge = await edgeWith({
    search: async function* (_request, context) {
      yield update(1);
      await new Promise((resolve) => context.signal.addEventListener('abort', resolve, { once: true }));
      cancelled = true;
    },
  });
  const client = httpRequest(`${edge.url}/v1/searches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
  });
  client.on('response', (response) => response.once('data', () => client.destroy()));
  client.on('error', () => {});
  client.end(JSON.stringify(flight));
  await vi.waitFor(() => expect(cancelled).toBe(true), { timeout: 5_000 });
});

test('sheds with 429 and Retry-After when it has too much to do, but still answers probes', async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const edge = await edgeWith(
    {
      search: async function* () {
        await held;
        yield update(1, { complete: true });
      },
    },
    { admission: { maxCalls: 1 } },
  );
  const first = post(edge, flight);
  await vi.waitFor(async () => {
    const second = await post(edge, flight);
    expect(second.status).toBe(429);
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await second.json()).toMatchObject({ reason: 'OVERLOADED' });
  });
  expect((await fetch(`${edge.url}/healthz`)).status).toBe(200);
  release();
  expect((await first).status).toBe(200);
});

test('believes who asks only where it is told to, and sheds the lower tier of those first', async () => {
  const asked: string[] = [];
  const gate = Promise.withResolvers<void>();
  const query: Partial<Query> = {
    search: async function* (_request, context) {
      asked.push(context.client);
      await gate.promise;
      yield update(1, { complete: true });
    },
  };
  const open = await edgeWith(query);
  const trusting = await edgeWith(query, {
    trustClientHeader: true,
    admission: { maxCalls: 2, tierOf: (client) => ({ name: client, share: client === 'shop' ? 1 : 0.5 }) },
  });
  const first = [
    post(open, flight, { 'entrepot-client': 'shop' }),
    post(trusting, flight, { 'entrepot-client': 'report' }),
  ];
  await vi.waitFor(() => expect(asked.toSorted()).toEqual(['public', 'report']));
  expect((await post(trusting, flight, { 'entrepot-client': 'report' })).status).toBe(429);
  expect((await post(trusting, flight)).status).toBe(429);
  const shop = post(trusting, flight, { 'entrepot-client': 'shop' });
  await vi.waitFor(() => expect(asked).toContain('shop'));
  gate.resolve();
  for (const answer of [...first, shop]) expect((await answer).status).toBe(200);
});

test('does not count a stream as work once its search is complete', async () => {
  const gate = Promise.withResolvers<void>();
  const edge = await edgeWith(
    {
      search: async function* () {
        yield update(1, { complete: true });
        await gate.promise;
        yield update(2, { complete: true });
      },
    },
    { admission: { startAtWork: 2, leastAtWork: 2 } },
  );
  const streams: Response[] = [];
  for (let index = 0; index < 10; index++) {
    const response = await post(edge, flight, { accept: 'application/x-ndjson' });
    expect(response.status).toBe(200);
    streams.push(response);
  }
  gate.resolve();
  for (const response of streams) expect(await response.text()).toContain('{"end":{}}');
});

test('is alive whatever is below it, and ready only when searches can be served', async () => {
  const edge = await edgeWith({}, { readiness: async () => [{ service: 'query', reason: 'It is not serving.' }] });
  expect((await fetch(`${edge.url}/healthz`)).status).toBe(200);
  const ready = await fetch(`${edge.url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ missing: [{ service: 'query' }] });
});

test('describes itself from the contracts', async () => {
  const edge = await edgeWith({});
  const document = (await (await fetch(`${edge.url}/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<string, { get?: { parameters: { name: string }[] } }>;
    components: { schemas: Record<string, { properties: Record<string, { description: string }> }> };
  };
  expect(document.openapi).toBe('3.1.0');
  const page = document.paths['/v1/searches/{searchId}'] as { get: { parameters: { name: string }[] } };
  expect(page.get.parameters.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['orderBy', 'ranking', 'filter', 'currency', 'facets']),
  );
  expect(document.components.schemas.Flight?.properties.departure?.description).toContain('orderBy, facets');
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/v1/offers/{offerId}:explain', '/v1/searches/{searchId}:explain']),
  );
  expect(document.components.schemas.Flight?.properties.stops?.description).toContain(
    'usable in filter, orderBy, facets',
  );
  expect(document.components.schemas.SearchRequest?.properties).toMatchObject({
    good: { $ref: '#/components/schemas/GoodCriteria' },
    ride: { $ref: '#/components/schemas/RideCriteria' },
  });
  expect(document.components.schemas.Ride?.properties.pickupEtaMinutes?.description).toContain('Unit: min.');
  expect(document.components.schemas.Price?.properties.totalMax?.description).toContain('of a ride the upper one');
  const text = JSON.stringify(document);
  for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
    expect(document.components.schemas).toHaveProperty(name ?? '');
});

import { request as httpRequest } from 'node:http';
import { getIntrospectionQuery } from 'graphql';
import { createClient } from 'graphql-sse';
import { afterEach, expect, test } from 'vitest';
import type { SearchRequest, SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { edgeWith as startEdgeWith } from '../connect/test-edge.ts';
import type { Edge } from '../server.ts';
import { hashOf } from './persisted.ts';
import { end, flight, post, update } from './testing.ts';

const edges: Edge[] = [];
afterEach(async () => {
  for (const edge of edges.splice(0)) await edge.close();
});

const edgeWith = async (...given: Parameters<typeof startEdgeWith>): Promise<Edge> => {
  const edge = await startEdgeWith(...given);
  edges.push(edge);
  return edge;
};

const page = `query Page { search(${flight}) { totalSize offers { offerId cost: price { total { amount } } } } }`;
const pageData = { search: { totalSize: 1, offers: [{ offerId: 'o1', cost: { total: { amount: '627.00' } } }] } };
const searching = {
  search: async function* () {
    yield end;
  },
};

test('a search answers with its page, made of what was selected', async () => {
  let asked: SearchRequest | undefined;
  const edge = await edgeWith({
    search: async function* (request) {
      asked = request;
      yield end;
    },
  });
  const response = await post(edge, { query: page });
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'application/graphql-response+json; charset=utf-8',
  ]);
  expect(await response.json()).toEqual({ data: pageData });
  expect(asked).toMatchObject({
    delivery: 2,
    currency: 'GBP',
    readMask: ['offer_id', 'price.total.amount'],
    facets: ['partner'],
  });
});

test('variables are arguments, and GET takes what changes nothing', async () => {
  const edge = await edgeWith({
    getOffer: async ({ offerId }) => ({ offer: end.update.upserts[0] && { ...end.update.upserts[0], offerId } }),
  });
  const query = 'query ($id: String!) { getOffer(offerId: $id) { offerId } }';
  const data = { data: { getOffer: { offerId: 'o7' } } };
  expect(await (await post(edge, { query, variables: { id: 'o7' } })).json()).toEqual(data);
  const inUrl = new URLSearchParams({ query, variables: '{"id":"o7"}' });
  expect(await (await fetch(`${edge.url}/graphql?${inUrl}`)).json()).toEqual(data);
  const refused = await fetch(
    `${edge.url}/graphql?${new URLSearchParams({ query: 'mutation { verify(offerId: "o7") { changed } }' })}`,
  );
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST']);
});

test('a field that fails is null with the problem beside it, and leaves the others', async () => {
  const edge = await edgeWith({
    ...searching,
    getOffer: async () => {
      throw new EntrepotError({ reason: 'OVERLOADED', message: 'Come back.', retryAfterMs: 2_500 });
    },
  });
  const response = await post(
    edge,
    { query: `{ search(${flight}) { totalSize }\n  one: getOffer(offerId: "o1") { partner } }` },
    { 'x-request-id': 'r-1' },
  );
  expect([response.status, response.headers.get('retry-after')]).toEqual([200, '3']);
  expect(await response.json()).toMatchObject({
    data: { search: { totalSize: 1 }, one: null },
    errors: [
      {
        message: 'Come back.',
        path: ['one'],
        locations: [{ line: 2, column: 3 }],
        extensions: { reason: 'OVERLOADED', code: 'RESOURCE_EXHAUSTED', retryAfterMs: 2_500, requestId: 'r-1' },
      },
    ],
  });
});

test('mutations run one after the other', async () => {
  const order: string[] = [];
  const edge = await edgeWith({
    verify: async ({ offerId }) => {
      order.push(`${offerId} begins`);
      await Promise.resolve();
      order.push(`${offerId} ends`);
      return { offer: undefined, changed: false, changes: [] };
    },
  });
  await post(edge, { query: 'mutation { a: verify(offerId: "a") { changed } b: verify(offerId: "b") { changed } }' });
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

test.each([
  ['{ search(', 400, 'INVALID_DOCUMENT', [{ line: 1, column: 10 }]],
  ['{\n  getOffer(offerId: "1") { prise }\n}', 400, 'INVALID_DOCUMENT', [{ line: 2, column: 28 }]],
  ['{ getOffer(offerId: 1) { partner } }', 400, 'INVALID_DOCUMENT', [{ line: 1, column: 21 }]],
])('%s is refused with where it is wrong', async (query, status, reason, locations) => {
  const edge = await edgeWith({});
  const response = await post(edge, { query });
  const { data, errors } = (await response.json()) as {
    data?: unknown;
    errors: { locations: unknown; extensions: { reason: string } }[];
  };
  expect([response.status, data, errors[0]?.extensions.reason, errors[0]?.locations]).toEqual([
    status,
    undefined,
    reason,
    locations,
  ]);
  const plain = await post(edge, { query }, { accept: 'application/json' });
  expect([plain.status, plain.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
});

test.each([
  ['{"query": ', 400, 'MALFORMED_BODY'],
  ['{"query": 5}', 400, 'MALFORMED_BODY'],
  ['{}', 400, 'MALFORMED_BODY'],
  [{ query: 'query ($id: String!) { getOffer(offerId: $id) { partner } }' }, 400, 'INVALID_FIELD'],
  [{ query: 'query A { getCaller { client } } query B { getCaller { client } }' }, 400, 'INVALID_DOCUMENT'],
  [
    { query: '{ search(flight: {adults: 1, origin: "LHR"}, stay: {rooms: []}, currency: "GBP") { totalSize } }' },
    400,
    'INVALID_FIELD',
  ],
  [{ query: `subscription { search(${flight}) { revision } }` }, 400, 'INVALID_DOCUMENT'],
  [[{ query: '{ getCaller { client } }' }, { query: '{ getCaller { client } }' }], 400, 'TOO_COMPLEX'],
  [{ query: '{ getCaller { client } }', documentId: 'absent' }, 404, 'OPERATION_NOT_FOUND'],
])('%j is %i %s', async (body, status, reason) => {
  const response = await post(await edgeWith({}), body);
  const { errors } = (await response.json()) as { errors: { extensions: { reason: string } }[] };
  expect([response.status, errors[0]?.extensions.reason]).toEqual([status, reason]);
});

test('what does not fit the request is said by its path', async () => {
  const query = 'query ($f: FlightCriteriaInput) { search(flight: $f, stay: {}, currency: "GBP") { totalSize } }';
  const response = await post(await edgeWith({}), { query, variables: { f: { adults: 1 } } });
  expect(await response.json()).toMatchObject({
    errors: [{ extensions: { reason: 'INVALID_FIELD', violations: [{ field: 'stay' }] } }],
  });
});

test('batches are answered where they are allowed, each operation for itself', async () => {
  const edge = await edgeWith(searching, { graphql: { limits: { operations: 2, cost: 30_000 } } });
  const answers = await (await post(edge, [{ query: page }, { query: '{ nothing }' }])).json();
  expect(answers).toMatchObject([{ data: pageData }, { errors: [{ extensions: { reason: 'INVALID_DOCUMENT' } }] }]);
  expect(await (await post(edge, [{ query: page }, { query: page }])).json()).toMatchObject([
    { data: pageData },
    { errors: [{ extensions: { reason: 'TOO_COMPLEX', metadata: { limit: 'cost' } } }] },
  ]);
});

test('a document that was sent with its hash is known by the hash alone', async () => {
  const edge = await edgeWith(searching);
  const extensions = { persistedQuery: { version: 1, sha256Hash: hashOf(page) } };
  const unknown = await post(edge, { extensions });
  expect([unknown.status, await unknown.json()]).toMatchObject([
    404,
    { errors: [{ message: 'PersistedQueryNotFound', extensions: { reason: 'OPERATION_NOT_FOUND' } }] },
  ]);
  expect(await (await post(edge, { query: `${page} `, extensions })).json()).toMatchObject({
    errors: [{ extensions: { reason: 'INVALID_DOCUMENT' } }],
  });
  expect(await (await post(edge, { query: page, extensions })).json()).toEqual({ data: pageData });
  const inUrl = new URLSearchParams({ extensions: JSON.stringify(extensions) });
  expect(await (await fetch(`${edge.url}/graphql?${inUrl}`)).json()).toEqual({ data: pageData });
});

test('the schema is text at its address, and answers introspection unless that is switched off', async () => {
  const edge = await edgeWith(searching);
  expect(await (await fetch(`${edge.url}/graphql/schema.graphql`)).text()).toContain('type Query {');
  const query = getIntrospectionQuery();
  const { data, errors } = (await (await post(edge, { query })).json()) as {
    data: { __schema: { types: unknown[] } };
    errors?: unknown;
  };
  expect(errors).toBeUndefined();
  expect(data.__schema.types.length).toBeGreaterThan(100);
  const mixed = await post(edge, {
    query: `query ($n: String!) { __typename kind: __type(name: $n) { name } search(${flight}) { totalSize } }`,
    variables: { n: 'Offer' },
  });
  expect(await mixed.json()).toEqual({
    data: { __typename: 'Query', kind: { name: 'Offer' }, search: { totalSize: 1 } },
  });
  const closed = await edgeWith({}, { graphql: { introspection: false } });
  expect((await post(closed, { query })).status).toBe(400);
});

test('an unmodified graphql-sse client follows a whole search', async () => {
  const edge = await edgeWith({
    search: async function* () {
      yield update(1, { upserts: [{ offerId: 'o1' }] });
      yield end;
    },
  });
  const client = createClient({ url: `${edge.url}/graphql` });
  const query = `subscription { search(${flight}) { revision complete upserts { offerId } } }`;
  const seen: unknown[] = [];
  for await (const { data } of client.iterate({ query })) seen.push(data);
  expect(seen).toEqual([
    { search: { revision: 1, complete: false, upserts: [{ offerId: 'o1' }] } },
    { search: { revision: 2, complete: true, upserts: [{ offerId: 'o1' }] } },
  ]);
  const once: unknown[] = [];
  for await (const { data } of client.iterate({ query: page })) once.push(data);
  expect(once).toEqual([pageData]);
  client.dispose();
});

test('what a stream of events is refused with, or fails with, is an event', async () => {
  const edge = await edgeWith({
    search: async function* () {
      yield update(1);
      throw new EntrepotError({ reason: 'SUPPLY_UNAVAILABLE', message: 'Gone.' });
    },
  });
  const client = createClient({ url: `${edge.url}/graphql` });
  const read = async (query: string): Promise<unknown[]> => {
    const seen: unknown[] = [];
    for await (const result of client.iterate({ query })) seen.push(result);
    return seen;
  };
  expect(await read(`subscription { search(${flight}) { revision } }`)).toMatchObject([
    { data: { search: { revision: 1 } } },
    { data: { search: null }, errors: [{ path: ['search'], extensions: { reason: 'SUPPLY_UNAVAILABLE' } }] },
  ]);
  expect(await read('subscription { search { prise } }')).toMatchObject([
    { errors: [{ extensions: { reason: 'INVALID_DOCUMENT' } }] },
  ]);
  client.dispose();
});

test('a client that leaves ends what it followed', async () => {
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const edge = await edgeWith({
    search: async function* (_request, { signal }) {
      signal.addEventListener('abort', () => resolve());
      yield update(1);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      yield end;
    },
  });
  const client = createClient({ url: `${edge.url}/graphql` });
  for await (const { data } of client.iterate<{ search: SearchUpdate }>({
    query: `subscription { search(${flight}) { revision } }`,
  })) {
    expect(data?.search.revision).toBe(1);
    break;
  }
  await left;
  client.dispose();
});

test('an edge that stops tells who follows when to come back', async () => {
  const edge = await startEdgeWith({
    search: async function* (_request, { signal }) {
      yield update(1);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      yield end;
    },
  });
  const client = createClient({ url: `${edge.url}/graphql` });
  const seen = client.iterate({ query: `subscription { search(${flight}) { revision } }` });
  await seen.next();
  const stopping = edge.close();
  expect(await seen.next()).toMatchObject({ value: { errors: [{ extensions: { reason: 'DRAINING' } }] } });
  client.dispose();
  await stopping;
});

test('of a client that reads nothing no more is read than fits in between, and it is cut', async () => {
  let pulled = 0;
  const { promise: cut, resolve } = Promise.withResolvers<void>();
  const edge = await edgeWith(
    {
      search: async function* (_request, { signal }) {
        signal.addEventListener('abort', () => resolve());
        for (;;) yield update(++pulled, { retractedOfferIds: ['x'.repeat(64 * 1_024)] });
      },
    },
    { streams: { stalledMs: 50 } },
  );
  const asked = httpRequest(`${edge.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
  });
  asked.on('error', () => {});
  asked.on('response', (response) => response.on('error', () => {}));
  asked.end(JSON.stringify({ query: `subscription { search(${flight}) { retractedOfferIds } }` }));
  await cut;
  // Some megabytes wait in the buffers of the connection; what is not read is not made.
  expect(pulled).toBeLessThan(1_000);
  asked.destroy();
});

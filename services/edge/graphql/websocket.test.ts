import { once } from 'node:events';
import { type Client, createClient } from 'graphql-ws';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Clients, makeKey } from '../../../libs/clients/index.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { clientsFrom } from '../access/test-clients.ts';
import { edgeWith as startEdgeWith } from '../connect/test-edge.ts';
import type { Edge } from '../server.ts';
import { defaultStreams } from '../streams/options.ts';
import { end, flight, update } from './testing.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const edgeWith = async (...given: Parameters<typeof startEdgeWith>): Promise<Edge> => {
  const edge = await startEdgeWith(...given);
  closers.push(edge.close);
  return edge;
};

const addressOf = (edge: Edge): string => `${edge.url.replace('http', 'ws')}/graphql`;

function clientOf(edge: Edge, connectionParams?: Record<string, unknown>): Client {
  const client = createClient({
    url: addressOf(edge),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...(connectionParams && { connectionParams }),
  });
  closers.push(() => client.dispose());
  return client;
}

async function all(client: Client, query: string): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const result of client.iterate({ query })) seen.push(result);
  return seen;
}

const search = `subscription { search(${flight}) { revision complete upserts { offerId } } }`;

test('an unmodified graphql-ws client follows a whole search, and asks for pages on the same socket', async () => {
  const edge = await edgeWith({
    search: async function* ({ delivery }) {
      if (delivery !== 2) yield update(1, { upserts: [{ offerId: 'o1' }] });
      yield end;
    },
  });
  const client = clientOf(edge);
  const [followed, page] = await Promise.all([all(client, search), all(client, `{ search(${flight}) { totalSize } }`)]);
  expect(followed).toEqual([
    { data: { search: { revision: 1, complete: false, upserts: [{ offerId: 'o1' }] } } },
    { data: { search: { revision: 2, complete: true, upserts: [{ offerId: 'o1' }] } } },
  ]);
  expect(page).toEqual([{ data: { search: { totalSize: 1 } } }]);
});

test('what is refused is an error of the operation, with the problem in its extensions', async () => {
  const edge = await edgeWith({
    getOffer: async () => {
      throw new EntrepotError({ reason: 'OFFER_EXPIRED', message: 'Too late.' });
    },
  });
  const client = clientOf(edge);
  await expect(all(client, '{ nothing }')).rejects.toMatchObject([
    { locations: [{ line: 1, column: 3 }], extensions: { reason: 'INVALID_DOCUMENT' } },
  ]);
  expect(await all(client, '{ getOffer(offerId: "o1") { partner } }')).toMatchObject([
    { data: { getOffer: null }, errors: [{ path: ['getOffer'], extensions: { reason: 'OFFER_EXPIRED' } }] },
  ]);
});

test('a client that wants no more, or leaves, ends what it followed', async () => {
  let ended = 0;
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const edge = await edgeWith({
    search: async function* (_request, { signal }) {
      signal.addEventListener('abort', () => {
        ended++;
        if (ended === 2) resolve();
      });
      yield update(1);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      yield end;
    },
  });
  const client = clientOf(edge);
  for await (const _ of client.iterate({ query: search })) break;
  const other = clientOf(edge);
  for await (const _ of other.iterate({ query: search })) {
    void other.terminate();
    break;
  }
  await left;
  expect(ended).toBe(2);
});

test('one socket runs so many operations and no more', async () => {
  const edge = await edgeWith(
    {
      search: async function* (_request, { signal }) {
        yield update(1);
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        yield end;
      },
    },
    { streams: { socket: { ...defaultStreams.socket, maxOperations: 1 } } },
  );
  const client = clientOf(edge);
  const first = client.iterate({ query: search });
  await first.next();
  await expect(all(client, search)).rejects.toMatchObject([{ extensions: { reason: 'TOO_MANY_STREAMS' } }]);
  await first.return?.();
});

test('a client that does not say hello is cut', async () => {
  const edge = await edgeWith({}, { streams: { socket: { ...defaultStreams.socket, helloMs: 20 } } });
  const socket = new WebSocket(addressOf(edge), 'graphql-transport-ws');
  const [code] = await once(socket, 'close');
  expect(code).toBe(4408);
});

test('a client that answers no ping is cut', async () => {
  const edge = await edgeWith({}, { streams: { heartbeatMs: 20 } });
  const socket = new WebSocket(addressOf(edge), 'graphql-transport-ws', { autoPong: false });
  const [code] = await once(socket, 'close');
  expect(code).toBe(1006);
});

test('a page of another origin may not act for a client over a socket', async () => {
  const edge = await edgeWith({});
  const socket = new WebSocket(addressOf(edge), 'graphql-transport-ws', { origin: 'https://elsewhere.example' });
  const [request, { statusCode }] = await once(socket, 'unexpected-response');
  request.destroy();
  expect(statusCode).toBe(403);
});

test('a key may come with the first message, and one that is wrong ends the socket', async () => {
  const edge = await edgeWith({});
  const rightly = clientOf(edge, { Authorization: 'Bearer entrepot-development' });
  expect(await all(rightly, '{ getCaller { development } }')).toEqual([{ data: { getCaller: { development: true } } }]);
  const wrongly = clientOf(edge, { Authorization: 'Bearer ek_shop_wrong' });
  await expect(all(wrongly, '{ getCaller { client } }')).rejects.toMatchObject({ code: 4401 });
});

test('a key that is withdrawn ends the socket with the next heartbeat, and what runs on it', async () => {
  const { id, key, hash } = makeKey();
  const keys = (current: string): Clients =>
    clientsFrom(`clients:\n  shop: { permissions: [SEARCH], keys: [{ id: ${id}, hash: '${current}' }] }`);
  let clients = keys(hash);
  const ended = Promise.withResolvers<void>();
  const edge = await edgeWith(
    {
      search: async function* (_request, { signal }) {
        yield update(1, { upserts: [{ offerId: 'o1' }] });
        clients = keys(makeKey().hash);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        ended.resolve();
      },
    },
    { clients: () => clients, streams: { ...defaultStreams, heartbeatMs: 20 } },
  );
  const following = all(clientOf(edge, { 'Entrepot-Key': key }), search);
  await expect(following).rejects.toMatchObject({ code: 4401, reason: 'CREDENTIALS_INVALID' });
  await ended.promise;
});

test('a client that says hello in no way we know is closed with what is wrong', async () => {
  const edge = await edgeWith({});
  const socket = new WebSocket(addressOf(edge), 'entrepot.v1');
  const [code] = await once(socket, 'close');
  expect(code).toBe(4406);
});

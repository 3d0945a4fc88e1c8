import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { makeKey } from '../../../../libs/clients/index.ts';
import { SearchPage, SearchUpdate } from '../../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { type EntrepotError, toEntrepotError } from '../../../../libs/errors/index.ts';
import { clientsFrom } from '../../access/test-clients.ts';
import type { Edge, EdgeOptions } from '../../server.ts';
import { defaultStreams, type SocketOptions, type StreamOptions } from '../options.ts';
import { edgesOver, flightBody, type QueryMethods, updateOf } from '../testing.ts';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closers.splice(0).reverse()) await close();
});

async function edgeWith(
  methods: QueryMethods,
  { socket, ...streams }: Partial<Omit<StreamOptions, 'socket'>> & { socket?: Partial<SocketOptions> } = {},
  clients?: EdgeOptions['clients'],
): Promise<Edge> {
  const rig = await edgesOver(methods, {
    streams: { ...streams, socket: { ...defaultStreams.socket, ...socket } },
    ...(clients && { clients }),
  });
  closers.push(rig.close);
  return rig.edges[0]!;
}

type Message = Readonly<Record<string, unknown>> & { readonly id?: string };

interface Client {
  readonly socket: WebSocket;
  say(message: unknown): void;
  /** The next message that came, whichever it is. */
  next(): Promise<Message>;
  /** Every message of an operation until its end. */
  all(id: string): Promise<Message[]>;
  readonly closed: Promise<{ code: number; reason: string }>;
}

/** A client that was told that the edge is ready, unless it is told something else. */
async function client(
  edge: Edge,
  {
    path = '/v1/stream',
    protocol = 'entrepot.v1',
    headers = {} as Record<string, string>,
    ready = true,
    name = 'public',
  } = {},
): Promise<Client> {
  const socket = new WebSocket(`${edge.url.replace('http', 'ws')}${path}`, protocol, { headers });
  closers.push(() => socket.terminate());
  const messages: Message[] = [];
  let wake = Promise.withResolvers<void>();
  socket.on('message', (data) => {
    messages.push(JSON.parse(data.toString()) as Message);
    wake.resolve();
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close').then(([code, reason]) => ({ code: code as number, reason: String(reason) }));
  await once(socket, 'open');
  const next = async (): Promise<Message> => {
    while (messages.length === 0) {
      wake = Promise.withResolvers();
      await wake.promise;
    }
    return messages.shift()!;
  };
  if (ready) expect(await next()).toMatchObject({ ready: { client: name } });
  return {
    socket,
    say: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next,
    all: async (id) => {
      const own: Message[] = [];
      for (;;) {
        const message = await next();
        if (message.id !== id) continue;
        own.push(message);
        if ('end' in message || 'problem' in message || 'result' in message) return own;
      }
    },
    closed,
  };
}

/** One update, and then nothing until the client ends it. */
const quiet: QueryMethods['watchSearch'] = async function* (_request, { signal }) {
  yield updateOf(1);
  await once(signal, 'abort');
};

test('searches, follows and asks on one socket, each by its id', async () => {
  const edge = await edgeWith({
    search: async function* () {
      yield updateOf(1, { snapshot: true });
      yield updateOf(2, { complete: true });
    },
    watchSearch: async function* ({ cursor }) {
      expect(cursor).toBe('c1');
      yield updateOf(2, { complete: true });
    },
    getPage: async ({ searchId }) => ({ page: SearchPage.fromPartial({ searchId }) }),
  });
  const { say, all } = await client(edge);
  say({ id: 'a', method: 'Search', request: flightBody });
  expect(await all('a')).toEqual([
    { id: 'a', update: expect.objectContaining({ cursor: 'c1', snapshot: true }) },
    { id: 'a', update: expect.objectContaining({ cursor: 'c2', complete: true }) },
    { id: 'a', end: {} },
  ]);
  say({ id: 'b', method: 'entrepot.query.v1.QueryService/WatchSearch', request: { searchId: 's1', cursor: 'c1' } });
  expect(await all('b')).toEqual([
    { id: 'b', update: expect.objectContaining({ cursor: 'c2' }) },
    { id: 'b', end: {} },
  ]);
  // An id is free again once its operation has ended.
  say({ id: 'a', method: 'GetPage', request: { searchId: 's1' } });
  expect(await all('a')).toEqual([{ id: 'a', result: { page: { searchId: 's1' } } }]);
});

test.each([
  [{ method: 'Nothing' }, 'UNKNOWN_METHOD', undefined],
  [{ method: 'GetSpans' }, 'UNKNOWN_METHOD', undefined],
  [{ method: 'Search', request: { currencyy: 'GBP' } }, 'UNKNOWN_FIELD', 'currencyy'],
  [{ method: 'Search', request: { pageSize: 'many' } }, 'INVALID_FIELD', 'pageSize'],
  [{ method: 'Search', request: flightBody, timeoutMs: 1.5 }, 'INVALID_FIELD', 'timeoutMs'],
  [{ method: 'Search', request: [] }, 'INVALID_FIELD', 'request'],
  [{ method: 7 }, 'INVALID_FIELD', 'method'],
  [{ method: 'Search', more: 1 }, 'INVALID_FIELD', 'more'],
  [{ cancel: 'yes' }, 'INVALID_FIELD', 'cancel'],
  [{ method: 'GetOffer', request: { offerId: 'o1' } }, 'OFFER_NOT_FOUND', undefined],
])('what is wrong with %j is told by its id, and the socket stays', async (message, reason, field) => {
  const edge = await edgeWith({});
  const { say, next, all } = await client(edge);
  say({ id: '1', ...message });
  const { id, problem } = await next();
  expect(id).toBe('1');
  expect(problem).toMatchObject({ reason, ...(field !== undefined && { violations: [{ field }] }) });
  say({ id: '1', method: 'Search', request: flightBody });
  expect(await all('1')).toEqual([{ id: '1', end: {} }]);
});

test.each([
  [{ method: 'Search' }, 'id'],
  [{ id: '', method: 'Search' }, 'id'],
  [{ id: 7, method: 'Search' }, 'id'],
  [{ id: 'x'.repeat(129), method: 'Search' }, 'id'],
  [{ hello: { key: 'k' } }, 'hello'],
])('what cannot be told by an id is told without one (%j)', async (message, field) => {
  const edge = await edgeWith({});
  const { say, next } = await client(edge);
  say(message);
  const told = await next();
  expect(told).not.toHaveProperty('id');
  expect(told.problem).toMatchObject({ reason: 'INVALID_FIELD', violations: [{ field }] });
});

test.each(['{"id":', '[]', 'null', '"text"', ''])('what is no message closes the socket (%j)', async (text) => {
  const edge = await edgeWith({});
  const { say, next, closed } = await client(edge);
  say(text);
  expect(await next()).toMatchObject({ problem: { reason: 'MALFORMED_BODY' } });
  expect(await closed).toEqual({ code: 4400, reason: 'MALFORMED_BODY' });
});

test('bytes are no message', async () => {
  const edge = await edgeWith({});
  const { socket, closed } = await client(edge);
  socket.send(Buffer.from('{}'));
  expect(await closed).toEqual({ code: 4400, reason: 'MALFORMED_BODY' });
});

test('a message that is too long closes the socket, also in pieces', async () => {
  const edge = await edgeWith({}, { socket: { maxMessageBytes: 1_000 } });
  const whole = await client(edge);
  whole.say('x'.repeat(2_000));
  expect((await whole.closed).code).toBe(1009);
  const pieces = await client(edge);
  for (let at = 0; at < 20; at++) pieces.socket.send('x'.repeat(100), { fin: false });
  expect((await pieces.closed).code).toBe(1009);
});

test('a message in very many pieces closes the socket', async () => {
  const edge = await edgeWith({});
  const { socket, closed } = await client(edge);
  for (let at = 0; at < 1_000; at++) socket.send('x', { fin: false });
  expect((await closed).code).toBe(1008);
});

test('compression is not agreed on', async () => {
  const edge = await edgeWith({});
  const { socket } = await client(edge);
  expect(socket.extensions).toBe('');
});

test('an id that is in use is not used again, and its operation goes on', async () => {
  const edge = await edgeWith({ watchSearch: quiet });
  const { say, next, all } = await client(edge);
  say({ id: '1', method: 'WatchSearch', request: { searchId: 's1' } });
  expect(await next()).toHaveProperty('update');
  say({ id: '1', method: 'Search', request: flightBody });
  const told = await next();
  expect(told).not.toHaveProperty('id');
  expect(told).toMatchObject({ problem: { reason: 'INVALID_FIELD', violations: [{ field: 'id' }] } });
  say({ id: '1', cancel: true });
  expect(await all('1')).toEqual([{ id: '1', end: {} }]);
});

test('what is cancelled is cancelled below, and what does not run is cancelled in vain', async () => {
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  const edge = await edgeWith({
    watchSearch: async function* (_request, { signal }) {
      signal.addEventListener('abort', () => resolve());
      yield updateOf(1);
      await cancelled;
    },
  });
  const { say, next, all } = await client(edge);
  say({ id: 'none', cancel: true });
  say({ id: '1', method: 'WatchSearch', request: { searchId: 's1' } });
  expect(await next()).toMatchObject({ id: '1', update: {} });
  say({ id: '1', cancel: true });
  expect(await all('1')).toEqual([{ id: '1', end: {} }]);
  await cancelled;
});

test('no more operations run on a socket than may', async () => {
  const edge = await edgeWith({ watchSearch: quiet }, { socket: { maxOperations: 2 } });
  const { say, all } = await client(edge);
  for (const id of ['1', '2', '3']) say({ id, method: 'WatchSearch', request: { searchId: 's1' } });
  const metadata = { limit: '2' };
  expect(await all('3')).toEqual([
    { id: '3', problem: expect.objectContaining({ reason: 'TOO_MANY_STREAMS', metadata }) },
  ]);
  say({ id: '1', cancel: true });
  await all('1');
  say({ id: '3', method: 'Search', request: flightBody });
  expect(await all('3')).toEqual([{ id: '3', end: {} }]);
});

test('everything that runs on a socket ends with it', async () => {
  const gone = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let begun = 0;
  const edge = await edgeWith({
    watchSearch: async function* (_request, { signal }) {
      const own = gone[begun++]!;
      signal.addEventListener('abort', () => own.resolve());
      yield updateOf(1);
      await own.promise;
    },
  });
  const { say, next, socket } = await client(edge);
  for (const id of ['1', '2']) say({ id, method: 'WatchSearch', request: { searchId: 's1' } });
  await next();
  await next();
  socket.terminate();
  await Promise.all(gone.map(({ promise }) => promise));
});

test('an update is encoded once for all sockets that are told it', async () => {
  const shared = updateOf(1, { complete: true });
  const toJSON = vi.spyOn(SearchUpdate, 'toJSON');
  const edge = await edgeWith({
    search: async function* () {
      yield shared;
    },
  });
  for (const id of ['1', 'other "id"']) {
    const { say, all } = await client(edge);
    say({ id, method: 'Search', request: flightBody });
    expect((await all(id))[0]).toMatchObject({ id, update: { cursor: 'c1' } });
  }
  expect(toJSON).toHaveBeenCalledTimes(1);
});

test('of a client that reads nothing no more is read than fits in between, and it is given up', async () => {
  const ended = Promise.withResolvers<EntrepotError>();
  const filler = 'x'.repeat(64 * 1_024);
  let pulled = 0;
  const edge = await edgeWith(
    {
      watchSearch: async function* (_request, { signal }) {
        signal.addEventListener('abort', () => ended.resolve(toEntrepotError(signal.reason)));
        for (let revision = 1; ; revision++) {
          pulled++;
          yield updateOf(revision, { retractedOfferIds: [filler] });
        }
      },
    },
    { stalledMs: 100 },
  );
  const { socket, say, closed } = await client(edge);
  socket.pause();
  for (const id of ['1', '2', '3']) say({ id, method: 'WatchSearch', request: { searchId: 's1' } });
  await ended.promise;
  // What the kernel keeps for a connection on both sides is a few MiB; the source has no end.
  expect(pulled * filler.length).toBeLessThan(32 * 2 ** 20);
  socket.resume();
  await closed;
});

test('a client that sends and does not read is not listened to any more', async () => {
  const edge = await edgeWith({}, { stalledMs: 100 });
  const socket = connect(Number(new URL(edge.url).port), '127.0.0.1');
  closers.push(() => void socket.destroy());
  socket.on('error', () => undefined);
  const key = Buffer.alloc(16).toString('base64');
  const upgrade = `upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\nsec-websocket-protocol: entrepot.v1\r\n`;
  socket.write(`GET /v1/stream HTTP/1.1\r\nhost: localhost\r\n${upgrade}\r\n`);
  await once(socket, 'data');
  socket.pause();
  // {"id":1} is refused with a problem that is many times as long.
  const message = Buffer.concat([Buffer.from([0x81, 0x88, 0, 0, 0, 0]), Buffer.from('{"id":1}')]);
  const flood = Buffer.concat(Array(4_096).fill(message));
  let sent = 0;
  const pour = (): void => {
    while (!socket.destroyed && socket.write(flood)) sent += flood.length;
    sent += flood.length;
  };
  socket.on('drain', pour);
  pour();
  await new Promise((resolve) => socket.once('close', resolve));
  expect(sent).toBeLessThan(64 * 2 ** 20);
});

test('a peer that answers no ping is given up', async () => {
  const edge = await edgeWith({}, { heartbeatMs: 20 });
  const socket = new WebSocket(`${edge.url.replace('http', 'ws')}/v1/stream`, 'entrepot.v1', { autoPong: false });
  socket.on('error', () => undefined);
  await once(socket, 'ping');
  const [code] = await once(socket, 'close');
  expect(code).toBe(1006);
});

test('a peer that answers is not', async () => {
  const edge = await edgeWith({}, { heartbeatMs: 20 });
  const { socket, say, all } = await client(edge);
  for (let beats = 0; beats < 4; beats++) await once(socket, 'ping');
  say({ id: '1', method: 'Search', request: flightBody });
  expect(await all('1')).toEqual([{ id: '1', end: {} }]);
});

test('an edge that stops ends every operation with DRAINING, and the socket after them', async () => {
  const edge = await edgeWith({ watchSearch: quiet });
  const { say, next, closed } = await client(edge);
  for (const id of ['1', '2']) say({ id, method: 'WatchSearch', request: { searchId: 's1' } });
  await next();
  await next();
  const stopped = edge.close();
  for (const id of ['1', '2']) {
    expect(await next()).toMatchObject({ id, problem: { reason: 'DRAINING', retryAfterMs: expect.any(Number) } });
  }
  expect(await closed).toEqual({ code: 1001, reason: 'DRAINING' });
  await stopped;
});

test('pages of other origins may not open one, pages of this machine may', async () => {
  const edge = await edgeWith({});
  expect(await refusal(edge, '', { origin: 'https://elsewhere.example' })).toBe(403);
  await client(edge, { headers: { origin: 'http://localhost:5173' } });
  await client(edge, { headers: { origin: edge.url } });
});

describe('where clients have keys', () => {
  const { id, key, hash } = makeKey();
  const file = `clients:\n  shop: { permissions: [SEARCH], origins: ['https://shop.example'], keys: [{ id: ${id}, hash: '${hash}' }] }`;
  const shop = clientsFrom(file);
  const edgeOfShop = (helloMs = 60_000): Promise<Edge> => edgeWith({}, { socket: { helloMs } }, () => shop);

  test.each([
    ['a header', '', { 'entrepot-key': key }],
    ['the address', `?access_token=${key}`, {}],
  ])('%s says who opens it', async (_, query, headers) => {
    const edge = await edgeOfShop();
    const { say, all } = await client(edge, { path: `/v1/stream${query}`, headers, name: 'shop' });
    say({ id: '1', method: 'Search', request: flightBody });
    expect(await all('1')).toEqual([{ id: '1', end: {} }]);
    say({ id: '1', method: 'ListAccuracy' });
    expect(await all('1')).toEqual([{ id: '1', problem: expect.objectContaining({ reason: 'NOT_PERMITTED' }) }]);
  });

  test('a key that is not known is refused as anywhere', async () => {
    expect(await refusal(await edgeOfShop(), '?access_token=nonsense')).toBe(401);
  });

  test('the first message says who opened it, and what comes with it waits until that is known', async () => {
    const { say, next, all } = await client(await edgeOfShop(), { ready: false });
    say({ hello: { key } });
    say({ id: '1', method: 'Search', request: flightBody });
    expect(await next()).toMatchObject({ ready: { client: 'shop' } });
    expect(await all('1')).toEqual([{ id: '1', end: {} }]);
  });

  test.each([
    [{ hello: { key: 'nonsense' } }, {}, 4401, 'CREDENTIALS_INVALID'],
    [{ hello: {} }, {}, 4400, 'INVALID_FIELD'],
    [{ id: '1', method: 'Search', request: flightBody }, {}, 4401, 'CREDENTIALS_MISSING'],
    [{ hello: { key } }, { origin: 'https://elsewhere.example' }, 4403, 'NOT_PERMITTED'],
  ])('%j as the first message closes it', async (message, headers, code, reason) => {
    const { say, next, closed } = await client(await edgeOfShop(), { ready: false, headers });
    say(message);
    expect(await next()).toMatchObject({ problem: { reason } });
    expect(await closed).toEqual({ code, reason });
  });

  test.each(['header', 'first message'])(
    'a key given by %s and withdrawn ends what runs on the socket with the next heartbeat, and the socket',
    async (by) => {
      let clients = shop;
      const edge = await edgeWith({ watchSearch: quiet }, { heartbeatMs: 20 }, () => clients);
      const hello = by === 'first message';
      const { say, next, all, closed } = await client(edge, {
        headers: hello ? {} : { 'entrepot-key': key },
        name: 'shop',
        ready: !hello,
      });
      if (hello) say({ hello: { key } });
      if (hello) expect(await next()).toMatchObject({ ready: { client: 'shop' } });
      say({ id: '1', method: 'WatchSearch', request: { searchId: 's1' } });
      expect(await next()).toMatchObject({ id: '1', update: {} });
      clients = clientsFrom(file.replace(hash, makeKey().hash));
      expect(await all('1')).toEqual([
        { id: '1', problem: expect.objectContaining({ reason: 'CREDENTIALS_INVALID' }) },
      ]);
      expect(await closed).toEqual({ code: 4401, reason: 'CREDENTIALS_INVALID' });
    },
  );

  test('a client that is permitted less from now on asks with less on a socket that was open', async () => {
    let clients = shop;
    const edge = await edgeWith({}, { heartbeatMs: 20 }, () => clients);
    const { socket, say, all } = await client(edge, { headers: { 'entrepot-key': key }, name: 'shop' });
    clients = clientsFrom(file.replace('SEARCH', 'OPERATIONS'));
    await once(socket, 'ping');
    await once(socket, 'ping');
    say({ id: '1', method: 'Search', request: flightBody });
    expect(await all('1')).toEqual([{ id: '1', problem: expect.objectContaining({ reason: 'NOT_PERMITTED' }) }]);
  });

  test('who does not say who it is in time is turned away', async () => {
    const { next, closed } = await client(await edgeOfShop(20), { ready: false });
    expect(await next()).toMatchObject({ problem: { reason: 'CREDENTIALS_MISSING' } });
    expect(await closed).toEqual({ code: 4408, reason: 'CREDENTIALS_MISSING' });
  });
});

test('another subprotocol is not spoken here, and without an upgrade nothing is', async () => {
  const edge = await edgeWith({});
  const { next, closed } = await client(edge, { protocol: 'graphql-transport-ws', ready: false });
  expect(await next()).toMatchObject({ problem: { reason: 'INVALID_FIELD' } });
  expect((await closed).code).toBe(4400);
  const plain = await fetch(`${edge.url}/v1/stream`);
  expect(plain.status).toBe(404);
  expect(await plain.json()).toMatchObject({ reason: 'ROUTE_NOT_FOUND' });
});

test('no more sockets are open than may', async () => {
  const edge = await edgeWith({}, { socket: { maxSockets: 1 } });
  await client(edge);
  expect(await refusal(edge)).toBe(429);
});

/** The status with which an upgrade is refused. */
async function refusal(edge: Edge, query = '', headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(`${edge.url.replace('http', 'ws')}/v1/stream${query}`, 'entrepot.v1', { headers });
  socket.on('error', () => undefined);
  const [, response] = await once(socket, 'unexpected-response');
  return response.statusCode;
}

/** The clients of a file. */

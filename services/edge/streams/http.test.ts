import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError, type EntrepotError as Failure, toEntrepotError } from '../../../libs/errors/index.ts';
import type { Edge, EdgeOptions } from '../server.ts';
import { edgesOver, flightBody, type QueryMethods, updateOf } from './testing.ts';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closers.splice(0).reverse()) await close();
});

async function edgeWith(methods: QueryMethods, streams: EdgeOptions['streams'] = {}): Promise<Edge> {
  const rig = await edgesOver(methods, { streams });
  closers.push(rig.close);
  return rig.edges[0]!;
}

const accepts = { sse: 'text/event-stream', ndjson: 'application/x-ndjson' } as const;

/** A stream of a search, read piece by piece. */
async function follow(
  edge: Edge,
  accept: string,
  path = '/v1/searches/s1/updates',
  headers: Record<string, string> = {},
): Promise<{
  response: Response;
  until: (wanted: string) => Promise<string>;
  rest: () => Promise<string>;
  leave: () => Promise<void>;
}> {
  const response = await fetch(`${edge.url}${path}`, { headers: { accept, ...headers } });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const read = async (): Promise<boolean> => {
    const { done, value } = await reader.read();
    text += value ?? '';
    return !done;
  };
  return {
    response,
    until: async (wanted) => {
      while (!text.includes(wanted)) if (!(await read())) throw new Error(`The stream ended with ${text}`);
      return text;
    },
    rest: async () => {
      while (await read());
      return text;
    },
    leave: () => reader.cancel(),
  };
}

test.each(Object.values(accepts))('%s is kept alive while nothing happens', async (accept) => {
  const { promise: more, resolve } = Promise.withResolvers<void>();
  const edge = await edgeWith(
    {
      watchSearch: async function* () {
        yield updateOf(1);
        await more;
        yield updateOf(2, { complete: true });
      },
    },
    { heartbeatMs: 5 },
  );
  const stream = await follow(edge, accept);
  const beat = accept === accepts.sse ? ': still here\n\n: still here\n\n' : '}\n\n\n';
  await stream.until(beat);
  resolve();
  expect(await stream.rest()).toContain('"cursor":"c2"');
});

test('an EventSource is told how long to wait before it comes back', async () => {
  const edge = await edgeWith({ watchSearch: () => once1(updateOf(1)) }, { reconnectMs: 250 });
  expect(await (await follow(edge, accepts.sse)).rest()).toMatch(/^retry: 250\n\nid: c1\n/);
});

test.each(Object.values(accepts))(
  '%s that has nothing to say yet is answered all the same, and refused by an event',
  async (accept) => {
    const { promise: refuse, reject } = Promise.withResolvers<never>();
    const edge = await edgeWith(
      {
        // biome-ignore lint/correctness/useYield: it fails before its first update.
        watchSearch: async function* () {
          await refuse;
        },
      },
      { headMs: 1 },
    );
    const stream = await follow(edge, accept);
    expect(stream.response.status).toBe(200);
    reject(new EntrepotError({ reason: 'SEARCH_NOT_FOUND', message: 'It is no longer held.' }));
    expect(await stream.rest()).toMatch(/problem[\s\S]*SEARCH_NOT_FOUND/);
  },
);

test('an update is encoded once for all who are told it, in whatever framing', async () => {
  const shared = updateOf(1, { complete: true });
  const toJSON = vi.spyOn(SearchUpdate, 'toJSON');
  const edge = await edgeWith({ watchSearch: () => once1(shared) });
  for (const accept of [accepts.sse, accepts.ndjson, accepts.sse, accepts.ndjson]) {
    expect(await (await follow(edge, accept)).rest()).toContain('"cursor":"c1"');
  }
  expect(toJSON).toHaveBeenCalledTimes(1);
});

test.each(Object.entries(accepts))(
  'of a client that reads nothing no more is read than fits in between, and it is cut with a typed reason (%s)',
  async (_, accept) => {
    const ended = Promise.withResolvers<Failure>();
    let pulled = 0;
    const filler = 'x'.repeat(64 * 1_024);
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
    const socket = connect(Number(new URL(edge.url).port), '127.0.0.1');
    closers.push(() => void socket.destroy());
    socket.on('error', () => undefined);
    socket.pause();
    await once(socket, 'connect');
    socket.write(`GET /v1/searches/s1/updates HTTP/1.1\r\nhost: localhost\r\naccept: ${accept}\r\n\r\n`);
    await ended.promise;
    // What the kernel keeps for a connection on both sides is a few MiB; the source has no end.
    expect(pulled * filler.length).toBeLessThan(32 * 2 ** 20);
    socket.resume();
    await once(socket, 'close');
  },
);

test.each(Object.values(accepts))(
  '%s of a client that went away is over at once, also while nothing happens',
  async (accept) => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const edge = await edgeWith({
      watchSearch: async function* (_request, { signal }) {
        signal.addEventListener('abort', () => resolve());
        yield updateOf(1);
        await gone;
      },
    });
    const stream = await follow(edge, accept);
    await stream.until('c1');
    await stream.leave();
    await gone;
  },
);

test('an edge that stops ends server-sent events without an event, so that an EventSource comes back with its last id', async () => {
  const edge = await edgeWith({ watchSearch: quietAfter(updateOf(1)) }, { spreadMs: 0 });
  const stream = await follow(edge, accepts.sse);
  await stream.until('id: c1');
  const closed = edge.close();
  const text = await stream.rest();
  expect(text).toMatch(/retry: 0\n\n$/);
  expect(text).not.toMatch(/event: (end|problem)/);
  await closed;
});

test('an edge that stops ends NDJSON with DRAINING, and when to come back', async () => {
  const edge = await edgeWith({ watchSearch: quietAfter(updateOf(1)) });
  const stream = await follow(edge, accepts.ndjson);
  await stream.until('c1');
  const closed = edge.close();
  const last = (await stream.rest()).trimEnd().split('\n').at(-1)!;
  expect(JSON.parse(last)).toMatchObject({
    problem: { reason: 'DRAINING', status: 503, retryAfterMs: expect.any(Number) },
  });
  await closed;
});

test('an edge that stops is not held up by clients that read nothing', async () => {
  const filler = 'x'.repeat(64 * 1_024);
  const full = Promise.withResolvers<void>();
  const edge = await edgeWith(
    {
      watchSearch: async function* () {
        for (let revision = 1; ; revision++) {
          if (revision === 3) full.resolve();
          yield updateOf(revision, { retractedOfferIds: [filler] });
        }
      },
    },
    { drainMs: 50 },
  );
  const socket = connect(Number(new URL(edge.url).port), '127.0.0.1');
  closers.push(() => void socket.destroy());
  socket.on('error', () => undefined);
  socket.pause();
  socket.write('GET /v1/searches/s1/updates HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await full.promise;
  await edge.close();
});

test('a search is begun by the address of an EventSource, and gone on with when it comes back', async () => {
  const asked: unknown[] = [];
  const edge = await edgeWith({
    search: async function* (request) {
      asked.push(request.vertical?.value, request.currency);
      yield updateOf(1, { snapshot: true });
    },
    watchSearch: async function* ({ searchId, cursor }) {
      asked.push([searchId, cursor]);
      if (searchId === 'gone') throw new EntrepotError({ reason: 'SEARCH_NOT_FOUND', message: 'It is gone.' });
      if (cursor === 'c1') yield updateOf(2, { complete: true });
    },
  });
  const { origin, destination, departureDate, adults } = flightBody.flight;
  const criteria = `flight.origin=${origin}&flight.destination=${destination}&flight.departureDate=${departureDate}&flight.adults=${adults}`;
  const path = `/v1/searches:stream?${criteria}&currency=GBP&market=GB`;
  expect(await (await follow(edge, accepts.sse, path)).rest()).toContain('id: s1:c1\n');
  const resumed = await follow(edge, accepts.sse, path, { 'last-event-id': 's1:c1' });
  expect(await resumed.rest()).toContain('id: s1:c2\n');
  const nothingLeft = await fetch(`${edge.url}${path}`, { headers: { 'last-event-id': 's1:c2' } });
  expect(nothingLeft.status).toBe(204);
  // What is no longer held is searched anew: its first update is a snapshot.
  const anew = await follow(edge, accepts.sse, path, { 'last-event-id': 'gone:c9' });
  expect(await anew.rest()).toContain('"snapshot":true');
  const search = [expect.objectContaining(flightBody.flight), 'GBP'];
  expect(asked).toEqual([...search, ['s1', 'c1'], ['s1', 'c2'], ['gone', 'c9'], ...search]);
});

test.each([
  ['flight.origin=LHR&nothing=1', undefined, 'INVALID_FIELD'],
  ['flight.adults=many', undefined, 'INVALID_FIELD'],
  ['flight.origin=LHR', 'c1', 'INVALID_TOKEN'],
])('a search by address that is wrong is refused with its status (%s, %s)', async (query, lastEventId, reason) => {
  const edge = await edgeWith({});
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await fetch(`${edge.url}/v1/searches:stream?${query}`, { headers });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ reason });
});

async function* once1<Value>(value: Value): AsyncGenerator<Value, void> {
  yield value;
}

/** One update, and then nothing until the client has gone. */
function quietAfter(first: ReturnType<typeof updateOf>): QueryMethods['watchSearch'] {
  return async function* (_request, { signal }) {
    yield first;
    await once(signal, 'abort');
  };
}

import { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type CallOptions, Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { BadRequest, ErrorInfo, RetryInfo } from 'nice-grpc-error-details';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SearchPage, SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError, invalidFields } from '../../../libs/errors/index.ts';
import type { MeshContext } from '../../../libs/mesh/index.ts';
import type { Edge } from '../server.ts';
import { envelope } from './codec.ts';
import { edgeWith, type Query, serviceOf } from './test-edge.ts';

let edge: Edge | undefined;
afterEach(async () => {
  await edge?.close();
  edge = undefined;
});

type Loose = Record<string, unknown>;
interface QueryClient {
  search(request: Loose, options?: CallOptions): AsyncIterable<{ update: Loose }>;
  getPage(request: Loose, options?: CallOptions): Promise<{ page: Loose }>;
}

const transports: readonly [string, (baseUrl: string) => Transport][] = [
  ['Connect, binary', (baseUrl) => createConnectTransport({ baseUrl, useBinaryFormat: true })],
  ['Connect, JSON', (baseUrl) => createConnectTransport({ baseUrl, useBinaryFormat: false })],
  ['Connect with GET', (baseUrl) => createConnectTransport({ baseUrl, useBinaryFormat: true, useHttpGet: true })],
  ['gRPC-Web, binary', (baseUrl) => createGrpcWebTransport({ baseUrl, useBinaryFormat: true })],
  ['gRPC-Web, JSON', (baseUrl) => createGrpcWebTransport({ baseUrl, useBinaryFormat: false })],
];

function clientOf(make: (baseUrl: string) => Transport): QueryClient {
  const service = serviceOf('entrepot.query.v1.QueryService');
  return createClient(service, make(edge?.url ?? '')) as unknown as QueryClient;
}

const update = (searchId: string, complete: boolean) =>
  ({ update: SearchUpdate.fromPartial({ searchId, complete, revision: 7, totalSize: 3 } as object) }) as {
    update: SearchUpdate;
  };

/** What a call was refused with. */
async function refusal(call: Promise<unknown>): Promise<ConnectError> {
  return call.then(
    () => {
      throw new Error('It was not refused.');
    },
    (error) => ConnectError.from(error),
  );
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const read: Item[] = [];
  for await (const item of items) read.push(item);
  return read;
}

/** The bytes of an error's detail of a type. */
function detail(error: ConnectError, type: string): Uint8Array | undefined {
  const found = error.details.find((one) => 'type' in one && one.type === type);
  return found !== undefined && 'type' in found ? found.value : undefined;
}

describe.each(transports)('a client by %s', (name, make) => {
  it('reads one answer', async () => {
    const seen: { request?: Loose } = {};
    edge = await edgeWith({
      getPage: async (request) => {
        seen.request = request as unknown as Loose;
        return { page: SearchPage.fromPartial({ searchId: 'sr_1', totalSize: 3, complete: true }) };
      },
    });
    const { page } = await clientOf(make).getPage({ searchId: 'sr_1', pageToken: 'äö' });
    expect(page).toMatchObject({ searchId: 'sr_1', totalSize: 3, complete: true });
    expect(seen.request).toMatchObject({ searchId: 'sr_1', pageToken: 'äö' });
  });

  it('reads a stream to its end', async () => {
    edge = await edgeWith({
      search: async function* () {
        yield update('sr_1', false);
        yield update('sr_1', true);
      },
    });
    const read = await all(clientOf(make).search({ currency: 'GBP', market: 'GB' }));
    expect(read.map(({ update: { searchId, complete } }) => [searchId, complete])).toEqual([
      ['sr_1', false],
      ['sr_1', true],
    ]);
  });

  it('reads why it was refused, and which fields are wrong', async () => {
    edge = await edgeWith({
      search: () => {
        throw invalidFields([{ field: 'flight.adults', description: '1 to 9' }]);
      },
      getPage: async () => {
        throw new EntrepotError({ reason: 'PRICING_UNAVAILABLE', message: 'Later.', retryAfterMs: 1_500 });
      },
    });
    const client = clientOf(make);
    const refused = await refusal(all(client.search({})));
    expect(refused).toMatchObject({ code: Code.InvalidArgument, rawMessage: 'flight.adults: 1 to 9' });
    expect(ErrorInfo.decode(detail(refused, 'google.rpc.ErrorInfo') ?? new Uint8Array())).toMatchObject({
      reason: 'INVALID_FIELD',
      domain: 'entrepot',
    });
    expect(BadRequest.decode(detail(refused, 'google.rpc.BadRequest') ?? new Uint8Array()).fieldViolations).toEqual([
      expect.objectContaining({ field: 'flight.adults', description: '1 to 9' }),
    ]);
    const later = await refusal(client.getPage({ searchId: 'sr_1' }));
    expect(later.code).toBe(Code.Unavailable);
    expect(RetryInfo.decode(detail(later, 'google.rpc.RetryInfo') ?? new Uint8Array()).retryDelay).toMatchObject({
      seconds: 1,
      nanos: 500_000_000,
    });
  });

  it('reads what broke a stream off behind what came before', async () => {
    edge = await edgeWith({
      search: async function* () {
        yield update('sr_1', false);
        throw new EntrepotError({ reason: 'PRICING_UNAVAILABLE', message: 'Pricing went away.' });
      },
    });
    const read: unknown[] = [];
    const broken = await refusal(
      (async () => {
        for await (const message of clientOf(make).search({})) read.push(message);
      })(),
    );
    expect(read).toHaveLength(1);
    expect(ErrorInfo.decode(detail(broken, 'google.rpc.ErrorInfo') ?? new Uint8Array()).reason).toBe(
      'PRICING_UNAVAILABLE',
    );
  });

  it('says how long it waits, and is told when that was too short', async () => {
    edge = await edgeWith({ getPage: (_request, { signal }) => untilAborted(signal) });
    const late = await refusal(clientOf(make).getPage({ searchId: 'sr_1' }, { timeoutMs: 150 }));
    expect(late.code).toBe(Code.DeadlineExceeded);
  });

  it('cancels what it asked for', async () => {
    const cancelled = Promise.withResolvers<void>();
    edge = await edgeWith({
      search: async function* (_request, context: MeshContext) {
        context.signal.addEventListener('abort', () => cancelled.resolve());
        yield update('sr_1', false);
        await untilAborted(context.signal);
      },
    });
    const abort = new AbortController();
    const call = refusal(
      (async () => {
        for await (const _ of clientOf(make).search({}, { signal: abort.signal })) abort.abort();
      })(),
    );
    expect((await call).code).toBe(Code.Canceled);
    await cancelled.promise;
  });

  it('is told the id of its request', async () => {
    edge = await edgeWith({ getPage: async () => ({ page: SearchPage.fromPartial({}) }) });
    let id: string | null = null;
    const headers = { 'x-request-id': `mine-${name.length}` };
    await clientOf(make).getPage(
      { searchId: 'a' },
      { headers, onHeader: (answer) => (id = answer.get('x-request-id')) },
    );
    expect(id).toBe(`mine-${name.length}`);
  });
});

async function untilAborted(signal: AbortSignal): Promise<never> {
  return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

const page = '/entrepot.query.v1.QueryService/GetPage';
const search = '/entrepot.query.v1.QueryService/Search';

async function post(path: string, contentType: string, body: Uint8Array | string, headers = {}): Promise<Response> {
  return await fetch(`${edge?.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': contentType, ...headers },
    body,
  });
}

async function errorOf(answer: Response): Promise<[number, string | undefined, string | undefined]> {
  const text = await answer.text();
  const json = JSON.parse(text.slice(text.indexOf('{'))) as {
    code?: string;
    details?: Detail[];
    error?: { code?: string; details?: Detail[] };
  };
  const { code, details } = json.error ?? json;
  return [answer.status, code, details?.[0]?.debug.reason];
}
interface Detail {
  readonly debug: { readonly reason: string };
}

describe('what is no call', () => {
  it.each<[string, () => Promise<Response>, number, string, string]>([
    ['broken JSON', () => post(page, 'application/json', '{'), 400, 'invalid_argument', 'MALFORMED_BODY'],
    [
      'a field that does not exist',
      () => post(page, 'application/json', '{"nope":1}'),
      400,
      'invalid_argument',
      'UNKNOWN_FIELD',
    ],
    [
      'a field of another type',
      () => post(page, 'application/json', '{"searchId":1}'),
      400,
      'invalid_argument',
      'INVALID_FIELD',
    ],
    [
      'bytes that are no message',
      () => post(page, 'application/proto', Buffer.from([10, 200])),
      400,
      'invalid_argument',
      'MALFORMED_BODY',
    ],
    [
      'a stream without an envelope',
      () => post(search, 'application/connect+json', '{}'),
      200,
      'invalid_argument',
      'MALFORMED_BODY',
    ],
    [
      'a message shorter than it says',
      () => post(search, 'application/connect+json', envelope(0, Buffer.from('{}')).subarray(0, 6)),
      200,
      'invalid_argument',
      'MALFORMED_BODY',
    ],
    [
      'two messages',
      () =>
        post(
          search,
          'application/connect+json',
          Buffer.concat([envelope(0, Buffer.from('{}')), envelope(0, Buffer.from('{}'))]),
        ),
      200,
      'invalid_argument',
      'MALFORMED_BODY',
    ],
    ['another content type', () => post(page, 'text/plain', '{}'), 415, 'unimplemented', 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a unary call of a stream',
      () => post(search, 'application/json', '{}'),
      415,
      'unimplemented',
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'an unknown compression',
      () => post(page, 'application/json', '{}', { 'content-encoding': 'lzma' }),
      415,
      'unimplemented',
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a timeout that is none',
      () => post(page, 'application/json', '{}', { 'connect-timeout-ms': 'soon' }),
      400,
      'invalid_argument',
      'INVALID_FIELD',
    ],
    [
      'a body beyond the limit',
      () => post(page, 'application/json', ' '.repeat(70_000)),
      429,
      'resource_exhausted',
      'BODY_TOO_LARGE',
    ],
    [
      'a small body that unpacks to a large one',
      () => post(page, 'application/json', gzipSync(Buffer.alloc(40_000_000, 32)), { 'content-encoding': 'gzip' }),
      429,
      'resource_exhausted',
      'BODY_TOO_LARGE',
    ],
    [
      'an RPC that does not exist',
      () => post('/entrepot.query.v1.QueryService/Nope', 'application/json', '{}'),
      501,
      'unimplemented',
      'UNKNOWN_METHOD',
    ],
    [
      'an RPC that is not public',
      () => post('/entrepot.normalization.v1.NormalizationService/Resolve', 'application/json', '{}'),
      501,
      'unimplemented',
      'UNKNOWN_METHOD',
    ],
  ])('%s is refused with its reason', async (_, call, status, code, reason) => {
    edge = await edgeWith({ getPage: async () => ({ page: SearchPage.fromPartial({}) }) });
    expect(await errorOf(await call())).toEqual([status, code, reason]);
  });

  it('leaves paths beside it alone', async () => {
    edge = await edgeWith({});
    const answer = await post('/elsewhere/Nope', 'application/json', '{}');
    expect([answer.status, ((await answer.json()) as Loose).reason]).toEqual([404, 'ROUTE_NOT_FOUND']);
  });
});

it('reads compressed requests', async () => {
  edge = await edgeWith({
    getPage: async ({ searchId }) => ({ page: SearchPage.fromPartial({ searchId }) }),
    search: async function* ({ market }) {
      yield update(market, true);
    },
  });
  const body = gzipSync('{"searchId":"sr_gz"}');
  const answer = await post(page, 'application/json', body, { 'content-encoding': 'gzip' });
  expect(await answer.json()).toMatchObject({ page: { searchId: 'sr_gz' } });
  const enveloped = envelope(1, gzipSync('{"market":"CH"}'));
  const streamed = await post(search, 'application/connect+json', enveloped, { 'connect-content-encoding': 'gzip' });
  expect(await streamed.text()).toContain('"searchId":"CH"');
});

it('answers a safe method to GET, and no other', async () => {
  edge = await edgeWith({ getPage: async ({ searchId }) => ({ page: SearchPage.fromPartial({ searchId }) }) });
  const message = encodeURIComponent('{"searchId":"sr_1"}');
  const safe = await fetch(`${edge.url}${page}?connect=v1&encoding=json&message=${message}`);
  expect(await safe.json()).toMatchObject({ page: { searchId: 'sr_1' } });
  const path = '/entrepot.query.v1.QueryService/ReportConversion';
  const unsafe = await fetch(`${edge.url}${path}?connect=v1&encoding=json&message=%7B%7D`);
  expect(await errorOf(unsafe)).toEqual([501, 'unimplemented', 'UNKNOWN_METHOD']);
});

it('asks for no more than its reader takes', async () => {
  let made = 0;
  const offer = { offerId: 'x'.repeat(100_000) };
  edge = await edgeWith({
    search: async function* () {
      for (; made < 2_000; made++) {
        yield { update: SearchUpdate.fromPartial({ upserts: [offer] } as object) };
        await new Promise(setImmediate);
      }
    },
  });
  const { hostname, port } = new URL(edge.url);
  const socket = new Socket();
  socket.connect(Number(port), hostname);
  const body = envelope(0, Buffer.from('{}'));
  socket.write(
    `POST ${search} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/connect+json\r\ncontent-length: 7\r\n\r\n`,
  );
  socket.write(body);
  await new Promise((resolve) => socket.once('readable', resolve));
  // Nobody reads: what the sockets hold is full at some point, and from then on nothing is made.
  let before = -1;
  await vi.waitFor(
    () => {
      const still = made === before;
      before = made;
      expect(still).toBe(true);
    },
    { timeout: 15_000, interval: 500 },
  );
  socket.destroy();
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThan(1_000);
});

/** A search that tells one update and then only waits. */
const waiting: Query['search'] = async function* (_request, { signal }) {
  yield update('sr_1', false);
  await untilAborted(signal);
};

it('sends the clients of its streams elsewhere when it stops', async () => {
  edge = await edgeWith({ search: waiting });
  const answer = await post(search, 'application/connect+json', envelope(0, Buffer.from('{}')));
  const closed = edge.close();
  edge = undefined;
  const text = await answer.text();
  await closed;
  expect(text).toContain('"reason":"DRAINING"');
  expect(text).toContain('google.rpc.RetryInfo');
});

it('begins its answer where there is nothing to tell yet', async () => {
  const told = Promise.withResolvers<void>();
  const silent: Query['search'] = async function* () {
    await told.promise;
    yield update('sr_1', true);
  };
  edge = await edgeWith({ search: silent }, { streams: { headMs: 20 } });
  const answer = await post(search, 'application/connect+json', envelope(0, Buffer.from('{}')));
  expect(answer.status).toBe(200);
  told.resolve();
  expect(await answer.text()).toContain('"complete":true');
});

it('cuts a reader that takes nothing for too long', async () => {
  const cancelled = Promise.withResolvers<void>();
  const endless: Query['search'] = async function* (_request, { signal }) {
    signal.addEventListener('abort', () => cancelled.resolve());
    for (;;) {
      yield { update: SearchUpdate.fromPartial({ upserts: [{ offerId: 'x'.repeat(100_000) }] } as object) };
      await new Promise(setImmediate);
    }
  };
  edge = await edgeWith({ search: endless }, { streams: { stalledMs: 100 } });
  const { hostname, port } = new URL(edge.url);
  const socket = new Socket();
  socket.on('error', () => {});
  socket.connect(Number(port), hostname);
  const head = `POST ${search} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/connect+json\r\ncontent-length: 7`;
  socket.write(`${head}\r\n\r\n`);
  socket.write(envelope(0, Buffer.from('{}')));
  await cancelled.promise;
  socket.destroy();
});

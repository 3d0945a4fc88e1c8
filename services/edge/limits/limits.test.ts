import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Edge, EdgeOptions } from '../server.ts';
import { edgesOver, flightBody, type QueryMethods, updateOf } from '../streams/testing.ts';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const answers: QueryMethods = {
  search: async function* () {
    yield updateOf(1, { snapshot: true, complete: true });
  },
};

async function edgeWith(limits: EdgeOptions['limits'] = {}, methods = answers): Promise<Edge> {
  const rig = await edgesOver(methods, { limits });
  closers.push(rig.close);
  return rig.edges[0]!;
}

/** A connection that says what it is told to, and keeps what it hears. */
async function open(edge: Edge): Promise<{ socket: Socket; heard: () => string; closed: Promise<unknown> }> {
  const socket = connect(Number(new URL(edge.url).port), '127.0.0.1');
  closers.push(() => void socket.destroy());
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  return { socket, heard: () => text, closed };
}

/** What is heard until the edge closes the connection. */
async function saying(edge: Edge, text: string): Promise<string> {
  const { socket, heard, closed } = await open(edge);
  socket.write(text);
  await closed;
  return heard();
}

const head = 'POST /v1/searches HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
const body = JSON.stringify(flightBody);

/** The problem document of an answer, with the status of its head. */
function problemIn(answer: string): { status: number; problem: Record<string, unknown> } {
  const [top = '', text = ''] = answer.split('\r\n\r\n');
  expect(top.toLowerCase()).toContain('application/problem+json');
  const problem = JSON.parse(text) as Record<string, unknown>;
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(top)?.[1]);
  expect(problem.status).toBe(status);
  return { status, problem };
}

test.each([
  [
    'a head that is too large',
    `GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-large: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    'MALFORMED_HEAD',
  ],
  [
    'too many headers',
    `GET /healthz HTTP/1.1\r\nhost: localhost\r\n${'a: b\r\n'.repeat(150)}\r\n`,
    431,
    'MALFORMED_HEAD',
  ],
  ['what is no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n\r\n', 400, 'MALFORMED_HEAD'],
  ['a header that is none', 'GET /healthz HTTP/1.1\r\nhost: localhost\r\nno colon\r\n\r\n', 400, 'MALFORMED_HEAD'],
  ['a line feed in a header', 'GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: a\nb\r\n\r\n', 400, 'MALFORMED_HEAD'],
  [
    'a length and chunks at once',
    `${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'MALFORMED_HEAD',
  ],
  ['two lengths', `${head}content-length: 5\r\ncontent-length: 6\r\n\r\nhello`, 400, 'MALFORMED_HEAD'],
  ['a length that is no number', `${head}content-length: many\r\n\r\n`, 400, 'MALFORMED_HEAD'],
  ['chunks that are none', `${head}transfer-encoding: chunked\r\n\r\nnot a size\r\n`, 400, 'MALFORMED_BODY'],
  ['a body that is longer than the limit', `${head}content-length: 10000000\r\n\r\n{`, 413, 'BODY_TOO_LARGE'],
])('%s is refused with a typed problem, and the connection closed', async (_, text, status, reason) => {
  const edge = await edgeWith();
  expect(problemIn(await saying(edge, text))).toMatchObject({ status, problem: { reason } });
});

test('chunks that together are longer than the limit are cut off', async () => {
  const edge = await edgeWith();
  const chunk = `1000\r\n${'x'.repeat(4_096)}\r\n`;
  const answer = await saying(
    edge,
    `${head}connection: close\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(40)}`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toContain('BODY_TOO_LARGE');
});

test.each([
  ['a head', 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n'],
  ['a body', `${head}content-length: 500\r\n\r\n{"cur`],
  ['chunks', `${head}transfer-encoding: chunked\r\n\r\n3\r\n{"c`],
])('%s that does not come to its end is refused after a while', async (_, text) => {
  const edge = await edgeWith({ headMs: 100, requestMs: 100, checkMs: 20 });
  expect(problemIn(await saying(edge, text))).toMatchObject({ status: 408, problem: { reason: 'DEADLINE_EXCEEDED' } });
});

test('a request that was refused before its body came is not answered twice', async () => {
  const edge = await edgeWith({ headMs: 100, requestMs: 100, checkMs: 20 });
  const answer = await saying(edge, `${head}content-encoding: gzip\r\ncontent-length: 500\r\n\r\n{`);
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 415']);
});

test('a head that comes byte by byte is cut off, however steadily it comes', async () => {
  const edge = await edgeWith({ headMs: 200, requestMs: 200, checkMs: 20 });
  const { socket, heard, closed } = await open(edge);
  socket.write('GET /healthz HTTP/1.1\r\n');
  const drip = setInterval(() => socket.write('a'), 5);
  await closed;
  clearInterval(drip);
  expect(heard()).toMatch(/^HTTP\/1\.1 408 /);
});

test('a connection that says nothing is closed', async () => {
  const edge = await edgeWith({ headMs: 100, requestMs: 100, checkMs: 20 });
  expect(await saying(edge, '')).toMatch(/^$|^HTTP\/1\.1 408 /);
});

test('what follows a body that is longer than it says is no request', async () => {
  const edge = await edgeWith();
  const answer = await saying(edge, `${head}content-length: ${body.length}\r\n\r\n${body} and more\r\n\r\n`);
  expect(answer).not.toMatch(/HTTP\/1\.1 5\d\d/);
  expect(answer).toContain('MALFORMED_HEAD');
});

test('requests that come at once are answered in their order', async () => {
  const edge = await edgeWith();
  const { socket, heard, closed } = await open(edge);
  const search = `${head}content-length: ${body.length}\r\n\r\n${body}`;
  const closing = 'GET /v1/nothing HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';
  socket.write(`${search.repeat(20)}${closing}`);
  await closed;
  expect(heard().match(/HTTP\/1\.1 (\d+)/g)).toEqual([...Array(20).fill('HTTP/1.1 200'), 'HTTP/1.1 404']);
});

test('a request that offers an upgrade to HTTP/2 is answered as what it is', async () => {
  const edge = await edgeWith();
  const upgrade =
    'connection: close, upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n';
  const answer = await saying(edge, `${head}${upgrade}content-length: ${body.length}\r\n\r\n${body}`);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer).toContain('"searchId":"s1"');
});

test('connections beyond the limit are refused, and taken again when others have gone', async () => {
  const edge = await edgeWith({ maxConnections: 2 });
  const [first] = [await open(edge), await open(edge)];
  expect(problemIn(await saying(edge, ''))).toMatchObject({
    status: 429,
    problem: { reason: 'OVERLOADED', retryAfterMs: 1_000 },
  });
  first.socket.destroy();
  await expect
    .poll(() => saying(edge, 'GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n'))
    .toMatch(/^HTTP\/1\.1 200 /);
});

test('a connection is over after as many requests as it may bring, and says so with the last answer', async () => {
  const edge = await edgeWith({ maxRequests: 2 });
  const { socket, heard, closed } = await open(edge);
  const ask = 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n';
  socket.write(ask);
  await expect.poll(heard).toMatch(/^HTTP\/1\.1 200 [\s\S]*\n\r\n/);
  socket.write(ask);
  await expect.poll(heard).toMatch(/connection: close/i);
  socket.write(ask);
  await closed;
  expect(heard().match(/HTTP\/1\.1 200/g)).toHaveLength(2);
});

test('garbage behind a request whose answer is a stream cuts it, and writes nothing into it', async () => {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const edge = await edgeWith(
    {},
    {
      watchSearch: async function* (_request, { signal }) {
        signal.addEventListener('abort', () => resolve());
        yield updateOf(1);
        await gone;
      },
    },
  );
  const { socket, heard, closed } = await open(edge);
  socket.write('GET /v1/searches/s1/updates HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await expect.poll(() => heard()).toContain('id: c1');
  socket.write('garbage\r\n\r\n');
  await closed;
  await gone;
  expect(heard().match(/HTTP\/1\.1/g)).toHaveLength(1);
});

// Rubbish by every protocol for a bounded time: the edge goes on answering, never with a 500, and tells a client nothing of another.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { makeKey } from '../../libs/clients/index.ts';
import { publicMethods } from '../../services/edge/api/method.ts';
import { type Fused, startFused } from '../../services/entrepot/fused.ts';
import { flightSearch } from '../support/fused-rig.ts';

/** Every kind of rubbish is sent for so long, ms. */
const budgetMs = 5_000;
/** No answer is waited for longer, ms: later is a hang. */
const patienceMs = 10_000;

const [victim, attacker] = [makeKey(), makeKey()];
let directory: string;
let fused: Fused;
/** What the victim's answers name, which nobody else may ever read. */
let secrets: string[] = [];
let searchId = '';
let offerId = '';
let cursor = '';
let pageToken = '';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'entrepot-fuzz-'));
  cpSync('deploy/config', directory, { recursive: true });
  const all = '[SEARCH, CATALOGUE_READ, PARTNERS_READ]';
  writeFileSync(
    join(directory, 'clients.yaml'),
    `clients:
  victim: { keys: [{ id: ${victim.id}, hash: '${victim.hash}' }], permissions: ${all} }
  attacker: { keys: [{ id: ${attacker.id}, hash: '${attacker.hash}' }], permissions: ${all} }
`,
  );
  fused = await startFused({ port: 0, ingressAddress: '127.0.0.1:0', inMemory: true, configDirectory: directory });
  const found = await fetch(`${fused.edgeUrl}/v1/searches`, {
    method: 'POST',
    headers: { authorization: `Bearer ${victim.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(flightSearch({ pageSize: 2 })),
  });
  expect(found.status).toBe(200);
  const page = (await found.json()) as {
    searchId: string;
    cursor: string;
    nextPageToken: string;
    offers: { offerId: string }[];
  };
  ({ searchId, cursor, nextPageToken: pageToken } = page);
  offerId = page.offers[0]!.offerId;
  secrets = [cursor, pageToken, ...page.offers.map((offer) => offer.offerId)];
});
afterAll(async () => {
  await fused?.close();
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});

/** The text of what comes back must be no defect's, and hold nothing of the victim's that was not sent. */
function checkAnswer(status: number, text: string, sent: string): void {
  expect(status, `${sent}\n${text}`).not.toBe(500);
  expect(text, sent).not.toMatch(/"(reason|code)":\s*"INTERNAL"/);
  for (const secret of secrets) if (!sent.includes(secret)) expect(text.includes(secret), sent).toBe(false);
}

async function send(path: string, init: RequestInit = {}): Promise<void> {
  const headers = { authorization: `Bearer ${attacker.key}`, 'entrepot-timeout-ms': '500', ...init.headers };
  const sent = `${init.method ?? 'GET'} ${path} ${String(init.body ?? '')}`;
  const response = await fetch(fused.edgeUrl + path, { ...init, headers, signal: AbortSignal.timeout(patienceMs) });
  checkAnswer(response.status, await response.text(), sent);
}

const post = (path: string, body: string | Uint8Array, type = 'application/json', more = {}): Promise<void> =>
  send(path, {
    method: 'POST',
    body: body as NonNullable<RequestInit['body']>,
    headers: { 'content-type': type, ...more },
  });

/** Runs a property for the budget, and asks whether the edge still answers. */
async function fuzz<Value>(values: fc.Arbitrary<Value>, run: (value: Value) => Promise<void>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(values, async (value) => run(value)),
    { interruptAfterTimeLimit: budgetMs, markInterruptAsFailure: false, numRuns: 100_000, endOnFailure: true },
  );
  const alive = await fetch(`${fused.edgeUrl}/healthz`, { signal: AbortSignal.timeout(patienceMs) });
  expect(alive.status).toBe(200);
}

/** A text with some of it cut, doubled, or replaced. */
const mangled = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(text.length), fc.nat(8), fc.string({ unit: 'binary', maxLength: 6 }))
    .map(([at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut));

const ids = fc.oneof(
  fc.constantFrom(...['', 'a', '..', '%00', 'A'.repeat(16), '-'.repeat(300)]),
  fc.string({ maxLength: 40 }),
  fc
    .constant(0)
    .chain(() => fc.oneof(fc.constantFrom(searchId, offerId, cursor, pageToken), mangled(offerId), mangled(cursor))),
);

test('bodies', async () => {
  const json = fc.oneof(
    fc.json({ maxDepth: 6 }),
    fc.constant(0).chain(() => mangled(JSON.stringify(flightSearch({ filter: 'stops == 0', pageSize: 2 })))),
    fc
      .record({ flight: fc.jsonValue(), currency: fc.jsonValue(), pageSize: fc.jsonValue() })
      .map((v) => JSON.stringify(v)),
  );
  const paths = [...publicMethods().values()].filter(({ http }) => http.verb === 'POST').map(({ http }) => http.path);
  await fuzz(fc.tuple(fc.constantFrom(...paths), json, ids), ([path, body, id]) =>
    post(path.replace(/\{\w+\}/, encodeURIComponent(id)), body),
  );
});

test('ids, cursors, page tokens and parameters', async () => {
  const paths = [...publicMethods().values()].filter(({ http }) => http.verb === 'GET').map(({ http }) => http.path);
  const names = fc.constantFrom(
    'pageToken',
    'cursor',
    'filter',
    'orderBy',
    'pageSize',
    'readMask',
    'facets',
    'productId',
  );
  const query = fc.array(fc.tuple(fc.oneof(names, fc.string({ maxLength: 8 })), fc.oneof(ids, fc.string())), {
    maxLength: 3,
  });
  await fuzz(fc.tuple(fc.constantFrom(...paths), ids, query), ([path, id, parameters]) =>
    send(`${path.replace(/\{\w+\}/, encodeURIComponent(id))}?${new URLSearchParams(parameters)}`),
  );
});

test('filters, rankings and completions', async () => {
  const word = fc.constantFrom(
    'stops',
    'price',
    'cabin',
    'partner',
    '1',
    '1.5',
    "'a'",
    'true',
    'null',
    '[1, 2]',
    'x',
    '{}',
  );
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { depthSize: 'large', withCrossShrink: true },
      word,
      fc
        .tuple(tie('expression'), fc.constantFrom('+', '==', '&&', '||', 'in', '<', '/', '%', '?'), tie('expression'))
        .map((p) => p.join(' ')),
      tie('expression').map((e) => `(${e})`),
      tie('expression').map((e) => `!${e}`),
      tie('expression').map((e) => `${e}.matches('(a+)+$')`),
      tie('expression').map((e) => `[${e}].exists(x, x == ${e})`),
    ),
  }));
  const field = fc.constantFrom('filter', 'ranking', 'completion', 'orderBy');
  await fuzz(fc.tuple(field, fc.oneof(expression, fc.string({ maxLength: 60 }))), ([name, text]) =>
    post('/v1/searches', JSON.stringify(flightSearch({ [name]: text, pageSize: 1 }))),
  );
});

test('GraphQL documents', async () => {
  const { selection } = fc.letrec<{ selection: string }>((tie) => ({
    selection: fc
      .array(
        fc.oneof(
          fc.constantFrom(
            'searchId',
            'offers',
            '__typename',
            '...a',
            'x: totalSize',
            'offers { offerId }',
            '__schema { types { name } }',
          ),
          fc
            .tuple(fc.constantFrom('offers', 'facets', '... on SearchPage', 'q: progress'), tie('selection'))
            .map((p) => p.join(' ')),
        ),
        { minLength: 1, maxLength: 5 },
      )
      .map((fields) => `{ ${fields.join(' ')} }`),
  }));
  const document = fc.oneof(
    fc
      .tuple(selection, selection)
      .map(([a, b]) => `{ getPage(searchId: "${searchId}") ${a} } fragment a on SearchPage ${b}`),
    selection,
    fc.string(),
    fc.nat(3_000).map((depth) => `${'{a'.repeat(depth)}${'}'.repeat(depth)}`),
  );
  await fuzz(fc.tuple(document, fc.jsonValue()), ([query, variables]) =>
    post('/graphql', JSON.stringify({ query, variables })),
  );
});

test('frames of Connect and gRPC-Web', async () => {
  const types = [
    'application/connect+proto',
    'application/connect+json',
    'application/grpc-web+proto',
    'application/proto',
    'application/json',
  ];
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  const frame = fc
    .tuple(fc.nat(255), fc.nat(2 ** 32 - 1), fc.uint8Array({ maxLength: 200 }))
    .map(([flags, length, bytes]) => {
      const head = Buffer.alloc(5);
      head.writeUInt8(flags);
      head.writeUInt32BE(length, 1);
      return Buffer.concat([head, bytes]);
    });
  const body = fc.oneof(
    frame,
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.constant(bomb),
  );
  const encodings = fc.constantFrom<Record<string, string>>(
    {},
    { 'content-encoding': 'gzip' },
    { 'connect-content-encoding': 'gzip' },
    { 'grpc-encoding': 'gzip' },
  );
  const methods = [...publicMethods().keys()];
  await fuzz(
    fc.tuple(fc.constantFrom(...methods), fc.constantFrom(...types), body, encodings),
    ([method, type, bytes, more]) => post(`/${method}`, bytes, type, { 'connect-protocol-version': '1', ...more }),
  );
});

test('messages of WebSockets', async () => {
  const message = fc.oneof(
    fc.json(),
    fc.string(),
    fc
      .record({
        id: fc.oneof(fc.string({ maxLength: 4 }), fc.jsonValue()),
        method: fc.constantFrom('Search', 'GetPage', 'Explain', 'x'),
        request: fc.jsonValue(),
      })
      .map((v) => JSON.stringify(v)),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  );
  await fuzz(fc.array(message, { minLength: 1, maxLength: 8 }), async (messages) => {
    const headers = { authorization: `Bearer ${attacker.key}` };
    const socket = new WebSocket(`${fused.edgeUrl.replace('http', 'ws')}/v1/stream`, 'entrepot.v1', { headers });
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('message', (text) => checkAnswer(0, String(text), messages.join('\n')));
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('open', resolve));
    for (const one of messages) socket.send(one);
    socket.close(1000);
    await Promise.race([
      closed,
      new Promise((_, reject) => setTimeout(reject, patienceMs, new Error('The socket hangs.'))),
    ]);
  });
});

test('what is found of another client by its ids is nothing', async () => {
  for (const path of [
    `/v1/searches/${searchId}`,
    `/v1/searches/${searchId}?pageToken=${pageToken}`,
    `/v1/searches/${searchId}/updates?cursor=${cursor}`,
    `/v1/searches/${searchId}:explain`,
    `/v1/offers/${offerId}`,
    `/v1/offers/${offerId}:explain`,
    `/v1/traces/${searchId}`,
  ]) {
    const headers = { authorization: `Bearer ${attacker.key}` };
    const own = await fetch(fused.edgeUrl + path, { headers: { authorization: `Bearer ${victim.key}` } });
    await own.body?.cancel();
    const other = await fetch(fused.edgeUrl + path, { headers });
    expect([path, other.status]).toEqual([path, 404]);
    // A trace may not have been sampled; everything else is there for its own client.
    if (!path.startsWith('/v1/traces')) expect([path, own.status < 300]).toEqual([path, true]);
  }
});

import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Clients, makeKey } from '../../../libs/clients/index.ts';
import { SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { MemoryState } from '../../../libs/shared/index.ts';
import { InMemorySpanExporter, redirectLogs, startTelemetry, type Telemetry } from '../../../libs/telemetry/index.ts';
import { edgeWith, type Query } from '../connect/test-edge.ts';
import type { Edge, EdgeOptions } from '../server.ts';
import { ExposureError } from './exposure.ts';
import { clientsFrom } from './test-clients.ts';

const shop = makeKey();
const ops = makeKey();
const clients: Clients = clientsFrom(`clients:
  shop:
    keys: [{ id: one, hash: '${shop.hash}' }]
    budget: { capacity: 100, refill_per_second: 10 }
    streams: 1
    origins: [https://shop.example]
  ops:
    permissions: all
    keys: [{ id: one, hash: '${ops.hash}' }]
    origins: [https://ops.example]
`);

let telemetry: Telemetry;
const spans = new InMemorySpanExporter();
beforeAll(() => {
  telemetry = startTelemetry({ service: 'edge-test', env: {}, spanExporter: spans });
});
afterAll(() => telemetry.shutdown());

let logged: string;
const open: Edge[] = [];
beforeEach(() => {
  logged = '';
  redirectLogs({ write: (line: string) => (logged += line) }, 'trace');
});
afterEach(async () => {
  for (const edge of open.splice(0)) await edge.close();
});

const update = (complete: boolean) => ({
  update: SearchUpdate.fromPartial({ searchId: 's1', revision: 1, complete, progress: {}, page: {} }),
});

const answering: Partial<Query> = {
  search: async function* () {
    yield update(true);
  },
};

async function edgeOf(options: Partial<EdgeOptions> = {}, query: Partial<Query> = answering): Promise<Edge> {
  const edge = await edgeWith(query, {
    clients: () => clients,
    metricsText: () => telemetry.metricsText(),
    ...options,
  });
  open.push(edge);
  return edge;
}

const flight = JSON.stringify({
  flight: { origin: 'LHR', destination: 'JFK', departureDate: '2027-01-22', adults: 1 },
  currency: 'GBP',
  market: 'GB',
  partners: ['a', 'b', 'c'],
});
const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
const search = (edge: Edge, headers: Record<string, string>): Promise<Response> =>
  fetch(`${edge.url}/v1/searches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: flight,
  });
const caller = (edge: Edge, headers: Record<string, string> = {}, query = ''): Promise<Response> =>
  fetch(`${edge.url}/v1/caller${query}`, { headers });

describe('with keys', () => {
  test.each([
    ['GET', '/v1/caller'],
    ['POST', '/v1/searches'],
    ['GET', '/v1/nothing'],
    ['GET', '/%761/caller'],
    ['POST', '/graphql'],
    ['GET', '/graphql?query=x'],
    ['POST', '/entrepot.query.v1.QueryService/Search'],
    ['GET', '/entrepot.query.v1.QueryService/GetPage?message={}'],
  ])('nobody without one gets past %s %s', async (method, path) => {
    const answer = await fetch(`${(await edgeOf()).url}${path}`, { method });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="entrepot"');
    expect(await answer.text()).toMatch(/CREDENTIALS_MISSING/i);
  });

  test.each([
    ['/v1/stream', 101],
    ['/v1/accuracy', 401],
  ])('a WebSocket at %s may still say who it is only where there is one', async (path, status) => {
    const { hostname, port } = new URL((await edgeOf()).url);
    const headers = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest({ hostname, port, path, headers });
      request.on('response', ({ statusCode }) => resolve(statusCode)).on('error', reject);
      request.on('upgrade', ({ statusCode }, socket) => {
        socket.destroy();
        resolve(statusCode);
      });
      request.end();
    });
    expect(answered).toBe(status);
  });

  test.each(['/healthz', '/readyz', '/openapi.json', '/metrics'])('%s stays open to this machine', async (path) => {
    expect((await fetch(`${(await edgeOf()).url}${path}`)).status).toBe(200);
  });

  test('a client is told who it is and what it may do and spend', async () => {
    const answer = await caller(await edgeOf(), bearer(shop.key));
    expect(await answer.json()).toMatchObject({
      client: 'shop',
      permissions: ['PERMISSION_SEARCH'],
      budget: { capacity: 100, refillPerSecond: 10, left: 100 },
    });
  });

  test('a key may come as header or as parameter; routes never see it', async () => {
    const edge = await edgeOf();
    for (const answer of [
      await caller(edge, { 'entrepot-key': shop.key }),
      await caller(edge, {}, `?access_token=${shop.key}`),
    ]) {
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ client: 'shop' });
    }
  });

  test('what a client is not permitted it cannot do', async () => {
    const edge = await edgeOf();
    const get = (key: string) => fetch(`${edge.url}/v1/accuracy`, { headers: bearer(key) });
    const refused = await get(shop.key);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ reason: 'NOT_PERMITTED', metadata: { permission: 'PARTNERS_READ' } });
    expect((await get(ops.key)).status).not.toBe(403);
  });

  test('a token of an issuer lets in whom it names, with its keys fetched from where they are, until it expires', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const issuer = createServer(async (_request, response) => {
      response.end(JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one' }] }));
    });
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = issuer.address() as AddressInfo;
      const live = clientsFrom(`clients: { shop: {} }
issuers: [{ issuer: me, audience: entrepot, jwks_url: 'http://127.0.0.1:${port}/keys', client_claim: azp }]
`);
      const token = await new SignJWT({ azp: 'shop' })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setIssuer('me')
        .setAudience('entrepot')
        .setExpirationTime('1h')
        .sign(privateKey);
      let now = Date.now();
      const guard = { lookAgainMs: 10, tokens: { now: () => now } };
      const quiet: Partial<Query> = {
        search: async function* (_request, { signal }) {
          yield update(false);
          now += 2 * 3_600_000;
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
        },
      };
      const edge = await edgeOf({ clients: () => live, guard }, quiet);
      for (const answer of [await caller(edge, bearer(token)), await caller(edge, {}, `?access_token=${token}`)]) {
        expect(await answer.json()).toMatchObject({ client: 'shop' });
      }
      expect((await caller(edge)).status).toBe(401);
      const stream = await search(edge, { ...bearer(token), accept: 'text/event-stream' });
      expect(await stream.text()).toContain('"reason":"CREDENTIALS_EXPIRED"');
    } finally {
      issuer.close();
    }
  });

  test('keys and tokens are in no log, no span, no metric and no answer', async () => {
    const edge = await edgeOf();
    const wrong = makeKey().key;
    const token = `eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2V2aWwifQ.${'s'.repeat(86)}`;
    const said: string[] = [];
    for (const secret of [shop.key, wrong, token]) {
      for (const [path, headers] of [
        ['/v1/caller', bearer(secret)],
        ['/v1/caller', { 'entrepot-key': secret }],
        [`/v1/caller?access_token=${secret}`, {}],
        [`/v1/nothing?access_token=${secret}&x=1`, {}],
        [`/v1/searches/x?access_token=${secret}&unknown=1`, {}],
        [`/entrepot.query.v1.QueryService/GetPage?message=%7B&encoding=json&access_token=${secret}`, {}],
        ['/v1/caller', { authorization: `Basic ${secret}` }],
      ] as const) {
        const answer = await fetch(`${edge.url}${path}`, { headers });
        said.push(await answer.text(), JSON.stringify([...answer.headers]));
      }
    }
    const seen = [
      logged,
      JSON.stringify(
        spans.getFinishedSpans().map(({ name, attributes, events, status }) => [name, attributes, events, status]),
      ),
      await telemetry.metricsText(),
      ...said,
    ].join('\n');
    for (const secret of [shop.key, wrong, token]) expect(seen).not.toContain(secret.slice(-20));
    expect(spans.getFinishedSpans().length).toBeGreaterThan(0);
  });

  test('/metrics are for this machine, and elsewhere for who is permitted OPERATIONS, unless they are open', async () => {
    const edge = await edgeOf();
    const from = { 'x-forwarded-for': '203.0.113.9' };
    const metrics = async (headers: Record<string, string>, of = edge): Promise<number> =>
      (await fetch(`${of.url}/metrics`, { headers })).status;
    expect(await metrics(from)).toBe(401);
    expect(await metrics({ ...from, ...bearer(shop.key) })).toBe(403);
    expect(await metrics({ ...from, ...bearer(ops.key) })).toBe(200);
    expect(await metrics(from, await edgeOf({ guard: { metrics: 'open' } }))).toBe(200);
  });

  test('an edge may listen where others reach it; without keys it does not start', async () => {
    const edge = await edgeOf({ host: '0.0.0.0' });
    expect((await fetch(edge.url.replace('0.0.0.0', '127.0.0.1').concat('/v1/caller'))).status).toBe(401);
    const nobody = clientsFrom('clients: {}');
    await expect(edgeOf({ host: '0.0.0.0', clients: () => nobody })).rejects.toThrow(ExposureError);
  });
});

test('an edge for development answers to its own names alone', async () => {
  const nobody = clientsFrom('clients: {}');
  const edge = await edgeOf({ clients: () => nobody });
  expect(await (await caller(edge)).json()).toMatchObject({ client: 'public', development: true });
  expect(await (await caller(edge, bearer('entrepot-development'))).json()).toMatchObject({ client: 'public' });
  const { hostname, port } = new URL(edge.url);
  const answer = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest({ hostname, port, path: '/v1/caller', headers: { host: `evil.example:${port}` } });
    request
      .on('response', ({ statusCode }) => resolve(statusCode))
      .on('error', reject)
      .end();
  });
  expect(answer).toBe(403);
});

describe('a budget', () => {
  test('pays for each call, and every answer says what is left', async () => {
    const state = new MemoryState({ now: () => 0 });
    const edge = await edgeOf({ guard: { budgets: { state, now: () => 0 } } });
    const answer = await search(edge, bearer(shop.key));
    expect(answer.status).toBe(200);
    const limits = (of: Response) =>
      ['limit', 'remaining', 'reset', 'policy'].map((name) => of.headers.get(`ratelimit-${name}`));
    expect(limits(answer)).toEqual(['100', '97', '1', '100;w=10']);
    for (let call = 0; call < 32; call++) await (await search(edge, bearer(shop.key))).text();
    const refused = await search(edge, bearer(shop.key));
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ reason: 'QUOTA_SPENT', retryAfterMs: 200 });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(limits(refused)).toEqual(['100', '1', '10', '100;w=10']);
    expect(limits(await search(edge, bearer(ops.key)))).toEqual([null, null, null, null]);
  });

  test('is one for all edges that share their state', async () => {
    const state = new MemoryState({ now: () => 0 });
    const guard = { budgets: { state, now: () => 0 } };
    const [a, b] = [await edgeOf({ guard }), await edgeOf({ guard })];
    let taken = 0;
    for (let call = 0; call < 40; call++)
      if ((await search(call % 2 ? a : b, bearer(shop.key))).status === 200) taken++;
    expect(taken).toBe(33);
  });

  test('is not charged for what was shed before anything was done', async () => {
    const edge = await edgeOf({ admission: { maxCalls: 0 }, guard: { budgets: { now: () => 0 } } });
    const shed = await search(edge, bearer(shop.key));
    expect(await shed.json()).toMatchObject({ reason: 'OVERLOADED' });
    expect(shed.headers.get('ratelimit-remaining')).toBe('100');
  });

  test('pays for a stream by the time that it is open, and a stream that it cannot pay ends with QUOTA_SPENT', async () => {
    const gone = Promise.withResolvers<void>();
    const edge = await edgeOf(
      { guard: { budgets: { pointsPerMinute: 300_000, tickMs: 10, now: () => 0 } } },
      {
        search: async function* (_request, { signal }) {
          signal.addEventListener('abort', () => gone.resolve());
          yield update(false);
          await gone.promise;
        },
      },
    );
    // 50 points each 10 ms: there are 97 behind the search itself, and nothing comes back.
    const answer = await search(edge, { ...bearer(shop.key), accept: 'text/event-stream' });
    const events = await answer.text();
    expect(events).toContain('event: update');
    expect(events.trimEnd().split('\n\n').at(-1)).toMatch(/^event: problem\ndata: .*QUOTA_SPENT/);
    await gone.promise;
  });
});

test('a client has so many streams open at once, and another one when one is over', async () => {
  const gate = Promise.withResolvers<void>();
  const edge = await edgeOf(
    {},
    {
      search: async function* () {
        yield update(false);
        await gate.promise;
      },
    },
  );
  const stream = { ...bearer(shop.key), accept: 'text/event-stream' };
  const first = await search(edge, stream);
  const refused = await search(edge, stream);
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ reason: 'TOO_MANY_STREAMS', metadata: { streams: '1' } });
  gate.resolve();
  await first.text();
  await vi.waitFor(async () => {
    const next = await search(edge, stream);
    await next.body?.cancel();
    expect(next.status).toBe(200);
  });
});

describe('pages of other origins', () => {
  const preflight = (edge: Edge, origin: string): Promise<Response> =>
    fetch(`${edge.url}/v1/searches`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });

  test('may ask where some client lists them, and read the answers to that client', async () => {
    const edge = await edgeOf();
    const asked = await preflight(edge, 'https://shop.example');
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(asked.headers.get('access-control-allow-headers')).toContain('Authorization');
    const answer = await caller(edge, { ...bearer(shop.key), origin: 'https://shop.example' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(answer.headers.get('access-control-expose-headers')).toContain('RateLimit-Remaining');
    expect(answer.headers.get('vary')).toContain('Origin');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('that only another client lists are refused, and can read why', async () => {
    const answer = await caller(await edgeOf(), { ...bearer(shop.key), origin: 'https://ops.example' });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://ops.example');
    expect(await answer.json()).toMatchObject({ reason: 'NOT_PERMITTED', metadata: { origin: 'https://ops.example' } });
  });

  test('that nobody lists are told nothing', async () => {
    const edge = await edgeOf();
    for (const answer of [
      await preflight(edge, 'https://evil.example'),
      await caller(edge, { ...bearer(shop.key), origin: 'https://evil.example' }),
    ]) {
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('read what is left in streams too', async () => {
    const answer = await search(await edgeOf(), {
      ...bearer(shop.key),
      accept: 'text/event-stream',
      origin: 'https://shop.example',
    });
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(answer.headers.get('ratelimit-limit')).toBe('100');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    await answer.body?.cancel();
  });
});

test.each(['/v1/caller', '/healthz', '/nothing', '/v1/nothing'])('%s says how it may be shown', async (path) => {
  const { headers } = await fetch(`${(await edgeOf()).url}${path}`, { headers: bearer(shop.key) });
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(headers.get('strict-transport-security')).toBeNull();
});

import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Grouping, Screen, SearchPage, SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { Permission } from '../../../libs/contracts/gen/entrepot/type/v1/public.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { startTelemetry, type Telemetry } from '../../../libs/telemetry/index.ts';
import { publicMethods } from '../api/method.ts';
import type { Gate } from '../api/public-api.ts';
import { type Answers, restApp } from './rest-app.fixture.ts';

let telemetry: Telemetry;
beforeAll(() => {
  telemetry = startTelemetry({ service: 'rest-test', env: {} });
});
afterAll(() => telemetry.shutdown());

const apps: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function started(answers: Answers = {}, gates?: readonly Gate[]): Promise<FastifyInstance> {
  const app = await restApp(answers, gates);
  apps.push(app);
  return app;
}

/** Answers of every method of a service: what it was asked with. */
function asking(asked: [string, unknown][]): Answers {
  const areas = new Map<string, Record<string, (request: unknown) => unknown>>();
  for (const { service, key, streams, response, http, output } of publicMethods().values()) {
    const [, area = ''] = service.split('.');
    const methods = areas.get(area) ?? {};
    areas.set(area, methods);
    const field = output.fields.find(({ name }) => name === http.responseBody);
    const answer = response.fromJSON(field === undefined ? {} : { [field.jsonName]: {} });
    methods[key] = (request) => {
      asked.push([key, request]);
      return streams ? updates() : Promise.resolve(answer);
    };
  }
  return Object.fromEntries(areas) as Answers;
}

async function* updates(): AsyncGenerator<object> {
  yield { update: SearchUpdate.fromPartial({ searchId: 's1', revision: 1, complete: true, progress: {} }) };
}

describe('routes', () => {
  it('lead to every public method, by the path that its contract states', async () => {
    const asked: [string, unknown][] = [];
    const app = await started(asking(asked));
    for (const { http, key, input, example } of publicMethods().values()) {
      const url = http.path.replaceAll(/\{\w+\}/g, 'a-1.b_2');
      const payload = key === 'search' ? { flight: {} } : (example as object | undefined);
      const answer = await app.inject({
        method: http.verb,
        url,
        ...(http.verb === 'POST' && { payload: payload ?? {} }),
      });
      expect(answer.statusCode, `${http.verb} ${url}: ${answer.body}`).toBe(200);
      const [called, request] = asked.at(-1) as [string, Record<string, unknown>];
      expect(called).toBe(key);
      for (const name of http.pathFields) {
        const field = input.fields.find((candidate) => candidate.name === name);
        expect(request[field?.localName ?? '']).toBe('a-1.b_2');
      }
    }
    expect(asked).toHaveLength(publicMethods().size);
  });

  it('take parameters of every kind, by short names and by paths', async () => {
    const asked: [string, unknown][] = [];
    const app = await started(asking(asked));
    const get = async (url: string): Promise<unknown> => {
      const answer = await app.inject({ url });
      expect(answer.statusCode, answer.body).toBe(200);
      return asked.at(-1)?.[1];
    };
    expect(
      await get(
        '/v1/searches/s1?options.pageSize=5&grouping=OFFER&facets=stops&facets=price,partner&readMask=price,item.flight',
      ),
    ).toMatchObject({
      searchId: 's1',
      options: { pageSize: 5, grouping: Grouping.OFFER, facets: ['stops', 'price', 'partner'] },
      readMask: ['price', 'item.flight'],
    });
    expect(await get('/v1/searches/s1/updates?screen=ALL')).toMatchObject({ screen: Screen.ALL });
    expect(await get('/v1/productEvents?kinds=MERGED,PRODUCT_EVENT_KIND_SPLIT&pageSize=3')).toMatchObject({
      kinds: [3, 4],
      pageSize: 3,
    });
    expect(await get('/v1/products/st_1?statedBy.partner=hotelbeds')).toMatchObject({
      productId: 'st_1',
      statedBy: { partner: 'hotelbeds' },
    });
    expect(await get('/v1/partners?access_token=entrepot-development')).toEqual({});
  });

  it.each([
    [
      '/v1/searches/s1?pageSize=1.5&grouping=SIDEWAYS&size=3&filter=a&filter=b',
      ['pageSize', 'grouping', 'size', 'filter'],
    ],
    ['/v1/searches/s1?pageSize=1&options.pageSize=2', ['options.pageSize']],
    ['/v1/searches/s1?pageToken=p2&options.orderBy=price', ['pageToken']],
    ['/v1/productEvents?kinds=MERGED,SIDEWAYS', ['kinds']],
    ['/v1/products/st_1?partner=hotelbeds', ['partner']],
    ['/v1/partners?partner=x', ['partner']],
    ['/v1/searches/s1?searchId=s2', ['searchId']],
  ])('refuse %s, with every mistake', async (url, fields) => {
    const asked: [string, unknown][] = [];
    const app = await started(asking(asked));
    const answer = await app.inject({ url });
    expect(answer.statusCode).toBe(400);
    const problem = answer.json<{ reason: string; violations: { field: string }[] }>();
    expect([problem.reason, problem.violations.map(({ field }) => field)]).toEqual(['INVALID_FIELD', fields]);
    expect(asked).toEqual([]);
  });

  it('read bodies strictly, and what the path says only there', async () => {
    const asked: [string, unknown][] = [];
    const app = await started(asking(asked));
    const post = async (url: string, payload?: object): Promise<{ statusCode: number; json: () => unknown }> =>
      app.inject({ method: 'POST', url, ...(payload && { payload }) });
    expect((await post('/v1/offers/o1:verify')).statusCode).toBe(200);
    expect(asked.at(-1)).toEqual(['verify', { offerId: 'o1' }]);
    expect((await post('/v1/offers/o1:handoff', { clientReference: 'b1' })).statusCode).toBe(200);
    expect(asked.at(-1)).toEqual(['handoff', { offerId: 'o1', clientReference: 'b1' }]);
    expect((await post('/v1/offers/o1:handoff', { offerId: 'o1' })).statusCode).toBe(200);
    expect((await post('/v1/offers/o1:handoff', { offerId: 'o2' })).json()).toMatchObject({
      reason: 'INVALID_FIELD',
      violations: [{ field: 'offerId' }],
    });
    expect((await post('/v1/offers/o1:verify', { force: true })).json()).toMatchObject({
      reason: 'UNKNOWN_FIELD',
      violations: [{ field: 'force' }],
    });
    expect((await post('/v1/offers/o1:verify?force=true')).json()).toMatchObject({
      reason: 'INVALID_FIELD',
      violations: [{ field: 'force' }],
    });
    expect((await post('/v1/catalogue:decide')).json()).toMatchObject({ reason: 'MALFORMED_BODY' });
    expect((await post('/v1/catalogue:decide', { merge: { intoProductId: 'a' }, split: {} })).json()).toMatchObject({
      violations: [{ field: 'split' }],
    });
    expect(asked).toHaveLength(3);
  });

  it('answer with the field that the contract names as the body', async () => {
    const page = SearchPage.fromPartial({ searchId: 's1', nextPageToken: 'p2' });
    const app = await started({
      query: { getPage: async () => ({ page }), getOffer: async () => ({ offer: undefined }) },
    });
    expect((await app.inject('/v1/searches/s1')).json()).toEqual({ searchId: 's1', nextPageToken: 'p2' });
    const missing = await app.inject('/v1/offers/o1');
    expect([missing.statusCode, missing.json()]).toMatchObject([500, { reason: 'INTERNAL' }]);
  });
});

describe('paths that are not', () => {
  it.each([
    ['DELETE', '/v1/searches/s1', 'GET, HEAD, OPTIONS'],
    ['POST', '/v1/searches/s1', 'GET, HEAD, OPTIONS'],
    ['GET', '/v1/offers/o1:verify', 'OPTIONS, POST'],
    ['PUT', '/v1/catalogue:decide', 'OPTIONS, POST'],
    ['HEAD', '/v1/searches/s1/updates', 'GET, OPTIONS'],
    ['POST', '/openapi.json', 'GET, HEAD, OPTIONS'],
  ] as const)('%s %s is 405 with what is allowed', async (method, url, allow) => {
    const app = await started();
    const answer = await app.inject({ method, url });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, allow]);
    if (method !== 'HEAD')
      expect(answer.json()).toMatchObject({ reason: 'METHOD_NOT_ALLOWED', code: 'UNIMPLEMENTED', status: 405 });
    const options = await app.inject({ method: 'OPTIONS', url });
    expect([options.statusCode, options.headers.allow, options.body]).toEqual([204, allow, '']);
  });

  it.each(['/v1/nothing', '/v1/offers/o1:book', '/v1/offers/', '/v1/offers/a/b/c', '/v1/catalogue:'])(
    'GET %s is 404',
    async (url) => {
      const app = await started();
      const answer = await app.inject(url);
      expect([answer.statusCode, answer.json()]).toMatchObject([404, { reason: 'ROUTE_NOT_FOUND' }]);
      expect(answer.headers.allow).toBeUndefined();
      expect((await app.inject({ method: 'OPTIONS', url })).statusCode).toBe(404);
    },
  );

  it('that cannot be decoded are refused like any other request', async () => {
    const app = await started();
    const answer = await app.inject('/v1/offers/%ZZ');
    expect([answer.statusCode, answer.json()]).toMatchObject([
      400,
      { reason: 'INVALID_FIELD', violations: [{ field: 'path' }] },
    ]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });
});

describe('conditional requests', () => {
  const pages = (revisions: { revision: number }): Answers => ({
    query: {
      getPage: async () => ({
        page: SearchPage.fromPartial({ searchId: 's1', ...revisions, nextPageToken: 'p'.repeat(2_000) }),
      }),
    },
  });

  it('are answered with 304 while the answer is the same', async () => {
    const shown = { revision: 1 };
    const app = await started(pages(shown));
    const first = await app.inject('/v1/searches/s1');
    const etag = String(first.headers.etag);
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    expect(first.headers['cache-control']).toBe('private, max-age=0, must-revalidate');
    expect(first.headers.vary).toContain('Authorization');
    const again = await app.inject({ url: '/v1/searches/s1', headers: { 'if-none-match': `"other", W/${etag}` } });
    expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', etag]);
    expect(again.headers['content-type']).toBeUndefined();
    shown.revision = 2;
    const changed = await app.inject({ url: '/v1/searches/s1', headers: { 'if-none-match': etag } });
    expect(changed.statusCode).toBe(200);
    expect(changed.headers.etag).not.toBe(etag);
  });

  it('tell encodings apart, and take the tag of any', async () => {
    const app = await started(pages({ revision: 1 }));
    const plain = await app.inject('/v1/searches/s1');
    const packed = await app.inject({ url: '/v1/searches/s1', headers: { 'accept-encoding': 'br' } });
    expect(packed.headers.etag).toBe(`${String(plain.headers.etag).slice(0, -1)}-br"`);
    for (const tag of [plain.headers.etag, packed.headers.etag]) {
      const again = await app.inject({
        url: '/v1/searches/s1',
        headers: { 'accept-encoding': 'br', 'if-none-match': String(tag) },
      });
      expect([again.statusCode, again.headers.etag]).toEqual([304, tag]);
    }
  });

  it('are answered with the head alone where that is asked for', async () => {
    const app = await started(pages({ revision: 1 }));
    const get = await app.inject('/v1/searches/s1');
    const head = await app.inject({ method: 'HEAD', url: '/v1/searches/s1' });
    expect([head.statusCode, head.body]).toEqual([200, '']);
    for (const name of ['etag', 'content-length', 'content-type', 'cache-control'])
      expect(head.headers[name]).toBe(get.headers[name]);
  });

  it('hold for the document too', async () => {
    const app = await started();
    const { headers } = await app.inject('/openapi.json');
    const again = await app.inject({ url: '/openapi.json', headers: { 'if-none-match': String(headers.etag) } });
    expect(again.statusCode).toBe(304);
  });

  it('say nothing of problems', async () => {
    const app = await started({
      query: {
        getPage: async () => {
          throw new EntrepotError({ reason: 'SEARCH_NOT_FOUND', message: 'There is none.' });
        },
      },
    });
    const answer = await app.inject({ url: '/v1/searches/s1', headers: { 'if-none-match': '*' } });
    expect([answer.statusCode, answer.headers.etag, answer.headers['cache-control']]).toEqual([
      404,
      undefined,
      'no-store',
    ]);
  });
});

describe('compression', () => {
  const long = SearchPage.fromPartial({ searchId: 's1', nextPageToken: 'x'.repeat(5_000) });
  const short = SearchPage.fromPartial({ searchId: 's1' });
  const answers: Answers = {
    query: { getPage: async ({ searchId }: { searchId: string }) => ({ page: searchId === 'long' ? long : short }) },
  };

  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('is %s where that is accepted', async (encoding, unpack) => {
    const app = await started(answers);
    const answer = await app.inject({ url: '/v1/searches/long', headers: { 'accept-encoding': encoding } });
    expect([answer.headers['content-encoding'], answer.headers.vary]).toEqual([
      encoding,
      expect.stringMatching(/accept-encoding/i),
    ]);
    expect(answer.rawPayload.length).toBeLessThan(500);
    expect(JSON.parse(unpack(answer.rawPayload).toString())).toEqual(SearchPage.toJSON(long));
  });

  it('is left out where it saves nothing, or nobody asked for it', async () => {
    const app = await started(answers);
    const small = await app.inject({ url: '/v1/searches/short', headers: { 'accept-encoding': 'br, gzip' } });
    const plain = await app.inject('/v1/searches/long');
    expect([small.headers['content-encoding'], plain.headers['content-encoding']]).toEqual([undefined, undefined]);
  });

  it('of a stream is none', async () => {
    const app = await started({ query: { watchSearch: updates } });
    const answer = await app.inject({ url: '/v1/searches/s1/updates', headers: { 'accept-encoding': 'br, gzip' } });
    expect([answer.statusCode, answer.headers['content-encoding']]).toEqual([200, undefined]);
    expect(answer.body).toContain('event: update');
  });

  it('of requests is refused, and what would be accepted said', async () => {
    const app = await started(answers);
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/offers/o1:verify',
      headers: { 'content-encoding': 'gzip' },
      payload: {},
    });
    expect([answer.statusCode, answer.headers['accept-encoding'], answer.json()]).toMatchObject([
      415,
      'identity',
      { reason: 'UNSUPPORTED_MEDIA_TYPE' },
    ]);
  });
});

describe('problems', () => {
  const refusing = (error: EntrepotError): Promise<FastifyInstance> =>
    started({}, [
      () => {
        throw error;
      },
    ]);

  it('name their request and its trace', async () => {
    const app = await started();
    const answer = await app.inject({
      url: '/v1/nothing',
      headers: { 'x-request-id': 'rq-1', traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
    });
    expect(answer.json()).toMatchObject({
      requestId: 'rq-1',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      status: 404,
    });
  });

  it('say when to come back', async () => {
    const app = await refusing(
      new EntrepotError({ reason: 'QUOTA_SPENT', message: 'It is spent.', retryAfterMs: 1_200 }),
    );
    const answer = await app.inject('/v1/partners');
    expect([answer.statusCode, answer.headers['retry-after'], answer.json()]).toMatchObject([
      429,
      '2',
      { retryAfterMs: 1_200 },
    ]);
  });

  it.each([
    ['CREDENTIALS_MISSING', {}, 401, 'Bearer realm="entrepot"'],
    [
      'CREDENTIALS_EXPIRED',
      {},
      401,
      'Bearer realm="entrepot", error="invalid_token", error_description="It has expired."',
    ],
    [
      'NOT_PERMITTED',
      { permission: 'SEARCH' },
      403,
      'Bearer realm="entrepot", error="insufficient_scope", scope="SEARCH"',
    ],
    ['NOT_PERMITTED', { market: '"GB"' }, 403, 'Bearer realm="entrepot", error="insufficient_scope"'],
  ] as const)('about who asks (%s) carry a challenge', async (reason, metadata, status, challenge) => {
    const app = await refusing(
      new EntrepotError({ reason, message: 'No.', metadata: metadata as Record<string, string> }),
    );
    const answer = await app.inject('/v1/partners');
    expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([status, challenge]);
  });
});

it('asks for the permission that the contract states', async () => {
  const seen: Permission[] = [];
  const app = await started(asking([]), [({ method }) => void seen.push(method.permission)]);
  await app.inject('/v1/products?vertical=stay');
  await app.inject('/v1/caller');
  expect(seen).toEqual([Permission.CATALOGUE_READ, Permission.UNSPECIFIED]);
});

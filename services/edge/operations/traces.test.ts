import { type Context, type Span as OpenSpan, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Span } from '../../../libs/contracts/gen/entrepot/telemetry/v1/trace.ts';
import { Permission } from '../../../libs/contracts/gen/entrepot/type/v1/public.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { startTelemetry, type Telemetry, tracer } from '../../../libs/telemetry/index.ts';
import type { Caller } from '../api/caller.ts';
import { requireMethod } from '../api/method.ts';
import { type Operation, PublicApi } from '../api/public-api.ts';
import { traced } from './traced.ts';
import { Traces } from './traces.ts';

let telemetry: Telemetry;
beforeEach(() => {
  telemetry = startTelemetry({ service: 'entrepot-edge', env: { OTEL_TRACES_SAMPLER: 'parentbased_always_on' } });
});
afterEach(() => telemetry.shutdown());

const identity = {
  permissions: new Set<Permission>([Permission.SEARCH]),
  markets: undefined,
  partners: undefined,
  views: undefined,
  budget: undefined,
  streams: undefined,
  origins: [],
  development: false,
};
const callerOf = (client: string, within: Context = ROOT_CONTEXT, permissions = identity.permissions): Caller => ({
  identity: { ...identity, client, permissions },
  protocol: 'rest',
  timeoutMs: 1_000,
  signal: new AbortController().signal,
  trace: within,
  requestId: 'r',
});
const shop = callerOf('shop');
const rival = callerOf('rival');
const desk = callerOf('desk', ROOT_CONTEXT, new Set([Permission.OPERATIONS]));

const search = requireMethod('entrepot.query.v1.QueryService/Search');
const getOffer = requireMethod('entrepot.query.v1.QueryService/GetOffer');

interface Begun {
  readonly span: OpenSpan;
  readonly traceId: string;
  readonly spanId: string;
  readonly within: Context;
}

/** A request's span at this edge. */
function request(name: string, startTime: number, parent: Context = ROOT_CONTEXT): Begun {
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, startTime }, parent);
  return { span, ...span.spanContext(), within: trace.setSpan(parent, span) };
}

/** A search of a client, with a call below it. */
function searched(client: string, searchId: string, startTime: number, parent?: Context): Begun {
  const begun = request('POST /v1/searches', startTime, parent);
  const operation: Operation = {
    method: search,
    request: { vertical: { $case: 'flight' } },
    caller: callerOf(client, begun.within),
  };
  const leave = traced(operation);
  operation.first?.({ update: { searchId } });
  const attributes = { 'server.address': '10.0.0.7', 'rpc.method': 'Search' };
  tracer.startSpan('Search', { kind: SpanKind.CLIENT, startTime: startTime + 1, attributes }, begun.within).end();
  if (typeof leave === 'function') leave();
  begun.span.end(startTime + 250);
  return begun;
}

const listed = (caller: Caller, pageSize = 0, traces = new Traces()) =>
  traces.list({ pageSize }, caller).traces.map(({ searchId, client }) => `${client} ${searchId}`);
const at = 1_700_000_000_000;

describe('recorded requests', () => {
  test('are listed latest first: to a client its own, to operators all', () => {
    searched('shop', 's1', at);
    searched('rival', 's2', at + 1_000);
    const { traceId } = searched('shop', 's3', at + 2_000);
    expect(listed(shop)).toEqual(['shop s3', 'shop s1']);
    expect(listed(rival)).toEqual(['rival s2']);
    expect(listed(desk)).toEqual(['shop s3', 'rival s2', 'shop s1']);
    expect(listed(desk, 2)).toHaveLength(2);
    expect(new Traces().list({ pageSize: 1 }, shop).traces[0]).toEqual({
      traceId,
      name: 'POST /v1/searches',
      client: 'shop',
      searchId: 's3',
      startedAt: Temporal.Instant.fromEpochMilliseconds(at + 2_000),
      durationMs: 250,
      error: false,
      method: 'entrepot.query.v1.QueryService/Search',
      protocol: 'rest',
      vertical: 'flight',
    });
    for (const pageSize of [-1, 201]) {
      expect(() => listed(shop, pageSize)).toThrow(expect.objectContaining({ reason: 'INVALID_FIELD' }));
    }
  });

  test.each([
    [{ searchId: 'Kp3VYbXqFvZ0aT9d' }, 'Kp3VYbXqFvZ0aT9d'],
    [{ offerId: 'Kp3VxbXqFvZ0aT9d-01-0004' }, 'Kp3VxbXqFvZ0aT9d'],
    [{ offerId: 'nothing' }, ''],
    [{}, ''],
  ])('are of the search that is looked at: %j', async (message, searchId) => {
    const begun = request('GET /v1/offers/{offer_id}', at);
    const backend = { getOffer: async () => ({}) };
    const api = new PublicApi(new Map([[getOffer.service, backend]]), [traced]);
    await api.unary(getOffer, message, callerOf('shop', begun.within));
    tracer.startSpan('GetOffer', {}, begun.within).end();
    begun.span.end();
    expect(listed(shop)).toEqual([`shop ${searchId}`]);
  });

  test('are of the search that they begin, as its first update says', async () => {
    const begun = request('POST /v1/searches', at);
    const updates = async function* () {
      yield { update: { searchId: 'begun', complete: false } };
      yield { update: { searchId: 'other', complete: true } };
    };
    const api = new PublicApi(new Map([[search.service, { search: updates }]]), [traced]);
    for await (const _ of api.stream(search, {}, callerOf('shop', begun.within)));
    begun.span.end();
    expect(listed(shop)).toEqual(['shop begun']);
  });

  test.each([
    ['OFFER_EXPIRED', true],
    ['CANCELLED', false],
  ] as const)('that end with %s are an error: %s', async (reason, error) => {
    const begun = request('GET /v1/offers/{offer_id}', at);
    const backend = {
      getOffer: async () => {
        throw new EntrepotError({ reason, message: 'no' });
      },
    };
    const api = new PublicApi(new Map([[getOffer.service, backend]]), [traced]);
    await expect(api.unary(getOffer, { offerId: 'a-b-c' }, callerOf('shop', begun.within))).rejects.toThrow();
    begun.span.end();
    expect(new Traces().list({ pageSize: 0 }, shop).traces).toMatchObject([{ error }]);
  });
});

describe('a trace', () => {
  const remote = (spanId: string, parentSpanId: string, startedAt: number, traceId = ''): Span => ({
    traceId,
    spanId,
    parentSpanId,
    name: spanId,
    kind: 'server',
    service: 'entrepot-query',
    startedAt: Temporal.Instant.fromEpochMilliseconds(startedAt),
    durationMs: 1,
    error: false,
    errorMessage: '',
    attributes: { 'server.address': '10.0.0.7', 'entrepot.partner': 'a' },
  });

  test('is put together from every service, each span once, in order of their beginning', async () => {
    const { traceId, spanId } = searched('shop', 's1', at);
    const asked: string[] = [];
    const source = (service: string, spans: readonly Span[], missing = false) => ({
      service,
      spans: async (id: string) => {
        asked.push(`${service} ${id}`);
        return { spans, missing };
      },
    });
    const traces = new Traces([
      source('query', [remote('then', 'early', at + 9), remote('early', spanId, at + 5)]),
      source('pricing', [remote('also then', 'then', at + 9)]),
      source('supply', [remote('then', 'early', at + 9)], true),
    ]);
    const { summary, spans, missingServices } = await traces.get({ traceId }, desk);
    expect(asked).toEqual([`query ${traceId}`, `pricing ${traceId}`, `supply ${traceId}`]);
    expect(spans.map(({ name }) => name)).toEqual(['POST /v1/searches', 'Search', 'early', 'then', 'also then']);
    expect(spans[1]?.attributes).toMatchObject({ 'server.address': '10.0.0.7' });
    expect(missingServices).toEqual(['supply']);
    expect(summary).toMatchObject({ traceId, client: 'shop', searchId: 's1' });
  });

  test('is found by its search too: that of the request that began it', async () => {
    const first = searched('shop', 's1', at);
    searched('shop', 's1', at + 1_000);
    expect((await new Traces().get({ traceId: 's1' }, shop)).summary?.traceId).toBe(first.traceId);
  });

  test.each(['s'.repeat(17), 's1-00-0001', 'a b'])('keeps nothing as a search that cannot be one: %s', (searchId) => {
    const looking = request('GET /v1/searches/{search_id}', at);
    const leave = traced({ method: getOffer, request: { searchId }, caller: callerOf('shop', looking.within) });
    tracer.startSpan('GetPage', {}, looking.within).end();
    if (typeof leave === 'function') leave();
    looking.span.end(at + 5);
    expect(new Traces().list({ pageSize: 0 }, shop).traces.map(({ searchId: kept }) => kept)).toEqual(['']);
  });

  test('of a search is not that of a request that only looks at it', async () => {
    const looking = request('GET /v1/searches/{search_id}:explain', at);
    const leave = traced({ method: getOffer, request: { searchId: 's1' }, caller: callerOf('shop', looking.within) });
    tracer.startSpan('ExplainSearch', {}, looking.within).end();
    if (typeof leave === 'function') leave();
    looking.span.end();
    expect(listed(shop)).toEqual(['shop s1']);
    await expect(new Traces().get({ traceId: 's1' }, shop)).rejects.toMatchObject({ reason: 'TRACE_NOT_FOUND' });
    const { traceId } = searched('shop', 's1', at + 1_000);
    expect((await new Traces().get({ traceId: 's1' }, shop)).summary?.traceId).toBe(traceId);
  });

  test('of another client is as one that is not there', async () => {
    const { traceId } = searched('shop', 's1', at);
    const refusals = [traceId, 's1', '0'.repeat(32), 'nothing'].map((id) =>
      new Traces().get({ traceId: id }, rival).catch(({ reason, message }: EntrepotError) => ({ reason, message })),
    );
    const [first, ...others] = await Promise.all(refusals);
    expect(first).toMatchObject({ reason: 'TRACE_NOT_FOUND' });
    for (const other of others) expect(other).toEqual(first);
  });

  test('shows a client what is below its own requests alone, whoever else has sent the id of the trace', async () => {
    const theirs = searched('shop', 's1', at);
    const parent = trace.setSpanContext(ROOT_CONTEXT, theirs.span.spanContext());
    const { spanId } = searched('rival', 's2', at + 1_000, parent);
    const source = {
      service: 'query',
      spans: async () => ({
        spans: [remote('of shop', theirs.spanId, at), remote('of rival', spanId, at), remote('of nobody', 'x', at)],
        missing: false,
      }),
    };
    const { spans } = await new Traces([source]).get({ traceId: theirs.traceId }, rival);
    expect(spans.map(({ name }) => name).sort()).toEqual(['POST /v1/searches', 'Search', 'of rival']);
    expect(spans.find(({ name }) => name === 'POST /v1/searches')?.spanId).toBe(spanId);
    expect(spans.flatMap(({ attributes }) => Object.keys(attributes))).not.toContain('server.address');
    expect(spans.find(({ name }) => name === 'of rival')?.attributes).toEqual({ 'entrepot.partner': 'a' });
  });

  test('that goes round in a circle, as no honest process tells one, is no request of anybody', async () => {
    const { traceId } = searched('shop', 's1', at);
    const circle = [remote('a', 'b', at), remote('b', 'a', at)];
    const source = { service: 'query', spans: async () => ({ spans: circle, missing: false }) };
    const { spans } = await new Traces([source]).get({ traceId }, shop);
    expect(spans.map(({ name }) => name)).toEqual(['POST /v1/searches', 'Search']);
  });

  test('is that of a request that failed too', async () => {
    const begun = request('POST /v1/searches', at);
    traced({ method: search, request: {}, caller: callerOf('shop', begun.within) });
    begun.span.setStatus({ code: SpanStatusCode.ERROR, message: 'broke' });
    begun.span.end();
    const { summary, spans } = await new Traces().get({ traceId: begun.traceId }, shop);
    expect(summary?.error).toBe(true);
    expect(spans).toMatchObject([{ error: true, errorMessage: 'broke' }]);
  });
});

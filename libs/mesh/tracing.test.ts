import { ROOT_CONTEXT, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EntrepotError, type ReasonName } from '../errors/index.ts';
import {
  contextFromTraceparent,
  InMemorySpanExporter,
  type ReadableSpan,
  redirectLogs,
  startTelemetry,
  type Telemetry,
} from '../telemetry/index.ts';
import { type Bench, bench, collect, failure, shapes } from './test-service.ts';

const note = { text: 'x', count: 2 };
let spans: InMemorySpanExporter;
let telemetry: Telemetry;
beforeEach(() => {
  spans = new InMemorySpanExporter();
  telemetry = startTelemetry({ service: 'test', spanExporter: spans });
});
afterEach(() => telemetry.shutdown());

/** Spans of a kind, those that were started last first: the innermost. */
const ofKind = (kind: SpanKind): ReadableSpan[] => spans.getFinishedSpans().filter((span) => span.kind === kind);

/** Waits for as many spans: a server's may end after the client has its answer. */
async function finished(count: number): Promise<void> {
  while (spans.getFinishedSpans().length < count) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe.each(shapes)('telemetry over %s', (shape) => {
  let at: Bench;
  beforeEach(() => {
    at = bench(shape);
  });
  afterEach(() => at.close());

  it("makes one trace of the caller's span and every hop below it", async () => {
    const third = (await at.serve()).connect();
    const second = (await at.serve({ say: (n, context) => third.say(n, { context }) })).connect();
    const first = (await at.serve({ say: (n, context) => second.say(n, { context }) })).connect();
    const traceId = 'a'.repeat(32);
    await first.say(note, { trace: contextFromTraceparent(`00-${traceId}-${'b'.repeat(16)}-01`) });
    await finished(6);
    const all = spans.getFinishedSpans();
    expect(new Set(all.map((span) => span.spanContext().traceId))).toEqual(new Set([traceId]));
    // From the root down, client and server spans take turns, each the parent of the next.
    let parent = 'b'.repeat(16);
    for (const kind of [1, 2, 3].flatMap(() => [SpanKind.CLIENT, SpanKind.SERVER])) {
      const child = all.find((span) => span.parentSpanContext?.spanId === parent);
      expect(child?.kind).toBe(kind);
      parent = child?.spanContext().spanId ?? '';
    }
  });

  it('names spans and attributes by the stable conventions', async () => {
    const client = (await at.serve()).connect();
    await client.say(note);
    await finished(2);
    const [server] = ofKind(SpanKind.SERVER);
    const [caller] = ofKind(SpanKind.CLIENT);
    for (const span of [server, caller]) {
      expect(span?.name).toBe('entrepot.test.v1.EchoService/Say');
      expect(span?.attributes).toMatchObject({
        'rpc.system.name': 'grpc',
        'rpc.method': 'entrepot.test.v1.EchoService/Say',
        'rpc.response.status_code': 'OK',
      });
      expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    }
    expect(caller?.attributes['server.address']).toBe(shape === 'memory' ? 'echo-1' : '127.0.0.1');
    expect(typeof caller?.attributes['server.port']).toBe(shape === 'memory' ? 'undefined' : 'number');
  });

  it.each<[ReasonName, boolean]>([
    ['OFFER_NOT_FOUND', false],
    ['INVALID_FIELD', false],
    ['OVERLOADED', false],
    ['INTERNAL', true],
    ['PARTNER_UNAVAILABLE', true],
  ])("takes %s for the server's fault: %s", async (reason, fault) => {
    redirectLogs({ write: () => {} }, 'silent');
    const client = (
      await at.serve({
        say: async () => {
          throw new EntrepotError({ reason, message: 'no' });
        },
      })
    ).connect();
    await failure(client.say(note));
    await finished(2);
    const [server] = ofKind(SpanKind.SERVER);
    expect(server?.status.code).toBe(fault ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
    expect(server?.attributes['entrepot.error.reason']).toBe(reason);
    expect(ofKind(SpanKind.CLIENT)[0]?.status.code).toBe(SpanStatusCode.ERROR);
  });

  it('measures calls in seconds under the standard names', async () => {
    const client = (await at.serve()).connect();
    await client.say(note);
    await collect(client.count(note));
    await finished(4);
    const text = await telemetry.metricsText();
    for (const side of ['client', 'server']) {
      for (const method of ['Say', 'Count']) {
        const labels = `rpc_system_name="grpc",rpc_method="entrepot.test.v1.EchoService/${method}",rpc_response_status_code="OK"`;
        expect(text).toContain(`rpc_${side}_call_duration_count{${labels}} 1`);
        expect(text).toContain(`rpc_${side}_call_duration_bucket{${labels},le="10"} 1`);
      }
    }
  });

  it('tells the handler which client asks, through every hop', async () => {
    const seen: string[] = [];
    const inner = (
      await at.serve({
        say: async (n, context) => {
          seen.push(context.client);
          return n;
        },
      })
    ).connect();
    const outer = (await at.serve({ say: (n, context) => inner.say(n, { context }) })).connect({ client: 'web' });
    await outer.say(note);
    await outer.say(note, { client: 'app' });
    await inner.say(note);
    expect(seen).toEqual(['web', 'app', 'public']);
  });

  it('carries a trace on that nobody records', async () => {
    await telemetry.shutdown();
    const seen: (string | undefined)[] = [];
    const client = (
      await at.serve({
        say: async (n, context) => {
          seen.push(context.metadata.get('traceparent'));
          return n;
        },
      })
    ).connect();
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await client.say(note, { trace: contextFromTraceparent(traceparent) });
    await client.say(note, { trace: ROOT_CONTEXT });
    expect(seen).toEqual([traceparent, undefined]);
  });
});

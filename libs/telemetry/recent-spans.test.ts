import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { allRecentSpans, recentSpans, startTelemetry, type Telemetry, tracer } from './index.ts';

let telemetry: Telemetry;
afterEach(() => telemetry.shutdown());

const record = (sampler = 'always_on'): void => {
  telemetry = startTelemetry({ service: 'test', env: { OTEL_TRACES_SAMPLER: sampler } });
};

/** A request with spans below it. Returns its trace. */
function request(spans: number, attributes: Record<string, string> = {}): string {
  const root = tracer.startSpan('request', { kind: SpanKind.SERVER, attributes }, ROOT_CONTEXT);
  const within: Context = trace.setSpan(ROOT_CONTEXT, root);
  for (let at = 0; at < spans; at++) tracer.startSpan(`part ${at}`, { kind: SpanKind.CLIENT }, within).end();
  root.end();
  return root.spanContext().traceId;
}

describe('the spans of this process', () => {
  it('are remembered with what a waterfall needs', () => {
    record();
    const root = tracer.startSpan('request', { kind: SpanKind.SERVER, startTime: [1_000, 5] }, ROOT_CONTEXT);
    const within = trace.setSpan(ROOT_CONTEXT, root);
    const part = tracer.startSpan('part', { startTime: [1_000, 500_000_005] }, within);
    part.setAttributes({ 'entrepot.partner': 'a', rows: 12, cached: false, keys: ['x', 'y'] });
    part.setStatus({ code: SpanStatusCode.ERROR, message: 'x'.repeat(1_000) });
    part.end([1_000, 502_000_005]);
    root.end([1_001, 5]);
    const { traceId, spanId } = root.spanContext();
    expect(recentSpans(traceId)).toEqual([
      {
        traceId,
        spanId: part.spanContext().spanId,
        parentSpanId: spanId,
        name: 'part',
        kind: 'internal',
        service: 'test',
        startedAtNs: 1_000_500_000_005n,
        durationMs: 2,
        error: true,
        errorMessage: `${'x'.repeat(299)}…`,
        attributes: { 'entrepot.partner': 'a', rows: '12', cached: 'false', keys: 'x, y' },
      },
      expect.objectContaining({ spanId, parentSpanId: '', kind: 'server', durationMs: 1_000, error: false }),
    ]);
  });

  it('are not those that are not sampled, nor of a request for which nothing was done', () => {
    record('always_off');
    expect(recentSpans(request(2))).toEqual([]);
    void telemetry.shutdown();
    record();
    expect(recentSpans(request(0))).toEqual([]);
    expect(allRecentSpans()).toEqual([]);
  });

  it('are bounded in traces, and searches are not driven out by other requests', () => {
    record();
    const searches = Array.from({ length: 110 }, (_, at) => request(1, { 'entrepot.search.id': `s${at}` }));
    const others = Array.from({ length: 300 }, () => request(1));
    const kept = (traces: readonly string[]): number => traces.filter((one) => recentSpans(one).length > 0).length;
    expect([kept(searches), kept(others)]).toEqual([100, 100]);
    expect(recentSpans(searches[0]!)).toEqual([]);
    expect(recentSpans(others.at(-1)!)).toHaveLength(2);
    expect(allRecentSpans()).toHaveLength(400);
  });

  it('are bounded in a trace; those above, which end last, stay', () => {
    record();
    const spans = recentSpans(request(500));
    expect(spans).toHaveLength(200);
    expect(spans.at(-1)?.name).toBe('request');
  });

  it('are forgotten when telemetry stops', async () => {
    record();
    const traceId = request(1);
    await telemetry.shutdown();
    expect(recentSpans(traceId)).toEqual([]);
  });
});

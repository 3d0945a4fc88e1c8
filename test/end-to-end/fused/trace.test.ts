import { expect, test } from 'vitest';
import { InMemorySpanExporter, type ReadableSpan } from '../../../libs/telemetry/index.ts';
import { flightSearch, flightSellers, startRig } from '../../support/fused-rig.ts';

interface TraceJson {
  readonly summary: { readonly traceId: string; readonly searchId: string };
  readonly spans: readonly { readonly spanId: string; readonly startedAt: string }[];
  readonly missingServices?: readonly string[];
}

/** Names of the spans whose parent is not among them. */
function rootsOf(spans: readonly ReadableSpan[]): string[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  return spans.filter(({ parentSpanContext: parent }) => !ids.has(parent?.spanId ?? '')).map(({ name }) => name);
}

test('one trace leads from the edge’s request to every partner’s HTTP call', async () => {
  const exporter = new InMemorySpanExporter();
  const rig = await startRig({ spanExporter: exporter });
  try {
    await rig.scenario('travelport', { errorShare: 1 });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const { status, headers, body } = await rig.call<{
      searchId: string;
      outcomes: { partner: string; offersKept?: number }[];
    }>('POST', '/v1/searches', flightSearch(), { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
    expect(status).toBe(200);
    expect(headers.get('server-timing')).toMatch(/^edge;dur=\d/);
    // Spans end when the last byte is out, which the client may see first; a parent may end after its child.
    const ofTrace = () => exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);
    await expect.poll(() => rootsOf(ofTrace()), { timeout: 5_000 }).toEqual(['POST /v1/searches']);

    const spans = ofTrace();
    const byId = new Map(spans.map((span): [string, ReadableSpan] => [span.spanContext().spanId, span]));
    const edge = spans.find(({ name }) => name === 'POST /v1/searches');
    expect(edge?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(headers.get('traceparent')).toContain(`${traceId}-${edge?.spanContext().spanId}`);

    const calls = spans.filter(({ name }) => name === 'partner search');
    expect(calls.map(({ attributes }) => attributes['entrepot.partner']).sort()).toEqual(flightSellers);
    for (const call of calls) {
      const partner = call.attributes['entrepot.partner'];
      const outcome = body.outcomes.find((one) => one.partner === partner);
      expect(call.attributes).toMatchObject({
        'entrepot.outcome': partner === 'travelport' ? 'failed' : 'ok',
        'entrepot.offers.kept': outcome?.offersKept ?? 0,
        'entrepot.rows.received': expect.any(Number),
        'entrepot.requests': 1,
        'entrepot.cache': expect.any(String),
        'http.response.status_code': expect.any(Number),
      });
      const chain: string[] = [];
      let at: ReadableSpan | undefined = call;
      for (; at !== undefined; at = byId.get(at.parentSpanContext?.spanId ?? '')) chain.push(at.name);
      expect(chain.at(-1)).toBe('POST /v1/searches');
      expect(chain.join(' < ')).toMatch(/supply.*Search.*query.*Search/);
    }

    // The edge tells the same, to whoever has its id or that of its search.
    const { searchId } = body;
    for (const id of [traceId, searchId]) {
      const told = await rig.call<TraceJson>('GET', `/v1/traces/${id}`);
      expect(told.body.spans.map(({ spanId }) => spanId).sort()).toEqual([...byId.keys()].sort());
      expect(told.body.summary).toMatchObject({ traceId, searchId, name: 'POST /v1/searches', client: 'public' });
      expect(told.body.missingServices ?? []).toEqual([]);
      const starts = told.body.spans.map(({ startedAt }) => Temporal.Instant.from(startedAt).epochNanoseconds);
      expect(starts).toEqual(starts.toSorted((a, b) => (a < b ? -1 : 1)));
    }
    const { body: listed } = await rig.call<{ traces: { traceId: string; searchId?: string }[] }>('GET', '/v1/traces');
    expect(listed.traces.map((one) => [one.traceId, one.searchId])).toContainEqual([traceId, searchId]);
    expect((await rig.call('GET', `/v1/traces/${'0'.repeat(32)}`)).status).toBe(404);
  } finally {
    await rig.close();
  }
});

import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { InMemorySpanExporter, startTelemetry, tracer } from '../../libs/telemetry/index.ts';
import { json, startPartner } from './testing/partner-server.ts';
import { startRemote } from './testing/remote.ts';
import { handlesOf, row, search, startRig } from './testing/rig.ts';

const exporter = new InMemorySpanExporter();
const telemetry = startTelemetry({ service: 'test', spanExporter: exporter });
const well = await startPartner((_, response) => json(response, { rows: [row(1), row(2, { amount: '-1.00' })] }));
const ill = await startPartner((_, response) => json(response, { error: 'no' }, 500));
const rig = await startRig({
  well: { adapter: 'plain', endpoint: well.url, sendTraceparent: true },
  ill: { adapter: 'plain', endpoint: ill.url },
});

beforeEach(() => exporter.reset());
afterAll(async () => {
  await rig.close();
  await Promise.all([well.close(), ill.close()]);
  await telemetry.shutdown();
});

it("shows each partner's call in the caller's trace, with outcome, counts and cache use", async () => {
  const root = tracer.startSpan('caller', {}, ROOT_CONTEXT);
  const context = trace.setSpan(ROOT_CONTEXT, root);
  await search(rig, undefined, { trace: context });
  root.end();
  const spans = exporter.getFinishedSpans();
  const calls = spans.filter(({ name }) => name === 'partner search');
  expect(calls).toHaveLength(2);
  expect(calls.every((span) => span.spanContext().traceId === root.spanContext().traceId)).toBe(true);
  const server = spans.find((span) => span.kind === SpanKind.SERVER && span.name.includes('SupplyService/Search'))!;
  expect(calls.every((span) => span.parentSpanContext?.spanId === server.spanContext().spanId)).toBe(true);
  expect(calls.every((span) => span.kind === SpanKind.CLIENT)).toBe(true);
  const attributes = Object.fromEntries(calls.map((span) => [span.attributes['entrepot.partner'], span.attributes]));
  expect(attributes.well).toMatchObject({
    'entrepot.outcome': 'ok',
    'entrepot.rows.received': 2,
    'entrepot.offers.kept': 1,
    'entrepot.requests': 1,
    'entrepot.cache': 'none',
    'http.response.status_code': 200,
    'server.address': well.url,
  });
  expect(attributes.ill).toMatchObject({
    'entrepot.outcome': 'failed',
    'error.type': 'server_error',
    'http.response.status_code': 500,
  });
});

it('goes on at a partner that takes part in it, and stays here for every other', async () => {
  await search(rig);
  const call = exporter.getFinishedSpans().find((span) => span.attributes['entrepot.partner'] === 'well')!;
  const { traceId, spanId } = call.spanContext();
  expect(well.headers.at(-1)!.traceparent).toBe(`00-${traceId}-${spanId}-01`);
  expect(ill.headers.at(-1)).not.toHaveProperty('traceparent');
});

it('goes on at a partner by address, with the span of its part as the parent', async () => {
  const remote = await startRemote();
  const remoteRig = await startRig({ remote: { address: remote.address, vertical: 'stay' } });
  try {
    const { batches } = await search(remoteRig);
    const span = exporter.getFinishedSpans().find(({ attributes }) => attributes['entrepot.partner'] === 'remote')!;
    const { traceId, spanId } = span.spanContext();
    expect(span.attributes).toMatchObject({ 'entrepot.outcome': 'ok', 'server.address': remote.address });
    expect(trace.getSpanContext(remote.contexts[0]!.trace)!.traceId).toBe(traceId);
    // The stream ends by itself, a moment after the search.
    const below = () => exporter.getFinishedSpans().filter((one) => one.parentSpanContext?.spanId === spanId);
    await expect.poll(() => below().map(({ name }) => name)).toEqual([expect.stringContaining('SupplyService/Search')]);
    const [handle] = handlesOf(batches[0]!);
    await remoteRig.client.verifyOffer({ handle });
    await remoteRig.client.createHandoff({ handle, clickId: 'c' });
    const names = exporter.getFinishedSpans().map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['partner verify', 'partner handoff']));
  } finally {
    await remoteRig.close();
    await remote.close();
  }
});

it('counts rows, rejections and time in metrics, and gauges what is held', async () => {
  await search(rig);
  const text = await telemetry.metricsText();
  expect(text).toMatch(/entrepot_supply_rows_kept\S*\{[^}]*partner="well"[^}]*\} \d/);
  expect(text).toMatch(/entrepot_supply_rows_rejected\S*\{[^}]*reason="negative_amount"[^}]*\} \d/);
  expect(text).toMatch(/entrepot_supply_partner_duration\S*_count\{[^}]*outcome="failed"[^}]*\} \d/);
  expect(text).toMatch(/entrepot_supply_answers_bytes\S*\{[^}]*state="plain"[^}]*\} \d/);
});

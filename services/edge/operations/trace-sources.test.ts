import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { afterEach, expect, test } from 'vitest';
import { type MeshServer, serve } from '../../../libs/mesh/index.ts';
import { allRecentSpans, startTelemetry, type Telemetry, tracer } from '../../../libs/telemetry/index.ts';
import { meshSource } from './trace-sources.ts';

let telemetry: Telemetry;
const servers: MeshServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await telemetry.shutdown();
});

/** Two replicas, and a trace that their process recorded. */
async function replicas(): Promise<{ readonly target: string; readonly traceId: string }> {
  telemetry = startTelemetry({ service: 'entrepot-test', env: { OTEL_TRACES_SAMPLER: 'parentbased_always_on' } });
  for (let at = 0; at < 2; at++)
    servers.push(await serve({ name: 'query', services: [], at: { address: '127.0.0.1:0' } }));
  const root = tracer.startSpan('request', {}, ROOT_CONTEXT);
  tracer.startSpan('part', {}, trace.setSpan(ROOT_CONTEXT, root)).end();
  return { target: `static:${servers.map(({ address }) => address).join(',')}`, traceId: root.spanContext().traceId };
}

test('every replica of a service is asked, which is no trace itself', async () => {
  const { target, traceId } = await replicas();
  const { spans, missing } = await meshSource('query', target).spans(traceId);
  expect([spans.map(({ name }) => name), missing]).toEqual([['part', 'part'], false]);
  expect(allRecentSpans().map(({ name }) => name)).toEqual(['part']);
});

test('a service of which one replica is gone is missing, and the others are heard', async () => {
  const { target, traceId } = await replicas();
  await servers[0]!.close();
  const { spans, missing } = await meshSource('query', target).spans(traceId);
  expect([spans.map(({ name }) => name), missing]).toEqual([['part'], true]);
});

test('a service whose name nobody knows is missing', async () => {
  const { traceId } = await replicas();
  expect(await meshSource('query', 'dns:///nobody.invalid:7001').spans(traceId)).toEqual({ spans: [], missing: true });
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import {
  counter,
  histogram,
  InMemorySpanExporter,
  observedGauge,
  startTelemetry,
  type Telemetry,
  tracer,
} from './index.ts';

let telemetry: Telemetry | undefined;
let collector: Server | undefined;
afterEach(async () => {
  await telemetry?.shutdown();
  collector?.close();
  collector?.closeAllConnections();
  delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
});

describe('telemetry', () => {
  it('hands spans to a test exporter, also after a restart', async () => {
    for (const name of ['first', 'second']) {
      const spanExporter = new InMemorySpanExporter();
      telemetry = startTelemetry({ service: 'test', spanExporter });
      tracer.startSpan(name, { kind: SpanKind.INTERNAL }, ROOT_CONTEXT).end();
      expect(spanExporter.getFinishedSpans().map((span) => span.name)).toEqual([name]);
      await telemetry.shutdown();
    }
  });

  it('prints metrics of instruments that were made before it started', async () => {
    const calls = counter('test.calls', { description: 'Calls' });
    const duration = histogram('test.duration', { unit: 's', description: 'Duration', buckets: [0.1, 1] });
    calls.add(1, { lost: 'yes' });
    telemetry = startTelemetry({ service: 'test', env: {} });
    calls.add(2, { kind: 'a' });
    duration.record(0.5);
    const unobserve = observedGauge('test.held', { unit: 'By', description: 'Held' }, (result) => result.observe(7));
    const text = await telemetry.metricsText();
    expect(text).toContain('test_calls_total{kind="a"} 2');
    expect(text).toMatch(/test_duration_bucket\{le="0\.1"\} 0/);
    expect(text).toMatch(/test_duration_bucket\{le="1"\} 1/);
    expect(text).toMatch(/^test_held 7$/m);
    expect(text).toContain('service_name="test"');
    unobserve();
  });

  it('sends spans by OTLP over HTTP where the standard variable points', async () => {
    const { promise: received, resolve } = Promise.withResolvers<{ url: string; body: string }>();
    collector = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      resolve({ url: request.url ?? '', body: Buffer.concat(chunks).toString() });
    });
    const { promise: listening, resolve: up } = Promise.withResolvers<void>();
    collector.listen(0, '127.0.0.1', up);
    await listening;
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = endpoint;
    telemetry = startTelemetry({
      service: 'test',
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER: 'always_on' },
    });
    tracer.startSpan('exported span', {}, ROOT_CONTEXT).end();
    await telemetry.flush();
    const { url, body } = await received;
    expect(url).toBe('/v1/traces');
    expect(body).toContain('exported span');
  });

  it('stops in time where the collector never answers', async () => {
    collector = createServer(() => {});
    const { promise: listening, resolve: up } = Promise.withResolvers<void>();
    collector.listen(0, '127.0.0.1', up);
    await listening;
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = endpoint;
    telemetry = startTelemetry({
      service: 'test',
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER: 'always_on' },
    });
    tracer.startSpan('never sent', {}, ROOT_CONTEXT).end();
    const started = performance.now();
    await telemetry.shutdown();
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('records nothing when it is disabled', async () => {
    telemetry = startTelemetry({ service: 'test', env: { OTEL_SDK_DISABLED: 'true' } });
    expect(tracer.startSpan('x', {}, ROOT_CONTEXT).isRecording()).toBe(false);
    expect(await telemetry.metricsText()).toBe('');
  });

  it('gives spans that it does not record an id to go on with', () => {
    telemetry = startTelemetry({ service: 'test', env: { OTEL_TRACES_SAMPLER: 'always_off' } });
    const span = tracer.startSpan('x', {}, ROOT_CONTEXT);
    expect(span.isRecording()).toBe(false);
    expect(trace.isSpanContextValid(span.spanContext())).toBe(true);
  });
});

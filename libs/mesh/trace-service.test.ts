import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { TraceServiceDefinition } from '../contracts/gen/entrepot/telemetry/v1/trace.ts';
import { contextFromTraceparent, startTelemetry, type Telemetry, tracer } from '../telemetry/index.ts';
import { connect, createMemoryNetwork, type MeshServer, serve } from './index.ts';

let telemetry: Telemetry;
let server: MeshServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
  await telemetry.shutdown();
});

/** A trace of this process: one span in another, whose id it has. */
function recorded(): { readonly traceId: string; readonly spanId: string } {
  telemetry = startTelemetry({ service: 'entrepot-test', env: { OTEL_TRACES_SAMPLER: 'always_on' } });
  const root = tracer.startSpan('request', {}, ROOT_CONTEXT);
  const part = tracer.startSpan('part', { startTime: 1_700_000_000_000 }, trace.setSpan(ROOT_CONTEXT, root));
  part.end(1_700_000_000_250);
  return root.spanContext();
}
/** Its own calls are no part of what it tells. */
const unrecorded = contextFromTraceparent(`00-${'1'.repeat(32)}-${'1'.repeat(16)}-00`);

describe.each(['in memory', 'over gRPC'])('a server %s', (way) => {
  const start = async (traces?: boolean) => {
    const network = createMemoryNetwork();
    const at = way === 'in memory' ? { network } : { address: '127.0.0.1:0' };
    server = await serve({ name: 'one', services: [], at, ...(traces !== undefined && { traces }) });
    const target = way === 'in memory' ? { network, name: 'one' } : { address: server.address };
    return connect(TraceServiceDefinition, target, { retry: { maxAttempts: 1 } });
  };

  it('tells what its process recorded of a trace', async () => {
    const { traceId, spanId } = recorded();
    const { client, close } = await start();
    const { spans } = await client.getSpans({ traceId }, { trace: unrecorded });
    expect(spans).toMatchObject([
      { traceId, parentSpanId: spanId, name: 'part', kind: 'internal', service: 'entrepot-test', durationMs: 250 },
    ]);
    expect(spans[0]!.startedAt?.epochMilliseconds).toBe(1_700_000_000_000);
    expect(await client.getSpans({ traceId: '2'.repeat(32) }, { trace: unrecorded })).toMatchObject({ spans: [] });
    await expect(client.getSpans({ traceId: 'abc' })).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
    await close();
  });

  it('tells nothing where it is said to', async () => {
    const { traceId } = recorded();
    const { client, close } = await start(false);
    await expect(client.getSpans({ traceId })).rejects.toThrow();
    await close();
  });
});

// An edge in a process of its own.
//
//   POST /edge      {"address"}: starts it before the query that listens there; its port
//   POST /memory    bytes that live, after a collection: {"resident", "heap", "external"}
import { createServer } from 'node:http';
import { QueryServiceDefinition } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { connect } from '../../libs/mesh/index.ts';
import { startTelemetry } from '../../libs/telemetry/index.ts';
import { startEdge } from '../../services/edge/server.ts';

const telemetry = startTelemetry({ service: 'edge', env: {} });

async function edge(address: string): Promise<{ port: number }> {
  const query = connect(QueryServiceDefinition, { address });
  const { url } = await startEdge({
    services: { query: query.client },
    port: 0,
    // Clients come all at once, which an edge that learns what it can do would spread.
    admission: { adaptive: false, maxLoopDelayMs: Number.POSITIVE_INFINITY },
    // The clients of the measurement answer no pings.
    streams: { heartbeatMs: 600_000 },
    patience: { defaultMs: 600_000, maxMs: 600_000 },
    readiness: async () => [],
    metricsText: async () => '',
  });
  return { port: Number(new URL(url).port) };
}

async function memory(): Promise<{ resident: number; heap: number; external: number }> {
  // What weak references and finalizers hold goes with the second.
  for (let times = 0; times < 2; times++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss, heap: heapUsed, external };
}

const control = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  const answer =
    request.url === '/edge' ? await edge((JSON.parse(text) as { address: string }).address) : await memory();
  response.end(JSON.stringify(answer));
});
control.listen(0, '127.0.0.1', () => {
  const address = control.address();
  console.log(`listening ${typeof address === 'object' && address !== null ? address.port : 0}`);
});
process.once('SIGTERM', async () => {
  await telemetry.shutdown();
  process.exit(0);
});

// Starts the edge alone: HTTP at ENTREPOT_EDGE_ADDRESS (or PORT), gRPC at ENTREPOT_EDGE_GRPC_ADDRESS, query at
// ENTREPOT_QUERY_ADDRESS. Replicas share budgets of clients at ENTREPOT_SHARED_STATE.
import { HealthDefinition } from 'nice-grpc-server-health';
import { LiveClients } from '../../libs/clients/index.ts';
import {
  configDirectory,
  edgeConnectionsPerAddress,
  edgeMetrics,
  edgeTlsFiles,
  meshAddresses,
  sharedStateUrl,
  trustClientHeader,
} from '../../libs/config/index.ts';
import { NormalizationServiceDefinition } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { QueryServiceDefinition } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { SupplyServiceDefinition } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { toEntrepotError } from '../../libs/errors/index.ts';
import { connectMesh } from '../../libs/mesh/index.ts';
import { openSharedState } from '../../libs/shared/index.ts';
import { logger, startTelemetry } from '../../libs/telemetry/index.ts';
import { LiveCertificates } from '../../libs/tls/index.ts';
import { ExposureError } from './access/exposure.ts';
import { LiveOperations } from './graphql/registered.ts';
import { withEveryReplica } from './operations/activity.ts';
import { meshSource } from './operations/trace-sources.ts';
import { startEdge } from './server.ts';
import { LiveViews } from './views/views.ts';

const telemetry = startTelemetry({ service: 'entrepot-edge' });
const log = logger('edge');
const query = connectMesh(QueryServiceDefinition, meshAddresses.query);
const normalization = connectMesh(NormalizationServiceDefinition, meshAddresses.normalization);
const supply = connectMesh(SupplyServiceDefinition, meshAddresses.supply);
const health = connectMesh(HealthDefinition, meshAddresses.query);

/** grpc.health.v1 SERVING. */
const serving = 1;

const [host = '127.0.0.1', port = '8080'] = meshAddresses.edge.split(':');
const clients = new LiveClients(configDirectory(), log);
const shared = await openSharedState(sharedStateUrl());
const tlsFiles = edgeTlsFiles();
const tls = tlsFiles && new LiveCertificates(tlsFiles, { log });
const views = new LiveViews(configDirectory(), log);
const operations = new LiveOperations(configDirectory(), log);
const edge = await startEdge({
  tls,
  graphql: { operations },
  views,
  services: {
    query: withEveryReplica(query.client, meshAddresses.query),
    normalization: normalization.client,
    supply: supply.client,
  },
  host,
  port: Number(port),
  grpcAddress: meshAddresses.edgeGrpc,
  admission: { tierOf: clients.tierOf },
  trustClientHeader: trustClientHeader(),
  clients: () => clients.current,
  guard: {
    budgets: { state: shared },
    metrics: edgeMetrics(),
    connectionsPerAddress: edgeConnectionsPerAddress(),
  },
  traceSources: (['query', 'supply', 'normalization', 'pricing'] as const).map((service) =>
    meshSource(service, meshAddresses[service]),
  ),
  readiness: async () => {
    try {
      const { status } = await health.client.check({ service: QueryServiceDefinition.fullName }, { timeoutMs: 1_000 });
      return status === serving ? [] : [{ service: 'query', reason: 'It is not serving.' }];
    } catch (error) {
      return [{ service: 'query', reason: toEntrepotError(error).message }];
    }
  },
  metricsText: () => telemetry.metricsText(),
}).catch((error: unknown) => {
  if (!(error instanceof ExposureError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
process.stdout.write(`edge ready on ${edge.url}\n`);

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, async () => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'draining');
    await edge.close();
    clients.close();
    tls?.close();
    operations.close();
    views.close();
    await shared.close();
    await Promise.all([query, normalization, supply, health].map(({ close }) => close()).concat(telemetry.shutdown()));
    process.exit(0);
  });
}

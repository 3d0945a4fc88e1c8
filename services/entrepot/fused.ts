// The composition root of the fused shape: every service in this process, calls in memory through the same typed clients
// and the same middleware as over gRPC.
import { join } from 'node:path';
import { LiveClients, unnamedClients } from '../../libs/clients/index.ts';
import {
  configDirectory,
  databaseAt,
  dataDirectory,
  edgeConnectionsPerAddress,
  edgeMetrics,
  edgeTlsFiles,
  meshAddresses,
  trustClientHeader,
} from '../../libs/config/index.ts';
import { NormalizationServiceDefinition } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { PricingServiceDefinition } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { QueryServiceDefinition } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { type Partner, SupplyServiceDefinition } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import {
  type AdmissionOptions,
  connect,
  createMemoryNetwork,
  type MeshClient,
  type MeshServer,
  type ServiceHandle,
  serve,
} from '../../libs/mesh/index.ts';
import { logger, type SpanExporter, startTelemetry } from '../../libs/telemetry/index.ts';
import { LiveCertificates } from '../../libs/tls/index.ts';
import { LiveOperations } from '../edge/graphql/registered.ts';
import { startEdge } from '../edge/server.ts';
import { LiveViews } from '../edge/views/views.ts';
import { createNormalizationService } from '../normalization/service.ts';
import { createPricingService } from '../pricing/service.ts';
import { type AccuracyOptions, createQueryService, type SampleSettings } from '../query/service.ts';
import { createSupplyService, type DriftOptions } from '../supply/service.ts';
import { createTwin } from '../twin/server.ts';
import { openStores } from './stores.ts';

/** How everything is put together. */
export interface FusedOptions {
  /** Port of the edge; 0 for a free one. Default 8080. */
  readonly port?: number;
  /** Address of the edge. Default 127.0.0.1. */
  readonly host?: string;
  /** Where partners' messages are taken, host:port, port 0 for a free one. Default ENTREPOT_INGRESS_ADDRESS, or 127.0.0.1:7012. */
  readonly ingressAddress?: string;
  /** Keep nothing on disk. Default false: state is kept under the data directory. */
  readonly inMemory?: boolean;
  /** Start the pretend partners too, unless ENTREPOT_TWIN_URL says where some run. Default true. */
  readonly twin?: boolean;
  /** Configuration. Default ENTREPOT_CONFIG, or deploy/config. */
  readonly configDirectory?: string;
  /** Where the edge answers gRPC, host:port, port 0 for a free one. Default: nowhere. */
  readonly grpcAddress?: string;
  /** Bytes of partners' answers held in all; default 256 MiB, sensible 16 MiB to 8 GiB. */
  readonly answersBudgetBytes?: number;
  /** The edge is for this process alone: whatever clients.yaml says, it is one for development. Default false. */
  readonly withoutKeys?: boolean;
  /** Whether the edge believes the header `Entrepot-Client`. Default ENTREPOT_EDGE_TRUST_CLIENT. */
  readonly trustClientHeader?: boolean;
  /** How much is taken on at the edge, where calls enter this process. */
  readonly admission?: AdmissionOptions;
  /** How live answers are held against what partners were certified with. Default: cases under the data directory, if any. */
  readonly drift?: DriftOptions;
  /** Of which searches pricing samples are kept, and where. Default: as query.yaml says. */
  readonly pricingSamples?: SampleSettings;
  /** For tests: the clock of the loop that asks shown offers again. */
  readonly accuracy?: AccuracyOptions;
  /** For tests: every span is handed to it. */
  readonly spanExporter?: SpanExporter;
}

/** Everything, running. */
export interface Fused {
  readonly edgeUrl: string;
  /** Where the pretend partners listen, if they were started here. */
  readonly twinUrl: string | undefined;
  /** Where partners send their messages, where one sends some. */
  readonly ingressUrl: string | undefined;
  /** Where the edge answers gRPC, if it was asked to. */
  readonly grpcAddress: string | undefined;
  readonly partners: readonly Partner[];
  /** Query, for callers in this process: no edge is between. */
  readonly query: MeshClient<QueryServiceDefinition>;
  /** Stops from the edge inwards; answers under way get a second. */
  close(): Promise<void>;
}

/** Starts every service in this process. What was started before a failure is closed again. */
export async function startFused(options: FusedOptions = {}): Promise<Fused> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    return await compose(options, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function compose(
  options: FusedOptions,
  closers: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Fused> {
  const telemetry = startTelemetry({
    service: 'entrepot',
    ...(options.spanExporter && { spanExporter: options.spanExporter }),
  });
  closers.push(() => telemetry.shutdown());
  const config = options.configDirectory ?? configDirectory();
  const network = createMemoryNetwork();
  const start = async (handle: ServiceHandle): Promise<MeshServer> => {
    closers.push(() => handle.close());
    const server = await serve({ name: handle.name, services: handle.services, at: { network } });
    closers.push(() => server.close());
    return server;
  };
  const reach = <Definition extends Parameters<typeof connect>[0]>(definition: Definition, name: string) => {
    const connection = connect(definition, { network, name });
    closers.push(connection.close);
    return connection.client;
  };

  // Its pretend partners try to push from the start; they find the ingress once everything is there, so as not to hold it up.
  let ingressUrl = (): string | undefined => undefined;
  const twinUrl = await startTwin(options, config, () => ingressUrl(), closers);
  const stores = await openStores(options.inMemory === true ? undefined : databaseAt('fused'));
  closers.push(stores.close);

  const normalization = createNormalizationService({ store: stores.normalization });
  await start(normalization);
  const pricing = createPricingService({ configDirectory: config });
  await start(pricing);
  const [ingressHost = '127.0.0.1', ingressPort = '7012'] = (options.ingressAddress ?? meshAddresses.ingress).split(
    ':',
  );
  const supplyService = await createSupplyService({
    configDirectory: config,
    ingress: { host: ingressHost, port: Number(ingressPort) },
    normalization: reach(NormalizationServiceDefinition, 'normalization'),
    inventory: stores.openInventory,
    drift: { ...(options.inMemory !== true && { directory: join(dataDirectory(), 'drift') }), ...options.drift },
    ...(twinUrl !== undefined && { twinUrl }),
    ...(options.answersBudgetBytes !== undefined && { answers: { budgetBytes: options.answersBudgetBytes } }),
  });
  await start(supplyService);
  const supply = reach(SupplyServiceDefinition, 'supply');
  const query = createQueryService({
    configDirectory: config,
    supply,
    pricing: reach(PricingServiceDefinition, 'pricing'),
    normalization: reach(NormalizationServiceDefinition, 'normalization'),
    clicks: stores.clicks,
    ...(options.pricingSamples && { samples: options.pricingSamples }),
    ...(options.accuracy && { accuracy: options.accuracy }),
  });
  await start(query);
  const nobody = unnamedClients();
  const clients = new LiveClients(config, logger('edge'));
  closers.push(async () => clients.close());
  const tlsFiles = edgeTlsFiles();
  const tls = tlsFiles && new LiveCertificates(tlsFiles, { log: logger('edge') });
  closers.push(async () => tls?.close());
  const views = new LiveViews(config, logger('edge'));
  closers.push(async () => views.close());
  const operations = new LiveOperations(config, logger('edge'));
  closers.push(async () => operations.close());
  const edge = await startEdge({
    graphql: { operations },
    views,
    services: {
      query: reach(QueryServiceDefinition, 'query'),
      normalization: reach(NormalizationServiceDefinition, 'normalization'),
      supply,
    },
    port: options.port ?? 8080,
    host: options.host ?? '127.0.0.1',
    tls,
    ...(options.grpcAddress !== undefined && { grpcAddress: options.grpcAddress }),
    // In this process nothing can be missing: what did not start has ended the process.
    readiness: async () => [],
    metricsText: () => telemetry.metricsText(),
    admission: { tierOf: query.tierOf, ...options.admission },
    trustClientHeader: options.trustClientHeader ?? trustClientHeader(),
    clients: options.withoutKeys === true ? () => nobody : () => clients.current,
    guard: { metrics: edgeMetrics(), connectionsPerAddress: edgeConnectionsPerAddress() },
  });
  closers.push(() => edge.close());
  ingressUrl = () => supplyService.ingressUrl;
  const { partners } = await supply.listPartners({});
  return {
    edgeUrl: edge.url,
    twinUrl,
    ingressUrl: ingressUrl(),
    grpcAddress: edge.grpcAddress,
    partners,
    query: reach(QueryServiceDefinition, 'query'),
    close,
  };
}

async function startTwin(
  options: FusedOptions,
  config: string,
  ingressUrl: () => string | undefined,
  closers: (() => Promise<void>)[],
): Promise<string | undefined> {
  if (options.twin === false || process.env.ENTREPOT_TWIN_URL !== undefined) return process.env.ENTREPOT_TWIN_URL;
  const twin = await createTwin({ configDirectory: config, port: 0, ingressUrl });
  closers.push(() => twin.close());
  return twin.url;
}

// The HTTP server: limits, one error model for every path, and the routes put together.
import Fastify, { type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify';
import { LRUCache } from 'lru-cache';
import { type Clients, unnamedClients } from '../../libs/clients/index.ts';
import type { NormalizationServiceDefinition } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { QueryServiceDefinition } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { SupplyServiceDefinition } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import {
  Admission,
  type AdmissionOptions,
  type ClientTier,
  grpcServerCredentials,
  type MeshClient,
} from '../../libs/mesh/index.ts';
import type { LiveCertificates } from '../../libs/tls/index.ts';
import { Guard, type GuardOptions } from './access/guard.ts';
import { admitted, inTime, permitted, withinMarkets } from './api/gates.ts';
import { withoutNul } from './api/no-nul.ts';
import { type Backend, PublicApi } from './api/public-api.ts';
import { answerHeaders, beginCall, endCall } from './call.ts';
import { connectRoutes } from './connect/routes.ts';
import { consoleRoutes } from './console/serving/routes.ts';
import { defaultPatience, type PatienceLimits } from './deadline.ts';
import type { Door } from './door.ts';
import { EdgeService } from './edge-service.ts';
import { graphqlRoutes } from './graphql/routes.ts';
import type { GraphqlOptions } from './graphql/server.ts';
import { type EdgeGrpcOptions, serveGrpc } from './grpc/server.ts';
import { keepLimits } from './limits/keep.ts';
import { defaultLimits, type HttpLimits, serverOptions } from './limits/options.ts';
import { refuseUnreadable } from './limits/refuse.ts';
import { operationRoutes, type Readiness } from './operations/routes.ts';
import { traced } from './operations/traced.ts';
import { type TraceSource, Traces } from './operations/traces.ts';
import { compressAnswers } from './rest/compression.ts';
import { documentRoute } from './rest/document-route.ts';
import { answerErrors, refusePath } from './rest/errors.ts';
import { restRoutes } from './rest/routes.ts';
import { keepStreams } from './streams/http.ts';
import { defaultStreams, type StreamOptions } from './streams/options.ts';
import { searchByAddress } from './streams/search-by-address.ts';
import { acceptSockets, socketRoute } from './streams/socket/routes.ts';
import { followCertificates, httpsOptions } from './tls/https.ts';
import { viewed } from './views/resolve.ts';
import { viewRoutes } from './views/routes.ts';
import { FieldUsages } from './views/usage.ts';
import { noViews, type ViewSource } from './views/views.ts';

/** How the edge is set up. */
export interface EdgeOptions {
  /** The services that clients are let through to. Whoever leaves one out offers nothing of it. */
  readonly services: {
    readonly query: MeshClient<QueryServiceDefinition>;
    readonly normalization?: MeshClient<NormalizationServiceDefinition>;
    readonly supply?: MeshClient<SupplyServiceDefinition>;
  };
  /** Address to bind. Default 127.0.0.1; another one is refused as long as no client has keys (see access/exposure.ts). */
  readonly host?: string;
  /** Port to bind; 0 for a free one. Default 8080. */
  readonly port?: number;
  /** Largest request body in bytes. Default 64 KiB, many times the largest sensible search; sensible 16 KiB to 1 MiB. */
  readonly bodyLimit?: number;
  /**
   * Whether requests may say in the header `Entrepot-Client` who they are from, for tiers, policies and logs. Default
   * false: everybody is "public". Only for an edge behind something that knows its clients and sets the header itself.
   */
  readonly trustClientHeader?: boolean;
  /** Limits of connections and of what comes on them before it is a request. What is left out is as shipped. */
  readonly limits?: Partial<HttpLimits>;
  /** How streams are kept alive, bounded and ended. What is left out is as shipped. */
  readonly streams?: Partial<StreamOptions>;
  /** Where the same is offered over gRPC, on a port of its own: "127.0.0.1:8081", port 0 for a free one. Default: nowhere. */
  readonly grpcAddress?: string;
  /** Certificates for TLS, on both ports. Default: plain text. */
  readonly tls?: LiveCertificates | undefined;
  /** The clients as configured now. Default: none has a name, or a key. */
  readonly clients?: () => Clients;
  /** Where budgets are kept, and what else guards the edge. */
  readonly guard?: Pick<GuardOptions, 'budgets' | 'metrics' | 'connectionsPerAddress' | 'lookAgainMs' | 'tokens'>;
  /** Bounds of the client's deadline. */
  readonly patience?: PatienceLimits;
  /** How much is taken on before requests are shed with 429 and Retry-After. */
  readonly admission?: AdmissionOptions;
  /** The services whose processes have spans of their own. Default none: everything runs in this one. */
  readonly traceSources?: readonly TraceSource[];
  /** The registered views. Default: none. */
  readonly views?: ViewSource;
  /** How GraphQL is served. */
  readonly graphql?: GraphqlOptions;
  /** Says whether searches can be served; asked by /readyz. */
  readonly readiness: Readiness;
  /** Prometheus text for /metrics. */
  readonly metricsText: () => Promise<string>;
}

/** A running edge. */
export interface Edge {
  /** Where it listens: "http://127.0.0.1:8080". */
  readonly url: string;
  /** Where gRPC is answered, "127.0.0.1:8081"; undefined where it is not. */
  readonly grpcAddress: string | undefined;
  /** Stops accepting, lets answers under way finish for a second, then cuts what is left. */
  close(): Promise<void>;
}

/** Requests that may come at once before the edge has learned what it can do; a search costs milliseconds. */
const searchesAtStart = 32;

/** Streams that are open at once: one takes little while it waits (npm run bench -- edge-streams). */
const mostStreams = 4_096;

/** Of bodies that were read and are kept; a search has some 200. */
const mostReadCharacters = 1_000_000;

/**
 * Starts the edge.
 * @throws ExposureError where it would listen elsewhere than on loopback, and let everybody in
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const limits = { ...defaultLimits, ...options.limits };
  const host = options.host ?? '127.0.0.1';
  const nobody = unnamedClients();
  const guard = new Guard({
    ...options.guard,
    clients: options.clients ?? (() => nobody),
    hosts: options.grpcAddress === undefined ? [host] : [host, options.grpcAddress.replace(/:\d+$/, '')],
    trustClientHeader: options.trustClientHeader ?? false,
    supply: options.services.supply,
  });
  // One type for both: an HTTPS server has all that an HTTP one has.
  const app = Fastify({
    bodyLimit: options.bodyLimit ?? 64 * 1024,
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: refusePath,
    ...(options.tls === undefined
      ? { http: serverOptions(limits) }
      : { https: { ...serverOptions(limits), ...httpsOptions(options.tls) } }),
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    maxRequestsPerSocket: limits.maxRequests,
    clientErrorHandler: refuseUnreadable,
    forceCloseConnections: 'idle',
    // What still comes on open connections while the edge stops is answered; each is closed with its answer.
    return503OnClosing: false,
    logController: new LogController({ disableRequestLogging: true }),
  } as FastifyServerOptions);
  const admission = new Admission('edge', {
    startAtWork: searchesAtStart,
    maxStreams: mostStreams,
    ...options.admission,
  });
  readJsonOnly(app);
  observe(app);
  if (options.tls !== undefined) followCertificates(app.server, options.tls);
  keepStreams(app, { ...defaultStreams, ...options.streams });
  // Before anything can refuse a request: the connection of a WebSocket that is refused is closed for being one.
  await acceptSockets(app);
  keepLimits(app, limits);
  guard.install(app);
  answerErrors(app);
  await compressAnswers(app);
  const views = options.views ?? { current: noViews };
  const usage = new FieldUsages();
  const api = new PublicApi(backendsOf(options, views, usage), [
    traced,
    viewed(views),
    permitted,
    withoutNul,
    withinMarkets,
    inTime,
    ...guard.gates,
    admitted(admission),
    usage.gate,
  ]);
  const door: Door = { api, access: guard.access, patience: options.patience ?? defaultPatience };
  restRoutes(app, door);
  viewRoutes(app, door, views);
  documentRoute(app, views);
  connectRoutes(app, door);
  graphqlRoutes(app, door, { views, ...options.graphql });
  consoleRoutes(app);
  operationRoutes(app, options.readiness, options.metricsText);
  searchByAddress(app, door);
  socketRoute(app, door);
  const grpc =
    options.grpcAddress === undefined ? undefined : await serveGrpc(door, grpcOptions(options.grpcAddress, options));
  await app.listen({ host, port: options.port ?? 8080 });
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    grpcAddress: grpc?.address,
    close: async () => {
      const drained = grpc?.drain();
      const cut = setTimeout(() => app.server.closeAllConnections(), app.streams.options.drainMs);
      await app.close();
      clearTimeout(cut);
      await drained;
      await guard.close();
      admission.close();
    },
  };
}

/** How gRPC is answered. */
function grpcOptions(address: string, { tls }: EdgeOptions): EdgeGrpcOptions {
  return { address, ...(tls !== undefined && { grpc: { credentials: grpcServerCredentials(tls) } }) };
}

/** JSON is the one content type that is understood; everything else is a typed 415, and broken JSON a typed 400. */
function readJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  // What many ask with is read once, and everything that follows from it is made once (see madeOnce).
  const read = new LRUCache<string, object>({ maxSize: mostReadCharacters, sizeCalculation: (_, text) => text.length });
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') return done(null, undefined);
    try {
      done(null, read.get(body as string) ?? readAnew(body as string, read));
    } catch (error) {
      done(
        new EntrepotError({ reason: 'MALFORMED_BODY', message: `The body is not JSON: ${(error as Error).message}.` }),
        undefined,
      );
    }
  });
}

function readAnew(text: string, read: LRUCache<string, object>): unknown {
  const body: unknown = JSON.parse(text);
  if (typeof body === 'object' && body !== null) read.set(text, body);
  return body;
}

function observe(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    request.call = beginCall(request, reply);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    for (const [name, value] of Object.entries(answerHeaders(request.call))) {
      // What a route says itself, it means.
      if (name === 'vary') reply.header(name, [reply.getHeader(name), value].filter(Boolean).join(', '));
      else if (!reply.hasHeader(name)) reply.header(name, value);
    }
    return payload;
  });
  app.addHook('onResponse', async (request, reply) => endCall(request.call, reply.statusCode));
}

/** What answers each public service. */
function backendsOf(
  { services, admission, traceSources }: EdgeOptions,
  views: ViewSource,
  usage: FieldUsages,
): ReadonlyMap<string, Backend> {
  const own = new EdgeService({
    tierOf: admission?.tierOf ?? (() => unnamed),
    traces: new Traces(traceSources),
    views,
    usage,
  });
  const backends: [string, unknown][] = [
    ['entrepot.query.v1.QueryService', services.query],
    ['entrepot.normalization.v1.NormalizationService', services.normalization],
    ['entrepot.supply.v1.SupplyService', services.supply],
    ['entrepot.edge.v1.EdgeService', bound(own)],
  ];
  return new Map(backends.filter(([, backend]) => backend !== undefined)) as Map<string, Backend>;
}

const unnamed: ClientTier = { name: '', share: 1 };

/** The methods of an instance as functions of their own. */
function bound(instance: object): Record<string, unknown> {
  const { prototype } = instance.constructor;
  return Object.fromEntries(
    Object.getOwnPropertyNames(prototype).map((name) => [name, Reflect.get(instance, name).bind(instance)]),
  );
}

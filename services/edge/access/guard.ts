// Everything that decides who may do what at an edge, put together.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Clients, isLoopback } from '../../../libs/clients/index.ts';
import type { SupplyServiceDefinition } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { Permission } from '../../../libs/contracts/gen/entrepot/type/v1/public.ts';
import { EntrepotError, toEntrepotError } from '../../../libs/errors/index.ts';
import type { MeshClient } from '../../../libs/mesh/index.ts';
import type { Identify } from '../api/caller.ts';
import type { Gate } from '../api/public-api.ts';
import { credentialsOf } from '../call.ts';
import { type Access, type AccessOptions, createAccess, isConfigured } from './access.ts';
import { Budgets, type BudgetsOptions } from './budget/budgets.ts';
import { withinBudget } from './budget/gate.ts';
import { SupplyPartners } from './budget/partner-counts.ts';
import { rateLimitHeaders } from './budget/rate-limit-headers.ts';
import { StreamMeter, type StreamMeterOptions } from './budget/stream-meter.ts';
import { limitConnections } from './connection-limit.ts';
import { corsHeaders, isListed, preflightHeaders } from './cors.ts';
import { checkExposure } from './exposure.ts';
import { securityHeaders } from './security-headers.ts';
import { StillLetIn } from './still-let-in.ts';
import { withinStreams } from './stream-limit.ts';

/** How the edge is guarded. */
export interface GuardOptions {
  /** The clients as configured now. */
  readonly clients: () => Clients;
  /** The hosts that the edge binds, of HTTP and of gRPC. */
  readonly hosts: readonly string[];
  /** See {@link AccessOptions.trustClientHeader}. */
  readonly trustClientHeader: boolean;
  /** Who knows how many partners a search asks. */
  readonly supply: Pick<MeshClient<SupplyServiceDefinition>, 'listPartners'> | undefined;
  /** Where points of clients are kept, and how streams are charged. */
  readonly budgets?: BudgetsOptions & StreamMeterOptions;
  /**
   * Who may read /metrics once clients have keys: "guarded" (default) is this machine, unless a proxy says that it asks for somebody
   * else, and clients with OPERATIONS; "open" is everybody who reaches the edge.
   */
  readonly metrics?: 'guarded' | 'open';
  /** Connections of an address at once, those of this machine not counted. Default 1,000; Infinity for a proxy elsewhere. */
  readonly connectionsPerAddress?: number;
  /** How often streams are held to their credentials again, in milliseconds; default 15,000, sensible from 1,000 to 60,000. */
  readonly lookAgainMs?: number;
  /** For tests: what tokens are verified with. */
  readonly tokens?: Pick<AccessOptions, 'fetch' | 'now' | 'log'>;
}

const mostConnections = 1_000;

/** Recognises clients and holds them to what they may do. */
export class Guard {
  readonly access: Access;
  /** In their order, to be passed before admission: who has spent everything takes nobody's place. */
  readonly gates: readonly Gate[];
  readonly #options: GuardOptions;
  readonly #loopback: boolean;
  readonly #budgets: Budgets;
  readonly #meter: StreamMeter;
  readonly #stillLetIn: StillLetIn;

  /** @throws ExposureError where everybody who can reach the edge would be let in */
  constructor(options: GuardOptions) {
    for (const host of options.hosts) checkExposure(host, options.clients(), options.trustClientHeader);
    this.#options = options;
    this.#loopback = options.hosts.every(isLoopback);
    this.access = createAccess({ ...options.tokens, ...options, loopback: this.#loopback });
    this.#budgets = new Budgets(options.budgets);
    this.#meter = new StreamMeter(this.#budgets, options.budgets);
    this.#stillLetIn = new StillLetIn(options.lookAgainMs);
    this.gates = [
      withinStreams(),
      withinBudget(this.#budgets, new SupplyPartners(options.supply, options.budgets?.now), this.#meter),
      this.#stillLetIn.gate,
    ];
  }

  /** Adds to a server what every request passes first. */
  install(app: FastifyInstance): void {
    limitConnections(app.server, this.#options.connectionsPerAddress ?? mostConnections);
    app.addHook('onRequest', async (request, reply) => {
      if (this.#answerPreflight(request, reply)) return reply;
      this.#addHeaders(request);
      await this.#recognise(request, reply);
    });
  }

  async close(): Promise<void> {
    this.#meter.close();
    this.#stillLetIn.close();
    await this.#budgets.close();
  }

  /** Which client a page asks for, its browser does not say yet; the request itself is held against that client. */
  #answerPreflight({ method, headers }: FastifyRequest, reply: FastifyReply): boolean {
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false;
    const listed = headers.origin !== undefined && this.#isListed(headers.origin);
    reply
      .status(204)
      .headers(listed ? preflightHeaders(headers.origin as string) : { vary: 'Origin' })
      .send();
    return true;
  }

  #isListed(origin: string): boolean {
    const clients = this.#options.clients();
    return isListed(origin, clients, this.#loopback && !isConfigured(clients));
  }

  /** Before anything can be refused, so that a page can read why. */
  #addHeaders(request: FastifyRequest): void {
    const { call } = request;
    const { origin } = request.headers;
    const fixed = {
      ...securityHeaders(pathOf(request), request.protocol === 'https'),
      ...(origin !== undefined && { vary: 'Origin' }),
      ...(origin !== undefined && this.#isListed(origin) && corsHeaders(origin)),
    };
    call.headers = () => {
      const { client, budget } = call.identity ?? {};
      if (client === undefined || budget === undefined) return fixed;
      const left = this.#budgets.known(client, budget);
      return left === undefined ? fixed : { ...fixed, ...rateLimitHeaders(left) };
    };
  }

  async #recognise(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const path = pathOf(request);
    const route = request.routeOptions.url ?? path;
    if (route === '/metrics') return this.#guardMetrics(request);
    if (!isGuarded(path) && !isGuarded(route)) return;
    const credentials = credentialsOf(request);
    const identify: Identify = () => this.access.identify(credentials);
    try {
      request.call.identity = await identify();
      request.call.identify = identify;
    } catch (error) {
      // Over a WebSocket, browsers can say who asks in the first message alone; until then it is nobody.
      if (sockets.has(route) && isUpgrade(request) && isMissing(error)) return;
      const challenge = challengeOf(toEntrepotError(error));
      if (challenge !== undefined) reply.header('www-authenticate', challenge);
      throw error;
    }
    forgetToken(request);
  }

  async #guardMetrics(request: FastifyRequest): Promise<void> {
    if (this.#options.metrics === 'open' || !isConfigured(this.#options.clients())) return;
    const { ip, headers } = request;
    const forwarded = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
    if (isLoopback(ip.replace(/^::ffff:/, '')) && !forwarded) return;
    const { client, permissions } = await this.access.identify(credentialsOf(request));
    if (permissions.has(Permission.OPERATIONS)) return;
    throw new EntrepotError({
      reason: 'NOT_PERMITTED',
      message: `The client "${client}" is not permitted OPERATIONS, which /metrics asks for from elsewhere than this machine.`,
      metadata: { permission: 'OPERATIONS' },
    });
  }
}

/** Where WebSockets are opened. */
const sockets: ReadonlySet<string> = new Set(['/v1/stream', '/graphql']);

/** What clients ask for; documents, the console's own files and probes are everybody's. */
function isGuarded(path: string): boolean {
  if (path === '/graphql/schema.graphql') return false;
  return (
    path.startsWith('/v1/') || path === '/graphql' || path.startsWith('/graphql/') || path.startsWith('/entrepot.')
  );
}

function pathOf({ url }: FastifyRequest): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function isUpgrade({ headers }: FastifyRequest): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

function isMissing(error: unknown): boolean {
  return error instanceof EntrepotError && error.reason === 'CREDENTIALS_MISSING';
}

/** What a refusal asks for in every protocol over HTTP, as RFC 6750 says it; undefined where credentials would not help. */
function challengeOf({ reason }: EntrepotError): string | undefined {
  if (!reason.startsWith('CREDENTIALS_')) return undefined;
  return reason === 'CREDENTIALS_MISSING'
    ? 'Bearer realm="entrepot"'
    : 'Bearer realm="entrepot", error="invalid_token"';
}

/** Once it is known who asks, nothing that comes later can tell a token in the address to anybody. */
function forgetToken(request: FastifyRequest): void {
  const query = request.query as Record<string, unknown> | undefined;
  if (query?.access_token === undefined) return;
  delete query.access_token;
  const [path, parameters = ''] = request.url.split('?', 2);
  const kept = parameters.split('&').filter((one) => !/^access_token(=|$)/i.test(decoded(one)));
  request.raw.url = kept.length === 0 ? path : `${path}?${kept.join('&')}`;
}

function decoded(parameter: string): string {
  try {
    return decodeURIComponent(parameter);
  } catch {
    return parameter;
  }
}

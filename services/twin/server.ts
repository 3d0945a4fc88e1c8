import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, type ConfigProblem, configDirectory, meshAddresses } from '../../libs/config/index.ts';
import { logger } from '../../libs/telemetry/index.ts';
import { createBodyCache } from './bodies.ts';
import { configuredFile, loadTwinConfig, type TwinConfig } from './config.ts';
import {
  type Administration,
  administer,
  type Desk,
  deskOf,
  moveTo,
  openDesks,
  replaceScenario,
  type SellerStatistics,
  statisticsOf,
} from './desks.ts';
import type { Call, Truth } from './formats/format.ts';
import { type PushOrder, type PushReport, push } from './push.ts';
import { respond } from './respond.ts';
import { type Fate, fateOf } from './scenario.ts';
import { sellersOf } from './sellers.ts';
import { createWorld, type World } from './world.ts';

/** How a twin is made. */
export interface TwinOptions {
  /** Default: twin.yaml of `configDirectory`. */
  readonly config?: TwinConfig;
  /** Where twin.yaml is. Default: the configuration directory. */
  readonly configDirectory?: string;
  /** Another world than the configuration's. */
  readonly seed?: number;
  /** Port to listen on; 0, the default, takes a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The clock, epoch milliseconds. Default: the machine's. */
  readonly now?: () => number;
  /**
   * Where the platform takes what accounts push, asked for every message; undefined while it does not yet. Default:
   * `ENTREPOT_INGRESS_ADDRESS`.
   */
  readonly ingressUrl?: () => string | undefined;
}

/** A running twin. */
export interface Twin {
  /** "http://127.0.0.1:7010": partners' endpoints are this, "/" and the seller's name. */
  readonly url: string;
  readonly world: World;
  /** Replaces a seller's scenario and starts its count of requests anew. Throws ConfigError for one that is none. */
  setScenario(seller: string, scenario: Readonly<Record<string, unknown>>): void;
  /** What is behind a key that a seller gave: an offer id, a rate key, segment keys ("," within a leg, ";" between legs). */
  truthOf(seller: string, key: string): Truth | undefined;
  statistics(seller: string): SellerStatistics;
  /** Moves a seller's range to another edition: prices, stocks, what is new and what is gone. */
  setEdition(seller: string, edition: number): void;
  /**
   * Has a seller call the platform, after the pushes that it is at. Rejects with RangeError for a seller or a kind of push
   * that there is not and without a target, and with AbortError when the twin closes.
   */
  push(seller: string, order?: PushOrder): Promise<PushReport>;
  /** Stops listening and cuts what is open. */
  close(): Promise<void>;
}

const largestRequest = 1_048_576;

/** Starts a twin. Throws ConfigError for a configuration that cannot be used, and what listening throws. */
export async function createTwin(options: TwinOptions = {}): Promise<Twin> {
  const config = options.config ?? loadTwinConfig(configuredFile(options.configDirectory));
  const world = createWorld(options.seed ?? config.seed);
  const bodies = createBodyCache(config.cacheBytes);
  const desks = openDesks(config);
  const now = options.now ?? Date.now;
  const closing = new AbortController();
  const site: Site = {
    desks,
    world,
    bodies,
    now,
    ingressUrl: options.ingressUrl ?? (() => `http://${meshAddresses.ingress}`),
    push: (desk, order) => pushFor(site, desk, order, closing.signal),
  };
  const server = createServer((request, response) => {
    serve(site, request, response).catch((error: unknown) => {
      logger('twin').error({ err: error, path: request.url?.split('?')[0] }, 'the twin could not answer');
      if (!response.headersSent) send(response, 500, { error: 'The twin could not answer; its log says why.' });
      else response.destroy();
    });
  });
  // Longer than clients keep idle connections, so that it is never the twin that closes one in use.
  server.keepAliveTimeout = 65_000;
  await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  const { address, port, family } = server.address() as AddressInfo;
  const timers = [...desks.values()]
    .map((desk) => pushRegularly(site, desk, closing.signal))
    .filter((timer) => timer !== undefined);
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    world,
    setScenario: (name, scenario) => replaceScenario(deskOf(desks, name), JSON.stringify(scenario)),
    truthOf: (name, key) => {
      const { seller, format } = deskOf(desks, name);
      return format.truth({ world, bodies }, seller, key);
    },
    statistics: (name) => statisticsOf(deskOf(desks, name)),
    setEdition: (name, edition) => moveTo(deskOf(desks, name), edition),
    push: async (name, order = {}) => site.push(deskOf(desks, name), order),
    close: () => {
      closing.abort();
      for (const timer of timers) clearInterval(timer);
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      return promise;
    },
  };
}

/** Every problem of a directory's twin.yaml. */
export function checkTwinConfig(directory: string = configDirectory()): readonly ConfigProblem[] {
  const file = configuredFile(directory);
  try {
    sellersOf(loadTwinConfig(file), file);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

interface Site extends Administration {
  readonly now: () => number;
  readonly ingressUrl: () => string | undefined;
}

/** Pushes of a seller come one after the other. */
async function pushFor(site: Site, desk: Desk, order: PushOrder, signal: AbortSignal): Promise<PushReport> {
  const { seller, push: config } = desk;
  const { pusher } = desk.format;
  if (pusher === undefined) throw new RangeError(`seller ${seller.name} calls nobody`);
  const number = ++desk.pushes;
  const turn = desk.pushing.then(() =>
    push(
      { surroundings: site, seller, pusher, config, number, now: site.now, ingressUrl: site.ingressUrl, signal },
      order,
    ),
  );
  desk.pushing = turn.catch(() => undefined);
  return turn;
}

/** Everything until somebody takes it, then what changed, as often as the configuration says. */
function pushRegularly(site: Site, desk: Desk, signal: AbortSignal): NodeJS.Timeout | undefined {
  const { target, account, intervalSeconds } = desk.push;
  if ((target ?? account) === undefined || intervalSeconds === 0 || desk.format.pusher === undefined) return undefined;
  const log = logger('twin');
  let kind = 'full';
  let under = false;
  const tick = (): void => {
    if (under) return;
    under = true;
    site
      .push(desk, { kind, untilUnanswered: true })
      .then(
        ({ accepted, refused, unanswered }) => {
          log.debug({ seller: desk.seller.name, kind, accepted, refused, unanswered }, 'pushed');
          if (!unanswered) kind = 'changes';
        },
        (error: unknown) => {
          if (!signal.aborted) log.warn({ err: error, seller: desk.seller.name, kind }, 'a push failed');
        },
      )
      .finally(() => {
        under = false;
      });
  };
  tick();
  return setInterval(tick, intervalSeconds * 1000).unref();
}

async function serve(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://twin');
  const body = await readBody(request);
  if (url === null) send(response, 400, { error: 'The address cannot be read.' });
  else if (body === undefined) send(response, 413, { error: `A request can have ${largestRequest} bytes at most.` });
  else {
    const desk = site.desks.get(url.pathname.split('/')[1] ?? '');
    if (desk !== undefined) await sell(site, desk, request, response, url, body);
    else {
      const { status, value } = await administer(site, request.method ?? 'GET', url, body);
      send(response, status, value);
    }
  }
}

async function sell(
  site: Site,
  desk: Desk,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  body: string,
): Promise<void> {
  const { seller } = desk;
  // The scenario at the moment of asking holds for the whole request.
  const { scenario: now } = seller;
  const number = ++desk.requests;
  const fate = fateOf(now, site.world.seed, seller.name, number);
  const gone = new AbortController();
  desk.open++;
  response.once('close', () => {
    desk.open--;
    if (response.writableFinished) return;
    desk.abandoned++;
    gone.abort();
  });
  try {
    if (fate.fault === 'hang') return;
    if (fate.delayMs > 0) await sleep(fate.delayMs, undefined, { signal: gone.signal });
    const call: Call = {
      method: request.method ?? 'GET',
      path: url.pathname.slice(seller.name.length + 1) || '/',
      query: url.searchParams,
      headers: request.headers,
      body,
      now: site.now(),
      number,
      warning: fate.warning,
    };
    const answer = refused(fate)
      ? desk.format.refuse(seller, call, fate.fault, fate.variant)
      : desk.format.answer(site, seller, call);
    await respond(request, response, answer, fate, now, seller.compress, gone.signal);
  } catch (error) {
    // Nobody waits for an answer any more.
    if (!gone.signal.aborted) throw error;
  }
}

function refused(fate: Fate): fate is Fate & { fault: 'rateLimit' | 'quota' | 'error' } {
  return fate.fault === 'rateLimit' || fate.fault === 'quota' || fate.fault === 'error';
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** The body as text; undefined when it is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // What is too much is read all the same, so that the client gets its answer, but not kept.
    if (size <= largestRequest) chunks.push(chunk);
  }
  return size <= largestRequest ? Buffer.concat(chunks).toString() : undefined;
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  await promise;
  server.off('error', reject);
}

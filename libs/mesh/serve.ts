import { type Logger, logger } from '../telemetry/logger.ts';
import { Admission, type AdmissionOptions, admit, inMemoryAdmission } from './admission.ts';
import { defaultHopMarginMs, serverDeadline } from './deadline.ts';
import { Dispatcher } from './dispatcher.ts';
import { Drain } from './drain.ts';
import { type GrpcServer, type GrpcServerSettings, listenGrpc } from './grpc-server.ts';
import type { MemoryNetwork } from './memory.ts';
import type { MeshService } from './service.ts';
import { traceService } from './trace-service.ts';
import { serverTelemetry } from './tracing.ts';

/** What is served, where, and how. */
export interface ServeOptions {
  /** Short name, as in logs and memory networks: "pricing". */
  name: string;
  services: readonly MeshService[];
  /** In this process, or on "host:port"; port 0 takes a free one. */
  at: { readonly network: MemoryNetwork } | { readonly address: string };
  admission?: AdmissionOptions;
  /** How long accepted calls may go on once the server stops. Default 10,000 ms; 0 to 60,000. */
  drainTimeoutMs?: number;
  /**
   * How long the server, already unhealthy, takes calls before it refuses them: the time that load balancers need to
   * notice. Default 0; in Kubernetes 2,000 to 10,000 ms.
   */
  drainDelayMs?: number;
  /** Of each hop's time so much stays with the caller. Default 5 ms, never more than a tenth; 0 to 50. */
  hopMarginMs?: number;
  /** Whether it tells of the traces that this process took part in (TraceService). Default true; false where clients call, not services. */
  traces?: boolean;
  /** Wire settings; no meaning in memory. */
  grpc?: GrpcServerSettings;
}

/** A running server. */
export interface MeshServer {
  /** "host:port", or the name in a memory network. */
  readonly address: string;
  /**
   * Graceful stop: health says NOT_SERVING, new calls are refused with UNAVAILABLE DRAINING, accepted ones finish within
   * drainTimeoutMs and are cancelled after it. Safe to call again: it returns the same promise.
   */
  drain(): Promise<void>;
  /** Stops at once: accepted calls are cancelled. */
  close(): Promise<void>;
}

/** After the last call is over its answer still has to reach the wire, and keepalive connections to say goodbye. */
const goodbyeMs = 500;

/** Serves services in memory or over gRPC, with the same middlewares. */
export async function serve(options: ServeOptions): Promise<MeshServer> {
  const { name, at } = options;
  const services = options.traces === false ? options.services : [...options.services, traceService];
  const log = logger(name);
  const drain = new Drain();
  const inMemory = 'network' in at;
  const admission = new Admission(name, { ...(inMemory ? inMemoryAdmission : {}), ...options.admission });
  const middlewares = [
    serverTelemetry,
    drain.middleware,
    admit(admission),
    serverDeadline(options.hopMarginMs ?? defaultHopMarginMs),
  ];
  const dispatcher = new Dispatcher(services, middlewares, log);
  if (inMemory) {
    const unregister = at.network.register(name, dispatcher);
    return stoppable(name, options, drain, log, {
      stop: async () => {
        admission.close();
        unregister();
      },
    });
  }
  const server = await listenGrpc(at.address, services, dispatcher, options.grpc);
  const stop = (): Promise<void> => {
    admission.close();
    return server.stop();
  };
  return stoppable(server.address, options, drain, log, { ...server, stop });
}

function stoppable(
  address: string,
  options: ServeOptions,
  drain: Drain,
  log: Logger,
  server: Pick<GrpcServer, 'stop'> & Partial<GrpcServer>,
): MeshServer {
  let stopped: Promise<void> | undefined;
  async function stop(delayMs: number, timeoutMs: number): Promise<void> {
    server.health?.setServing(false);
    if (delayMs > 0) await wait(delayMs);
    const over = drain.run(timeoutMs);
    const quiet = server.stop();
    const cut = await over;
    if (cut > 0) log.warn({ calls: cut, drainTimeoutMs: timeoutMs }, 'calls were cut off when the server stopped');
    await Promise.race([quiet, wait(goodbyeMs)]);
    server.destroy?.();
  }
  return {
    address,
    drain() {
      stopped ??= stop(options.drainDelayMs ?? 0, options.drainTimeoutMs ?? 10_000);
      return stopped;
    },
    close() {
      stopped ??= stop(0, 0);
      return stopped;
    },
  };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

import { createServer } from 'node:http';
import { logger } from '../telemetry/logger.ts';
import { startTelemetry, type Telemetry } from '../telemetry/start.ts';
import { closeChannels } from './channels.ts';
import { type MeshServer, type ServeOptions, serve } from './serve.ts';
import type { ServiceHandle } from './service.ts';
import { meshTls } from './tls.ts';

/** What a service's own process runs. */
export interface Main
  extends Pick<ServeOptions, 'admission' | 'drainTimeoutMs' | 'drainDelayMs' | 'hopMarginMs' | 'grpc'> {
  readonly service: ServiceHandle;
  /** "host:port" to listen on; port 0 takes a free one. */
  readonly address: string;
  /** Runs after the service is closed: connections to other services. */
  close?(): Promise<void> | void;
}

/** However a process is stopped, it is gone by then. */
const closeLimitMs = 1_500;

/**
 * The whole life of a service's own process: telemetry, the service that `start` makes, the listening server, one line
 * on standard output when it is ready, a graceful drain on SIGTERM and SIGINT (a second signal ends it at once), and the
 * exit. Resolves when the server listens. Where `start` fails, the process exits with 1 and the reason.
 *
 * OTEL_EXPORTER_PROMETHEUS_PORT (and _HOST, default 127.0.0.1): serves /metrics there; without it nothing is served.
 */
export async function runMain(name: string, start: () => Promise<Main> | Main): Promise<void> {
  const telemetry = startTelemetry({ service: `entrepot-${name}` });
  const log = logger(name);
  try {
    const main = await start();
    const { services, tierOf } = main.service;
    const admission = { tierOf, ...main.admission };
    const tls = meshTls();
    const grpc = { ...(tls && { credentials: tls.server }), ...main.grpc };
    const server = await serve({ ...main, grpc, admission, name, services, at: { address: main.address } });
    const closeMetrics = await serveMetrics(telemetry);
    stopOnSignals(name, async () => {
      await server.drain();
      await within(closeLimitMs, closeAll(main, telemetry, closeMetrics));
    });
    announce(name, server);
  } catch (error) {
    log.fatal({ err: error }, 'the service did not start');
    await telemetry.shutdown();
    process.exit(1);
  }
}

function announce(name: string, server: MeshServer): void {
  process.stdout.write(`${name} ready on ${server.address}\n`);
}

async function closeAll(main: Main, telemetry: Telemetry, closeMetrics: () => void): Promise<void> {
  await main.service.close();
  await main.close?.();
  closeChannels();
  closeMetrics();
  await telemetry.shutdown();
}

function stopOnSignals(name: string, stop: () => Promise<void>): void {
  const log = logger(name);
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'draining');
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the service did not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

async function serveMetrics(telemetry: Telemetry): Promise<() => void> {
  const port = process.env.OTEL_EXPORTER_PROMETHEUS_PORT;
  if (!port) return () => {};
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    telemetry.metricsText().then(
      (text) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  const host = process.env.OTEL_EXPORTER_PROMETHEUS_HOST || '127.0.0.1';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(Number(port), host, resolve);
  await promise;
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise: limit, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, limit]);
  clearTimeout(timer);
}

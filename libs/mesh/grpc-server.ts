import {
  type ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerOptions,
} from '@grpc/grpc-js';
import { type CallContext, createServer, type ServiceImplementation } from 'nice-grpc';
import { errorDetailsServerMiddleware, RichServerError } from 'nice-grpc-error-details';
import { toEntrepotError, toStatusDetails } from '../errors/index.ts';
import { flowControlWindow, maxMessageBytes } from './channels.ts';
import { deadlineError, formatTimeout, isLate, timeoutKey } from './deadline.ts';
import { methodsOf } from './definition.ts';
import { type Dispatcher, goneError } from './dispatcher.ts';
import { grpcDefinition } from './grpc-definition.ts';
import { Health, HealthDefinition } from './health.ts';
import { addReflection } from './reflection.ts';
import type { MeshService } from './service.ts';

/** How a gRPC server behaves on the wire. */
export interface GrpcServerSettings {
  /** Streams that one connection may have open at once; further calls wait at the client. Default 1,000; 100 to 10,000. */
  maxConcurrentStreams?: number;
  /** A ping after so much silence. Default 20,000 ms; 5,000 to 300,000. */
  keepaliveMs?: number;
  /** A ping not answered by then means that the connection is dead. Default 5,000 ms; 1,000 to 30,000. */
  keepaliveTimeoutMs?: number;
  /** What reflection shows, as a FileDescriptorSet. Default: all of the contracts, of the services that are served. */
  reflection?: Uint8Array;
  /** TLS; without it the server speaks plain text, for loopback and for meshes that encrypt below. */
  credentials?: ServerCredentials;
}

/** A listening gRPC server. */
export interface GrpcServer {
  /** "host:port" with the port that was bound. */
  readonly address: string;
  readonly health: Health;
  /** Stops listening, asks clients to go elsewhere, and resolves when every open call is over. */
  stop(): Promise<void>;
  /** Drops every connection. */
  destroy(): void;
}

/** Listens on "host:port" (port 0 for a free one) and answers through the dispatcher, with health and reflection. */
export async function listenGrpc(
  address: string,
  services: readonly MeshService[],
  dispatcher: Dispatcher,
  settings: GrpcServerSettings = {},
): Promise<GrpcServer> {
  const names = services.map((service) => service.definition.fullName);
  const health = new Health(names);
  const ended = Promise.withResolvers<void>();
  const server = createServer(serverOptions(settings)).use(errorDetailsServerMiddleware);
  for (const service of services) {
    server.add(grpcDefinition(service.definition), implementation(service, dispatcher));
  }
  server.add(HealthDefinition, {
    check: (request) => health.check(request),
    watch: (request, context) => health.watch(request, context),
  });
  addReflection(server, names, ended.promise, settings.reflection);
  const port = await server.listen(address, settings.credentials);
  return {
    address: `${address.slice(0, address.lastIndexOf(':'))}:${port}`,
    health,
    stop() {
      health.close();
      ended.resolve();
      return server.shutdown();
    },
    destroy: () => server.forceShutdown(),
  };
}

type WireHandler = (request: unknown, context: CallContext) => unknown;

function implementation(service: MeshService, dispatcher: Dispatcher): ServiceImplementation<never> {
  const handlers: Record<string, WireHandler> = {};
  for (const method of methodsOf(service.definition)) {
    const open = (context: CallContext) => {
      const call = dispatcher.call(method.path, context.metadata);
      call.answer = { header: context.header, trailer: context.trailer };
      call.peer = context.peer;
      // At the deadline grpc-js cancels too, and so does the caller; whichever comes first, the deadline is the reason.
      const gone = () => call.cancel(isLate(call) ? deadlineError(call) : goneError());
      if (context.signal.aborted) gone();
      else context.signal.addEventListener('abort', gone, { once: true });
      return call;
    };
    handlers[method.key] = method.responseStream
      ? (request, context) => typedStream(() => dispatcher.stream(open(context), request))
      : (request, context) => dispatcher.unary(open(context), request).catch(throwOnWire);
  }
  return handlers as ServiceImplementation<never>;
}

/** The stream with its errors as nice-grpc sends them. Not a generator: those would cost every message a detour. */
function typedStream(start: () => AsyncIterableIterator<unknown>): AsyncIterableIterator<unknown> {
  let stream: AsyncIterableIterator<unknown> | undefined;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        stream ??= start();
        return await stream.next();
      } catch (thrown) {
        return throwOnWire(thrown);
      }
    },
    return: () => stream?.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  };
}

function throwOnWire(thrown: unknown): never {
  const { code, message, details } = toStatusDetails(toEntrepotError(thrown));
  throw new RichServerError(code, message, details);
}

/**
 * Mends two things of grpc-js. It takes `grpc-timeout` out of the metadata, enforces it with an untyped answer, and its
 * deadline reaches nobody through nice-grpc: put back. And it reports the end of the requests when a caller cancels in
 * the middle of them, just before it reports the cancellation: a handler would take what it got for everything. The
 * end is held back for some turns of the loop, in which the cancellation overtakes it: Node closes a reset stream in the
 * turn after the one in which it ends its readable side.
 */
const heldTurns = 3;

const mendGrpcJs: ServerInterceptor = (method, call) =>
  new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata(metadata, pass) {
          const remaining = Number(call.getDeadline()) - Date.now();
          if (Number.isFinite(remaining)) metadata.set(timeoutKey, formatTimeout(remaining));
          pass(metadata);
        },
        onReceiveHalfClose(pass) {
          if (method.requestStream) afterTurns(heldTurns, pass);
          else pass();
        },
      }),
  });

function afterTurns(turns: number, then: () => void): void {
  if (turns === 0) then();
  else setImmediate(afterTurns, turns - 1, then);
}

function serverOptions(settings: GrpcServerSettings): ServerOptions {
  return {
    interceptors: [mendGrpcJs],
    'grpc.max_concurrent_streams': settings.maxConcurrentStreams ?? 1_000,
    'grpc.keepalive_time_ms': settings.keepaliveMs ?? 20_000,
    'grpc.keepalive_timeout_ms': settings.keepaliveTimeoutMs ?? 5_000,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc-node.flow_control_window': flowControlWindow,
  };
}

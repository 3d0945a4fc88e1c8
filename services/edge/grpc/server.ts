// The public API over gRPC, for backends: on a port of its own, with health, and reflection of what is public.
import {
  type GrpcServerSettings,
  inMemoryAdmission,
  type MeshContext,
  type MeshServer,
  type MeshService,
  type ServiceShape,
  serve,
} from '../../../libs/mesh/index.ts';
import type { Caller, Identify } from '../api/caller.ts';
import { type PublicMethod, publicMethods, publicServices } from '../api/method.ts';
import { defaultTimeoutMs, timeoutWithin } from '../deadline.ts';
import type { Door } from '../door.ts';
import { requestIdOf } from '../request-id.ts';
import { tellBudget } from './budget.ts';
import { publicDescriptors } from './public-descriptors.ts';

/** How the public API is served over gRPC. */
export interface EdgeGrpcOptions {
  /** "host:port"; port 0 for a free one. */
  readonly address: string;
  /** Wire settings: TLS above all. */
  readonly grpc?: GrpcServerSettings;
}

/** Starts it. */
export async function serveGrpc(door: Door, { address, grpc }: EdgeGrpcOptions): Promise<MeshServer> {
  const server = serve({
    name: 'edge-grpc',
    services: publicServices.map((definition) => publicService(definition, door)),
    at: { address },
    // The API's own gate sheds, by the tier of whom a key recognises; here nobody is known yet, and each call would be counted twice.
    admission: inMemoryAdmission,
    drainTimeoutMs: 1_000,
    // Whose a trace is only the API knows.
    traces: false,
    grpc: { ...grpc, reflection: publicDescriptors() },
  });
  return await server.catch((cause: unknown) => {
    const hint = 'ENTREPOT_EDGE_GRPC_ADDRESS says where else.';
    throw new Error(`gRPC cannot listen on ${address}: ${(cause as Error).message} ${hint}`, { cause });
  });
}

/** A service with its public RPCs alone. */
function publicService({ name, fullName, methods }: ServiceShape, door: Door): MeshService {
  const open = Object.entries(methods).flatMap(([key, shape]) => {
    const method = publicMethods().get(`${fullName}/${shape.name}`);
    return method === undefined ? [] : [{ key, shape, method }];
  });
  return {
    definition: { name, fullName, methods: Object.fromEntries(open.map(({ key, shape }) => [key, shape])) },
    implementation: new Map(open.map(({ key, method }) => [key, handlerOf(method, door)])),
  };
}

function handlerOf(method: PublicMethod, door: Door): (request: unknown, context: unknown) => unknown {
  const { api } = door;
  if (method.streams) {
    return async function* (request, context) {
      const { caller, told } = await called(method, context as MeshContext, door);
      try {
        for await (const message of api.stream(method, request as object, caller)) {
          told();
          yield message;
        }
      } finally {
        told();
      }
    };
  }
  return async (request, context) => {
    const { caller, told } = await called(method, context as MeshContext, door);
    try {
      return await api.unary(method, request as object, caller);
    } finally {
      told();
    }
  };
}

/** Who calls, and what to do once the gates have been passed: what is left of a budget goes into the answer's metadata, once. */
async function called(
  method: PublicMethod,
  context: MeshContext,
  { access, patience }: Door,
): Promise<{ readonly caller: Caller; readonly told: () => void }> {
  const { metadata, answer, peer } = context;
  const requestId = requestIdOf(metadata.get('x-request-id'));
  answer?.header.set('x-request-id', requestId);
  answer?.trailer.set('x-request-id', requestId);
  const credentials = {
    authorization: metadata.get('authorization'),
    key: metadata.get('entrepot-key'),
    client: metadata.get('entrepot-client'),
    host: undefined,
    origin: undefined,
    address: peer?.replace(/:\d+$/, '') ?? '',
  };
  const identify: Identify = () => access.identify(credentials);
  const asked = context.deadline === undefined ? undefined : Math.max(0, context.deadline - Date.now());
  const caller: Caller = {
    identity: await identify(),
    identify,
    protocol: 'grpc',
    timeoutMs: asked === undefined ? defaultTimeoutMs(method, patience) : timeoutWithin(method, asked, patience),
    signal: context.signal,
    trace: context.trace,
    requestId,
  };
  let done = false;
  const told = (): void => {
    if (done) return;
    done = true;
    tellBudget(caller, answer);
  };
  return { caller, told };
}

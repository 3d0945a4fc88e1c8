import type { Metadata } from 'nice-grpc-common';
import { EntrepotError } from '../errors/index.ts';
import type { Call } from './call.ts';
import type { Transport } from './transport.ts';

/** What a server answers calls with; the server is one. */
export interface MemoryServer {
  /** The server's side of a call. Throws UNKNOWN_METHOD. */
  call(path: string, metadata: Metadata): Call;
  unary(call: Call, request: unknown): Promise<unknown>;
  stream(call: Call, request: unknown): AsyncIterator<unknown>;
}

/** Servers of one process by name. Messages are handed over as they are: no copy, no encoding. */
export interface MemoryNetwork {
  /** Adds a server; the result takes it away. Throws where the name is taken. */
  register(name: string, server: MemoryServer): () => void;
  /** The server of that name, if it is up. */
  find(name: string): MemoryServer | undefined;
}

/** A network for one process, or for one test. */
export function createMemoryNetwork(): MemoryNetwork {
  const servers = new Map<string, MemoryServer>();
  return {
    register(name, server) {
      if (servers.has(name)) throw new Error(`A server named ${name} is already up in this network.`);
      servers.set(name, server);
      return () => {
        if (servers.get(name) === server) servers.delete(name);
      };
    },
    find: (name) => servers.get(name),
  };
}

/** Calls to a server of the same process. It may come up after the client was made, and again after a restart. */
export function memoryTransport(network: MemoryNetwork, name: string): Transport {
  /** The server's side of the call. Whatever cancels the client's side cancels it too. */
  function open(call: Call): { server: MemoryServer; served: Call } {
    const server = network.find(name);
    if (server === undefined) {
      throw new EntrepotError({ reason: 'UNREACHABLE', message: `No server named ${name} is up in this process.` });
    }
    const served = server.call(call.method.path, call.metadata);
    return { server, served };
  }

  return {
    target: name,
    attributes: { 'server.address': name },
    unary(call, request) {
      const { server, served } = open(call);
      const answer = server.unary(served, request);
      call.onCancel((error) => served.cancel(error));
      return answer;
    },
    stream(call, request) {
      const { server, served } = open(call);
      const answer = server.stream(served, request);
      call.onCancel((error) => served.cancel(error));
      return answer;
    },
    close() {},
  };
}

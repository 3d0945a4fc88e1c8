import type { ChannelSettings } from './channels.ts';
import { Caller, type ClientOptions, type MeshClient } from './client.ts';
import type { ServiceShape } from './definition.ts';
import { grpcTransport } from './grpc-transport.ts';
import { type MemoryNetwork, memoryTransport } from './memory.ts';

/**
 * Where a service is: in this process, under a name of a memory network, or at a gRPC address: "host:port",
 * "dns:///name:port" (calls go round all its addresses), "static:127.0.0.1:7001,127.0.0.1:7002".
 */
export type ConnectTarget = { readonly network: MemoryNetwork; readonly name: string } | { readonly address: string };

/** How a client behaves. The channel's settings have no meaning in memory. */
export interface ConnectOptions extends ClientOptions {
  channel?: ChannelSettings;
}

/** A typed client and how to let go of it. Closing ends no call: wait for, or cancel, what is under way. */
export interface Connection<Definition extends ServiceShape> {
  readonly client: MeshClient<Definition>;
  close(): Promise<void>;
}

/**
 * A typed client of a service. The server need not be up yet, and may go and come back: calls find it again.
 * Imports no server, no SDK and no logger, for it is part of the published contracts package.
 */
export function connect<Definition extends ServiceShape>(
  definition: Definition,
  target: ConnectTarget,
  options: ConnectOptions = {},
): Connection<Definition> {
  const transport =
    'network' in target
      ? memoryTransport(target.network, target.name)
      : grpcTransport(definition, target.address, options.channel, options.hedge !== undefined);
  const client = new Caller(transport, options).client(definition);
  return { client, close: async () => transport.close() };
}

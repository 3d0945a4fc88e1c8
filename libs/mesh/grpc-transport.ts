import { createClientFactory } from 'nice-grpc';
import { errorDetailsClientMiddleware } from 'nice-grpc-error-details';
import type { Call } from './call.ts';
import { type ChannelSettings, openChannel } from './channels.ts';
import type { ServiceShape } from './definition.ts';
import { grpcDefinition } from './grpc-definition.ts';
import type { Transport } from './transport.ts';

const factory = createClientFactory().use(errorDetailsClientMiddleware);

interface WireOptions {
  metadata: Call['metadata'];
  signal: AbortSignal;
}
type WireMethod = (request: unknown, options: WireOptions) => Promise<unknown> & AsyncIterable<unknown>;

/** Calls of one service over gRPC. */
export function grpcTransport(definition: ServiceShape, address: string, settings?: ChannelSettings): Transport {
  const { channel, close } = openChannel(address, settings);
  const wire = factory.create(grpcDefinition(definition), channel) as unknown as Record<string, WireMethod>;
  const invoke = (call: Call, request: unknown) => {
    const method = wire[call.method.key] as WireMethod;
    return method(request, { metadata: call.metadata, signal: call.signal });
  };
  return {
    target: address,
    attributes: serverAttributes(address),
    unary: invoke,
    stream: (call, request) => invoke(call, request)[Symbol.asyncIterator](),
    close,
  };
}

function serverAttributes(address: string): Record<string, string | number> {
  const match = /^(.*):(\d+)$/.exec(address);
  if (match === null || address.startsWith('static:')) return { 'server.address': address };
  return { 'server.address': match[1] as string, 'server.port': Number(match[2]) };
}

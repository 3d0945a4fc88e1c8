import { createClientFactory } from 'nice-grpc';
import { Metadata } from 'nice-grpc-common';
import { errorDetailsClientMiddleware } from 'nice-grpc-error-details';
import { Apart, apartPolicy } from './apart.ts';
import type { Call } from './call.ts';
import { type ChannelSettings, openChannel } from './channels.ts';
import { formatTimeout, timeoutKey } from './deadline.ts';
import type { ServiceShape } from './definition.ts';
import { grpcDefinition } from './grpc-definition.ts';
import type { AttemptOptions, Transport } from './transport.ts';

const factory = createClientFactory().use(errorDetailsClientMiddleware);

interface WireOptions {
  metadata: Call['metadata'];
  signal: AbortSignal;
}
type WireMethod = (request: unknown, options: WireOptions) => Promise<unknown> & AsyncIterable<unknown>;

/** Calls of one service over gRPC; with `apart` attempts of one call can be made to go to different peers. */
export function grpcTransport(
  definition: ServiceShape,
  address: string,
  settings?: ChannelSettings,
  apart = false,
): Transport {
  const { channel, close } = openChannel(address, settings, apart ? apartPolicy : 'round_robin');
  const wire = factory.create(grpcDefinition(definition), channel) as unknown as Record<string, WireMethod>;
  const invoke = (call: Call, request: unknown, attempt?: AttemptOptions) => {
    const method = wire[call.method.key] as WireMethod;
    if (attempt === undefined) return method(request, { metadata: call.metadata, signal: call.signal });
    const metadata = Metadata(call.metadata);
    if (call.deadline !== undefined) metadata.set(timeoutKey, formatTimeout(call.deadline - Date.now()));
    attempt.apart.mark(metadata);
    return method(request, { metadata, signal: attempt.signal });
  };
  return {
    target: address,
    attributes: serverAttributes(address),
    unary: invoke,
    stream: (call, request, attempt) => invoke(call, request, attempt)[Symbol.asyncIterator](),
    ...(apart && { apart: () => new Apart() }),
    close,
  };
}

function serverAttributes(address: string): Record<string, string | number> {
  const match = /^(.*):(\d+)$/.exec(address);
  if (match === null || address.startsWith('static:')) return { 'server.address': address };
  return { 'server.address': match[1] as string, 'server.port': Number(match[2]) };
}

// The other processes of the mesh, asked for their part of a trace.
import { TraceServiceDefinition } from '../../../libs/contracts/gen/entrepot/telemetry/v1/trace.ts';
import { type ChannelSettings, connect, replicasOf } from '../../../libs/mesh/index.ts';
import { contextFromTraceparent } from '../../../libs/telemetry/index.ts';
import type { TraceSource } from './traces.ts';

const timeoutMs = 1_000;

/** Asking for a trace is to be in none itself. */
const unrecorded = contextFromTraceparent(`00-${'f'.repeat(32)}-${'f'.repeat(16)}-00`);

/**
 * A service of the mesh as a source of spans: every address behind its target is asked, each over a connection of its own that is
 * closed again. One that does not answer within a second is missing.
 *
 * @param target as for `connect`
 * @param channel how the others are connected to
 */
export function meshSource(service: string, target: string, channel?: ChannelSettings): TraceSource {
  return {
    service,
    spans: async (traceId) => {
      const addresses = await replicasOf(target).catch(() => []);
      const answers = await Promise.allSettled(addresses.map((address) => ask(address, traceId, channel)));
      return {
        spans: answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])),
        missing: answers.length === 0 || answers.some(({ status }) => status === 'rejected'),
      };
    },
  };
}

async function ask(address: string, traceId: string, channel: ChannelSettings | undefined) {
  const { client, close } = connect(
    TraceServiceDefinition,
    { address },
    { retry: { maxAttempts: 1 }, ...(channel && { channel }) },
  );
  try {
    return (await client.getSpans({ traceId }, { timeoutMs, trace: unrecorded })).spans;
  } finally {
    await close();
  }
}

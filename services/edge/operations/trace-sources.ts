// The other processes of the mesh, asked for their part of a trace.
import { type Span, TraceServiceDefinition } from '../../../libs/contracts/gen/entrepot/telemetry/v1/trace.ts';
import { connectReplica, replicasOf } from '../../../libs/mesh/index.ts';
import { contextFromTraceparent } from '../../../libs/telemetry/index.ts';
import type { TraceSource } from './traces.ts';

const answerWithinMs = 1_000;

/** Asking for a trace is to be in none itself. */
const unrecorded = contextFromTraceparent(`00-${'f'.repeat(32)}-${'f'.repeat(16)}-00`);

/**
 * A service of the mesh as a source of spans: every address behind its target is asked, each over a connection of its own that is
 * closed again. One that does not answer in time is missing.
 *
 * @param target as for `connect`
 * @param timeoutMs how long each is waited for; default a second
 */
export function meshSource(service: string, target: string, timeoutMs = answerWithinMs): TraceSource {
  return {
    service,
    spans: async (traceId) => {
      const addresses = await replicasOf(target).catch(() => []);
      const answers = await Promise.allSettled(addresses.map((address) => ask(target, address, traceId, timeoutMs)));
      return {
        spans: answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])),
        missing: answers.length === 0 || answers.some(({ status }) => status === 'rejected'),
      };
    },
  };
}

async function ask(target: string, address: string, traceId: string, timeoutMs: number): Promise<readonly Span[]> {
  const { client, close } = connectReplica(TraceServiceDefinition, target, address, { retry: { maxAttempts: 1 } });
  try {
    return (await client.getSpans({ traceId }, { timeoutMs, trace: unrecorded })).spans;
  } finally {
    await close();
  }
}

import { type Span, TraceServiceDefinition } from '../contracts/gen/entrepot/telemetry/v1/trace.ts';
import { invalidField } from '../errors/index.ts';
import { type RecordedSpan, recentSpans } from '../telemetry/recent-spans.ts';
import { type MeshService, meshService } from './service.ts';

/** What this process remembers of traces, for whoever puts a whole one together; stands on every server of the mesh. */
export const traceService: MeshService = meshService(TraceServiceDefinition, {
  getSpans: async ({ traceId }) => {
    if (!/^[0-9a-f]{32}$/.test(traceId)) throw invalidField('traceId', 'must be 32 hexadecimal digits');
    return { spans: recentSpans(traceId).map(spanOf) };
  },
});

/** A remembered span as the contracts have it. */
export function spanOf({ startedAtNs, ...span }: RecordedSpan): Span {
  return {
    ...span,
    startedAt: Temporal.Instant.fromEpochNanoseconds(startedAtNs),
    attributes: { ...span.attributes },
  };
}

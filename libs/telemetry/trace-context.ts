import { type Context, createTraceState, ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api';

/**
 * W3C Trace Context in both directions. Written here rather than through the global propagator so that traces go on
 * where no SDK has set one (a backend that only uses the published client), and so that no SDK is loaded for it.
 */
const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const noTrace = '0'.repeat(32);
const noSpan = '0'.repeat(16);

/** The `traceparent` of the span in a context; undefined where there is none. */
export function traceparentOf(context: Context): string | undefined {
  const span = trace.getSpanContext(context);
  if (span === undefined || span.traceId === noTrace) return undefined;
  return `00-${span.traceId}-${span.spanId}-${(span.traceFlags & 1) === 1 ? '01' : '00'}`;
}

/** The `tracestate` of the span in a context; undefined where there is none. */
export function tracestateOf(context: Context): string | undefined {
  return trace.getSpanContext(context)?.traceState?.serialize() || undefined;
}

/** A context carrying the remote span that `traceparent` names; ROOT_CONTEXT where it is absent or malformed. */
export function contextFromTraceparent(traceparent: string | undefined, tracestate?: string): Context {
  if (traceparent === undefined) return ROOT_CONTEXT;
  const match = pattern.exec(traceparent);
  if (match === null) return ROOT_CONTEXT;
  const [, version, traceId = noTrace, spanId = noSpan, flags = '00', rest] = match;
  // Version ff is forbidden, and version 00 has exactly four parts.
  if (version === 'ff' || (version === '00' && rest !== undefined)) return ROOT_CONTEXT;
  if (traceId === noTrace || spanId === noSpan) return ROOT_CONTEXT;
  const span: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  if (tracestate !== undefined && tracestate !== '') span.traceState = createTraceState(tracestate);
  return trace.setSpanContext(ROOT_CONTEXT, span);
}

/** The trace id in a context, for logs and error answers; undefined where there is none. */
export function traceIdOf(context: Context): string | undefined {
  const id = trace.getSpanContext(context)?.traceId;
  return id === noTrace ? undefined : id;
}

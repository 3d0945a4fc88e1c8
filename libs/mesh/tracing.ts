import { type Attributes, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { Status } from 'nice-grpc-common';
import type { EntrepotError } from '../errors/index.ts';
import { durationBuckets, histogram, tracer } from '../telemetry/instruments.ts';
import { contextFromTraceparent, traceparentOf, tracestateOf } from '../telemetry/trace-context.ts';
import type { Call } from './call.ts';
import { clientKey, defaultClient } from './context.ts';
import type { Method } from './definition.ts';
import type { CallEnd, Middleware } from './middleware.ts';

const clientDuration = histogram('rpc.client.call.duration', {
  unit: 's',
  description: 'Duration of an outgoing call, retries included',
  buckets: durationBuckets,
});
const serverDuration = histogram('rpc.server.call.duration', {
  unit: 's',
  description: 'Duration of an incoming call',
  buckets: durationBuckets,
});

/** Codes that are the server's fault. The others are the caller's affair: no error of the server's span. */
const serverFaults = new Set([
  Status.UNKNOWN,
  Status.DEADLINE_EXCEEDED,
  Status.UNIMPLEMENTED,
  Status.INTERNAL,
  Status.UNAVAILABLE,
  Status.DATA_LOSS,
]);

/** Reads the caller's trace and name, opens the server span, and records `rpc.server.call.duration`. */
export const serverTelemetry: Middleware = (call) => {
  const { metadata } = call;
  call.client = metadata.get(clientKey) ?? defaultClient;
  const parent = contextFromTraceparent(metadata.get('traceparent'), metadata.get('tracestate'));
  return observe(call, SpanKind.SERVER, parent, {}, serverDuration, (code) => serverFaults.has(code));
};

/** Opens the client span, sends the trace and the client's name along, and records `rpc.client.call.duration`. */
export function clientTelemetry(server: Attributes): Middleware {
  return (call) => {
    const end = observe(call, SpanKind.CLIENT, call.trace, server, clientDuration, (code) => code !== Status.CANCELLED);
    const traceparent = traceparentOf(call.trace);
    if (traceparent !== undefined) {
      call.metadata.set('traceparent', traceparent);
      const tracestate = tracestateOf(call.trace);
      if (tracestate !== undefined) call.metadata.set('tracestate', tracestate);
    }
    if (call.client !== defaultClient) call.metadata.set(clientKey, call.client);
    return end;
  };
}

function observe(
  call: Call,
  kind: SpanKind,
  parent: Call['trace'],
  server: Attributes,
  duration: { record(value: number, attributes: Attributes): void },
  isFault: (code: Status) => boolean,
): CallEnd {
  const started = performance.now();
  const { method } = call;
  const span = tracer.startSpan(method.fullName, { kind }, parent);
  call.trace = trace.setSpan(parent, span);
  if (span.isRecording()) span.setAttributes({ ...callAttributes(method), ...server });
  return (error) => {
    const code = error?.code ?? Status.OK;
    const status = Status[code] as string;
    const fault = error !== undefined && isFault(code);
    duration.record((performance.now() - started) / 1_000, outcomeAttributes(method, status, fault));
    if (span.isRecording()) finishSpan(span, status, error, fault, call);
    span.end();
  };
}

function finishSpan(
  span: NonNullable<ReturnType<typeof trace.getSpan>>,
  status: string,
  error: EntrepotError | undefined,
  fault: boolean,
  call: Call,
): void {
  span.setAttribute('rpc.response.status_code', status);
  if (error === undefined) return;
  span.setAttribute('entrepot.error.reason', error.reason);
  if (!fault) return;
  span.setAttribute('error.type', status);
  span.setStatus({ code: SpanStatusCode.ERROR, message: withoutToken(error.message, call) });
}

/** Whoever refuses a token may quote it. */
function withoutToken(message: string, { metadata }: Call): string {
  const token = String(metadata.get('authorization') ?? '').replace(/^Bearer /, '');
  return token === '' ? message : message.replaceAll(token, 'redacted');
}

function callAttributes(method: Method): Attributes {
  return { 'rpc.system.name': 'grpc', 'rpc.method': method.fullName };
}

/** Attribute sets by method and outcome, made once: they are few, and a set is needed for every call. */
const outcomes = new Map<string, Attributes>();

function outcomeAttributes(method: Method, status: string, fault: boolean): Attributes {
  const key = `${method.fullName} ${status} ${fault}`;
  let attributes = outcomes.get(key);
  if (attributes === undefined) {
    attributes = { ...callAttributes(method), 'rpc.response.status_code': status };
    if (fault) attributes['error.type'] = status;
    outcomes.set(key, attributes);
  }
  return attributes;
}

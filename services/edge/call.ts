// What a request brings along on its way to query: deadline, trace, client, and an end when the client goes away.
import { type Context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EntrepotError } from '../../libs/errors/index.ts';
import { type CallOptions, defaultClient } from '../../libs/mesh/index.ts';
import { contextFromTraceparent, traceparentOf, tracer } from '../../libs/telemetry/index.ts';
import { type PatienceLimits, patienceOf, timeoutHeader } from './deadline.ts';

/** The request header that names the client, where the edge is told to believe it. */
const clientHeader = 'entrepot-client';

/** One request at the edge. */
export interface EdgeCall {
  /** The request's span as a context, for calls below. */
  readonly trace: Context;
  readonly span: Span;
  /** Who asks: "public" where nobody said so that it can be believed. */
  readonly client: string;
  /** What the request was refused with, once it was. */
  failure?: EntrepotError;
  /** When the request arrived, in milliseconds of performance.now(). */
  readonly startedAt: number;
  /** Aborted when the client closed its connection before the answer was out. */
  readonly gone: AbortSignal;
}

declare module 'fastify' {
  interface FastifyRequest {
    call: EdgeCall;
  }
}

/** Begins a request: its span continues the client's trace. */
export function beginCall(request: FastifyRequest, reply: FastifyReply, trustClientHeader: boolean): EdgeCall {
  const parent = contextFromTraceparent(one(request.headers.traceparent), one(request.headers.tracestate));
  const route = request.routeOptions.url ?? 'unmatched';
  const span = tracer.startSpan(
    `${request.method} ${route}`,
    { kind: SpanKind.SERVER, attributes: { 'http.request.method': request.method, 'http.route': route } },
    parent,
  );
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort(new DOMException('The client closed its connection.', 'AbortError'));
  });
  return {
    trace: trace.setSpan(parent, span),
    span,
    client: (trustClientHeader ? one(request.headers[clientHeader]) : undefined) || defaultClient,
    startedAt: performance.now(),
    gone: gone.signal,
  };
}

/** Ends a request's span with what was answered. */
export function endCall(call: EdgeCall, status: number): void {
  if (call.span.isRecording()) {
    call.span.setAttribute('http.response.status_code', status);
    if (status >= 500) call.span.setStatus({ code: SpanStatusCode.ERROR });
  }
  call.span.end();
}

/** The options of a call to query on behalf of a request. */
export function callOptions(request: FastifyRequest, limits: PatienceLimits): CallOptions {
  return {
    timeoutMs: patienceOf(request.headers[timeoutHeader], limits),
    signal: request.call.gone,
    trace: request.call.trace,
    client: request.call.client,
  };
}

/** The headers that every answer carries: where to find its trace, and where the time went. */
export function traceHeaders(call: EdgeCall): Record<string, string> {
  const traceparent = traceparentOf(call.trace);
  return {
    ...(traceparent !== undefined && { traceparent }),
    'server-timing': `edge;dur=${(performance.now() - call.startedAt).toFixed(1)}`,
  };
}

function one(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

// What every HTTP request brings along: who sends it, its id, its trace, its deadline, and an end when the client goes away.
import { type Context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Identity } from '../../libs/clients/index.ts';
import type { EntrepotError } from '../../libs/errors/index.ts';
import { contextFromTraceparent, traceparentOf, tracer } from '../../libs/telemetry/index.ts';
import type { Credentials } from './access/access.ts';
import type { Caller, Identify, Protocol } from './api/caller.ts';
import { type PatienceLimits, patienceOf, timeoutHeader } from './deadline.ts';
import { requestIdOf } from './request-id.ts';

/** One request at the edge. */
export interface EdgeCall {
  /** The request's span as a context, for calls below. */
  readonly trace: Context;
  readonly span: Span;
  /** Names the request in its answer, in logs and in errors. */
  readonly requestId: string;
  /** Who asks; absent where nobody has to say (probes, documents, the console's own files). */
  identity?: Identity;
  /** Finds out anew who asks, by the credentials that came with the request; there as soon as it was let in by them. */
  identify?: Identify;
  /** The operation that it became, once it did. */
  caller?: Caller;
  /** What the request was refused with, once it was. */
  failure?: EntrepotError;
  /** Headers that its answer carries for who asks: what is left of the budget, which pages may read it, and how it is to be shown. */
  headers?: () => Readonly<Record<string, string>>;
  /** When the request arrived, in milliseconds of performance.now(). */
  readonly startedAt: number;
  /** Aborted when the client closed its connection before the answer was out. */
  readonly gone: AbortSignal;
  /** Ends the request before its time, with why: aborts `gone`. */
  readonly cancel: (reason: EntrepotError) => void;
}

declare module 'fastify' {
  interface FastifyRequest {
    call: EdgeCall;
  }
}

/** Begins a request: its span continues the client's trace. */
export function beginCall(request: FastifyRequest, reply: FastifyReply): EdgeCall {
  const parent = contextFromTraceparent(one(request.headers.traceparent), one(request.headers.tracestate));
  const route = request.routeOptions.config.template ?? request.routeOptions.url ?? 'unmatched';
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
    requestId: requestIdOf(one(request.headers['x-request-id'])),
    startedAt: performance.now(),
    gone: gone.signal,
    cancel: (reason) => gone.abort(reason),
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

/** What a request brings to say who it is from. */
export function credentialsOf(request: FastifyRequest): Credentials {
  const { headers } = request;
  const token = (request.query as Readonly<Record<string, unknown>> | undefined)?.access_token;
  return {
    authorization: one(headers.authorization),
    key: one(headers['entrepot-key']) ?? (typeof token === 'string' ? token : undefined),
    client: one(headers['entrepot-client']),
    host: one(headers.host),
    origin: one(headers.origin),
    address: request.ip,
  };
}

/**
 * The caller of an operation that a request asks for.
 * @throws EntrepotError INVALID_FIELD for a deadline that is none
 */
export function callerOf(request: FastifyRequest, protocol: Protocol, limits: PatienceLimits): Caller {
  const { call } = request;
  if (call.identity === undefined) throw new Error(`${request.routeOptions.url} asks for no credentials.`);
  const caller: Caller = {
    identity: call.identity,
    identify: call.identify,
    protocol,
    timeoutMs: patienceOf(request.headers[timeoutHeader], limits),
    signal: call.gone,
    trace: call.trace,
    requestId: call.requestId,
  };
  call.caller = caller;
  return caller;
}

/** The headers that every answer carries: its id, where to find its trace, and where the time went. */
export function answerHeaders(call: EdgeCall): Record<string, string> {
  const traceparent = traceparentOf(call.trace);
  return {
    ...call.headers?.(),
    ...call.caller?.headers,
    'x-request-id': call.requestId,
    ...(traceparent !== undefined && { traceparent }),
    'server-timing': `edge;dur=${(performance.now() - call.startedAt).toFixed(1)}`,
  };
}

function one(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

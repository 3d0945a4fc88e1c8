// What was recorded lately of clients' requests, put together from every process that took part.
import type {
  GetTraceRequest,
  GetTraceResponse,
  ListTracesRequest,
  ListTracesResponse,
  TraceSummary,
} from '../../../libs/contracts/gen/entrepot/edge/v1/edge.ts';
import type { Span } from '../../../libs/contracts/gen/entrepot/telemetry/v1/trace.ts';
import { Permission } from '../../../libs/contracts/gen/entrepot/type/v1/public.ts';
import { EntrepotError, invalidField } from '../../../libs/errors/index.ts';
import { spanOf } from '../../../libs/mesh/index.ts';
import { allRecentSpans, type RecordedSpan, recentSpans, searchAttribute } from '../../../libs/telemetry/index.ts';
import type { Caller } from '../api/caller.ts';
import {
  begunAttribute,
  clientAttribute,
  methodAttribute,
  protocolAttribute,
  reasonAttribute,
  verticalAttribute,
} from './traced.ts';

/** A service that has spans of its own: every replica of it. */
export interface TraceSource {
  /** "query". */
  readonly service: string;
  /**
   * Everything that its replicas remember of a trace.
   * @returns the spans, and whether one of them could not be asked
   */
  spans(traceId: string): Promise<{ readonly spans: readonly Span[]; readonly missing: boolean }>;
}

const defaultPageSize = 50;
const mostPageSize = 200;
/** Where the platform's own processes are is no client's business. */
const inwardAttributes = ['server.address', 'server.port'];

/** Recorded requests, and the whole of each: of the caller alone, unless it is permitted OPERATIONS. */
export class Traces {
  readonly #sources: readonly TraceSource[];

  /** @param sources the services that are asked beside this process; none where everything runs in it */
  constructor(sources: readonly TraceSource[] = []) {
    this.#sources = sources;
  }

  /** @throws EntrepotError INVALID_FIELD */
  list({ pageSize }: ListTracesRequest, caller: Caller): ListTracesResponse {
    if (pageSize < 0 || pageSize > mostPageSize) {
      const description = `is ${pageSize}; it must be from 1 to ${mostPageSize}, or left out for ${defaultPageSize}`;
      throw invalidField('pageSize', description);
    }
    const requests = allRecentSpans()
      .filter((span) => isRequest(span) && sees(caller, span))
      .sort((a, b) => (a.startedAtNs < b.startedAtNs ? 1 : -1));
    return { traces: requests.slice(0, pageSize === 0 ? defaultPageSize : pageSize).map(summaryOf) };
  }

  /** @throws EntrepotError TRACE_NOT_FOUND, of another client's trace too */
  async get({ traceId: asked }: GetTraceRequest, caller: Caller): Promise<GetTraceResponse> {
    const requests = requestsOf(asked)
      .filter((span) => sees(caller, span))
      .sort((a, b) => (a.startedAtNs < b.startedAtNs ? -1 : 1));
    const [request] = requests;
    if (request === undefined) {
      const message =
        'There is no such trace: its request has not ended, was not recorded, or is no longer remembered; send a sampled traceparent for one.';
      throw new EntrepotError({ reason: 'TRACE_NOT_FOUND', message });
    }
    const { traceId } = request;
    const told = await Promise.all(this.#sources.map((source) => source.spans(traceId)));
    const missingServices = this.#sources.filter((_, index) => told[index]!.missing).map(({ service }) => service);
    const spans = new Map<string, Span>();
    for (const span of [...recentSpans(traceId).map(spanOf), ...told.flatMap((one) => one.spans)]) {
      spans.set(span.spanId, span);
    }
    const own = new Set(requests.filter((span) => span.traceId === traceId).map(({ spanId }) => spanId));
    const shown = isOperator(caller) ? [...spans.values()] : below(own, [...spans.values()]).map(outward);
    return { summary: summaryOf(request), spans: inOrder(shown), missingServices };
  }
}

/** The requests of a trace by its id; or those that began a search, by its own. One that only looks at the search tells nothing of it. */
function requestsOf(asked: string): RecordedSpan[] {
  if (/^[0-9a-f]{32}$/.test(asked)) return recentSpans(asked).filter(isRequest);
  return allRecentSpans().filter(
    (span) =>
      isRequest(span) && span.attributes[searchAttribute] === asked && span.attributes[begunAttribute] !== undefined,
  );
}

/** Whether a span is that of a client's request at this edge. */
function isRequest({ kind, attributes }: RecordedSpan): boolean {
  return kind === 'server' && attributes[methodAttribute] !== undefined;
}

function isOperator({ identity }: Caller): boolean {
  return identity.permissions.has(Permission.OPERATIONS);
}

function sees(caller: Caller, { attributes }: RecordedSpan): boolean {
  return isOperator(caller) || attributes[clientAttribute] === caller.identity.client;
}

/**
 * The given spans and those below them. Who sends the id of somebody else's trace has a request of its own in it, and is to see
 * nothing but that.
 */
function below(roots: ReadonlySet<string>, spans: readonly Span[]): Span[] {
  const parents = new Map(spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId]));
  const known = new Map([...roots].map((root) => [root, true]));
  const isBelow = (spanId: string): boolean => {
    const path: string[] = [];
    let at: string | undefined = spanId;
    while (at !== undefined && at !== '' && !known.has(at) && !path.includes(at)) {
      path.push(at);
      at = parents.get(at);
    }
    const found = at !== undefined && known.get(at) === true;
    for (const one of path) known.set(one, found);
    return found;
  };
  return spans.filter(({ spanId }) => isBelow(spanId));
}

function outward(span: Span): Span {
  const attributes = Object.entries(span.attributes).filter(([name]) => !inwardAttributes.includes(name));
  return { ...span, attributes: Object.fromEntries(attributes) };
}

/** In order of their beginning; of those that begin at the same moment the ones above come first. */
function inOrder(spans: readonly Span[]): Span[] {
  const parents = new Map(spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId]));
  const keyed = spans.map((span) => {
    let depth = 0;
    // As deep as there are spans is a circle.
    for (let at = parents.get(span.spanId); at !== undefined && depth < spans.length; at = parents.get(at)) depth++;
    return { span, depth, start: span.startedAt?.epochNanoseconds ?? 0n };
  });
  keyed.sort((a, b) => {
    if (a.start !== b.start) return a.start < b.start ? -1 : 1;
    return a.depth - b.depth || (a.span.spanId < b.span.spanId ? -1 : 1);
  });
  return keyed.map(({ span }) => span);
}

function summaryOf({ traceId, name, startedAtNs, durationMs, error, attributes }: RecordedSpan): TraceSummary {
  const reason = attributes[reasonAttribute];
  return {
    traceId,
    name,
    client: attributes[clientAttribute] ?? '',
    searchId: attributes[searchAttribute] ?? '',
    startedAt: Temporal.Instant.fromEpochNanoseconds(startedAtNs),
    durationMs,
    method: attributes[methodAttribute] ?? '',
    protocol: attributes[protocolAttribute] ?? '',
    vertical: attributes[verticalAttribute] ?? '',
    // A client that goes away is no error.
    error: error || (reason !== undefined && reason !== 'CANCELLED'),
  };
}

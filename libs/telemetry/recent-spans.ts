import { type HrTime, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { LRUCache } from 'lru-cache';

/** A span as it is remembered. Immutable. */
export interface RecordedSpan {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** The span above; empty for none. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** `service.name` of the process. */
  readonly service: string;
  /** Nanoseconds since 1970. */
  readonly startedAtNs: bigint;
  readonly durationMs: number;
  readonly error: boolean;
  /** For a person; empty where there is nothing to say. */
  readonly errorMessage: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Names the search that a span is about; traces with one are remembered longer than others. */
export const searchAttribute = 'entrepot.search.id';

/** Traces of each of both kinds. */
const mostTraces = 100;
/** Of one trace. A search of ten partners has some 40. */
const mostSpans = 200;
/** Of one attribute or message, in characters. */
const longestText = 300;
const mostAttributes = 32;

/**
 * The spans that this process recorded lately: 100 traces about a search and 100 others, 200 spans of each. So whoever asks for
 * other things again and again (a page that polls) drives no search out. It is handed recorded spans alone: what is not sampled
 * costs nothing.
 */
export class RecentSpans implements SpanProcessor {
  readonly #searches = new LRUCache<string, RecordedSpan[]>({ max: mostTraces });
  readonly #others = new LRUCache<string, RecordedSpan[]>({ max: mostTraces });

  onStart(): void {}

  onEnd(ended: ReadableSpan): void {
    const span = recorded(ended);
    const { traceId } = span;
    const known = this.#searches.get(traceId) ?? this.#others.get(traceId);
    // A request that nothing was done for (a probe, a page's file) is not worth remembering.
    const isAlone = known === undefined && ended.parentSpanContext === undefined;
    if (isAlone && !span.error && span.attributes[searchAttribute] === undefined) return;
    const spans = known ?? [];
    // The spans above end last, so the first to go is what matters least.
    if (spans.length === mostSpans) spans.shift();
    spans.push(span);
    if (this.#searches.has(traceId)) return;
    if (span.attributes[searchAttribute] === undefined) {
      this.#others.set(traceId, spans);
    } else {
      this.#others.delete(traceId);
      this.#searches.set(traceId, spans);
    }
  }

  /** The spans of a trace, in no order; none where it is not remembered. */
  of(traceId: string): readonly RecordedSpan[] {
    return this.#searches.peek(traceId) ?? this.#others.peek(traceId) ?? [];
  }

  /** Every span that is remembered, in no order. */
  *all(): Generator<RecordedSpan> {
    for (const traces of [this.#searches, this.#others]) for (const spans of traces.values()) yield* spans;
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {
    this.#searches.clear();
    this.#others.clear();
  }
}

let current: RecentSpans | undefined;

/** Names what remembers the spans of this process; undefined for nothing any more. For startTelemetry. */
export function rememberIn(spans: RecentSpans | undefined): void {
  current = spans;
}

/** The spans of a trace that this process recorded and still remembers, in no order. */
export function recentSpans(traceId: string): readonly RecordedSpan[] {
  return current?.of(traceId) ?? [];
}

/** Every span that this process remembers, in no order. */
export function allRecentSpans(): readonly RecordedSpan[] {
  return current === undefined ? [] : [...current.all()];
}

const kinds = {
  [SpanKind.INTERNAL]: 'internal',
  [SpanKind.SERVER]: 'server',
  [SpanKind.CLIENT]: 'client',
  [SpanKind.PRODUCER]: 'producer',
  [SpanKind.CONSUMER]: 'consumer',
} as const;

/** What is kept of a span: texts alone, of bounded length. */
function recorded(span: ReadableSpan): RecordedSpan {
  const { traceId, spanId } = span.spanContext();
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(span.attributes).slice(0, mostAttributes)) {
    if (value !== undefined) attributes[name] = short(Array.isArray(value) ? value.join(', ') : String(value));
  }
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? '',
    name: short(span.name),
    kind: kinds[span.kind],
    service: String(span.resource.attributes['service.name'] ?? ''),
    startedAtNs: BigInt(span.startTime[0]) * 1_000_000_000n + BigInt(span.startTime[1]),
    durationMs: msOf(span.duration),
    error: span.status.code === SpanStatusCode.ERROR,
    errorMessage: short(span.status.message ?? ''),
    attributes,
  };
}

function msOf([seconds, nanoseconds]: HrTime): number {
  return seconds * 1_000 + nanoseconds / 1_000_000;
}

function short(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText - 1)}…`;
}

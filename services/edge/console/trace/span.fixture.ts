// Spans for tests.
import type { Span } from '../../../../libs/client/index.ts';

/** A span that begins `startMs` after a fixed moment. */
export function span(id: string, parent: string, startMs: number, endMs: number, more: Partial<Span> = {}): Span {
  const startedAt = new Date(1_700_000_000_000 + startMs).toISOString();
  return { spanId: id, parentSpanId: parent, name: id, startedAt, durationMs: endMs - startMs, ...more };
}

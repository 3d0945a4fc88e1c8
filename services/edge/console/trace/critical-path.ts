// What a request waited for: at every moment of it one span, the deepest that it could not do without.
import type { SpanNode } from './tree.ts';

/** A time that was spent in a span itself while everything above it waited. Milliseconds since the trace began. */
export interface Stretch {
  readonly node: SpanNode;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The critical path below a span, from its beginning to its end without a gap: shorten any stretch, and the request may end sooner.
 * It is found backwards from the end: a span waits for the one below it that ended last, and before that one began for the one whose
 * end was nearest to that moment. That one may have been about to end still, with more of it before the moment than after: a stream hands
 * on before it ends, and clocks are told in milliseconds.
 * @returns stretches in order of time
 */
export function criticalPath(root: SpanNode): readonly Stretch[] {
  const found: Stretch[] = [];
  follow(root, root.startMs, root.endMs, found);
  return found.reverse();
}

/** Adds the stretches of a span between two moments, last first. */
function follow(node: SpanNode, fromMs: number, toMs: number, found: Stretch[]): void {
  let at = toMs;
  const left = new Set(node.children);
  for (let next = awaited(left, at, toMs); next !== undefined && at > fromMs; next = awaited(left, at, toMs)) {
    left.delete(next);
    const begin = Math.max(next.startMs, fromMs);
    const end = Math.min(next.endMs, at);
    if (end <= begin) continue;
    if (end < at) found.push({ node, fromMs: end, toMs: at });
    follow(next, begin, end, found);
    at = begin;
  }
  if (at > fromMs) found.push({ node, fromMs, toMs: at });
}

/** The span that was waited for at a moment. What outlives the span above it ended, as far as that one is concerned, with it. */
function awaited(children: ReadonlySet<SpanNode>, atMs: number, untilMs: number): SpanNode | undefined {
  let found: SpanNode | undefined;
  let nearest = Number.POSITIVE_INFINITY;
  for (const child of children) {
    if (child.startMs >= atMs) continue;
    const after = Math.min(child.endMs, untilMs) - atMs;
    if (after > atMs - child.startMs) continue;
    const away = Math.abs(after);
    if (away > nearest || (away === nearest && child.endMs <= found!.endMs)) continue;
    found = child;
    nearest = away;
  }
  return found;
}

/** How long each span is on the path by itself, in milliseconds, by its id. */
export function timeOnPath(path: readonly Stretch[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { node, fromMs, toMs } of path) sums.set(node.id, (sums.get(node.id) ?? 0) + toMs - fromMs);
  return sums;
}

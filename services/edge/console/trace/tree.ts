// The spans of a trace as a tree: who called whom, and where that cannot be said.
import type { Span, TraceSummary } from '../../../../libs/client/index.ts';

/** A span in its place. Times are milliseconds since the trace began. */
export interface SpanNode {
  readonly id: string;
  readonly span: Span;
  /** 1 for a root. */
  readonly level: number;
  readonly parent: SpanNode | undefined;
  /** In order of their beginning. */
  readonly children: readonly SpanNode[];
  readonly startMs: number;
  readonly endMs: number;
  /** It names a span above that is not here: recorded elsewhere, or lost. */
  readonly orphan: boolean;
  /** Begins so much before the span above it, which only clocks that differ can make; else 0. */
  readonly earlyMs: number;
  /** How long none of the spans below it ran. */
  readonly selfMs: number;
  /** Spans below, at any depth. */
  readonly below: number;
  /** Of these, those that ended in an error. */
  readonly errorsBelow: number;
}

/** A trace as a tree. */
export interface SpanTree {
  readonly roots: readonly SpanNode[];
  /** Every node by its span's id. */
  readonly nodes: ReadonlyMap<string, SpanNode>;
  /** From the first beginning to the last end. */
  readonly durationMs: number;
}

/** Times are told in whole milliseconds, so one of them says nothing. */
const toleranceMs = 1;

interface Draft {
  readonly span: Span;
  readonly at: number;
}

/** Puts spans into their places. Whatever they say, each is in the tree once. */
export function treeOf(spans: readonly Span[]): SpanTree {
  const drafts = new Map(
    spans.map((span): [string, Draft] => [span.spanId ?? '', { span, at: epochMs(span.startedAt) }]),
  );
  const began = Math.min(...[...drafts.values()].map(({ at }) => at));
  const childrenOf = Map.groupBy(drafts.keys(), (id) => parentOf(drafts, id));
  const nodes = new Map<string, SpanNode>();
  const place = (id: string, parent?: SpanNode): SpanNode => {
    const { span, at } = drafts.get(id)!;
    const startMs = at - began;
    const children: SpanNode[] = [];
    const node = {
      id,
      span,
      level: (parent?.level ?? 0) + 1,
      parent,
      children,
      startMs,
      endMs: startMs + (span.durationMs ?? 0),
      orphan: parent === undefined && (span.parentSpanId ?? '') !== '',
      earlyMs: parent !== undefined && parent.startMs - startMs > toleranceMs ? parent.startMs - startMs : 0,
      selfMs: 0,
      below: 0,
      errorsBelow: 0,
    };
    nodes.set(id, node);
    for (const child of childrenOf.get(id) ?? []) if (!nodes.has(child)) children.push(place(child, node));
    children.sort(byBeginning);
    node.selfMs = Math.max(0, node.endMs - node.startMs - covered(node, children));
    for (const child of children) {
      node.below += 1 + child.below;
      node.errorsBelow += child.errorsBelow + (child.span.error === true ? 1 : 0);
    }
    return node;
  };
  const roots = (childrenOf.get('') ?? []).map((id) => place(id));
  // What is left calls itself in a circle; it is cut where it begins first.
  const left = [...drafts].sort(([, a], [, b]) => a.at - b.at);
  for (const [id] of left) if (!nodes.has(id)) roots.push(place(id));
  roots.sort(byBeginning);
  return { roots, nodes, durationMs: Math.max(0, ...[...nodes.values()].map(({ endMs }) => endMs)) };
}

/** The id of the span above, if it is here; else empty. */
function parentOf(drafts: ReadonlyMap<string, Draft>, id: string): string {
  const above = drafts.get(id)?.span.parentSpanId ?? '';
  return drafts.has(above) ? above : '';
}

const byBeginning = (a: SpanNode, b: SpanNode): number => a.startMs - b.startMs || b.endMs - a.endMs;

/** How much of a span the given ones below it cover. They are in order of their beginning. */
function covered(
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  children: readonly SpanNode[],
) {
  let sum = 0;
  let until = startMs;
  for (const child of children) {
    const end = Math.min(child.endMs, endMs);
    sum += Math.max(0, end - Math.max(child.startMs, until));
    until = Math.max(until, end);
  }
  return sum;
}

/** The span of the request that a trace is told of; the longest root, where that is not here. */
export function requestIn({ roots }: SpanTree, { name, startedAt }: TraceSummary = {}): SpanNode | undefined {
  const own = roots.find(({ span }) => span.name === name && span.startedAt === startedAt);
  return own ?? roots.toSorted((a, b) => b.endMs - b.startMs - (a.endMs - a.startMs))[0];
}

/** The rows that are shown: every node whose ancestors are all open, in the order of the tree. */
export function rowsOf(roots: readonly SpanNode[], closed: ReadonlySet<string>): readonly SpanNode[] {
  return roots.flatMap((node) => [node, ...(closed.has(node.id) ? [] : rowsOf(node.children, closed))]);
}

/** Milliseconds since 1970, with what is written behind them. */
function epochMs(text = '1970-01-01T00:00:00Z'): number {
  const [, whole = '', fraction = ''] = /^([^.]+?)(\.\d+)?Z$/.exec(text) ?? [];
  return Date.parse(`${whole}Z`) + Number(`0${fraction}`) * 1_000;
}

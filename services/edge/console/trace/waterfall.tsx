import { useEffect, useRef, useState } from 'preact/hooks';
import { place, refine } from '../shell/router.ts';
import { Icon } from '../ui/icon.tsx';
import { focusIsLost } from './arrival.ts';
import { placeIn, type TimeWindow, tick, ticksOf, took } from './axis.ts';
import { type Stretch, timeOnPath } from './critical-path.ts';
import { rowsOf, type SpanNode, type SpanTree } from './tree.ts';
import type { Described } from './words.ts';

/** As many moments as there is room to write. */
const mostTicks = (): number => (matchMedia('(max-width: 640px)').matches ? 3 : 5);

/** Spans below each other and beside the time that they took: a tree, with the keys that one has. */
export function Waterfall(props: {
  readonly tree: SpanTree;
  readonly described: ReadonlyMap<string, Described>;
  readonly path: readonly Stretch[];
  readonly chosen: SpanNode | undefined;
}) {
  const { tree: spans, described, path, chosen } = props;
  const tree = useRef<HTMLDivElement>(null);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [stop, setStop] = useState('');
  const zoomed = spans.nodes.get(place.value.parameters.zoom ?? '');
  const window = zoomed === undefined ? { fromMs: 0, toMs: spans.durationMs } : windowOf(zoomed);
  const ticks = ticksOf(window, mostTicks());
  const lines = linesAt(window, ticks);
  const onPath = timeOnPath(path);
  const rows = rowsOf(spans.roots, closed);
  const current = (rows.find(({ id }) => id === stop) ?? rows.find((node) => node === chosen) ?? rows[0])?.id;
  const failed = [...spans.nodes.values()].filter(({ span }) => span.error === true);

  const toggle = (node: SpanNode, open: boolean): void => {
    const next = new Set(closed);
    if (open) next.delete(node.id);
    else next.add(node.id);
    setClosed(next);
  };
  const rowOf = (id: string): HTMLElement | null | undefined =>
    tree.current?.querySelector<HTMLElement>(`[data-span="${id}"]`);
  useEffect(() => {
    if (chosen !== undefined) rowOf(chosen.id)?.scrollIntoView({ block: 'nearest' });
  }, [chosen?.id]);
  useEffect(() => {
    if (current !== undefined && focusIsLost()) rowOf(current)?.focus({ preventScroll: true });
  }, []);
  const focus = (node: SpanNode | undefined): void => {
    if (node === undefined) return;
    setStop(node.id);
    rowOf(node.id)?.focus();
    // With the details open, the arrows leaf through them.
    if (chosen !== undefined) refine({ span: node.id });
  };
  const toError = (): void => {
    const order = rowsOf(spans.roots, new Set()).filter((node) => failed.includes(node));
    const next = order[(order.findIndex(({ id }) => id === current) + 1) % order.length];
    if (next === undefined) return;
    const open = new Set(closed);
    for (let above = next.parent; above !== undefined; above = above.parent) open.delete(above.id);
    setClosed(open);
    setStop(next.id);
    refine({ span: next.id });
    // Its row may be drawn only now.
    requestAnimationFrame(() => rowOf(next.id)?.focus());
  };
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = rows.findIndex(({ id }) => id === (event.target as HTMLElement).dataset.span);
    const node = rows[at];
    if (node === undefined) return;
    const isOpen = node.children.length > 0 && !closed.has(node.id);
    const isClosed = node.children.length > 0 && closed.has(node.id);
    const deeds: Readonly<Record<string, () => void>> = {
      ArrowDown: () => focus(rows[at + 1]),
      ArrowUp: () => focus(rows[at - 1]),
      Home: () => focus(rows[0]),
      End: () => focus(rows.at(-1)),
      ArrowRight: () => (isClosed ? toggle(node, true) : focus(node.children[0])),
      ArrowLeft: () => (isOpen ? toggle(node, false) : focus(node.parent)),
      Enter: () => refine({ span: node.id }),
      ' ': () => refine({ span: node.id }),
      z: () => refine({ zoom: zoomed === node ? '' : node.id }),
      e: toError,
    };
    const deed = Object.hasOwn(deeds, event.key) ? deeds[event.key] : undefined;
    if (deed === undefined) return;
    event.preventDefault();
    deed();
  };
  const click = ({ target }: MouseEvent): void => {
    const on = target as Element;
    const node = spans.nodes.get(on.closest<HTMLElement>('[data-span]')?.dataset.span ?? '');
    if (node === undefined) return;
    setStop(node.id);
    if (on.closest('.twist.can')) toggle(node, closed.has(node.id));
    else refine({ span: node.id });
  };
  return (
    <>
      <div class="waterfall-tools small">
        <span class="muted">
          <i class="critical-sample" aria-hidden="true" /> what the request waited for, its critical path
        </span>
        <span class="grow" />
        {zoomed !== undefined && (
          <button type="button" class="button" onClick={() => refine({ zoom: '' })}>
            Whole trace
          </button>
        )}
        {failed.length > 0 && (
          <button type="button" class="button" onClick={toError}>
            <Icon name="cross" class="tone-bad" /> Go to the {failed.length > 1 ? 'next ' : ''}error
          </button>
        )}
        <button
          type="button"
          class="button"
          onClick={() => setClosed(closed.size > 0 ? new Set() : new Set(closable(spans)))}
        >
          {closed.size > 0 ? 'Open all' : 'Close all'}
        </button>
      </div>
      <div class="waterfall-head" aria-hidden="true">
        <span class="span-head">Span</span>
        <span class="number">Took</span>
        <Axis window={window} ticks={ticks} />
      </div>
      <div ref={tree} role="tree" aria-label="Spans" onKeyDown={press} onClick={click}>
        {rows.map((node) => (
          <Row
            key={node.id}
            node={node}
            described={described.get(node.id)!}
            isClosed={closed.has(node.id)}
            isChosen={node === chosen}
            isStop={node.id === current}
            position={positionOf(node, spans)}
            window={window}
            lines={lines}
            stretches={path.filter((stretch) => stretch.node === node)}
            pathMs={onPath.get(node.id) ?? 0}
          />
        ))}
      </div>
    </>
  );
}

/** A span's own time, with a little before and after it. */
function windowOf({ startMs, endMs }: SpanNode): TimeWindow {
  const margin = Math.max((endMs - startMs) * 0.04, 0.1);
  return { fromMs: Math.max(0, startMs - margin), toMs: endMs + margin };
}

/** Spans that can be closed; a root stays open, or there would be nothing left. */
const closable = ({ nodes }: SpanTree): string[] =>
  [...nodes.values()].flatMap(({ id, parent, children }) => (parent && children.length > 0 ? [id] : []));

function positionOf(node: SpanNode, { roots }: SpanTree): { readonly at: number; readonly of: number } {
  const siblings = node.parent?.children ?? roots;
  return { at: siblings.indexOf(node) + 1, of: siblings.length };
}

function Axis({ window, ticks }: { readonly window: TimeWindow; readonly ticks: readonly number[] }) {
  return (
    <span class="axis-ticks">
      {ticks.map((ms) => {
        const at = placeIn(window, ms);
        return (
          <span key={ms} class={at > 0.9 ? 'tick late' : 'tick'} style={{ left: `${at * 100}%` }}>
            {tick(ms)}
          </span>
        );
      })}
    </span>
  );
}

/** The axis' ticks as lines behind the bars. */
function linesAt(window: TimeWindow, ticks: readonly number[]): string {
  return ticks
    .map((ms) => {
      const at = `${placeIn(window, ms) * 100}%`;
      return `linear-gradient(to right, transparent ${at}, var(--line) ${at}, var(--line) calc(${at} + 1px), transparent calc(${at} + 1px))`;
    })
    .join(', ');
}

function Row(props: {
  readonly node: SpanNode;
  readonly described: Described;
  readonly isClosed: boolean;
  readonly isChosen: boolean;
  readonly isStop: boolean;
  readonly position: { readonly at: number; readonly of: number };
  readonly window: TimeWindow;
  readonly lines: string;
  readonly stretches: readonly Stretch[];
  readonly pathMs: number;
}) {
  const { node, described, isClosed, window } = props;
  const { span, children, startMs, endMs } = node;
  const left = placeIn(window, startMs);
  const isSeen = endMs >= window.fromMs && startMs <= window.toMs;
  return (
    <div
      role="treeitem"
      class="span-row"
      data-span={node.id}
      aria-level={node.level}
      aria-posinset={props.position.at}
      aria-setsize={props.position.of}
      aria-expanded={children.length === 0 ? undefined : !isClosed}
      aria-selected={props.isChosen}
      tabIndex={props.isStop ? 0 : -1}
    >
      <span class="span-name" style={{ '--level': node.level - 1 }}>
        <span class={children.length === 0 ? 'twist' : isClosed ? 'twist can' : 'twist can open'}>
          {children.length > 0 && <Icon name="forward" />}
        </span>
        <Name node={node} described={described} isClosed={isClosed} />
      </span>
      <span class="number span-took">{took(endMs - startMs)}</span>
      <span class="span-time" style={{ backgroundImage: props.lines }}>
        <span class="hidden">
          from {took(startMs)}
          {props.pathMs > 0 && `, on the critical path for ${took(props.pathMs)}`}
        </span>
        {isSeen && (
          <span
            class={`bar-of-span lane-${described.lane} ${span.error === true ? 'failed' : ''}`}
            style={{ left: `${left * 100}%`, width: `${(placeIn(window, endMs) - left) * 100}%` }}
          />
        )}
        {props.stretches.map(({ fromMs, toMs }) => {
          const begin = placeIn(window, fromMs);
          const width = placeIn(window, toMs) - begin;
          return width > 0.001 ? (
            <span key={fromMs} class="critical" style={{ left: `${begin * 100}%`, width: `${width * 100}%` }} />
          ) : null;
        })}
      </span>
    </div>
  );
}

/** What a span is, whose, and what is odd about it. */
function Name({ node, described, isClosed }: { node: SpanNode; described: Described; isClosed: boolean }) {
  const { span } = node;
  return (
    <span class="span-words">
      {span.error === true && (
        <span class="tone-bad span-error">
          <Icon name="cross" /> Error
        </span>
      )}{' '}
      <strong>{described.title}</strong>{' '}
      <span class="span-service">
        <i class={`swatch lane-${described.lane}`} aria-hidden="true" />
        {described.call ? `${described.service} calls` : described.service}
      </span>{' '}
      {described.note !== '' && <span class="muted small">{described.note}</span>}{' '}
      {isClosed && (
        <span class="chip span-chip">
          +{node.below} {node.below === 1 ? 'span' : 'spans'}
          {node.errorsBelow > 0 && (
            <span class="tone-bad">
              <Icon name="cross" /> {node.errorsBelow} {node.errorsBelow === 1 ? 'error' : 'errors'}
            </span>
          )}
        </span>
      )}{' '}
      {node.orphan && (
        <span class="chip span-chip" title="The span above was recorded elsewhere, or is not here.">
          <Icon name="info" /> span above not here
        </span>
      )}{' '}
      {node.earlyMs > 0 && (
        <span
          class="chip span-chip"
          title="The clocks of the two processes differ. It is shown where its own clock says."
        >
          <Icon name="clock" /> begins {took(node.earlyMs)} before its caller
        </span>
      )}
    </span>
  );
}

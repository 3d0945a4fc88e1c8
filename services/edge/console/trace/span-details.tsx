import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { place, refine } from '../shell/router.ts';
import { Icon } from '../ui/icon.tsx';
import { took } from './axis.ts';
import { type Stretch, timeOnPath } from './critical-path.ts';
import { CopyId, Moment } from './parts.tsx';
import type { SpanNode } from './tree.ts';
import { attributeLines, type Described } from './words.ts';

const kinds: Readonly<Record<string, string>> = {
  server: 'answers a call',
  client: 'makes a call',
  internal: 'within the service',
  producer: 'sends a message',
  consumer: 'takes a message',
};

/** Everything that is known of a span. */
export function SpanDetails(props: {
  readonly node: SpanNode;
  readonly described: ReadonlyMap<string, Described>;
  readonly path: readonly Stretch[];
  readonly startedAt: string | undefined;
  readonly close: () => void;
}) {
  const { node, close } = props;
  const { span } = node;
  const { title, service, lane, partner } = props.described.get(node.id)!;
  const pathMs = timeOnPath(props.path).get(node.id) ?? 0;
  const isZoomed = place.value.parameters.zoom === node.id;
  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') close();
    };
    document.addEventListener('keydown', keys);
    return () => document.removeEventListener('keydown', keys);
  }, [close]);
  return (
    <aside class="card span-details" aria-label="Span">
      <header class="span-details-head">
        <div class="grow">
          <h3>{title}</h3>
          <p class="muted small">
            <i class={`swatch lane-${lane}`} aria-hidden="true" />
            {service} · {kinds[span.kind ?? ''] ?? span.kind}
            {partner !== '' && ` to partner ${partner}`}
          </p>
        </div>
        <button type="button" class="button plain icon" aria-label="Close the details" onClick={close}>
          <Icon name="cross" />
        </button>
      </header>
      {span.error === true && (
        <p class="notice bad">
          <Icon name="cross" class="tone-bad" />
          <span>
            <strong>Ended in an error.</strong> {span.errorMessage}
          </span>
        </p>
      )}
      {node.earlyMs > 0 && (
        <p class="notice">
          <Icon name="clock" />
          It begins {took(node.earlyMs)} before the span that called it: the clocks of the two processes differ. It is
          shown where its own clock says.
        </p>
      )}
      {node.orphan && (
        <p class="notice">
          <Icon name="info" />
          The span above it is not here: whoever sent the request recorded it elsewhere, or a service could not be
          asked.
        </p>
      )}
      <dl class="facts">
        <Fact name="Began">
          {node.startMs === 0 ? 'with the trace' : `${took(node.startMs)} after the trace began`}
          <br />
          <span class="muted small">
            <Moment at={span.startedAt} />
          </span>
        </Fact>
        <Fact name="Took">
          <strong>{took(node.endMs - node.startMs)}</strong>
        </Fact>
        <Fact name="By itself">
          {node.children.length === 0 ? 'all of it' : `${took(node.selfMs)}, while nothing below it ran`}
        </Fact>
        <Fact name="Waited for">
          {pathMs === 0 ? 'never: not on the critical path' : `${took(pathMs)} of the request`}
        </Fact>
      </dl>
      <button type="button" class="button" onClick={() => refine({ zoom: isZoomed ? '' : node.id })}>
        {isZoomed ? 'Show the whole trace' : 'Zoom in on this span'}
      </button>
      <h4>Attributes</h4>
      <dl class="facts attributes">
        {attributeLines(span.attributes).map(({ name, label, value }) => (
          <Fact key={name} name={label} code={label === name ? '' : name}>
            {value}
          </Fact>
        ))}
      </dl>
      <h4>Name and ids</h4>
      <dl class="facts">
        <Fact name="Name">{span.name}</Fact>
        <Fact name="Span">
          <CopyId key={node.id} what="span id" id={node.id} />
        </Fact>
        {(span.parentSpanId ?? '') !== '' && (
          <Fact name="Above it">
            <code>{span.parentSpanId}</code>
          </Fact>
        )}
      </dl>
    </aside>
  );
}

function Fact(props: { readonly name: string; readonly code?: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>
        {props.name}
        {props.code !== undefined && props.code !== '' && <code class="attribute-name">{props.code}</code>}
      </dt>
      <dd>{props.children}</dd>
    </>
  );
}

import { useEffect, useRef } from 'preact/hooks';
import type { TraceSummary } from '../../../../libs/client/index.ts';
import { entrepot } from '../api/entrepot.ts';
import { place, refine } from '../shell/router.ts';
import { Icon } from '../ui/icon.tsx';
import { moveThrough } from '../ui/move-through.ts';
import { usePolled } from '../ui/polled.ts';
import { ProblemNotice } from '../ui/problem.tsx';
import { Reconnecting } from '../ui/reconnecting.tsx';
import { cameFrom, focusIsLost } from './arrival.ts';
import { took } from './axis.ts';
import { choices, listed, oneOf, orders } from './listed.ts';
import { Choice, Moment, RequestName } from './parts.tsx';

const everyMs = 5_000;
/** As many as the edge tells at once. */
const pageSize = 200;

/** The requests that were recorded lately. */
export function TraceList() {
  const { value, problem, reconnecting, read } = usePolled(
    (signal) => entrepot.call('ListTraces', { pageSize }, { signal }),
    [],
    { everyMs },
  );
  const only = oneOf(choices, place.value.parameters.only);
  const order = oneOf(orders, place.value.parameters.order);
  const traces = value?.traces ?? [];
  const shown = listed(traces, only, order);
  return (
    <section class="card" aria-label="Traces" aria-busy={value === undefined}>
      <header class="trace-head">
        <h2>Traces</h2>
        <p class="muted grow" aria-live="polite">
          {value !== undefined && `${shown.length} of ${traces.length} recorded lately`}
        </p>
        <Choice label="Show" options={choices} value={only} choose={(to) => refine({ only: to })} />
        <Choice label="Order" options={orders} value={order} choose={(to) => refine({ order: to })} />
      </header>
      <Reconnecting lost={reconnecting}>The list is as it was; it is read on once the edge answers.</Reconnecting>
      {problem !== undefined && <ProblemNotice problem={problem} retry={read} />}
      {value === undefined ? (
        <p class="empty">
          {reconnecting || problem !== undefined ? 'There is nothing to show yet.' : 'Asking the edge for its traces …'}
        </p>
      ) : shown.length === 0 ? (
        <Nothing recorded={traces.length} only={only} />
      ) : (
        <Rows traces={shown} />
      )}
    </section>
  );
}

function Nothing({ recorded, only }: { readonly recorded: number; readonly only: keyof typeof choices }) {
  if (recorded > 0)
    return (
      <p class="empty">{only === 'errors' ? 'None of them ended in an error.' : 'None of them is about a search.'}</p>
    );
  return (
    <div class="empty">
      <h3>Nothing was recorded yet</h3>
      <p>
        A request is here once it has ended. Of all requests a share is recorded (<code>OTEL_TRACES_SAMPLER_ARG</code>,
        1 in 20 unless it says otherwise), and all that come with a sampled <code>traceparent</code>.
      </p>
      <p>
        <a href="#/search">Search for something</a>
      </p>
    </div>
  );
}

function Rows({ traces }: { readonly traces: readonly TraceSummary[] }) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (focusIsLost()) list.current?.querySelector<HTMLElement>(`[data-trace="${cameFrom()}"]`)?.focus();
  }, []);
  const longest = Math.max(...traces.map(({ durationMs = 0 }) => durationMs));
  const move = (event: KeyboardEvent) => moveThrough(event, list.current?.querySelectorAll('a') ?? []);
  return (
    <ul ref={list} class="trace-list" onKeyDown={move}>
      {traces.map((trace) => (
        <li key={trace.traceId}>
          <Row trace={trace} longest={longest} />
        </li>
      ))}
    </ul>
  );
}

function Row({ trace, longest }: { readonly trace: TraceSummary; readonly longest: number }) {
  const { traceId = '', client = '', startedAt, durationMs = 0, error } = trace;
  return (
    <a class="trace-row" href={`#/trace/${traceId}`} data-trace={traceId}>
      <span class="trace-when muted">
        <Moment at={startedAt} />
      </span>
      <span class="trace-name">
        <RequestName trace={trace} />
      </span>
      <span class="trace-client muted">{client}</span>
      <span class={`trace-state ${error === true ? 'tone-bad' : 'tone-good'}`}>
        <Icon name={error === true ? 'cross' : 'check'} /> {error === true ? 'Error' : 'OK'}
      </span>
      <span class="trace-took">{took(durationMs)}</span>
      <span class="trace-track" aria-hidden="true">
        <span
          class={error === true ? 'track-fill bad' : 'track-fill'}
          style={{ width: `${(durationMs / Math.max(longest, 1e-6)) * 100}%` }}
        />
      </span>
    </a>
  );
}

import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { GetTraceResponse } from '../../../../libs/client/index.ts';
import { entrepot } from '../api/entrepot.ts';
import { place, refine } from '../shell/router.ts';
import { Icon } from '../ui/icon.tsx';
import { usePolled } from '../ui/polled.ts';
import { ProblemNotice } from '../ui/problem.tsx';
import { Reconnecting } from '../ui/reconnecting.tsx';
import { Absent } from './absent.tsx';
import { lookAt } from './arrival.ts';
import { took } from './axis.ts';
import { criticalPath } from './critical-path.ts';
import { CopyId, Moment, RequestName } from './parts.tsx';
import { type Reading, readTrace } from './reading.ts';
import { SpanDetails } from './span-details.tsx';
import { TimeSpent } from './time-spent.tsx';
import { requestIn, treeOf } from './tree.ts';
import { Waterfall } from './waterfall.tsx';
import { describe } from './words.ts';

/** Spans come in after the request has ended: those of other processes, and of calls that go on. */
const everyMs = 3_000;

/** One trace, by its id or that of its search. */
export function OneTrace({ id }: { readonly id: string }) {
  const last = useRef<Reading | undefined>(undefined);
  const { value, problem, reconnecting, read } = usePolled(
    async (signal) => {
      last.current = await readTrace(() => entrepot.call('GetTrace', { traceId: id }, { signal }), last.current);
      return last.current;
    },
    [id],
    { everyMs },
  );
  return (
    <>
      <a class="icon-link" href="#/trace">
        <Icon name="back" /> All traces
      </a>
      <Reconnecting lost={reconnecting}>
        What is shown is as it was; the trace is read on once the edge answers.
      </Reconnecting>
      {problem !== undefined && <ProblemNotice problem={problem} retry={read} />}
      {value?.trace !== undefined ? (
        <Trace trace={value.trace} isGone={value.absent !== undefined} />
      ) : value !== undefined ? (
        <Absent id={id} again={read} />
      ) : (
        <div class="card">
          <h2 class="hidden">Trace</h2>
          <p class="empty">
            {reconnecting || problem !== undefined
              ? 'There is nothing to show yet.'
              : 'Asking every service for its part of the trace …'}
          </p>
        </div>
      )}
    </>
  );
}

function Trace({ trace, isGone }: { readonly trace: GetTraceResponse; readonly isGone: boolean }) {
  const shown = useMemo(() => {
    const tree = treeOf(trace.spans ?? []);
    const request = requestIn(tree, trace.summary);
    return { tree, described: describe(tree.roots), path: request === undefined ? [] : criticalPath(request) };
  }, [trace]);
  const { tree } = shown;
  const chosen = tree.nodes.get(place.value.parameters.span ?? '');
  const errors = tree.roots.reduce((sum, root) => sum + root.errorsBelow + (root.span.error === true ? 1 : 0), 0);
  const { traceId = '', searchId = '', client = '', startedAt, durationMs = 0 } = trace.summary ?? {};
  useEffect(() => lookAt(traceId), [traceId]);
  const missing = trace.missingServices ?? [];
  const services = new Set([...shown.described.values()].map(({ service }) => service));
  return (
    <div class={chosen === undefined ? 'trace' : 'trace with-details'}>
      <section class="card trace-main" aria-label="Trace">
        <header class="trace-head">
          <div class="grow">
            <h2>
              <RequestName trace={trace.summary ?? {}} />
            </h2>
            <p class="muted">
              <Moment at={startedAt} /> · took <strong class="trace-total">{took(durationMs)}</strong> ·{' '}
              {tree.nodes.size} {tree.nodes.size === 1 ? 'span' : 'spans'} of {[...services].join(', ')}
              {client !== '' && ` · asked by ${client}`}
            </p>
            <p class={errors > 0 ? 'tone-bad' : 'tone-good'}>
              <Icon name={errors > 0 ? 'cross' : 'check'} />{' '}
              {errors === 0
                ? 'No errors'
                : errors === 1
                  ? '1 span ended in an error'
                  : `${errors} spans ended in an error`}
            </p>
          </div>
          <div class="trace-ids small">
            {searchId !== '' && (
              <a class="icon-link" href={`#/search/${encodeURIComponent(searchId)}`}>
                <Icon name="search" /> Back to the search
              </a>
            )}
            <CopyId what="trace id" id={traceId} />
          </div>
        </header>
        {missing.length > 0 && (
          <div class="notice warn" role="status">
            <Icon name="plug" class="tone-warn" />
            <p>
              <strong>{missing.join(', ')} could not be asked.</strong> Spans of{' '}
              {missing.length === 1 ? 'this service' : 'these services'} are missing, and those below them begin anew at
              the left. It is asked again on its own.
            </p>
          </div>
        )}
        {isGone && (
          <div class="notice" role="status">
            <Icon name="clock" />
            <p>The edge no longer keeps this trace. What is shown was read before, and is gone when you leave.</p>
          </div>
        )}
        <TimeSpent path={shown.path} described={shown.described} />
        <Waterfall {...shown} chosen={chosen} />
      </section>
      {chosen !== undefined && (
        <SpanDetails
          node={chosen}
          described={shown.described}
          path={shown.path}
          startedAt={startedAt}
          close={() => {
            refine({ span: '' });
            document.querySelector<HTMLElement>(`[data-span="${chosen.id}"]`)?.focus();
          }}
        />
      )}
    </div>
  );
}

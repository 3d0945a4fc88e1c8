import { Icon } from '../ui/icon.tsx';

/** Why a trace is not here, and what to do about it. It is asked for again meanwhile. */
export function Absent({ id, again }: { readonly id: string; readonly again: () => void }) {
  const ofSearch = !/^[0-9a-f]{32}$/.test(id);
  return (
    <section class="card trace-absent" aria-label="No trace" role="status">
      <Icon name="clock" />
      <div class="grow">
        <h2>{ofSearch ? 'No trace of this search is here' : 'This trace is not here'}</h2>
        <p class="muted">
          {ofSearch ? 'Search' : 'Trace'} <code>{id}</code>
        </p>
        <dl>
          <dt>It may not have ended</dt>
          <dd>A trace can be read once its request is over. This page asks again every few seconds.</dd>
          <dt>It may not have been recorded</dt>
          <dd>
            The edge records a share of all requests: 1 in 20 unless <code>OTEL_TRACES_SAMPLER_ARG</code> says
            otherwise. A request that comes with a sampled <code>traceparent</code> is always recorded where the sampler
            is the default one; <code>entrepot up</code> records all.
          </dd>
          <dt>It may be too old</dt>
          <dd>The last 100 searches and 100 other requests are kept, in memory: a restart forgets them.</dd>
          <dt>It may be another client’s</dt>
          <dd>Those are shown to who is permitted operations.</dd>
        </dl>
        <p class="row">
          <button type="button" class="button" onClick={again}>
            Ask again now
          </button>
          {ofSearch && <a href={`#/search/${encodeURIComponent(id)}`}>Back to the search</a>}
        </p>
      </div>
    </section>
  );
}

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Review } from '../../../../libs/client/index.ts';
import { loadSchema } from '../api/schema.ts';
import { soon, words } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { moveThrough } from '../ui/move-through.ts';
import { ProblemNotice } from '../ui/problem.tsx';
import { nameOf } from './compare.ts';
import { hashOfReview, kinds, look, lookNow, openReview, states } from './looking.ts';
import { Marked } from './marked.tsx';
import type { useQueue } from './reading.ts';
import { passed, takeUpAgain } from './state.ts';
import { Sureness } from './sureness.tsx';
import { partsOf } from './text-diff.ts';

/** The reviews that wait, the least sure first, and what of them is listed. */
export function QueueList(props: {
  readonly queue: ReturnType<typeof useQueue>;
  readonly listed: readonly Review[];
  readonly current: string;
}) {
  const { queue, listed, current } = props;
  const list = useRef<HTMLUListElement>(null);
  const move = (event: KeyboardEvent) => moveThrough(event, list.current?.querySelectorAll('a') ?? []);
  useEffect(() => {
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [current]);
  const loaded = queue.value?.reviews.length ?? 0;
  const total = queue.value?.total ?? 0;
  return (
    <section class="card queue" aria-label="Queue" aria-busy={queue.value === undefined}>
      <Filters />
      {queue.problem && (
        <div class="queue-pad">
          <ProblemNotice problem={queue.problem} retry={queue.read} />
        </div>
      )}
      {listed.length > 0 ? (
        <ul ref={list} class="queue-list" onKeyDown={move}>
          {listed.map((review) => (
            <QueueRow key={review.reviewId} review={review} isCurrent={review.reviewId === current} />
          ))}
        </ul>
      ) : (
        queue.value !== undefined && <Nothing loaded={loaded} />
      )}
      {loaded > 0 && (
        <footer class="queue-foot small muted">
          <span class="grow">
            {loaded < total ? `${loaded} of ${total} loaded` : `${total} in all`}
            {listed.length < loaded && `, ${listed.length} shown`}
          </span>
          {loaded < total && (
            <button type="button" class="button" onClick={queue.more}>
              Load more
            </button>
          )}
        </footer>
      )}
    </section>
  );
}

function QueueRow({ review, isCurrent }: { readonly review: Review; readonly isCurrent: boolean }) {
  const { reviewId = '', left, right, vertical = '', kind } = review;
  const names = partsOf(nameOf(left), nameOf(right));
  return (
    <li>
      <a
        href={hashOfReview(reviewId)}
        class="queue-row"
        data-review={reviewId}
        aria-current={isCurrent ? 'true' : undefined}
      >
        <span class="queue-name">
          <Marked parts={names.left} />
        </span>
        <span class="queue-name">
          <Marked parts={names.right} />
        </span>
        <span class="queue-meta small">
          <Sureness probability={review.probability} />
          <span>{words(vertical)}</span>
          {kind === 'REVIEW_KIND_KEY_CHANGED' && <span class="chip">key changed</span>}
          {passed.value.has(reviewId) && (
            <span class="chip">
              <Icon name="clock" /> later
            </span>
          )}
          <span class="queue-when">{soon(review.decidedAt ?? review.createdAt)}</span>
        </span>
      </a>
    </li>
  );
}

function Filters() {
  const { state, vertical, kind } = lookNow();
  const verticals = useVerticals();
  // One that this page does not know is shown nevertheless, where the address names it.
  const offered = vertical === '' || verticals.includes(vertical) ? verticals : [...verticals, vertical];
  return (
    <div class="queue-filters">
      <label>
        <span class="label">Show</span>
        <select class="input" value={state.name} onChange={(event) => look({ state: event.currentTarget.value })}>
          {states.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="label">Vertical</span>
        <select class="input" value={vertical} onChange={(event) => look({ vertical: event.currentTarget.value })}>
          <option value="">All</option>
          {offered.map((name) => (
            <option key={name} value={name}>
              {words(name)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="label">Question</span>
        <select class="input" value={kind?.name ?? ''} onChange={(event) => look({ kind: event.currentTarget.value })}>
          <option value="">All</option>
          {kinds.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** The verticals of the API; none where its description cannot be read: reviews are listed all the same. */
function useVerticals(): readonly string[] {
  const [verticals, setVerticals] = useState<readonly string[]>([]);
  useEffect(() => {
    void loadSchema().then(
      (api) => setVerticals(api.verticals().map(({ name }) => name)),
      () => undefined,
    );
  }, []);
  return verticals;
}

/** Why nothing is listed, and what can be done. */
function Nothing({ loaded }: { readonly loaded: number }) {
  const { state, vertical, kind } = lookNow();
  const isNarrowed = vertical !== '' || kind !== undefined;
  if (state.name !== '' || isNarrowed) {
    return (
      <div class="empty">
        <h3>None of these</h3>
        <p>{loaded > 0 ? 'None of those that are loaded asks this.' : 'No review stands so.'}</p>
        {isNarrowed && (
          <button type="button" class="button" onClick={() => look({ vertical: '', kind: '' })}>
            Show all
          </button>
        )}
      </div>
    );
  }
  return (
    <div class="empty">
      <Icon name="check" class="tone-good" />
      <h3>All is decided</h3>
      <p>No pair waits for you. New ones appear here as the matcher meets them.</p>
    </div>
  );
}

/** Said where every review that is listed was left for later. */
export function AllPassed({ listed }: { readonly listed: readonly Review[] }) {
  const again = (): void => {
    takeUpAgain();
    openReview(listed[0]?.reviewId ?? '');
  };
  return (
    <div class="notice" role="status">
      <Icon name="clock" />
      <div class="grow">
        <strong>The others were left for later</strong>
        <p>You have been through all {listed.length} that are listed.</p>
        <button type="button" class="button" onClick={again}>
          Take them up again
        </button>
      </div>
    </div>
  );
}

import { useEffect } from 'preact/hooks';
import { permitted } from '../api/session.ts';
import { place } from '../shell/router.ts';
import { Icon } from '../ui/icon.tsx';
import { Reconnecting } from '../ui/reconnecting.tsx';
import { byPeople, History } from './history.tsx';
import { useKeys } from './keys.ts';
import { lookNow, openReview } from './looking.ts';
import { AllPassed, QueueList } from './queue.tsx';
import { useQueue } from './reading.ts';
import { RefusalNotice } from './refusal.tsx';
import { ReviewPane } from './review.tsx';
import { author, busy, forgetSettled, lastWord, nameMissing, passed, setAuthor, settled, undo } from './state.ts';
import { nextAfter } from './turn.ts';
import './catalogue.css';

/** What the matcher was not sure of: a queue of pairs, the evidence of each side by side, and a person's word on them. */
export function CatalogueView() {
  const { state, vertical, kind } = lookNow();
  const current = place.value.id;
  const queue = useQueue({ vertical, state: state.state, kind: kind?.kind });
  useEffect(() => {
    if (queue.value !== undefined) forgetSettled(queue.value.reviews);
  }, [queue.value]);
  const isOpen = state.state === 'REVIEW_STATE_OPEN';
  const listed = (queue.value?.reviews ?? []).filter(({ reviewId }) => !(isOpen && settled.value.has(reviewId ?? '')));
  const next = nextAfter(current, listed, passed.value);
  const toNext = (): void => openReview(next ?? '');
  const step = (by: 1 | -1): void => {
    const at = listed.findIndex(({ reviewId }) => reviewId === current);
    const to = listed[at === -1 ? 0 : at + by]?.reviewId;
    if (to !== undefined) openReview(to);
  };
  const undoLast = (): void => {
    const { eventId, reviewId = '' } = lastWord.value ?? {};
    if (eventId === undefined) return;
    // Back to what was decided: it is open again.
    void undo(eventId).then((done) => done && reviewId !== '' && openReview(reviewId));
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    u: undoLast,
    Escape: () => current !== '' && openReview(''),
  });
  const waits = isOpen && listed.length > 0 && next === undefined && listed.every(isPassed);
  return (
    <div class={current === '' ? 'catalogue' : 'catalogue with-review'}>
      <header class="catalogue-head">
        <h2>
          Catalogue reviews{' '}
          {isOpen && queue.value !== undefined && <span class="chip open-count">{queue.value.total} open</span>}
        </h2>
        <span class="grow" />
        {permitted('PERMISSION_CATALOGUE_WRITE') && <Reviewer />}
      </header>
      <QueueList queue={queue} listed={listed} current={current} />
      <div class="catalogue-main">
        <Reconnecting lost={queue.reconnecting && current === ''}>
          What is shown is as it was last read; it is read on once the connection is back.
        </Reconnecting>
        <LastWordNotice undoLast={undoLast} />
        <RefusalNotice />
        {waits && <AllPassed listed={listed} />}
        {current === '' ? (
          <Overview first={listed[0]?.reviewId} />
        ) : (
          <ReviewPane
            key={current}
            reviewId={current}
            inQueue={queue.value?.reviews.find(({ reviewId }) => reviewId === current)}
            toNext={isOpen ? toNext : undefined}
          />
        )}
      </div>
    </div>
  );
}

const isPassed = ({ reviewId = '' }: { readonly reviewId?: string }): boolean => passed.value.has(reviewId);

/** Who decides. */
function Reviewer() {
  return (
    <label class="reviewer">
      <span class="muted">You decide as</span>
      <input
        id="reviewer"
        class="input"
        value={author.value}
        placeholder="name or address"
        maxLength={200}
        autocomplete="name"
        aria-invalid={nameMissing.value}
        aria-describedby="reviewer-missing"
        onInput={(event) => setAuthor(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <span id="reviewer-missing" class="reviewer-missing" role="status">
        {nameMissing.value && 'Say first who decides: colleagues read it beside the decision.'}
      </span>
    </label>
  );
}

/** What was done last, and the way back. The region is there before its text, so that it is read out. */
function LastWordNotice({ undoLast }: { readonly undoLast: () => void }) {
  const said = lastWord.value;
  return (
    <div role="status" class="last-word">
      {said !== undefined && (
        <div class="notice">
          <Icon name="check" class="tone-good" />
          <p class="grow">{said.text}</p>
          {said.eventId !== undefined && (
            <button type="button" class="button" aria-keyshortcuts="u" disabled={busy.value} onClick={undoLast}>
              <Icon name="undo" /> {said.reviewId === undefined ? 'Redo' : 'Undo'} <kbd>u</kbd>
            </button>
          )}
        </div>
      )}
    </div>
  );
}

/** Beside the queue while no review is open: what was decided lately. */
function Overview({ first }: { readonly first: string | undefined }) {
  return (
    <section class="card overview" aria-label="Latest decisions">
      <div class="row">
        <h3 class="grow">Latest decisions</h3>
        {first !== undefined && (
          <button type="button" class="button primary" onClick={() => openReview(first)}>
            Begin with the first <kbd>j</kbd>
          </button>
        )}
      </div>
      <History productIds={['']} kinds={byPeople} nothing="Nobody has decided anything yet." />
    </section>
  );
}

import { useEffect, useRef } from 'preact/hooks';
import type { Review } from '../../../../libs/client/index.ts';
import { permitted } from '../api/session.ts';
import { Icon } from '../ui/icon.tsx';
import { consequencesOf } from './consequence.ts';
import { useKeys } from './keys.ts';
import type { SideProducts } from './reading.ts';
import { busy, decide, passOver } from './state.ts';

const longestReason = 2_000;

/** The answers to a review, each with what it will do, by mouse or by the key that is written on it. */
export function Decision(props: {
  readonly review: Review;
  readonly sides: SideProducts;
  readonly toNext: (() => void) | undefined;
}) {
  const { review, sides, toNext } = props;
  const reason = useRef<HTMLInputElement>(null);
  const mayDecide = permitted('PERMISSION_CATALOGUE_WRITE');
  const answer = (same: boolean): void => {
    if (!mayDecide) return;
    void decide(review, same, reason.current?.value.trim() ?? '').then((done) => done && toNext?.());
  };
  const later = (): void => {
    passOver(review.reviewId ?? '');
    toNext?.();
  };
  useKeys({ s: () => answer(true), d: () => answer(false), n: later });
  // What was typed in a reason stays with its review.
  useEffect(() => () => reason.current?.blur(), []);
  if (!mayDecide) {
    return (
      <div class="decision">
        <p class="muted row">
          <Icon name="block" />
          <span class="grow">
            Your key may see reviews but not decide: it is not permitted <code>CATALOGUE_WRITE</code>.
          </span>
          <Later onClick={later} />
        </p>
      </div>
    );
  }
  const { same, different } = consequencesOf(review, sides);
  const [yes, no] =
    review.kind === 'REVIEW_KIND_KEY_CHANGED' ? ['Still the same', 'Another one'] : ['Same product', 'Different'];
  return (
    <form class="decision" aria-label="Decision" onSubmit={(event) => event.preventDefault()}>
      <div class="answer">
        <Answer name="same" icon="check" hotkey="s" onClick={() => answer(true)}>
          {yes}
        </Answer>
        <p id="consequence-same" class="small muted">
          {same}
        </p>
      </div>
      <div class="answer">
        <Answer name="different" icon="cross" hotkey="d" onClick={() => answer(false)}>
          {no}
        </Answer>
        <p id="consequence-different" class="small muted">
          {different}
        </p>
      </div>
      <div class="aside">
        <label>
          <span class="hidden">Reason, if you like</span>
          <input
            ref={reason}
            class="input"
            maxLength={longestReason}
            placeholder="Reason, if you like"
            onKeyDown={(event) => {
              if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
            }}
          />
        </label>
        <Later onClick={later} />
      </div>
    </form>
  );
}

function Answer(props: {
  readonly name: 'same' | 'different';
  readonly icon: 'check' | 'cross';
  readonly hotkey: string;
  readonly onClick: () => void;
  readonly children: string;
}) {
  return (
    <button
      type="button"
      class={`button answer-${props.name}`}
      aria-describedby={`consequence-${props.name}`}
      aria-keyshortcuts={props.hotkey}
      disabled={busy.value}
      onClick={props.onClick}
    >
      <Icon name={props.icon} /> {props.children} <kbd>{props.hotkey}</kbd>
    </button>
  );
}

function Later({ onClick }: { readonly onClick: () => void }) {
  return (
    <button type="button" class="button plain" aria-keyshortcuts="n" disabled={busy.value} onClick={onClick}>
      Not now <kbd>n</kbd>
    </button>
  );
}

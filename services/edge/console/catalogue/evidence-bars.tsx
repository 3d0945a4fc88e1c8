import type { Review } from '../../../../libs/client/index.ts';
import { percent, words } from '../ui/format.ts';
import { type Bar, barsOf } from './evidence.ts';

/** What spoke for and against, and how much. */
export function EvidenceBars({ review }: { readonly review: Review }) {
  const bars = barsOf(review);
  return (
    <section class="evidence-bars" aria-label="Evidence">
      <h4>Evidence</h4>
      {bars.length === 0 ? (
        <p class="muted">The matcher gave none: a rule asked.</p>
      ) : (
        <>
          <p class="axis small muted" aria-hidden="true">
            <span>← against</span>
            <span>for the same →</span>
          </p>
          <ul>
            {bars.map((bar) => (
              <Piece key={bar.feature} bar={bar} />
            ))}
          </ul>
          <p class="small muted">
            Together {percent(rounded(review.probability))}. Numbers are log-odds: +0.7 doubles the odds that they are
            the same, −0.7 halves them.
          </p>
        </>
      )}
    </section>
  );
}

const rounded = (probability = 0): number => Math.round(probability * 1000) / 1000;

function Piece({ bar }: { readonly bar: Bar }) {
  const said = bar.left === '' && bar.right === '' ? '' : `${bar.left || 'nothing'} · ${bar.right || 'nothing'}`;
  return (
    <li data-feature={bar.feature}>
      <span class="piece-name">{bar.feature === '' ? 'Before anything is known' : words(bar.feature)}</span>
      <span class={`piece-weight tone-${bar.speaks === 'for' ? 'good' : bar.speaks === 'against' ? 'bad' : 'plain'}`}>
        {bar.speaks} {signed(bar.weight)}
      </span>
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <rect class="middle" x="49.8" y="0" width="0.4" height="8" />
        <rect class={bar.speaks} x={bar.from * 100} y="1" width={Math.max(0.4, (bar.to - bar.from) * 100)} height="6" />
      </svg>
      {bar.similarity !== undefined && (
        <span class="piece-said small muted">{percent(rounded(bar.similarity))} alike</span>
      )}
      {said !== '' && <span class="piece-said small muted">{said}</span>}
    </li>
  );
}

/** With its sign, as a minus and not a hyphen. */
const signed = (weight: number): string => `${weight < 0 ? '−' : '+'}${Math.abs(weight).toFixed(2)}`;

import { useEffect, useRef } from 'preact/hooks';
import type { Product, Review } from '../../../../libs/client/index.ts';
import { permitted } from '../api/session.ts';
import { place, refine } from '../shell/router.ts';
import { instant, percent, words } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { ProblemNotice } from '../ui/problem.tsx';
import { Reconnecting } from '../ui/reconnecting.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { Decision } from './decision.tsx';
import { EvidenceBars } from './evidence-bars.tsx';
import { everyKind, History } from './history.tsx';
import { hashOfReview } from './looking.ts';
import { Pair } from './pair.tsx';
import { PositionPlan } from './plan.tsx';
import { type SideProducts, useReview, useSides } from './reading.ts';
import { busy, undo } from './state.ts';
import { Sureness } from './sureness.tsx';

const tabs = [
  { name: 'compare', title: 'Side by side' },
  { name: 'products', title: 'Products' },
  { name: 'history', title: 'History' },
];

/** One review: what both records say, what the matcher made of it, and the decision. */
export function ReviewPane(props: {
  readonly reviewId: string;
  /** As the queue has it: shown until the edge has said more. */
  readonly inQueue: Review | undefined;
  readonly toNext: (() => void) | undefined;
}) {
  const { reviewId, toNext } = props;
  const polled = useReview(reviewId);
  const review = polled.value ?? props.inQueue;
  const sides = useSides(review);
  const heading = useRef<HTMLHeadingElement>(null);
  const tab = tabs.find(({ name }) => name === place.value.parameters.tab)?.name ?? 'compare';
  const isThere = review !== undefined;
  useEffect(() => {
    // Who decides by keyboard goes on reading at the next one. Who leafs through the queue stays there.
    if (isThere && !document.activeElement?.closest('.queue')) heading.current?.focus({ preventScroll: true });
  }, [reviewId, isThere]);
  if (polled.problem?.reason === 'REVIEW_NOT_FOUND') return <Gone />;
  return (
    <article class="card review" aria-label="Review" aria-busy={!isThere}>
      <Reconnecting lost={polled.reconnecting}>
        This review is as it was last read; it may have been decided.
      </Reconnecting>
      {polled.problem && <ProblemNotice problem={polled.problem} retry={polled.read} />}
      {review === undefined ? (
        <div class="review-waiting" aria-hidden="true">
          <div class="shimmer" />
          <div class="shimmer" />
        </div>
      ) : (
        <>
          <header class="review-head">
            <a class="to-queue" href={hashOfReview('')}>
              <Icon name="back" /> Queue
            </a>
            <h3 ref={heading} tabIndex={-1}>
              {questionOf(review)}
            </h3>
            <p class="review-facts small muted">
              <Sureness probability={review.probability} />
              <span>asked {instant(review.createdAt)}</span>
              {review.matcherVersion !== undefined && (
                <span>
                  by matcher <code>{review.matcherVersion}</code>
                </span>
              )}
            </p>
          </header>
          <div class="review-said">
            <Standing review={review} toNext={toNext} />
          </div>
          <Tabs label="About this review" tabs={tabs} current={tab} choose={(name) => refine({ tab: name })}>
            {tab === 'history' ? (
              <div class="review-tab">
                <History
                  productIds={[review.left?.productId ?? '', review.right?.productId ?? '']}
                  kinds={everyKind}
                  nothing="Nothing is recorded of these products."
                />
              </div>
            ) : tab === 'products' ? (
              <Products sides={sides} />
            ) : (
              <div class="review-tab compared">
                <Pair review={review} sides={sides} />
                <div class="compared-side">
                  <PositionPlan review={review} />
                  <EvidenceBars review={review} />
                </div>
              </div>
            )}
          </Tabs>
          {review.state === 'REVIEW_STATE_OPEN' && (
            <Decision key={reviewId} review={review} sides={sides} toNext={toNext} />
          )}
        </>
      )}
    </article>
  );
}

function questionOf({ kind, vertical = '' }: Review): string {
  return kind === 'REVIEW_KIND_KEY_CHANGED'
    ? `Does this key still mean the same ${vertical}?`
    : `Are these the same ${vertical}?`;
}

const decided: Readonly<Record<string, string>> = {
  REVIEW_STATE_SAME: 'Decided: the same product',
  REVIEW_STATE_DIFFERENT: 'Decided: different products',
  REVIEW_STATE_OBSOLETE: 'No longer asked: what it was about became something else',
};

/** How a review that is no longer open was decided, and what can be done about that. */
function Standing({ review, toNext }: { readonly review: Review; readonly toNext: (() => void) | undefined }) {
  const { state = '', eventId, decidedBy } = review;
  const word = decided[state];
  if (word === undefined) return null;
  const canUndo = eventId !== undefined && permitted('PERMISSION_CATALOGUE_WRITE');
  return (
    <div class="notice standing" role="status">
      <Icon name={state === 'REVIEW_STATE_SAME' ? 'check' : state === 'REVIEW_STATE_DIFFERENT' ? 'cross' : 'half'} />
      <div class="grow">
        <strong>{word}</strong>
        <p>
          {decidedBy !== undefined && `By ${decidedBy}, ${instant(review.decidedAt)}. `}
          {eventId === undefined && 'It changed no product, so that there is nothing to take back.'}
        </p>
        <div class="row">
          {canUndo && (
            <button type="button" class="button" disabled={busy.value} onClick={() => void undo(eventId)}>
              <Icon name="undo" /> Undo
            </button>
          )}
          {toNext && (
            <button type="button" class="button" onClick={toNext}>
              <Icon name="forward" /> Next review
            </button>
          )}
        </div>
      </div>
    </div>
  );
}

/** What leads to either product, and why. */
function Products({ sides: { left, right } }: { readonly sides: SideProducts }) {
  const isOne = left?.productId === right?.productId;
  return (
    <div class="review-tab products">
      {left && <ProductKeys product={left} label={isOne ? 'The product' : 'Left'} />}
      {right && !isOne && <ProductKeys product={right} label="Right" />}
      {left === undefined && right === undefined && <p class="muted">What leads to them is not known now.</p>}
    </div>
  );
}

function ProductKeys({ product, label }: { readonly product: Product; readonly label: string }) {
  const { keys = [], formerProductIds = [] } = product;
  return (
    <section aria-label={label}>
      <p class="side-label">{label}</p>
      <h4>{product.title}</h4>
      <p class="small muted">
        <code>{product.productId}</code>
        {formerProductIds.length > 0 && `, formerly ${formerProductIds.join(', ')}`}
      </p>
      <ul class="product-keys">
        {keys.map(({ partner, key, rule = '', confidence = 0, evidence }) => (
          <li key={`${partner} ${key}`}>
            <p>
              {partner ?? 'any partner'} <code>{key}</code>
            </p>
            <p class="small muted">
              {words(rule.replace('IDENTITY_RULE_', ''))}, {percent(confidence)} sure
              {evidence !== undefined && `: ${evidence}`}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Gone() {
  return (
    <div class="notice" role="alert">
      <Icon name="info" />
      <div class="grow">
        <strong>There is no such review</strong>
        <p>Its address may have been cut off. Reviews stay when they are decided.</p>
        <a class="button" href={hashOfReview('')}>
          To the queue
        </a>
      </div>
    </div>
  );
}

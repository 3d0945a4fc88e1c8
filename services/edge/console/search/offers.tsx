import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Offer } from '../../../../libs/client/index.ts';
import { clock, day, daysBetween, milliseconds, money } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { moveThrough } from '../ui/move-through.ts';
import {
  asked,
  firstOffersMs,
  laterPage,
  listed,
  nextPage,
  order,
  orderBy,
  pageSize,
  phase,
  previousPage,
  select,
  selected,
  setPageSize,
  vertical,
  view,
} from './state.ts';
import { type Leg, type Summary, summaryOf } from './summary.ts';

/** The list of offers, how it is ordered, and its pages. */
export function Offers() {
  const list = useRef<HTMLDivElement>(null);
  const offers = listed.value;
  const summaries = offers.map((offer) => summaryOf(vertical.value, offer));
  const withImages = summaries.some(({ image }) => image !== '');
  const current = Math.max(
    0,
    offers.findIndex(({ offerId }) => offerId === selected.value),
  );
  const move = (event: KeyboardEvent): void => {
    const next = moveThrough(event, list.current?.querySelectorAll<HTMLElement>('[role="option"]') ?? []);
    // With the panel open, the arrows leaf through it.
    if (next !== undefined && selected.value !== '') select(next.dataset.offer ?? '');
  };
  return (
    <section class="card offers" aria-label="Offers" aria-busy={phase.value === 'starting'}>
      <Toolbar />
      {offers.length === 0 ? (
        <NoOffers />
      ) : (
        <div ref={list} role="listbox" aria-label="Offers" tabIndex={-1} onKeyDown={move}>
          {offers.map((offer, index) => (
            <OfferRow
              key={offer.offerId}
              offer={offer}
              summary={summaries[index]!}
              withImage={withImages}
              isSelected={offer.offerId === selected.value}
              isStop={index === current}
            />
          ))}
        </div>
      )}
      <Pages />
    </section>
  );
}

function Toolbar() {
  const sortable = vertical.value?.attributes.filter((attribute) => attribute.sortable) ?? [];
  const progress = view.value?.progress;
  const total = laterPage.value?.page.totalSize ?? view.value?.totalSize ?? 0;
  const shownOrder = orderBy.value || String(asked.value?.orderBy ?? 'price');
  return (
    <div class="toolbar">
      <p class="grow" aria-live="polite">
        {progress === undefined ? (
          phase.value === 'starting' && <span class="muted">Searching …</span>
        ) : (
          <>
            <strong>{total}</strong> {total === 1 ? 'product' : 'products'}{' '}
            <span class="muted">
              from {progress.offersMatching ?? 0}
              {progress.offersMatching === progress.offers ? '' : ` of ${progress.offers ?? 0}`} offers ·{' '}
              {progress.partnersDone ?? 0} of {progress.partnersAsked ?? 0} partners
              {firstOffersMs.value !== undefined && ` · first after ${milliseconds(firstOffersMs.value)}`}
              {progress.productsProvisional && ' · products settling'}
            </span>
          </>
        )}
      </p>
      {view.value !== undefined && view.value.searchId !== '' && (
        <a class="small" href={`#/trace/${encodeURIComponent(view.value.searchId)}`}>
          Trace of this search
        </a>
      )}
      <label class="row small">
        <span class="muted">Sort</span>
        <select class="input narrow" value={shownOrder} onChange={(event) => order(event.currentTarget.value)}>
          <option value="price">Price</option>
          <option value="best">Best</option>
          {sortable.flatMap(({ name, title }) => [
            <option key={name} value={name}>
              {title} ↑
            </option>,
            <option key={`${name} desc`} value={`${name} desc`}>
              {title} ↓
            </option>,
          ])}
        </select>
      </label>
      <label class="row small">
        <span class="muted">Show</span>
        <select
          class="input narrow"
          value={String(pageSize.value)}
          onChange={(event) => setPageSize(Number(event.currentTarget.value))}
        >
          {[10, 20, 50, 100].map((size) => (
            <option key={size} value={String(size)}>
              {size}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function NoOffers() {
  if (phase.value === 'starting' || (phase.value === 'live' && view.value?.complete !== true)) {
    return (
      <div class="waiting" aria-hidden="true">
        {[0, 1, 2, 3, 4].map((one) => (
          <div key={one} class="shimmer" />
        ))}
      </div>
    );
  }
  if (phase.value === 'idle') {
    return (
      <div class="empty">
        <h2>Nothing searched yet</h2>
        <p>The form is filled in with an example: one click asks every partner.</p>
      </div>
    );
  }
  if (phase.value === 'failed') return null;
  const held = view.value?.progress.offers ?? 0;
  return (
    <div class="empty">
      <h2>No offers</h2>
      <p>
        {held > 0
          ? `The filter leaves none of ${held} offers. Take something back on the left.`
          : 'No partner has anything for this. What each of them said stands above.'}
      </p>
    </div>
  );
}

function OfferRow(props: {
  readonly offer: Offer;
  readonly summary: Summary;
  readonly withImage: boolean;
  readonly isSelected: boolean;
  readonly isStop: boolean;
}) {
  const { offer, summary } = props;
  const { price, otherOffers = [] } = offer;
  const open = (): void => select(offer.offerId ?? '');
  return (
    <div
      class="offer"
      role="option"
      aria-selected={props.isSelected}
      tabIndex={props.isStop ? 0 : -1}
      data-offer={offer.offerId}
      onClick={open}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        open();
      }}
    >
      {props.withImage && <Picture url={summary.image} />}
      <div class="offer-what">
        {summary.title !== '' && <strong class="offer-title">{summary.title}</strong>}
        <Legs legs={summary.legs} />
        <p class="facts-line">
          {summary.facts.map(({ name, label, text, off }) => (
            <span key={name} class={off ? 'fact off' : 'fact'}>
              {label !== '' && <span class="muted">{label} </span>}
              {text}
            </span>
          ))}
        </p>
      </div>
      <div class="offer-price">
        <strong class="total">
          {money(price?.total)}
          {price?.totalMax && ` – ${money(price.totalMax)}`}
        </strong>
        {price?.unitPrice && (
          <span class="muted small">
            {money(price.unitPrice.amount)} a {price.unitPrice.unit}
          </span>
        )}
        <span class="small">{offer.partner}</span>
        {otherOffers.length > 0 && (
          <span class="muted small">
            + {otherOffers.length} {otherOffers.length === 1 ? 'offer' : 'offers'}
          </span>
        )}
        {offer.stale && <span class="chip tone-warn">from an earlier answer</span>}
        {offer.demotedBecause !== undefined && (
          <span class="chip tone-warn" title={offer.demotedBecause}>
            demoted
          </span>
        )}
      </div>
    </div>
  );
}

/** The ways of an item with their times. */
export function Legs({ legs }: { readonly legs: readonly Leg[] }) {
  return (
    <>
      {legs.map((leg) => {
        const days = daysBetween(leg.departure, leg.arrival);
        return (
          <p key={`${leg.from}${leg.to}${leg.departure?.dateTime}`} class="leg">
            <strong>
              {clock(leg.departure)} – {clock(leg.arrival)}
              {days !== 0 && <sup title={`${days} days later`}>{days > 0 ? `+${days}` : days}</sup>}
            </strong>
            <span>
              {leg.from} <Icon name="arrow" class="between" /> {leg.to}
            </span>
            <span class="muted">
              {[day(leg.departure), leg.duration, leg.via.length === 0 ? '' : `via ${leg.via.join(', ')}`]
                .filter((part) => part !== '')
                .join(' · ')}
            </span>
          </p>
        );
      })}
    </>
  );
}

/** A picture of the product; a sign in its place where there is none or it does not come. */
function Picture({ url }: { readonly url: string }) {
  const broken = useSignal(false);
  useEffect(() => {
    broken.value = false;
  }, [url]);
  if (url === '' || broken.value) {
    return (
      <span class="picture none">
        <Icon name="picture" />
      </span>
    );
  }
  return (
    <img
      class="picture"
      src={url}
      alt=""
      loading="lazy"
      referrerpolicy="no-referrer"
      onError={() => {
        broken.value = true;
      }}
    />
  );
}

function Pages() {
  const later = laterPage.value;
  const hasNext = (later?.page.nextPageToken ?? (later ? '' : view.value?.nextPageToken) ?? '') !== '';
  if (later === undefined && !hasNext) return null;
  return (
    <nav class="pages row" aria-label="Pages">
      <button type="button" class="button" disabled={later === undefined} onClick={() => void previousPage()}>
        <Icon name="back" />
        Previous
      </button>
      <span class="grow muted small">
        Page {(later?.tokens.length ?? 0) + 1}
        {later && ` · as of revision ${later.page.revision}; the first page follows the search`}
      </span>
      <button type="button" class="button" disabled={!hasNext} onClick={() => void nextPage()}>
        Next
        <Icon name="forward" />
      </button>
    </nav>
  );
}

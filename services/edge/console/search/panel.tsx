import { useEffect, useRef, useState } from 'preact/hooks';
import type { EntrepotProblem, ExplainResponse, Offer, VerifyResponse } from '../../../../libs/client/index.ts';
import { entrepot } from '../api/entrepot.ts';
import { problemOf } from '../api/problem.ts';
import { place, refine } from '../shell/router.ts';
import { money, soon } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { ProblemNotice } from '../ui/problem.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { Legs } from './offers.tsx';
import { IdentityTab } from './panel/identity.tsx';
import { ItemTab } from './panel/item.tsx';
import { PriceTab } from './panel/price.tsx';
import { RankTab } from './panel/rank.tsx';
import { SourceTab } from './panel/source.tsx';
import { listed, select, vertical } from './state.ts';
import { summaryOf } from './summary.ts';

const tabs = [
  { name: 'price', title: 'Price' },
  { name: 'identity', title: 'Identity' },
  { name: 'rank', title: 'Rank' },
  { name: 'source', title: 'Source' },
  { name: 'item', title: 'Item' },
];

/** One offer: why it costs that, why it is this product, why it stands there, and where it came from. */
export function OfferPanel({ offerId }: { readonly offerId: string }) {
  const { offer, explained, problem } = useOffer(offerId);
  const panel = useRef<HTMLElement>(null);
  const tab = tabs.find(({ name }) => name === place.value.parameters.tab)?.name ?? 'price';
  const summary = offer && summaryOf(vertical.value, offer);
  useEffect(() => {
    // Over the list the panel takes the focus; beside it the list keeps it, so that arrows leaf through offers.
    if (panel.current && getComputedStyle(panel.current).position === 'fixed') panel.current.focus();
  }, []);
  return (
    <aside ref={panel} class="card panel" aria-label="Offer" tabIndex={-1}>
      <header class="panel-head">
        <div class="grow">
          <h2>{summary?.title || (offer ? `Offer of ${offer.partner}` : 'Offer')}</h2>
          {summary && <Legs legs={summary.legs} />}
          {offer && (
            <p class="panel-price">
              <strong>{money(offer.price?.total)}</strong>
              {offer.price?.totalMax && <strong> – {money(offer.price.totalMax)}</strong>}{' '}
              <span class="muted">
                from {offer.partner} · stands until {soon(offer.expiresAt)}
              </span>
            </p>
          )}
        </div>
        <button type="button" class="button plain icon" aria-label="Close the panel" onClick={() => closePanel()}>
          <Icon name="cross" />
        </button>
      </header>
      {offer && <Verify key={offerId} offerId={offerId} />}
      {problem ? (
        <div class="pad">
          <ProblemNotice problem={problem} />
        </div>
      ) : (
        <Tabs label="About this offer" tabs={tabs} current={tab} choose={(name) => refine({ tab: name })}>
          {tab === 'item' && offer ? (
            <ItemTab offer={offer} />
          ) : explained === undefined ? (
            <div class="waiting" aria-hidden="true">
              <div class="shimmer" />
              <div class="shimmer" />
            </div>
          ) : tab === 'identity' ? (
            <IdentityTab explained={explained} offer={offer} />
          ) : tab === 'rank' ? (
            <RankTab explained={explained} />
          ) : tab === 'source' ? (
            <SourceTab explained={explained} />
          ) : (
            <PriceTab explained={explained} offer={offer} />
          )}
        </Tabs>
      )}
    </aside>
  );
}

/** Closes the panel and gives the focus back to the offer's row. */
export function closePanel(): void {
  const row = document.querySelector<HTMLElement>('[role="option"][aria-selected="true"]');
  select('');
  row?.focus();
}

interface Known {
  readonly offer?: Offer | undefined;
  readonly explained?: ExplainResponse | undefined;
  readonly problem?: EntrepotProblem | undefined;
}

/** The offer, from the list or from the edge, and its explanation. */
function useOffer(offerId: string): Known {
  const [known, setKnown] = useState<Known & { readonly of?: string }>({});
  const inList = listed.value.find((one) => one.offerId === offerId);
  useEffect(() => {
    const gone = new AbortController();
    const tell = (more: Known): void => {
      if (!gone.signal.aborted)
        setKnown((before) => ({ ...(before.of === offerId ? before : {}), ...more, of: offerId }));
    };
    const fail = (error: unknown): void => tell({ problem: problemOf(error) });
    entrepot.explain(offerId, { signal: gone.signal }).then((explained) => tell({ explained }), fail);
    // One that has expired can still be explained.
    entrepot.offer(offerId, undefined, { signal: gone.signal }).then(
      (offer) => tell({ offer }),
      () => undefined,
    );
    return () => gone.abort();
  }, [offerId]);
  const { of, ...rest } = known;
  return { ...(of === offerId ? rest : {}), ...(inList && { offer: inList }) };
}

/** Asks the partner whether the offer is still what is shown. */
function Verify({ offerId }: { readonly offerId: string }) {
  const [state, setState] = useState<'idle' | 'asking' | VerifyResponse | EntrepotProblem>('idle');
  const verify = (): void => {
    setState('asking');
    entrepot.verify(offerId).then(setState, (error: unknown) => setState(problemOf(error)));
  };
  return (
    <div class="row verify" aria-live="polite">
      <button type="button" class="button" disabled={state === 'asking'} onClick={verify}>
        {state === 'asking' ? 'Asking the partner …' : 'Verify with the partner'}
      </button>
      {state === 'idle' || state === 'asking' ? null : state instanceof Error ? (
        <span class="tone-bad">{state.message}</span>
      ) : state.changed ? (
        <span class="tone-warn">
          {(state.changes ?? []).map(({ field, before, after }) => `${field}: ${before} is now ${after}`).join('; ')}
        </span>
      ) : (
        <span class="tone-good row">
          <Icon name="check" /> As shown
        </span>
      )}
    </div>
  );
}

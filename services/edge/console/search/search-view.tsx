import { useEffect } from 'preact/hooks';
import { Icon } from '../ui/icon.tsx';
import { ProblemNotice } from '../ui/problem.tsx';
import { Reconnecting } from '../ui/reconnecting.tsx';
import { Facets } from './facets.tsx';
import { SearchForm } from './form.tsx';
import { Offers } from './offers.tsx';
import { closePanel, OfferPanel } from './panel.tsx';
import { Partners } from './partners.tsx';
import { asked, phase, problem, search, selected, startSearchView, view } from './state.ts';
import './search.css';

/** Searches any vertical, shows offers as they come, and explains each of them. */
export function SearchView() {
  useEffect(startSearchView, []);
  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && selected.value !== '') closePanel();
      if (event.key === '/' && !isWriting(event.target)) {
        event.preventDefault();
        document.querySelector<HTMLElement>('.form .fields input, .form .fields select')?.focus();
      }
    };
    document.addEventListener('keydown', keys);
    return () => document.removeEventListener('keydown', keys);
  }, []);
  return (
    <div class={selected.value === '' ? 'search' : 'search with-panel'}>
      <div class="search-side">
        <SearchForm />
        <Facets />
      </div>
      <div class="search-main">
        <Reconnecting lost={phase.value === 'live' && view.value?.connection === 'reconnecting'}>
          What is shown is as it was; the search goes on from there once the connection is back.
        </Reconnecting>
        <Failure />
        <Partners />
        <Offers />
      </div>
      {selected.value !== '' && <OfferPanel offerId={selected.value} />}
    </div>
  );
}

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, select, textarea') !== null;

/** What went wrong, and the way on. */
function Failure() {
  const found = problem.value;
  if (found === undefined) return null;
  const request = asked.value;
  const again = request && (() => search(request));
  const isGone = found.reason === 'SEARCH_NOT_FOUND' || found.reason === 'TOKEN_EXPIRED';
  if (!isGone) return <ProblemNotice problem={found} retry={again} />;
  return (
    <div class="notice" role="alert">
      <Icon name="clock" />
      <div class="grow">
        <strong>This search is no longer held</strong>
        <p>Results are kept for minutes, because prices are.{request ? '' : ' Fill in the form to search anew.'}</p>
        {again && (
          <button type="button" class="button" onClick={again}>
            Search again
          </button>
        )}
      </div>
    </div>
  );
}

// What the search view shows, and what a reader does to it: one search at a time, followed until nothing more comes.
import { computed, effect, signal } from '@preact/signals';
import type {
  EntrepotProblem,
  ExplainSearchResponse,
  Facet,
  PageOptions,
  SearchPage,
  SearchRequest,
  SearchView,
} from '../../../../libs/client/index.ts';
import { entrepot } from '../api/entrepot.ts';
import { problemOf } from '../api/problem.ts';
import { loadSchema } from '../api/schema.ts';
import { go, place, refine } from '../shell/router.ts';
import { type Choices, filterOf, isChosen } from './facet-filter.ts';
import { recall, remember } from './recalled.ts';
import { type Vertical, verticalsOf } from './vertical.ts';

/** How a search stands. */
export type Phase = 'idle' | 'starting' | 'live' | 'over' | 'failed';

/** How it stands. "over": nothing more will come. */
export const phase = signal<Phase>('idle');
/** The search as it stands; undefined before its first update. */
export const view = signal<SearchView | undefined>(undefined);
/** Why it failed. */
export const problem = signal<EntrepotProblem | undefined>(undefined);
/** Who was asked and how it went, from the edge's own explanation. */
export const explanation = signal<ExplainSearchResponse | undefined>(undefined);
/** What it was asked for with. */
export const asked = signal<SearchRequest | undefined>(undefined);
/** The verticals of the API; empty until its description is loaded. */
export const verticals = signal<readonly Vertical[]>([]);
/** A page behind the first: it shows one revision, and is not followed. */
export const laterPage = signal<{ readonly page: SearchPage; readonly tokens: readonly string[] } | undefined>(
  undefined,
);
/** Facets of which something is chosen, counted as if nothing of them were. */
export const openFacets = signal<Readonly<Record<string, Facet>>>({});
/** Milliseconds from the request to the first offers, as seen here. */
export const firstOffersMs = signal<number | undefined>(undefined);
/** When the search began, of performance.now(). */
export const beganAt = signal(0);

/** What is chosen in facets; in the address, so that a link leads to the same list. */
export const choices = computed<Choices>(() => readChoices(place.value.parameters.where));
/** The order that the reader wants; empty for the search's own. */
export const orderBy = computed(() => place.value.parameters.order ?? '');
/** Entries on a page. */
export const pageSize = computed(() => Number(place.value.parameters.size) || 20);
/** The offer that the panel shows; empty for none. */
export const selected = computed(() => place.value.parameters.offer ?? '');

/** The vertical of the shown search. */
export const vertical = computed<Vertical | undefined>(() => {
  const sought = asked.value ?? {};
  return verticals.value.find(({ name }) => name in sought);
});

/** The offers that are listed. */
export const listed = computed(() => laterPage.value?.page.offers ?? view.value?.offers ?? []);

let following = new AbortController();

/** Searches anew. */
export function search(request: SearchRequest): void {
  begin();
  asked.value = request;
  place.value = { ...place.value, id: '', parameters: keptParameters() };
  void follow((signal) => entrepot.search(request, { signal }));
}

/** What of the address outlives a search. */
function keptParameters(): Record<string, string> {
  const { order = '', size = '' } = place.value.parameters;
  return { order, size };
}

/** Shows a search that is held already: after a reload, or behind a link. */
export function open(searchId: string): void {
  begin();
  asked.value = recall(searchId);
  void explain(searchId);
  void follow((signal) => entrepot.watch(searchId, { options: look(), signal }));
}

/** Looks at the held search in another way: what is chosen, ordered or paged has changed. */
export function lookAnew(): void {
  const searchId = view.value?.searchId;
  if (searchId === undefined) return;
  following.abort();
  laterPage.value = undefined;
  void follow((signal) => entrepot.watch(searchId, { options: look(), signal }));
  void countOpenFacets(searchId);
}

function begin(): void {
  following.abort();
  view.value = undefined;
  problem.value = undefined;
  explanation.value = undefined;
  laterPage.value = undefined;
  openFacets.value = {};
  firstOffersMs.value = undefined;
  beganAt.value = performance.now();
  phase.value = 'starting';
}

function look(): PageOptions {
  return {
    pageSize: pageSize.value,
    ...(orderBy.value !== '' && { orderBy: orderBy.value }),
    ...(Object.values(choices.value).some(isChosen) && { filter: filterNow() }),
  };
}

function filterNow(without = ''): string {
  const own = String(asked.value?.filter ?? '');
  return filterOf(own, choices.value, vertical.value?.attributes ?? [], without) || 'true';
}

async function follow(begun: (signal: AbortSignal) => AsyncIterable<SearchView>): Promise<void> {
  const stop = new AbortController();
  following = stop;
  try {
    for await (const next of begun(stop.signal)) {
      if (stop.signal.aborted) return;
      take(next);
    }
    if (stop.signal.aborted) return;
    phase.value = 'over';
    if (view.value) void explain(view.value.searchId);
  } catch (error) {
    if (stop.signal.aborted) return;
    problem.value = problemOf(error);
    phase.value = 'failed';
  }
}

function take(next: SearchView): void {
  const before = view.value;
  view.value = next;
  phase.value = 'live';
  if (firstOffersMs.value === undefined && next.offers.length > 0)
    firstOffersMs.value = performance.now() - beganAt.value;
  if (next.searchId === '') return;
  if (place.value.id !== next.searchId) {
    if (asked.value) remember(next.searchId, asked.value);
    go({ view: 'search', id: next.searchId, parameters: place.value.parameters });
  }
  const known = explanation.value?.partners?.length ?? 0;
  if (known < (next.progress.partnersAsked ?? 0) || (next.complete && !before?.complete)) void explain(next.searchId);
}

async function explain(searchId: string): Promise<void> {
  try {
    const found = await entrepot.explainSearch(searchId);
    explanation.value = found;
    asked.value ??= { ...found.criteria, currency: found.currency, market: found.market };
    // What is counted beside a choice can be asked for once the vertical is known.
    if (Object.keys(choices.value).length > 0) void countOpenFacets(searchId);
  } catch {
    // The list of partners stays as it was: outcomes come with the updates, and a search that is gone is told by its own call.
  }
}

async function countOpenFacets(searchId: string): Promise<void> {
  const names = Object.entries(choices.value).flatMap(([name, choice]) => (isChosen(choice) ? [name] : []));
  const counted = await Promise.all(
    names.map(async (name) => {
      const found = await entrepot
        .page(searchId, { filter: filterNow(name), facets: [name], pageSize: 1 })
        .catch(() => undefined);
      return [name, found?.facets?.[0]] as const;
    }),
  );
  openFacets.value = Object.fromEntries(counted.filter((entry): entry is [string, Facet] => entry[1] !== undefined));
}

/** Opens the page behind the one that is shown. */
export async function nextPage(): Promise<void> {
  const tokens = laterPage.value?.tokens ?? [];
  const token = laterPage.value?.page.nextPageToken ?? view.value?.nextPageToken ?? '';
  if (token !== '') await showPage([...tokens, token]);
}

/** Opens the page before the one that is shown. */
export async function previousPage(): Promise<void> {
  const tokens = laterPage.value?.tokens.slice(0, -1) ?? [];
  if (tokens.length === 0) laterPage.value = undefined;
  else await showPage(tokens);
}

async function showPage(tokens: readonly string[]): Promise<void> {
  const searchId = view.value?.searchId;
  if (searchId === undefined) return;
  try {
    laterPage.value = { page: await entrepot.page(searchId, { pageToken: tokens.at(-1) }), tokens };
  } catch (error) {
    laterPage.value = undefined;
    problem.value = problemOf(error);
  }
}

/** Chooses in facets. */
export function choose(next: Choices): void {
  const kept = Object.fromEntries(Object.entries(next).filter(([, choice]) => isChosen(choice)));
  refine({ where: Object.keys(kept).length === 0 ? '' : JSON.stringify(kept), offer: '' });
  lookAnew();
}

/** Orders the list. */
export function order(by: string): void {
  refine({ order: by });
  lookAnew();
}

/** Sets how many entries a page has. */
export function setPageSize(size: number): void {
  refine({ size: String(size) });
  lookAnew();
}

/** Shows an offer in the panel, or with an empty id none. */
export const select = (offerId: string): void => refine({ offer: offerId });

function readChoices(text: string | undefined): Choices {
  if (text === undefined) return {};
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null ? (read as Choices) : {};
  } catch {
    return {};
  }
}

/** Follows the address and loads the API's description; returns what stops that. */
export function startSearchView(): () => void {
  void loadSchema().then(
    (api) => {
      verticals.value = verticalsOf(api);
    },
    (error: unknown) => {
      problem.value = problemOf(error);
    },
  );
  const stop = effect(() => {
    const { id, view: name } = place.value;
    if (verticals.value.length === 0 || name === '' || id === '' || id === view.peek()?.searchId) return;
    open(id);
  });
  return () => {
    stop();
    following.abort();
    if (phase.peek() === 'over') return;
    // What was not followed to its end is opened anew by who comes back.
    view.value = undefined;
    phase.value = 'idle';
  };
}

// Where the reader is: the address behind "#", so that a reload and a link that is passed on lead to the same.
import { signal } from '@preact/signals';

/** A place in the console: "#/search/4f2a?offer=…" is view "search", id "4f2a", parameters {offer}. */
export interface Place {
  readonly view: string;
  /** What the view is looking at; empty for nothing yet. */
  readonly id: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Reads a place from behind the "#". */
export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [view = '', id = ''] = path.split('/', 2);
  return { view, id: decodeURIComponent(id), parameters: Object.fromEntries(new URLSearchParams(query)) };
}

/** Writes a place; parameters that are empty are left out. */
export function hashOf({ view, id, parameters }: Place): string {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ''));
  return `#/${view}${id === '' ? '' : `/${encodeURIComponent(id)}`}${query.size === 0 ? '' : `?${query}`}`;
}

/** Where the reader is now. */
export const place = signal<Place>(placeOf(location.hash));

addEventListener('hashchange', () => {
  place.value = placeOf(location.hash);
});

/** Goes to a place: one that "back" leads away from again. */
export function go(to: Place): void {
  const hash = hashOf(to);
  if (hash !== location.hash) location.hash = hash;
}

/** Says more exactly where the reader is, without a step for "back". */
export function refine(parameters: Readonly<Record<string, string>>, id = place.value.id): void {
  const to = { ...place.value, id, parameters: { ...place.value.parameters, ...parameters } };
  const hash = hashOf(to);
  if (hash === location.hash) return;
  history.replaceState(null, '', hash);
  place.value = placeOf(hash);
}

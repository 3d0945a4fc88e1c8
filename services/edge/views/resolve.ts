// What a view makes of a search: the gate that fills requests in before anybody else looks at them.
import { LRUCache } from 'lru-cache';
import type { Identity } from '../../../libs/clients/index.ts';
import type { SearchRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError, invalidField } from '../../../libs/errors/index.ts';
import { compileConjunction, ExpressionError, verticalScope } from '../../../libs/expression/index.ts';
import { vertical as verticalOf } from '../../../libs/vertical/index.ts';
import type { Gate } from '../api/public-api.ts';
import { alwaysThere, isWithin, readPath } from './fields.ts';
import { viewHeaders } from './headers.ts';
import { filledUp } from './merge.ts';
import { searchMethod, type View } from './view.ts';
import type { ViewSource, Views } from './views.ts';

/**
 * Fills in what a search leaves out from the view that it names, in whatever protocol it came. Refuses with VIEW_NOT_FOUND, with
 * NOT_PERMITTED (metadata "view") where the view is not the client's, and with INVALID_FIELD or INVALID_FILTER where the search does not fit
 * the view.
 */
export function viewed(source: ViewSource): Gate {
  return (operation) => {
    const { method, caller } = operation;
    if (method.name !== 'Search') return;
    const asked = operation.request as SearchRequest;
    if (asked.view === '') return;
    const view = viewNamed(asked.view, source.current, caller.identity);
    operation.request = withView(view, asked);
    operation.view = view.label;
    const headers = viewHeaders(view);
    if (headers !== undefined) caller.headers = headers;
  };
}

/** Whether a client may use a view. */
export function mayUse({ name, clients }: View, { client, views }: Identity): boolean {
  return (clients?.has(client) ?? true) && (views?.has(name) ?? true);
}

/**
 * The view that a text names: "mobile-results" in its newest version, "mobile-results@1" in that one.
 * @throws EntrepotError VIEW_NOT_FOUND, NOT_PERMITTED
 */
export function viewNamed(text: string, views: Views, identity: Identity): View {
  const [, name = text, version] = /^(.*)@([1-9]\d{0,8})$/.exec(text) ?? [];
  const versions = views.versions(name);
  const view = version === undefined ? versions[0] : versions.find((one) => one.version === Number(version));
  if (view === undefined) throw notFound(text, name, versions, views, identity);
  if (mayUse(view, identity)) return view;
  throw new EntrepotError({
    reason: 'NOT_PERMITTED',
    message: `The client "${identity.client}" may not use the view ${view.label}.`,
    metadata: { view: view.label },
  });
}

function notFound(
  text: string,
  name: string,
  versions: readonly View[],
  views: Views,
  identity: Identity,
): EntrepotError {
  const shown = JSON.stringify(text.slice(0, 100));
  const usable = (list: readonly View[]): View[] => list.filter((view) => mayUse(view, identity));
  const labels = usable(versions.length > 0 ? versions : views.all).map(({ label }) => label);
  const there = labels.length === 0 ? 'there is none for this client' : `there are ${labels.join(', ')}`;
  const of = versions.length > 0 ? ` Of ${name}` : ' Of views';
  return new EntrepotError({
    reason: 'VIEW_NOT_FOUND',
    message: `There is no view ${shown}.${of} ${there}.`,
    violations: [{ field: 'view', description: `${of.trim()} ${there}.` }],
    metadata: { views: labels.join(',') },
  });
}

const known = new WeakMap<View, WeakMap<SearchRequest, SearchRequest>>();

/** The search that query is asked for: a request that many ask with is filled in once. @throws EntrepotError */
export function withView(view: View, asked: SearchRequest): SearchRequest {
  const filled = known.get(view) ?? new WeakMap<SearchRequest, SearchRequest>();
  known.set(view, filled);
  const made = filled.get(asked) ?? fillIn(view, asked);
  filled.set(asked, made);
  return made;
}

function fillIn(view: View, asked: SearchRequest): SearchRequest {
  const sought = asked.vertical?.$case;
  if (sought !== undefined && sought !== view.vertical) {
    throw invalidField(sought, `The view ${view.label} searches for ${view.vertical}, not for ${sought}.`);
  }
  // Whoever says an order of its own does not get the view's ranking, which would stand in its place.
  const base = asked.orderBy === '' ? view.base : { ...view.base, ranking: '' };
  const filled = filledUp(searchMethod().input, { ...asked, view: '' }, base) as SearchRequest;
  return { ...filled, filter: bothFilters(view, asked.filter), readMask: maskWithin(view, asked.readMask) };
}

/** The caller's condition and the view's. The caller's has to stand for itself: it never reaches into the view's. */
function bothFilters({ filter, vertical }: View, asked: string): string {
  if (filter === '' || asked === '') return filter || asked;
  const key = `${vertical}\n${asked}`;
  if (!standsForItself.has(key)) {
    checkFilter(asked, vertical);
    standsForItself.set(key, true);
  }
  return `(${asked}) && (${filter})`;
}

/** Filters of callers that were checked: they come again and again. */
const standsForItself = new LRUCache<string, true>({ max: 500 });

/** @throws EntrepotError INVALID_FILTER */
function checkFilter(filter: string, vertical: string): void {
  try {
    compileConjunction(filter, verticalScope(verticalOf(vertical), { price: 'double', partner: 'string' }));
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new EntrepotError({
      reason: 'INVALID_FILTER',
      message: `filter: ${error.message}`,
      violations: [{ field: 'filter', description: error.message }],
    });
  }
}

/** The caller's mask within the view's fields, by proto names; the view's where the caller has none. */
function maskWithin({ fields, label }: View, asked: readonly string[] | undefined): string[] | undefined {
  if (asked === undefined || asked.length === 0) return fields.length === 0 ? asked && [...asked] : [...fields];
  if (fields.length === 0) return [...asked];
  return [
    ...new Set(
      asked.flatMap((text) => {
        const read = readPath(text);
        if ('problem' in read) throw invalidField('readMask', `${read.problem}.`);
        const { path } = read;
        if (path === alwaysThere || fields.some((field) => isWithin(path, field))) return [path];
        const inner = fields.filter((field) => isWithin(field, path));
        if (inner.length > 0) return inner;
        throw invalidField('readMask', `The view ${label} shows ${fields.join(', ')}; "${path}" is none of it.`);
      }),
    ),
  ];
}

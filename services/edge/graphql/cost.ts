// What an operation costs, estimated from what it selects and asks for, before anything is done.
import type { ApiSchema, RootField } from './schema.ts';
import type { Selection } from './selection.ts';

/** Values that a search stands for, whatever is selected of it: every partner's answer is read. */
const searchCost = 20_000;
/** Values that any other call stands for, and again for each point of its cost. */
const callCost = 500;
/** Elements of a page where the request does not say. */
const defaultPage = 20;
/** Most that a page has. */
const mostOfPage = 200;
/** Elements of a list within a page: segments, charges, sources. */
const within = 4;

/** Estimates a field of the root: values that are made, in the answer and before it. */
export function costOf(api: ApiSchema, root: RootField, selection: Selection, request: object): number {
  const { method } = root;
  const base = method.name === 'Search' ? searchCost : callCost * (1 + method.cost);
  return base + valuesOf(api, selection, pageSizeOf(request));
}

/** Values of one object. @param elements of the lists of it */
function valuesOf(api: ApiSchema, { type, fields }: Selection, elements: number): number {
  let values = 0;
  for (const { name, inner } of fields) {
    if (inner === undefined) values += 1;
    else if (api.field(type, name).list) values += elements * (1 + valuesOf(api, inner, within));
    else values += 1 + valuesOf(api, inner, elements);
  }
  return values;
}

function pageSizeOf(request: object): number {
  const { pageSize, options, screen } = request as {
    readonly pageSize?: number;
    readonly options?: { readonly pageSize?: number };
    readonly screen?: number;
  };
  // Every offer, in batches.
  if (screen === 2) return mostOfPage;
  const asked = pageSize || options?.pageSize || defaultPage;
  return Math.min(Math.max(asked, 1), mostOfPage);
}

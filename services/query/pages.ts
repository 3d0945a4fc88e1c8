import {
  type GetPageRequest,
  type PageOptions,
  Screen,
  type SearchPage,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError, invalidField } from '../../libs/errors/index.ts';
import type { MeshContext } from '../../libs/mesh/index.ts';
import { wholeOffer } from './offers.ts';
import { entriesOf, type Ordering } from './ordering.ts';

import type { Search } from './search.ts';
import { decodePageToken, encodeCursor } from './tokens.ts';
import { nextPageToken } from './top-screen.ts';
import { compileView, type View, type ViewProblem, viewError } from './view.ts';

/** Times that supply may say that rows are no longer held before the page goes out without them. */
const mostRecuts = 5;

/**
 * A page of a held search: of an order that was fixed when its first page was read, or a new look at what is held. No
 * partner is asked. Offers that have expired since the order was fixed are left out, so such a page may be shorter than
 * its size; its total stays that of the order.
 *
 * @throws EntrepotError INVALID_TOKEN, TOKEN_EXPIRED, INVALID_FIELD, INVALID_FILTER, INVALID_ORDER_BY, FILTER_NOT_HELD,
 * SUPPLY_UNAVAILABLE
 */
export async function readPage(search: Search, request: GetPageRequest, context: MeshContext): Promise<SearchPage> {
  const { pageToken, options } = request;
  if (pageToken !== '' && options !== undefined) {
    throw invalidField(
      'options',
      'stand beside pageToken, which keeps the options of its first page; give one of them',
    );
  }
  const start = pageToken === '' ? firstPage(search, options) : pageOf(search, pageToken);
  const { set, maker, request: asked } = search;
  const mask = asked.mask;
  for (let cut = 1; ; cut++) {
    const ordering = start.ordering();
    const { pageSize } = ordering.view;
    const entries = entriesOf(set, ordering, start.offset, pageSize);
    const whole = await maker.ensure(
      entries.map(({ row }) => row),
      context,
    );
    if (!whole && cut < mostRecuts) continue;
    const made = maker.needless ? entries : entries.filter(({ row }) => maker.made(row) !== undefined);
    const offers = made.map((entry) =>
      wholeOffer(search.id, set, ordering.products, entry, maker.made(entry.row), mask),
    );
    maker.trim();
    return {
      searchId: search.id,
      revision: ordering.revision,
      complete: ordering.complete,
      offers,
      nextPageToken: nextPageToken(search.id, ordering, start.offset + pageSize),
      totalSize: ordering.heads.length,
      outcomes: [...search.outcomes],
      progress: search.progress(ordering),
      facets: ordering.facets,
      cursor: cursorOf(search, ordering, start.offset),
      currency: set.currency,
      askedAgain: undefined,
    };
  }
}

interface Start {
  readonly offset: number;
  readonly ordering: () => Ordering;
}

function firstPage(search: Search, options: PageOptions | undefined): Start {
  const view = options === undefined ? search.request.view : viewOf(search, options);
  return { offset: 0, ordering: () => search.ordering(view) };
}

function pageOf(search: Search, pageToken: string): Start {
  const token = decodePageToken(pageToken, search.id);
  const ordering = search.orderingAt(token.view, token.revision);
  if (ordering === undefined) {
    const message = 'The order that this page belongs to is no longer held; read the first page again.';
    throw new EntrepotError({ reason: 'TOKEN_EXPIRED', message });
  }
  return { offset: token.offset, ordering: () => ordering };
}

/**
 * The view that options say; what they leave out is the search's own.
 * @throws EntrepotError INVALID_FIELD, INVALID_FILTER, INVALID_ORDER_BY, FILTER_NOT_HELD
 */
export function viewOf(search: Search, options: PageOptions): View {
  const own = search.request.view.asked;
  const problems: ViewProblem[] = [];
  const asked = {
    orderBy: options.orderBy || own.orderBy,
    filter: options.filter || own.filter,
    grouping: options.grouping || own.grouping,
    pageSize: options.pageSize || own.pageSize,
  };
  const view = compileView(search.request.vertical, asked, 'options.', problems);
  if (problems.length > 0) throw viewError(problems);
  search.set.applied.check(view, 'options.filter');
  return view;
}

/**
 * The cursor to follow the view with. Only a first page that shows exactly what was published last can be continued by changes; from
 * any other one, following starts with a snapshot.
 */
function cursorOf(search: Search, { view }: Ordering, offset: number): string {
  const log = search.screen(view, Screen.TOP)?.log;
  if (log !== undefined && offset === 0 && search.set.revision === log.revision) return log.cursor;
  return encodeCursor({ searchId: search.id, view: view.key, tag: '0', position: 0 });
}

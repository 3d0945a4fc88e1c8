import {
  type AskedAgain,
  Delivery,
  type GetPageRequest,
  type PageOptions,
  Screen,
  type SearchPage,
  type SearchRequest,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError, type FieldViolation, invalidField, invalidFields } from '../../libs/errors/index.ts';
import type { MeshContext } from '../../libs/mesh/index.ts';
import { minorDigits } from '../../libs/money/index.ts';
import { partnersOf } from './applied.ts';
import { contentWaitMs, inPageTime } from './contents.ts';
import { settledProducts, wholeOffer } from './offers.ts';
import { entriesOf, type Ordering } from './ordering.ts';
import { outcomesIn } from './outcomes.ts';
import type { PastOrderings } from './past-orderings.ts';
import type { PricedSet } from './priced-set.ts';
import { compileReadMask, type ReadMask } from './read-mask.ts';
import type { Search } from './search.ts';
import { decodePageToken, encodeCursor } from './tokens.ts';
import { nextPageToken } from './top-screen.ts';
import { compileView, type View, type ViewProblem, type ViewRequest, viewError } from './view.ts';

/** Times that supply may say that rows are no longer held before the page goes out without them. */
const mostRecuts = 5;

/** Runs another search and waits until it is complete, or the caller's time is nearly over. */
export type SearchAgain = (request: SearchRequest) => Promise<Search>;

/**
 * A page of a held search: of an order that was fixed when its first page was read, or a new look at what is held. No
 * partner is asked, unless the look would show what partners left out because of the search's own filter: then another search is
 * run, and the page is its first. Offers that have expired since the order was fixed are left out, so such a page may be shorter
 * than its size; its total stays that of the order.
 *
 * @throws EntrepotError INVALID_TOKEN, TOKEN_EXPIRED, INVALID_FIELD, INVALID_FILTER, INVALID_ORDER_BY, UNKNOWN_CURRENCY,
 * VIEW_EXPIRED, SUPPLY_UNAVAILABLE, PRICING_UNAVAILABLE
 */
export async function readPage(
  search: Search,
  request: GetPageRequest,
  context: MeshContext,
  searchAgain: SearchAgain,
  past: PastOrderings | undefined,
): Promise<SearchPage> {
  const { pageToken, options } = request;
  const mask = pageMask(search, request);
  if (pageToken !== '' && options !== undefined) {
    throw invalidField(
      'options',
      'stand beside pageToken, which keeps the options of its first page; give one of them',
    );
  }
  if (pageToken !== '') return cutPage(search, await pageOf(search, pageToken, past), mask, context);
  const view = options === undefined ? search.request.view : viewOf(search, options);
  const missing = search.set.applied.missing(view);
  if (missing.size === 0) {
    // Another process may be asked for the next page.
    if (options !== undefined) await past?.remember(search, view);
    return cutPage(search, firstPage(search, view), mask, context);
  }
  const again = await searchAgain(requestOf(search, view));
  const askedAgain = { previousSearchId: search.id, constraints: [...missing.keys()], partners: partnersOf(missing) };
  return cutPage(again, firstPage(again, again.request.view), mask, context, askedAgain);
}

/** The fields that are wanted of this page's offers alone. @throws EntrepotError INVALID_FIELD */
function pageMask({ request }: Search, { readMask }: GetPageRequest): ReadMask {
  const violations: FieldViolation[] = [];
  const mask = compileReadMask(readMask, request.vertical.name, violations);
  if (violations.length > 0) throw invalidFields(violations);
  return mask;
}

/** A page's first entry, and the order that it is cut from. */
interface Start {
  readonly offset: number;
  readonly view: View;
  readonly ordering: (prices: PricedSet) => Ordering;
}

function firstPage(search: Search, view: View): Start {
  return { offset: 0, view, ordering: (prices) => search.ordering(view, prices) };
}

async function pageOf(search: Search, pageToken: string, past: PastOrderings | undefined): Promise<Start> {
  const token = decodePageToken(pageToken, search.id);
  const ordering = search.orderingAt(token.view, token.moment) ?? (await past?.again(search, token));
  if (ordering === undefined) {
    const message = 'The order that this page belongs to is no longer held; read the first page again.';
    throw new EntrepotError({ reason: 'TOKEN_EXPIRED', message });
  }
  return { offset: token.offset, view: ordering.view, ordering: () => ordering };
}

async function cutPage(
  search: Search,
  { offset, view, ordering: orderingIn }: Start,
  mask: ReadMask,
  context: MeshContext,
  askedAgain?: AskedAgain,
): Promise<SearchPage> {
  const { set, maker, request, fanOut } = search;
  const { pageSize, currency } = view;
  for (let cut = 1; ; cut++) {
    const { prices, ordering, entries } = await fanOut.currencies.in(currency, { context }, (prices) => {
      const ordering = orderingIn(prices);
      return { prices, ordering, entries: entriesOf(set, ordering, offset, pageSize, prices) };
    });
    const began = performance.now();
    const loading = search.contents?.load(
      settledProducts(
        set,
        entries.map(({ row }) => row),
        ordering.products,
      ),
    );
    const whole = await maker.ensure(
      entries.map(({ row }) => row),
      context,
      prices.currency,
    );
    if (!whole && cut < mostRecuts) continue;
    const made = maker.needless ? entries : entries.filter(({ row }) => maker.made(row) !== undefined);
    // What was made may have been let go of for what somebody else looks at.
    if (made.length < entries.length && cut < mostRecuts) continue;
    // It comes while offers are made; what takes longer is left out.
    await inPageTime(loading, Math.max(0, contentWaitMs - (performance.now() - began)));
    const offers = made.map((entry) => {
      const content = search.contentOf(entry.row, ordering.products);
      const offer = maker.made(entry.row, prices.currency);
      return mask.apply(wholeOffer(search.id, set, ordering.products, entry, offer, request.mask, prices, content));
    });
    maker.trim();
    search.looked(made);
    return {
      searchId: search.id,
      revision: ordering.moment.revision,
      complete: ordering.complete,
      offers,
      nextPageToken: nextPageToken(search.id, ordering, offset + pageSize),
      totalSize: ordering.heads.length,
      outcomes: outcomesIn(prices, search.outcomes, set.partners),
      progress: search.progress(ordering),
      facets: ordering.facets,
      cursor: cursorOf(search, ordering, offset),
      currency,
      askedAgain,
    };
  }
}

/**
 * Another look at a search: what the options leave out is the search's own.
 * @throws EntrepotError INVALID_FIELD, INVALID_FILTER, INVALID_ORDER_BY
 */
export function viewOf({ request }: Search, options: PageOptions): View {
  const own = request.view.asked;
  const problems: ViewProblem[] = [];
  // An order in the options stands for the search's own ranking too.
  const ordered = options.orderBy !== '' || options.ranking !== '';
  const asked: ViewRequest = {
    orderBy: ordered ? options.orderBy : own.orderBy,
    ranking: ordered ? options.ranking : own.ranking,
    filter: options.filter || own.filter,
    grouping: options.grouping || own.grouping,
    pageSize: options.pageSize || own.pageSize,
    currency: options.currency || own.currency,
    facets: options.facets.length > 0 ? options.facets : own.facets,
  };
  if (minorDigits(asked.currency) === undefined) {
    const description = `is ${JSON.stringify(asked.currency.slice(0, 40))}, no ISO 4217 code; give three capital letters: "GBP"`;
    problems.push({ field: 'options.currency', description, reason: 'INVALID_FIELD' });
  }
  const view = compileView(request.vertical, request.rankings, asked, 'options.', problems);
  if (problems.length > 0) throw viewError(problems);
  return view;
}

/** The same search with another look at it. */
function requestOf({ request }: Search, { asked }: View): SearchRequest {
  const facets = [...asked.facets];
  return { ...request.asked, ...asked, facets, delivery: Delivery.FINAL, screen: Screen.UNSPECIFIED };
}

/**
 * The cursor to follow the view with. Only a first page that shows exactly what was published last can be continued by changes; from
 * any other one, following starts with a snapshot.
 */
function cursorOf(search: Search, { view }: Ordering, offset: number): string {
  const log = search.screen(view, Screen.TOP)?.log;
  if (log !== undefined && offset === 0 && search.set.revision === log.revision) return log.cursor;
  return encodeCursor({ searchId: search.id, view: view.key, tag: '0', position: { told: 0, seen: 0 } });
}

// The client: every public method, and searches as what they show.
import { follow } from './follow.ts';
import type {
  ExplainResponse,
  ExplainSearchResponse,
  GetOfferRequest,
  GetPageRequest,
  HandoffRequest,
  HandoffResponse,
  Methods,
  Offer,
  PageOptions,
  SearchPage,
  SearchRequest,
  SearchUpdate,
  VerifyResponse,
  WatchSearchRequest,
} from './gen/types.ts';
import {
  type CallOptions,
  type ClientOptions,
  platform,
  type StreamOptions,
  type Surroundings,
  withDefaults,
} from './options.ts';
import { Deadline } from './timing.ts';
import { type MethodName, Transport } from './transport.ts';
import { SearchFold, type SearchView } from './view.ts';

/** A method whose answers come in pages. */
export type PagedMethod = {
  [Name in keyof Methods]: Methods[Name] extends {
    request: { readonly pageToken?: string };
    response: { readonly nextPageToken?: string };
  }
    ? Name
    : never;
}[keyof Methods];

/** What follows a search without beginning one. */
export type WatchOptions = Omit<WatchSearchRequest, 'searchId'> & StreamOptions;

/** Talks to one edge. Everything it throws is an EntrepotProblem, or the reason of the signal that ended it. */
export class EntrepotClient {
  readonly #transport: Transport;

  /** @param surroundings for tests: the clock and the dice */
  constructor(options: ClientOptions, surroundings: Surroundings = platform) {
    this.#transport = new Transport(withDefaults(options), surroundings);
  }

  /**
   * Searches, and gives the view of the search as often as it changes, until no more will come. A view holds all that had arrived
   * when it was asked for, so that who draws slowly draws less often; a lost connection is taken up again and shows in the view.
   * Ending the loop, or the signal, cancels the search. It ends by itself when its time is over and it is complete.
   */
  search(request: SearchRequest, options: StreamOptions = {}): AsyncGenerator<SearchView, void> {
    return this.#views(request, options);
  }

  /** Follows a search that is held: all of it, or from a cursor on. Lasts as long as the edge has something to tell. */
  watch(searchId: string, options: WatchOptions = {}): AsyncGenerator<SearchView, void> {
    const { signal, timeoutMs, onReconnect, ...look } = options;
    return this.#views({ ...look, searchId }, { signal, timeoutMs, onReconnect });
  }

  /** The updates of a search, or of following one (a request with a searchId), as they come. After a reconnection some may come again. */
  async *updates(
    request: SearchRequest | WatchSearchRequest,
    options: StreamOptions = {},
  ): AsyncGenerator<SearchUpdate, void> {
    for await (const happening of follow(this.#transport, request, options)) {
      if ('updates' in happening) yield* happening.updates;
    }
  }

  /** Searches, and gives the first page when the search is complete or its time is nearly over. */
  searchPage(request: SearchRequest, options: CallOptions = {}): Promise<SearchPage> {
    return this.#call<SearchPage>('Search', request, options);
  }

  /** A page of a held search: the first one, one by its token, or another look at what is held. */
  page(
    searchId: string,
    look: PageOptions & Pick<GetPageRequest, 'pageToken'> = {},
    options: CallOptions = {},
  ): Promise<SearchPage> {
    const { pageToken, ...rest } = look;
    return this.call('GetPage', { searchId, pageToken, options: rest }, options);
  }

  /** Every page of a held search, in order. Where partners had to be asked again, the pages are of another search: see askedAgain. */
  async *pages(searchId: string, look: PageOptions = {}, options: CallOptions = {}): AsyncGenerator<SearchPage, void> {
    let page = await this.page(searchId, look, options);
    yield page;
    while (page.nextPageToken !== undefined) {
      // The token says everything about its page, and goes alone.
      page = await this.page(page.searchId ?? searchId, { pageToken: page.nextPageToken }, options);
      yield page;
    }
  }

  /** Every page of a method that answers in pages: `listPages('ListMismatches', { partner: 'duffel' })`. */
  async *listPages<Name extends PagedMethod>(
    method: Name,
    request: Methods[Name]['request'],
    options: CallOptions = {},
  ): AsyncGenerator<Methods[Name]['response'], void> {
    let pageToken: string | undefined = (request as { pageToken?: string }).pageToken;
    do {
      const page: Methods[Name]['response'] = await this.#call(method, { ...request, pageToken }, options);
      yield page;
      pageToken = (page as { nextPageToken?: string }).nextPageToken;
    } while (pageToken !== undefined);
  }

  /** One offer, in full or by its read mask. */
  offer(offerId: string, readMask?: GetOfferRequest['readMask'], options: CallOptions = {}): Promise<Offer> {
    return this.call('GetOffer', { offerId, readMask }, options);
  }

  /** Why an offer costs what it costs and stands where it stands. */
  explain(offerId: string, options: CallOptions = {}): Promise<ExplainResponse> {
    return this.call('Explain', { offerId }, options);
  }

  /** How a search went. @param productId a product that is missing */
  explainSearch(searchId: string, productId?: string, options: CallOptions = {}): Promise<ExplainSearchResponse> {
    return this.call('ExplainSearch', { searchId, productId }, options);
  }

  /** Asks the partner again and says what changed. Spends the partner's budget: not made again by itself. */
  verify(offerId: string, options: CallOptions = {}): Promise<VerifyResponse> {
    return this.call('Verify', { offerId }, options);
  }

  /** The partner's link or token to go on with, recorded as a click: not made again by itself. */
  handoff(
    offerId: string,
    more: Omit<HandoffRequest, 'offerId'> = {},
    options: CallOptions = {},
  ): Promise<HandoffResponse> {
    return this.call('Handoff', { ...more, offerId }, options);
  }

  /** Calls any public method with one answer by its name in the contracts: `call('ListPartners', {})`. */
  call<Name extends keyof Methods>(
    method: Name,
    request: Methods[Name]['request'],
    options: CallOptions = {},
  ): Promise<Methods[Name]['response']> {
    return this.#call(method, request, options);
  }

  async #call<Response>(method: MethodName, request: object, options: CallOptions): Promise<Response> {
    const { surroundings, settings } = this.#transport;
    const deadline = new Deadline(surroundings, options.timeoutMs ?? settings.timeoutMs, options.signal);
    try {
      return (await this.#transport.json({ method, request, accept: 'application/json' }, deadline)) as Response;
    } finally {
      deadline.close();
    }
  }

  async *#views(request: SearchRequest | WatchSearchRequest, options: StreamOptions): AsyncGenerator<SearchView, void> {
    const fold = new SearchFold();
    for await (const happening of follow(this.#transport, request, options)) {
      yield 'updates' in happening ? fold.apply(...happening.updates) : fold.reconnecting();
    }
  }
}

/** A client of the edge at `options.url`. */
export function createClient(options: ClientOptions): EntrepotClient {
  return new EntrepotClient(options);
}

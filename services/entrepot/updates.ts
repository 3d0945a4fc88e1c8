// Reads a search from an edge as it comes: NDJSON over fetch, the updates folded into one view.
import { EdgeProblem } from './edge-problem.ts';
import { requestEdge } from './edge-request.ts';

/** A money amount in JSON. */
export interface JsonMoney {
  readonly currencyCode: string;
  readonly amount: string;
}

/** A partner's outcome in JSON. */
export interface JsonOutcome {
  readonly partner: string;
  readonly status: string;
  readonly failure?: string;
  readonly detail?: string;
  readonly offersKept?: number;
  readonly rowsReceived?: number;
  readonly latencyMs?: number;
  readonly requests?: number;
  /** Of the requests, second tries beside one that took long. */
  readonly hedges?: number;
  /** The time that it was given. */
  readonly timeMs?: number;
  readonly cache?: string;
  readonly cacheAgeMs?: number;
  readonly appliedFilters?: readonly string[];
  readonly rejections?: readonly { readonly reason: string; readonly count: number; readonly example?: string }[];
}

/** An offer in JSON, as far as a terminal shows it. */
export interface JsonOffer {
  readonly offerId: string;
  readonly partner: string;
  /** By the vertical's name; what a vertical's item holds is known to its file in verticals/ alone. */
  readonly item?: Readonly<Record<string, unknown>>;
  readonly price?: {
    readonly total?: JsonMoney;
    /** The upper bound of a price that is a range. */
    readonly totalMax?: JsonMoney;
    readonly partnerTotal?: JsonMoney;
    /** Taxes and fees one by one. */
    readonly charges?: readonly {
      readonly name?: string;
      readonly kind?: string;
      readonly terms: string;
      readonly amount?: JsonMoney;
      readonly partnerAmount?: JsonMoney;
      readonly inTotal?: boolean;
    }[];
    readonly unitPrice?: { readonly amount?: JsonMoney; readonly unit: string; readonly quantity: number };
  };
  readonly otherOffers?: readonly { readonly partner: string; readonly total?: JsonMoney }[];
  /** What is known of the product whoever sells it. */
  readonly content?: JsonContent;
}

/** What is known of a product, in JSON, as far as it is told at a terminal. */
export interface JsonContent {
  readonly names?: readonly JsonSourced[];
  readonly address?: JsonSourced;
  readonly phone?: JsonSourced;
  readonly brand?: JsonSourced;
  readonly imageUrls?: readonly JsonSourced[];
  readonly amenities?: readonly JsonSourced[];
  readonly starRating?: { readonly value?: number; readonly sources?: JsonSourced['sources'] };
}

/** A text with those who say so, in JSON. */
export interface JsonSourced {
  readonly value: string;
  readonly locale?: string;
  readonly sources?: readonly { readonly partner: string }[];
}

/** How far a search is, in JSON. */
export interface JsonProgress {
  readonly partnersAsked?: number;
  readonly partnersDone?: number;
  readonly offers?: number;
  readonly offersMatching?: number;
  readonly products?: number;
  readonly productsProvisional?: boolean;
  readonly elapsedMs?: number;
}

/** A search as it stands after the updates so far. */
export interface SearchView {
  searchId: string;
  complete: boolean;
  offers: JsonOffer[];
  outcomes: JsonOutcome[];
  progress: JsonProgress;
  totalSize: number;
  nextPageToken: string;
}

interface JsonUpdate {
  readonly searchId: string;
  readonly snapshot?: boolean;
  readonly upserts?: readonly JsonOffer[];
  readonly retractedOfferIds?: readonly string[];
  readonly page?: {
    readonly offerIds?: readonly string[];
    readonly totalSize?: number;
    readonly nextPageToken?: string;
  };
  readonly outcomes?: readonly JsonOutcome[];
  readonly progress?: JsonProgress;
  readonly complete?: boolean;
}

/**
 * Runs a search and yields the view after each update, with the outcomes that are new in it.
 *
 * @param key to ask with; undefined for none
 * @throws EdgeProblem when the edge refuses the search or breaks off
 */
export async function* followSearch(
  edge: string,
  request: unknown,
  signal: AbortSignal,
  key?: string,
): AsyncGenerator<{ readonly view: SearchView; readonly reported: readonly JsonOutcome[] }> {
  const response = await requestEdge(`${edge}/v1/searches`, key, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    body: JSON.stringify(request),
    signal,
  });
  if (response.body === null) throw new EdgeProblem({ detail: 'The edge answered with nothing.' });
  const offers = new Map<string, JsonOffer>();
  const outcomes = new Map<string, JsonOutcome>();
  let order: readonly string[] = [];
  const view: SearchView = {
    searchId: '',
    complete: false,
    offers: [],
    outcomes: [],
    progress: {},
    totalSize: 0,
    nextPageToken: '',
  };
  for await (const line of lines(response.body)) {
    const message = JSON.parse(line) as { update?: JsonUpdate; problem?: EdgeProblem['problem'] };
    if (message.problem !== undefined) throw new EdgeProblem(message.problem);
    const update = message.update;
    if (update === undefined) continue;
    if (update.snapshot === true) offers.clear();
    for (const offer of update.upserts ?? []) offers.set(offer.offerId, offer);
    for (const id of update.retractedOfferIds ?? []) offers.delete(id);
    for (const outcome of update.outcomes ?? []) outcomes.set(outcome.partner, outcome);
    if (update.page !== undefined) {
      order = update.page.offerIds ?? [];
      view.totalSize = update.page.totalSize ?? 0;
      view.nextPageToken = update.page.nextPageToken ?? '';
    }
    view.searchId = update.searchId;
    view.complete ||= update.complete === true;
    view.progress = update.progress ?? view.progress;
    view.offers = order.flatMap((id) => offers.get(id) ?? []);
    view.outcomes = [...outcomes.values()];
    yield { view, reported: update.outcomes ?? [] };
  }
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part !== '') yield part;
  }
  if (rest.trim() !== '') yield rest;
}

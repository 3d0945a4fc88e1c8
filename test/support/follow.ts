// A client of the edge's streams, written from the contract's words: each update applied in order ends in the view.
import type { OfferJson, OutcomeJson, PageJson } from './fused-rig.ts';

export interface UpdateJson {
  readonly searchId: string;
  readonly cursor: string;
  readonly snapshot?: boolean;
  readonly upserts?: readonly OfferJson[];
  readonly retractedOfferIds?: readonly string[];
  readonly page?: {
    readonly offerIds?: readonly string[];
    readonly totalSize?: number;
    readonly nextPageToken?: string;
  };
  readonly outcomes?: readonly OutcomeJson[];
  readonly progress?: PageJson['progress'];
  readonly facets?: PageJson['facets'];
  readonly complete?: boolean;
}

/** One message of a stream. */
export interface Message {
  readonly kind: 'update' | 'problem' | 'end';
  readonly id?: string;
  readonly data: unknown;
}

/** Reads a stream's messages as they come, from either framing. */
export async function* messagesOf(response: Response): AsyncGenerator<Message> {
  if (response.body === null) throw new Error('The answer has no body.');
  const events = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const separator = events ? '\n\n' : '\n';
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split(separator);
    rest = parts.pop() ?? '';
    for (const part of parts) {
      // Comments, and how long to wait before reconnecting, are no messages.
      if (part === '' || part.startsWith(':') || (events && !part.includes('data: '))) continue;
      yield events ? readEvent(part) : readLine(part);
    }
  }
}

function readEvent(text: string): Message {
  const fields = new Map(
    text.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const id = fields.get('id');
  return {
    kind: fields.get('event') as Message['kind'],
    ...(id !== undefined && { id }),
    data: JSON.parse(fields.get('data') ?? ''),
  };
}

function readLine(text: string): Message {
  const [[kind, data]] = Object.entries(JSON.parse(text) as Record<string, unknown>) as [[Message['kind'], unknown]];
  return { kind, data };
}

/** What updates add up to. */
export class FoldedView {
  readonly #offers = new Map<string, OfferJson>();
  readonly #outcomes = new Map<string, OutcomeJson>();
  #page: UpdateJson['page'] = {};
  #facets: PageJson['facets'];
  searchId = '';
  complete = false;

  apply(update: UpdateJson): void {
    if (update.snapshot === true) {
      this.#offers.clear();
      this.#outcomes.clear();
    }
    for (const offer of update.upserts ?? []) this.#offers.set(offer.offerId, offer);
    for (const id of update.retractedOfferIds ?? []) this.#offers.delete(id);
    for (const outcome of update.outcomes ?? []) this.#outcomes.set(outcome.partner, outcome);
    if (update.page !== undefined) this.#page = update.page;
    if ((update.facets?.length ?? 0) > 0) this.#facets = update.facets;
    this.searchId = update.searchId;
    this.complete ||= update.complete === true;
  }

  /** In the form of a page, to be compared with one. */
  get view() {
    return {
      offers: (this.#page?.offerIds ?? []).map((id) => this.#offers.get(id)),
      held: this.#offers.size,
      totalSize: this.#page?.totalSize,
      nextPageToken: this.#page?.nextPageToken,
      outcomes: [...this.#outcomes.values()].sort((a, b) => (a.partner < b.partner ? -1 : 1)),
      facets: this.#facets,
    };
  }
}

/** A page in the form of a folded view. */
export function viewOf(page: PageJson): FoldedView['view'] {
  return {
    offers: [...(page.offers ?? [])],
    held: page.offers?.length ?? 0,
    totalSize: page.totalSize,
    nextPageToken: page.nextPageToken,
    outcomes: [...page.outcomes].sort((a, b) => (a.partner < b.partner ? -1 : 1)),
    facets: page.facets,
  };
}

import { CacheUse, OutcomeStatus, type PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type {
  AppliedFilter,
  IdentityChange,
  MakeOffers,
  SearchRequest,
  SearchResponse,
  SearchStart,
} from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { invalidField, toEntrepotError } from '../../libs/errors/index.ts';
import type { MeshContext } from '../../libs/mesh/index.ts';
import type { Page } from './ask.ts';
import { askIdentities, buildBatches, identify } from './batches.ts';
import { prioritized } from './budget/spending.ts';
import type { Conversations, ConversationTools } from './conversations.ts';
import type { ExchangeBounds } from './exchange.ts';
import type { Identities, IdentityListener } from './identities.ts';
import { Outbox } from './outbox.ts';
import { deadlineOf } from './partner-time.ts';
import { type PlannedCall, planSearch } from './plan.ts';
import type { Quality } from './quality.ts';
import type { RemoteConnections } from './remote/connections.ts';
import { makeAnyOffers } from './remote/offers.ts';
import type { SupplyPartner } from './remote/partner.ts';
import { askRemote } from './remote/search.ts';
import { unlessSuspended } from './suspension.ts';

/** What a search needs. */
export interface SearchTools extends ConversationTools {
  readonly conversations: Conversations;
  readonly partners: ReadonlyMap<string, SupplyPartner>;
  readonly identities: Identities;
  readonly remotes: RemoteConnections;
  readonly quality: Quality;
  /** The tier of a client by name; absent or undefined where it is not known. */
  readonly tierOf?: (client: string) => string | undefined;
}

/** Rows that one message may ask to be made. */
const MOST_HANDLES = 1_000;

/** Why requests that are still under way are aborted; made once, because an error costs a stack. */
const OVER = new Error('the search is over');

/** One search on one stream. */
export class SearchSession implements IdentityListener {
  readonly #tools: SearchTools;
  readonly #context: MeshContext;
  readonly #outbox = new Outbox<SearchResponse>();
  readonly #abort = new AbortController();
  /** What bounds whatever is asked for this search. */
  readonly #bounds: ExchangeBounds;
  /** Provisional product ids whose identity is still to come. */
  readonly #unsettled = new Set<string>();
  /** Digests of the answers that came. */
  readonly #answers: string[] = [];
  #started = false;
  /** The caller decides itself which product a row is. */
  #keepsIdentity = false;
  /** The caller has closed its side. */
  #closed = false;
  /** Partners without an outcome and rows being made. */
  #running = 0;

  constructor(tools: SearchTools, context: MeshContext) {
    this.#tools = tools;
    this.#context = context;
    this.#bounds = { deadline: context.deadline, signal: this.#abort.signal, trace: context.trace };
  }

  /** The answers to the caller's messages, until everything is done. Leaving the loop early aborts all. */
  async *run(requests: AsyncIterable<SearchRequest>): AsyncGenerator<SearchResponse, void, undefined> {
    const { signal } = this.#context;
    const onAbort = (): void => this.#outbox.fail(toEntrepotError(signal.reason));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    const incoming = requests[Symbol.asyncIterator]();
    void this.#listen(incoming);
    try {
      yield* this.#outbox;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#outbox.end();
      this.#abort.abort(OVER);
      this.#tools.identities.leave(this.#unsettled, this);
      this.#tools.answers.release(this.#answers);
      // The caller's side may still be open; an error of its own there is of no interest any more.
      incoming.return?.().catch(() => {});
    }
  }

  settled(ids: readonly string[], changes: IdentityChange[], unavailable: boolean): void {
    for (const id of ids) this.#unsettled.delete(id);
    this.#outbox.push({ message: { $case: 'identities', value: { changes, unavailable } } });
    this.#endIfDone();
  }

  async #listen(incoming: AsyncIterator<SearchRequest>): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await incoming.next();
        if (done) break;
        this.#receive(value);
      }
      if (!this.#started) throw invalidField('start', 'the stream was closed without it; send it first');
      this.#closed = true;
      this.#endIfDone();
    } catch (error) {
      this.#outbox.fail(toEntrepotError(error));
    }
  }

  #receive({ message }: SearchRequest): void {
    switch (message?.$case) {
      case 'start':
        if (this.#started) throw invalidField('start', 'sent twice; one stream is one search');
        this.#started = true;
        this.#start(message.value);
        break;
      case 'makeOffers':
        if (!this.#started) throw invalidField('start', 'expected before makeOffers');
        this.#make(message.value);
        break;
      default:
        throw invalidField('message', 'expected start or makeOffers');
    }
  }

  #start(start: SearchStart): void {
    this.#keepsIdentity = start.keepIdentity === true;
    const now = Date.now();
    const { calls, skipped } = planSearch(this.#tools.partners, start, now);
    const asked = calls.map(({ partner }) => partner.name);
    this.#outbox.push({
      message: {
        $case: 'plan',
        value: { asked, skipped: [...skipped], applied: appliedOf(calls), unshared: unsharedOf(calls) },
      },
    });
    const { client } = this.#context;
    const asker = { client, tier: this.#tools.tierOf?.(client) ?? '' };
    for (const call of calls) {
      const times = start.times.filter(({ partner }) => partner === call.partner.name).map(({ timeMs }) => timeMs);
      const givenUntil = times.length === 0 ? undefined : now + Math.min(...times);
      void this.#ask(call, now, { ...prioritized(call.partner, start, asker, this.#bounds), givenUntil });
    }
  }

  /** @param bounds what bounds this partner's part */
  async #ask(call: PlannedCall, now: number, bounds: ExchangeBounds): Promise<void> {
    this.#running++;
    const tools = this.#tools;
    const { partner, context } = call;
    const until = deadlineOf(partner.timeoutMs, this.#bounds.deadline, now, bounds.givenUntil);
    const pages: Page[] = [];
    const onPage = (page: Page): void => {
      pages.push(page);
      this.#onPage(page);
    };
    const outcome =
      'request' in call
        ? await tools.conversations.ask(tools, call, bounds, onPage)
        : await unlessSuspended(tools.traffic, partner, context, bounds, (own) =>
            askRemote(tools, call, own, onPage, this.#onApplied),
          );
    tools.quality.answered(partner, context.market, outcome, pages);
    const timeMs = wasAsked(outcome) ? Math.max(0, Math.round(until - now)) : undefined;
    this.#outbox.push({ message: { $case: 'outcome', value: { ...outcome, timeMs } } });
    this.#running--;
    this.#endIfDone();
  }

  readonly #onPage = (page: Page): void => {
    if (this.#abort.signal.aborted) return;
    const { identities } = this.#tools;
    this.#answers.push(page.answer);
    const identity = this.#keepsIdentity ? undefined : identify(page, identities);
    for (const value of buildBatches(page, identity)) this.#outbox.push({ message: { $case: 'batch', value } });
    if (identity === undefined) return;
    for (const position of identity.unsettled) this.#unsettled.add(identity.ids[position]!);
    if (identity.unsettled.length > 0) askIdentities(page, identity, identities, this, this.#context.trace);
  };

  readonly #onApplied = (partner: string, constraints: readonly string[]): void => {
    this.#outbox.push({ message: { $case: 'applied', value: { partner, constraints: [...constraints] } } });
  };

  #make({ requestId, handles, readMask }: MakeOffers): void {
    if (handles.length > MOST_HANDLES) {
      throw invalidField('makeOffers.handles', `${handles.length} handles; at most ${MOST_HANDLES} at once`);
    }
    this.#running++;
    void makeAnyOffers(this.#tools, handles, readMask, this.#bounds)
      .then(
        (offers) => this.#outbox.push({ message: { $case: 'offers', value: { requestId, offers } } }),
        (error: unknown) => this.#outbox.fail(toEntrepotError(error)),
      )
      .finally(() => {
        this.#running--;
        this.#endIfDone();
      });
  }

  #endIfDone(): void {
    if (this.#closed && this.#running === 0 && this.#unsettled.size === 0) this.#outbox.end();
  }
}

/** Partners whose answers are good for one search alone: so configured, or by address, where that is not ours to know. */
function unsharedOf(calls: readonly PlannedCall[]): string[] {
  return calls.flatMap((call) => ('request' in call && call.partner.shareInFlight ? [] : [call.partner.name]));
}

/** Whether the partner was asked for it, by this search or another. */
function wasAsked({ status, cache }: PartnerOutcome): boolean {
  const asked = cache === CacheUse.UNSPECIFIED || cache === CacheUse.SHARED;
  return asked && status !== OutcomeStatus.SUSPENDED && status !== OutcomeStatus.BUDGET_SPENT;
}

/** What the partners that are asked apply of the filter, as far as that is known. */
function appliedOf(calls: readonly PlannedCall[]): AppliedFilter[] {
  return calls.flatMap(({ partner, context: { filters = [] } }) =>
    filters.length === 0 ? [] : [{ partner: partner.name, constraints: filters.map(({ text }) => text) }],
  );
}

import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { CacheUse, OutcomeStatus, type PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { questionText } from './answer-digest.ts';
import { askPartner, type Page } from './ask.ts';
import { Conversation } from './conversation.ts';
import type { ExchangeBounds } from './exchange.ts';
import { outcomeName } from './failure.ts';
import {
  type Answered,
  answeredOf,
  heldOutcome,
  isReused,
  mayStandIn,
  newerOf,
  standInOutcome,
  toldOutcome,
  useOf,
} from './freshness.ts';
import { type HeldTools, pagesAgain } from './held-pages.ts';
import { refreshes } from './metrics.ts';
import { Part } from './part.ts';
import type { LocalCall } from './plan.ts';
import { notTold, shareEnd } from './shared-ending.ts';
import type { SharedQuestions } from './shared-questions.ts';
import { unlessSuspended } from './suspension.ts';

/** What asking, or not having to, needs. */
export type ConversationTools = HeldTools;

/** Options of {@link Conversations}. */
export interface ConversationsOptions {
  /** Questions whose answers are remembered, default 10,000; sensible 100 to 100,000 (about 1 KB each). */
  readonly questions?: number;
}

type OnPage = (page: Page) => void;

/** One partner's part of a search: who asks what, with the key of the question. */
interface Asked {
  readonly tools: ConversationTools;
  readonly call: LocalCall;
  readonly key: string;
  readonly bounds: ExchangeBounds;
  readonly onPage: OnPage;
  /** It goes on behind the searches: only what the partner says now will do. */
  readonly refreshing: boolean;
}

/** After a refresh that brought nothing the question is left alone for so long. */
const REFRESH_PAUSE_MS = 2_000;
/** Why refreshes are aborted; made once, because an error costs a stack. */
const CLOSING = new Error('supply is closing');

/**
 * Asks partners, and spares them questions: searches that ask the same at the same time share one conversation, of one replica or
 * of all, and a whole answer serves the same question again as the partner's configuration says, while it is held.
 */
export class Conversations {
  readonly #running = new Map<string, Conversation>();
  readonly #answered: LRUCache<string, Answered>;
  readonly #shared: SharedQuestions | undefined;
  readonly #refreshing = new Set<string>();
  /** Until when questions are not refreshed, epoch ms. */
  readonly #paused: LRUCache<string, number>;
  /** What goes on behind the searches. */
  readonly #behind = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  /** @param shared what all replicas ask and are told; absent where this one is alone */
  constructor({ questions = 10_000 }: ConversationsOptions = {}, shared?: SharedQuestions) {
    this.#answered = new LRUCache({ max: questions });
    this.#paused = new LRUCache({ max: questions });
    this.#shared = shared;
  }

  /** Conversations that others can join, and questions whose answers are remembered. */
  stats(): { readonly running: number; readonly answered: number } {
    return { running: this.#running.size, answered: this.#answered.size };
  }

  /** Ends what goes on behind the searches. */
  async close(): Promise<void> {
    this.#closing.abort(CLOSING);
    await Promise.all(this.#behind);
  }

  /** A partner's part of a search, as `askPartner` has it. Never throws. */
  async ask(
    tools: ConversationTools,
    call: LocalCall,
    bounds: ExchangeBounds,
    onPage: OnPage,
  ): Promise<PartnerOutcome> {
    const { partner, request } = call;
    // What was handed over is at hand anyway.
    if ('lookup' in request || (!partner.shareInFlight && !isReused(partner))) {
      return askOrWithhold(tools, call, bounds, onPage);
    }
    let pages = 0;
    const counted: OnPage = (page) => {
      pages++;
      onPage(page);
    };
    const asked = { tools, call, key: this.#keyOf(call), bounds, onPage: counted, refreshing: false };
    const outcome = await this.#answer(asked);
    if (outcome.cache === CacheUse.STALE) this.#refresh(asked);
    if (pages > 0 || !mayStandIn(outcome)) return { ...outcome, reusableMs: this.#reusableMs(asked, outcome) };
    return (await this.#standIn(asked, outcome)) ?? outcome;
  }

  /** For how long whoever asks the same may be given what this search was, ms. */
  #reusableMs({ key, call }: Asked, { status, cache }: PartnerOutcome): number {
    const whole = status === OutcomeStatus.OK || status === OutcomeStatus.EMPTY;
    const held = this.#answered.peek(key);
    if (!whole || !call.partner.shareInFlight || cache === CacheUse.STALE || held === undefined) return 0;
    return Math.max(0, Math.floor(held.freshUntil - Date.now()));
  }

  #keyOf({ partner, context }: LocalCall): string {
    const question = questionText(context);
    if (this.#shared === undefined) return `${partner.name} ${partner.manifest.digest} ${question}`;
    return hash('sha256', `${partner.accountKey()} ${question}`, 'base64url');
  }

  async #answer(asked: Asked): Promise<PartnerOutcome> {
    const { key, call, bounds, onPage } = asked;
    const { partner } = call;
    const held = this.#answered.get(key);
    const use = held === undefined ? 'none' : useOf(held, Date.now());
    // A stale one may be fresh with another replica, unless this one is asking already.
    const isNewest = use === 'fresh' || (use === 'stale' && (this.#shared === undefined || this.#running.has(key)));
    if (held !== undefined && isNewest) {
      const part = new Part(partner, bounds);
      const outcome = await this.#give(asked, held, onPage);
      if (outcome !== undefined) return part.end(outcome);
    }
    for (;;) {
      const running = partner.shareInFlight ? this.#running.get(key) : undefined;
      if (running === undefined) return this.#begin(asked);
      const part = new Part(partner, bounds);
      const outcome = await running.join(bounds, onPage);
      if (outcome !== undefined) return part.end(outcome);
    }
  }

  #begin(asked: Asked): Promise<PartnerOutcome> {
    const { tools, key, call, bounds, onPage } = asked;
    const { partner, context } = call;
    const conversation = new Conversation({
      partner,
      context,
      ask: (own, receive) => {
        const joint = { ...asked, bounds: own, onPage: receive };
        return this.#shared === undefined
          ? askOrWithhold(tools, call, own, receive)
          : this.#askForAll(this.#shared, joint);
      },
      over: (outcome, pages) => {
        if (this.#running.get(key) === conversation) this.#running.delete(key);
        if (outcome === undefined || outcome.cache !== CacheUse.UNSPECIFIED) return;
        this.#keep(key, answeredOf(key, partner, outcome, pages, tools.now?.() ?? Date.now()));
      },
    });
    if (partner.shareInFlight) this.#running.set(key, conversation);
    return conversation.begin(bounds, onPage);
  }

  /** Asks the partner for all replicas, or gets what one of them was told. */
  async #askForAll(shared: SharedQuestions, asked: Asked): Promise<PartnerOutcome> {
    const { tools, key, call, bounds, onPage, refreshing } = asked;
    const { partner, withheld } = call;
    const part = new Part(partner, bounds);
    const end = (outcome: PartnerOutcome): PartnerOutcome => (refreshing ? outcome : part.end(outcome));
    const serves = (held: Answered): boolean => {
      const use = useOf(held, Date.now());
      return use === 'fresh' || (use === 'stale' && !refreshing);
    };
    const local = refreshing ? undefined : this.#answered.get(key);
    if (local !== undefined && useOf(local, Date.now()) === 'stale') {
      const newer = await shared.look(key, (held) => useOf(held, Date.now()) === 'fresh');
      const outcome = await this.#give(asked, 'held' in newer ? newer.held : local, onPage);
      if (outcome !== undefined) return end(outcome);
    }
    const until = bounds.until ?? (() => Date.now() + partner.timeoutMs);
    const found =
      partner.shareInFlight && withheld === undefined
        ? await shared.ask(key, { until, signal: bounds.signal }, serves)
        : await shared.look(key, serves);
    if (typeof found === 'string') return end(notTold(found, call, part.elapsedMs));
    if ('lead' in found) return this.#askAndShare(asked, found.lead);
    const outcome = 'held' in found ? await this.#give(asked, found.held, onPage) : await this.#tell(asked, found.told);
    // What was found may be gone, or of a mapping that this replica does not have.
    return outcome === undefined ? askOrWithhold(tools, call, bounds, onPage) : end(outcome);
  }

  async #askAndShare(
    { tools, key, call, bounds, onPage }: Asked,
    lead: Parameters<typeof shareEnd>[0],
  ): Promise<PartnerOutcome> {
    const pages: Page[] = [];
    const outcome = await askOrWithhold(tools, call, bounds, (page) => {
      pages.push(page);
      onPage(page);
    });
    const answered = answeredOf(key, call.partner, outcome, pages, tools.now?.() ?? Date.now());
    this.#goOn(shareEnd(lead, tools.answers, outcome, pages, answered));
    return outcome;
  }

  /** Gives what is held; undefined where it is not held any more. */
  async #give({ tools, key, call }: Asked, held: Answered, onPage: OnPage): Promise<PartnerOutcome | undefined> {
    const startedAt = performance.now();
    const stale = useOf(held, Date.now()) !== 'fresh';
    const pages = await pagesAgain(tools, call.partner, held, stale);
    if (pages === undefined) {
      if (this.#answered.peek(key) === held) this.#answered.delete(key);
      return undefined;
    }
    this.#keep(key, held);
    for (const page of pages) onPage(page);
    const cache = stale ? CacheUse.STALE : CacheUse.HIT;
    return heldOutcome(held, cache, performance.now() - startedAt, Date.now());
  }

  /** Gives what another replica was told while this one waited for it. */
  async #tell({ tools, key, call, onPage }: Asked, told: Answered): Promise<PartnerOutcome | undefined> {
    const startedAt = performance.now();
    const pages = await pagesAgain(tools, call.partner, told, false);
    if (pages === undefined) return undefined;
    this.#keep(key, told);
    for (const page of pages) onPage(page);
    return toldOutcome(told, performance.now() - startedAt);
  }

  /** The last whole answer, where the partner failed. */
  async #standIn(
    { tools, key, call, bounds, onPage }: Asked,
    failed: PartnerOutcome,
  ): Promise<PartnerOutcome | undefined> {
    const { partner } = call;
    if (partner.staleIfErrorMs === 0 || bounds.signal.aborted) return undefined;
    const part = new Part(partner, bounds);
    const held = newerOf(this.#answered.get(key), await this.#shared?.find(key));
    if (held === undefined || held.pages.length === 0 || useOf(held, Date.now()) === 'none') return undefined;
    const pages = await pagesAgain(tools, partner, held, true);
    if (pages === undefined) return undefined;
    for (const page of pages) onPage(page);
    return part.end(standInOutcome(held, failed, Date.now()));
  }

  /** Asks again, for those who come next. */
  #refresh(asked: Asked): void {
    const { key, call, bounds } = asked;
    const { partner, withheld } = call;
    const now = Date.now();
    const isSpared = withheld !== undefined || partner.hold.remaining(now) > 0 || now < (this.#paused.get(key) ?? 0);
    if (isSpared || this.#running.has(key) || this.#refreshing.has(key) || this.#closing.signal.aborted) return;
    this.#refreshing.add(key);
    const { trace, priority } = bounds;
    const own = { signal: this.#closing.signal, trace, ...(priority && { priority }) };
    const refreshed = this.#begin({ ...asked, bounds: own, onPage: () => {}, refreshing: true }).then((outcome) => {
      this.#refreshing.delete(key);
      refreshes.add(1, { partner: partner.name, outcome: outcomeName(outcome.status) });
      const held = this.#answered.peek(key);
      if (held === undefined || useOf(held, Date.now()) !== 'fresh')
        this.#paused.set(key, Date.now() + REFRESH_PAUSE_MS);
    });
    this.#goOn(refreshed);
  }

  #keep(key: string, answered: Answered | undefined): void {
    if (answered === undefined || useOf(answered, Date.now()) === 'none') return;
    this.#answered.set(key, newerOf(answered, this.#answered.peek(key))!);
  }

  #goOn(work: Promise<void>): void {
    this.#behind.add(work);
    void work.finally(() => this.#behind.delete(work));
  }
}

/** Asks the partner, unless it is not to be asked now. */
async function askOrWithhold(
  tools: ConversationTools,
  { partner, context, request, withheld }: LocalCall,
  bounds: ExchangeBounds,
  onPage: OnPage,
): Promise<PartnerOutcome> {
  if (withheld !== undefined) return withheld;
  if ('lookup' in request) return askPartner(tools, partner, context, request, bounds, onPage);
  return unlessSuspended(tools.traffic, partner, context, bounds, (own) =>
    askPartner(tools, partner, context, request, own, onPage),
  );
}

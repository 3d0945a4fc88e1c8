import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { LRUCache } from 'lru-cache';
import {
  CacheUse,
  FailureKind,
  OutcomeStatus,
  type PartnerOutcome,
} from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { tracer } from '../../libs/telemetry/index.ts';
import { questionText } from './answer-digest.ts';
import type { AnswerStore, HeldRows } from './answers.ts';
import { type AskTools, askPartner, cacheName, type Page, PageMapper, report } from './ask.ts';
import { Conversation } from './conversation.ts';
import type { ExchangeBounds } from './exchange.ts';
import { failureName, outcomeName } from './failure.ts';
import type { ConfiguredPartner } from './partner.ts';
import type { LocalCall } from './plan.ts';
import { unlessSuspended } from './suspension.ts';

/** What asking, or not having to, needs. */
export interface ConversationTools extends AskTools {
  readonly answers: AnswerStore;
}

/** Options of {@link Conversations}. */
export interface ConversationsOptions {
  /** Questions whose answers are remembered, default 10,000; sensible 100 to 100,000 (about 1 KB each). */
  readonly questions?: number;
}

/** A question that was answered whole. What came of it is with the answers, as long as those are held. */
interface Answered {
  readonly pages: readonly { readonly answer: string; readonly kept: number }[];
  readonly outcome: PartnerOutcome;
  /** When the oldest page came, epoch ms. */
  readonly fetchedAt: number;
  /** Epoch ms. */
  readonly until: number;
}

/** A row that is offered again is good for this much longer, or for half of its life where that is less. */
const LEAST_LIFE_MS = 60_000;

/**
 * Asks partners, and spares them questions: searches that ask the same at the same time share one conversation, and a whole
 * answer serves the same question again for as long as the partner's configuration says and the answer is held.
 */
export class Conversations {
  readonly #running = new Map<string, Conversation>();
  readonly #answered: LRUCache<string, Answered>;

  constructor({ questions = 10_000 }: ConversationsOptions = {}) {
    this.#answered = new LRUCache({ max: questions });
  }

  /** Conversations that others can join, and questions whose answers are remembered. */
  stats(): { readonly running: number; readonly answered: number } {
    return { running: this.#running.size, answered: this.#answered.size };
  }

  /** A partner's part of a search, as `askPartner` has it. Never throws. */
  async ask(
    tools: ConversationTools,
    call: LocalCall,
    bounds: ExchangeBounds,
    onPage: (page: Page) => void,
  ): Promise<PartnerOutcome> {
    const { partner, context, request } = call;
    // What was handed over is at hand anyway.
    if ('lookup' in request || (!partner.shareInFlight && partner.reuseMs === 0)) {
      return this.#askPartner(tools, call, bounds, onPage);
    }
    const key = `${partner.name} ${partner.manifest.digest} ${questionText(context)}`;
    if (this.#answered.has(key)) {
      const outcome = await this.#again(tools, key, call, bounds, onPage);
      if (outcome !== undefined) return outcome;
    }
    for (;;) {
      const running = partner.shareInFlight ? this.#running.get(key) : undefined;
      if (running === undefined) return this.#begin(tools, key, call, bounds, onPage);
      const part = new Part(partner, bounds);
      const outcome = await running.join(bounds, onPage);
      if (outcome === undefined) continue;
      part.end(outcome);
      return outcome;
    }
  }

  #begin(
    tools: ConversationTools,
    key: string,
    call: LocalCall,
    bounds: ExchangeBounds,
    onPage: (page: Page) => void,
  ): Promise<PartnerOutcome> {
    const { partner, context } = call;
    const conversation = new Conversation({
      partner,
      context,
      ask: (own, receive) => this.#askPartner(tools, call, own, receive),
      over: (outcome, pages) => {
        if (this.#running.get(key) === conversation) this.#running.delete(key);
        if (outcome !== undefined) this.#remember(key, partner, outcome, pages, tools.now?.() ?? Date.now());
      },
    });
    if (partner.shareInFlight) this.#running.set(key, conversation);
    return conversation.begin(bounds, onPage);
  }

  #askPartner(
    tools: ConversationTools,
    { partner, context, request }: LocalCall,
    bounds: ExchangeBounds,
    onPage: (page: Page) => void,
  ): Promise<PartnerOutcome> {
    if ('lookup' in request) return askPartner(tools, partner, context, request, bounds, onPage);
    return unlessSuspended(tools.traffic, partner, context, bounds, (own) =>
      askPartner(tools, partner, context, request, own, onPage),
    );
  }

  /** Remembers a whole answer, or that there is none. */
  #remember(
    key: string,
    { reuseMs, reuseEmptyMs }: ConfiguredPartner,
    outcome: PartnerOutcome,
    pages: readonly Page[],
    now: number,
  ): void {
    // An outcome with something to say is not of a whole answer.
    const whole = outcome.detail === '';
    const isEmpty = outcome.status === OutcomeStatus.EMPTY && pages.length === 0;
    if (!whole || !(isEmpty || outcome.status === OutcomeStatus.OK)) return;
    const fetchedAt = Math.min(now, ...pages.map((page) => page.fetchedAt));
    const until = Math.min(fetchedAt + (isEmpty ? reuseEmptyMs : reuseMs), ...pages.map(goodUntil));
    if (until <= now) return;
    const held = pages.map(({ answer, mapped }) => ({ answer, kept: mapped.rows.length }));
    this.#answered.set(key, { pages: held, outcome, fetchedAt, until });
  }

  /** The answer that is held; undefined where it is too old, or not held any more. */
  async #again(
    tools: ConversationTools,
    key: string,
    { partner }: LocalCall,
    bounds: ExchangeBounds,
    onPage: (page: Page) => void,
  ): Promise<PartnerOutcome | undefined> {
    const answered = this.#answered.get(key)!;
    const part = new Part(partner, bounds);
    const pages = Date.now() < answered.until ? await pagesAgain(tools, partner, answered) : undefined;
    if (pages === undefined) {
      if (this.#answered.peek(key) === answered) this.#answered.delete(key);
      return undefined;
    }
    for (const page of pages) onPage(page);
    const outcome: PartnerOutcome = {
      ...answered.outcome,
      cache: CacheUse.HIT,
      cacheAgeMs: Math.max(0, Date.now() - answered.fetchedAt),
      requests: 0,
      latencyMs: Math.round(part.elapsedMs),
    };
    part.end(outcome);
    return outcome;
  }
}

/** Until when a page can be given again: while every row of it has enough of its life left. */
function goodUntil({ fetchedAt, mapped }: Page): number {
  return mapped.expiresAt.reduce(
    (until, expiry) => Math.min(until, expiry - Math.min(LEAST_LIFE_MS, (expiry - fetchedAt) / 2)),
    Number.POSITIVE_INFINITY,
  );
}

/** Maps the held pages again; undefined where not all that was found is there. */
async function pagesAgain(
  { answers, turns }: ConversationTools,
  partner: ConfiguredPartner,
  { pages }: Answered,
): Promise<readonly Page[] | undefined> {
  const manifest = partner.manifest.digest;
  const held: HeldRows[] = [];
  for (const { answer } of pages) {
    const rows = await answers.rows(answer, manifest);
    if (rows === undefined) return undefined;
    held.push(rows);
  }
  const mapper = new PageMapper(partner);
  const again: Page[] = [];
  for (const [at, { rows, context }] of held.entries()) {
    await turns.take();
    const mapped = mapper.map(rows, context);
    // A page without an offer is not held: where it decided about rows of others, the partner is asked.
    if (mapped.rows.length !== pages[at]!.kept) return undefined;
    again.push({ partner, answer: pages[at]!.answer, manifest, fetchedAt: context.fetchedAt, mapped });
  }
  return again;
}

/** A part of a search for which the partner was not asked: its span, metrics and line in the log. */
class Part {
  readonly #partner: ConfiguredPartner;
  readonly #bounds: ExchangeBounds;
  readonly #startTime = Date.now();
  readonly #startedAt = performance.now();

  constructor(partner: ConfiguredPartner, bounds: ExchangeBounds) {
    this.#partner = partner;
    this.#bounds = bounds;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  end(outcome: PartnerOutcome): void {
    const { name, origin } = this.#partner;
    const attributes = {
      'entrepot.partner': name,
      'server.address': origin,
      'entrepot.outcome': outcomeName(outcome.status),
      'entrepot.rows.received': outcome.rowsReceived,
      'entrepot.offers.kept': outcome.offersKept,
      'entrepot.requests': 0,
      'entrepot.cache': cacheName(outcome.cache),
      ...(outcome.cacheAgeMs !== undefined && { 'entrepot.cache.age_ms': outcome.cacheAgeMs }),
      ...(outcome.failure !== FailureKind.UNSPECIFIED && { 'error.type': failureName(outcome.failure) }),
    };
    const options = { kind: SpanKind.CLIENT, attributes, startTime: this.#startTime };
    const span = tracer.startSpan('partner search', options, this.#bounds.trace);
    if (outcome.failure !== FailureKind.UNSPECIFIED) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.detail });
    }
    span.end();
    report(outcome, this.elapsedMs, this.#bounds.trace, undefined);
  }
}

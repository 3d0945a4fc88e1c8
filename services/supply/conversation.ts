import type { Context } from '@opentelemetry/api';
import {
  CacheUse,
  FailureKind,
  OutcomeStatus,
  type PartnerOutcome,
} from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { AskContext } from './adapter.ts';
import { emptyOutcome, type Page } from './ask.ts';
import { UNDECIDED } from './budget/policy.ts';
import type { ExchangeBounds } from './exchange.ts';
import { cancelled } from './failure.ts';
import type { ConfiguredPartner } from './partner.ts';
import { deadlineOf } from './partner-time.ts';

/** A search that takes part in a conversation. */
interface Participant {
  readonly startedAt: number;
  /** Epoch ms. */
  readonly deadline: number;
  readonly onPage: (page: Page) => void;
  /** What its search matters to the partner's budget. */
  readonly priority: (() => number) | undefined;
  readonly settle: (outcome: PartnerOutcome | undefined) => void;
  /** It began the conversation. */
  readonly first: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Who asks what, and with what it is bounded: the first participant's. */
export interface Asking {
  readonly partner: ConfiguredPartner;
  readonly context: AskContext;
  /** Asks the partner. Never rejects. */
  readonly ask: (bounds: ExchangeBounds, onPage: (page: Page) => void) => Promise<PartnerOutcome>;
  /** The conversation is over, or nobody listens any more. Called once. */
  readonly over: (outcome: PartnerOutcome | undefined, pages: readonly Page[]) => void;
}

/** Why a conversation that nobody listens to any more is aborted; made once, because an error costs a stack. */
const DESERTED = new Error('nobody waits for the answer any more');
/** With less time than this left, a search is not asked again for its own. */
const LEAST_MS = 50;

/**
 * One conversation with a partner for all searches that ask the same while it lasts. It goes on as long as the most patient of
 * them waits; each is cut off at its own deadline, and cancelling one leaves it to the others.
 */
export class Conversation {
  readonly #asking: Asking;
  readonly #abort = new AbortController();
  readonly #participants = new Set<Participant>();
  readonly #pages: Page[] = [];
  #deadline = 0;
  #requests = 0;
  /** What it mattered when the partner's budget was last asked to pay. */
  #paid = UNDECIDED;
  #over = false;

  constructor(asking: Asking) {
    this.#asking = asking;
  }

  /** Begins, for its first participant. */
  begin(bounds: ExchangeBounds, onPage: (page: Page) => void): Promise<PartnerOutcome> {
    const taken = this.#take(bounds, onPage, true);
    void this.#run(bounds.trace);
    // Only who has joined can be told to ask for itself.
    return taken as Promise<PartnerOutcome>;
  }

  /**
   * Takes part in what is under way: gets the pages that have come and those that will.
   *
   * @returns the outcome for this search; undefined where the conversation ended for want of time that this search still has, or of a
   *   budget that may pay for this search
   */
  join(bounds: ExchangeBounds, onPage: (page: Page) => void): Promise<PartnerOutcome | undefined> {
    const taken = this.#take(bounds, onPage, false);
    for (const page of this.#pages) onPage(page);
    return taken;
  }

  async #run(trace: Context): Promise<void> {
    const bounds = {
      until: () => this.#deadline,
      signal: this.#abort.signal,
      trace,
      ...(this.#asking.partner.budget !== undefined && { priority: () => this.#priority }),
      requested: () => {
        this.#requests++;
      },
    };
    const outcome = await this.#asking.ask(bounds, (page) => this.#received(page));
    this.#end(outcome);
    for (const one of [...this.#participants]) this.#settle(one, this.#outcomeFor(one, outcome));
  }

  /** The most that it matters to anybody who waits. */
  get #priority(): number {
    const all = [...this.#participants].map(({ priority }) => priority?.() ?? UNDECIDED);
    this.#paid = all.length === 0 ? this.#paid : Math.max(...all);
    return this.#paid;
  }

  #received(page: Page): void {
    this.#pages.push(page);
    for (const { onPage } of this.#participants) onPage(page);
  }

  #take(
    { deadline, givenUntil, signal, priority }: ExchangeBounds,
    onPage: (page: Page) => void,
    first: boolean,
  ): Promise<PartnerOutcome | undefined> {
    const { promise, resolve } = Promise.withResolvers<PartnerOutcome | undefined>();
    const own = deadlineOf(this.#asking.partner.timeoutMs, deadline, Date.now(), givenUntil);
    const onAbort = (): void => this.#cancel(one);
    const one: Participant = {
      startedAt: performance.now(),
      deadline: own,
      onPage,
      priority,
      first,
      timer: undefined,
      settle: (outcome) => {
        signal.removeEventListener('abort', onAbort);
        resolve(outcome);
      },
    };
    this.#participants.add(one);
    this.#deadline = Math.max(this.#deadline, own);
    this.#arm();
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    return promise;
  }

  /** Who waits for less time than the conversation goes on is cut off by itself. */
  #arm(): void {
    for (const one of this.#participants) {
      if (one.deadline >= this.#deadline) continue;
      one.timer ??= setTimeout(() => this.#late(one), Math.max(0, one.deadline - Date.now()));
    }
  }

  #late(one: Participant): void {
    const some = this.#pages.length > 0;
    const outcome = this.#partly(one, some ? OutcomeStatus.PARTIAL : OutcomeStatus.TIMED_OUT);
    outcome.failure = FailureKind.TIMEOUT;
    outcome.detail = `${some ? 'not every page came: ' : ''}the conversation that it shares goes on, but its own time was over`;
    this.#leave(one, outcome);
  }

  #cancel(one: Participant): void {
    if (!this.#participants.has(one)) return;
    if (this.#participants.size > 1) {
      const outcome = this.#partly(one, OutcomeStatus.CANCELLED);
      outcome.detail = cancelled().detail;
      this.#leave(one, outcome);
      return;
    }
    // The last one hears of the conversation how it ended, which is at once.
    this.#end(undefined);
    this.#abort.abort(DESERTED);
  }

  #leave(one: Participant, outcome: PartnerOutcome): void {
    this.#settle(one, outcome);
    if (this.#participants.size > 0 || this.#over) return;
    this.#end(undefined);
    this.#abort.abort(DESERTED);
  }

  #settle(one: Participant, outcome: PartnerOutcome | undefined): void {
    this.#participants.delete(one);
    clearTimeout(one.timer);
    one.settle(outcome);
  }

  #end(outcome: PartnerOutcome | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#asking.over(outcome, this.#pages);
  }

  #outcomeFor(one: Participant, outcome: PartnerOutcome): PartnerOutcome | undefined {
    if (one.first) return outcome;
    const inTime = one.deadline - Date.now() >= LEAST_MS;
    if (inTime && this.#pages.length === 0 && endedForWantOfTime(outcome)) return undefined;
    // Refused for one that matters less.
    const spent = outcome.status === OutcomeStatus.BUDGET_SPENT;
    if (spent && (one.priority?.() ?? UNDECIDED) > this.#paid) return undefined;
    const latencyMs = Math.round(performance.now() - one.startedAt);
    // What a held answer served stays that, with its age.
    const cache = outcome.cache === CacheUse.UNSPECIFIED ? CacheUse.SHARED : outcome.cache;
    return { ...outcome, cache, requests: 0, latencyMs };
  }

  /** The outcome of one that leaves while the conversation goes on. */
  #partly(one: Participant, status: OutcomeStatus): PartnerOutcome {
    const { partner, context } = this.#asking;
    const sum = (of: (page: Page) => number): number => this.#pages.reduce((total, page) => total + of(page), 0);
    return {
      ...emptyOutcome(partner.name, status, ''),
      rowsReceived: sum(({ mapped }) => mapped.received),
      offersKept: sum(({ mapped }) => mapped.rows.length),
      latencyMs: Math.round(performance.now() - one.startedAt),
      requests: one.first ? this.#requests : 0,
      cache: one.first ? CacheUse.UNSPECIFIED : CacheUse.SHARED,
      appliedFilters: (context.filters ?? []).map(({ text }) => text),
    };
  }
}

/** It waited, for one of the partner's places or for its pace, as long as those would who were there when it began to. */
function endedForWantOfTime({ status, retryAfterMs }: PartnerOutcome): boolean {
  return status === OutcomeStatus.TIMED_OUT || (status === OutcomeStatus.RATE_LIMITED && retryAfterMs === undefined);
}

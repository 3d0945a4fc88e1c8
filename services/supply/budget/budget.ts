import type { SharedState } from '../../../libs/shared/index.ts';
import type { BudgetConfig } from './config.ts';
import { BudgetCalendar, type BudgetDay } from './day.ts';
import { type Booked, type Kept, Ledger } from './ledger.ts';
import { type Purpose, requestsRefused, requestsSpent } from './metrics.ts';
import type { Policy, SearchFacts } from './policy.ts';
import { PriorityQueue, type Waiting } from './queue.ts';

/** Why a search's request was refused. */
export interface Refusal {
  /** For a person: which budget, what is left of it, what the search matters. */
  readonly detail: string;
  /** After so many milliseconds it may go out, if nobody else spends what is left. */
  readonly retryAfterMs: number;
}

/** How a request of a search may go out. */
export type Spent = 'spent' | 'cancelled' | Refusal;

/** A request of a search that wants to go out. */
export interface Spending {
  /** What its search matters, 0 to 1; of several that wait for the answer, the most. */
  readonly priority: number;
  /** Until when it can wait for the budget by the second, epoch ms. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** What it is for. Default: a search. */
  readonly purpose?: 'search' | 'check';
}

/** The part of the bucket by the second that is kept for the highest priority: the others find it empty earlier. */
const KEPT_OF_BURST = 0.5;

interface Waiter extends Waiting {
  readonly purpose: 'search' | 'check';
  settle(spent: Spent): void;
}

/** The requests that one partner's account may send, as all replicas share them, spent on the searches that matter most. */
export class PartnerBudget {
  readonly lookToBook: number | undefined;
  readonly config: BudgetConfig;
  readonly #partner: string;
  readonly #policy: Policy;
  readonly #calendar: BudgetCalendar;
  readonly #burst: number;
  readonly #ledger: Ledger;
  readonly #now: () => number;
  readonly #waiting = new PriorityQueue<Waiter>();
  /** When a request may go out that waits now, epoch ms. */
  #nextAt = 0;
  #pumping = false;
  #wake: (() => void) | undefined;
  #refused = 0;

  /**
   * @param lookToBook searches a booking that the partner's terms allow
   * @param now the clock, epoch ms
   */
  constructor(partner: string, config: BudgetConfig, policy: Policy, lookToBook?: number, now = Date.now) {
    const { perSecond, perDay, burst, timeZone, hours } = config;
    this.#partner = partner;
    this.config = config;
    this.lookToBook = lookToBook;
    this.#policy = policy;
    this.#calendar = new BudgetCalendar(timeZone, hours);
    this.#burst = burst ?? Math.max(1, Math.floor((perSecond ?? 0) / 10));
    this.#ledger = new Ledger(partner, { perSecond, perDay, burst: this.#burst }, now);
    this.#now = now;
  }

  /** Searches whose requests this replica refused since it began. */
  get refused(): number {
    return this.#refused;
  }

  /** The store cannot be reached: this replica spends its own share. */
  get alone(): boolean {
    return this.#ledger.alone;
  }

  /** Of the day's budget, the share that is not spent, as last seen; 1 where there is none. */
  get leftOfDay(): number {
    const { perDay } = this.config;
    return perDay === undefined ? 1 : this.#ledger.leftOf(this.#calendar.at(this.#now())) / perDay;
  }

  /** What a search matters by the policy, 0 to 1. */
  priorityOf(search: SearchFacts): number {
    const now = this.#now();
    const day = this.#calendar.at(now);
    return this.#policy.priorityOf(search, {
      leftOfDay: this.leftOfDay,
      expectedLeft: day.expectedLeft(now),
      today: day.date,
      now,
      lookToBook: this.lookToBook,
    });
  }

  /** Counts a request that is never refused. Never rejects. */
  async count(state: SharedState | undefined, purpose: Purpose, requests = 1): Promise<void> {
    if (requests <= 0) return;
    requestsSpent.add(requests, { partner: this.#partner, purpose });
    const now = this.#now();
    await this.#ledger.count(state, this.#calendar.at(now), now, requests);
  }

  /**
   * Spends one request of a search. Where the budget by the second is empty it waits for its turn, who matters most first; where
   * the one by the day is, or the turn would come too late, it is refused at once. Never rejects.
   */
  async spend(state: SharedState | undefined, spending: Spending): Promise<Spent> {
    if (spending.signal.aborted) return 'cancelled';
    if (this.#waiting.size === 0) {
      const tried = await this.#try(state, spending);
      if (tried !== 'empty') return tried;
    }
    return spending.signal.aborted ? 'cancelled' : this.#turn(state, spending);
  }

  /** How it stands, as all replicas see it. Never rejects. */
  async look(state: SharedState | undefined): Promise<{ day: BudgetDay; spent: number; second: number }> {
    const now = this.#now();
    const day = this.#calendar.at(now);
    const { second } = await this.#ledger.book(state, day, now, 0, { ofSecond: 0, ofDay: 0 });
    return { day, spent: this.#ledger.spentOf(day), second };
  }

  async #try(
    state: SharedState | undefined,
    { priority, purpose = 'search' }: Pick<Spending, 'priority' | 'purpose'>,
  ): Promise<'spent' | 'empty' | Refusal> {
    const now = this.#now();
    const day = this.#calendar.at(now);
    const kept = this.#keptFrom(priority, day, now);
    const booked = await this.#ledger.book(state, day, now, 1, kept);
    if (booked.taken) {
      requestsSpent.add(1, { partner: this.#partner, purpose });
      return 'spent';
    }
    if (booked.day - 1 < kept.ofDay * booked.share)
      return this.#refuse(
        'day',
        priority,
        ofDay(this.config, said(priority, purpose), priority, day, now, booked, kept),
      );
    this.#nextAt = this.#now() + this.#waitFor(kept, booked);
    return 'empty';
  }

  /** What a search has to leave to those that matter more: nothing where it matters most. */
  #keptFrom(priority: number, day: BudgetDay, now: number): Kept {
    const { perDay } = this.config;
    const others = 1 - priority;
    return {
      ofSecond: others * (this.#burst - 1) * KEPT_OF_BURST,
      // Without what sums of fractions of a day leave over.
      ofDay: perDay === undefined ? 0 : Math.floor(others * day.expectedLeft(now) * perDay * 1e6) / 1e6,
    };
  }

  /** Milliseconds until the bucket by the second has enough. */
  #waitFor({ ofSecond }: Kept, { second, share }: Booked): number {
    const missing = 1 + ofSecond * share - second;
    return Math.max(1, Math.ceil((missing / (this.#pace * share)) * 1_000));
  }

  /** Requests a second that go out while more want to. */
  get #pace(): number {
    const { perSecond = 0 } = this.config;
    return perSecond >= 1 ? perSecond - this.#burst + 1 : perSecond;
  }

  #turn(state: SharedState | undefined, spending: Spending): Promise<Spent> {
    return new Promise((resolve) => {
      const onAbort = (): void => waiter.settle('cancelled');
      const waiter: Waiter = {
        get priority() {
          return spending.priority;
        },
        deadline: spending.deadline,
        purpose: spending.purpose ?? 'search',
        settle: (spent) => {
          if (!this.#waiting.delete(waiter)) return;
          spending.signal.removeEventListener('abort', onAbort);
          resolve(spent);
        },
      };
      this.#waiting.add(waiter);
      spending.signal.addEventListener('abort', onAbort, { once: true });
      // Who matters most has less to leave than those that waited before.
      this.#wake?.();
      if (!this.#pumping) void this.#pump(state);
    });
  }

  /** Lets those that wait out, one by one, until nobody waits. */
  async #pump(state: SharedState | undefined): Promise<void> {
    this.#pumping = true;
    for (;;) {
      this.#refuseLate();
      const [first] = this.#waiting.inOrder();
      if (first === undefined) break;
      const tried = await this.#try(state, first);
      if (tried !== 'empty') first.settle(tried);
      else {
        this.#refuseLate();
        await this.#sleep(this.#nextAt - this.#now());
      }
    }
    this.#pumping = false;
  }

  /** Refuses who would be let out after its time. */
  #refuseLate(): void {
    const now = this.#now();
    for (const [ahead, waiter] of this.#waiting.inOrder().entries()) {
      const turnAt = Math.max(this.#nextAt, now) + (ahead / this.#pace) * 1_000;
      if (turnAt < waiter.deadline) continue;
      const { priority, purpose } = waiter;
      const { perSecond } = this.config;
      const detail =
        `its budget of ${perSecond} requests a second is spent until after the time is over, with ${ahead} others before it; ` +
        said(priority, purpose);
      waiter.settle(this.#refuse('second', priority, { detail, retryAfterMs: Math.ceil(turnAt - now) }));
    }
  }

  #sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(1, ms));
    this.#wake = resolve;
    return promise.finally(() => {
      clearTimeout(timer);
      this.#wake = undefined;
    });
  }

  #refuse(budget: 'day' | 'second', priority: number, refusal: Refusal): Refusal {
    this.#refused++;
    requestsRefused.add(1, { partner: this.#partner, budget, priority: bandOf(priority) });
    return refusal;
  }
}

function ofDay(
  { perDay, timeZone }: BudgetConfig,
  whose: string,
  priority: number,
  day: BudgetDay,
  now: number,
  { day: left, share }: Booked,
  { ofDay: kept }: Kept,
): Refusal {
  const budget = `its budget of ${perDay} requests a day`;
  const whole = Math.floor(left);
  if (left < 1 || kept === 0) {
    const detail = `${budget} (${timeZone}) is spent until midnight, ${whole} are left; ${whose}`;
    return { detail, retryAfterMs: day.endsAt - now };
  }
  const detail = `of ${budget} (${timeZone}) ${whole} are left, kept for searches that matter more; ${whose}`;
  // If nobody spends any more of it, the time comes when less has to be kept.
  const at = day.whenLeft((left / share - 1 / share) / ((1 - priority) * perDay!));
  return { detail, retryAfterMs: Math.max(1, at - now) };
}

function said(priority: number, purpose: 'search' | 'check'): string {
  return `this ${purpose} has priority ${Number(priority.toFixed(2))} of 1`;
}

/** The fifth of all priorities that one lies in: "0.4-0.6". */
export function bandOf(priority: number): string {
  const fifth = Math.min(4, Math.floor(priority * 5));
  return `${fifth / 5}-${(fifth + 1) / 5}`;
}

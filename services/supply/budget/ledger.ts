import { randomUUID } from 'node:crypto';
import { type Bucket, MemoryState, type SharedState, type Taken } from '../../../libs/shared/index.ts';
import { logger } from '../../../libs/telemetry/index.ts';
import type { BudgetDay } from './day.ts';

/** What a partner's account may send. */
export interface Allowance {
  /** Requests a second; undefined for any number. */
  readonly perSecond: number | undefined;
  /** Of those, at once. */
  readonly burst: number;
  /** Requests a day; undefined for any number. */
  readonly perDay: number | undefined;
}

/** What has to stay in the buckets. */
export interface Kept {
  readonly ofSecond: number;
  readonly ofDay: number;
}

/** What came of it. */
export interface Booked {
  readonly taken: boolean;
  /** Tokens of the second's bucket; infinite where there is none. */
  readonly second: number;
  /** Requests of the day that are left; infinite where there is no such budget. */
  readonly day: number;
  /** Of everything, what these levels are of: 1, or the share of this replica while it is on its own. */
  readonly share: number;
}

/** A day without a budget is counted as of so many. */
const COUNTLESS = 1e12;
/** What is never refused may go so far below 0. */
const OVERDRAFT = -1e9;
/** A store that could not be reached is tried again after this. */
const RETRY_MS = 1_000;
/** Replicas remember much the same: after one has told a state what it had forgotten, nobody does for so long. */
const REMIND_MS = 10_000;
/** However little of the requests this replica was seen to send, it has that much of the budget while it is on its own. */
const LEAST_SHARE = 0.01;

const log = logger('supply.budget');

/**
 * The requests of one account as replicas share them. While the shared state cannot be reached, each replica goes on by itself with
 * the share of what was left that it was seen to spend of late, and tells the others afterwards what it spent.
 */
export class Ledger {
  readonly #partner: string;
  readonly #allowance: Allowance;
  readonly #alone: MemoryState;
  /** Of this replica, as nobody else is called. */
  readonly #name = randomUUID();
  /** Which day the following are of. */
  #date = '';
  /** Of the day, spent by all when this process first looked. */
  #before: number | undefined;
  /** Of the day, spent by all, as last seen. */
  #spent = 0;
  /** Of the day, spent by this process since it first looked. */
  #own = 0;
  #outage: Outage | undefined;

  /** @param now the clock, epoch ms */
  constructor(partner: string, allowance: Allowance, now: () => number) {
    this.#partner = partner;
    this.#allowance = allowance;
    this.#alone = new MemoryState({ now });
  }

  /** Requests of the day, by all, as last seen. */
  spentOf(day: BudgetDay): number {
    return this.#date === day.date ? this.#spent : 0;
  }

  /** Requests of the day that are left, as last seen; infinite where there is no such budget. */
  leftOf(day: BudgetDay): number {
    const { perDay } = this.#allowance;
    return perDay === undefined ? Number.POSITIVE_INFINITY : Math.max(0, perDay - this.spentOf(day));
  }

  /** The store cannot be reached, and the replica spends its own share. */
  get alone(): boolean {
    return this.#outage !== undefined;
  }

  /** Books so many requests, if there are as many beside what has to be kept. Never rejects. */
  async book(state: SharedState | undefined, day: BudgetDay, now: number, amount: number, kept: Kept): Promise<Booked> {
    this.#turnTo(day);
    const outage = this.#outage;
    if (state !== undefined && (outage === undefined || now >= outage.retryAt)) {
      // One request at a time finds out whether it can be reached again.
      if (outage !== undefined) outage.retryAt = now + RETRY_MS;
      try {
        return await this.#bookWithAll(state, day, amount, kept);
      } catch (error) {
        this.#lost(now, error);
      }
    }
    return this.#bookAlone(state === undefined, day, amount, kept);
  }

  /** Counts requests that are never refused. Never rejects. */
  async count(state: SharedState | undefined, day: BudgetDay, now: number, amount = 1): Promise<void> {
    await this.book(state, day, now, amount, { ofSecond: OVERDRAFT, ofDay: OVERDRAFT });
  }

  async #bookWithAll(state: SharedState, day: BudgetDay, amount: number, kept: Kept): Promise<Booked> {
    if (this.#outage !== undefined) await this.#found(state, day, this.#outage);
    const taken = await this.#take(state, day, amount, kept);
    return this.#booked(taken, 1);
  }

  async #take(state: SharedState, day: BudgetDay, amount: number, kept: Kept): Promise<Taken> {
    // At least that is spent by the time that the state answers, unless it has lost its memory.
    const seen = Math.min(this.#capacity, this.#spent - (this.#outage?.unsaid ?? 0));
    const taken = await state.take(this.#buckets(day, kept), amount);
    const spent = this.#capacity - taken.levels.at(-1)!;
    const own = taken.taken ? amount : 0;
    if (day.date !== this.#date) return taken;
    this.#own += own;
    this.#before ??= spent - own;
    // Answers may overtake each other; what is spent only grows.
    this.#spent = Math.max(this.#spent, spent);
    // Of a bucket that is empty nobody knows how far it is overdrawn.
    if (spent < this.#capacity && spent - own < seen) await this.#remind(state, day, seen - (spent - own));
    return taken;
  }

  /** Tells a state that was started anew what had been spent: one replica does. */
  async #remind(state: SharedState, day: BudgetDay, requests: number): Promise<void> {
    const lease = `supply/budget/${this.#partner}/reminding`;
    if ((await state.acquire(lease, this.#name, REMIND_MS)) !== this.#name) return;
    log.warn(
      { partner: this.#partner, requests },
      'the shared state has forgotten requests of today, and is told of them',
    );
    await state.take([this.#ofDay(day)], requests);
  }

  /** The day's bucket, for what is counted whatever is left. */
  #ofDay(day: BudgetDay): Bucket {
    return this.#buckets(day, { ofSecond: OVERDRAFT, ofDay: OVERDRAFT }).at(-1)!;
  }

  async #bookAlone(always: boolean, day: BudgetDay, amount: number, kept: Kept): Promise<Booked> {
    const outage = always ? undefined : this.#outage;
    const share = outage?.share ?? 1;
    const left = outage?.date === day.date ? outage.left : this.#capacity;
    const scaled = { ofSecond: kept.ofSecond * share, ofDay: kept.ofDay * share };
    const own = { share, capacity: Math.floor(left * share), name: outage === undefined ? '' : `/${outage.since}` };
    const taken = await this.#alone.take(this.#buckets(day, scaled, own), amount);
    if (taken.taken && day.date === this.#date) {
      this.#own += amount;
      this.#spent += amount;
      if (outage !== undefined) outage.unsaid += amount;
    }
    return this.#booked(taken, share);
  }

  /** @param own while the replica is on its own: its share, and what it has of the day */
  #buckets(day: BudgetDay, kept: Kept, own = { share: 1, capacity: this.#capacity, name: '' }): Bucket[] {
    const { perSecond, burst } = this.#allowance;
    const { share, capacity, name } = own;
    const key = `supply/budget/${this.#partner}`;
    const ofDay = { capacity, refillPerSecond: 0, endsAt: day.endsAt, reserve: kept.ofDay };
    const buckets: Bucket[] = [{ key: `${key}/${day.date}${name}`, ...ofDay }];
    if (perSecond !== undefined) {
      buckets.unshift({
        key: `${key}/second${name}`,
        capacity: Math.max(1, burst * share),
        // With what may go out at once before, no second sees more than perSecond.
        refillPerSecond: (perSecond >= 1 ? perSecond - burst + 1 : perSecond) * share,
        reserve: kept.ofSecond,
      });
    }
    return buckets;
  }

  get #capacity(): number {
    return this.#allowance.perDay ?? COUNTLESS;
  }

  #booked({ taken, levels }: Taken, share: number): Booked {
    const { perSecond, perDay } = this.#allowance;
    return {
      taken,
      share,
      second: perSecond === undefined ? Number.POSITIVE_INFINITY : levels[0]!,
      day: perDay === undefined ? Number.POSITIVE_INFINITY : levels.at(-1)!,
    };
  }

  #turnTo({ date }: BudgetDay): void {
    if (this.#date === date) return;
    // At midnight everybody has seen all that was spent: nothing.
    this.#before = this.#date === '' ? undefined : 0;
    this.#date = date;
    this.#spent = 0;
    this.#own = 0;
    if (this.#outage !== undefined) this.#outage.unsaid = 0;
  }

  #lost(now: number, error: unknown): void {
    if (this.#outage !== undefined) return;
    const all = this.#spent - (this.#before ?? 0);
    const share = Math.min(1, Math.max(LEAST_SHARE, (this.#own + 1) / (all + 1)));
    const left = Math.max(0, this.#capacity - this.#spent);
    this.#outage = { since: now, date: this.#date, share, left, retryAt: now + RETRY_MS, unsaid: 0 };
    log.warn(
      { partner: this.#partner, share, err: error },
      'the shared state cannot be reached: this replica spends its own share of the budget',
    );
  }

  /** Tells the others what was spent meanwhile. */
  async #found(state: SharedState, day: BudgetDay, outage: Outage): Promise<void> {
    await this.#take(state, day, 0, { ofSecond: OVERDRAFT, ofDay: OVERDRAFT });
    let told = 0;
    while (outage.unsaid > 0) {
      const requests = outage.unsaid;
      outage.unsaid = 0;
      try {
        await state.take([this.#ofDay(day)], requests);
      } catch (error) {
        outage.unsaid += requests;
        throw error;
      }
      told += requests;
    }
    if (this.#outage !== outage) return;
    this.#outage = undefined;
    log.info({ partner: this.#partner, requests: told }, 'the shared state is back: replicas share the budget again');
  }
}

/** While the shared state cannot be reached. */
interface Outage {
  /** Epoch ms. */
  readonly since: number;
  /** The day in which it began. */
  readonly date: string;
  /** Of that day, what was left then. */
  readonly left: number;
  /** Of that, this replica's part. */
  readonly share: number;
  /** Epoch ms. */
  retryAt: number;
  /** Requests of today that the others do not know of. */
  unsaid: number;
}

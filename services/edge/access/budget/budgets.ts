// What clients have to spend, kept where replicas share it.
import { LRUCache } from 'lru-cache';
import type { Budget } from '../../../../libs/clients/index.ts';
import { EntrepotError } from '../../../../libs/errors/index.ts';
import { MemoryState, type SharedState } from '../../../../libs/shared/index.ts';
import { counter, type Logger, logger } from '../../../../libs/telemetry/index.ts';
import type { BudgetLeft } from '../../api/caller.ts';
import { Account, type Asking, NEARLY, type Waiter } from './account.ts';

/** Where and how points are kept. */
export interface BudgetsOptions {
  /** Where replicas keep them together. Default: the memory of this process. */
  readonly state?: SharedState;
  /**
   * Points that are taken ahead, as seconds of what comes back to a client, so that not every call is a round trip; at most a tenth
   * of what it may have. Default 1 with a server, 0 in memory, where taking costs nothing; sensible 0 to 10.
   */
  readonly leaseSeconds?: number;
  /**
   * The part of each budget that this replica spends by itself while the shared state cannot be reached. Default 0.25: up to four
   * replicas together spend no more than the whole then; sensible 1 / replicas.
   */
  readonly localShare?: number;
  /** Epoch ms; default the machine's. */
  readonly now?: () => number;
  readonly log?: Logger;
}

const local = counter('entrepot.edge.budget.local', {
  description: "Takings from this replica's own share of budgets, because the shared state could not be reached",
});

/** Clients whose points are remembered here; what is forgotten is asked for again. */
const MOST_ACCOUNTS = 10_000;
const nobody: ReadonlySet<Waiter> = new Set();
/** A level that is older than this is asked for again by who wants to know it. */
const FRESH_MS = 1_000;

/**
 * Budgets of clients. A client's points fill a bucket in the shared state; a replica takes from it what a call costs, and a
 * little ahead (a lease). What was not taken is never spent, so all replicas together spend no more than capacity + refill × time,
 * whatever happens to them. What a replica has taken ahead the others cannot spend: at most one lease for each.
 */
export class Budgets {
  readonly #state: SharedState;
  readonly #leaseSeconds: number;
  readonly #localShare: number;
  readonly #now: () => number;
  readonly #log: Logger;
  readonly #accounts = new LRUCache<string, Account>({ max: MOST_ACCOUNTS });
  /** This replica's own shares, for as long as the shared state cannot be reached. */
  readonly #alone: MemoryState;
  #away = false;

  constructor({ state, leaseSeconds, localShare = 0.25, now = Date.now, log = logger('edge') }: BudgetsOptions = {}) {
    this.#state = state ?? new MemoryState({ now });
    this.#leaseSeconds = leaseSeconds ?? (this.#state.kind === 'redis' ? 1 : 0);
    this.#localShare = localShare;
    this.#now = now;
    this.#log = log;
    this.#alone = new MemoryState({ now });
  }

  /**
   * Spends points of a client. More than it can ever have cost as much as it can have: nothing is out of reach.
   * @throws EntrepotError QUOTA_SPENT with `retryAfterMs`, when it is enough again
   */
  async charge(client: string, budget: Budget, points: number): Promise<BudgetLeft> {
    const account = this.#accountOf(client, budget);
    const waiter: Waiter = { points, served: false };
    // Who waits goes first.
    if (account.waiting.size === 0 && account.spend(points, this.#now())) return account.left(this.#now());
    account.waiting.add(waiter);
    try {
      for (;;) {
        account.asking ??= this.#ask(account);
        const { waiters, done } = account.asking;
        await done;
        if (waiter.served) return account.left(this.#now());
        if (waiters.has(waiter)) throw this.#spent(client, account, points);
      }
    } finally {
      account.waiting.delete(waiter);
    }
  }

  /** Gives points back that were spent on nothing. */
  refund(client: string, budget: Budget, points: number): void {
    this.#accountOf(client, budget).give(points, this.#now());
  }

  /** What a client has left, asked for where nobody has lately. */
  async left(client: string, budget: Budget): Promise<BudgetLeft> {
    const account = this.#accountOf(client, budget);
    if (!(this.#now() - account.knownAt < FRESH_MS)) await this.#take(account, 0, nobody);
    return account.left(this.#now());
  }

  /** What a client has left as far as is known here, for headers; undefined where nothing is. */
  known(client: string, budget: Budget): BudgetLeft | undefined {
    const account = this.#accountOf(client, budget);
    return account.knownAt === Number.NEGATIVE_INFINITY ? undefined : account.left(this.#now());
  }

  /** Lets go of what is kept here; not of the shared state. */
  async close(): Promise<void> {
    await this.#alone.close();
  }

  #accountOf(client: string, budget: Budget): Account {
    let account = this.#accounts.get(client);
    if (account === undefined) {
      account = new Account(`budget:${encodeURIComponent(client)}`, budget);
      this.#accounts.set(client, account);
    }
    account.budget = budget;
    return account;
  }

  /** Asks for all who wait now; who comes later waits for the next time. */
  #ask(account: Account): Asking {
    const waiters: ReadonlySet<Waiter> = new Set(account.waiting);
    const done = this.#takeFor(account, waiters).finally(() => {
      account.asking = undefined;
    });
    return { waiters, done };
  }

  /** Takes what those who wait need, and the lease; or what some of them need, where that is all there is. Never rejects. */
  async #takeFor(account: Account, waiters: ReadonlySet<Waiter>): Promise<void> {
    const { capacity, refillPerSecond } = account.budget;
    const lease = Math.min(capacity / 10, refillPerSecond * this.#leaseSeconds);
    if (await this.#take(account, Math.min(capacity, account.wanted(waiters) + lease), waiters)) return;
    // What would help nobody is left to the other replicas.
    const some = account.affordable(waiters);
    if (some > 0) await this.#take(account, some, waiters);
  }

  async #take(account: Account, amount: number, waiters: ReadonlySet<Waiter>): Promise<boolean> {
    try {
      account.share = 1;
      const taken = await this.#takeFrom(this.#state, account, amount, waiters);
      if (this.#away) this.#log.info('budgets are shared again');
      this.#away = false;
      return taken;
    } catch (error) {
      if (!this.#away)
        this.#log.warn({ err: error }, 'budgets cannot be shared; this replica spends its own part alone');
      this.#away = true;
      local.add(1);
      account.share = this.#localShare;
      return await this.#takeFrom(this.#alone, account, Math.min(amount, account.capacity), waiters);
    }
  }

  async #takeFrom(
    state: SharedState,
    account: Account,
    amount: number,
    waiters: ReadonlySet<Waiter>,
  ): Promise<boolean> {
    const bucket = { key: account.key, capacity: account.capacity, refillPerSecond: account.refill, reserve: -NEARLY };
    const { taken, levels } = await state.take([bucket], amount);
    account.learn(levels[0] ?? 0, taken ? amount : 0, this.#now());
    account.serve(waiters);
    return taken;
  }

  #spent(client: string, account: Account, points: number): EntrepotError {
    const now = this.#now();
    const cost = account.costOf(points);
    const { left } = account.left(now);
    return new EntrepotError({
      reason: 'QUOTA_SPENT',
      message:
        `The client "${client}" has spent its budget: this costs ${round(cost)} points, ${round(left)} are left, and ` +
        `${round(account.refill)} come back a second. Come back then, or ask for less.`,
      retryAfterMs: account.waitFor(cost, now),
      metadata: { cost: String(round(cost)), left: String(round(left)) },
    });
  }
}

function round(points: number): number {
  return Math.floor(points * 100) / 100;
}

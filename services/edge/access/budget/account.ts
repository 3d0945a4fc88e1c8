import type { Budget } from '../../../../libs/clients/index.ts';
import type { BudgetLeft } from '../../api/caller.ts';

/** Who waits for points. */
export interface Waiter {
  readonly points: number;
  /** Its points were spent. */
  served: boolean;
}

/** Points are being asked for. */
export interface Asking {
  /** For whom: what is not there for them afterwards is not there. */
  readonly waiters: ReadonlySet<Waiter>;
  readonly done: Promise<void>;
}

/** A float's error is no point. */
export const NEARLY = 1e-6;

/** What this replica knows and holds of one client's budget. */
export class Account {
  readonly key: string;
  budget: Budget;
  /** The part of the budget that counts here: 1, or less while replicas cannot share it. */
  share = 1;
  readonly waiting = new Set<Waiter>();
  asking: Asking | undefined;
  /** When the level was learned, epoch ms. */
  knownAt = Number.NEGATIVE_INFINITY;
  /** Taken from the bucket and not spent yet. */
  #held = 0;
  /** What was left in the bucket at `knownAt`. */
  #level = 0;

  constructor(key: string, budget: Budget) {
    this.key = key;
    this.budget = budget;
  }

  get capacity(): number {
    return this.budget.capacity * this.share;
  }

  get refill(): number {
    return this.budget.refillPerSecond * this.share;
  }

  /** What points cost: no more than there can ever be. */
  costOf(points: number): number {
    return Math.min(points, this.capacity);
  }

  /** Spends what is held. False where that is too little. */
  spend(points: number, now: number): boolean {
    const cost = this.costOf(points);
    this.#lapse(now);
    if (this.#held + NEARLY < cost) return false;
    this.#held = Math.max(0, this.#held - cost);
    return true;
  }

  give(points: number, now: number): void {
    this.#lapse(now);
    this.#held += this.costOf(points);
  }

  /** What the bucket had after so much was taken from it. */
  learn(level: number, taken: number, now: number): void {
    this.#lapse(now);
    this.#held += taken;
    this.#level = level;
    this.knownAt = now;
  }

  /** Spends what is held for those who wait, in their order. At once with `learn`: what is held lapses as time goes by. */
  serve(waiters: ReadonlySet<Waiter>): void {
    for (const waiter of waiters) {
      const cost = this.costOf(waiter.points);
      if (waiter.served || this.#held + NEARLY < cost) continue;
      this.#held = Math.max(0, this.#held - cost);
      waiter.served = true;
    }
  }

  /** Points that all who wait need beyond what is held. */
  wanted(waiters: ReadonlySet<Waiter>): number {
    const all = [...waiters].reduce((sum, { points, served }) => sum + (served ? 0 : this.costOf(points)), 0);
    return Math.max(0, all - this.#held);
  }

  /** Points beyond what is held that those need who can have theirs now, in their order; 0 where nobody can. */
  affordable(waiters: ReadonlySet<Waiter>): number {
    let sum = 0;
    for (const { points, served } of waiters) {
      if (served) continue;
      const cost = this.costOf(points);
      if (sum + cost <= this.#held + this.#level + NEARLY) sum += cost;
    }
    return Math.max(0, sum - this.#held);
  }

  /** Milliseconds until so many points are there, if nobody else spends any. */
  waitFor(cost: number, now: number): number {
    const short = cost - this.#held - this.#levelAt(now);
    return Math.max(1, Math.ceil(((short - NEARLY / 2) / this.refill) * 1_000));
  }

  left(now: number): BudgetLeft {
    this.#lapse(now);
    const { capacity, refillPerSecond } = this.budget;
    return { capacity, refillPerSecond, left: Math.min(capacity, this.#held + this.#levelAt(now)) };
  }

  #levelAt(now: number): number {
    if (this.knownAt === Number.NEGATIVE_INFINITY) return 0;
    return Math.min(this.capacity, this.#level + (Math.max(0, now - this.knownAt) / 1_000) * this.refill);
  }

  /**
   * Points that are held take room in the bucket: as it fills up they lapse, so that a client which rests has no more than its
   * capacity afterwards.
   */
  #lapse(now: number): void {
    if (this.knownAt === Number.NEGATIVE_INFINITY) return;
    this.#held = Math.max(0, Math.min(this.#held, this.capacity - this.#levelAt(now)));
  }
}

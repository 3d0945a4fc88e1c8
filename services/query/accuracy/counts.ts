import type { Logger } from '../../../libs/telemetry/index.ts';
import type { CheckStore } from './check-store.ts';
import { addTo, checkedOf, type Kind, keyOf, kindOf, noTally, type Tallies, type Tally } from './tally.ts';

/** Checks are counted apart by so long: what leaves the window leaves it in such pieces, ms. */
export const BUCKET_MS = 600_000;

/** Which checks count. */
export interface Window {
  readonly windowHours: number;
  /** Of each partner in each market the latest so many, and what was checked in the same stretch of time. */
  readonly lastChecks: number;
}

/** What was found of one partner in one market. */
export interface Found {
  readonly partner: string;
  readonly market: string;
  readonly all: Readonly<Tally>;
  readonly byLeadTime: ReadonlyMap<string, Readonly<Tally>>;
}

/**
 * Checks of all replicas over a window of time, by partner, market and lead time. A check costs an addition in memory; what was counted
 * is written, and what others have counted is read, when {@link exchange} is called.
 */
export class CheckCounts {
  readonly #store: CheckStore;
  readonly #log: Logger;
  readonly #now: () => number;
  /** Counted here and not yet written, by bucket. */
  readonly #added = new Map<number, Map<string, Tally>>();
  /** What the store has, by bucket. */
  #known: ReadonlyMap<number, Tallies> = new Map();
  #failed = false;

  /** @param now epoch ms */
  constructor(store: CheckStore, log: Logger, now: () => number) {
    this.#store = store;
    this.#log = log;
    this.#now = now;
  }

  /** Counts a check. */
  count(kind: Kind, result: keyof Tally): void {
    const bucket = bucketOf(this.#now());
    const tallies = this.#added.get(bucket) ?? new Map<string, Tally>();
    const key = keyOf(kind);
    const tally = tallies.get(key) ?? noTally();
    tally[result]++;
    this.#added.set(bucket, tallies.set(key, tally));
  }

  /** Something is still to be written. */
  get unwritten(): boolean {
    return this.#added.size > 0;
  }

  /** What was found within the window, of each partner in each market. */
  found({ windowHours, lastChecks }: Window): Found[] {
    const found = new Map<string, { all: Tally; byLeadTime: Map<string, Tally> }>();
    const last = bucketOf(this.#now());
    for (let bucket = last; bucket > last - bucketsOf(windowHours); bucket--) {
      // What is checked in one stretch counts as a whole.
      const enough = new Set([...found].flatMap(([name, { all }]) => (checkedOf(all) >= lastChecks ? [name] : [])));
      for (const tallies of [this.#known.get(bucket), this.#added.get(bucket)]) {
        for (const [key, tally] of tallies ?? []) {
          const { partner, market, leadTime } = kindOf(key);
          const name = `${partner}/${market}`;
          if (enough.has(name)) continue;
          const own = found.get(name) ?? { all: noTally(), byLeadTime: new Map<string, Tally>() };
          const ofLeadTime = own.byLeadTime.get(leadTime) ?? noTally();
          addTo(own.all, tally);
          addTo(ofLeadTime, tally);
          own.byLeadTime.set(leadTime, ofLeadTime);
          found.set(name, own);
        }
      }
    }
    return [...found].sort().map(([name, own]) => {
      const [partner = '', market = ''] = name.split('/');
      return { partner, market, ...own };
    });
  }

  /** Writes what was counted, and reads what others have. Never rejects. */
  async exchange({ windowHours }: Window): Promise<void> {
    try {
      const written = await this.#write();
      const last = bucketOf(this.#now());
      const first = last - bucketsOf(windowHours) + 1;
      const buckets = Array.from({ length: last - first + 1 }, (_, at) => last - at);
      // Others may still add to the last two.
      const fresh = buckets.filter((bucket, age) => age < 2 || written.has(bucket) || !this.#known.has(bucket));
      const read = await this.#store.read(fresh);
      this.#known = new Map(
        buckets.map((bucket) => [bucket, read.get(bucket) ?? this.#known.get(bucket) ?? new Map()]),
      );
      await this.#store.forget(first);
      this.#failed = false;
    } catch (error) {
      if (!this.#failed)
        this.#log.warn({ err: error }, 'checks of shown prices cannot be kept now; they are held here');
      this.#failed = true;
    }
  }

  async #write(): Promise<Set<number>> {
    const written = new Set<number>();
    for (const [bucket, tallies] of [...this.#added]) {
      // What is counted while this is written goes with the next.
      this.#added.delete(bucket);
      const done = await this.#store.add(bucket, tallies).catch((error: unknown) => {
        this.#putBack(bucket, tallies);
        throw error;
      });
      if (done) written.add(bucket);
      else this.#putBack(bucket, tallies);
    }
    return written;
  }

  #putBack(bucket: number, tallies: Map<string, Tally>): void {
    for (const [key, since] of this.#added.get(bucket) ?? []) {
      const own = tallies.get(key) ?? noTally();
      addTo(own, since);
      tallies.set(key, own);
    }
    this.#added.set(bucket, tallies);
  }
}

function bucketOf(now: number): number {
  return Math.floor(now / BUCKET_MS);
}

function bucketsOf(hours: number): number {
  return Math.ceil((hours * 3_600_000) / BUCKET_MS);
}

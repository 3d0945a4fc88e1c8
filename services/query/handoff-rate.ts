import type { Logger } from '../../libs/telemetry/index.ts';
import type { CountStore, Counts, DayCounts } from './handoff-counts.ts';

/** Whose searches, where, and for what. */
export interface Kind {
  readonly client: string;
  /** ISO 3166-1 alpha-2. */
  readonly market: string;
  readonly vertical: string;
}

/** Options of {@link HandoffRates}. */
export interface HandoffRatesOptions {
  /** Between two writes of what was counted, default 30,000; sensible 5,000 to 300,000 ms. As much is lost when the process dies. */
  readonly flushMs?: number;
  /** After so many days an observation counts half, default 7; sensible 1 to 14. */
  readonly halfLifeDays?: number;
  /** Epoch ms. */
  readonly now?: () => number;
}

const DAY_MS = 86_400_000;
/** Days that still count something: four half-lives of the longest sensible one are read at most. */
const MOST_DAYS = 28;
/** What is expected where nothing has been observed: hand-offs a search. */
const PRIOR_RATE = 0.02;
/** How many searches that, or the rate of the wider circle, weighs. */
const PRIOR_SEARCHES = 200;
/** Kinds that are told apart on one day; those beyond count for their circles alone. */
const MOST_KINDS = 10_000;

/**
 * How often searches lead to a hand-off, by client, market and vertical. A search and a hand-off each cost an addition in memory;
 * what was counted is written now and then, and what all replicas have counted is read at the same time.
 *
 * Where little was observed of a client in a market, its rate in all markets counts as well, and where little was observed of that,
 * the one of all clients of the vertical. Observations lose weight by the day.
 */
export class HandoffRates {
  readonly #store: CountStore;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #halfLifeDays: number;
  readonly #timer: NodeJS.Timeout;
  /** Counted here and not yet written, by day. */
  readonly #added = new Map<string, Map<string, Counts>>();
  /** What the store has, by day. */
  #days: ReadonlyMap<string, DayCounts> = new Map();
  /** The same weighed by age as of today. */
  #known = new Map<string, Counts>();
  /** One flush at a time. */
  #flushing: Promise<void> | undefined;
  #failed = false;

  constructor(store: CountStore, log: Logger, options: HandoffRatesOptions = {}) {
    const { flushMs = 30_000, halfLifeDays = 7, now = Date.now } = options;
    this.#store = store;
    this.#log = log;
    this.#now = now;
    this.#halfLifeDays = halfLifeDays;
    this.#timer = setInterval(() => void this.flush(), flushMs).unref();
    void this.flush();
  }

  /** A search has begun. */
  searched(kind: Kind): void {
    this.#count(kind, 'searches');
  }

  /** A shopper was sent on to a partner. */
  handedOff(kind: Kind): void {
    this.#count(kind, 'handoffs');
  }

  /** Hand-offs to be expected of a hundred searches of the kind. */
  rate(kind: Kind): number {
    // From the widest circle to the kind itself: each is what is expected of the next.
    const expected = circlesOf(kind).reduceRight((before, circle) => {
      const { searches, handoffs } = this.#countsOf(circle);
      return (handoffs + before * PRIOR_SEARCHES) / (searches + PRIOR_SEARCHES);
    }, PRIOR_RATE);
    return expected * 100;
  }

  /** Writes what was counted, and reads what others have. Never rejects. */
  flush(): Promise<void> {
    this.#flushing ??= this.#exchange().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  /** Writes what is left, and counts no more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flushing;
    if (this.#added.size > 0) await this.flush();
  }

  #count(kind: Kind, what: keyof Counts): void {
    const day = dayOf(this.#now());
    let counts = this.#added.get(day);
    if (counts === undefined) {
      counts = new Map();
      this.#added.set(day, counts);
    }
    for (const circle of circlesOf(kind)) {
      let own = counts.get(circle);
      if (own === undefined) {
        if (counts.size >= MOST_KINDS && circle.includes('/')) continue;
        own = { searches: 0, handoffs: 0 };
        counts.set(circle, own);
      }
      own[what]++;
    }
  }

  #countsOf(circle: string): Counts {
    const known = this.#known.get(circle);
    let searches = known?.searches ?? 0;
    let handoffs = known?.handoffs ?? 0;
    for (const counts of this.#added.values()) {
      const own = counts.get(circle);
      searches += own?.searches ?? 0;
      handoffs += own?.handoffs ?? 0;
    }
    return { searches, handoffs };
  }

  async #exchange(): Promise<void> {
    try {
      for (const [day, counts] of [...this.#added]) {
        // What is counted while this is written goes with the next.
        this.#added.delete(day);
        const written = await this.#store.add(day, counts).catch((error: unknown) => {
          this.#putBack(day, counts);
          throw error;
        });
        if (written) this.#take(counts);
        else this.#putBack(day, counts);
      }
      const today = this.#now();
      const days = Array.from({ length: MOST_DAYS }, (_, age) => dayOf(today - age * DAY_MS));
      // Only the last two days can still change.
      const fresh = await this.#store.read(days.filter((day, age) => age < 2 || !this.#days.has(day)));
      this.#days = new Map(days.map((day) => [day, fresh.get(day) ?? this.#days.get(day) ?? new Map()]));
      this.#known = this.#weighed(days);
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#log.warn({ err: error }, 'counts of hand-offs cannot be kept now; they are held here');
      this.#failed = true;
    }
  }

  /** Until they are read again, counts that were written are known. */
  #take(counts: DayCounts): void {
    addTo(this.#known, counts, 1);
  }

  #putBack(day: string, counts: Map<string, Counts>): void {
    const since = this.#added.get(day);
    if (since !== undefined) addTo(counts, since, 1);
    this.#added.set(day, counts);
  }

  #weighed(days: readonly string[]): Map<string, Counts> {
    const weighed = new Map<string, Counts>();
    for (const [age, day] of days.entries()) {
      addTo(weighed, this.#days.get(day)!, 2 ** (-age / this.#halfLifeDays));
    }
    return weighed;
  }
}

/** The kind, the client in all markets, and all clients, of one vertical. */
function circlesOf({ client, market, vertical }: Kind): readonly string[] {
  return [`${vertical}/${client}/${market}`, `${vertical}/${client}`, vertical];
}

function addTo(all: Map<string, Counts>, more: DayCounts, weight: number): void {
  for (const [key, { searches, handoffs }] of more) {
    const before = all.get(key) ?? { searches: 0, handoffs: 0 };
    all.set(key, { searches: before.searches + searches * weight, handoffs: before.handoffs + handoffs * weight });
  }
}

/** The day that was asked for last: nearly always it is today. */
let lastDay = { number: -1, text: '' };

function dayOf(now: number): string {
  const number = Math.floor(now / DAY_MS);
  if (lastDay.number !== number) lastDay = { number, text: new Date(now).toISOString().slice(0, 10) };
  return lastDay.text;
}

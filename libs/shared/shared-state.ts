/**
 * What replicas of a service share while they run: answers, leases, logs, notices and budgets. In the memory of one process
 * (the embedded default) or in Valkey/Redis, with the same meaning. Nothing in it is for ever: every key has an end, and whoever
 * reads has to do without what is gone. Keys are texts without spaces, of at most 512 characters.
 *
 * Every method rejects with an EntrepotError UNREACHABLE (metadata service "shared-state") where the store cannot be reached in
 * `timeoutMs`; callers decide what they can do without it.
 */
export interface SharedState {
  /** Where it is held. */
  readonly kind: 'memory' | 'redis';

  /** The value of a key; undefined where there is none (any more). Not to be changed. */
  get(key: string): Promise<Buffer | undefined>;
  /** Values of keys, in their order. */
  getMany(keys: readonly string[]): Promise<(Buffer | undefined)[]>;
  /** Sets a value for so many milliseconds. The bytes are handed over. */
  set(key: string, value: Buffer, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;

  /**
   * Takes a lease, or prolongs one's own. A lease that nobody prolongs ends by itself.
   * @param holder who takes it: a text that nobody else uses
   * @returns who holds it now
   */
  acquire(lease: string, holder: string, ttlMs: number): Promise<string>;
  /** Gives a lease back. False where somebody else holds it, or nobody. */
  release(lease: string, holder: string): Promise<boolean>;
  /** Who holds a lease; undefined for nobody. */
  holderOf(lease: string): Promise<string | undefined>;

  /**
   * Adds entries to a log, all or none, and prolongs it.
   * @param fence only while this holder has this lease
   * @returns how many entries the log has now; undefined where the fence forbade it
   */
  append(
    log: string,
    entries: readonly Buffer[],
    ttlMs: number,
    fence?: { readonly lease: string; readonly holder: string },
  ): Promise<number | undefined>;
  /** Entries of a log from a position on; none where it is over. */
  read(log: string, from: number): Promise<Buffer[]>;

  /** Tells who listens now; nobody else ever hears of it. */
  publish(channel: string, text: string): Promise<void>;
  /** Listens until the result is called. What is said while the connection is down is lost: who listens looks now and then. */
  subscribe(channel: string, listener: (text: string) => void): Promise<() => void>;

  /**
   * Takes tokens from buckets, from all of them or from none.
   * @param amount tokens, the same from each
   * @returns whether they were taken, and the level of each bucket after that
   */
  take(buckets: readonly Bucket[], amount: number): Promise<Taken>;

  /** Lets go of connections, and of everything where it is memory. */
  close(): Promise<void>;
}

/** A bucket of tokens that fills by itself. */
export interface Bucket {
  readonly key: string;
  /** Tokens that it holds at most, and at first. */
  readonly capacity: number;
  /** Tokens that come a second; 0 for a quota that is full again when `endsAt` has passed. */
  readonly refillPerSecond: number;
  /** When a quota ends, epoch ms; the key has to be another one after that. */
  readonly endsAt?: number;
  /** Nothing is taken where fewer than these would be left. */
  readonly reserve: number;
}

/** What came of taking tokens. */
export interface Taken {
  readonly taken: boolean;
  /** Tokens in each bucket now. */
  readonly levels: readonly number[];
}

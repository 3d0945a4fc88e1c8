import { logger } from '../telemetry/index.ts';
import { bucketLife, checkBuckets, checkKey, checkTtl } from './arguments.ts';
import { unreachable } from './errors.ts';
import { ExpiringMap } from './expiring-map.ts';
import type { Bucket, SharedState, Taken } from './shared-state.ts';

/** Options of {@link MemoryState}. */
export interface MemoryStateOptions {
  /** The clock, epoch ms; default the machine's. */
  readonly now?: () => number;
}

/** What was taken from a bucket. */
interface Spent {
  /** Tokens that have not come back, at `at`. */
  readonly tokens: number;
  readonly at: number;
  readonly endsAt: number | undefined;
}

type Listener = (text: string) => void;

const SWEEP_MS = 1_000;
const log = logger('shared');

/**
 * Shared state in the memory of one process: of one service, the embedded default, or of several of the same process. What every
 * call does, it does before it returns its promise.
 */
export class MemoryState implements SharedState {
  readonly kind = 'memory';
  readonly #now: () => number;
  readonly #values = new ExpiringMap<Buffer>();
  readonly #leases = new ExpiringMap<string>();
  readonly #logs = new ExpiringMap<Buffer[]>();
  readonly #spent = new ExpiringMap<Spent>();
  readonly #listeners = new Map<string, Set<Listener>>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ now = Date.now }: MemoryStateOptions = {}) {
    this.#now = now;
  }

  async get(key: string): Promise<Buffer | undefined> {
    return this.#values.get(checkKey(key), this.#time());
  }

  async getMany(keys: readonly string[]): Promise<(Buffer | undefined)[]> {
    const now = this.#time();
    return keys.map((key) => this.#values.get(checkKey(key), now));
  }

  async set(key: string, value: Buffer, ttlMs: number): Promise<void> {
    this.#values.set(checkKey(key), value, this.#time() + checkTtl(ttlMs));
    this.#arm();
  }

  async delete(key: string): Promise<void> {
    this.#time();
    this.#values.delete(checkKey(key));
  }

  async acquire(lease: string, holder: string, ttlMs: number): Promise<string> {
    const now = this.#time();
    const held = this.#leases.get(checkKey(lease), now);
    if (held !== undefined && held !== holder) return held;
    const until = Math.max(now + checkTtl(ttlMs), this.#leases.until(lease, now));
    this.#leases.set(lease, holder, until);
    this.#arm();
    return holder;
  }

  async release(lease: string, holder: string): Promise<boolean> {
    if (this.#leases.get(checkKey(lease), this.#time()) !== holder) return false;
    this.#leases.delete(lease);
    return true;
  }

  async holderOf(lease: string): Promise<string | undefined> {
    return this.#leases.get(checkKey(lease), this.#time());
  }

  async append(
    key: string,
    entries: readonly Buffer[],
    ttlMs: number,
    fence?: { readonly lease: string; readonly holder: string },
  ): Promise<number | undefined> {
    const now = this.#time();
    checkKey(key);
    const until = now + checkTtl(ttlMs);
    if (fence !== undefined && this.#leases.get(checkKey(fence.lease), now) !== fence.holder) return undefined;
    const log = this.#logs.get(key, now);
    if (log === undefined && entries.length === 0) return 0;
    const grown = log ?? [];
    for (const entry of entries) grown.push(entry);
    this.#logs.set(key, grown, Math.max(until, this.#logs.until(key, now)));
    this.#arm();
    return grown.length;
  }

  async read(log: string, from: number): Promise<Buffer[]> {
    return this.#logs.get(checkKey(log), this.#time())?.slice(Math.max(0, from)) ?? [];
  }

  async publish(channel: string, text: string): Promise<void> {
    this.#time();
    for (const listener of this.#listeners.get(checkKey(channel)) ?? []) {
      // Never within the call that publishes.
      queueMicrotask(() => this.#tell(channel, listener, text));
    }
  }

  async subscribe(channel: string, listener: Listener): Promise<() => void> {
    this.#time();
    checkKey(channel);
    // One of its own, so that a listener may listen twice.
    const own: Listener = (text) => listener(text);
    const listeners = this.#listeners.get(channel) ?? new Set();
    listeners.add(own);
    this.#listeners.set(channel, listeners);
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(channel) === listeners) this.#listeners.delete(channel);
    };
  }

  async take(buckets: readonly Bucket[], amount: number): Promise<Taken> {
    const now = this.#time();
    checkBuckets(buckets, amount);
    const spent = buckets.map((bucket) => this.#spentOf(bucket, now));
    const taken = buckets.every(({ capacity, reserve }, at) => capacity - spent[at]! - amount >= reserve);
    if (taken && amount > 0) {
      for (const [at, bucket] of buckets.entries()) {
        const tokens = spent[at]! + amount;
        spent[at] = tokens;
        const last = this.#spent.get(bucket.key, now)?.at ?? now;
        const kept = { tokens, at: Math.max(now, last), endsAt: bucket.endsAt };
        this.#spent.set(bucket.key, kept, now + bucketLife(bucket, tokens, now));
      }
      this.#arm();
    }
    return { taken, levels: buckets.map(({ capacity }, at) => Math.max(0, capacity - spent[at]!)) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const held of [this.#values, this.#leases, this.#logs, this.#spent]) held.clear();
    this.#listeners.clear();
  }

  /** Tokens of a bucket that have not come back. */
  #spentOf({ key, refillPerSecond, endsAt }: Bucket, now: number): number {
    const spent = this.#spent.get(key, now);
    if (spent === undefined || quotaIsOver(spent.endsAt, endsAt, now)) return 0;
    return Math.max(0, spent.tokens - (Math.max(0, now - spent.at) / 1_000) * refillPerSecond);
  }

  #tell(channel: string, listener: Listener, text: string): void {
    if (!this.#listeners.get(channel)?.has(listener)) return;
    try {
      listener(text);
    } catch (error) {
      log.error({ err: error, channel }, 'a listener failed');
    }
  }

  #time(): number {
    if (this.#closed) throw unreachable('it is closed');
    return this.#now();
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(this.#sweep, SWEEP_MS);
    this.#timer.unref();
  }

  readonly #sweep = (): void => {
    this.#timer = undefined;
    const now = this.#now();
    let left = 0;
    for (const held of [this.#values, this.#leases, this.#logs, this.#spent]) {
      held.sweep(now);
      left += held.size;
    }
    if (left > 0) this.#arm();
  };
}

/** Whether what was spent is of a quota that has ended while the bucket's own goes on. */
function quotaIsOver(before: number | undefined, endsAt: number | undefined, now: number): boolean {
  return before !== undefined && before <= now && endsAt !== undefined && endsAt > now;
}

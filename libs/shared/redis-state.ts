import { checkBuckets, checkKey, checkTtl } from './arguments.ts';
import { RedisChannels } from './redis-channels.ts';
import { RedisConnection } from './redis-connection.ts';
import { acquireScript, appendScript, releaseScript, takeScript } from './redis-scripts.ts';
import type { Bucket, SharedState, Taken } from './shared-state.ts';

/** Options of {@link RedisState}. */
export interface RedisStateOptions {
  /** How long a call may take, ms; default 250, sensible 20 to 5,000. */
  readonly timeoutMs?: number;
  /** What all keys and channels begin with, so that a server can be shared; default "entrepot:". */
  readonly prefix?: string;
}

/**
 * Shared state in Valkey or Redis 7: one server by one address (with a replica that takes over behind it, where it must not be
 * missed; not a cluster, for a script's keys may lie anywhere). One connection for commands, one to listen.
 */
export class RedisState implements SharedState {
  readonly kind = 'redis';
  readonly #prefix: string;
  readonly #connection: RedisConnection;
  readonly #channels: RedisChannels;

  private constructor(url: URL, { timeoutMs = 250, prefix = 'entrepot:' }: RedisStateOptions) {
    const options = { url: url.href, place: url.host, timeoutMs };
    this.#prefix = prefix;
    this.#connection = new RedisConnection(options);
    this.#channels = new RedisChannels(options);
  }

  /** Connects; where that takes longer than a call may, it goes on by itself. */
  static async open(url: URL, options: RedisStateOptions = {}): Promise<RedisState> {
    const state = new RedisState(url, options);
    await Promise.all([state.#connection.opened(), state.#channels.opened()]);
    return state;
  }

  async get(key: string): Promise<Buffer | undefined> {
    return (await this.#connection.call<Buffer | null>(['GET', this.#key('v', key)], true)) ?? undefined;
  }

  async getMany(keys: readonly string[]): Promise<(Buffer | undefined)[]> {
    if (keys.length === 0) return [];
    const names = keys.map((key) => this.#key('v', key));
    const values = await this.#connection.call<(Buffer | null)[]>(['MGET', ...names], true);
    return values.map((value) => value ?? undefined);
  }

  async set(key: string, value: Buffer, ttlMs: number): Promise<void> {
    await this.#connection.call(['SET', this.#key('v', key), value, 'PX', String(checkTtl(ttlMs))]);
  }

  async delete(key: string): Promise<void> {
    await this.#connection.call(['DEL', this.#key('v', key)]);
  }

  async acquire(lease: string, holder: string, ttlMs: number): Promise<string> {
    return this.#connection.run('acquire', acquireScript, [this.#key('l', lease)], [holder, String(checkTtl(ttlMs))]);
  }

  async release(lease: string, holder: string): Promise<boolean> {
    return (await this.#connection.run<number>('release', releaseScript, [this.#key('l', lease)], [holder])) === 1;
  }

  async holderOf(lease: string): Promise<string | undefined> {
    return (await this.#connection.call<string | null>(['GET', this.#key('l', lease)])) ?? undefined;
  }

  async append(
    log: string,
    entries: readonly Buffer[],
    ttlMs: number,
    fence?: { readonly lease: string; readonly holder: string },
  ): Promise<number | undefined> {
    const keys = [this.#key('a', log)];
    const ttl = String(checkTtl(ttlMs));
    if (fence !== undefined) keys.push(this.#key('l', fence.lease));
    const args = [ttl, fence?.holder ?? '', ...entries];
    const length = await this.#connection.run<number>('append', appendScript, keys, args);
    return length < 0 ? undefined : length;
  }

  async read(log: string, from: number): Promise<Buffer[]> {
    return this.#connection.call(['LRANGE', this.#key('a', log), String(Math.max(0, from)), '-1'], true);
  }

  async publish(channel: string, text: string): Promise<void> {
    await this.#connection.call(['PUBLISH', this.#key('c', channel), text]);
  }

  async subscribe(channel: string, listener: (text: string) => void): Promise<() => void> {
    return this.#channels.subscribe(this.#key('c', channel), listener);
  }

  async take(buckets: readonly Bucket[], amount: number): Promise<Taken> {
    checkBuckets(buckets, amount);
    if (buckets.length === 0) return { taken: true, levels: [] };
    const args = buckets.flatMap(({ capacity, refillPerSecond, reserve, endsAt }) =>
      [capacity, refillPerSecond, reserve, endsAt ?? ''].map(String),
    );
    const keys = buckets.map(({ key }) => this.#key('b', key));
    const [taken, levels] = await this.#connection.run<[number, string[]]>('take', takeScript, keys, [
      String(amount),
      ...args,
    ]);
    return { taken: taken === 1, levels: levels.map(Number) };
  }

  async close(): Promise<void> {
    this.#connection.close();
    this.#channels.close();
  }

  #key(kind: 'v' | 'l' | 'a' | 'b' | 'c', name: string): string {
    return `${this.#prefix}${kind}:${checkKey(name)}`;
  }
}

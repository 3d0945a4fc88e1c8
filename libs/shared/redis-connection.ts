import { createClient, ErrorReply, RESP_TYPES } from '@redis/client';
import { logger } from '../telemetry/index.ts';
import { unreachable } from './errors.ts';
import { inTime } from './in-time.ts';
import { callDuration } from './metrics.ts';
import type { Script } from './redis-scripts.ts';

/** How a connection is made. */
export interface ConnectionOptions {
  /** `redis://` or `rediss://`, credentials included. */
  readonly url: string;
  /** What is said of it in logs and errors: no credentials. */
  readonly place: string;
  readonly timeoutMs: number;
}

type Client = ReturnType<typeof newClient>;
type Argument = string | Buffer;

/** Attempts to connect follow each other after 50, 100, 200 … ms, and a little more so that replicas do not come all at once. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1_000;
/** A connection on which nothing came for so long is given up; one that is idle is pinged before. */
const SILENT_MS = 8_000;
const PING_MS = 3_000;
/** Commands that wait at once; more are refused. */
const MOST_WAITING = 20_000;
const asBuffers = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } } as const;
const log = logger('shared');

/** A node-redis client that never queues while it is offline, and comes back by itself. */
export function newClient({ url, timeoutMs }: ConnectionOptions) {
  return createClient({
    url,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    commandsQueueMaxLength: MOST_WAITING,
    pingInterval: PING_MS,
    // Each command has a timer of ours, which bounds its answer too.
    commandOptions: { timeout: 0 },
    socket: {
      connectTimeout: Math.max(timeoutMs, 1_000),
      socketTimeout: SILENT_MS,
      reconnectStrategy: (retries: number) =>
        Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(retries, 10)) * (1 + Math.random() / 4),
    },
  });
}

/** Whether a client is connected, or is within a time. */
export function readyInTime(client: Client, timeoutMs: number): Promise<boolean> {
  if (client.isReady) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs);
    client.once('ready', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

/** One connection for commands. What cannot be answered in time fails as UNREACHABLE, at once while there is no connection. */
export class RedisConnection {
  readonly #options: ConnectionOptions;
  #client: Client;
  #closed = false;
  /** Told of in the log: once for each time that it is lost. */
  #lost = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#client = this.#begin();
  }

  /** The first connection, or that it was not there in time; it is tried on. */
  opened(): Promise<boolean> {
    return readyInTime(this.#client, this.#options.timeoutMs);
  }

  /** A command's reply; its strings as Buffers where they are wanted so. */
  async call<T>(args: readonly Argument[], buffers = false): Promise<T> {
    const operation = String(args[0]).toLowerCase();
    return this.#timed(operation, (client) => client.sendCommand([...args], buffers ? asBuffers : undefined));
  }

  /** A script's reply. */
  async run<T>(
    name: string,
    { text, sha1 }: Script,
    keys: readonly string[],
    args: readonly Argument[],
    buffers = false,
  ): Promise<T> {
    const rest = [String(keys.length), ...keys, ...args];
    const mapping = buffers ? asBuffers : undefined;
    return this.#timed(name, async (client) => {
      try {
        return await client.sendCommand(['EVALSHA', sha1, ...rest], mapping);
      } catch (error) {
        if (!(error instanceof ErrorReply && error.message.startsWith('NOSCRIPT'))) throw error;
        return client.sendCommand(['EVAL', text, ...rest], mapping);
      }
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#client.destroy();
  }

  async #timed<T>(operation: string, work: (client: Client) => Promise<unknown>): Promise<T> {
    const startedAt = performance.now();
    let result = 'failed';
    try {
      const reply = await this.#within(work);
      result = 'ok';
      return reply as T;
    } finally {
      callDuration.record((performance.now() - startedAt) / 1_000, { operation, result });
    }
  }

  async #within(work: (client: Client) => Promise<unknown>): Promise<unknown> {
    if (this.#closed) throw unreachable('it is closed');
    const { timeoutMs, place } = this.#options;
    const client = this.#client;
    const answered = work(client).catch((error: unknown) => {
      if (!(error instanceof ErrorReply)) throw unreachable(`there is no connection to ${place}`, error);
      log.error({ err: error, place }, 'the shared state answered with an error');
      throw unreachable(`${place} answered with an error`, error);
    });
    return inTime(answered, timeoutMs, () => {
      this.#giveUp(client);
      return unreachable(`${place} did not answer within ${timeoutMs} ms`);
    });
  }

  /** One that does not answer is replaced, so that others need not wait to learn of it. */
  #giveUp(client: Client): void {
    if (this.#client !== client || this.#closed) return;
    this.#told(`no answer within ${this.#options.timeoutMs} ms`);
    client.destroy();
    this.#client = this.#begin();
  }

  #begin(): Client {
    const client = newClient(this.#options);
    client.on('error', (error: Error) => this.#told(error.message));
    client.on('ready', () => {
      if (this.#lost) log.info({ place: this.#options.place }, 'the shared state is there again');
      this.#lost = false;
    });
    client.connect().catch(() => {
      // Told by its events; it goes on trying until it is destroyed.
    });
    return client;
  }

  #told(detail: string): void {
    if (this.#lost || this.#closed) return;
    this.#lost = true;
    log.warn({ place: this.#options.place, detail }, 'the shared state cannot be reached');
  }
}

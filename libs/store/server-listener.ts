import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { logger } from '../telemetry/index.ts';
import { Channels } from './channels.ts';
import { type Listener, quote } from './engine.ts';
import { type ConnectionOptions, connectAlone } from './server-connection.ts';
import { serverError } from './server-errors.ts';

const log = logger('store');
/** Waits before a lost connection is tried again: doubled from the first up to the last, and a random part more. */
const FIRST_WAIT_MS = 50;
const LAST_WAIT_MS = 2_000;

/**
 * The one connection of a store that hears what is said on channels; there is none while nobody listens. One that is lost is made
 * anew, and listeners are then told that they may have missed something.
 */
export class ServerListener {
  readonly #options: ConnectionOptions;
  readonly #pingMs: number;
  readonly #channels = new Channels();
  #client: Promise<pg.Client> | undefined;
  readonly #closing = new AbortController();

  /** @param pingMs how often the connection is tried: one whose other end vanished would be silent for good */
  constructor(options: ConnectionOptions, pingMs: number) {
    this.#options = options;
    this.#pingMs = pingMs;
  }

  /** Resolves once everything that is said from now on is heard. Throws UNREACHABLE; then nothing is listened to. */
  async listen(name: string, listener: Listener): Promise<() => Promise<void>> {
    const end = this.#channels.add(name, listener);
    try {
      const client = await this.#connected();
      await client.query(`LISTEN ${quote(name)}`);
    } catch (error) {
      end();
      throw serverError(error, this.#options.address.shown);
    }
    return async () => {
      end();
      if (this.#channels.names().length > 0) {
        if (!this.#channels.has(name)) await this.#say(`UNLISTEN ${quote(name)}`);
        return;
      }
      const client = this.#client;
      this.#client = undefined;
      await client?.then((open) => open.end()).catch(() => {});
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const client = this.#client;
    this.#client = undefined;
    await client?.then((open) => open.end()).catch(() => {});
  }

  /** A connection that is lost meanwhile is made anew without the channel. */
  async #say(sql: string): Promise<void> {
    await this.#client?.then((client) => client.query(sql)).catch(() => {});
  }

  #connected(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client;
    const client = this.#connect();
    this.#client = client;
    client.catch(() => {
      if (this.#client === client) this.#client = undefined;
    });
    return client;
  }

  /** A connection that listens to every channel. */
  async #connect(): Promise<pg.Client> {
    const client = await connectAlone(this.#options);
    client.on('notification', ({ channel, payload }) => this.#channels.tell(channel, payload ?? ''));
    const pinging = setInterval(() => this.#ping(client), this.#pingMs);
    pinging.unref();
    client.once('end', () => {
      clearInterval(pinging);
      void this.#lost(client);
    });
    for (const name of this.#channels.names()) await client.query(`LISTEN ${quote(name)}`);
    return client;
  }

  #ping(client: pg.Client): void {
    // Ended while a statement waits for its answer, a connection is torn down.
    const late = setTimeout(() => void client.end().catch(() => {}), this.#options.connectMs);
    client.query('SELECT 1').then(
      () => clearTimeout(late),
      () => clearTimeout(late),
    );
  }

  async #lost(client: pg.Client): Promise<void> {
    const current = await this.#client?.catch(() => undefined);
    if (current !== client || this.#closing.signal.aborted) return;
    const server = this.#options.address.shown;
    log.warn({ server }, 'the connection that hears notices was lost');
    this.#client = undefined;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LAST_WAIT_MS, 2 * waitMs)) {
      // Whoever listens anew meanwhile has made one.
      if (this.#client === undefined && this.#channels.names().length === 0) return;
      try {
        await this.#connected();
        break;
      } catch {
        await sleep(waitMs * (1 + Math.random()), undefined, { ref: false, signal: this.#closing.signal }).catch(
          () => {},
        );
        if (this.#closing.signal.aborted) return;
      }
    }
    log.info({ server }, 'notices are heard again');
    for (const name of this.#channels.names()) this.#channels.tell(name, undefined);
  }
}

import { logger } from '../telemetry/index.ts';
import { unreachable } from './errors.ts';
import { inTime } from './in-time.ts';
import { type ConnectionOptions, newClient, readyInTime } from './redis-connection.ts';

type Listener = (text: string) => void;

/** A channel that somebody of this process listens to. */
interface Channel {
  readonly listeners: Set<Listener>;
  readonly hear: Listener;
  /** Settled when the server has confirmed that it tells us. */
  readonly confirmed: Promise<void>;
}

const log = logger('shared');

/** One connection on which whatever this process listens to is heard; what it listened to it listens to again when it is back. */
export class RedisChannels {
  readonly #options: ConnectionOptions;
  readonly #client;
  readonly #channels = new Map<string, Channel>();
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#client = newClient(options);
    // That it is lost is told by the connection for commands.
    this.#client.on('error', (error: Error) => log.debug({ err: error, place: options.place }, 'not listening'));
    this.#client.connect().catch(() => {});
  }

  /** The first connection, or that it was not there in time. */
  opened(): Promise<boolean> {
    return readyInTime(this.#client, this.#options.timeoutMs);
  }

  /** Rejects with UNREACHABLE where nobody confirms it in time. */
  async subscribe(name: string, listener: Listener): Promise<() => void> {
    if (this.#closed) throw unreachable('it is closed');
    const channel = this.#channels.get(name) ?? this.#listen(name);
    const own: Listener = (text) => listener(text);
    channel.listeners.add(own);
    const leave = (): void => this.#leave(name, channel, own);
    try {
      await this.#inTime(channel.confirmed);
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  close(): void {
    this.#closed = true;
    this.#channels.clear();
    this.#client.destroy();
  }

  #listen(name: string): Channel {
    const listeners = new Set<Listener>();
    const hear: Listener = (text) => {
      for (const listener of [...listeners]) {
        if (!listeners.has(listener)) continue;
        try {
          listener(text);
        } catch (error) {
          log.error({ err: error, channel: name }, 'a listener failed');
        }
      }
    };
    const confirmed = this.#client.isReady
      ? this.#client.subscribe(name, hear)
      : Promise.reject(new Error('not connected'));
    confirmed.catch(() => {});
    const channel = { listeners, hear, confirmed };
    this.#channels.set(name, channel);
    return channel;
  }

  #leave(name: string, channel: Channel, own: Listener): void {
    if (!channel.listeners.delete(own) || channel.listeners.size > 0) return;
    if (this.#channels.get(name) === channel) this.#channels.delete(name);
    if (this.#closed) return;
    this.#client.unsubscribe(name, channel.hear).catch(() => {
      // Without a connection nobody tells us anything.
    });
  }

  #inTime(confirmed: Promise<void>): Promise<void> {
    const { place, timeoutMs } = this.#options;
    const answered = confirmed.catch((error: unknown) => {
      throw unreachable(`there is no connection to ${place}`, error);
    });
    return inTime(answered, timeoutMs, () => unreachable(`${place} did not answer within ${timeoutMs} ms`));
  }
}

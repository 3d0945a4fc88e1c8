// What a client of a stream over HTTP is sent: never more than it takes.
import type { ServerResponse } from 'node:http';
import { stalled } from './open-streams.ts';
import type { StreamOptions } from './options.ts';
import type { StreamFormat } from './write.ts';

/** What a client is sent while there is nothing to say. */
export type SinkFormat = Pick<StreamFormat, 'heartbeat'>;

/** Writes to one client. What waits for it here is bounded by the response's high water mark (64 KiB) and one message. */
export class HttpSink {
  readonly #response: ServerResponse;
  readonly #format: SinkFormat;
  readonly #options: StreamOptions;
  readonly #gone: AbortSignal;
  readonly #heartbeat: NodeJS.Timeout;

  /**
   * @param response its head already sent
   * @param gone aborted when the client is not to be written to any more, with why
   */
  constructor(response: ServerResponse, format: SinkFormat, options: StreamOptions, gone: AbortSignal) {
    this.#response = response;
    this.#format = format;
    this.#options = options;
    this.#gone = gone;
    this.#heartbeat = setTimeout(() => this.#beat(), options.heartbeatMs);
  }

  /**
   * Writes, and waits until the client has room for more.
   * @throws what `gone` was aborted with, or an EntrepotError CANCELLED when the client takes nothing for too long
   */
  async write(chunk: Uint8Array): Promise<void> {
    this.#gone.throwIfAborted();
    this.#heartbeat.refresh();
    if (this.#response.write(chunk)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop = (): void => reject(this.#gone.reason);
    const { stalledMs } = this.#options;
    const timer = setTimeout(() => reject(stalled(stalledMs)), stalledMs);
    this.#response.once('drain', resolve);
    this.#gone.addEventListener('abort', stop, { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#response.off('drain', resolve);
      this.#gone.removeEventListener('abort', stop);
    }
  }

  /** The last words. */
  end(words: string): void {
    this.close();
    this.#response.end(words);
  }

  /** Ends the stream without a word, for a client that hears none. */
  cut(): void {
    this.close();
    this.#response.destroy();
  }

  /** The stream goes on elsewhere, as the last words say. */
  elsewhere(words: string): void {
    this.close();
    // A connection that is kept open would hold up the edge that stops.
    this.#response.end(words, () => this.#response.socket?.destroySoon());
  }

  close(): void {
    clearTimeout(this.#heartbeat);
  }

  #beat(): void {
    // What waits for the client says enough.
    if (!this.#response.writableNeedDrain) this.#response.write(this.#format.heartbeat);
    this.#heartbeat.refresh();
  }
}

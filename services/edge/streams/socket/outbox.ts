// What waits for the client of a socket: bounded, whatever runs on it.
import type { WebSocket } from 'ws';
import type { EntrepotError } from '../../../../libs/errors/index.ts';
import { stalled } from '../open-streams.ts';

/** Options of {@link Outbox}. */
export interface OutboxOptions {
  /** Bytes that may wait before nothing more is taken on; one message may go beyond. */
  readonly maxBufferedBytes: number;
  /** A client that takes nothing for so long is given up, in milliseconds. */
  readonly stalledMs: number;
  /** Called once when it is. */
  readonly onStalled: (error: EntrepotError) => void;
}

/** Sends on one socket. */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #options: OutboxOptions;
  #room: PromiseWithResolvers<void> | undefined;
  #stalled: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, options: OutboxOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** More waits for the client than should. */
  get full(): boolean {
    return this.#socket.bufferedAmount >= this.#options.maxBufferedBytes;
  }

  /** Waits until there is room. Ends as well when the socket closes: what is sent then goes nowhere. */
  async room(): Promise<void> {
    // Whoever was told first may have taken the room again.
    while (this.full && this.#isOpen) {
      this.#room ??= Promise.withResolvers();
      await this.#room.promise;
    }
  }

  /** Sends a message at once, its parts one after the other. The bytes of a part may be shared with other sockets. */
  send(...parts: readonly (string | Uint8Array)[]): void {
    if (!this.#isOpen) return;
    for (const [index, part] of parts.entries()) {
      const fin = index === parts.length - 1;
      this.#socket.send(part, { binary: false, compress: false, fin }, fin ? this.#sent : undefined);
    }
    if (!this.full) return;
    // Who does not read what it is told is not listened to either.
    this.#socket.pause();
    this.#stalled ??= setTimeout(
      () => this.#options.onStalled(stalled(this.#options.stalledMs)),
      this.#options.stalledMs,
    );
  }

  /** To be called when the socket has closed. */
  close(): void {
    clearTimeout(this.#stalled);
    this.#room?.resolve();
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  readonly #sent = (): void => {
    if (this.full) {
      this.#stalled?.refresh();
      return;
    }
    clearTimeout(this.#stalled);
    this.#stalled = undefined;
    if (this.#socket.isPaused) this.#socket.resume();
    this.#room?.resolve();
    this.#room = undefined;
  };
}

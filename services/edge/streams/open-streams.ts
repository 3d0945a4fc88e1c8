// The streams that are open, so that an edge that stops can send their clients elsewhere.
import { EntrepotError } from '../../../libs/errors/index.ts';
import type { StreamOptions } from './options.ts';

/** Ends a stream with a reason. */
export type EndStream = (reason: EntrepotError) => void;

/** Streams that are open. */
export class OpenStreams {
  readonly options: StreamOptions;
  readonly #open = new Set<EndStream>();
  #draining = false;

  constructor(options: StreamOptions) {
    this.options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /**
   * Takes in a stream.
   * @param end called when the edge stops
   * @returns to be called when the stream is over
   * @throws EntrepotError DRAINING when the edge stops already
   */
  add(end: EndStream): () => void {
    if (this.#draining) throw this.#elsewhere();
    // Wrapped, so that the same function may stand for several streams.
    const own: EndStream = (reason) => end(reason);
    this.#open.add(own);
    return () => void this.#open.delete(own);
  }

  /** Ends every stream, each client told another moment to come back at; takes in no more. */
  drain(): void {
    this.#draining = true;
    for (const end of this.#open) end(this.#elsewhere());
  }

  #elsewhere(): EntrepotError {
    return new EntrepotError({
      reason: 'DRAINING',
      message: 'This edge is about to stop. Resume with the last cursor; another one answers.',
      retryAfterMs: Math.round(Math.random() * this.options.spreadMs),
    });
  }
}

/** What a stream ends with whose client takes nothing of what is sent to it. */
export function stalled(stalledMs: number): EntrepotError {
  return new EntrepotError({
    reason: 'CANCELLED',
    message: `The client read nothing of what was sent to it for ${stalledMs} ms.`,
    metadata: { cause: 'STALLED' },
  });
}

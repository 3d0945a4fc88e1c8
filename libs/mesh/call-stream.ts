import type { EntrepotError } from '../errors/index.ts';
import type { Call } from './call.ts';

/** What becomes of a stream's end; exactly one of these is told, once. */
export interface StreamEnd {
  /** The source ended by itself. */
  completed(): void;
  /** The source threw, or the call was cancelled; the reader gets what this returns. */
  failed(thrown: unknown): EntrepotError;
  /** The reader stopped reading before the end. */
  abandoned(): void;
}

/**
 * The messages of a call, read from `source` one by one as they are asked for: the one layer that the mesh puts on a
 * message. A cancelled call fails the read that is waiting at once, even where the source never settles.
 */
export class CallStream<Message> implements AsyncIterableIterator<Message> {
  readonly #call: Call;
  readonly #source: AsyncIterator<Message>;
  readonly #end: StreamEnd;
  #done = false;

  constructor(call: Call, source: AsyncIterator<Message>, end: StreamEnd) {
    this.#call = call;
    this.#source = source;
    this.#end = end;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Message>> {
    if (this.#done) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      const unlisten = this.#call.onCancel((error) => {
        if (this.#done) return resolve({ done: true, value: undefined });
        this.#release();
        reject(this.#end.failed(error));
      });
      if (this.#done) return;
      this.#source.next().then(
        (result) => {
          unlisten();
          if (this.#done) return resolve({ done: true, value: undefined });
          if (result.done !== true) return resolve(result);
          this.#done = true;
          this.#end.completed();
          resolve({ done: true, value: undefined });
        },
        (thrown: unknown) => {
          unlisten();
          if (this.#done) return resolve({ done: true, value: undefined });
          this.#done = true;
          reject(this.#end.failed(thrown));
        },
      );
    });
  }

  async return(): Promise<IteratorResult<Message>> {
    if (!this.#done) {
      this.#release();
      this.#end.abandoned();
    }
    return { done: true, value: undefined };
  }

  /** Lets the source clean up, without waiting: it may be stuck in an await that never settles. */
  #release(): void {
    this.#done = true;
    release(this.#source);
  }
}

/** Ends an iterator that nobody reads any more. What it throws on its way out concerns nobody. */
export function release(source: AsyncIterator<unknown>): void {
  source.return?.().then(undefined, () => undefined);
}

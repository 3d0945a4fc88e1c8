/** Something that can be read when it says so. */
export interface Source<Message> {
  /** The next message for a reader at its position; undefined when there is none yet, 'end' when none will come. */
  read(): Message | undefined | 'end';
  /** The reader is gone. Called once. */
  left(): void;
}

/**
 * One reader of a search. Messages are made at the moment at which they are read, so that a slow reader holds nothing
 * back and piles nothing up.
 */
export class Subscription<Message> implements AsyncIterableIterator<Message> {
  readonly #source: Source<Message>;
  #gone = false;
  #waiting: { resolve(result: IteratorResult<Message>): void; reject(error: unknown): void } | undefined;

  constructor(source: Source<Message>) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Message>> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.wake();
    });
  }

  /** Something may have changed: hands a waiting reader what there is. */
  wake(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (this.#gone) {
      this.#waiting = undefined;
      waiting.resolve({ done: true, value: undefined });
      return;
    }
    let message: Message | undefined | 'end';
    try {
      message = this.#source.read();
    } catch (error) {
      this.#waiting = undefined;
      this.#leave();
      waiting.reject(error);
      return;
    }
    if (message === undefined) return;
    this.#waiting = undefined;
    if (message === 'end') {
      this.#leave();
      waiting.resolve({ done: true, value: undefined });
    } else {
      waiting.resolve({ done: false, value: message });
    }
  }

  /** The reader goes: by its own will, or because its call was cancelled. */
  async return(): Promise<IteratorResult<Message>> {
    this.#leave();
    this.wake();
    return { done: true, value: undefined };
  }

  #leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#source.left();
  }
}

/**
 * Values pushed on one side and iterated on the other: the caller's half of a stream. One consumer. What is pushed
 * while nobody takes waits; the number of messages is bounded by the search that writes them (a start, and one message
 * a batch or page).
 */
export class PushQueue<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = [];
  #ended = false;
  #taker: ((result: IteratorResult<T, undefined>) => void) | undefined;

  /** Adds a value; dropped once the queue has ended. */
  push(value: T): void {
    if (this.#ended) return;
    const taker = this.#taker;
    if (taker === undefined) {
      this.#waiting.push(value);
    } else {
      this.#taker = undefined;
      taker({ done: false, value });
    }
  }

  /** No more values come; those that wait are still handed out. */
  end(): void {
    this.#ended = true;
    this.#taker?.({ done: true, value: undefined });
    this.#taker = undefined;
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => {
        if (this.#waiting.length > 0) return Promise.resolve({ done: false, value: this.#waiting.shift()! });
        if (this.#ended) return Promise.resolve({ done: true, value: undefined });
        return new Promise((resolve) => {
          this.#taker = resolve;
        });
      },
      return: () => {
        this.end();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}

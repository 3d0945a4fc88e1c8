/** Messages on their way out: pushed by many, read by one. Holds what is not read yet; the reader's pace is not the writers'. */
export class Outbox<Message> implements AsyncIterable<Message> {
  #messages: Message[] = [];
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** Adds a message; after the end it goes nowhere. */
  push(message: Message): void {
    if (this.#ended) return;
    this.#messages.push(message);
    this.#wake?.();
  }

  /** No more messages; what is there is still read. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Ends with an error, at once: what is not read yet is dropped. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#failure = { error };
    this.#messages = [];
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    for (;;) {
      const messages = this.#messages;
      this.#messages = [];
      for (const message of messages) yield message;
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#messages.length > 0) continue;
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}

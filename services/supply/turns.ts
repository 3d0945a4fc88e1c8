/**
 * Gives each turn of the event loop to one piece of work, in order of arrival. Partners that answer at the same moment
 * would otherwise be worked through in one turn, and what the first of them brought would leave only after the last:
 * sockets are written to and read from between turns.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  /** Resolves when the turn is the caller's: at once where nobody has it. It is over by itself. */
  take(): Promise<void> {
    if (this.#taken) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#taken = true;
    setImmediate(this.#next);
    return Promise.resolve();
  }

  readonly #next = (): void => {
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#taken = false;
      return;
    }
    // One that is set within an immediate runs in the turn after.
    setImmediate(this.#next);
    next();
  };
}

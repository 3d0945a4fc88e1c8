import { sharedQueueing } from '../../libs/mesh/index.ts';

/**
 * Gives each turn of the event loop to one piece of work, in order of arrival. Partners that answer at the same moment
 * would otherwise be worked through in one turn, and what the first of them brought would leave only after the last:
 * sockets are written to and read from between turns. How long work waits here is what tells that this process has too much to do.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  readonly #queueing = sharedQueueing();
  #taken = false;

  /** Resolves when the turn is the caller's: at once where nobody has it. It is over by itself. */
  take(): Promise<void> {
    if (this.#taken) {
      const since = performance.now();
      return new Promise((resolve) =>
        this.#waiting.push(() => {
          this.#queueing.waited(performance.now() - since);
          resolve();
        }),
      );
    }
    this.#taken = true;
    this.#queueing.waited(0);
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

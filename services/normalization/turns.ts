/**
 * Work in turn: whatever decides, reads what the memory holds, writes it down and takes it into the memory does so alone, so
 * that two calls never decide differently and events have their numbers in the order in which they take effect.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs work when what was given before is over. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** How long work may keep the event loop to itself, in milliseconds. */
const turnMs = 8;

/** To be called by long work again and again: lets others have the event loop when it was kept for long enough. */
export function breather(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < turnMs) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        since = performance.now();
        resolve();
      });
    });
  };
}

/** How waiting for a place ended. */
export type Entered = 'entered' | 'too_late' | 'cancelled';

interface Waiting {
  readonly enter: (how: Entered) => void;
}

/** So many calls at once, the others in order of arrival; nobody waits beyond its deadline. */
export class ConcurrencyLimit {
  readonly limit: number;
  #active = 0;
  readonly #waiting = new Set<Waiting>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Calls that hold a place. */
  get active(): number {
    return this.#active;
  }

  /** Calls that wait for one. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a place if one is free. */
  tryEnter(): boolean {
    if (this.#active >= this.limit) return false;
    this.#active++;
    return true;
  }

  /** Takes a place, waiting until the deadline (epoch ms) at most. After 'entered' call {@link leave} once. */
  enter(deadline: number, signal: AbortSignal): Promise<Entered> {
    if (signal.aborted) return Promise.resolve('cancelled');
    if (this.tryEnter()) return Promise.resolve('entered');
    return new Promise((resolve) => {
      const settle = (how: Entered): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#waiting.delete(waiting);
        resolve(how);
      };
      const waiting: Waiting = { enter: settle };
      const onAbort = (): void => settle('cancelled');
      const timer = setTimeout(() => settle('too_late'), Math.max(0, deadline - Date.now()));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiting);
    });
  }

  /** Gives the place back: to the one that waits longest, if any. */
  leave(): void {
    const next = this.#waiting.values().next().value;
    if (next === undefined) this.#active--;
    else next.enter('entered');
  }
}

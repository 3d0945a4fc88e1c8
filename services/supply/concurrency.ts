/** How waiting for a place ended. */
export type Entered = 'entered' | 'too_late' | 'cancelled';

interface Waiting {
  readonly enter: (how: Entered) => void;
}

/**
 * So many calls at once, the others in order of arrival; nobody waits beyond its deadline. How many may be changed while it is in
 * use, up to a most: calls that hold a place keep it.
 */
export class ConcurrencyLimit {
  /** What the limit can be at most. */
  readonly most: number;
  #limit: number;
  #active = 0;
  readonly #waiting = new Set<Waiting>();

  constructor(most: number) {
    this.most = most;
    this.#limit = most;
  }

  /** Calls at once, now. */
  get limit(): number {
    return this.#limit;
  }

  /** Calls that hold a place. */
  get active(): number {
    return this.#active;
  }

  /** Calls that wait for one. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Changes how many calls there may be at once: 1 to the most. */
  resize(limit: number): void {
    this.#limit = Math.min(this.most, Math.max(1, Math.floor(limit)));
    this.#admit();
  }

  /** Takes a place if one is free. */
  tryEnter(): boolean {
    if (this.#active >= this.#limit) return false;
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

  /** Gives the place back: to the one that waits longest, if any and if there are not too many. */
  leave(): void {
    this.#active--;
    this.#admit();
  }

  #admit(): void {
    for (const next of this.#waiting) {
      if (!this.tryEnter()) return;
      next.enter('entered');
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../../../libs/store/index.ts';

/** A store that fails at the statement of this number, counted from 0, and at no other. What a transaction has done before is undone. */
export function failingAt(store: Store, statement: number): Store {
  let next = 0;
  const failing = (inner: Store): Store => ({
    async query(sql, parameters) {
      if (next++ === statement) throw new Error('the store fails');
      return inner.query(sql, parameters);
    },
    transaction: (work) => inner.transaction((tx) => work(failing(tx))),
    close: () => inner.close(),
  });
  return failing(store);
}

/** A store that takes its time before each transaction, and counts how many wait at once. */
export class SlowStore implements Store {
  /** Most that waited at once. */
  peak = 0;
  #waiting = 0;
  readonly #store: Store;
  readonly #ms: number;

  constructor(store: Store, ms: number) {
    this.#store = store;
    this.#ms = ms;
  }

  query<R>(sql: string, parameters?: unknown[]): Promise<R[]> {
    return this.#store.query(sql, parameters);
  }

  async transaction<T>(work: (tx: Store) => Promise<T>): Promise<T> {
    this.peak = Math.max(this.peak, ++this.#waiting);
    await sleep(this.#ms);
    this.#waiting--;
    return this.#store.transaction(work);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/**
 * When keys are to be looked at again. Bounded: keys that were met longest ago are forgotten, which makes them due. Two generations
 * instead of a list of uses, since nearly every row of a search is looked up here.
 */
export class DueTimes {
  readonly #scopes = new Map<string, KeyTimes>();
  readonly #most: number;

  /** @param most keys of each scope */
  constructor(most: number) {
    this.#most = most;
  }

  /** The keys of a scope, for one pass over rows. */
  of(scope: string): KeyTimes {
    let times = this.#scopes.get(scope);
    if (times === undefined) {
      times = new KeyTimes(this.#most / 2);
      this.#scopes.set(scope, times);
    }
    return times;
  }
}

/** Times by key. */
export class KeyTimes {
  readonly #each: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  /** @param each keys of each of the two generations */
  constructor(each: number) {
    this.#each = each;
  }

  /** When the key is due, epoch ms; 0 for one that is not known. */
  get(key: string): number {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old ?? 0;
  }

  set(key: string, due: number): void {
    this.#young.set(key, due);
    if (this.#young.size < this.#each) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}

/** Who waits for a token of the bucket by the second. */
export interface Waiting {
  /** What it matters now: it may rise while others join. */
  readonly priority: number;
  /** Epoch ms. */
  readonly deadline: number;
}

/** Those that wait, who matters most first, and of equals who came first. */
export class PriorityQueue<W extends Waiting> {
  readonly #waiting = new Set<W>();

  get size(): number {
    return this.#waiting.size;
  }

  add(one: W): void {
    this.#waiting.add(one);
  }

  delete(one: W): boolean {
    return this.#waiting.delete(one);
  }

  /** In the order in which they get what they wait for. */
  inOrder(): W[] {
    // Sorting keeps the order of arrival among equals.
    return [...this.#waiting].sort((a, b) => b.priority - a.priority);
  }
}

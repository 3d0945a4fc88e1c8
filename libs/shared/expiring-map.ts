/** Granularity in which ends are looked for, ms. */
const SLOT_MS = 1_000;

interface Entry<V> {
  value: V;
  /** Epoch ms. */
  until: number;
}

/**
 * Values that end at a time of their own. What has ended is never given, and is let go of by {@link sweep}, which looks at what
 * may have ended alone.
 */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, Entry<V>>();
  /** Keys by the slot in which they may end. */
  readonly #slots = new Map<number, Set<string>>();

  /** The number of values, those that have ended and were not swept included. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || entry.until <= now ? undefined : entry.value;
  }

  /** When a value ends, epoch ms; 0 where there is none. */
  until(key: string, now: number): number {
    const entry = this.#entries.get(key);
    return entry === undefined || entry.until <= now ? 0 : entry.until;
  }

  set(key: string, value: V, until: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#entries.set(key, { value, until });
      this.#slot(key, until);
      return;
    }
    const sooner = until < entry.until;
    entry.value = value;
    entry.until = until;
    // One that ends later is found in its old slot, and moves on then.
    if (sooner) this.#slot(key, until);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#slots.clear();
  }

  /** Lets go of what has ended. */
  sweep(now: number): void {
    for (const [slot, keys] of this.#slots) {
      if (slot * SLOT_MS > now) continue;
      this.#slots.delete(slot);
      for (const key of keys) {
        const entry = this.#entries.get(key);
        if (entry === undefined) continue;
        if (entry.until <= now) this.#entries.delete(key);
        else this.#slot(key, entry.until);
      }
    }
  }

  #slot(key: string, until: number): void {
    const slot = Math.ceil(until / SLOT_MS);
    const keys = this.#slots.get(slot);
    if (keys === undefined) this.#slots.set(slot, new Set([key]));
    else keys.add(key);
  }
}

/** A record that shares keys with the one asked for. */
export interface Candidate {
  /** As given to {@link BlockingIndex.add}. */
  readonly ref: number;
  /** Sum of the shared keys' weights: comparable within one answer only. */
  readonly score: number;
}

/** Keys found on more records than this are not walked where rarer ones give candidates. */
const mostWalked = 500;

/** Postings walked for one record at most, beyond its rarest key. */
const walkBudget = 1500;

/** Of the records met by rare keys, so many times as many as asked for are weighed by their common keys too. */
const weighed = 6;

/** Share of removed records from which the postings are made anew. */
const mostDead = 0.25;

/**
 * Finds the records that share rare keys with another. In memory and incremental; about 10 bytes a key and record beside
 * the keys' texts, which are held once. A key's kind is what stands before its first colon; kinds can weigh differently.
 */
export class BlockingIndex {
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #postings: number[][] = [];
  readonly #counts: number[] = [];
  readonly #freeIds: number[] = [];
  readonly #slots = new Map<number, number>();
  #refs: number[] = [];
  #keys: (Int32Array | undefined)[] = [];
  /** Zero but while a record is asked for; NaN of a removed one. */
  #scores = new Float64Array(1024);
  /** By key; zero but while a record is asked for. */
  #weights = new Float64Array(1024);

  /** Records held. */
  get size(): number {
    return this.#slots.size;
  }

  /** Records held that have the key. */
  count(key: string): number {
    const id = this.#ids.get(key);
    return id === undefined ? 0 : this.#counts[id]!;
  }

  has(ref: number): boolean {
    return this.#slots.has(ref);
  }

  /** Adds a record under a number of the caller's, in place of what it had. Duplicate keys count once. */
  add(ref: number, keys: readonly string[]): void {
    this.remove(ref);
    const slot = this.#refs.length;
    const ids = Int32Array.from(new Set(keys), (key) => this.#idOf(key));
    this.#slots.set(ref, slot);
    this.#refs.push(ref);
    this.#keys.push(ids);
    for (const id of ids) {
      this.#postings[id]!.push(slot);
      this.#counts[id]!++;
    }
    if (slot >= this.#scores.length) {
      const longer = new Float64Array(2 * this.#scores.length);
      longer.set(this.#scores);
      this.#scores = longer;
    }
  }

  /** Removes a record; false where there is none. */
  remove(ref: number): boolean {
    const slot = this.#slots.get(ref);
    if (slot === undefined) return false;
    this.#slots.delete(ref);
    for (const id of this.#keys[slot]!) if (--this.#counts[id]! === 0) this.#forget(id);
    this.#keys[slot] = undefined;
    this.#scores[slot] = Number.NaN;
    if (this.#refs.length > 64 && this.#refs.length - this.#slots.size > this.#refs.length * mostDead) this.#compact();
    return true;
  }

  /**
   * Records that share keys, best first, ties by ref. `weightOf` gives a shared key's weight from its text and the share
   * of records that have it.
   */
  find(keys: readonly string[], most: number, weightOf: (key: string, share: number) => number): Candidate[] {
    const asked: { id: number; count: number; weight: number }[] = [];
    for (const key of new Set(keys)) {
      const id = this.#ids.get(key);
      if (id === undefined) continue;
      const count = this.#counts[id]!;
      const weight = weightOf(key, count / this.#slots.size);
      if (weight > 0) asked.push({ id, count, weight });
    }
    asked.sort((a, b) => a.count - b.count || a.id - b.id);
    const scores = this.#scores;
    const all: number[] = [];
    let walked = 0;
    let next = 0;
    for (; next < asked.length; next++) {
      const { id, count, weight } = asked[next]!;
      if (all.length > 0 && (count > mostWalked || walked + count > walkBudget)) break;
      for (const slot of this.#postings[id]!) {
        // Of a removed record it is NaN, and stays so.
        if (scores[slot] === 0) all.push(slot);
        scores[slot]! += weight;
      }
      walked += count;
    }
    let met: readonly number[] = all;
    if (next < asked.length) {
      met = this.#best(met, most * weighed);
      this.#addCommon(met, asked.slice(next));
    }
    const found = this.#best(met, most).map((slot): Candidate => ({ ref: this.#refs[slot]!, score: scores[slot]! }));
    for (const slot of all) scores[slot] = 0;
    return found.sort((a, b) => b.score - a.score || a.ref - b.ref);
  }

  /** The slots with the highest scores, ties by ref, in no order. */
  #best(slots: readonly number[], most: number): readonly number[] {
    if (slots.length <= most) return slots;
    const scores = new Float64Array(slots.length);
    for (let i = 0; i < slots.length; i++) scores[i] = this.#scores[slots[i]!]!;
    const least = highest(scores, most);
    const best: number[] = [];
    const level: number[] = [];
    for (const slot of slots) {
      const score = this.#scores[slot]!;
      if (score > least) best.push(slot);
      else if (score === least) level.push(slot);
    }
    level.sort((a, b) => this.#refs[a]! - this.#refs[b]!);
    for (let i = 0; best.length < most; i++) best.push(level[i]!);
    return best;
  }

  /** Adds the weights of keys too common to be walked, to the records met by rarer ones. */
  #addCommon(met: readonly number[], common: readonly { id: number; weight: number }[]): void {
    if (this.#weights.length < this.#texts.length) this.#weights = new Float64Array(2 * this.#texts.length);
    const weights = this.#weights;
    for (const { id, weight } of common) weights[id] = weight;
    for (const slot of met) {
      let more = 0;
      for (const id of this.#keys[slot]!) more += weights[id]!;
      this.#scores[slot]! += more;
    }
    for (const { id } of common) weights[id] = 0;
  }

  #idOf(key: string): number {
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#freeIds.pop() ?? this.#texts.length;
      this.#ids.set(key, id);
      this.#texts[id] = key;
      this.#postings[id] = [];
      this.#counts[id] = 0;
    }
    return id;
  }

  #forget(id: number): void {
    this.#ids.delete(this.#texts[id]!);
    this.#texts[id] = '';
    this.#postings[id] = [];
    this.#freeIds.push(id);
  }

  #compact(): void {
    const refs: number[] = [];
    const keys: Int32Array[] = [];
    for (let id = 0; id < this.#postings.length; id++) this.#postings[id] = [];
    for (const [ref, slot] of this.#slots) {
      this.#slots.set(ref, refs.length);
      for (const id of this.#keys[slot]!) this.#postings[id]!.push(refs.length);
      refs.push(ref);
      keys.push(this.#keys[slot]!);
    }
    this.#refs = refs;
    this.#keys = keys;
    this.#scores.fill(0);
  }
}

/** The number that has `rank - 1` above or beside it, of numbers that it brings in disorder (quickselect). */
function highest(numbers: Float64Array, rank: number): number {
  let [low, high] = [0, numbers.length - 1];
  const wanted = rank - 1;
  while (low < high) {
    const pivot = numbers[(low + high) >> 1]!;
    let [i, j] = [low, high];
    while (i <= j) {
      while (numbers[i]! > pivot) i++;
      while (numbers[j]! < pivot) j--;
      if (i <= j) {
        const other = numbers[i]!;
        numbers[i++] = numbers[j]!;
        numbers[j--] = other;
      }
    }
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else break;
  }
  return numbers[wanted]!;
}

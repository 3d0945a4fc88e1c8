import { type BatchValues, isPresent, type RowTest } from './row-tests.ts';

/**
 * Which of many rules a row fulfils the comparisons of. A rule that wants an attribute to have one of some values is filed under
 * these, by its most selective comparison, and looked at only in rows that have one of them. Everything lies in flat arrays: what
 * counts is how much memory a row's candidates touch.
 */

/** A comparison that would file a rule under more of the values that are named files it under most rows: it stays unfiled. */
const MOST_SHARE = 0.5;
/** Values up to this are looked up by position; numbers of texts are few. */
const MOST_SMALL = 65_536;

/** Added to a comparison that must not be fulfilled. */
const NOT = 8;
const COMPARE = { equals: 0, any_of: 1, at_most: 2, below: 3, at_least: 4, above: 5, contains: 6 } as const;

/** Rules filed under the values of one attribute: of each value a range of positions, ascending. */
class Filed {
  readonly slot: number;
  readonly positions: Int32Array;
  /** Where a small value's range begins; it ends where that of the next begins. */
  readonly small: Int32Array;
  readonly others: ReadonlyMap<number, readonly [begin: number, end: number]>;

  constructor(slot: number, byValue: ReadonlyMap<number, readonly number[]>) {
    this.slot = slot;
    const isSmall = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < MOST_SMALL;
    const values = [...byValue.keys()].sort((a, b) => a - b);
    const smalls = values.filter(isSmall);
    const positions: number[] = [];
    this.small = new Int32Array((smalls.at(-1) ?? -1) + 2);
    for (let value = 0; value < this.small.length; value++) {
      this.small[value] = positions.length;
      positions.push(...(byValue.get(value) ?? []));
    }
    const others = new Map<number, readonly [number, number]>();
    for (const value of values) {
      if (isSmall(value)) continue;
      const begin = positions.length;
      positions.push(...byValue.get(value)!);
      others.set(value, [begin, positions.length]);
    }
    this.others = others;
    this.positions = Int32Array.from(positions);
  }
}

/** The comparisons of rules in order. */
export class RuleIndex {
  readonly size: number;
  /** Positions of the rules that every row is judged by. */
  readonly unfiled: Int32Array;
  readonly filed: readonly Filed[];
  /** Of each rule, the comparisons that are left once it was found: where they begin. */
  readonly starts: Int32Array;
  readonly slots: Uint8Array;
  readonly compares: Uint8Array;
  readonly values: Float64Array;
  readonly lists: readonly (readonly number[])[];

  constructor(rules: readonly (readonly RowTest[])[]) {
    this.size = rules.length;
    const named = valuesNamed(rules);
    const filed = new Map<number, Map<number, number[]>>();
    const unfiled: number[] = [];
    const left = rules.map((tests, position) => {
      const key = bestKey(tests, named);
      if (key === undefined) unfiled.push(position);
      else file(filed, key, position);
      return tests.filter((test) => test !== key);
    });
    this.unfiled = Int32Array.from(unfiled);
    this.filed = [...filed].map(([slot, byValue]) => new Filed(slot, byValue));
    const tests = left.flat();
    this.starts = new Int32Array(rules.length + 1);
    for (const [position, own] of left.entries()) this.starts[position + 1] = this.starts[position]! + own.length;
    this.slots = Uint8Array.from(tests, ({ slot }) => slot);
    this.compares = Uint8Array.from(tests, ({ compare, negated }) => COMPARE[compare] + (negated ? NOT : 0));
    this.values = Float64Array.from(tests, ({ values }) => values[0]!);
    this.lists = tests.map(({ values }) => values);
  }

  /** Binds them to a batch. */
  bind(batch: readonly BatchValues[]): BoundIndex {
    return new BoundIndex(this, batch);
  }
}

/** Rules of a batch's rows. */
export class BoundIndex {
  /** Positions of the rules of the row that was looked at last, ascending: the first `count`. */
  readonly found: Int32Array;
  count = 0;
  readonly #index: RuleIndex;
  readonly #batch: readonly BatchValues[];

  constructor(index: RuleIndex, batch: readonly BatchValues[]) {
    this.#index = index;
    this.#batch = batch;
    this.found = new Int32Array(index.size);
  }

  /** Finds the rules of a row. */
  find(row: number): void {
    const { unfiled, filed } = this.#index;
    this.count = 0;
    this.#judge(unfiled, 0, unfiled.length, row);
    for (let i = 0; i < filed.length; i++) {
      const own = filed[i]!;
      const { values, lists } = this.#batch[own.slot]!;
      if (lists === undefined) {
        if (row < values.length) this.#look(own, values[row]!, row);
      } else if (isPresent(lists.presence, row)) {
        const end = lists.offsets[row + 1]!;
        for (let at = lists.offsets[row]!; at < end; at++) this.#look(own, lists.numbers[at]!, row);
      }
    }
  }

  /** What has no value is not a number, under which nothing is filed. */
  #look({ positions, small, others }: Filed, value: number, row: number): void {
    if (value >= 0 && value < small.length - 1 && Number.isInteger(value)) {
      this.#judge(positions, small[value]!, small[value + 1]!, row);
    } else if (others.size > 0) {
      const range = others.get(value);
      if (range !== undefined) this.#judge(positions, range[0], range[1], row);
    }
  }

  #judge(positions: Int32Array, begin: number, end: number, row: number): void {
    for (let i = begin; i < end; i++) if (this.#holds(positions[i]!, row)) this.#add(positions[i]!);
  }

  /** Keeps them in order, each once: a list may lead to a rule twice. */
  #add(position: number): void {
    const { found } = this;
    let at = this.count - 1;
    while (at >= 0 && found[at]! > position) at--;
    if (at >= 0 && found[at] === position) return;
    for (let i = this.count++; i > at + 1; i--) found[i] = found[i - 1]!;
    found[at + 1] = position;
  }

  #holds(position: number, row: number): boolean {
    const { starts, slots, compares, values } = this.#index;
    const end = starts[position + 1]!;
    for (let test = starts[position]!; test < end; test++) {
      const batch = this.#batch[slots[test]!]!;
      const own = row < batch.values.length ? batch.values[row]! : Number.NaN;
      const value = values[test]!;
      switch (compares[test]) {
        case COMPARE.equals:
          if (own !== value) return false;
          break;
        case COMPARE.equals + NOT:
          if (own === value || Number.isNaN(own)) return false;
          break;
        case COMPARE.at_most:
        case COMPARE.above + NOT:
          if (!(own <= value)) return false;
          break;
        case COMPARE.below:
        case COMPARE.at_least + NOT:
          if (!(own < value)) return false;
          break;
        case COMPARE.at_least:
        case COMPARE.below + NOT:
          if (!(own >= value)) return false;
          break;
        case COMPARE.above:
        case COMPARE.at_most + NOT:
          if (!(own > value)) return false;
          break;
        default:
          if (!this.#holdsOther(test, batch, own, row)) return false;
      }
    }
    return true;
  }

  #holdsOther(test: number, { lists }: BatchValues, own: number, row: number): boolean {
    const { compares, lists: constants, values } = this.#index;
    switch (compares[test]) {
      case COMPARE.any_of:
        return constants[test]!.includes(own);
      case COMPARE.any_of + NOT:
        return !constants[test]!.includes(own) && !Number.isNaN(own);
      default: {
        if (lists === undefined || !isPresent(lists.presence, row)) return false;
        const wanted = compares[test] === COMPARE.contains;
        const end = lists.offsets[row + 1]!;
        for (let at = lists.offsets[row]!; at < end; at++) if (lists.numbers[at] === values[test]) return wanted;
        return !wanted;
      }
    }
  }
}

/** Whether a rule can be filed by a comparison. */
function files({ compare, negated }: RowTest): boolean {
  return !negated && (compare === 'equals' || compare === 'any_of' || compare === 'contains');
}

/** How many different values each attribute is compared with: the more, the fewer rules a value leads to. */
function valuesNamed(rules: readonly (readonly RowTest[])[]): ReadonlyMap<number, number> {
  const values = new Map<number, Set<number>>();
  for (const tests of rules) {
    for (const test of tests) {
      if (!files(test)) continue;
      const known = values.get(test.slot) ?? new Set();
      values.set(test.slot, known);
      for (const value of test.values) known.add(value);
    }
  }
  return new Map([...values].map(([slot, known]) => [slot, known.size]));
}

function bestKey(tests: readonly RowTest[], named: ReadonlyMap<number, number>): RowTest | undefined {
  let best: RowTest | undefined;
  let least = MOST_SHARE;
  for (const test of tests) {
    if (!files(test)) continue;
    const share = test.values.length / named.get(test.slot)!;
    if (share >= least) continue;
    least = share;
    best = test;
  }
  return best;
}

function file(filed: Map<number, Map<number, number[]>>, { slot, values }: RowTest, position: number): void {
  const own = filed.get(slot) ?? new Map<number, number[]>();
  filed.set(slot, own);
  for (const value of values) {
    const positions = own.get(value);
    if (positions === undefined) own.set(value, [position]);
    else positions.push(position);
  }
}

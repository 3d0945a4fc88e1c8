import { type BatchValues, fulfils, isListTest, isPresent, type RowTest } from './row-tests.ts';

/**
 * Which of many rules a row can have, found by sets of bits: for each value of an attribute there is one set, of the rules whose
 * comparisons with that attribute the value fulfils. What all attributes of a row leave over are its rules, in order. Rules are
 * so never gone through; a row costs some operations for each 32 rules and attribute.
 */

/** Values of one attribute whose sets are kept; beyond, they are made anew. */
const MAX_SETS = 4_096;

/** One attribute. */
class SlotBits {
  readonly slot: number;
  /** Rules that do not look at it. */
  readonly indifferent: Int32Array;
  /** Positions of the others with their comparisons. */
  readonly #tested: (readonly [position: number, tests: readonly RowTest[]])[];
  readonly #small: (Int32Array | undefined)[] = [];
  readonly #others = new Map<number, Int32Array>();

  constructor(slot: number, indifferent: Int32Array, tested: (readonly [number, readonly RowTest[]])[]) {
    this.slot = slot;
    this.indifferent = indifferent;
    this.#tested = tested;
  }

  /** The rules that a row with a value can have, as far as this attribute goes; of a list, with that value alone. */
  of(value: number): Int32Array {
    if (value >= -1 && value < MAX_SETS && Number.isInteger(value)) {
      let set = this.#small[value + 1];
      if (set === undefined) {
        set = this.#make(value);
        this.#small[value + 1] = set;
      }
      return set;
    }
    if (Number.isNaN(value)) return this.indifferent;
    let set = this.#others.get(value);
    if (set === undefined) {
      set = this.#make(value);
      if (this.#others.size >= MAX_SETS) this.#others.clear();
      this.#others.set(value, set);
    }
    return set;
  }

  #make(value: number): Int32Array {
    const set = this.indifferent.slice();
    for (const [position, tests] of this.#tested) {
      if (tests.every((test) => fulfils(test, value))) set[position >> 5]! |= 1 << (position & 31);
    }
    return set;
  }
}

/** The comparisons of rules in order. */
export class RuleBits {
  readonly words: number;
  readonly #slots: readonly SlotBits[];
  readonly #all: Int32Array;
  /** Of the values of a list. */
  readonly #union: Int32Array;

  /** @param rules the comparisons of each rule; of a list at most one, which wants a value to be in it */
  constructor(rules: readonly (readonly RowTest[])[]) {
    this.words = (rules.length + 31) >> 5;
    this.#all = new Int32Array(this.words);
    this.#union = new Int32Array(this.words);
    for (const position of rules.keys()) this.#all[position >> 5]! |= 1 << (position & 31);
    const tested = new Map<number, Map<number, RowTest[]>>();
    for (const [position, tests] of rules.entries()) {
      for (const test of tests) {
        const own = tested.get(test.slot) ?? new Map<number, RowTest[]>();
        tested.set(test.slot, own);
        own.set(position, [...(own.get(position) ?? []), test]);
      }
    }
    this.#slots = [...tested].map(([slot, own]) => {
      const indifferent = this.#all.slice();
      for (const position of own.keys()) indifferent[position >> 5]! &= ~(1 << (position & 31));
      return new SlotBits(slot, indifferent, [...own]);
    });
  }

  /** Puts the rules that a row can have into a set of `words` words. */
  find(batch: readonly BatchValues[], row: number, found: Int32Array): void {
    const { words } = this;
    found.set(this.#all);
    for (let i = 0; i < this.#slots.length; i++) {
      const bits = this.#slots[i]!;
      const { values, lists } = batch[bits.slot]!;
      if (lists === undefined) {
        const own = row < values.length ? bits.of(values[row]!) : bits.indifferent;
        for (let word = 0; word < words; word++) found[word]! &= own[word]!;
        continue;
      }
      const start = lists.offsets[row]!;
      const end = isPresent(lists.presence, row) ? lists.offsets[row + 1]! : start;
      let own = bits.indifferent;
      if (end - start === 1) own = bits.of(lists.numbers[start]!);
      else if (end > start) {
        own = this.#union;
        own.set(bits.of(lists.numbers[start]!));
        for (let at = start + 1; at < end; at++) {
          const more = bits.of(lists.numbers[at]!);
          for (let word = 0; word < words; word++) own[word]! |= more[word]!;
        }
      }
      for (let word = 0; word < words; word++) found[word]! &= own[word]!;
    }
  }
}

/** Whether a rule's comparisons can be told by bits: of each list it wants one value at most. */
export function isSimple(tests: readonly RowTest[]): boolean {
  const lists = tests.filter(isListTest);
  return lists.every(({ slot, negated }) => !negated && lists.filter((test) => test.slot === slot).length === 1);
}

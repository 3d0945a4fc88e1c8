import type { RowSource } from '../../libs/expression/index.ts';
import type { BoundStep } from './bound-steps.ts';
import type { Constants, Term } from './condition.ts';
import type { Columns, Slots } from './row-tests.ts';
import { type BoundIndex, RuleIndex } from './rule-index.ts';

/**
 * The rules of each row: those whose comparisons its values fulfil (rule-index.ts), then what is left of their conditions, then of
 * each exclusive group the first.
 */

/** A rule whose row-independent terms are all true. */
export interface OpenRule {
  readonly bound: BoundStep;
  /** What rows decide; empty where every row has it. */
  readonly terms: readonly Term[];
  /** Number of its exclusive group; -1 for none. */
  readonly group: number;
  /** Told when a term errs in a row for no lack of values. */
  readonly failed: () => void;
}

/** Rules in order. */
export class RowRules {
  readonly rules: readonly OpenRule[];
  readonly groups: number;
  readonly constants: Constants;
  readonly slots: Slots;
  readonly index: RuleIndex;
  /** Of each rule the terms that are no comparisons, those that may fail last; undefined for none. */
  readonly others: readonly (readonly Term[] | undefined)[];

  /** @param slots shared by all that read the same batches */
  constructor(rules: readonly OpenRule[], groups: number, constants: Constants, slots: Slots) {
    this.rules = rules;
    this.groups = groups;
    this.constants = constants;
    this.slots = slots;
    const tests = rules.map(({ terms }) => terms.map((term) => slots.testOf(term)));
    this.index = new RuleIndex(tests.map((own) => own.filter((test) => test !== undefined)));
    this.others = rules.map(({ terms }, position) => {
      const others = terms.filter((_, at) => tests[position]![at] === undefined);
      return others.length === 0 ? undefined : others.toSorted((a, b) => Number(a.fails) - Number(b.fails));
    });
  }

  /** Binds them to a batch. Throws EntrepotError INVALID_FIELD when a column is of another type than its attribute. */
  bind(columns: Columns): BoundRules {
    return new BoundRules(this, columns);
  }
}

/** Whether a row fulfils the terms of a rule that are no comparisons. */
type RowFunction = (row: number) => boolean;

/** Rules of one batch. */
export class BoundRules {
  readonly #of: RowRules;
  readonly #source: RowSource;
  readonly #index: BoundIndex;
  /** Of rules with terms that are no comparisons, once they were needed. */
  readonly #functions = new Map<number, RowFunction>();
  /** When a group was last taken, counted in rows looked at. */
  readonly #taken: Float64Array;
  readonly #steps: BoundStep[] = [];
  #row = -1;
  #looked = 0;

  constructor(of: RowRules, columns: Columns) {
    this.#of = of;
    const { constants } = of;
    this.#source = (variable) => (constants.has(variable) ? { constant: constants.get(variable) } : columns(variable));
    this.#index = of.index.bind(of.slots.bind(columns));
    this.#taken = new Float64Array(of.groups);
  }

  /** The steps that a row has, in order; good until the next row is asked for. */
  stepsOf(row: number): readonly BoundStep[] {
    if (row === this.#row) return this.#steps;
    this.#row = row;
    const { rules, others } = this.#of;
    const index = this.#index;
    index.find(row);
    const steps = this.#steps;
    const looked = ++this.#looked;
    let kept = 0;
    for (let i = 0; i < index.count; i++) {
      const position = index.found[i]!;
      const { bound, group } = rules[position]!;
      if (group >= 0 && this.#taken[group] === looked) continue;
      if (others[position] !== undefined && !this.#fulfils(position, row)) continue;
      if (group >= 0) this.#taken[group] = looked;
      steps[kept++] = bound;
    }
    // Only then: emptying it first would allocate it anew for each row.
    if (steps.length !== kept) steps.length = kept;
    return steps;
  }

  /** The rules whose conditions err in a row for no lack of values. */
  failuresOf(row: number): readonly OpenRule[] {
    const failed: OpenRule[] = [];
    for (const rule of this.#of.rules) {
      const failing = rule.terms.filter((term) => term.fails);
      if (failing.length === 0) continue;
      const others = rule.terms.filter((term) => !term.fails);
      const open = others.every((term) => term.expression.bind(this.#source)(row) === true);
      if (open && failing.some((term) => this.#errs(term, row))) failed.push(rule);
    }
    return failed;
  }

  #fulfils(position: number, row: number): boolean {
    let bound = this.#functions.get(position);
    if (bound === undefined) {
      bound = this.#bind(this.#of.others[position] ?? [], this.#of.rules[position]!.failed);
      this.#functions.set(position, bound);
    }
    return bound(row);
  }

  #bind(terms: readonly Term[], failed: () => void): RowFunction {
    const bound = terms.map((term) => ({ term, value: term.expression.bind(this.#source) }));
    return (row) => {
      for (let i = 0; i < bound.length; i++) {
        const { term, value } = bound[i]!;
        const answer = value(row);
        if (answer === true) continue;
        if (answer === undefined && term.fails && this.#errs(term, row)) failed();
        return false;
      }
      return true;
    };
  }

  /** Whether a term errs in a row although everything that it reads has a value. */
  #errs(term: Term, row: number): boolean {
    const complete = term.reads.every((name) => {
      const source = this.#source(name);
      if (source === undefined) return false;
      return 'constant' in source ? source.constant !== undefined : 'has' in source && source.has(row);
    });
    return complete && term.expression.bind(this.#source)(row) === undefined;
  }
}

import type { AnyColumnView } from '../../libs/columns/index.ts';
import type { BoundStep } from './bound-steps.ts';
import type { Constants, Term } from './condition.ts';
import { BatchColumns, bindTerms, type RowTest } from './row-terms.ts';

/**
 * Finds the rules of each row. Of thousands only those are judged that the row's own values lead to: a rule whose condition
 * compares an attribute with constants (`fare_brand == "Light"`, `"BA" in carriers`) is filed under these, and looked at in rows
 * that have one of them.
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

/** Rules filed under the values of one attribute, by their positions, ascending. */
interface AttributeIndex {
  readonly attribute: string;
  /** One of the terms that they are filed by. */
  readonly term: Term;
  readonly positions: ReadonlyMap<string | number, readonly number[]>;
}

/** Rules in order, with those filed that can be. */
export class RowRules {
  readonly rules: readonly OpenRule[];
  readonly groups: number;
  readonly constants: Constants;
  /** Positions of the rules that every row is judged by. */
  readonly unfiled: readonly number[];
  readonly indexes: readonly AttributeIndex[];
  /** What is left to judge of each rule once it was found. */
  readonly rest: readonly (readonly Term[])[];

  constructor(rules: readonly OpenRule[], groups: number, constants: Constants) {
    this.rules = rules;
    this.groups = groups;
    this.constants = constants;
    const filing = selectivities(rules);
    const indexes = new Map<string, { attribute: string; term: Term; positions: Map<string | number, number[]> }>();
    const unfiled: number[] = [];
    const rest: (readonly Term[])[] = [];
    for (const [position, { terms }] of rules.entries()) {
      const key = bestKey(terms, filing);
      rest.push(key === undefined ? terms : terms.filter((term) => term !== key));
      if (key === undefined) {
        unfiled.push(position);
        continue;
      }
      const { attribute } = key.constraint!;
      const index = indexes.get(attribute) ?? { attribute, term: key, positions: new Map() };
      indexes.set(attribute, index);
      for (const value of valuesOf(key)!) {
        const filed = index.positions.get(value);
        if (filed === undefined) index.positions.set(value, [position]);
        else filed.push(position);
      }
    }
    this.rest = rest;
    this.unfiled = unfiled;
    this.indexes = [...indexes.values()];
  }

  /** Binds them to a batch. Throws as bindTerms does. */
  bind(source: (attribute: string) => AnyColumnView | undefined): BoundRules {
    // Refuses a column of another type, in which nothing would be found.
    for (const { term } of this.indexes) term.expression.bind(source);
    return new BoundRules(this, source);
  }
}

/** How many different values each attribute is compared with: the more, the fewer rules a value leads to. */
function selectivities(rules: readonly OpenRule[]): ReadonlyMap<string, number> {
  const values = new Map<string, Set<string | number>>();
  for (const { terms } of rules) {
    for (const term of terms) {
      const own = valuesOf(term);
      if (own === undefined) continue;
      const { attribute } = term.constraint!;
      const known = values.get(attribute) ?? new Set();
      values.set(attribute, known);
      for (const value of own) known.add(value);
    }
  }
  return new Map([...values].map(([attribute, known]) => [attribute, known.size]));
}

/** A rule filed under most of the values that there are would be found by most rows. */
const MOST_SHARE = 0.5;

function bestKey(terms: readonly Term[], filing: ReadonlyMap<string, number>): Term | undefined {
  let best: Term | undefined;
  let least = MOST_SHARE;
  for (const term of terms) {
    const values = valuesOf(term);
    if (values === undefined) continue;
    const share = values.length / filing.get(term.constraint!.attribute)!;
    if (share < least) {
      least = share;
      best = term;
    }
  }
  return best;
}

/** The values that a row must have one of; undefined where they cannot be counted. */
function valuesOf({ constraint }: Term): readonly (string | number)[] | undefined {
  if (constraint === undefined) return undefined;
  const { operator, value } = constraint;
  if (operator === 'equals') return [value as string | number];
  return operator === 'any_of' || operator === 'contains' ? (value as readonly (string | number)[]) : undefined;
}

/** Positions of the rules that a row's value of one attribute leads to. */
type Lookup = (row: number, found: number[]) => void;

/** Rules of one batch. */
export class BoundRules {
  readonly #of: RowRules;
  readonly #columns: BatchColumns;
  readonly #lookups: readonly Lookup[];
  readonly #tests: (RowTest | undefined)[];
  /** When a group was last taken, counted in rows looked at. */
  readonly #taken: Float64Array;
  readonly #steps: BoundStep[] = [];
  readonly #found: number[] = [];
  readonly #merged: number[] = [];
  #row = -1;
  #looked = 0;

  constructor(of: RowRules, source: (attribute: string) => AnyColumnView | undefined) {
    this.#of = of;
    this.#columns = new BatchColumns(source);
    this.#lookups = of.indexes.flatMap((index) => lookupOf(index, this.#columns) ?? []);
    this.#tests = new Array<RowTest | undefined>(of.rules.length);
    this.#taken = new Float64Array(of.groups);
  }

  /** The steps that a row has, in order; good until the next row is asked for. */
  stepsOf(row: number): readonly BoundStep[] {
    if (row === this.#row) return this.#steps;
    const steps = this.#steps;
    steps.length = 0;
    const looked = ++this.#looked;
    const { rules } = this.#of;
    const candidates = this.#candidates(row);
    for (let i = 0; i < candidates.length; i++) {
      const position = candidates[i]!;
      const { bound, group } = rules[position]!;
      if (group >= 0 && this.#taken[group] === looked) continue;
      this.#tests[position] ??= this.#bind(position);
      if (this.#tests[position](row) !== true) continue;
      if (group >= 0) this.#taken[group] = looked;
      steps.push(bound);
    }
    this.#row = row;
    return steps;
  }

  /** The rules whose conditions err in a row for no lack of values. */
  failuresOf(row: number): readonly OpenRule[] {
    return this.#of.rules.filter(({ terms }) => {
      let failed = false;
      if (terms.some((term) => term.fails)) {
        bindTerms(terms, this.#of.constants, this.#columns, () => {
          failed = true;
        })(row);
      }
      return failed;
    });
  }

  #bind(position: number): RowTest {
    return bindTerms(this.#of.rest[position]!, this.#of.constants, this.#columns, this.#of.rules[position]!.failed);
  }

  #candidates(row: number): readonly number[] {
    const { unfiled } = this.#of;
    if (this.#lookups.length === 0) return unfiled;
    const found = this.#found;
    found.length = 0;
    for (let i = 0; i < this.#lookups.length; i++) this.#lookups[i]!(row, found);
    if (found.length === 0) return unfiled;
    sortDistinct(found);
    return unfiled.length === 0 ? found : merge(found, unfiled, this.#merged);
  }
}

/** Few and mostly in order: sorts and makes distinct in place. */
function sortDistinct(found: number[]): void {
  if (found.length > 64) found.sort(ascending);
  else {
    for (let i = 1; i < found.length; i++) {
      const value = found[i]!;
      let at = i - 1;
      for (; at >= 0 && found[at]! > value; at--) found[at + 1] = found[at]!;
      found[at + 1] = value;
    }
  }
  let kept = 0;
  for (let i = 0; i < found.length; i++) if (i === 0 || found[i] !== found[kept - 1]) found[kept++] = found[i]!;
  found.length = kept;
}

/** Two ascending lists without a number in common as one. */
function merge(some: readonly number[], others: readonly number[], merged: number[]): readonly number[] {
  merged.length = 0;
  let at = 0;
  for (let i = 0; i < some.length; i++) {
    while (at < others.length && others[at]! < some[i]!) merged.push(others[at++]!);
    merged.push(some[i]!);
  }
  while (at < others.length) merged.push(others[at++]!);
  return merged;
}

function ascending(a: number, b: number): number {
  return a - b;
}

const NOTHING: readonly number[] = [];

/** Undefined where no row leads anywhere. */
function lookupOf({ attribute, positions }: AttributeIndex, columns: BatchColumns): Lookup | undefined {
  const column = columns.column(attribute);
  if (column === undefined) return undefined;
  const { presence } = column;
  const has = (row: number): boolean => presence === undefined || ((presence[row >> 3]! >> (row & 7)) & 1) === 1;
  if (column.type === 'string' || column.type === 'string_list') {
    const { dictionary, codes } = column;
    const byCode = new Array<readonly number[] | undefined>(dictionary.length);
    const add = (code: number, found: number[]): void => {
      let filed = byCode[code];
      if (filed === undefined) {
        filed = positions.get(dictionary[code]!) ?? NOTHING;
        byCode[code] = filed;
      }
      for (let i = 0; i < filed.length; i++) found.push(filed[i]!);
    };
    if (column.type === 'string') {
      return (row, found) => {
        if (has(row)) add(codes[row]!, found);
      };
    }
    const { offsets } = column;
    return (row, found) => {
      if (!has(row)) return;
      for (let i = offsets[row]!; i < offsets[row + 1]!; i++) add(codes[i]!, found);
    };
  }
  if (column.type === 'bool') return undefined;
  const { values } = column;
  return (row, found) => {
    const filed = has(row) ? positions.get(values[row]!) : undefined;
    if (filed !== undefined) for (let i = 0; i < filed.length; i++) found.push(filed[i]!);
  };
}

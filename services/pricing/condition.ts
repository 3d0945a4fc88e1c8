import {
  type CompiledExpression,
  type Conjunction,
  type Constraint,
  compileConjunction,
  type ExpressionType,
  fulfils,
  type RowSource,
  type Scope,
  verticalScope,
} from '../../libs/expression/index.ts';
import type { Vertical } from '../../libs/vertical/index.ts';

/** What every condition may read beside the vertical's filterable attributes. */
export const CONTEXT_VARIABLES: Readonly<Record<string, ExpressionType>> = {
  market: 'string',
  client: 'string',
  partner: 'string',
  /** Of the partner's price. */
  currency: 'string',
  shown_currency: 'string',
  /** On the clocks of the market, at the instant of pricing. */
  weekday: 'string',
  hour: 'int',
  date: 'string',
};

/** Those of the context that depend on the clock. */
export const TIME_VARIABLES = ['weekday', 'hour', 'date'] as const;

/** What is known of variables before rows are; a value that is undefined is absent, a name that is missing not yet known. */
export type Constants = ReadonlyMap<string, string | number | undefined>;

/** Variables and attributes that conditions of a vertical's rules read. */
export function scopeOf(vertical: Vertical): Scope {
  return verticalScope(vertical, CONTEXT_VARIABLES);
}

/** What is known of one term of a condition without its code; plain data. */
export interface TermShape {
  /** Its position among the condition's terms. */
  readonly at: number;
  /** The variables that it reads. */
  readonly reads: readonly string[];
  /** It is true exactly where this is fulfilled. */
  readonly constraint: Constraint | undefined;
  /** It is true exactly where the variable has a value and this is not fulfilled. */
  readonly exclusion: Constraint | undefined;
  /** Whether it can err although everything that it reads has a value. */
  readonly fails: boolean;
  /** Whether it asks if something has a value. */
  readonly presence: boolean;
}

/** Found in a text too; that only costs the early answer. */
const PRESENCE_TEST = /\bpresent\s*\(/;

/** The terms of a checked condition. Throws ExpressionError for one that is none, or in which a part errs whatever the row says. */
export function termsOf(when: string, vertical: Vertical): TermShape[] {
  const { conjuncts } = compileConjunction(when, scopeOf(vertical), true);
  const presence = PRESENCE_TEST.test(when);
  return conjuncts.map(({ reads, constraint, exclusion, fails }, at) => ({
    at,
    reads,
    constraint,
    exclusion,
    fails,
    presence,
  }));
}

/** One term of a rule's condition. A row has the rule where all of its terms are true. Its code is made when it is first needed. */
export class Term implements TermShape {
  readonly at: number;
  readonly reads: readonly string[];
  readonly constraint: Constraint | undefined;
  readonly exclusion: Constraint | undefined;
  readonly fails: boolean;
  readonly presence: boolean;
  readonly #conjunction: () => Conjunction;
  #expression: CompiledExpression<boolean> | undefined;

  constructor(shape: TermShape, conjunction: () => Conjunction) {
    this.at = shape.at;
    this.reads = shape.reads;
    this.constraint = shape.constraint;
    this.exclusion = shape.exclusion;
    this.fails = shape.fails;
    this.presence = shape.presence;
    this.#conjunction = conjunction;
  }

  get expression(): CompiledExpression<boolean> {
    this.#expression ??= this.#conjunction().conjuncts[this.at]!.expression;
    return this.#expression;
  }

  /** Whether it is true, as far as that is known: undefined when rows decide. */
  judge(constants: Constants): boolean | undefined {
    const { constraint, exclusion } = this;
    const simple = constraint ?? exclusion;
    if (simple !== undefined) {
      if (!constants.has(simple.attribute)) return undefined;
      const value = constants.get(simple.attribute);
      return value !== undefined && fulfils(value, simple) === (constraint !== undefined);
    }
    return this.#evaluate(constants);
  }

  /**
   * An attribute that is not known yet makes an expression fail as an absent one does, and CEL's `&&`, `||` and `?:` absorb
   * failures that do not matter; so an answer without the attributes is the answer with any. Tests of presence are the
   * exception, so terms with one wait for the rows.
   */
  #evaluate(constants: Constants): boolean | undefined {
    const known = this.reads.filter((name) => constants.has(name));
    const open = known.length < this.reads.length;
    if (open && (this.presence || known.length === 0)) return undefined;
    const source: RowSource = (variable) =>
      constants.has(variable) ? { constant: constants.get(variable) } : undefined;
    const value = this.expression.bind(source)(0);
    if (open) return value;
    // What errs for no lack of values stays, so that it is counted where rows are priced, and explained.
    if (value === undefined && this.fails && known.every((name) => constants.get(name) !== undefined)) return undefined;
    return value === true;
  }
}

/** The terms that rows decide; undefined where one is false already. */
export function openTerms(terms: readonly Term[], constants: Constants): readonly Term[] | undefined {
  let open: Term[] | undefined;
  for (let i = 0; i < terms.length; i++) {
    const answer = terms[i]!.judge(constants);
    if (answer === false) return undefined;
    if (answer === true) open ??= terms.slice(0, i);
    else open?.push(terms[i]!);
  }
  return open ?? terms;
}

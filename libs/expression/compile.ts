import { LRUCache } from 'lru-cache';
import { analyze } from './analyze.ts';
import type { Checked } from './check.ts';
import { type Constraint, readConstraint, readExclusion } from './constraint.ts';
import { emitFactory, type Factory, sourcesOf } from './emit.ts';
import { type Node, partsOf } from './node.ts';
import { bindSource, type RowSource } from './source.ts';
import { type ExpressionType, type Scope, type Type, typeOf, type Value } from './types.ts';

/** The JavaScript value of each result type: timestamps are epoch milliseconds. */
export interface ExpressionValues {
  bool: boolean;
  int: number;
  double: number;
  string: string;
  timestamp: number;
  list_string: readonly string[];
}

/** A compiled expression. */
export interface CompiledExpression<V = boolean | number | string> {
  /** The expression. */
  readonly source: string;
  /** The variables that it reads, each once. */
  readonly reads: readonly string[];
  /**
   * Binds the variables to their sources once; the function returned evaluates a row. undefined stands for a CEL error,
   * an absent value among them. Rows must lie inside the bound columns. A bound function sees the columns as they were
   * when they were bound: bind again after a table has grown.
   * Throws EntrepotError INVALID_FIELD when a column is of another type than the scope says.
   */
  bind(source: RowSource): (row: number) => V | undefined;
}

/** Combinations of source shapes for which code is kept; a caller has one or two. */
const MAX_VARIANTS = 32;
/** Compiled expressions kept for each scope, so that a filter that comes again runs code that is already optimized. */
const MAX_CACHED = 512;

const caches = new WeakMap<Scope, LRUCache<string, CompiledExpression<Value>>>();

/**
 * Compiles a CEL expression to JavaScript. Compiling again with the same scope object answers from a cache.
 *
 * Offered: bool, int, double, string, timestamp and list_string variables, literals and lists of them, and the operators,
 * macros and functions that README.md lists. Ints are exact within ±(2^53 - 1), times to the millisecond: what would leave
 * these is an error, never a wrong value.
 *
 * @param expected the type of the result; an int is taken where a double is expected.
 * Throws ExpressionError with the place and what was expected or exists.
 */
export function compileExpression<T extends ExpressionType>(
  source: string,
  scope: Scope,
  expected: T,
): CompiledExpression<ExpressionValues[T]> {
  let cache = caches.get(scope);
  if (cache === undefined) {
    cache = new LRUCache({ max: MAX_CACHED });
    caches.set(scope, cache);
  }
  const key = `${expected} ${source}`;
  let compiled = cache.get(key);
  if (compiled === undefined) {
    compiled = compileAny(source, scope, typeOf(expected)).expression;
    cache.set(key, compiled);
  }
  return compiled as CompiledExpression<ExpressionValues[T]>;
}

/** A term of a condition: what is true only where all of them are. */
export interface Conjunct {
  /** The term alone; it is bound to the variables of the whole condition. */
  readonly expression: CompiledExpression<boolean>;
  /** The term as a constraint on one variable; undefined where it is none. */
  readonly constraint: Constraint | undefined;
  /** The constraint that the variable must not fulfil, where the term says that: `cabin != "FIRST"`. It must have a value. */
  readonly exclusion: Constraint | undefined;
  /** The variables that the term reads. */
  readonly reads: readonly string[];
  /** Whether it can err although everything that it reads has a value: a division, an overflow. */
  readonly fails: boolean;
}

/** A condition as a whole and term by term. */
export interface Conjunction {
  readonly expression: CompiledExpression<boolean>;
  /** The terms that stand between its outermost `&&`, in order; one where there are none. A term that is always true is none. */
  readonly conjuncts: readonly Conjunct[];
}

/**
 * Compiles a condition and takes it apart. A row fulfils it exactly when every conjunct evaluates to true: for an error in one
 * and false in another are both no.
 *
 * @param strict refuses parts that err whatever the values are: a division by the literal zero, an overflow of literals
 * Throws ExpressionError as compileExpression does.
 */
export function compileConjunction(source: string, scope: Scope, strict = false): Conjunction {
  const expression = strict
    ? (compileAny(source, scope, 'bool', true).expression as CompiledExpression<boolean>)
    : compileExpression(source, scope, 'bool');
  const { root, reads } = (expression as Compiled<boolean>).checked;
  const types = reads.map((name) => scope.variables.get(name)!);
  const terms = root.kind === 'logic' && root.operator === '&&' ? root.args : [root];
  const conjuncts = terms
    .filter((term) => !(term.kind === 'constant' && term.value === true))
    .map((term) => ({
      expression: new Compiled<boolean>(source, reads, types, term),
      constraint: readConstraint(term, { reads, types: scope.variables }),
      exclusion: readExclusion(term, { reads, types: scope.variables }),
      reads: [...readsOf(term)].sort((a, b) => a - b).map((index) => reads[index]!),
      fails: canFail(term),
    }));
  return { expression, conjuncts };
}

function readsOf(node: Node, found = new Set<number>()): Set<number> {
  if (node.kind === 'variable') found.add(node.index);
  for (const part of partsOf(node)) readsOf(part, found);
  return found;
}

function canFail(node: Node): boolean {
  return node.kind === 'failure' || (node.kind === 'call' && node.operation.fails) || partsOf(node).some(canFail);
}

/** Compiles without a cache; for any type of result when none is expected. */
export function compileAny(
  source: string,
  scope: Scope,
  expected?: Type,
  strict = false,
): { expression: CompiledExpression<Value>; type: Type } {
  const { root, reads } = analyze(source, scope, expected, false, strict);
  const types = reads.map((name) => scope.variables.get(name)!);
  return { expression: new Compiled(source, reads, types, root), type: root.type };
}

class Compiled<V extends Value> implements CompiledExpression<V> {
  readonly source: string;
  readonly reads: readonly string[];
  readonly #types: readonly ExpressionType[];
  readonly #root: Node;
  readonly #factories = new LRUCache<string, Factory>({ max: MAX_VARIANTS });

  constructor(source: string, reads: readonly string[], types: readonly ExpressionType[], root: Node) {
    this.source = source;
    this.reads = reads;
    this.#types = types;
    this.#root = root;
  }

  /** What it was compiled from. */
  get checked(): Checked {
    return { root: this.#root, reads: this.reads };
  }

  bind(source: RowSource): (row: number) => V | undefined {
    const bound = this.reads.map((name, i) => bindSource(name, this.#types[i]!, source(name)));
    const shapes = bound.map((one) => one.shape);
    const key = shapes.join();
    let factory = this.#factories.get(key);
    if (factory === undefined) {
      factory = emitFactory(this.#root, shapes, this.#types);
      this.#factories.set(key, factory);
    }
    return factory(sourcesOf(bound)) as (row: number) => V | undefined;
  }
}

import { analyze } from './analyze.ts';
import { Emitter } from './emit.ts';
import { ExpressionError } from './error.ts';
import { OTHERS, OVERLOADS } from './functions.ts';
import type { Node } from './node.ts';
import { pathsOf } from './paths.ts';
import { RUNTIME } from './runtime.ts';
import { type DynamicScope, type DynamicType, isList, type Type, typeOf } from './types.ts';

/** A compiled expression over dynamic values: what JSON.parse yields. */
export interface DynamicExpression {
  /** The expression. */
  readonly source: string;
  /** The type of its values, as far as it is known; "list_dyn" for every list that is not one of texts. */
  readonly type: DynamicType;
  /** The variables that it reads, each once. */
  readonly reads: readonly string[];
  /** What it reads of dyn variables, for drift detection and documentation: "row.slices[].origin.iata_code". */
  readonly paths: readonly string[];
  /**
   * Its value. Takes the variables' values in the order of the scope; one that is undefined, null or of another type
   * than the scope says is absent. undefined: absent, or a CEL error. Throws only what a function of the host throws.
   */
  readonly evaluate: (...values: readonly unknown[]) => unknown;
}

/** A checked expression with its variables, those that it reads. */
export interface Form {
  readonly root: Node;
  readonly variables: readonly string[];
  readonly types: readonly DynamicType[];
}

/** What writers make code of. */
const forms = new WeakMap<DynamicExpression, Form>();

/**
 * Compiles a CEL expression over dynamic values. README.md says what is offered, and what absent means.
 *
 * @param expected the type of the result. A dyn result is taken for any: `evaluate` gives it as it is, to be checked.
 * Throws ExpressionError with the place and what was expected or exists, TypeError for a function of the host that has
 * the name of one of the language.
 */
export function compileDynamic(source: string, scope: DynamicScope, expected?: DynamicType): DynamicExpression {
  for (const name of scope.functions?.keys() ?? []) {
    if (OVERLOADS.has(name) || OTHERS.has(name)) {
      throw new TypeError(`${name} is a function of the language; a function of the host needs another name.`);
    }
  }
  const { root, reads } = analyze(source, scope, expected === undefined ? undefined : typeOf(expected), true);
  if (root.type === 'duration') {
    const detail = 'a duration is no result; take x.getSeconds() or string(x)';
    throw new ExpressionError('type', detail, source, source.length - source.trimStart().length);
  }
  const form: Form = { root, variables: reads, types: reads.map((name) => scope.variables.get(name)!) };
  const inputs = new Map([...scope.variables.keys()].map((name, i) => [name, `$${i}`]));
  const writer = new DynamicWriter();
  const evaluate = writer.build<DynamicExpression['evaluate']>(
    [...inputs.values()],
    () => `return ${writer.code(form, inputs)};`,
  );
  const paths = pathsOf(root, reads);
  const expression: DynamicExpression = { source, type: resultType(root.type), reads, paths, evaluate };
  forms.set(expression, form);
  return expression;
}

function resultType(type: Type): DynamicType {
  if (isList(type)) return type.list === 'string' ? 'list_string' : 'list_dyn';
  if (type === 'duration') throw new TypeError('durations exist inside expressions only');
  return type;
}

/** The checked form of an expression. Throws TypeError for one that `compileDynamic` did not make. */
export function formOf(expression: DynamicExpression): Form {
  const form = forms.get(expression);
  if (form === undefined) throw new TypeError('compileDynamic() made no such expression.');
  return form;
}

/** The value of a form, given those of its variables in order; made anew each time, so not for rows. */
export function evaluateForm(form: Form, values: readonly unknown[]): unknown {
  const names = form.variables.map((_, at) => `$${at}`);
  const inputs = new Map(form.variables.map((name, at) => [name, names[at]!]));
  const writer = new DynamicWriter();
  return writer.build<DynamicExpression['evaluate']>(names, () => `return ${writer.code(form, inputs)};`)(...values);
}

/** A name of the caller's; the dollar tells it from what writers name. */
const NAME = /^\$\w+$/;

/**
 * Puts many expressions into one JavaScript function, which the caller writes around them: a mapping of 20 leaves costs
 * one call instead of 20, and V8 sees them together.
 *
 *     const writer = new DynamicWriter();
 *     const map = writer.build(['$row'], () => `return [${leaves.map((leaf) => writer.value(leaf, names)).join()}];`);
 */
export class DynamicWriter {
  readonly #emitter = new Emitter([], []);

  /**
   * The code of an expression: a JavaScript expression that yields its value, undefined where it is absent. To be called
   * inside the body of `build`, and to be used once.
   * @param names the JavaScript variables, of names that start with "$", which hold the scope's variables.
   */
  value(expression: DynamicExpression, names: ReadonlyMap<string, string>): string {
    return this.code(formOf(expression), names);
  }

  /** The code of a checked expression. */
  code(form: Form, names: ReadonlyMap<string, string>): string {
    const inputs = form.variables.map((variable) => checkedName(names.get(variable)));
    this.#emitter.readFrom(inputs, form.types);
    return this.#emitter.settled(this.#emitter.emit(form.root));
  }

  /** Passes a value of the caller's into the code: the JavaScript expression that stands for it. */
  constant(value: unknown): string {
    return this.#emitter.constant(value);
  }

  /**
   * Makes the function; once a writer.
   * @param parameters names that start with "$", as all variables that the body declares.
   * @param body writes the function's statements. Texts come into them by `constant` or JSON.stringify() alone.
   */
  build<F extends (...values: never[]) => unknown>(parameters: readonly string[], body: () => string): F {
    const statements = this.#emitter.functionBody(body);
    const head = this.#emitter.head();
    const code = `'use strict';\n${head}\nreturn function (${parameters.map(checkedName).join(', ')}) {\n${statements}\n};`;
    const make = new Function('runtime', 'constants', code) as (runtime: unknown, constants: unknown) => F;
    return make(RUNTIME, this.#emitter.constants);
  }
}

function checkedName(name: string | undefined): string {
  if (name === undefined || !NAME.test(name)) throw new TypeError(`${name} is no name that starts with "$".`);
  return name;
}

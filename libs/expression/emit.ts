import { absence, type Code, guardsOf, isNullish, nullable, sure, whole } from './code.ts';
import { emitCodedCall } from './emit-coded.ts';
import { emitFirst, emitNarrow, emitPresent, emitSelect, narrowed, orNullish } from './emit-dynamic.ts';
import { emitMacro } from './emit-macro.ts';
import {
  type CallNode,
  type ConditionalNode,
  type ElementNode,
  keyOf,
  type LogicNode,
  type Node,
  type PresentNode,
  type VariableNode,
} from './node.ts';
import { type HelperName, RUNTIME } from './runtime.ts';
import type { BoundSource, Shape } from './source.ts';
import { type DynamicType, type ExpressionType, typeOf, type Value } from './types.ts';

/**
 * Generates JavaScript from a checked expression. Nothing of the expression's text enters the code as it is: variables
 * become positions, texts and fields JSON, lists are passed in as constants, numbers and flags are printed from their
 * values.
 */

/** A compiled row function: the expression's value in a row, undefined for an error. */
export type RowFunction = (row: number) => Value | undefined;

/** Makes row functions over sources of the shapes it was generated for. */
export type Factory = (sources: readonly object[]) => RowFunction;

/** Generates the factory for a combination of shapes. */
export function emitFactory(root: Node, shapes: readonly Shape[], types: readonly ExpressionType[]): Factory {
  const emitter = new Emitter(shapes, types);
  const body = emitter.functionBody(() => `return ${emitter.settled(emitter.emit(root))};`);
  const code = `'use strict';\n${emitter.head()}\nreturn function (row) {\n${body}\n};`;
  const make = new Function('runtime', 'constants', 'sources', code) as (
    runtime: typeof RUNTIME,
    constants: readonly unknown[],
    sources: readonly object[],
  ) => RowFunction;
  return (sources) => make(RUNTIME, emitter.constants, sources);
}

/** Binds an expression that reads no variables: its value, undefined for an error. */
export function evaluateClosed(root: Node): Value | undefined {
  return emitFactory(root, [], [])([])(0);
}

/** The objects that generated code reads from. */
export function sourcesOf(bound: readonly BoundSource[]): object[] {
  return bound.map((source) => source.from);
}

const READERS: Readonly<Record<ExpressionType, HelperName>> = {
  bool: 'readBool',
  int: 'readInt',
  double: 'readDouble',
  string: 'readText',
  timestamp: 'readInt',
  list_string: 'readTexts',
};

/** The state of one generation. */
export class Emitter {
  readonly constants: unknown[] = [];
  shapes: readonly Shape[] = [];
  /** Parameters that carry the row, or the variables' values, into helper functions. */
  inputs: readonly string[] = ['row'];
  /** Elements of the macros around the present place, by macro number. */
  readonly elements = new Map<number, Code>();
  /** Parameters that carry them into helper functions. */
  readonly parameters: string[] = [];
  #types: readonly DynamicType[] = [];
  readonly #lines = new Set<string>();
  readonly #functions: string[] = [];
  /** While a predicate over one dictionary is made into a function of the text: that text, by what it stands for. */
  readonly #texts = new Map<string, string>();
  #temporaries: string[] = [];
  #count = 0;

  constructor(shapes: readonly Shape[], types: readonly ExpressionType[]) {
    this.shapes = shapes;
    this.#types = types;
  }

  /** Reads the next expression's variables from JavaScript variables of these names. */
  readFrom(inputs: readonly string[], types: readonly DynamicType[]): void {
    this.shapes = types.map(() => 'value');
    this.inputs = inputs;
    this.#types = types;
  }

  /** Declarations that stand before the row function. */
  head(): string {
    return [...this.#lines, ...this.#functions].join('\n');
  }

  /** A name that nothing else has. */
  name(prefix: string): string {
    return `${prefix}${this.#count++}`;
  }

  /** Adds a declaration once. */
  declare(line: string): void {
    this.#lines.add(line);
  }

  /** Adds a helper function. */
  addFunction(code: string): void {
    this.#functions.push(code);
  }

  /** A function body with its own temporaries. */
  functionBody(make: () => string): string {
    const outer = this.#temporaries;
    this.#temporaries = [];
    const body = make();
    const declared = this.#temporaries.length === 0 ? '' : `let ${this.#temporaries.join(', ')};\n`;
    this.#temporaries = outer;
    return declared + body;
  }

  /** Makes a runtime helper usable. */
  readonly helper = (name: HelperName): string => {
    this.declare(`const ${name} = runtime.${name};`);
    return name;
  };

  /** Passes a value into the code. */
  constant(value: unknown): string {
    if (typeof value === 'boolean') return String(value);
    if (typeof value === 'number') return Object.is(value, -0) ? '(-0)' : `(${value})`;
    const known = this.constants.indexOf(value);
    const index = known >= 0 ? known : this.constants.push(value) - 1;
    // A text that is written out is an internalized one, which V8 compares faster.
    const source = typeof value === 'string' ? JSON.stringify(value) : `constants[${index}]`;
    this.declare(`const k${index} = ${source};`);
    return `k${index}`;
  }

  /** A part of a bound source: its values, codes, dictionary … */
  part(source: number, part: 'values' | 'presence' | 'bits' | 'codes' | 'dictionary' | 'offsets' | 'constant'): string {
    this.declare(`const ${part}${source} = sources[${source}].${part};`);
    return `${part}${source}`;
  }

  /** The guard of a column in which rows may lack a value. */
  guards(source: number): string[] {
    if (!this.shapes[source]!.endsWith('?')) return [];
    return [`((${this.part(source, 'presence')}[row >>> 3] >>> (row & 7)) & 1)`];
  }

  emit(node: Node): Code {
    switch (node.kind) {
      case 'constant':
        return sure(this.constant(node.value));
      case 'failure':
        return { guards: ['false'], code: 'undefined', fails: true };
      case 'variable':
        return this.#variable(node.index);
      case 'element':
        return this.#element(node.macro);
      case 'present':
        return node.args[0].kind === 'variable' ? this.#present(node, node.args[0].index) : emitPresent(this, node);
      case 'select':
        return emitSelect(this, node);
      case 'narrow':
        return emitNarrow(this, node);
      case 'first':
        return emitFirst(this, node);
      case 'list':
        return this.strict(node.args, (args) => `[${args.join(', ')}]`, false);
      case 'logic':
        return this.#logic(node);
      case 'not':
        return this.strict(node.args, ([a]) => `!${a}`, false);
      case 'conditional':
        return this.#conditional(node);
      case 'call':
        return this.#call(node);
      case 'macro':
        return emitMacro(this, node);
    }
  }

  /** Code that errs when an argument errs. */
  strict(
    args: readonly Node[],
    make: (codes: readonly string[]) => string,
    fails: boolean,
    absent?: (value: string) => string,
  ): Code {
    const pieces = args.map((argument) => this.emit(argument));
    const failures: string[] = [];
    const codes = pieces.map((piece) => {
      if (!piece.fails) return piece.code;
      const [assigned, held] = this.held(piece.code);
      failures.push(absence(piece)(assigned));
      return held;
    });
    const guards = guardsOf(pieces);
    const code = make(codes);
    if (failures.length === 0) return { guards, code, fails, absent };
    return { guards, code: `(${failures.join(' || ')} ? undefined : ${code})`, fails: true, absent };
  }

  /** Code as something that can be used twice: the expression for the first time, and the one for the second. */
  readonly held = (code: string): [string, string] => {
    if (/^[A-Za-z]\w*$/.test(code)) return [code, code];
    const temporary = this.temporary();
    return [`(${temporary} = ${code})`, temporary];
  };

  /** The piece as an expression that yields undefined for an error, whatever its own test is. */
  settled(piece: Code): string {
    const { code, fails, absent } = whole(piece);
    if (!fails || absent === undefined) return code;
    if (absent === isNullish) return `(${code} ?? undefined)`;
    const [assigned, held] = this.held(code);
    return `(${absent(assigned)} ? undefined : ${held})`;
  }

  #conditional(node: ConditionalNode): Code {
    const [then, otherwise] = [node.args[1], node.args[2]].map((side) => orNullish(this, this.emit(side)));
    const fails = then!.fails || otherwise!.fails;
    const absent = then!.absent ?? otherwise!.absent;
    const condition = whole(this.emit(node.args[0]));
    if (condition.fails) {
      // Comparing with both values is quicker than asking for the type first.
      const [assigned, held] = this.held(condition.code);
      const otherwiseIf = `${held} === false ? ${otherwise!.code} : undefined`;
      return { guards: [], code: `(${assigned} === true ? ${then!.code} : ${otherwiseIf})`, fails: true, absent };
    }
    const make = ([c]: readonly string[]): string => `(${c} ? ${then!.code} : ${otherwise!.code})`;
    return this.strict([node.args[0]], make, fails, absent);
  }

  /** A variable of the function that is being generated. */
  temporary(): string {
    const temporary = this.name('t');
    this.#temporaries.push(temporary);
    return temporary;
  }

  #variable(index: number): Code {
    const text = this.#texts.get(`variable ${index}`);
    if (text !== undefined) return sure(text);
    const guards = this.guards(index);
    switch (this.shapes[index]!) {
      case 'value':
        return narrowed(this, this.inputs[index]!, typeOf(this.#types[index]!));
      case 'absent':
        return { guards: ['false'], code: 'undefined', fails: true };
      case 'constant':
        return sure(this.part(index, 'constant'));
      case 'rows': {
        this.declare(`const source${index} = sources[${index}];`);
        const reader = this.helper(READERS[this.#types[index] as ExpressionType]);
        return { guards, code: `${reader}(source${index}.get(row))`, fails: true };
      }
      case 'values':
      case 'values?':
        return { guards, code: `${this.part(index, 'values')}[row]`, fails: false };
      case 'bits':
      case 'bits?':
        return { guards, code: `(((${this.part(index, 'bits')}[row >>> 3] >>> (row & 7)) & 1) === 1)`, fails: false };
      case 'codes':
      case 'codes?': {
        const coded = { code: `${this.part(index, 'codes')}[row]`, source: index };
        return { guards, code: `${this.part(index, 'dictionary')}[${coded.code}]`, fails: false, coded };
      }
      case 'lists':
      case 'lists?': {
        const [dictionary, codes] = [this.part(index, 'dictionary'), this.part(index, 'codes')];
        const code = `${this.helper('textsOf')}(${dictionary}, ${codes}, ${this.bounds(index).join(', ')})`;
        return { guards, code, fails: false };
      }
    }
  }

  /** Where a row's list starts and ends in the codes. */
  bounds(index: number): [string, string] {
    const offsets = this.part(index, 'offsets');
    return [`${offsets}[row]`, `${offsets}[row + 1]`];
  }

  #element(macro: number): Code {
    const text = this.#texts.get(`element ${macro}`);
    return text === undefined ? this.elements.get(macro)! : sure(text);
  }

  #present(node: PresentNode, index: number): Code {
    const shape = this.shapes[index]!;
    if (shape === 'absent') return sure('false');
    if (shape === 'rows' || shape === 'value') return emitPresent(this, node);
    const [guard] = this.guards(index);
    return sure(guard === undefined ? 'true' : `(${guard} === 1)`);
  }

  /** CEL's && and ||: the deciding value wins over an error, wherever it stands. */
  #logic(node: LogicNode): Code {
    const decides = node.operator === '&&' ? 'false' : 'true';
    const otherwise = node.operator === '&&' ? 'true' : 'false';
    const pieces = node.args.map((term) => whole(this.emit(term)));
    if (pieces.every((piece) => !piece.fails)) {
      return sure(`(${pieces.map((piece) => piece.code).join(` ${node.operator} `)})`);
    }
    const errors: string[] = [];
    const tests = pieces.map((piece) => {
      if (!piece.fails) return node.operator === '&&' ? `!${piece.code}` : piece.code;
      const temporary = this.temporary();
      errors.push(absence(piece)(temporary));
      return `(${temporary} = ${piece.code}) === ${decides}`;
    });
    const code = `(${tests.join(' || ')} ? ${decides} : ${errors.join(' || ')} ? undefined : ${otherwise})`;
    return { guards: [], code, fails: true };
  }

  #call(node: CallNode): Code {
    return emitCodedCall(this, node) ?? this.plainCall(node);
  }

  /** A call as its operation writes it. */
  plainCall(node: CallNode): Code {
    const { operation } = node;
    const behind = operation.constant === undefined ? [] : [this.constant(operation.constant)];
    const make = (codes: readonly string[]): string => operation.emit([...codes, ...behind], this.helper, this.held);
    if (operation.takesAbsent) return nullable(make(node.args.map((argument) => this.settled(this.emit(argument)))));
    return this.strict(node.args, make, operation.fails, operation.nullable && isNullish);
  }

  /** Generates with a dictionary-encoded text standing for a plain one of this name. */
  withText<T>(subject: VariableNode | ElementNode, name: string, make: () => T): T {
    const key = keyOf(subject);
    this.#texts.set(key, name);
    const made = make();
    this.#texts.delete(key);
    return made;
  }
}

import { type Code, guardsOf, sure, whole } from './code.ts';
import { emitCodedCall } from './emit-coded.ts';
import { emitMacro } from './emit-macro.ts';
import { type CallNode, type ElementNode, keyOf, type LogicNode, type Node, type VariableNode } from './node.ts';
import { type HelperName, RUNTIME } from './runtime.ts';
import type { BoundSource, Shape } from './source.ts';
import type { ExpressionType, Value } from './types.ts';

/**
 * Generates JavaScript from a checked expression. Nothing of the expression's text enters the code: names become
 * positions, texts and lists are passed in as constants, numbers and flags are printed from their values.
 */

/** A compiled row function: the expression's value in a row, undefined for an error. */
export type RowFunction = (row: number) => Value | undefined;

/** Makes row functions over sources of the shapes it was generated for. */
export type Factory = (sources: readonly object[]) => RowFunction;

/** Generates the factory for a combination of shapes. */
export function emitFactory(root: Node, shapes: readonly Shape[], types: readonly ExpressionType[]): Factory {
  const emitter = new Emitter(shapes, types);
  const body = emitter.functionBody(() => `return ${whole(emitter.emit(root)).code};`);
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
  readonly shapes: readonly Shape[];
  /** Elements of the macros around the present place, by macro number. */
  readonly elements = new Map<number, Code>();
  /** Parameters that carry them into helper functions. */
  readonly parameters: string[] = [];
  readonly #types: readonly ExpressionType[];
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
    this.declare(`const k${index} = constants[${index}];`);
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
        return sure(this.#present(node.index));
      case 'list':
        return this.strict(node.args, (args) => `[${args.join(', ')}]`, false);
      case 'logic':
        return this.#logic(node);
      case 'not':
        return this.strict(node.args, ([a]) => `!${a}`, false);
      case 'conditional': {
        const [then, otherwise] = [whole(this.emit(node.args[1])), whole(this.emit(node.args[2]))];
        const fails = then.fails || otherwise.fails;
        return this.strict([node.args[0]], ([c]) => `(${c} ? ${then.code} : ${otherwise.code})`, fails);
      }
      case 'call':
        return this.#call(node);
      case 'macro':
        return emitMacro(this, node);
    }
  }

  /** Code that errs when an argument errs. */
  strict(args: readonly Node[], make: (codes: readonly string[]) => string, fails: boolean): Code {
    const pieces = args.map((argument) => this.emit(argument));
    const failures: string[] = [];
    const codes = pieces.map((piece) => {
      if (!piece.fails) return piece.code;
      const temporary = this.temporary();
      failures.push(`(${temporary} = ${piece.code}) === undefined`);
      return temporary;
    });
    const guards = guardsOf(pieces);
    const code = make(codes);
    if (failures.length === 0) return { guards, code, fails };
    return { guards, code: `(${failures.join(' || ')} ? undefined : ${code})`, fails: true };
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
      case 'absent':
        return { guards: ['false'], code: 'undefined', fails: true };
      case 'constant':
        return sure(this.part(index, 'constant'));
      case 'rows': {
        this.declare(`const source${index} = sources[${index}];`);
        const reader = this.helper(READERS[this.#types[index]!]);
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

  #present(index: number): string {
    const shape = this.shapes[index]!;
    if (shape === 'absent') return 'false';
    if (shape === 'rows') return `(${this.#variable(index).code} !== undefined)`;
    const [guard] = this.guards(index);
    return guard === undefined ? 'true' : `(${guard} === 1)`;
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
      errors.push(`${temporary} === undefined`);
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
    const behind = operation.pattern === undefined ? [] : [this.constant(operation.pattern)];
    return this.strict(node.args, (codes) => operation.emit([...codes, ...behind], this.helper), operation.fails);
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

import { type Code, guardsOf, sure, whole } from './code.ts';
import { emitMacro } from './emit-macro.ts';
import type { CallNode, LogicNode, Node } from './node.ts';
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
      const temporary = this.#temporary();
      failures.push(`(${temporary} = ${piece.code}) === undefined`);
      return temporary;
    });
    const guards = guardsOf(pieces);
    const code = make(codes);
    if (failures.length === 0) return { guards, code, fails };
    return { guards, code: `(${failures.join(' || ')} ? undefined : ${code})`, fails: true };
  }

  #temporary(): string {
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
      const temporary = this.#temporary();
      errors.push(`${temporary} === undefined`);
      return `(${temporary} = ${piece.code}) === ${decides}`;
    });
    const code = `(${tests.join(' || ')} ? ${decides} : ${errors.join(' || ')} ? undefined : ${otherwise})`;
    return { guards: [], code, fails: true };
  }

  #call(node: CallNode): Code {
    return this.#codeComparison(node) ?? this.#listOperation(node) ?? this.#perText(node) ?? this.#plainCall(node);
  }

  #plainCall(node: CallNode): Code {
    const { operation } = node;
    const behind = operation.pattern === undefined ? [] : [this.constant(operation.pattern)];
    return this.strict(node.args, (codes) => operation.emit([...codes, ...behind], this.helper), operation.fails);
  }

  /** A dictionary-encoded text equal to a fixed one: the codes are compared, looked up once when the sources are bound. */
  #codeComparison(node: CallNode): Code | undefined {
    if (node.operation.name !== '_==_' && node.operation.name !== '_!=_') return undefined;
    const [a, b] = node.args as readonly [Node, Node];
    const fixed = this.#isFixedText(a) ? a : this.#isFixedText(b) ? b : undefined;
    if (fixed === undefined) return undefined;
    const piece = this.emit(fixed === a ? b : a);
    if (piece.coded === undefined) return undefined;
    const operator = node.operation.name === '_==_' ? '===' : '!==';
    const code = `(${piece.coded.code} ${operator} ${this.#fixedCode(fixed, piece.coded.source)})`;
    return { guards: piece.guards, code, fails: false };
  }

  /** Membership and size of a column of lists, without making the list. */
  #listOperation(node: CallNode): Code | undefined {
    const { name } = node.operation;
    const list = name === '@in' ? node.args[1]! : node.args[0]!;
    if ((name !== '@in' && name !== 'sizeOfList') || list.kind !== 'variable') return undefined;
    if (!this.shapes[list.index]!.startsWith('lists')) return undefined;
    const guards = this.guards(list.index);
    const [start, end] = this.bounds(list.index);
    if (name === 'sizeOfList') return { guards, code: `(${end} - ${start})`, fails: false };
    const element = node.args[0]!;
    if (!this.#isFixedText(element)) return undefined;
    const code = this.#fixedCode(element, list.index);
    const codes = this.part(list.index, 'codes');
    return { guards, code: `${this.helper('containsCode')}(${codes}, ${start}, ${end}, ${code})`, fails: false };
  }

  #isFixedText(node: Node): boolean {
    if (node.type !== 'string') return false;
    return node.kind === 'constant' || (node.kind === 'variable' && this.shapes[node.index] === 'constant');
  }

  /** A fixed text's code in a source's dictionary, looked up when the sources are bound. */
  #fixedCode(node: Node, source: number): string {
    const name = `code${source}_${this.emit(node).code}`;
    this.declare(`const ${name} = sources[${source}].codeOf(${this.emit(node).code});`);
    return name;
  }

  /** A predicate over one dictionary-encoded text: computed once for each text that comes, then looked up. */
  #perText(node: CallNode): Code | undefined {
    if (node.type !== 'bool') return undefined;
    const subjects = new Map<string, Node>();
    if (!this.#collectSubjects(node, subjects) || subjects.size !== 1) return undefined;
    const [key, subject] = [...subjects][0]!;
    const piece = this.emit(subject);
    const { code, source } = piece.coded!;
    const [known, compute] = [this.name('known'), this.name('compute')];
    const dictionary = this.part(source, 'dictionary');
    this.declare(`const ${known} = new Uint8Array(${dictionary}.length);`);
    this.#texts.set(key, 'text');
    const body = this.functionBody(() => {
      const result = whole(this.#plainCall(node));
      const state = result.fails ? 'result === undefined ? 3 : result ? 1 : 2' : 'result ? 1 : 2';
      return `const text = ${dictionary}[code];\nconst result = ${result.code};\nreturn (${known}[code] = ${state});`;
    });
    this.#texts.delete(key);
    this.addFunction(`function ${compute}(code) {\n${body}\n}`);
    const state = `(${known}[${code}] || ${compute}(${code}))`;
    if (!body.includes('? 3 :')) return { guards: piece.guards, code: `(${state} === 1)`, fails: false };
    const temporary = this.#temporary();
    const answer = `((${temporary} = ${state}) === 3 ? undefined : ${temporary} === 1)`;
    return { guards: piece.guards, code: answer, fails: true };
  }

  /** Gathers the dictionary-encoded texts that a call reads; false when it reads anything else that varies. */
  #collectSubjects(node: Node, subjects: Map<string, Node>): boolean {
    switch (node.kind) {
      case 'constant':
        return true;
      case 'call':
      case 'list':
        return node.args.every((argument) => this.#collectSubjects(argument, subjects));
      case 'variable':
      case 'element': {
        if (node.kind === 'variable' && this.shapes[node.index] === 'constant') return true;
        if (this.emit(node).coded === undefined) return false;
        subjects.set(node.kind === 'variable' ? `variable ${node.index}` : `element ${node.macro}`, node);
        return true;
      }
      default:
        return false;
    }
  }
}

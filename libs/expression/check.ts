import { ExpressionError, type ExpressionErrorReason } from './error.ts';
import { GENERIC, METHODS, OVERLOADS } from './functions.ts';
import { literalProblem, matchesOperation } from './literals.ts';
import { type Macro, macroOf } from './macro.ts';
import type { CallNode, ConstantNode, ListNode, Node, Operation } from './node.ts';
import { INFIX, noOverload, unknownFunction } from './offered.ts';
import type { Expr, Parsed } from './parse.ts';
import { comparable, isList, type Scope, type Type, typeName, typeOf, unify } from './types.ts';

/**
 * Types and resolves a parsed expression. The CEL library parses, but its checker knows constants and names only, so
 * the rules of the language definition are applied here, for the part of CEL that is offered.
 */

/** A checked expression with the variables that it reads, in the order of VariableNode.index. */
export interface Checked {
  readonly root: Node;
  readonly reads: readonly string[];
}

/** Checks an expression against a scope. Throws ExpressionError. */
export function check(parsed: Parsed, source: string, scope: Scope): Checked {
  const checker = new Checker(parsed, source, scope);
  const root = checker.check(parsed.expr);
  return { root, reads: checker.reads };
}

class Checker {
  readonly reads: string[] = [];
  readonly #source: string;
  readonly #scope: Scope;
  readonly #positions: Readonly<Record<string, number>>;
  readonly #macros: Parsed['sourceInfo'];
  readonly #elements: { name: string; node: Node }[] = [];
  #macroCount = 0;

  constructor(parsed: Parsed, source: string, scope: Scope) {
    this.#source = source;
    this.#scope = scope;
    this.#positions = parsed.sourceInfo?.positions ?? {};
    this.#macros = parsed.sourceInfo;
  }

  check(expr: Expr): Node {
    const { exprKind } = expr;
    switch (exprKind.case) {
      case 'constExpr':
        return this.#constant(expr);
      case 'identExpr':
        return this.#name(expr, exprKind.value.name);
      case 'selectExpr':
        return this.#select(expr);
      case 'callExpr':
        return this.#call(expr);
      case 'listExpr':
        return this.#list(expr);
      case 'comprehensionExpr':
        return this.#macro(expr);
      case 'structExpr':
        throw this.#refuse('unsupported', 'maps and messages are not supported; write conditions on variables', expr);
      default:
        throw this.#refuse('unsupported', 'this construct is not supported', expr);
    }
  }

  #constant(expr: Expr): ConstantNode {
    if (expr.exprKind.case !== 'constExpr') throw new TypeError('not a constant');
    const { constantKind } = expr.exprKind.value;
    switch (constantKind.case) {
      case 'boolValue':
        return { kind: 'constant', type: 'bool', value: constantKind.value };
      case 'stringValue':
        return { kind: 'constant', type: 'string', value: constantKind.value };
      case 'doubleValue':
        return { kind: 'constant', type: 'double', value: constantKind.value };
      case 'int64Value': {
        const value = Number(constantKind.value);
        if (!Number.isSafeInteger(value)) {
          throw this.#refuse('literal', 'integers must lie within ±(2^53 - 1); write a double (1e18) instead', expr);
        }
        return { kind: 'constant', type: 'int', value };
      }
      case 'uint64Value':
        throw this.#refuse('unsupported', 'uint literals are not supported; leave out the "u"', expr);
      case 'bytesValue':
        throw this.#refuse('unsupported', 'bytes literals are not supported; write a string', expr);
      default:
        throw this.#refuse('unsupported', 'null is not supported; present(x) tells whether x has a value', expr);
    }
  }

  #name(expr: Expr, name: string): Node {
    for (let i = this.#elements.length - 1; i >= 0; i--) {
      if (this.#elements[i]!.name === name) return this.#elements[i]!.node;
    }
    const variable = this.#variable(name);
    if (variable === undefined) throw this.#unknownVariable(expr, name);
    return variable;
  }

  #variable(name: string): Node | undefined {
    const plain = name.startsWith('.') ? name.slice(1) : name;
    const type = this.#scope.variables.get(plain);
    if (type === undefined) return undefined;
    let index = this.reads.indexOf(plain);
    if (index < 0) index = this.reads.push(plain) - 1;
    return { kind: 'variable', type: typeOf(type), index };
  }

  #unknownVariable(expr: Expr, name: string): ExpressionError {
    const names = [...this.#scope.variables.keys()].sort();
    const exist = names.length === 0 ? 'there are none here' : `there are ${names.join(', ')}`;
    return this.#refuse('unknown_variable', `unknown variable ${JSON.stringify(name)}; ${exist}`, expr);
  }

  #select(expr: Expr): Node {
    const name = qualifiedName(expr);
    if (expr.exprKind.case === 'selectExpr' && expr.exprKind.value.testOnly) {
      throw this.#refuse('unsupported', 'has() is not supported; present(x) tells whether x has a value', expr);
    }
    const variable = name === undefined ? undefined : this.#variable(name);
    if (variable !== undefined) return variable;
    if (name !== undefined) throw this.#unknownVariable(expr, name);
    throw this.#refuse('unsupported', 'fields of a value are not supported; there are only variables', expr);
  }

  #list(expr: Expr): ListNode {
    if (expr.exprKind.case !== 'listExpr') throw new TypeError('not a list');
    if (expr.exprKind.value.optionalIndices.length > 0) {
      throw this.#refuse('unsupported', 'optional elements are not supported', expr);
    }
    let element: Type | undefined;
    const args: Node[] = [];
    for (const part of expr.exprKind.value.elements) {
      const node = this.check(part);
      const both = element === undefined ? node.type : unify(element, node.type);
      if (both === undefined) {
        const detail = `this list holds ${typeName(element!)}; ${typeName(node.type)} does not belong in it`;
        throw this.#refuse('type', detail, part);
      }
      element = both;
      args.push(node);
    }
    return { kind: 'list', type: { list: element }, args };
  }

  #call(expr: Expr): Node {
    if (expr.exprKind.case !== 'callExpr') throw new TypeError('not a call');
    const { function: name, target } = expr.exprKind.value;
    const parts = expr.exprKind.value.args;
    if (target === undefined) {
      if (name === 'present') return this.#present(expr, parts);
      if (name === '_&&_' || name === '_||_') return this.#logic(name, parts);
      if (name === '!_') return { kind: 'not', type: 'bool', args: [this.#checkAs(parts[0]!, 'bool')] };
      if (name === '_?_:_') return this.#conditional(parts);
    }
    const isMethod = METHODS.has(name) || name === 'size' || name === 'matches';
    const known = OVERLOADS.has(name) || name in INFIX || name === 'size' || name === 'matches' || name === 'dyn';
    if (!known || (target !== undefined && !isMethod)) throw this.#unknownFunction(expr, name);
    if (target === undefined && METHODS.has(name)) {
      throw this.#refuse('unknown_function', `${name} stands after a dot: text.${name}(…)`, expr);
    }
    return this.#apply(expr, name, target === undefined ? parts : [target, ...parts]);
  }

  #apply(expr: Expr, name: string, parts: readonly Expr[]): Node {
    const args = parts.map((part) => this.check(part));
    const [a, b] = args;
    if (name === 'dyn' && args.length === 1) return a!;
    if ((name === '_==_' || name === '_!=_') && a !== undefined && b !== undefined)
      return this.#equality(expr, name, a, b);
    if (name === '@in' && a !== undefined && b !== undefined) return this.#membership(expr, a, b);
    if (name === 'size' && args.length === 1) {
      if (isList(a!.type)) return call(GENERIC.sizeOfList, 'int', args);
      if (a!.type === 'string') return call(GENERIC.sizeOfText, 'int', args);
    }
    if (name === '_[_]' && b?.type === 'int' && isList(a!.type) && a!.type.list !== undefined) {
      return call(GENERIC.index, a!.type.list, args);
    }
    if (name === '_+_' && a !== undefined && b !== undefined && isList(a.type) && isList(b.type)) {
      const type = unify(a.type, b.type);
      if (type !== undefined) return call(GENERIC.concat, type, args);
    }
    if (name === 'matches' && args.length === 2) return this.#matches(expr, args, parts[1]!);
    const overload = OVERLOADS.get(name)?.find(
      (candidate) => candidate.args.length === args.length && candidate.args.every((type, i) => type === args[i]!.type),
    );
    if (overload === undefined) throw this.#noOverload(expr, name, args);
    if (a?.kind === 'constant' && typeof a.value === 'string') {
      const problem = literalProblem(name, a.value);
      if (problem !== undefined) throw this.#refuse('literal', problem, parts[0]!);
    }
    return call(overload.operation, overload.result, args);
  }

  #equality(expr: Expr, name: '_==_' | '_!=_', a: Node, b: Node): Node {
    if (!comparable(a.type, b.type)) {
      const detail = `${INFIX[name]} compares values of one type; here ${typeName(a.type)} and ${typeName(b.type)}`;
      throw this.#refuse('type', detail, expr);
    }
    const lists = isList(a.type);
    if (name === '_==_') return call(lists ? GENERIC.sameList : GENERIC.equal, 'bool', [a, b]);
    return call(lists ? GENERIC.otherList : GENERIC.notEqual, 'bool', [a, b]);
  }

  #membership(expr: Expr, a: Node, b: Node): Node {
    if (!isList(b.type)) {
      throw this.#refuse('type', `in needs a list on its right side, found ${typeName(b.type)}`, expr);
    }
    if (b.type.list !== undefined && !comparable(a.type, b.type.list)) {
      const detail = `the list holds ${typeName(b.type.list)}; ${typeName(a.type)} can never be in it`;
      throw this.#refuse('type', detail, expr);
    }
    return call(GENERIC.in, 'bool', [a, b]);
  }

  #matches(expr: Expr, args: readonly Node[], place: Expr): Node {
    const [text, pattern] = args;
    if (text!.type !== 'string' || pattern!.type !== 'string') throw this.#noOverload(expr, 'matches', args);
    if (pattern!.kind !== 'constant') throw this.#refuse('unsupported', 'matches() needs a literal pattern', place);
    const operation = matchesOperation(String(pattern!.value));
    if ('problem' in operation) throw this.#refuse('literal', operation.problem, place);
    return call(operation, 'bool', [text!]);
  }

  #present(expr: Expr, parts: readonly Expr[]): Node {
    const argument = parts[0];
    const name = argument === undefined ? undefined : qualifiedName(argument);
    if (parts.length !== 1 || name === undefined) {
      throw this.#refuse('type', 'present() takes one variable: present(refundable)', argument ?? expr);
    }
    const node = this.#name(argument!, name);
    if (node.kind !== 'variable') {
      throw this.#refuse('type', `present() takes a variable; ${name} is a list's element`, argument!);
    }
    return { kind: 'present', type: 'bool', index: node.index };
  }

  #logic(name: '_&&_' | '_||_', parts: readonly Expr[]): Node {
    const operator = name === '_&&_' ? '&&' : '||';
    const args: Node[] = [];
    for (const part of parts) {
      const node = this.#checkAs(part, 'bool');
      // The parser balances a && b && c into a tree; one flat list of terms makes shorter code.
      if (node.kind === 'logic' && node.operator === operator) args.push(...node.args);
      else args.push(node);
    }
    return { kind: 'logic', type: 'bool', operator, args };
  }

  #conditional(parts: readonly Expr[]): Node {
    const condition = this.#checkAs(parts[0]!, 'bool');
    const then = this.check(parts[1]!);
    const otherwise = this.check(parts[2]!);
    const type = unify(then.type, otherwise.type);
    if (type === undefined) {
      const detail = `both sides of ?: have one type; here ${typeName(then.type)} and ${typeName(otherwise.type)}`;
      throw this.#refuse('type', detail, parts[2]!);
    }
    return { kind: 'conditional', type, args: [condition, then, otherwise] };
  }

  #macro(expr: Expr): Node {
    const macro = macroOf(expr, this.#macros);
    if (macro === undefined) throw this.#refuse('unsupported', 'this macro is not supported', expr);
    const range = this.check(macro.range);
    if (!isList(range.type)) {
      throw this.#refuse('type', `${macro.name}() goes over a list, found ${typeName(range.type)}`, macro.range);
    }
    if (range.type.list === undefined) return this.#macroOverNothing(macro, range);
    const number = this.#macroCount++;
    const element: Node = { kind: 'element', type: range.type.list, macro: number };
    this.#elements.push({ name: macro.element, node: element });
    const test = macro.test === undefined ? undefined : this.#checkAs(macro.test, 'bool');
    const step = macro.step === undefined ? undefined : this.check(macro.step);
    this.#elements.pop();
    const results = {
      map: { list: step?.type },
      filter: range.type,
      all: 'bool',
      exists: 'bool',
      exists_one: 'bool',
    } as const;
    return { kind: 'macro', type: results[macro.name], macro: macro.name, number, range, test, step };
  }

  /** [] has elements of no type, so the test cannot be checked; it is never evaluated either. */
  #macroOverNothing(macro: Macro, range: Node): Node {
    if (range.kind !== 'list') {
      throw this.#refuse('type', 'the elements of this list have no type; write one out', macro.range);
    }
    const type = macro.name === 'map' || macro.name === 'filter' ? range.type : 'bool';
    return { kind: 'constant', type, value: type === 'bool' ? macro.name === 'all' : [] };
  }

  #checkAs(expr: Expr, expected: Type): Node {
    const node = this.check(expr);
    if (node.type !== expected) {
      throw this.#refuse('type', `expected ${typeName(expected)}, found ${typeName(node.type)}`, expr);
    }
    return node;
  }

  #unknownFunction(expr: Expr, name: string): ExpressionError {
    return this.#refuse('unknown_function', unknownFunction(name), expr);
  }

  #noOverload(expr: Expr, name: string, args: readonly Node[]): ExpressionError {
    const types = args.map((node) => node.type);
    return this.#refuse('type', noOverload(name, types), expr);
  }

  #refuse(reason: ExpressionErrorReason, detail: string, expr: Expr): ExpressionError {
    const offset = this.#positions[String(expr.id)] ?? 0;
    // The parser counts blanks and comments before an operator to it, and the dot to a method.
    const blank = /^(\s+|\/\/[^\r\n]*)*\.?/.exec(this.#source.slice(offset))?.[0].length ?? 0;
    return new ExpressionError(reason, detail, this.#source, offset + blank);
  }
}

function call(operation: Operation, type: Type, args: readonly Node[]): CallNode {
  return { kind: 'call', type, operation, args };
}

/** a.b.c as one name; undefined for anything else. */
function qualifiedName(expr: Expr): string | undefined {
  if (expr.exprKind.case === 'identExpr') return expr.exprKind.value.name;
  if (expr.exprKind.case !== 'selectExpr' || expr.exprKind.value.operand === undefined) return undefined;
  const operand = qualifiedName(expr.exprKind.value.operand);
  return operand === undefined ? undefined : `${operand}.${expr.exprKind.value.field}`;
}

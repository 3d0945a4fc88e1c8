import { certainFailure } from './certain.ts';
import { checkFirst, checkHas, checkHostCall, checkMap, type PartChecker } from './check-dynamic.ts';
import { ExpressionError, type ExpressionErrorReason } from './error.ts';
import { DYNAMIC, EITHER, METHODS, OTHERS, OVERLOADS } from './functions.ts';
import { literalProblem, patternOperation } from './literals.ts';
import { type Macro, macroOf } from './macro.ts';
import type { ConstantNode, ListNode, Node } from './node.ts';
import { INFIX, noOverload, unknownFunction } from './offered.ts';
import type { Expr, Parsed } from './parse.ts';
import { call, equality, membership, narrow, resolve } from './resolve.ts';
import { comparable, type DynamicScope, isList, type Type, typeName, typeOf, unify } from './types.ts';

/**
 * Types and resolves a parsed expression. The CEL library parses, but its checker knows constants and names only, so
 * the rules of the language definition are applied here, for the part of CEL that is offered.
 */

/** A checked expression with the variables that it reads, in the order of VariableNode.index. */
export interface Checked {
  readonly root: Node;
  readonly reads: readonly string[];
}

/**
 * Checks an expression against a scope. Throws ExpressionError.
 * @param dynamic whether its values may be dynamic: maps are offered then.
 * @param strict refuses parts that err whatever the values are: a division by the literal zero, an overflow of literals.
 */
export function check(parsed: Parsed, source: string, scope: DynamicScope, dynamic = false, strict = false): Checked {
  const checker = new Checker(parsed, source, scope, dynamic, strict);
  const root = checker.check(parsed.expr);
  return { root, reads: checker.reads };
}

class Checker implements PartChecker {
  readonly reads: string[] = [];
  readonly #source: string;
  readonly scope: DynamicScope;
  readonly dynamic: boolean;
  readonly #strict: boolean;
  readonly #positions: Readonly<Record<string, number>>;
  readonly #macros: Parsed['sourceInfo'];
  readonly #elements: { name: string; node: Node }[] = [];
  #macroCount = 0;

  constructor(parsed: Parsed, source: string, scope: DynamicScope, dynamic: boolean, strict: boolean) {
    this.dynamic = dynamic;
    this.#strict = strict;
    this.#source = source;
    this.scope = scope;
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
        return checkMap(this, expr);
      default:
        throw this.refuse('unsupported', 'this construct is not supported', expr);
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
          throw this.refuse('literal', 'integers must lie within ±(2^53 - 1); write a double (1e18) instead', expr);
        }
        return { kind: 'constant', type: 'int', value };
      }
      case 'uint64Value':
        throw this.refuse('unsupported', 'uint literals are not supported; leave out the "u"', expr);
      case 'bytesValue':
        throw this.refuse('unsupported', 'bytes literals are not supported; write a string', expr);
      default:
        throw this.refuse('unsupported', 'null is not supported; present(x) tells whether x has a value', expr);
    }
  }

  #element(name: string): Node | undefined {
    return this.#elements.findLast((element) => element.name === name)?.node;
  }

  #name(expr: Expr, name: string): Node {
    const node = this.#element(name) ?? this.#variable(name);
    if (node === undefined) throw this.#unknownVariable(expr, name);
    return node;
  }

  #variable(name: string): Node | undefined {
    const plain = name.startsWith('.') ? name.slice(1) : name;
    const type = this.scope.variables.get(plain);
    if (type === undefined) return undefined;
    let index = this.reads.indexOf(plain);
    if (index < 0) index = this.reads.push(plain) - 1;
    return { kind: 'variable', type: typeOf(type), index };
  }

  #unknownVariable(expr: Expr, name: string): ExpressionError {
    const names = [...this.scope.variables.keys()].sort();
    const exist = names.length === 0 ? 'there are none here' : `there are ${names.join(', ')}`;
    return this.refuse('unknown_variable', `unknown variable ${JSON.stringify(name)}; ${exist}`, expr);
  }

  #select(expr: Expr): Node {
    if (expr.exprKind.case !== 'selectExpr') throw new TypeError('not a selection');
    const { field, operand: inner, testOnly } = expr.exprKind.value;
    const name = qualifiedName(expr);
    const root = name?.replace(/(?<=.)\..*/s, '');
    const isElement = root !== undefined && this.#element(root) !== undefined;
    // a.b is the variable "a.b" before it is the field b of the variable "a".
    const variable = name === undefined || isElement ? undefined : this.#variable(name);
    if (variable !== undefined && !testOnly) return variable;
    if (name !== undefined && !isElement && !this.#startsVariable(name)) {
      if (testOnly) return checkHas(this, expr, undefined);
      // Where values have fields, it is the name before the first dot that is wrong.
      throw this.dynamic ? this.#unknownVariable(rootOf(expr), root!) : this.#unknownVariable(expr, name);
    }
    const operand = this.check(inner!);
    if (operand.type !== 'dyn') {
      if (testOnly) return checkHas(this, expr, undefined);
      if (name !== undefined && !isElement) throw this.#unknownVariable(expr, name);
      const detail = `fields of a value of type ${typeName(operand.type)} are not supported; only dyn values have some`;
      throw this.refuse('unsupported', detail, expr);
    }
    const node: Node = { kind: 'select', type: 'dyn', field, args: [operand] };
    return testOnly ? checkHas(this, expr, node) : node;
  }

  /** Whether a dotted name goes on from a variable's. */
  #startsVariable(name: string): boolean {
    const parts = name.replace(/^\./, '').split('.');
    return parts.some((_, i) => this.scope.variables.has(parts.slice(0, i).join('.')));
  }

  #list(expr: Expr): ListNode {
    if (expr.exprKind.case !== 'listExpr') throw new TypeError('not a list');
    if (expr.exprKind.value.optionalIndices.length > 0) {
      throw this.refuse('unsupported', 'optional elements are not supported', expr);
    }
    let element: Type | undefined;
    const args: Node[] = [];
    for (const part of expr.exprKind.value.elements) {
      const node = this.check(part);
      const both = element === undefined ? node.type : unify(element, node.type);
      if (both === undefined) {
        const detail = `this list holds ${typeName(element!)}; ${typeName(node.type)} does not belong in it`;
        throw this.refuse('type', detail, part);
      }
      element = both;
      args.push(node);
    }
    return { kind: 'list', type: { list: element }, args };
  }

  #call(expr: Expr): Node {
    if (expr.exprKind.case !== 'callExpr') throw new TypeError('not a call');
    const { function: written, target, args: parts } = expr.exprKind.value;
    const qualifier = target === undefined ? undefined : qualifiedName(target);
    const qualified = qualifier === undefined ? written : `${qualifier}.${written}`;
    const host = checkHostCall(this, expr, qualified, parts);
    if (host !== undefined) return host;
    // The functions of math are named with a dot; they have no target.
    const isMath = OTHERS.has(qualified) && qualifier !== undefined;
    const name = isMath ? qualified : written;
    const receiver = isMath ? undefined : target;
    if (receiver === undefined) {
      if (name === 'present') return this.#present(expr, parts);
      if (name === 'first') return checkFirst(this, expr, parts);
      if (name === 'has' && parts.length === 1) return checkHas(this, expr, this.check(parts[0]!));
      if (name === '_&&_' || name === '_||_') return this.#logic(name, parts);
      if (name === '!_') return { kind: 'not', type: 'bool', args: [this.#checkAs(parts[0]!, 'bool')] };
      if (name === '_?_:_') return this.#conditional(parts);
    }
    const isMethod = METHODS.has(name) || EITHER.has(name);
    const known = OVERLOADS.has(name) || Object.hasOwn(INFIX, name) || OTHERS.has(name);
    if (!known || (receiver !== undefined && !isMethod)) throw this.#unknownFunction(expr, name);
    if (receiver === undefined && METHODS.has(name)) {
      throw this.refuse('unknown_function', `${name} stands after a dot: text.${name}(…)`, expr);
    }
    return this.#apply(expr, name, receiver === undefined ? parts : [receiver, ...parts]);
  }

  #apply(expr: Expr, name: string, parts: readonly Expr[]): Node {
    const args = parts.map((part) => this.check(part));
    const [a, b] = args;
    if (name === 'dyn' && args.length === 1) return a!;
    if ((name === '_==_' || name === '_!=_') && a !== undefined && b !== undefined)
      return this.#equality(expr, name, a, b);
    if (name === '@in' && a !== undefined && b !== undefined) return this.#membership(expr, a, b);
    if ((name === 'matches' || name === 'extract') && args.length === 2) {
      return this.#pattern(expr, name, args, parts[1]!);
    }
    const resolved = resolve(name, args);
    if (resolved === undefined) throw this.#noOverload(expr, name, args);
    const failure = this.#strict ? certainFailure(resolved) : undefined;
    if (failure !== undefined) throw this.refuse('literal', failure, expr);
    if (a?.kind === 'constant' && typeof a.value === 'string') {
      const problem = literalProblem(name, a.value);
      if (problem !== undefined) throw this.refuse('literal', problem, parts[0]!);
    }
    return resolved;
  }

  #equality(expr: Expr, name: '_==_' | '_!=_', a: Node, b: Node): Node {
    if (!comparable(a.type, b.type)) {
      const detail = `${INFIX[name]} compares values of one type; here ${typeName(a.type)} and ${typeName(b.type)}`;
      throw this.refuse('type', detail, expr);
    }
    return equality(name === '_!=_', a, b);
  }

  #membership(expr: Expr, a: Node, b: Node): Node {
    if (!isList(b.type) && b.type !== 'dyn') {
      throw this.refuse('type', `in needs a list on its right side, found ${typeName(b.type)}`, expr);
    }
    const element = isList(b.type) ? b.type.list : 'dyn';
    if (element !== undefined && !comparable(a.type, element)) {
      const detail = `the list holds ${typeName(element)}; ${typeName(a.type)} can never be in it`;
      throw this.refuse('type', detail, expr);
    }
    return membership(a, b);
  }

  #pattern(expr: Expr, name: 'matches' | 'extract', args: readonly Node[], place: Expr): Node {
    const [text, pattern] = [narrow(args[0]!, 'string'), args[1]!];
    if (text.type !== 'string' || pattern.type !== 'string') throw this.#noOverload(expr, name, args);
    if (pattern.kind !== 'constant') throw this.refuse('unsupported', `${name}() needs a literal pattern`, place);
    const operation = patternOperation(name, String(pattern.value));
    if ('problem' in operation) throw this.refuse('literal', operation.problem, place);
    return call(operation, name === 'matches' ? 'bool' : 'string', [text]);
  }

  #present(expr: Expr, parts: readonly Expr[]): Node {
    if (parts.length !== 1) {
      throw this.refuse('type', 'present() takes one value: present(refundable)', parts[0] ?? expr);
    }
    return { kind: 'present', type: 'bool', args: [this.check(parts[0]!)] };
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
      throw this.refuse('type', detail, parts[2]!);
    }
    return { kind: 'conditional', type, args: [condition, then, otherwise] };
  }

  #macro(expr: Expr): Node {
    const macro = macroOf(expr, this.#macros);
    if (macro === undefined) throw this.refuse('unsupported', 'this macro is not supported', expr);
    const written = this.check(macro.range);
    // CEL goes over the keys of a map.
    const range = written.type === 'dyn' ? call(DYNAMIC.elements, { list: 'dyn' }, [written]) : written;
    if (!isList(range.type)) {
      throw this.refuse('type', `${macro.name}() goes over a list, found ${typeName(range.type)}`, macro.range);
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
      throw this.refuse('type', 'the elements of this list have no type; write one out', macro.range);
    }
    const type = macro.name === 'map' || macro.name === 'filter' ? range.type : 'bool';
    return { kind: 'constant', type, value: type === 'bool' ? macro.name === 'all' : [] };
  }

  #checkAs(expr: Expr, expected: Type): Node {
    const found = this.check(expr);
    const node = found.type === 'dyn' ? narrow(found, expected) : found;
    if (node.type !== expected) {
      throw this.refuse('type', `expected ${typeName(expected)}, found ${typeName(node.type)}`, expr);
    }
    return node;
  }

  #unknownFunction(expr: Expr, name: string): ExpressionError {
    return this.refuse('unknown_function', unknownFunction(name, [...(this.scope.functions?.keys() ?? [])]), expr);
  }

  #noOverload(expr: Expr, name: string, args: readonly Node[]): ExpressionError {
    const types = args.map((node) => node.type);
    return this.refuse('type', noOverload(name, types), expr);
  }

  /** The refusal of a part, at its place. */
  refuse(reason: ExpressionErrorReason, detail: string, expr: Expr): ExpressionError {
    const offset = this.#positions[String(expr.id)] ?? 0;
    // The parser counts blanks and comments before an operator to it, and the dot to a method.
    const blank = /^(\s+|\/\/[^\r\n]*)*\.?/.exec(this.#source.slice(offset))?.[0].length ?? 0;
    return new ExpressionError(reason, detail, this.#source, offset + blank);
  }
}

/** The a of a.b.c. */
function rootOf(expr: Expr): Expr {
  const { exprKind } = expr;
  return exprKind.case === 'selectExpr' && exprKind.value.operand !== undefined ? rootOf(exprKind.value.operand) : expr;
}

/** a.b.c as one name; undefined for anything else. */
function qualifiedName(expr: Expr): string | undefined {
  if (expr.exprKind.case === 'identExpr') return expr.exprKind.value.name;
  if (expr.exprKind.case !== 'selectExpr' || expr.exprKind.value.operand === undefined) return undefined;
  const operand = qualifiedName(expr.exprKind.value.operand);
  return operand === undefined ? undefined : `${operand}.${expr.exprKind.value.field}`;
}

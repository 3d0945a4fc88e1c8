import type { ExpressionError, ExpressionErrorReason } from './error.ts';
import type { Node, Operation } from './node.ts';
import type { Expr } from './parse.ts';
import { call, narrow } from './resolve.ts';
import { type DynamicScope, fits, narrowable, type Type, typeName, typeOf, unify } from './types.ts';

/** Checks what expressions over dynamic values have besides operators and functions. */

/** What checks parts, and refuses them. */
export interface PartChecker {
  readonly scope: DynamicScope;
  /** Whether values may be dynamic. */
  readonly dynamic: boolean;
  check(expr: Expr): Node;
  refuse(reason: ExpressionErrorReason, detail: string, expr: Expr): ExpressionError;
}

/** A map written out, with literal keys: a dyn value. */
export function checkMap(checker: PartChecker, expr: Expr): Node {
  if (expr.exprKind.case !== 'structExpr' || !checker.dynamic || expr.exprKind.value.messageName !== '') {
    throw checker.refuse('unsupported', 'maps and messages are not supported; write conditions on variables', expr);
  }
  const fields: string[] = [];
  const args: Node[] = [];
  for (const { keyKind, value, optionalEntry } of expr.exprKind.value.entries) {
    const key = keyKind.case === 'mapKey' ? checker.check(keyKind.value) : undefined;
    if (key?.kind !== 'constant' || typeof key.value !== 'string' || value === undefined || optionalEntry) {
      throw checker.refuse('unsupported', 'maps have literal texts for keys: {"a": 1}', expr);
    }
    if (fields.includes(JSON.stringify(key.value))) {
      throw checker.refuse('literal', `${JSON.stringify(key.value)} is there twice`, expr);
    }
    const node = checker.check(value);
    if (!narrowable(node.type)) throw checker.refuse('type', `a map holds no ${typeName(node.type)}`, value);
    fields.push(JSON.stringify(key.value));
    args.push(node);
  }
  // Brackets, since "__proto__": would set the prototype.
  const emit = (codes: readonly string[]): string => `({${codes.map((code, i) => `[${fields[i]}]: ${code}`).join()}})`;
  return call({ name: 'map', fails: false, open: true, emit }, 'dyn', args);
}

/** has(a.b) of a dyn value: false when any part of the way is absent or null. */
export function checkHas(checker: PartChecker, expr: Expr, node: Node | undefined): Node {
  const isMember = node?.kind === 'select' || (node?.kind === 'call' && node.operation.name === '_[_]');
  if (!isMember) {
    const detail = 'has() is for fields of dyn values; present(x) tells whether x has a value';
    throw checker.refuse('unsupported', detail, expr);
  }
  return { kind: 'present', type: 'bool', args: [node] };
}

/** A function of the host, by its name; undefined when there is none. */
export function checkHostCall(
  checker: PartChecker,
  expr: Expr,
  name: string,
  parts: readonly Expr[],
): Node | undefined {
  const host = checker.scope.functions?.get(name);
  if (host === undefined) return undefined;
  const args = parts.map((part) => checker.check(part));
  const wanted = host.args.map(typeOf);
  if (args.length !== wanted.length || !args.every((argument, i) => takes(wanted[i]!, argument.type))) {
    const found = args.map((argument) => typeName(argument.type)).join(', ');
    const detail = `${name} does not take (${found}) but (${wanted.map(typeName).join(', ')}): ${host.doc}`;
    throw checker.refuse('type', detail, expr);
  }
  const type = typeOf(host.result);
  const operation: Operation = {
    name,
    fails: true,
    nullable: true,
    open: true,
    ...(host.takesAbsent && { takesAbsent: true }),
    constant: host.call,
    emit: (codes) => `${codes.at(-1)}(${codes.slice(0, -1).join(', ')})`,
  };
  const made = call(
    operation,
    'dyn',
    args.map((argument, i) => narrow(argument, wanted[i]!)),
  );
  return narrow(made, type);
}

/** first(a, b, …): the first that has a value. */
export function checkFirst(checker: PartChecker, expr: Expr, parts: readonly Expr[]): Node {
  const args = parts.map((part) => checker.check(part));
  if (args.length === 0) throw checker.refuse('type', 'first() takes one value or more: first(a, b)', expr);
  let type = args[0]!.type;
  for (const [i, argument] of args.entries()) {
    const both = unify(type, argument.type);
    if (both === undefined) {
      const detail = `first() chooses among values of one type; here ${typeName(type)} and ${typeName(argument.type)}`;
      throw checker.refuse('type', detail, parts[i]!);
    }
    type = both;
  }
  return { kind: 'first', type, args };
}

/** Whether a function of the host takes a value: times are never dyn. */
function takes(wanted: Type, found: Type): boolean {
  const timed = !narrowable(wanted) || !narrowable(found);
  return timed ? unify(wanted, found) !== undefined : fits(found, wanted);
}

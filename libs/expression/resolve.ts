import { ARITHMETIC, BY_VALUE, DYNAMIC, GENERIC, OVERLOADS, type Overload } from './functions.ts';
import type { CallNode, Node, Operation } from './node.ts';
import { isList, isNumeric, type ListType, narrowable, type Type, typeName, unify } from './types.ts';

/**
 * Finds what a call means from the types of its arguments. Where an argument is dyn and one overload alone could be
 * meant, the argument is narrowed to what it takes; where several could, the value decides at run time.
 */

/** A call. */
export function call(operation: Operation, type: Type, args: readonly Node[]): CallNode {
  return { kind: 'call', type, operation, args };
}

/** A node where a type is expected: a dyn value is narrowed to it. */
export function narrow(node: Node, type: Type): Node {
  return (isDynamic(node.type) || isDynamic(elementOf(node.type))) && typeName(node.type) !== typeName(type)
    ? { kind: 'narrow', type, args: [node] }
    : node;
}

/** A value as a list; undefined for what is none. */
export function asList(node: Node): (Node & { readonly type: ListType }) | undefined {
  const made = node.type === 'dyn' ? narrow(node, { list: 'dyn' }) : node;
  return isList(made.type) ? (made as Node & { readonly type: ListType }) : undefined;
}

/** What equality is between two types that compare. */
export function equality(differ: boolean, a: Node, b: Node): CallNode {
  if (!isScalar(a.type) && !isScalar(b.type) && (holdsDynamic(a.type) || holdsDynamic(b.type))) {
    return call(differ ? DYNAMIC.other : DYNAMIC.same, 'bool', [a, b]);
  }
  if (isList(a.type) && isList(b.type)) return call(differ ? GENERIC.otherList : GENERIC.sameList, 'bool', [a, b]);
  return call(differ ? GENERIC.notEqual : GENERIC.equal, 'bool', [a, b]);
}

/** Membership in a list that can hold the value, or of a key in a dyn object. */
export function membership(a: Node, b: Node): CallNode {
  return call(holdsDynamic(a.type) || holdsDynamic(b.type) ? DYNAMIC.in : GENERIC.in, 'bool', [a, b]);
}

/** The call of an operator or function; undefined when it does not take such arguments. */
export function resolve(name: string, args: readonly Node[]): Node | undefined {
  return generic(name, args) ?? overloaded(name, args);
}

function generic(name: string, args: readonly Node[]): Node | undefined {
  const [a, b] = args;
  if (a === undefined) return undefined;
  switch (name) {
    case 'size':
      return args.length === 1 ? size(a) : undefined;
    case '_[_]':
      return index(a, b!);
    case '_+_':
      return concat(a, b!);
    case 'join':
      return join(args);
    case 'math.least':
    case 'math.greatest':
      return extreme(name === 'math.least' ? GENERIC.least : GENERIC.greatest, args);
    case 'distinct':
    case 'sort':
    case 'flatten':
    case 'sum': {
      const list = asList(a);
      return list === undefined || args.length > 1 ? undefined : listFunction(name, list);
    }
    default:
      return undefined;
  }
}

function size(a: Node): CallNode | undefined {
  if (isList(a.type)) return call(GENERIC.sizeOfList, 'int', [a]);
  if (a.type === 'string') return call(GENERIC.sizeOfText, 'int', [a]);
  return a.type === 'dyn' ? call(DYNAMIC.size, 'int', [a]) : undefined;
}

function index(a: Node, b: Node): Node | undefined {
  if (isList(a.type)) {
    const at = narrow(b, 'int');
    if (at.type !== 'int' || a.type.list === undefined) return undefined;
    return call(a.type.list === 'dyn' ? DYNAMIC.index : GENERIC.index, a.type.list, [a, at]);
  }
  if (a.type !== 'dyn') return undefined;
  if (b.kind === 'constant' && typeof b.value === 'string') {
    return { kind: 'select', type: 'dyn', field: b.value, args: [a] };
  }
  if (b.type === 'int') return call(DYNAMIC.index, 'dyn', [a, b]);
  return b.type === 'string' || b.type === 'double' || b.type === 'dyn'
    ? call(DYNAMIC.member, 'dyn', [a, b])
    : undefined;
}

function concat(a: Node, b: Node): Node | undefined {
  if (!isList(a.type) && !isList(b.type)) return undefined;
  const [left, right] = [asList(a), asList(b)];
  const type = left === undefined || right === undefined ? undefined : unify(left.type, right.type);
  return type === undefined ? undefined : call(GENERIC.concat, type, [left!, right!]);
}

function join(args: readonly Node[]): Node | undefined {
  const list = asList(args[0]!);
  const element = list?.type.list;
  if (list === undefined || args.length > 2 || (element !== undefined && element !== 'string' && element !== 'dyn')) {
    return undefined;
  }
  const behind = args.slice(1).map((separator) => narrow(separator, 'string'));
  return behind.every((separator) => separator.type === 'string')
    ? call(GENERIC.join, 'string', [list, ...behind])
    : undefined;
}

function extreme(operation: Operation, args: readonly Node[]): Node | undefined {
  if (args.length === 1) {
    const list = isNumeric(args[0]!.type) ? undefined : asList(args[0]!);
    if (list === undefined) return isNumeric(args[0]!.type) ? args[0] : undefined;
    const element = list.type.list;
    return element !== undefined && isNumberOrDyn(element) ? call(operation, element, [list]) : undefined;
  }
  if (!args.every((argument) => isNumberOrDyn(argument.type))) return undefined;
  const type = args.every((argument) => argument.type === args[0]!.type) ? args[0]!.type : 'dyn';
  const list: Node = { kind: 'list', type: { list: type }, args: args.map((argument) => narrow(argument, 'double')) };
  return call(operation, type, [list]);
}

function listFunction(
  name: 'distinct' | 'sort' | 'flatten' | 'sum',
  list: Node & { type: ListType },
): Node | undefined {
  const element = list.type.list;
  switch (name) {
    case 'distinct':
      return call(GENERIC.distinct, list.type, [list]);
    case 'sort':
      return element !== undefined && isList(element) ? undefined : call(GENERIC.sort, list.type, [list]);
    case 'flatten':
      return call(GENERIC.flatten, element !== undefined && isList(element) ? element : list.type, [list]);
    case 'sum':
      if (element !== undefined && !isNumberOrDyn(element)) return undefined;
      return call(element === 'int' ? GENERIC.sumOfInts : GENERIC.sum, element ?? 'int', [list]);
  }
}

function overloaded(name: string, args: readonly Node[]): Node | undefined {
  const candidates = (OVERLOADS.get(name) ?? []).filter(
    (one) =>
      one.args.length === args.length &&
      one.args.every((type, i) => type === args[i]!.type || (args[i]!.type === 'dyn' && narrowable(type))),
  );
  if (!args.some((argument) => argument.type === 'dyn')) return narrowed(candidates[0], args);
  const arithmetic = ARITHMETIC.get(name);
  const typed = args.filter((argument) => argument.type !== 'dyn');
  const asNumbers =
    typed.length === 0 ? name !== '_+_' : name !== '_/_' && typed.every((argument) => argument.type === 'int');
  if (arithmetic !== undefined && asNumbers) {
    return call(
      arithmetic,
      'dyn',
      args.map((argument) => narrow(argument, 'double')),
    );
  }
  if (candidates.length < 2) return narrowed(candidates[0], args);
  const numbers = widest(candidates, args);
  if (numbers !== undefined) return narrowed(numbers, args);
  const byValue = BY_VALUE.get(name);
  return byValue === undefined ? undefined : call(byValue.operation, byValue.result, args);
}

function narrowed(overload: Overload | undefined, args: readonly Node[]): Node | undefined {
  if (overload === undefined) return undefined;
  return call(
    overload.operation,
    overload.result,
    args.map((argument, i) => narrow(argument, overload.args[i]!)),
  );
}

/** Where dyn arguments can be numbers only: the overload that takes doubles, which every number is. */
function widest(candidates: readonly Overload[], args: readonly Node[]): Overload | undefined {
  const places = args.flatMap((argument, i) => (argument.type === 'dyn' ? [i] : []));
  if (!candidates.every((one) => one.result === 'bool' && places.every((i) => isNumeric(one.args[i]!)))) {
    return undefined;
  }
  return candidates.find((one) => places.every((i) => one.args[i] === 'double'));
}

function isNumberOrDyn(type: Type): boolean {
  return type === 'dyn' || isNumeric(type);
}

function isDynamic(type: Type | undefined): boolean {
  return type === 'dyn';
}

function elementOf(type: Type): Type | undefined {
  return isList(type) ? type.list : undefined;
}

/** Whether the type is neither a list nor dyn. */
function isScalar(type: Type): boolean {
  return !isList(type) && type !== 'dyn';
}

function holdsDynamic(type: Type | undefined): boolean {
  return type !== undefined && (isList(type) ? holdsDynamic(type.list) : type === 'dyn');
}

/** Types of variables and results. Timestamps are epoch milliseconds. */
export type ExpressionType = 'bool' | 'int' | 'double' | 'string' | 'timestamp' | 'list_string';

/** Types of variables and results of expressions over dynamic values: parsed JSON or XML is `dyn`. */
export type DynamicType = ExpressionType | 'dyn' | 'list_dyn';

/** The variables that an expression may read. */
export interface Scope {
  /** Name to type. A name may be dotted. */
  readonly variables: ReadonlyMap<string, ExpressionType>;
}

/** A function that the host of an expression offers to it. */
export interface HostFunction {
  readonly args: readonly DynamicType[];
  readonly result: DynamicType;
  /** Whether it is called with undefined for an absent argument, instead of being absent then itself. */
  readonly takesAbsent?: true;
  /**
   * Called with values of `args`; a dyn value of another type is not passed on but absent, as is any absent argument.
   * A result that is undefined, null or no `result` is absent. What it throws, evaluating throws.
   */
  readonly call: (...args: never[]) => unknown;
  /** What it does, in a sentence, for messages and documentation. */
  readonly doc: string;
}

/** What an expression over dynamic values may read and call. */
export interface DynamicScope {
  /** Name to type. A name may be dotted. */
  readonly variables: ReadonlyMap<string, DynamicType>;
  /** Name to function. A name may be dotted; it may not be one of the language's own. */
  readonly functions?: ReadonlyMap<string, HostFunction>;
}

/** A type that is no list. Durations exist inside expressions only. */
export type ScalarType = 'bool' | 'int' | 'double' | 'string' | 'timestamp' | 'duration';

/** A value whose type shows at run time only: what JSON can hold. Never a timestamp or duration. */
export type Dyn = 'dyn';

/** A list; the elements of `[]` are of no type yet. */
export interface ListType {
  readonly list: Type | undefined;
}

/** The type of any part of an expression. */
export type Type = ScalarType | Dyn | ListType;

/** A value at run time: ints, doubles, timestamps (epoch ms) and durations (ms) are numbers. */
export type Value = boolean | number | string | readonly Value[];

/** Whether the type is a list. */
export function isList(type: Type): type is ListType {
  return typeof type === 'object';
}

/** Whether the type is int or double. */
export function isNumeric(type: Type): boolean {
  return type === 'int' || type === 'double';
}

/** The type as CEL writes it. */
export function typeName(type: Type): string {
  return isList(type) ? `list(${type.list === undefined ? '?' : typeName(type.list)})` : type;
}

/** The internal type of a variable or result. */
export function typeOf(type: DynamicType): Type {
  if (type === 'list_string') return { list: 'string' };
  return type === 'list_dyn' ? { list: 'dyn' } : type;
}

/** Whether a dyn value can turn out to be of the type: times are numbers at run time, so they cannot be told apart. */
export function narrowable(type: Type): boolean {
  if (isList(type)) return type.list === undefined || narrowable(type.list);
  return type !== 'timestamp' && type !== 'duration';
}

/**
 * The type that both can be, or undefined: lists agree when their elements do, `[]` agrees with every list, dyn with
 * everything that a dyn value can be.
 */
export function unify(a: Type, b: Type): Type | undefined {
  if (isList(a) && isList(b)) {
    if (a.list === undefined) return b;
    if (b.list === undefined) return a;
    const element = unify(a.list, b.list);
    return element === undefined ? undefined : { list: element };
  }
  if (a === b) return a;
  return (a === 'dyn' && narrowable(b)) || (b === 'dyn' && narrowable(a)) ? 'dyn' : undefined;
}

/** Whether a value of one type may stand where another is expected; a dyn value is checked at run time. */
export function fits(found: Type, expected: Type): boolean {
  if (found === 'dyn' || expected === 'dyn' || (found === 'int' && expected === 'double')) return true;
  if (isList(found) && isList(expected)) {
    return found.list === undefined || expected.list === undefined || fits(found.list, expected.list);
  }
  return found === expected;
}

/** Whether == may stand between the two: one type, two numbers, or dyn and what it can be. */
export function comparable(a: Type, b: Type): boolean {
  if (isNumeric(a) && isNumeric(b)) return true;
  if (isList(a) && isList(b)) return a.list === undefined || b.list === undefined || comparable(a.list, b.list);
  return unify(a, b) !== undefined;
}

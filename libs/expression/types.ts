/** Types of variables and results. Timestamps are epoch milliseconds. */
export type ExpressionType = 'bool' | 'int' | 'double' | 'string' | 'timestamp' | 'list_string';

/** The variables that an expression may read. */
export interface Scope {
  /** Name to type. A name may be dotted. */
  readonly variables: ReadonlyMap<string, ExpressionType>;
}

/** A type that is no list. Durations exist inside expressions only. */
export type ScalarType = 'bool' | 'int' | 'double' | 'string' | 'timestamp' | 'duration';

/** A list; the elements of `[]` are of no type yet. */
export interface ListType {
  readonly list: Type | undefined;
}

/** The type of any part of an expression. */
export type Type = ScalarType | ListType;

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
export function typeOf(type: ExpressionType): Type {
  return type === 'list_string' ? { list: 'string' } : type;
}

/** The type that both can be, or undefined: lists agree when their elements do, `[]` agrees with every list. */
export function unify(a: Type, b: Type): Type | undefined {
  if (isList(a) && isList(b)) {
    if (a.list === undefined) return b;
    if (b.list === undefined) return a;
    const element = unify(a.list, b.list);
    return element === undefined ? undefined : { list: element };
  }
  return a === b ? a : undefined;
}

/** Whether == may stand between the two: one type, or two numbers. */
export function comparable(a: Type, b: Type): boolean {
  if (isNumeric(a) && isNumeric(b)) return true;
  if (isList(a) && isList(b)) return a.list === undefined || b.list === undefined || comparable(a.list, b.list);
  return a === b;
}

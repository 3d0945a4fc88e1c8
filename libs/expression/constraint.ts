import type { Node } from './node.ts';
import type { ExpressionType } from './types.ts';

/** What a constraint says of its attribute. */
export type ConstraintOperator =
  | 'equals'
  | 'any_of'
  | 'at_most'
  | 'below'
  | 'at_least'
  | 'above'
  | 'is_true'
  | 'is_false'
  | 'contains';

/** The value that a constraint compares with: times are epoch milliseconds; of `any_of` and `contains` a list. */
export type ConstraintValue = string | number | true | readonly (string | number)[];

/** A condition on one variable, in one of the few forms that others than us can apply too. */
export interface Constraint {
  /** The variable. */
  readonly attribute: string;
  readonly operator: ConstraintOperator;
  /** true for is_true and is_false; a list of at least two for any_of, of one for contains. */
  readonly value: ConstraintValue;
  /** The condition as CEL: equal constraints have equal texts. */
  readonly text: string;
}

/** The operators that constraints on a variable of a type can have. Of ints, `stops < 2` is `stops <= 1`. */
export const constraintOperators: Readonly<Record<ExpressionType, readonly ConstraintOperator[]>> = {
  bool: ['is_true', 'is_false'],
  int: ['equals', 'any_of', 'at_most', 'at_least'],
  double: ['equals', 'any_of', 'at_most', 'below', 'at_least', 'above'],
  string: ['equals', 'any_of'],
  timestamp: ['at_most', 'below', 'at_least', 'above'],
  list_string: ['contains'],
};

/**
 * A constraint.
 * @returns undefined for what no value can fulfil, or no text can say: no value, a number without end
 */
export function constraintOf(
  attribute: string,
  type: ExpressionType,
  operator: ConstraintOperator,
  value: ConstraintValue,
): Constraint | undefined {
  if (!constraintOperators[type].includes(operator)) return undefined;
  const values = Array.isArray(value) ? value : [value];
  if (values.length === 0 || !values.every((one) => isOfType(one, type))) return undefined;
  const sorted = operator === 'any_of' ? [...new Set<string | number>(values)].sort(ascending) : values;
  if (operator === 'any_of' && sorted.length === 1) return constraintOf(attribute, type, 'equals', sorted[0]!);
  const texts = sorted.map((one) => literal(one, type));
  const text = conditionText(attribute, operator, texts);
  return { attribute, operator, value: Array.isArray(value) ? sorted : value, text };
}

function conditionText(attribute: string, operator: ConstraintOperator, values: readonly string[]): string {
  switch (operator) {
    case 'is_true':
      return attribute;
    case 'is_false':
      return `!${attribute}`;
    case 'any_of':
      return `${attribute} in [${values.join(', ')}]`;
    case 'contains':
      return `${values[0]} in ${attribute}`;
    default:
      return `${attribute} ${SIGNS[operator]} ${values[0]}`;
  }
}

const SIGNS = { equals: '==', at_most: '<=', below: '<', at_least: '>=', above: '>' } as const;

function isOfType(value: unknown, type: ExpressionType): boolean {
  switch (type) {
    case 'bool':
      return value === true;
    case 'int':
      return Number.isSafeInteger(value);
    case 'timestamp':
      return Number.isSafeInteger(value) && Math.abs(value as number) <= LAST_INSTANT;
    case 'double':
      return Number.isFinite(value);
    default:
      return typeof value === 'string' && value.isWellFormed();
  }
}

/** 9999-12-31T23:59:59.999Z: RFC 3339 has years of four digits. */
const LAST_INSTANT = 253_402_300_799_999;

function literal(value: string | number | true, type: ExpressionType): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (type === 'timestamp') return `timestamp("${new Date(Number(value)).toISOString()}")`;
  const text = String(value === 0 ? 0 : value);
  return type === 'double' && /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function ascending(a: string | number, b: string | number): number {
  return a < b ? -1 : 1;
}

/** Whether every value that fulfils one constraint fulfils the other. */
export function implies(one: Constraint, other: Constraint): boolean {
  if (one.text === other.text) return true;
  if (one.attribute !== other.attribute) return false;
  const values = valuesOf(one);
  if (values !== undefined) return values.every((value) => fulfils(value, other));
  const [bound, limit] = [Number(one.value), Number(other.value)];
  switch (one.operator) {
    case 'at_most':
      return other.operator === 'at_most' ? bound <= limit : other.operator === 'below' && bound < limit;
    case 'below':
      return (other.operator === 'at_most' || other.operator === 'below') && bound <= limit;
    case 'at_least':
      return other.operator === 'at_least' ? bound >= limit : other.operator === 'above' && bound > limit;
    case 'above':
      return (other.operator === 'at_least' || other.operator === 'above') && bound >= limit;
    default:
      return false;
  }
}

/** Whether no value fulfils both constraints. */
export function excludes(one: Constraint, other: Constraint): boolean {
  if (one.attribute !== other.attribute || one.operator === 'contains' || other.operator === 'contains') return false;
  const values = valuesOf(one);
  if (values !== undefined) return !values.some((value) => fulfils(value, other));
  const others = valuesOf(other);
  if (others !== undefined) return !others.some((value) => fulfils(value, one));
  if (one.operator === 'is_true' || one.operator === 'is_false') return one.operator !== other.operator;
  const upper = [one, other].find(({ operator }) => operator === 'at_most' || operator === 'below');
  const lower = [one, other].find(({ operator }) => operator === 'at_least' || operator === 'above');
  if (upper === undefined || lower === undefined) return false;
  const [most, least] = [Number(upper.value), Number(lower.value)];
  return most < least || (most === least && (upper.operator === 'below' || lower.operator === 'above'));
}

/** Whether a value fulfils a constraint on a number or text. */
export function fulfils(value: string | number, { operator, value: limit }: Constraint): boolean {
  switch (operator) {
    case 'equals':
      return value === limit;
    case 'any_of':
      return (limit as readonly (string | number)[]).includes(value);
    case 'at_most':
      return Number(value) <= Number(limit);
    case 'below':
      return Number(value) < Number(limit);
    case 'at_least':
      return Number(value) >= Number(limit);
    case 'above':
      return Number(value) > Number(limit);
    default:
      return false;
  }
}

/** The values that are left; undefined where they cannot be counted. */
function valuesOf({ operator, value }: Constraint): readonly (string | number)[] | undefined {
  if (operator === 'any_of') return value as readonly (string | number)[];
  return operator === 'equals' ? [value as string | number] : undefined;
}

/**
 * The narrowest constraint with an operator that follows from a constraint: `stops <= 0` from `stops == 0`. Undefined where
 * none does.
 */
export function weakened(
  { attribute, operator: own, value, text }: Constraint,
  type: ExpressionType,
  operator: ConstraintOperator,
): Constraint | undefined {
  if (own === operator) return { attribute, operator, value, text };
  const values = valuesOf({ attribute, operator: own, value, text });
  switch (operator) {
    case 'any_of':
      // A list of one, which a constraint of its own would be an equality.
      return values && { attribute, operator, value: values, text };
    case 'at_most':
      if (own === 'below') return constraintOf(attribute, type, operator, value);
      return values && numbers(values) && constraintOf(attribute, type, operator, Math.max(...numbers(values)!));
    case 'at_least':
      if (own === 'above') return constraintOf(attribute, type, operator, value);
      return values && numbers(values) && constraintOf(attribute, type, operator, Math.min(...numbers(values)!));
    default:
      return undefined;
  }
}

function numbers(values: readonly (string | number)[]): readonly number[] | undefined {
  return values.every((value) => typeof value === 'number') ? values : undefined;
}

/** The variables of an expression. */
interface Variables {
  /** Names by number. */
  readonly reads: readonly string[];
  readonly types: ReadonlyMap<string, ExpressionType>;
}

/** A checked condition as a constraint on a variable; undefined where it has another form. */
export function readConstraint(node: Node, variables: Variables): Constraint | undefined {
  const of = (one: Node, operator: ConstraintOperator, value: unknown): Constraint | undefined => {
    if (one.kind !== 'variable') return undefined;
    const name = variables.reads[one.index]!;
    return constraintOf(name, variables.types.get(name)!, operator, value as ConstraintValue);
  };
  if (node.kind === 'variable') return of(node, 'is_true', true);
  if (node.kind === 'not') return of(node.args[0], 'is_false', true);
  if (node.kind === 'logic' && node.operator === '||') return eitherOf(node.args, variables);
  if (node.kind !== 'call' || node.args.length !== 2) return undefined;
  const [left, right] = node.args as readonly [Node, Node];
  const { name } = node.operation;
  if (name === '@in') {
    if (left.kind === 'constant') return of(right, 'contains', [left.value]);
    return right.kind === 'constant' ? of(left, 'any_of', right.value) : undefined;
  }
  const turned = left.kind === 'constant';
  const [side, constant] = turned ? [right, left] : [left, right];
  if (constant.kind !== 'constant') return undefined;
  const { value } = constant;
  if (name === '_==_' || name === '_!=_') {
    // Of a flag, not one is the other.
    if (typeof value === 'boolean') return of(side, value === (name === '_==_') ? 'is_true' : 'is_false', true);
    return name === '_==_' ? of(side, 'equals', value) : undefined;
  }
  const operator = COMPARISONS[turned ? (TURNED[name] ?? name) : name];
  if (operator === undefined || typeof value !== 'number') return undefined;
  if (side.type !== 'int') return of(side, operator, value);
  // Between two whole numbers there is nothing, so an open bound is the next closed one.
  if (operator === 'at_most' || operator === 'below') {
    return of(side, 'at_most', operator === 'below' ? Math.ceil(value) - 1 : Math.floor(value));
  }
  return of(side, 'at_least', operator === 'above' ? Math.floor(value) + 1 : Math.ceil(value));
}

/**
 * The constraint that a checked condition wants its variable not to fulfil: of `cabin != "FIRST"` and `!(cabin in ["FIRST"])` that is
 * `cabin == "FIRST"`. Undefined where it has another form.
 */
export function readExclusion(node: Node, variables: Variables): Constraint | undefined {
  if (node.kind === 'not')
    return node.args[0].kind === 'variable' ? undefined : readConstraint(node.args[0], variables);
  if (node.kind !== 'call' || node.operation.name !== '_!=_') return undefined;
  const [left, right] = node.args as readonly [Node, Node];
  const [side, constant] = left.kind === 'constant' ? [right, left] : [left, right];
  if (side.kind !== 'variable' || constant.kind !== 'constant' || typeof constant.value === 'boolean') return undefined;
  const name = variables.reads[side.index]!;
  return constraintOf(name, variables.types.get(name)!, 'equals', constant.value as ConstraintValue);
}

const COMPARISONS: Readonly<Record<string, 'at_most' | 'below' | 'at_least' | 'above'>> = {
  '_<=_': 'at_most',
  '_<_': 'below',
  '_>=_': 'at_least',
  '_>_': 'above',
};
const TURNED: Readonly<Record<string, string>> = { '_<=_': '_>=_', '_<_': '_>_', '_>=_': '_<=_', '_>_': '_<_' };

/** Equalities of one variable, of which one is enough. */
function eitherOf(terms: readonly Node[], variables: Variables): Constraint | undefined {
  const values: (string | number)[] = [];
  let attribute: string | undefined;
  for (const term of terms) {
    const read = readConstraint(term, variables);
    const own = read && valuesOf(read);
    if (own === undefined || (attribute !== undefined && read?.attribute !== attribute)) return undefined;
    attribute = read?.attribute;
    values.push(...own);
  }
  return attribute === undefined
    ? undefined
    : constraintOf(attribute, variables.types.get(attribute)!, 'any_of', values);
}

import {
  type Constraint,
  type ConstraintOperator,
  type ConstraintValue,
  constraintOperators,
  type DynamicType,
  type ExpressionType,
  verticalScope,
} from '../../../libs/expression/index.ts';
import type { Vertical } from '../../../libs/vertical/index.ts';
import type { ApplicableFilters, AskContext, CanApply } from '../adapter.ts';
import type { Compiler, Path } from './compiler.ts';
import type { RequestContext } from './context.ts';
import type { Door } from './door.ts';
import type { ManifestFile } from './manifest.ts';
import { Scope } from './scope.ts';

/** What a manifest says that the partner applies itself of a search's filter, and how its requests read it: `filters.…`. */

/** One declared attribute and operator. */
interface Declared {
  readonly attribute: string;
  readonly operator: ConstraintOperator;
  readonly type: ExpressionType;
  readonly path: Path;
  /** Whether it can apply a value; true: any. */
  readonly when: string | boolean;
}

/** A variable of requests. */
interface FilterVariable {
  readonly name: string;
  readonly type: DynamicType;
  /** What is asked for; undefined where nothing is. */
  value(context: AskContext): ConstraintValue | undefined;
}

/** A variable for each declared attribute and operator that can be: `filters.stops.at_most`. */
export function filterVariables(manifest: ManifestFile, vertical: Vertical): readonly FilterVariable[] {
  return declaredIn(manifest)
    .flatMap((one) => ('reason' in checked(one, vertical) ? [] : [checked(one, vertical) as Declared]))
    .map(({ attribute, operator, type }) => ({
      name: nameOf(attribute, operator),
      type: valueType(type, operator),
      value: ({ filters = [] }) => {
        const asked = filters.filter((one) => one.attribute === attribute && one.operator === operator);
        return operator === 'contains' ? containedTexts(asked) : asked[0]?.value;
      },
    }));
}

/**
 * Compiles what is declared.
 *
 * @param door where it makes requests itself, no expression has to read what is declared
 * @returns undefined where nothing is declared
 */
export function compileFilters(
  compiler: Compiler,
  manifest: ManifestFile,
  vertical: Vertical,
  context: RequestContext,
  door: Door,
): ApplicableFilters | undefined {
  if (manifest.filters === undefined) return undefined;
  const filters = new Map<string, Map<ConstraintOperator, CanApply>>();
  for (const written of declaredIn(manifest)) {
    const one = checked(written, vertical);
    if ('reason' in one) {
      compiler.problem(one.path, one.reason);
      continue;
    }
    const { attribute, operator, path } = one;
    const name = nameOf(attribute, operator);
    if (door.adapter?.ask === undefined && !REQUESTS.some((part) => compiler.readIn(name).has(part))) {
      compiler.problem(path, `no request reads ${name}, so the partner would never hear of it`);
    }
    const can = compileCondition(compiler, one, context);
    if (can === undefined) continue;
    const operators = filters.get(attribute) ?? new Map<ConstraintOperator, CanApply>();
    filters.set(attribute, operators.set(operator, can));
  }
  return filters;
}

/** Parts of a manifest that make requests. */
const REQUESTS = ['let', 'headers', 'steps', 'search', 'poll', 'paging', 'inventory', 'auth'] as const;

function nameOf(attribute: string, operator: ConstraintOperator): string {
  return `filters.${attribute}.${operator}`;
}

type Written = Omit<Declared, 'type'>;

function declaredIn({ filters = {} }: ManifestFile): readonly Written[] {
  return Object.entries(filters).flatMap(([attribute, operators]): readonly Written[] => {
    if (!isList(operators)) {
      return Object.entries(operators).map(([name, when]) => {
        const operator = name as ConstraintOperator;
        return { attribute, operator, path: ['filters', attribute, operator], when };
      });
    }
    return operators.map((operator, at) => ({ attribute, operator, path: ['filters', attribute, at], when: true }));
  });
}

/** Narrows a readonly list, which Array.isArray does not. */
function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}

function checked(written: Written, vertical: Vertical): Declared | { readonly path: Path; readonly reason: string } {
  const { attribute, operator } = written;
  const { variables } = verticalScope(vertical);
  const type = variables.get(attribute);
  if (type === undefined) {
    const known = vertical.attribute(attribute);
    const what = known === undefined ? `no attribute of ${vertical.name}` : 'an attribute that filters cannot have';
    const reason = `"${attribute}" is ${what}; there are: ${[...variables.keys()].join(', ')}`;
    return { path: ['filters', attribute], reason };
  }
  if (!constraintOperators[type].includes(operator)) {
    const kind = vertical.attribute(attribute)!.type.replace('_', ' ');
    const reason = `"${operator}" does not fit ${attribute}, ${kind}; there are: ${constraintOperators[type].join(', ')}`;
    return { path: written.path, reason };
  }
  return { ...written, type };
}

function valueType(type: ExpressionType, operator: ConstraintOperator): DynamicType {
  if (operator === 'any_of' || operator === 'contains')
    return type === 'int' || type === 'double' ? 'list_dyn' : 'list_string';
  return type;
}

function containedTexts(asked: readonly Constraint[]): readonly string[] | undefined {
  return asked.length === 0 ? undefined : asked.flatMap(({ value }) => value as readonly string[]);
}

function compileCondition(
  compiler: Compiler,
  { operator, type, path, when }: Declared,
  context: RequestContext,
): CanApply | undefined {
  if (typeof when === 'boolean') return when ? () => true : undefined;
  const scope = new Scope(context.scope);
  if (scope.has('value')) compiler.problem(path, '"value" is taken: it is what the filter compares with');
  const slot = scope.has('value') ? scope.slot('value') : scope.add('value', valueType(type, operator));
  const { read, reads } = compiler.typed(path, when, scope, 'bool');
  const own = reads?.find((name) => name.startsWith('filters.'));
  if (own !== undefined) compiler.problem(path, `reads ${own}, which is not decided yet; value is what is asked for`);
  return (value, asked) => {
    const frame = context.frame(asked, scope.size);
    frame[slot] = value;
    return read(frame) === true;
  };
}

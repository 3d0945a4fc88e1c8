import type { Constraint as WireConstraint } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import {
  type Constraint,
  type ConstraintOperator,
  compileConjunction,
  ExpressionError,
  implies,
  verticalScope,
  weakened,
} from '../../libs/expression/index.ts';
import type { Vertical } from '../../libs/vertical/index.ts';
import type { ApplicableFilters, AskContext, CanApply } from './adapter.ts';

/**
 * What partners apply themselves of a search's filter. A partner is given constraints that the filter implies, so what it leaves
 * out is of no interest; query applies what is left.
 */

/**
 * The terms of a filter that are a constraint on one attribute. One on a name that its enum does not have is none: no partner
 * has a word for it.
 * @throws EntrepotError INVALID_FILTER
 */
export function constraintsIn(filter: string, vertical: Vertical): readonly Constraint[] {
  if (filter.trim() === '') return [];
  try {
    const { conjuncts } = compileConjunction(filter, verticalScope(vertical));
    return conjuncts.flatMap(({ constraint }) =>
      constraint !== undefined && isOfEnum(constraint, vertical) ? [constraint] : [],
    );
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const message = `filter: line ${error.line}, column ${error.column}: ${error.detail}`;
    throw new EntrepotError({
      reason: 'INVALID_FILTER',
      message,
      violations: [{ field: 'filter', description: message.slice('filter: '.length) }],
    });
  }
}

/** The one constraint that a text is; undefined where it is none. */
export function constraintIn(text: string, vertical: Vertical): Constraint | undefined {
  try {
    const { conjuncts } = compileConjunction(text, verticalScope(vertical));
    return conjuncts.length === 1 ? conjuncts[0]?.constraint : undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}

function isOfEnum({ attribute, value }: Constraint, vertical: Vertical): boolean {
  const spec = vertical.attribute(attribute);
  if (spec?.type !== 'enum') return true;
  return [value].flat().every((name) => spec.enumValues.includes(String(name)));
}

/**
 * The constraints that a partner applies: those that it can apply as they are, and of the others the narrowest that follow from
 * them. One for each attribute and operator, of `contains` all.
 */
export function appliedBy(
  filters: ApplicableFilters | undefined,
  constraints: readonly Constraint[],
  vertical: Vertical,
  context: AskContext,
): readonly Constraint[] {
  if (filters === undefined) return [];
  const { variables } = verticalScope(vertical);
  const applied: Constraint[] = [];
  for (const [attribute, operators] of filters) {
    const type = variables.get(attribute)!;
    const found = new Map<ConstraintOperator, Constraint>();
    for (const constraint of constraints.filter((one) => one.attribute === attribute)) {
      if (constraint.operator === 'contains') continue;
      const can = (one: Constraint | undefined): one is Constraint =>
        one !== undefined && operators.get(one.operator)?.(one.value, context) === true;
      const asked = can(constraint)
        ? [constraint]
        : [...operators.keys()].map((operator) => weakened(constraint, type, operator)).filter(can);
      for (const one of asked) {
        const before = found.get(one.operator);
        if (before === undefined || implies(one, before)) found.set(one.operator, one);
      }
    }
    applied.push(...found.values(), ...containedTexts(attribute, operators, constraints, context));
  }
  return applied;
}

/** A list can have to contain several texts: the partner is given them all, or none. */
function containedTexts(
  attribute: string,
  operators: ReadonlyMap<ConstraintOperator, CanApply>,
  constraints: readonly Constraint[],
  context: AskContext,
): readonly Constraint[] {
  const contained = constraints.filter((one) => one.attribute === attribute && one.operator === 'contains');
  const values = contained.flatMap(({ value }) => value as readonly string[]);
  return values.length > 0 && operators.get('contains')?.(values, context) === true ? contained : [];
}

/** Constraints as a remote adapter reads them. */
export function wireConstraints(constraints: readonly Constraint[], vertical: Vertical): WireConstraint[] {
  const { variables } = verticalScope(vertical);
  return constraints.map(({ text, attribute, operator, value }) => {
    const isTime = variables.get(attribute) === 'timestamp';
    const values = value === true ? [] : [value].flat();
    return {
      text,
      attribute,
      operator,
      values: values.map((one) => (isTime ? new Date(Number(one)).toISOString() : String(one))),
    };
  });
}

/** CEL expressions: parsed by a library, type-checked against a scope, compiled to JavaScript once. */
export {
  type CompiledExpression,
  type Conjunct,
  type Conjunction,
  compileConjunction,
  compileExpression,
} from './compile.ts';
export {
  type Constraint,
  type ConstraintOperator,
  type ConstraintValue,
  constraintOperators,
  excludes,
  fulfils,
  implies,
  weakened,
} from './constraint.ts';
export { compileDynamic, type DynamicExpression, DynamicWriter } from './dynamic.ts';
export { ExpressionError } from './error.ts';
export { evaluate } from './evaluate.ts';
export { type Absence, explainAbsence } from './explain.ts';
export { verticalScope } from './scope.ts';
export type { RowSource } from './source.ts';
export type { DynamicScope, DynamicType, ExpressionType, HostFunction, Scope } from './types.ts';

/** CEL expressions: parsed by a library, type-checked against a scope, compiled to JavaScript once. */
export { type CompiledExpression, compileExpression, type ExpressionValues } from './compile.ts';
export { ExpressionError, type ExpressionErrorReason } from './error.ts';
export { evaluate } from './evaluate.ts';
export { verticalScope } from './scope.ts';
export type { RowSource, VariableSource } from './source.ts';
export type { ExpressionType, Scope } from './types.ts';

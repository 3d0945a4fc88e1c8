/** CEL expressions: parsed by a library, type-checked against a scope, compiled to JavaScript once. */
export { type CompiledExpression, compileExpression } from './compile.ts';
export { ExpressionError } from './error.ts';
export { evaluate } from './evaluate.ts';
export { verticalScope } from './scope.ts';
export type { RowSource } from './source.ts';
export type { ExpressionType, Scope } from './types.ts';

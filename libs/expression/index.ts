/** CEL expressions: parsed by a library, type-checked against a scope, compiled to JavaScript once. */
export { type CompiledExpression, compileExpression } from './compile.ts';
export { compileDynamic, type DynamicExpression, DynamicWriter } from './dynamic.ts';
export { ExpressionError } from './error.ts';
export { evaluate } from './evaluate.ts';
export { verticalScope } from './scope.ts';
export type { RowSource } from './source.ts';
export type { DynamicScope, DynamicType, ExpressionType, HostFunction, Scope } from './types.ts';

import type { CompiledExpression } from './compile.ts';

/**
 * Evaluates an expression whose variables all have one value: a rule over market and client, a setting.
 * Variables that are missing or undefined are absent. Timestamps are epoch milliseconds.
 * @returns the value, undefined for a CEL error.
 * Throws TypeError when a value is of another type than the scope says.
 */
export function evaluate<V>(
  expression: CompiledExpression<V>,
  values: Readonly<Record<string, unknown>>,
): V | undefined {
  return expression.bind((variable) => ({ constant: values[variable] }))(0);
}

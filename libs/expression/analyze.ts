import { type Checked, check } from './check.ts';
import { REVIEWED, STRICT, stepsOf } from './cost.ts';
import { ExpressionError } from './error.ts';
import { fold } from './fold.ts';
import { parse, tooDeep } from './parse.ts';
import { type DynamicScope, fits, type Type, typeName } from './types.ts';

/**
 * Parses, checks and folds an expression; what is left is to make code for a way of reading its variables.
 * @param dynamic whether its values may be dynamic.
 * @param strict whether parts that err whatever the values are are refused.
 * Throws ExpressionError.
 */
export function analyze(
  source: string,
  scope: DynamicScope,
  expected: Type | undefined,
  dynamic = false,
  strict = false,
): Checked {
  const parsed = parse(source);
  try {
    const { root, reads } = check(parsed, source, scope, dynamic, strict);
    if (expected !== undefined && !fits(root.type, expected)) {
      const detail = `expected an expression of type ${typeName(expected)}, found ${typeName(root.type)}`;
      throw new ExpressionError('type', detail, source, source.length - source.trimStart().length);
    }
    const limit = dynamic ? REVIEWED : STRICT;
    if (stepsOf(root, limit) > limit.steps) {
      const detail = `this could take more than ${limit.steps} steps a row; nest fewer macros, and over shorter lists`;
      throw new ExpressionError('too_costly', detail, source, 0);
    }
    return { root: fold(root), reads };
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(source);
    throw error;
  }
}

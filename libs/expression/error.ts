/** Why an expression was refused. */
export type ExpressionErrorReason =
  /** It does not parse. */
  | 'syntax'
  /** A value is of another type than its place needs. */
  | 'type'
  /** It names a variable that does not exist. */
  | 'unknown_variable'
  /** It names a function that does not exist, or has other arguments. */
  | 'unknown_function'
  /** It uses a part of CEL that is not offered here. */
  | 'unsupported'
  /** A literal has no meaning: a timestamp, duration or pattern that does not parse, a number out of range. */
  | 'literal'
  /** Evaluating it for one row could take too long. */
  | 'too_costly';

/**
 * An expression that was refused when it was compiled. The message says what was expected, or what exists, and starts
 * with the place.
 */
export class ExpressionError extends Error {
  /** Line of the place, from 1. */
  readonly line: number;
  /** Column of the place in characters, from 1. */
  readonly column: number;
  /** The expression. */
  readonly source: string;
  /** Why. */
  readonly reason: ExpressionErrorReason;
  /** The message without the place. */
  readonly detail: string;

  /** @param offset of the place in the source, in UTF-16 units. */
  constructor(reason: ExpressionErrorReason, detail: string, source: string, offset: number) {
    const { line, column } = placeOf(source, offset);
    super(`${line}:${column}: ${detail}`);
    this.name = 'ExpressionError';
    this.reason = reason;
    this.detail = detail;
    this.source = source;
    this.line = line;
    this.column = column;
  }
}

function placeOf(source: string, offset: number): { line: number; column: number } {
  const lines = source.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: [...lines[lines.length - 1]!].length + 1 };
}

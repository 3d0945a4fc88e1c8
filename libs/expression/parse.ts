import { parse as parseCel } from '@bufbuild/cel';
import { ExpressionError } from './error.ts';

/** A parsed expression, as the CEL library gives it. */
export type Expr = ReturnType<typeof parseCel>['expr'];
/** A parsed expression with the places of its parts. */
export type Parsed = ReturnType<typeof parseCel>;

/**
 * Longest expression in UTF-16 units. Filters come from anyone: this bounds what parsing one costs (about 20 ms at the
 * limit).
 */
export const MAX_SOURCE_LENGTH = 4096;

/** Parses CEL. Throws ExpressionError for what does not parse, is too long, or nests too deep. */
export function parse(source: string): Parsed {
  if (source.length > MAX_SOURCE_LENGTH) {
    const detail = `the expression has ${source.length} characters; at most ${MAX_SOURCE_LENGTH} are allowed`;
    throw new ExpressionError('syntax', detail, source, 0);
  }
  try {
    return parseCel(source);
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(source);
    throw syntaxError(source, error);
  }
}

/** The refusal of an expression that nests beyond the stack. */
export function tooDeep(source: string): ExpressionError {
  return new ExpressionError('syntax', 'the expression nests too deep; split it', source, 0);
}

function syntaxError(source: string, error: unknown): ExpressionError {
  const first = offsetOf(error);
  if (first === undefined) {
    // The library refuses some escapes without saying where.
    return new ExpressionError('syntax', error instanceof Error ? error.message : String(error), source, 0);
  }
  const { offset, wanted } = furthest(source, first);
  const rest = source.slice(offset).trimStart();
  const at = source.length - rest.length;
  if (/^[rRbB]{0,2}["']/.test(rest)) {
    const detail = 'the text that starts here does not end, or has an unknown escape';
    return new ExpressionError('syntax', detail, source, at);
  }
  const token = /^([\p{L}\p{N}_.]+|\S{1,2})/u.exec(rest)?.[0];
  const found = token === undefined ? 'the end' : JSON.stringify(token);
  return new ExpressionError('syntax', `expected ${wanted}, found ${found}`, source, at);
}

const OPERATOR = /^(==|!=|<=|>=|&&|\|\||[-+*/%<>?:!,.]|in\b)/;
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * The parser gives the place up to which it could make sense of a whole expression: for "a == (b &&)" that is the "==".
 * The reader wants the ")": so what follows an operator or a bracket is parsed alone, and so on, until a token is
 * reached that cannot stand where it does.
 */
function furthest(source: string, first: number): { offset: number; wanted: string } {
  let offset = skipBlank(source, first);
  let valueWanted = source.slice(0, offset).trim() === '';
  let afterOperator = false;
  for (let step = 0; step < 100; step++) {
    const character = source[offset] ?? '';
    const operator = OPERATOR.exec(source.slice(offset))?.[0];
    const closes = character !== '' && character === openAt(source, offset).at(-1);
    // A closing bracket may follow its opening one, but an operator's value has to come.
    if (closes && valueWanted && afterOperator) break;
    if (!(character in CLOSING) && !closes) {
      if (operator === undefined || (valueWanted && operator !== '!' && operator !== '-')) break;
    }
    const start = offset + (operator?.length ?? 1);
    // What comes after a closing bracket goes on with a value: a name stands in for all before it.
    const prefix = closes ? 'x' : '';
    const next = failureOf(prefix + source.slice(start));
    if (next !== undefined && next < prefix.length) break;
    const end = next === undefined ? source.length : start + next - prefix.length;
    afterOperator = operator !== undefined;
    valueWanted = !closes && source.slice(start, end).trim() === '';
    offset = skipBlank(source, end);
  }
  if (valueWanted) return { offset, wanted: 'a value' };
  const closing = openAt(source, offset).at(-1);
  return { offset, wanted: `an operator or ${closing === undefined ? 'the end' : JSON.stringify(closing)}` };
}

function skipBlank(source: string, offset: number): number {
  return source.length - source.slice(offset).trimStart().length;
}

/** The closing brackets that are due at a place, the next one last. */
function openAt(source: string, offset: number): string[] {
  const due: string[] = [];
  const tokens = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\/\/[^\r\n]*|[([{]|[)\]}]/g;
  for (const [token] of source.slice(0, offset).matchAll(tokens)) {
    if (token in CLOSING) due.push(CLOSING[token]!);
    else if (token === due.at(-1)) due.pop();
  }
  return due;
}

/** Where a text stops to parse; undefined when it does parse. */
function failureOf(text: string): number | undefined {
  try {
    parseCel(text);
    return undefined;
  } catch (error) {
    return offsetOf(error) ?? 0;
  }
}

function offsetOf(error: unknown): number | undefined {
  const location = error instanceof Error && 'location' in error ? error.location : undefined;
  if (typeof location !== 'object' || location === null || !('start' in location)) return undefined;
  const { start } = location;
  if (typeof start !== 'object' || start === null || !('offset' in start)) return undefined;
  return typeof start.offset === 'number' ? start.offset : undefined;
}

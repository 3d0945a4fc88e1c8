// Errors as GraphQL has them: what a problem document says stands in their extensions.
import type { GraphQLError, SourceLocation } from 'graphql';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { type Problem, type ProblemOrigin, problemOf } from '../rest/problem.ts';

/** One error of an answer. */
export interface AnswerError {
  readonly message: string;
  readonly locations?: readonly SourceLocation[];
  /** The key of the root's field that failed. */
  readonly path?: readonly string[];
  readonly extensions: Problem;
}

/** One thing that is wrong with a document. */
export interface DocumentFault {
  readonly message: string;
  readonly locations: readonly SourceLocation[];
}

/** A document that is no GraphQL, or does not fit the schema: INVALID_DOCUMENT. */
export class DocumentError extends EntrepotError {
  /** Each is an error of the answer. */
  readonly faults: readonly DocumentFault[];

  constructor(errors: readonly GraphQLError[]) {
    const faults = errors.map(({ message, locations = [] }) => ({ message, locations }));
    super({
      reason: 'INVALID_DOCUMENT',
      message: faults.map(({ message, locations }) => `${placeOf(locations)}${message}`).join(' '),
      violations: faults.map(({ message, locations }) => ({ field: fieldOf(locations), description: message })),
    });
    this.faults = faults;
  }
}

/** The errors of an answer that one error is. @param at where in the operation it happened; undefined before it was begun */
export function answerErrorsOf(
  error: EntrepotError,
  origin: ProblemOrigin,
  at?: { readonly path: readonly string[]; readonly locations: readonly SourceLocation[] },
): AnswerError[] {
  const extensions = problemOf(error, origin);
  if (!(error instanceof DocumentError)) return [{ message: error.message, ...at, extensions }];
  return error.faults.map(({ message, locations }, index) => ({
    message,
    locations,
    extensions: { ...extensions, detail: message, violations: extensions.violations?.slice(index, index + 1) ?? [] },
  }));
}

function placeOf(locations: readonly SourceLocation[]): string {
  const text = fieldOf(locations);
  return text === 'query' ? '' : `${text}: `;
}

function fieldOf([first]: readonly SourceLocation[]): string {
  return first === undefined ? 'query' : `line ${first.line}, column ${first.column}`;
}

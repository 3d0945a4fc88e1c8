// Runs an operation: every call goes through the public API, and what comes back is put together as an answer.

import type { SearchRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { EntrepotError } from '../../../libs/errors/index.ts';
import { toEntrepotError } from '../../../libs/errors/index.ts';
import type { Caller } from '../api/caller.ts';
import type { PublicApi } from '../api/public-api.ts';
import type { ProblemOrigin } from '../rest/problem.ts';
import { type AnswerError, answerErrorsOf } from './errors.ts';
import type { BoundOperation, Call } from './operation.ts';
import { Value } from './value.ts';

/** What an operation, or one event of it, came to. */
export interface Answer {
  /** By key, in the order of the document; undefined where nothing was begun. */
  readonly data: readonly (readonly [string, Value])[] | undefined;
  readonly errors: readonly AnswerError[];
}

/** What errors happen to, and who is told of them. */
export interface Report {
  readonly origin: ProblemOrigin;
  /** Told of each error as it happens, for logs. */
  readonly tell: (error: EntrepotError) => void;
}

/** The answer of a request that was refused before anything was begun. */
export function refusal(error: EntrepotError, { origin, tell }: Report): Answer {
  tell(error);
  return { data: undefined, errors: answerErrorsOf(error, origin) };
}

/** An answer as JSON text. */
export function answerText({ data, errors }: Answer): string {
  const parts: string[] = [];
  if (errors.length > 0) parts.push(`"errors":${JSON.stringify(errors)}`);
  if (data !== undefined) {
    parts.push(`"data":{${data.map(([key, value]) => `${JSON.stringify(key)}:${value.text}`).join(',')}}`);
  }
  return `{${parts.join(',')}}`;
}

/** An answer as an object. */
export function answerObject({ data, errors }: Answer): Record<string, unknown> {
  return {
    ...(errors.length > 0 && { errors }),
    ...(data !== undefined && { data: Object.fromEntries(data.map(([key, value]) => [key, value.json])) }),
  };
}

/** Runs a query, all of it at once, or a mutation, one field after the other. A field that fails is null. */
export async function answerOnce(
  api: PublicApi,
  operation: BoundOperation,
  caller: Caller,
  report: Report,
): Promise<Answer> {
  const errors: AnswerError[] = [];
  const run = async (field: BoundOperation['fields'][number]): Promise<readonly [string, Value]> => {
    if ('known' in field) return [field.key, field.known];
    try {
      return [field.key, field.value(await call(api, field, caller))];
    } catch (thrown) {
      errors.push(...failureOf(thrown, field, report));
      return [field.key, Value.none];
    }
  };
  if (operation.kind === 'query') return { data: await Promise.all(operation.fields.map(run)), errors };
  const data: (readonly [string, Value])[] = [];
  for (const field of operation.fields) data.push(await run(field));
  return { data, errors };
}

/**
 * Follows a subscription. What it fails with is its last answer.
 * @throws what the caller's signal was aborted with
 */
export async function* answerStream(
  api: PublicApi,
  operation: BoundOperation,
  caller: Caller,
  report: Report,
): AsyncGenerator<Answer, void> {
  const [field] = operation.fields;
  if (field === undefined || 'known' in field) return;
  try {
    for await (const message of api.stream(field.root.method, field.request, caller)) {
      const value = field.value(message);
      if (value !== Value.none) yield { data: [[field.key, value]], errors: [] };
    }
  } catch (thrown) {
    caller.signal.throwIfAborted();
    yield { data: [[field.key, Value.none]], errors: failureOf(thrown, field, report) };
  }
}

function call(api: PublicApi, { root, request }: Call, caller: Caller): Promise<object> {
  return root.asPage ? api.searchEnd(request as SearchRequest, caller) : api.unary(root.method, request, caller);
}

function failureOf(thrown: unknown, { key, node }: Call, { origin, tell }: Report): AnswerError[] {
  const error = toEntrepotError(thrown);
  tell(error);
  const { loc } = node;
  const locations = loc === undefined ? [] : [{ line: loc.startToken.line, column: loc.startToken.column }];
  return answerErrorsOf(error, origin, { path: [key], locations });
}

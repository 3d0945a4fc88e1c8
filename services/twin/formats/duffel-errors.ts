import type { Answer } from './format.ts';

/** One entry of an error answer. */
export interface DuffelError {
  readonly type:
    | 'authentication_error'
    | 'invalid_request_error'
    | 'validation_error'
    | 'invalid_state_error'
    | 'rate_limit_error'
    | 'api_error'
    | 'airline_error';
  readonly code: string;
  readonly title: string;
  readonly message: string;
  /** Where in the request, for validation errors. */
  readonly source?: { readonly pointer: string; readonly field: string };
}

/** An error answer. `bodyStatus` is what the body says; with rate limits Duffel's body says 400 in an answer of 429. */
export function duffelErrors(
  status: number,
  requestId: string,
  errors: readonly DuffelError[],
  headers: Readonly<Record<string, string>> = {},
  bodyStatus: number = status,
): Answer {
  return {
    status,
    contentType: 'application/json; charset=utf-8',
    headers: { 'x-request-id': requestId, ...headers },
    body: JSON.stringify({
      meta: { status: bodyStatus, request_id: requestId },
      errors: errors.map((error) => ({
        ...error,
        documentation_url: 'https://duffel.com/docs/api/overview/errors',
      })),
    }),
  };
}

/** A validation error at a place in the request. */
export function invalid(pointer: string, code: string, title: string, message: string): DuffelError {
  return {
    type: 'validation_error',
    code,
    title,
    message,
    source: { pointer, field: pointer.split('/').at(-1)! },
  };
}

/** The validation error of a field that is not there. */
export function required(pointer: string): DuffelError {
  const field = pointer.split('/').at(-1)!;
  return invalid(pointer, 'validation_required', 'Required field', `Field '${field}' can't be blank`);
}

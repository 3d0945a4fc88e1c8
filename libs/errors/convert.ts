import { ClientError, ServerError } from 'nice-grpc-common';
import { RichClientError, RichServerError } from 'nice-grpc-error-details';
import { fromStatusDetails } from './details.ts';
import { EntrepotError } from './error.ts';

/**
 * Anything that was thrown, typed: an EntrepotError as it is, a gRPC error by its details or its code, an abort as
 * CANCELLED, a timeout as DEADLINE_EXCEEDED, and everything else as INTERNAL with a message that gives nothing away
 * (the original is its cause).
 */
export function toEntrepotError(error: unknown): EntrepotError {
  if (error instanceof EntrepotError) return error;
  if (error instanceof ClientError || error instanceof ServerError) {
    const rich = error instanceof RichClientError || error instanceof RichServerError;
    const details = rich ? error.extra : [];
    return fromStatusDetails({ code: error.code, message: error.details, details }, error);
  }
  if (error instanceof Error) {
    // An AbortController can be aborted with a typed reason, which then travels as the cause.
    if (error.cause instanceof EntrepotError && error.name === 'AbortError') return error.cause;
    if (error.name === 'AbortError') {
      return new EntrepotError({ reason: 'CANCELLED', message: 'The call was cancelled by its caller.', cause: error });
    }
    if (error.name === 'TimeoutError') {
      return new EntrepotError({ reason: 'DEADLINE_EXCEEDED', message: 'The deadline passed.', cause: error });
    }
  }
  return new EntrepotError({
    reason: 'INTERNAL',
    message: 'Something went wrong inside the platform; the trace id finds it in the logs.',
    cause: error,
  });
}

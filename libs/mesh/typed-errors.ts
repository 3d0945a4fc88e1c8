import { EntrepotError, toEntrepotError } from '../errors/index.ts';
import { type Logger, withTrace } from '../telemetry/logger.ts';
import { traceIdOf } from '../telemetry/trace-context.ts';
import type { Call } from './call.ts';

/**
 * What a handler's failure becomes for the caller. A cancelled call failed because it was cancelled, whatever the
 * handler made of that. An EntrepotError goes as it is. Anything else is a defect: it is logged with its stack here, and
 * the caller gets INTERNAL with the trace id to find it by, and nothing of the original.
 */
export function typedErrors(log: Logger): (thrown: unknown, call: Call) => EntrepotError {
  return (thrown, call) => {
    if (call.cancelled !== undefined) return call.cancelled;
    const error = toEntrepotError(thrown);
    if (error.reason !== 'INTERNAL') return error;
    withTrace(log, call.trace).error({ err: error.cause ?? error, method: call.method.fullName }, 'a call failed');
    const traceId = traceIdOf(call.trace);
    if (error === thrown && traceId === undefined) return error;
    const metadata = traceId === undefined ? error.metadata : { ...error.metadata, traceId };
    return new EntrepotError({ reason: 'INTERNAL', code: error.code, message: error.message, metadata, cause: error });
  };
}

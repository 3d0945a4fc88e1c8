import type { EntrepotError } from '../errors/index.ts';
import type { Call } from './call.ts';

/** Runs once when the call is over; `error` is what it failed with. */
export type CallEnd = (error: EntrepotError | undefined) => void;

/**
 * What happens around a call, the same in memory and over gRPC. It runs before the call starts, may read and set the
 * call's metadata, deadline and trace, may refuse the call by throwing an EntrepotError, and may return what to do when
 * the call is over. It never sees messages, so that a message costs the same whatever the number of middlewares.
 */
export type Middleware = (call: Call) => CallEnd | undefined;

/**
 * Begins a call with the middlewares in order. The result ends it in the reverse order, once. Where one refuses, those
 * before it are told, and its error is thrown.
 */
export function begin(call: Call, middlewares: readonly Middleware[]): CallEnd {
  const ends: CallEnd[] = [];
  try {
    for (const middleware of middlewares) {
      const end = middleware(call);
      if (end !== undefined) ends.push(end);
    }
  } catch (error) {
    finish(call, ends, error as EntrepotError);
    throw error;
  }
  return (error) => finish(call, ends, error);
}

function finish(call: Call, ends: readonly CallEnd[], error: EntrepotError | undefined): void {
  if (!call.end()) return;
  for (let i = ends.length - 1; i >= 0; i--) ends[i]?.(error);
}

import { EntrepotError } from '../errors/index.ts';
import type { Call } from './call.ts';
import type { Middleware } from './middleware.ts';

/** Metadata key of the standard gRPC timeout. nice-grpc never sends it by itself. */
export const timeoutKey = 'grpc-timeout';

/** Timers and grpc-js count milliseconds in 31 bits; a longer timeout would fire at once. */
const longestTimeoutMs = 2 ** 31 - 1;
const millisecondsPer: Readonly<Record<string, number>> = {
  n: 1e-6,
  u: 1e-3,
  m: 1,
  S: 1_000,
  M: 60_000,
  H: 3_600_000,
};

/** A timeout as `grpc-timeout` writes it: at most eight digits and a unit. A passed deadline is "0m". */
export function formatTimeout(ms: number): string {
  const whole = Math.min(Math.max(0, Math.floor(ms)), longestTimeoutMs);
  return whole < 100_000_000 ? `${whole}m` : `${Math.floor(whole / 1_000)}S`;
}

/** Milliseconds of a `grpc-timeout`; undefined where it is absent or malformed. */
export function parseTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,8})([HMSmun])$/.exec(text);
  if (match === null) return undefined;
  return Math.min(Number(match[1]) * (millisecondsPer[match[2] as string] as number), longestTimeoutMs);
}

/** Of each hop's remaining time this much, but never more than a tenth, stays with the caller. Default 5 ms; 0 to 50. */
export const defaultHopMarginMs = 5;

/**
 * Reads how long the caller waits, leaves it a margin to receive the answer in, and cancels the handler when that time
 * is over, so that every hop answers before the one above it gives up.
 */
export function serverDeadline(hopMarginMs = defaultHopMarginMs): Middleware {
  return (call) => {
    const timeout = parseTimeout(call.metadata.get(timeoutKey));
    if (timeout === undefined) return undefined;
    call.deadline = Date.now() + timeout - Math.min(hopMarginMs, timeout / 10);
    return watch(call);
  };
}

/** Sends the remaining time along, and cancels the call when it is over. Sets nothing where there is no deadline. */
export const clientDeadline: Middleware = (call) => {
  if (call.deadline === undefined) return undefined;
  call.metadata.set(timeoutKey, formatTimeout(call.deadline - Date.now()));
  return watch(call);
};

/** Writes the remaining time anew, for another attempt of the same call. */
export function refreshTimeout(call: Call): void {
  if (call.deadline !== undefined) call.metadata.set(timeoutKey, formatTimeout(call.deadline - Date.now()));
}

/** Whether the time of a call is over. */
export function isLate(call: Call): boolean {
  return call.deadline !== undefined && Date.now() >= call.deadline;
}

/** What a call ends with whose time is over. */
export function deadlineError(call: Call): EntrepotError {
  return new EntrepotError({
    reason: 'DEADLINE_EXCEEDED',
    message: `The deadline passed before ${call.method.fullName} was done. Give it more time, or ask for less.`,
    metadata: { method: call.method.fullName },
  });
}

function watch(call: Call): () => void {
  const remaining = (call.deadline as number) - Date.now();
  if (remaining <= 0) throw deadlineError(call);
  const timer = setTimeout(() => call.cancel(deadlineError(call)), Math.min(remaining, longestTimeoutMs));
  return () => clearTimeout(timer);
}

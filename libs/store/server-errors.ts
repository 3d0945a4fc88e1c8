import { EntrepotError } from '../errors/index.ts';

/** Codes of the operating system for what is not there, or not there any more. */
const unreachableCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);

/**
 * SQLSTATEs of PostgreSQL for a server that is starting or stopping, takes no more connections, or ends a session: classes 08 and
 * 57P, "too many connections", and a transaction that was idle for too long.
 */
const unreachableState = /^(08...|57P0[1-5]|53300|25P03)$/;

/** What the driver says, without a code, where a connection is lost or cannot be had. */
const unreachableText =
  /^(connection terminated|connection ended|client has encountered a connection error|client was closed|timeout exceeded when trying to connect|timeout expired|cannot use a pool after calling end|the server does not support ssl)/i;

/** Whether the server cannot be reached or has ended the connection, so that the same may succeed on another one. */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return unreachableCodes.has(code) || unreachableState.test(code) || unreachableText.test(error.message);
}

/**
 * An error of the driver as callers see it: UNREACHABLE where the connection was lost or there is none, anything else as it is.
 *
 * @param server the server's address as it may be told
 */
export function serverError(error: unknown, server: string): unknown {
  return isConnectionLoss(error) ? unreachable(`the database at ${server}`, reasonOf(error), error) : error;
}

/** The connection was lost between a COMMIT and its answer. */
export function unknownOutcome(error: unknown, server: string): EntrepotError {
  return new EntrepotError({
    reason: 'UNREACHABLE',
    message: `The connection to the database at ${server} was lost while a transaction was being committed: whether it took effect is not known.`,
    metadata: { service: 'database', outcome: 'unknown' },
    cause: error,
  });
}

/** UNREACHABLE, of the database. */
export function unreachable(what: string, why: string, cause?: unknown): EntrepotError {
  return new EntrepotError({
    reason: 'UNREACHABLE',
    message: `${what[0]!.toUpperCase()}${what.slice(1)} cannot be reached: ${why}.`,
    metadata: { service: 'database' },
    cause,
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') || error.name : String(error);
}

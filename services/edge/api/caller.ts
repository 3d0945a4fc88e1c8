// Who calls, on behalf of whom, and for how long: the same for every protocol.
import type { Context } from '@opentelemetry/api';
import type { Identity } from '../../../libs/clients/index.ts';

/** The protocol that an operation came by, as metrics and the use of fields name it. */
export type Protocol = 'rest' | 'sse' | 'ndjson' | 'websocket' | 'graphql' | 'connect' | 'grpc-web' | 'grpc';

/** Finds out who asks, anew, by the credentials that came with a request. Throws EntrepotError as `Access.identify` does. */
export type Identify = () => Identity | Promise<Identity>;

/** One operation's caller. */
export interface Caller {
  readonly identity: Identity;
  /** Who it is now, should the operation stay open for long; absent where the connection itself is looked at, as a socket is. */
  readonly identify?: Identify | undefined;
  readonly protocol: Protocol;
  /** How long the client will wait for an answer, in milliseconds from now; of a stream, for its last message. */
  readonly timeoutMs: number;
  /** Aborted when the client cancels or goes away. */
  readonly signal: AbortSignal;
  /** The span of the client's request: parent of the calls below. */
  readonly trace: Context;
  /** Named in answers, logs and errors; the client's own where it sent one. */
  readonly requestId: string;
  /** Headers that its answer carries for what was asked, in protocols that have some. Set by gates. */
  headers?: Readonly<Record<string, string>>;
  /** The budget after this operation was charged, for headers; absent before, and where nothing is limited. */
  budget?: BudgetLeft;
}

/** What is left of a client's budget. */
export interface BudgetLeft {
  /** Points at most. */
  readonly capacity: number;
  readonly left: number;
  /** Points that come back a second. */
  readonly refillPerSecond: number;
}

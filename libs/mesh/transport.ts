import type { Attributes } from '@opentelemetry/api';
import type { Call } from './call.ts';

/** One of several attempts of a call that may run at the same time. */
export interface AttemptOptions {
  /** Ends this attempt alone. */
  readonly signal: AbortSignal;
  /** The attempts of one call that have to go to different peers. */
  readonly apart: { mark(metadata: { set(name: string, value: string): unknown }): void };
}

/** How a client's calls reach a server: one attempt each. Errors may be of any type; the client types them. */
export interface Transport {
  /** Where calls go, for messages to people. */
  readonly target: string;
  /** Where calls go, as span attributes. */
  readonly attributes: Attributes;
  /** One attempt at a call with one answer. Ends when the call is cancelled, or the attempt. */
  unary(call: Call, request: unknown, attempt?: AttemptOptions): Promise<unknown>;
  /** One attempt at a call with a stream of answers. Starts at once; ends when the call is cancelled, or the attempt. */
  stream(call: Call, request: unknown, attempt?: AttemptOptions): AsyncIterator<unknown>;
  /** The attempts of a new call that can be made to go to different peers; absent where there is only one. */
  apart?(): { mark(metadata: { set(name: string, value: string): unknown }): void; end(): void };
  /** Lets go of what the transport holds. */
  close(): void;
}

import type { Attributes } from '@opentelemetry/api';
import type { Call } from './call.ts';

/** How a client's calls reach a server: one attempt each. Errors may be of any type; the client types them. */
export interface Transport {
  /** Where calls go, for messages to people. */
  readonly target: string;
  /** Where calls go, as span attributes. */
  readonly attributes: Attributes;
  /** One attempt at a call with one answer. Ends when the call is cancelled. */
  unary(call: Call, request: unknown): Promise<unknown>;
  /** One attempt at a call with a stream of answers. Starts at once; ends when the call is cancelled. */
  stream(call: Call, request: unknown): AsyncIterator<unknown>;
  /** Lets go of what the transport holds. */
  close(): void;
}

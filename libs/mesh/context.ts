import type { Context } from '@opentelemetry/api';
import type { Metadata } from 'nice-grpc-common';

/** What a call's answer carries beside its messages. */
export interface AnswerMetadata {
  /** Sent before the first message. */
  readonly header: Metadata;
  /** Sent at the end; of a call that fails before its first message, all that is sent. */
  readonly trailer: Metadata;
}

/** What every handler is given beside its request, and what it hands to the calls that it makes (`{ context }`). */
export interface MeshContext {
  /** Aborted on cancel, deadline, or loss of the connection; its reason is the EntrepotError that the call ends with. */
  readonly signal: AbortSignal;
  /** When the answer has to be there, epoch ms; a little before the caller gives up. Absent: the caller set none. */
  readonly deadline?: number | undefined;
  /** Metadata of the request. */
  readonly metadata: Metadata;
  /** Metadata of the answer, to be set before the first message. Absent in memory, where nobody reads any. */
  readonly answer?: AnswerMetadata | undefined;
  /** Where the caller is, "127.0.0.1:50312". Absent in memory. */
  readonly peer?: string | undefined;
  /** Carries the server span: parent of everything that the handler does. */
  readonly trace: Context;
  /** Who asks: the metadata `entrepot-client`; "public" where the caller did not say. */
  readonly client: string;
  /**
   * To be called by a handler whose call from here on only waits (a stream that is all but over, one that only watches): it
   * no longer counts as work when calls are admitted. Absent where a context was made by hand.
   */
  readonly quiet?: () => void;
  /**
   * To be called by a handler that only ever ends because somebody says so (it watches): the listener is told when the server is
   * about to stop, for the handler to end by itself then; the stop waits for it. Absent where a context was made by hand.
   */
  readonly whenDraining?: (listener: () => void) => void;
}

/** Metadata key of `MeshContext.client`. */
export const clientKey = 'entrepot-client';
/** The client of calls that name none. */
export const defaultClient = 'public';

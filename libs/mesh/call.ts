import { type Context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { Metadata } from 'nice-grpc-common';
import type { EntrepotError } from '../errors/index.ts';
import { type AnswerMetadata, defaultClient, type MeshContext } from './context.ts';
import type { Method } from './definition.ts';

const calls = new WeakMap<MeshContext, Call>();

/** The call that a context was made for; undefined for a changed copy, whose signal may be another. */
export function callOf(context: MeshContext): Call | undefined {
  return calls.get(context);
}

/**
 * One call while it runs, on either side of it. Cancelling is the same for a deadline, a caller that gives up, a lost
 * connection and a drain: the first error wins, listeners run at once, the signal (made only where somebody reads it,
 * for an AbortController costs more than all the rest) is aborted, and after the end nothing happens any more.
 */
export class Call {
  readonly method: Method;
  readonly metadata: Metadata;
  /** Epoch ms. */
  deadline: number | undefined = undefined;
  trace: Context = ROOT_CONTEXT;
  client: string = defaultClient;
  /** Metadata of the answer, where there is a wire. */
  answer: AnswerMetadata | undefined = undefined;
  /** Where the caller is, where there is a wire. */
  peer: string | undefined = undefined;
  /** Told when the handler says that the call only waits from here on. */
  onQuiet: (() => void) | undefined = undefined;
  /** Told when the server is about to stop. */
  onDraining: (() => void) | undefined = undefined;
  #cancelled: EntrepotError | undefined;
  #ended = false;
  #controller: AbortController | undefined;
  #listeners: Set<(error: EntrepotError) => void> | undefined;

  constructor(method: Method, metadata: Metadata) {
    this.method = method;
    this.metadata = metadata;
  }

  /** Why the call was cancelled; undefined while it was not. */
  get cancelled(): EntrepotError | undefined {
    return this.#cancelled;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cancelled !== undefined) this.#controller.abort(this.#cancelled);
    }
    return this.#controller.signal;
  }

  /** Cancels the call, unless it is over or already cancelled. */
  cancel(error: EntrepotError): void {
    if (this.#ended || this.#cancelled !== undefined) return;
    this.#cancelled = error;
    if (this.#listeners !== undefined) {
      for (const listener of this.#listeners) listener(error);
      this.#listeners = undefined;
    }
    this.#controller?.abort(error);
  }

  /** Runs the listener when the call is cancelled (at once where it is already); the result takes it back. */
  onCancel(listener: (error: EntrepotError) => void): () => void {
    if (this.#cancelled !== undefined) {
      listener(this.#cancelled);
      return nothing;
    }
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => this.#listeners?.delete(listener);
  }

  /** What the handler is given. A plain object, so that a handler may spread it to change a part. */
  context(): MeshContext {
    const call = this;
    const context: MeshContext = {
      get signal() {
        return call.signal;
      },
      deadline: this.deadline,
      metadata: this.metadata,
      answer: this.answer,
      peer: this.peer,
      trace: this.trace,
      client: this.client,
      quiet: () => call.onQuiet?.(),
      whenDraining: (listener) => {
        call.onDraining = listener;
      },
    };
    calls.set(context, this);
    return context;
  }

  /** The call is over: cancelling it has no effect from now on. True the first time. */
  end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#listeners = undefined;
    return true;
  }
}

function nothing(): void {}

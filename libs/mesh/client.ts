import { type Context, ROOT_CONTEXT } from '@opentelemetry/api';
import { Metadata } from 'nice-grpc-common';
import { EntrepotError, toEntrepotError } from '../errors/index.ts';
import { Attempts, RetriedStream } from './attempts.ts';
import { Call, callOf } from './call.ts';
import { CallStream } from './call-stream.ts';
import { defaultClient, type MeshContext } from './context.ts';
import { clientDeadline } from './deadline.ts';
import { type MessageOf, type Method, type MethodShape, methodsOf, type ServiceShape } from './definition.ts';
import type { HedgeOptions } from './hedge.ts';
import { begin, type CallEnd, type Middleware } from './middleware.ts';
import { ReplayableRequests } from './replay.ts';
import { Retry, type RetryOptions } from './retry.ts';
import { clientTelemetry } from './tracing.ts';
import type { Transport } from './transport.ts';

/** What a single call may say. */
export interface CallOptions {
  /** The call that this one is made for: its deadline, cancellation, trace and client carry over. */
  context?: MeshContext;
  /** Cancels the call. */
  signal?: AbortSignal;
  /** How long to wait; the parent's deadline counts where it is earlier. Infinity: no limit of its own. */
  timeoutMs?: number;
  /** Sent along. */
  metadata?: Metadata | Record<string, string>;
  /** Parent of the call's span, where there is no `context`. */
  trace?: Context;
  /** Who asks, where there is no `context`. */
  client?: string;
}

/** A typed client: one function for each RPC. Failed calls throw EntrepotError. Streams start when first read. */
export type MeshClient<Definition extends ServiceShape> = {
  readonly [Name in keyof Definition['methods']]: ClientMethod<Definition['methods'][Name]>;
};

type ClientMethod<Shape extends MethodShape> = (
  request: Shape['requestStream'] extends true
    ? AsyncIterable<MessageOf<Shape['requestType']>>
    : MessageOf<Shape['requestType']>,
  options?: CallOptions,
) => Shape['responseStream'] extends true
  ? AsyncIterableIterator<MessageOf<Shape['responseType']>>
  : Promise<MessageOf<Shape['responseType']>>;

/** What all calls of a client have in common. */
export interface ClientOptions {
  /** How long a call with one answer may take where it does not say. Default 10,000 ms; 100 to 60,000. */
  timeoutMs?: number;
  /** The same for calls that answer with a stream, from first to last message. Default: no limit of its own. */
  streamTimeoutMs?: number;
  /** Timeouts of single RPCs, by lowerCamelCase name; they come before the two above. */
  methodTimeoutMs?: Readonly<Record<string, number>>;
  /** When calls are tried again. */
  retry?: RetryOptions;
  /** Which calls are made a second time, to another peer, where their first message is late. In memory there is no other. */
  hedge?: HedgeOptions;
  /** Who asks, where a call does not say. Default "public". */
  client?: string;
  /** Sent along with every call: an API key, `{ 'entrepot-key': … }`. What a call sends itself comes before it. */
  metadata?: Readonly<Record<string, string>>;
}

/** A client's calls over a transport. */
export class Caller {
  readonly #transport: Transport;
  readonly #options: ClientOptions;
  readonly #middlewares: readonly Middleware[];
  readonly #retry: Retry;
  readonly #attempts: Attempts;

  constructor(transport: Transport, options: ClientOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#middlewares = [clientTelemetry(transport.attributes), clientDeadline];
    this.#retry = new Retry(options.retry);
    this.#attempts = new Attempts(transport, options.hedge);
  }

  /** The typed client of a service. */
  client<Definition extends ServiceShape>(definition: Definition): MeshClient<Definition> {
    const client: Record<string, unknown> = {};
    for (const method of methodsOf(definition)) {
      client[method.key] = method.responseStream
        ? (request: unknown, options?: CallOptions) => this.#stream(method, request, options)
        : (request: unknown, options?: CallOptions) => this.#unary(method, request, options);
    }
    return client as MeshClient<Definition>;
  }

  async #unary(method: Method, request: unknown, options: CallOptions | undefined): Promise<unknown> {
    const { call, end } = this.#begin(method, options);
    const requests = this.#requests(call, request);
    const typed = (thrown: unknown) => this.#typed(thrown, call);
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          const response = await this.#attempts.unary(call, request, requests, typed);
          end(undefined);
          return response;
        } catch (thrown) {
          const error = typed(thrown);
          const again = requests?.replayable !== false && (await this.#retry.again(call, attempt, error));
          if (!again) throw call.cancelled ?? error;
        }
      }
    } catch (thrown) {
      end(thrown as EntrepotError);
      throw thrown;
    } finally {
      requests?.close();
    }
  }

  /** Begins the call when it is first read, so that a stream that nobody reads costs and holds nothing. */
  #stream(method: Method, request: unknown, options: CallOptions | undefined): AsyncIterableIterator<unknown> {
    let stream: CallStream<unknown> | undefined;
    let closed = false;
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () => {
        if (stream === undefined) {
          if (closed) return Promise.resolve({ done: true, value: undefined });
          try {
            stream = this.#open(method, request, options);
          } catch (thrown) {
            closed = true;
            return Promise.reject(thrown);
          }
        }
        return stream.next();
      },
      return: () => {
        closed = true;
        return stream?.return() ?? Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #open(method: Method, request: unknown, options: CallOptions | undefined): CallStream<unknown> {
    const { call, end } = this.#begin(method, options);
    const requests = this.#requests(call, request);
    const typed = (thrown: unknown) => this.#typed(thrown, call);
    const source = new RetriedStream(call, this.#retry, requests, {
      first: (started) => this.#attempts.stream(call, request, requests, typed, started),
      typed,
    });
    const over = (error: EntrepotError | undefined) => {
      end(error);
      requests?.close();
    };
    return new CallStream(call, source, {
      completed: () => over(undefined),
      failed: (thrown) => {
        const error = this.#typed(thrown, call);
        over(error);
        return error;
      },
      abandoned: () => {
        const error = new EntrepotError({ reason: 'CANCELLED', message: 'The stream was not read to its end.' });
        call.cancel(error);
        over(error);
      },
    });
  }

  #begin(method: Method, options: CallOptions = {}): { call: Call; end: CallEnd } {
    const { context, signal } = options;
    const call = new Call(method, Metadata(options.metadata));
    for (const [name, value] of Object.entries(this.#options.metadata ?? {})) {
      if (!call.metadata.has(name)) call.metadata.set(name, value);
    }
    call.trace = options.trace ?? context?.trace ?? ROOT_CONTEXT;
    call.client = options.client ?? context?.client ?? this.#options.client ?? defaultClient;
    const timeoutMs = options.timeoutMs ?? this.#timeoutOf(method);
    const own = timeoutMs === Number.POSITIVE_INFINITY ? undefined : Date.now() + timeoutMs;
    const parent = context?.deadline;
    call.deadline = own === undefined || (parent !== undefined && parent < own) ? parent : own;

    const unlinkParent = context === undefined ? undefined : follow(context, call);
    const unlinkSignal = signal === undefined ? undefined : followSignal(signal, call);
    const unlink = () => {
      unlinkParent?.();
      unlinkSignal?.();
    };
    try {
      const finish = begin(call, this.#middlewares);
      const end: CallEnd = (error) => {
        unlink();
        finish(error);
      };
      if (call.cancelled === undefined) return { call, end };
      end(call.cancelled);
      throw call.cancelled;
    } catch (thrown) {
      unlink();
      throw thrown;
    } finally {
      this.#retry.begin();
    }
  }

  #timeoutOf(method: Method): number {
    const options = this.#options;
    const own = options.methodTimeoutMs?.[method.key];
    if (own !== undefined) return own;
    if (method.responseStream) return options.streamTimeoutMs ?? Number.POSITIVE_INFINITY;
    return options.timeoutMs ?? 10_000;
  }

  #requests(call: Call, request: unknown): ReplayableRequests<unknown> | undefined {
    if (!call.method.requestStream) return undefined;
    return new ReplayableRequests(request as AsyncIterable<unknown>, (thrown) => call.cancel(toEntrepotError(thrown)));
  }

  /** What an attempt failed with, for the caller: why the call was cancelled comes before what that led to. */
  #typed(thrown: unknown, call: Call): EntrepotError {
    if (call.cancelled !== undefined) return call.cancelled;
    const error = toEntrepotError(thrown);
    if (error.reason !== 'UNREACHABLE' || error.metadata.service !== undefined) return error;
    const service = call.method.service;
    const message = `${service} cannot be reached at ${this.#transport.target}: ${error.message}`;
    return new EntrepotError({ reason: 'UNREACHABLE', message, metadata: { service }, cause: thrown });
  }
}

/** Cancels the call when its parent is cancelled. */
function follow(context: MeshContext, call: Call): () => void {
  const parent = callOf(context);
  return parent === undefined ? followSignal(context.signal, call) : parent.onCancel((error) => call.cancel(error));
}

function followSignal(signal: AbortSignal, call: Call): () => void {
  const cancel = () => call.cancel(toEntrepotError(abortReason(signal)));
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  return () => signal.removeEventListener('abort', cancel);
}

/** An aborted signal's reason where it says which error it means; otherwise it is a plain cancellation. */
function abortReason(signal: AbortSignal): unknown {
  const reason: unknown = signal.reason;
  if (reason instanceof EntrepotError) return reason;
  if (reason instanceof Error && reason.name === 'TimeoutError') return reason;
  return new EntrepotError({ reason: 'CANCELLED', message: 'The caller cancelled the call.', cause: reason });
}

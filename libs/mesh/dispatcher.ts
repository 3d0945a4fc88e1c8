import type { Metadata } from 'nice-grpc-common';
import { EntrepotError } from '../errors/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Call } from './call.ts';
import { CallStream } from './call-stream.ts';
import { type Method, methodsOf } from './definition.ts';
import { begin, type CallEnd, type Middleware } from './middleware.ts';
import type { AnyHandler, MeshService } from './service.ts';
import { typedErrors } from './typed-errors.ts';

interface Route {
  readonly method: Method;
  readonly handler: AnyHandler;
}

/** The server side of the mesh without a transport: finds the handler and runs it between the middlewares. */
export class Dispatcher {
  readonly #routes = new Map<string, Route>();
  readonly #middlewares: readonly Middleware[];
  readonly #typed: (thrown: unknown, call: Call) => EntrepotError;

  constructor(services: readonly MeshService[], middlewares: readonly Middleware[], log: Logger) {
    for (const { definition, implementation } of services) {
      for (const method of methodsOf(definition)) {
        this.#routes.set(method.path, { method, handler: implementation.get(method.key) as AnyHandler });
      }
    }
    this.#middlewares = middlewares;
    this.#typed = typedErrors(log);
  }

  /** A call of a method, not yet begun: the transport ties its cancellation to it first. */
  call(path: string, metadata: Metadata): Call {
    const route = this.#routes.get(path);
    if (route === undefined) {
      throw new EntrepotError({ reason: 'UNKNOWN_METHOD', message: `No RPC ${path} is served here.` });
    }
    return new Call(route.method, metadata);
  }

  /** Answers a call whose response is one message. Settles when the call is cancelled, even if the handler does not. */
  unary(call: Call, request: unknown): Promise<unknown> {
    let end: CallEnd;
    try {
      end = begin(call, this.#middlewares);
    } catch (thrown) {
      return Promise.reject(this.#typed(thrown, call));
    }
    return new Promise((resolve, reject) => {
      const fail = (thrown: unknown) => {
        const error = this.#typed(thrown, call);
        end(error);
        reject(error);
      };
      const requests = call.method.requestStream ? this.#requests(call, request as AsyncIterable<unknown>) : undefined;
      call.onCancel(fail);
      if (call.cancelled !== undefined) return;
      this.#run(call, requests ?? request).then(
        (response) => {
          end(undefined);
          requests?.return();
          resolve(response);
        },
        (thrown: unknown) => {
          if (call.cancelled !== undefined) return;
          fail(thrown);
          requests?.return();
        },
      );
    });
  }

  /** Answers a call whose response is a stream. The handler runs as far as its reader asks. */
  stream(call: Call, request: unknown): AsyncIterableIterator<unknown> {
    const end = begin(call, this.#middlewares);
    const requests = call.method.requestStream ? this.#requests(call, request as AsyncIterable<unknown>) : undefined;
    const over = (error: EntrepotError | undefined) => {
      end(error);
      // A cancelled call fails the handler's next read instead: ending it would look like the caller's last message.
      if (call.cancelled === undefined) requests?.return();
    };
    const failed = (thrown: unknown) => {
      const error = this.#typed(thrown, call);
      over(error);
      return error;
    };
    let source: AsyncIterator<unknown>;
    try {
      const handler = this.#routes.get(call.method.path)?.handler as AnyHandler;
      source = (handler(requests ?? request, call.context()) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    } catch (thrown) {
      throw failed(thrown);
    }
    const abandoned = () => {
      const error = goneError();
      call.cancel(error);
      over(error);
    };
    return new CallStream(call, source, { completed: () => over(undefined), failed, abandoned });
  }

  async #run(call: Call, request: unknown): Promise<unknown> {
    return await this.#routes.get(call.method.path)?.handler(request, call.context());
  }

  /** The caller's messages as the handler reads them: a cancelled call fails the read that is waiting. */
  #requests(call: Call, source: AsyncIterable<unknown>): CallStream<unknown> {
    return new CallStream(call, source[Symbol.asyncIterator](), {
      completed() {},
      failed: (thrown) => this.#typed(thrown, call),
      abandoned() {},
    });
  }
}

/** What a call ends with whose caller has gone, or reads no further. */
export function goneError(): EntrepotError {
  return new EntrepotError({ reason: 'CANCELLED', message: 'The caller cancelled the call, or went away.' });
}

// GraphQL over a WebSocket: the subprotocol graphql-transport-ws, as graphql-ws speaks it.
import { trace } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import { type ExecutionArgs, type GraphQLFormattedError, parse } from 'graphql';
import { type Context, makeServer, type Server } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { EntrepotError, toEntrepotError } from '../../../libs/errors/index.ts';
import { logger, tracer, withTrace } from '../../../libs/telemetry/index.ts';
import { identityNow } from '../access/still-let-in.ts';
import type { Caller } from '../api/caller.ts';
import { credentialsOf, type EdgeCall, endCall } from '../call.ts';
import { patienceOf, timeoutHeader } from '../deadline.ts';
import type { Door } from '../door.ts';
import { requestIdOf } from '../request-id.ts';
import { problemOf } from '../rest/problem.ts';
import type { StreamOptions } from '../streams/options.ts';
import { closeCodeOf } from '../streams/socket/close-code.ts';
import { Outbox } from '../streams/socket/outbox.ts';
import { answerObject, answerOnce, answerStream, type Report, refusal } from './answer.ts';
import type { AnswerError } from './errors.ts';
import type { BoundOperation } from './operation.ts';
import type { OperationKind } from './schema.ts';
import type { GraphqlServer } from './server.ts';
import { lasting } from './sse.ts';

/** One socket: the request that it began with, and its end. */
interface Connection {
  readonly request: FastifyRequest;
  readonly closed: AbortController;
}

interface Run {
  readonly operation: BoundOperation;
  readonly caller: Caller;
  readonly report: Report;
  /** Ends the operation. */
  readonly stop: () => void;
}

const log = logger('graphql');

/** The library finds out from a document what kind an operation is; ours is read elsewhere. */
const documents = {
  query: parse('query { __typename }'),
  mutation: parse('mutation { __typename }'),
  subscription: parse('subscription { __typename }'),
} satisfies Record<OperationKind, unknown>;

/** Serves sockets. */
export class GraphqlSockets {
  readonly #door: Door;
  readonly #graphql: GraphqlServer;
  readonly #options: StreamOptions;
  readonly #server: Server<Connection>;

  constructor(door: Door, graphql: GraphqlServer, options: StreamOptions) {
    this.#door = door;
    this.#graphql = graphql;
    this.#options = options;
    this.#server = makeServer<Readonly<Record<string, unknown>>, Connection>({
      connectionInitWaitTimeout: options.socket.helloMs,
      onConnect: ({ extra, connectionParams }) => this.#identify(extra, connectionParams),
      onSubscribe: (context, _id, payload) => this.#bind(context, payload),
      onError: (_context, _id, _payload, errors) => {
        const [cause] = errors.map((error) => error.cause);
        return cause instanceof Refused ? cause.errors : undefined;
      },
      // What we made is what the client is sent.
      onNext: (_context, _id, _payload, _args, result) => result as object,
      execute: ({ contextValue }) => this.#once(contextValue as Run),
      subscribe: ({ contextValue }) =>
        contextValue instanceof Refused ? refused(contextValue) : this.#follow(contextValue as Run),
    }) as Server<Connection>;
  }

  /** Takes in a socket. */
  open(socket: WebSocket, request: FastifyRequest): void {
    const { heartbeatMs, stalledMs, socket: limits } = this.#options;
    const closed = new AbortController();
    let answered = true;
    const outbox = new Outbox(socket, {
      maxBufferedBytes: limits.maxBufferedBytes,
      stalledMs,
      onStalled: () => socket.terminate(),
    });
    const heartbeat = setInterval(() => {
      void this.#lookAgain(socket, request.call);
      // A client that is still reading answers later.
      if (outbox.full) return;
      if (!answered) return socket.terminate();
      answered = false;
      socket.ping();
    }, heartbeatMs);
    socket.on('pong', () => {
      answered = true;
    });
    const over = this.#server.opened(
      {
        protocol: socket.protocol,
        // Settled when there is room again: until then nothing more of the operation is read.
        send: (data) => {
          outbox.send(data);
          return outbox.room();
        },
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) => {
          socket.on('message', (data) => {
            take(String(data)).catch((thrown: unknown) => {
              const error = toEntrepotError(thrown);
              if (problemOf(error).status >= 500) {
                withTrace(log, request.call.trace).error({ err: thrown }, 'socket failed');
              }
              socket.close(closeCodeOf(error), error.reason);
            });
          });
        },
      },
      { request, closed },
    );
    socket.once('close', (code, reason) => {
      clearInterval(heartbeat);
      outbox.close();
      closed.abort(new DOMException('The client closed its connection.', 'AbortError'));
      void over(code, String(reason));
      endCall(request.call, 101);
    });
  }

  /** Who it is, from the first message; where that says nothing, from the request. */
  async #identify({ request }: Connection, params: Readonly<Record<string, unknown>> = {}): Promise<boolean> {
    const given = (name: string): string | undefined => {
      const [, value] = Object.entries(params).find(([key]) => key.toLowerCase() === name) ?? [];
      return typeof value === 'string' ? value : undefined;
    };
    const authorization = given('authorization');
    const key = given('entrepot-key') ?? given('access_token') ?? given('accesstoken');
    const { call } = request;
    if (call.identity === undefined || authorization !== undefined || key !== undefined) {
      // The request had its chance where it said anything itself.
      const credentials = { ...credentialsOf(request), authorization, key };
      call.identify = () => this.#door.access.identify(credentials);
      call.identity = await call.identify();
    }
    return true;
  }

  /** Closes a socket whose client is let in no more; what runs on it ends with it. */
  async #lookAgain(socket: WebSocket, call: EdgeCall): Promise<void> {
    const now = call.identify && (await identityNow(call.identify));
    if (now instanceof EntrepotError) socket.close(closeCodeOf(now), now.reason);
    else if (now !== undefined) call.identity = now;
  }

  #bind(
    { extra: { request, closed }, subscriptions }: Context<Readonly<Record<string, unknown>>, Connection>,
    payload: unknown,
  ): ExecutionArgs {
    const { identity } = request.call;
    if (identity === undefined) throw new Error('A socket is let in before it is known whose it is.');
    const requestId = requestIdOf(undefined);
    const span = tracer.startSpan('GraphQL operation', {}, request.call.trace);
    const { traceId } = span.spanContext();
    const report: Report = {
      origin: { requestId, traceId: /^0+$/.test(traceId) ? undefined : traceId },
      tell: (error) => {
        if (problemOf(error).status < 500) return;
        withTrace(log, request.call.trace).error({ err: error, reason: error.reason, requestId }, 'operation failed');
      },
    };
    try {
      const { maxOperations } = this.#options.socket;
      if (Object.keys(subscriptions).length > maxOperations) throw tooMany(maxOperations);
      const operation = this.#graphql.operation(payload, identity);
      const stopped = new AbortController();
      const signal = AbortSignal.any([stopped.signal, closed.signal]);
      const timeoutMs = patienceOf(request.headers[timeoutHeader], this.#door.patience);
      const caller: Caller = {
        identity,
        protocol: 'graphql',
        timeoutMs,
        signal,
        trace: trace.setSpan(request.call.trace, span),
        requestId,
      };
      const stop = (): void => {
        stopped.abort(new DOMException('The client wants no more of it.', 'AbortError'));
        span.end();
      };
      const run: Run = { operation, caller, report, stop };
      return { schema: this.#graphql.schema, document: documents[operation.kind], contextValue: run };
    } catch (thrown) {
      span.end();
      if (!(thrown instanceof EntrepotError)) throw thrown;
      const { errors } = refusal(thrown, report);
      return { schema: this.#graphql.schema, document: documents.subscription, contextValue: new Refused(errors) };
    }
  }

  async #once({ operation, caller, report, stop }: Run): Promise<object> {
    try {
      return answerObject(await answerOnce(this.#door.api, operation, caller, report));
    } finally {
      stop();
    }
  }

  #follow({ operation, caller, report, stop }: Run): AsyncGenerator<object, void> {
    const { api, patience } = this.#door;
    const answers = answerStream(api, operation, lasting(operation, caller, patience), report);
    return {
      async next() {
        try {
          const { done, value } = await answers.next();
          if (done !== true) return { done: false, value: answerObject(value) };
        } catch (error) {
          // Nobody is told of the end that it wanted itself.
          if (!caller.signal.aborted) throw error;
        }
        stop();
        return { done: true, value: undefined };
      },
      // Ends what is waited for as well: a generator that waits hears of its end too late.
      async return() {
        stop();
        return answers.return();
      },
      async throw(error) {
        stop();
        return answers.throw(error) as Promise<IteratorResult<object, void>>;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
      async [Symbol.asyncDispose]() {
        await this.return();
      },
    };
  }
}

/** What an operation was refused with. */
class Refused extends Error {
  readonly errors: readonly GraphQLFormattedError[];

  constructor(errors: readonly AnswerError[]) {
    super('The operation is refused.');
    this.errors = errors as readonly object[] as readonly GraphQLFormattedError[];
  }
}

// biome-ignore lint/correctness/useYield: what a stream throws is what the library sends as the operation's error.
async function* refused(error: Refused): AsyncGenerator<object, void> {
  throw error;
}

function tooMany(most: number): EntrepotError {
  return new EntrepotError({
    reason: 'TOO_MANY_STREAMS',
    message: `This socket runs ${most} operations already; end one, or open another socket.`,
  });
}

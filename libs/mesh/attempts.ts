import type { EntrepotError } from '../errors/index.ts';
import type { Call } from './call.ts';
import { release } from './call-stream.ts';
import { Hedge, type HedgeDelay, type HedgeOptions } from './hedge.ts';
import type { ReplayableRequests } from './replay.ts';
import type { Retry } from './retry.ts';
import type { AttemptOptions, Transport } from './transport.ts';

/** What the attempts of one call failed with, for the caller. */
type Typed = (thrown: unknown) => EntrepotError;
type Requests = ReplayableRequests<unknown> | undefined;

/** How a client's calls are attempted: once at a time, or where the first message is late once more at another peer. */
export class Attempts {
  readonly #transport: Transport;
  readonly #hedge: Hedge | undefined;

  constructor(transport: Transport, hedge: HedgeOptions | undefined) {
    this.#transport = transport;
    if (hedge !== undefined && transport.apart !== undefined) this.#hedge = new Hedge(hedge);
  }

  /** Attempts a call with one answer. */
  async unary(call: Call, request: unknown, requests: Requests, typed: Typed): Promise<unknown> {
    const start = (sent: unknown, options?: AttemptOptions) => this.#transport.unary(call, sent, options);
    const delay = this.#hedge?.delayOf(call.method);
    if (delay === undefined) return start(requests?.attempt() ?? request);
    return this.#twice(call, delay, request, requests, typed, start);
  }

  /** Attempts a call with a stream of answers; resolves with the first message. `started` is told where the rest is read. */
  async stream(
    call: Call,
    request: unknown,
    requests: Requests,
    typed: Typed,
    started: (source: AsyncIterator<unknown>) => void,
  ): Promise<IteratorResult<unknown>> {
    const delay = this.#hedge?.delayOf(call.method);
    if (delay === undefined) {
      const source = this.#transport.stream(call, requests?.attempt() ?? request);
      started(source);
      return source.next();
    }
    const { first, source } = await this.#twice(call, delay, request, requests, typed, async (sent, options) => {
      const source = this.#transport.stream(call, sent, options);
      return { first: await source.next(), source };
    });
    started(source);
    return first;
  }

  /** Makes an attempt, and another one at another peer where the first message is late. */
  async #twice<First>(
    call: Call,
    delay: HedgeDelay,
    request: unknown,
    requests: Requests,
    typed: Typed,
    start: (sent: unknown, options: AttemptOptions) => Promise<First>,
  ): Promise<First> {
    const apart = (this.#transport.apart as NonNullable<Transport['apart']>)();
    try {
      return await (this.#hedge as Hedge).run(call, delay, {
        start: (second) => {
          const sent = second ? requests?.beside() : requests?.attempt();
          const abort = new AbortController();
          const cancel = () => {
            unlisten();
            sent?.stop();
            abort.abort(call.cancelled);
          };
          const unlisten = call.onCancel(() => abort.abort(call.cancelled));
          return { first: start(sent ?? request, { signal: abort.signal, apart }), cancel };
        },
        replayable: () => requests?.replayable !== false,
        typed,
      });
    } finally {
      apart.end();
    }
  }
}

/** The answers of the first attempt that gives any. */
export class RetriedStream implements AsyncIterator<unknown> {
  readonly #call: Call;
  readonly #retry: Retry;
  readonly #requests: Requests;
  readonly #attempts: AttemptSource;
  #current: AsyncIterator<unknown> | undefined;
  #answered = false;

  constructor(call: Call, retry: Retry, requests: Requests, attempts: AttemptSource) {
    this.#call = call;
    this.#retry = retry;
    this.#requests = requests;
    this.#attempts = attempts;
  }

  next(): Promise<IteratorResult<unknown>> {
    return this.#answered && this.#current !== undefined ? this.#current.next() : this.#first();
  }

  async return(): Promise<IteratorResult<unknown>> {
    if (this.#current !== undefined) release(this.#current);
    return { done: true, value: undefined };
  }

  async #first(): Promise<IteratorResult<unknown>> {
    for (let attempt = 1; ; attempt++) {
      try {
        const result = await this.#attempts.first((source) => {
          this.#current = source;
        });
        this.#answered = true;
        this.#requests?.settle();
        return result;
      } catch (thrown) {
        const error = this.#attempts.typed(thrown);
        const again = this.#requests?.replayable !== false && (await this.#retry.again(this.#call, attempt, error));
        if (!again) throw error;
      }
    }
  }
}

interface AttemptSource {
  /** Makes an attempt; resolves with its first message. `started` is told where the rest is read. */
  first(started: (source: AsyncIterator<unknown>) => void): Promise<IteratorResult<unknown>>;
  readonly typed: Typed;
}

// The one way in for every protocol: what is public is called here, behind the same gates, and nowhere else.
import {
  Delivery,
  type SearchPage,
  type SearchRequest,
  type SearchUpdate,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError, toEntrepotError } from '../../../libs/errors/index.ts';
import type { CallOptions } from '../../../libs/mesh/index.ts';
import type { Caller } from './caller.ts';
import { type PublicMethod, requireMethod } from './method.ts';
import { pageOf } from './search-page.ts';

/** One call on its way: what is asked, and by whom. */
export interface Operation {
  readonly method: PublicMethod;
  /** The request as a message of the generated code. A gate that changes it puts another in its place. */
  request: object;
  readonly caller: Caller;
  /** The view that it goes by, "mobile-results@1"; absent for none. Set by the views. */
  view?: string;
  /** To be called when from here on it only waits: it no longer counts as work. Set by admission. */
  quiet?: () => void;
  /** To be told the first message of a stream. Set by who traces. */
  first?: (message: object) => void;
  /** Ends it before its time, with why. There for streams alone. */
  readonly end?: (error: EntrepotError) => void;
}

/** Told at the end of an operation; `error` is what it failed with. */
export type Leave = (error?: EntrepotError) => void;

/**
 * A condition that every operation has to pass, in whatever protocol it came: it may refuse it (by throwing an EntrepotError),
 * change its request, and be told of its end.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a gate that has nothing to say at the end returns nothing.
export type Gate = (operation: Operation) => Leave | void | Promise<Leave | void>;

/** Where the RPCs of a service are answered: a mesh client, or the edge itself. */
export type Backend = Readonly<Record<string, (request: never, options: BackendOptions) => unknown>>;

/** What a backend is told beside the request. */
export interface BackendOptions extends CallOptions {
  /** For what the edge answers itself. */
  readonly caller: Caller;
}

/** The public API. */
export class PublicApi {
  readonly #backends: ReadonlyMap<string, Backend>;
  readonly #gates: readonly Gate[];

  /**
   * @param backends by the full name of the service
   * @param gates in the order in which they are passed; their ends are told in the opposite one
   */
  constructor(backends: ReadonlyMap<string, Backend>, gates: readonly Gate[]) {
    this.#backends = backends;
    this.#gates = gates;
  }

  /**
   * Calls a method with one answer.
   * @throws EntrepotError
   */
  async unary(method: PublicMethod, request: object, caller: Caller): Promise<object> {
    const operation: Operation = { method, request, caller };
    const leave = await this.#enter(operation);
    try {
      const answer = (await this.#call(operation, caller.signal)) as object;
      leave();
      return answer;
    } catch (thrown) {
      const error = toEntrepotError(thrown);
      leave(error);
      throw error;
    }
  }

  /**
   * Calls a method that answers with a stream. It begins when it is first read. Ending the iteration between two messages cancels
   * it; whoever gives up while waiting for one aborts `caller.signal`.
   * @throws EntrepotError from the iteration
   */
  async *stream(method: PublicMethod, request: object, caller: Caller): AsyncGenerator<object, void> {
    // Follows the caller's: AbortSignal.any would take three times as long, for each search.
    const ending = new AbortController();
    const { signal } = ending;
    const follow = (): void => ending.abort(caller.signal.reason);
    let ended: EntrepotError | undefined;
    const end = (error: EntrepotError): void => {
      ended ??= error;
      ending.abort(error);
    };
    const operation: Operation = { method, request, caller, end };
    const leave = await this.#enter(operation);
    let failure: EntrepotError | undefined = abandoned;
    let { first } = operation;
    try {
      if (caller.signal.aborted) follow();
      else caller.signal.addEventListener('abort', follow, { once: true });
      for await (const message of this.#call(operation, signal) as AsyncIterable<object>) {
        first?.(message);
        first = undefined;
        yield message;
        if (method.name === 'WatchSearch' || isComplete(message)) operation.quiet?.();
      }
      if (ended !== undefined) throw ended;
      failure = undefined;
    } catch (thrown) {
      // What was cancelled because it had to end says why.
      failure = ended ?? toEntrepotError(thrown);
      throw failure;
    } finally {
      caller.signal.removeEventListener('abort', follow);
      leave(failure);
    }
  }

  /**
   * A search as one page, when it is complete or its time is nearly over.
   * @throws EntrepotError
   */
  async searchPage(request: SearchRequest, caller: Caller): Promise<SearchPage> {
    return pageOf(await this.searchEnd(request, caller));
  }

  /**
   * The one snapshot that a search ends with. Equal searches that end together are given the same object.
   * @throws EntrepotError
   */
  async searchEnd(request: SearchRequest, caller: Caller): Promise<SearchUpdate> {
    const asked = request.delivery === Delivery.FINAL ? request : { ...request, delivery: Delivery.FINAL };
    let last: SearchUpdate | undefined;
    for await (const message of this.stream(searchMethod(), asked, caller)) {
      last = (message as { update?: SearchUpdate }).update ?? last;
    }
    if (last?.progress !== undefined) return last;
    throw new EntrepotError({ reason: 'INTERNAL', message: 'The search ended without a result.' });
  }

  #call({ method, request, caller }: Operation, signal: AbortSignal): unknown {
    const call = this.#backends.get(method.service)?.[method.key];
    if (call === undefined) {
      throw new EntrepotError({ reason: 'UNKNOWN_METHOD', message: `This edge does not offer ${method.fullName}.` });
    }
    const { timeoutMs, trace, identity } = caller;
    return call(request as never, { timeoutMs, signal, trace, client: identity.client, caller });
  }

  async #enter(operation: Operation): Promise<Leave> {
    const left: Leave[] = [];
    const leave: Leave = (error) => {
      for (let one = left.pop(); one !== undefined; one = left.pop()) one(error);
    };
    try {
      for (const gate of this.#gates) {
        const passed = gate(operation);
        const end = passed instanceof Promise ? await passed : passed;
        if (end !== undefined) left.push(end);
      }
    } catch (thrown) {
      const error = toEntrepotError(thrown);
      leave(error);
      throw error;
    }
    return leave;
  }
}

const searchMethod = (): PublicMethod => requireMethod('entrepot.query.v1.QueryService/Search');

/** What a stream ends with whose reader did not read to its end. */
const abandoned = new EntrepotError({ reason: 'CANCELLED', message: 'The client read no further, or went away.' });

function isComplete(message: object): boolean {
  return (message as { update?: SearchUpdate }).update?.complete === true;
}

// GraphQL, whatever it comes by: from what was sent and who sent it to an operation that can be run.
import type { Identity } from '../../../libs/clients/index.ts';
import { Documents } from './documents.ts';
import { defaultLimits, type GraphqlLimits } from './limits.ts';
import type { BoundOperation } from './operation.ts';
import { paramsOf } from './params.ts';
import { PersistedOperations, type RegisteredOperations } from './persisted.ts';
import { apiSchema } from './schema.ts';

/** How GraphQL is served. */
export interface GraphqlOptions {
  /** Bounds of documents. What is left out is as shipped. */
  readonly limits?: Partial<GraphqlLimits>;
  /** Whether the schema may be asked for what it holds. Default true; the schema is public at /graphql/schema.graphql either way. */
  readonly introspection?: boolean;
  /** Operations that can be named in place of being sent. Default: none. */
  readonly operations?: RegisteredOperations;
}

/** Operations from requests. */
export class GraphqlServer {
  readonly limits: GraphqlLimits;
  /** The schema as text. */
  readonly sdl: string;
  readonly #persisted: PersistedOperations;
  /** By what was sent, as long as somebody holds that: equal bodies are read once (see the edge's server). */
  readonly #bound = new WeakMap<object, { readonly query: string; readonly operation: BoundOperation }>();

  constructor({ limits, introspection = true, operations = none }: GraphqlOptions = {}) {
    this.limits = { ...defaultLimits, ...limits };
    const api = apiSchema();
    this.sdl = api.sdl;
    this.#persisted = new PersistedOperations(new Documents(api, { limits: this.limits, introspection }), operations);
  }

  /**
   * The operation that was sent.
   * @param sent the parsed body of a request, or a message's payload; not changed afterwards
   * @throws EntrepotError MALFORMED_BODY, INVALID_DOCUMENT, INVALID_FIELD, TOO_COMPLEX, OPERATION_NOT_FOUND
   */
  operation(sent: unknown, identity: Identity, params = paramsOf): BoundOperation {
    const given = params(sent);
    const persistedOnly = identity.persistedOnly === true;
    const document = this.#persisted.document(given, { client: identity.client, persistedOnly });
    const known = this.#bound.get(sent as object);
    // A registered operation may have another text now.
    if (known?.query === document.text) return known.operation;
    const operation = document.operation(given.operationName).bind(given.variables);
    this.#bound.set(sent as object, { query: document.text, operation });
    return operation;
  }
}

const none: RegisteredOperations = { textOf: () => undefined };

// GraphQL, whatever it comes by: from what was sent and who sent it to an operation that can be run.
import type { GraphQLSchema } from 'graphql';
import type { Identity } from '../../../libs/clients/index.ts';
import { noViews, type ViewSource, type Views } from '../views/views.ts';
import { Documents } from './documents.ts';
import { defaultLimits, type GraphqlLimits } from './limits.ts';
import type { BoundOperation } from './operation.ts';
import { paramsOf } from './params.ts';
import { PersistedOperations, type RegisteredOperations } from './persisted.ts';
import { type ApiSchema, apiSchema } from './schema.ts';

/** How GraphQL is served. */
export interface GraphqlOptions {
  /** Bounds of documents. What is left out is as shipped. */
  readonly limits?: Partial<GraphqlLimits>;
  /** Whether the schema may be asked for what it holds. Default true; the schema is public at /graphql/schema.graphql either way. */
  readonly introspection?: boolean;
  /** Operations that can be named in place of being sent. Default: none. */
  readonly operations?: RegisteredOperations;
  /** The registered views, each of which is a field of Query. Default: none. */
  readonly views?: ViewSource;
}

/** Operations from requests. */
export class GraphqlServer {
  readonly limits: GraphqlLimits;
  readonly #introspection: boolean;
  readonly #operations: RegisteredOperations;
  readonly #views: ViewSource;
  #made: Made | undefined;
  /** By what was sent, as long as somebody holds that: equal bodies are read once (see the edge's server). */
  readonly #bound = new WeakMap<
    object,
    { readonly query: string; readonly operation: BoundOperation; readonly made: Made }
  >();

  constructor({ limits, introspection = true, operations = none, views = without }: GraphqlOptions = {}) {
    this.limits = { ...defaultLimits, ...limits };
    this.#introspection = introspection;
    this.#operations = operations;
    this.#views = views;
    // Made at start rather than while somebody waits.
    this.#current();
  }

  /** The schema as text. */
  get sdl(): string {
    return this.#current().api.sdl;
  }

  /** The schema in force. */
  get schema(): GraphQLSchema {
    return this.#current().api.schema;
  }

  /**
   * The operation that was sent.
   * @param sent the parsed body of a request, or a message's payload; not changed afterwards
   * @throws EntrepotError MALFORMED_BODY, INVALID_DOCUMENT, INVALID_FIELD, TOO_COMPLEX, OPERATION_NOT_FOUND
   */
  operation(sent: unknown, identity: Identity, params = paramsOf): BoundOperation {
    const given = params(sent);
    const persistedOnly = identity.persistedOnly === true;
    const made = this.#current();
    const document = made.persisted.document(given, { client: identity.client, persistedOnly });
    const known = this.#bound.get(sent as object);
    // A registered operation may have another text now.
    if (known?.query === document.text && known.made === made) return known.operation;
    const operation = document.operation(given.operationName).bind(given.variables);
    this.#bound.set(sent as object, { query: document.text, operation, made });
    return operation;
  }

  /** What follows from the views: made anew when there are others. */
  #current(): Made {
    const { current: views } = this.#views;
    if (this.#made?.views !== views) {
      const api = apiSchema(views);
      const documents = new Documents(api, { limits: this.limits, introspection: this.#introspection });
      this.#made = { views, api, persisted: new PersistedOperations(documents, this.#operations) };
    }
    return this.#made;
  }
}

/** A schema, and the documents that were read by it. */
interface Made {
  readonly views: Views;
  readonly api: ApiSchema;
  readonly persisted: PersistedOperations;
}

const without: ViewSource = { current: noViews };

const none: RegisteredOperations = { textOf: () => undefined };

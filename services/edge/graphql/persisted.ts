// Operations by name or hash in place of their text: registered ones from files, and those that clients sent before.
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { EntrepotError } from '../../../libs/errors/index.ts';
import type { Documents, GraphqlDocument } from './documents.ts';
import type { GraphqlParams } from './params.ts';

/** Documents that are registered. */
export interface RegisteredOperations {
  /** The text under a name or hash that a client may use; undefined where there is none. */
  textOf(client: string, nameOrHash: string): string | undefined;
}

/** Who sends an operation. */
export interface OperationSender {
  readonly client: string;
  /** Registered operations are all that it may send. */
  readonly persistedOnly: boolean;
}

/** Of documents that clients may send as their hash alone. */
const mostCharacters = 1_000_000;

/** Finds the document that a request means. */
export class PersistedOperations {
  readonly #documents: Documents;
  readonly #registered: RegisteredOperations;
  readonly #sent = new LRUCache<string, string>({
    maxSize: mostCharacters,
    sizeCalculation: (text, hash) => text.length + hash.length,
  });

  constructor(documents: Documents, registered: RegisteredOperations) {
    this.#documents = documents;
    this.#registered = registered;
  }

  /** @throws EntrepotError OPERATION_NOT_FOUND, INVALID_DOCUMENT, TOO_COMPLEX */
  document({ query, documentId, hash }: GraphqlParams, { client, persistedOnly }: OperationSender): GraphqlDocument {
    if (documentId !== undefined) return this.#documents.read(this.#text(client, documentId.replace(/^sha256:/, '')));
    if (query === undefined) {
      const registered = hash === undefined ? undefined : this.#registered.textOf(client, hash);
      const text = registered ?? (persistedOnly || hash === undefined ? undefined : this.#sent.get(hash));
      // Clients go by this message: they send the text with the hash once more.
      if (text === undefined) throw notFound('PersistedQueryNotFound');
      return this.#documents.read(text);
    }
    if (persistedOnly && this.#registered.textOf(client, hashOf(query)) === undefined) {
      throw notFound(`The client "${client}" may send registered operations alone, and this is none.`);
    }
    const document = this.#documents.read(query);
    if (hash !== undefined && this.#sent.get(hash) === undefined) this.#keep(hash, query);
    return document;
  }

  #text(client: string, nameOrHash: string): string {
    const text = this.#registered.textOf(client, nameOrHash);
    if (text === undefined) throw notFound(`No operation "${nameOrHash}" is registered for the client "${client}".`);
    return text;
  }

  #keep(hash: string, query: string): void {
    if (hashOf(query) !== hash) {
      throw new EntrepotError({
        reason: 'INVALID_DOCUMENT',
        message: 'extensions.persistedQuery.sha256Hash is not the SHA-256 of the query that came with it.',
        violations: [{ field: 'extensions.persistedQuery.sha256Hash', description: 'Expected the hash of the query.' }],
      });
    }
    this.#sent.set(hash, query);
  }
}

/** The hash that a document goes by: SHA-256 of its text, hexadecimal. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function notFound(message: string): EntrepotError {
  return new EntrepotError({ reason: 'OPERATION_NOT_FOUND', message });
}

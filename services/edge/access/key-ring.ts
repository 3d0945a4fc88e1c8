import { type ClientKey, type Clients, hashOfKey, type Identity } from '../../../libs/clients/index.ts';
import { expired, invalid } from './refusals.ts';

/**
 * Recognises clients by their keys. A key is looked up by its hash, which takes the same time whatever other keys there are; the
 * memory holds hashes alone.
 */
export class KeyRing {
  readonly #clients: () => Clients;
  readonly #now: () => number;
  #of: Clients | undefined;
  #byHash: ReadonlyMap<string, ClientKey> = new Map();

  constructor(clients: () => Clients, now: () => number = Date.now) {
    this.#clients = clients;
    this.#now = now;
  }

  /** @throws EntrepotError CREDENTIALS_INVALID, CREDENTIALS_EXPIRED */
  identityOf(key: string): Identity {
    const clients = this.#clients();
    if (clients !== this.#of) {
      this.#byHash = new Map(clients.keys.map((one) => [one.hash, one]));
      this.#of = clients;
    }
    const known = this.#byHash.get(hashOfKey(key));
    if (known === undefined) {
      throw invalid('This key is not known here, or no longer. Ask whoever runs this edge for a new one.');
    }
    if (known.expiresAt !== undefined && known.expiresAt <= this.#now()) {
      throw expired(
        `The key ${known.id} of "${known.client}"`,
        known.expiresAt,
        'Ask whoever runs this edge for a new one.',
      );
    }
    return clients.identityOf(known.client);
  }
}

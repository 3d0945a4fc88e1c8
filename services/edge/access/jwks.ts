import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { EntrepotError, toEntrepotError } from '../../../libs/errors/index.ts';
import { counter, type Logger } from '../../../libs/telemetry/index.ts';

/** Where and when keys are fetched; replaceable in tests. */
export interface JwksOptions {
  readonly log: Logger;
  /** Default the platform's. */
  readonly fetch?: typeof fetch;
  /** Epoch ms. */
  readonly now?: () => number;
}

/** Between two tries to fetch, whether the first one succeeded or not: tokens with made-up key ids must not become requests. */
const COOLDOWN_MS = 30_000;
/** Keys are asked for again when they are older than this, so that one that was taken back is noticed. */
const FRESH_MS = 600_000;
const TIMEOUT_MS = 5_000;
const MOST_BYTES = 1_000_000;

const fetches = counter('entrepot.edge.jwks.fetches', {
  description: "Fetches of issuers' public keys, by result (fetched, failed)",
});

type Keys = (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => Promise<CryptoKey>;

/**
 * The public keys of an issuer, fetched when they are first needed and then kept. A token with a key that is not among them makes
 * them be fetched again, at most every half minute. While they cannot be fetched those that are there stay in force.
 */
export class Jwks {
  readonly #url: string;
  readonly #log: Logger;
  readonly #fetch: typeof fetch;
  readonly #now: () => number;
  #keys: Keys | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;

  constructor(url: string, { log, fetch: get = fetch, now = Date.now }: JwksOptions) {
    this.#url = url;
    this.#log = log;
    this.#fetch = get;
    this.#now = now;
  }

  /**
   * The key that a token was signed with, for `jwtVerify`.
   * @throws JWKSNoMatchingKey for a key that the issuer does not have; EntrepotError UNREACHABLE while there are no keys at all
   */
  readonly keyOf = async (header?: JWSHeaderParameters, token?: FlattenedJWSInput): Promise<CryptoKey> => {
    if (this.#keys === undefined) await this.#load();
    else if (this.#now() - this.#fetchedAt >= FRESH_MS && this.#mayTry()) void this.#load();
    const keys = this.#keys;
    if (keys === undefined) throw this.#unreachable();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || (this.#loading === undefined && !this.#mayTry())) throw error;
      await this.#load();
      return (this.#keys ?? keys)(header, token);
    }
  };

  #mayTry(): boolean {
    return this.#now() - this.#triedAt >= COOLDOWN_MS;
  }

  /** Fetches, unless that is under way or was tried a moment ago. Never rejects. */
  async #load(): Promise<void> {
    if (this.#loading === undefined && !this.#mayTry()) return;
    this.#loading ??= this.#fetchKeys().finally(() => {
      this.#loading = undefined;
    });
    await this.#loading;
  }

  async #fetchKeys(): Promise<void> {
    this.#triedAt = this.#now();
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await this.#fetch(this.#url, {
        headers: { accept: 'application/json' },
        redirect: 'error',
        signal,
      });
      if (response.status !== 200) throw new Error(`it answered ${response.status}`);
      const text = await response.text();
      if (text.length > MOST_BYTES) throw new Error('its answer is too large');
      this.#keys = createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
      this.#fetchedAt = this.#now();
      fetches.add(1, { result: 'fetched' });
    } catch (error) {
      fetches.add(1, { result: 'failed' });
      const { message } = toEntrepotError(error);
      const kept = this.#keys === undefined ? 'there are none' : 'those that are there stay in force';
      this.#log.warn({ err: error, url: this.#url, message }, `keys of an issuer could not be fetched; ${kept}`);
    }
  }

  #unreachable(): EntrepotError {
    return new EntrepotError({
      reason: 'UNREACHABLE',
      message:
        "The public keys of this token's issuer cannot be had at the moment, so it cannot be verified. Try again later.",
      metadata: { service: 'issuer' },
      retryAfterMs: Math.max(1_000, this.#triedAt + COOLDOWN_MS - this.#now()),
    });
  }
}

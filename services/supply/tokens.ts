import { FailureKind } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { cancelled, PartnerFailure } from './failure.ts';
import type { ConfiguredPartner } from './partner.ts';

/** A token is renewed so long before it ends that a search begun with it can finish. */
const RENEW_BEFORE_MS = 60_000;
/** Lifetime of a token whose answer states none. */
const LEAST_LIFETIME_MS = 300_000;
/** Time for fetching one. It is nobody's own: those who wait for it leave when their time is over. */
const FETCH_TIMEOUT_MS = 10_000;
const LATE = 'its token had not come when the time was over';
/** Characters of a token. */
const MOST_TOKEN = 32_768;

/** A token as a partner gave it. */
export interface FetchedToken {
  readonly value: string;
  /** How long it lasts; absent where the partner does not say. */
  readonly lifetimeMs?: number;
}

/** What bounds a call: of one that needs a token its own time, of one that fetches it the time for that. */
export interface TokenBounds {
  /** Epoch ms. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** Gets a token from the partner, for all that wait for it. Throws PartnerFailure. */
export type FetchToken = (bounds: TokenBounds) => Promise<FetchedToken>;

interface Token {
  /** Digest of the configuration that it was fetched with: another one is another account. */
  readonly digest: string;
  readonly value: Promise<string>;
  /** Ends the fetching once nobody waits for it any more. */
  readonly fetching: AbortController;
  waiting: number;
  /** The token, once it has come. */
  text: string | undefined;
  renewAt: number;
}

/**
 * Tokens of partners, one for each, fetched once for all calls that wait for it and kept until shortly before it ends. A
 * rotated secret counts with the next token; a refused one is forgotten. A call that gives up takes none of the others
 * with it.
 */
export class TokenCache {
  readonly #tokens = new Map<string, Token>();

  /**
   * The partner's token.
   *
   * @param fetch gets one where none is kept, within bounds of its own
   * @param bounds how long the caller waits
   * @throws PartnerFailure, and what `fetch` throws
   */
  async get(partner: ConfiguredPartner, fetch: FetchToken, bounds: TokenBounds): Promise<string> {
    const { digest } = partner.manifest;
    let token = this.#tokens.get(partner.name);
    if (token === undefined || token.digest !== digest || token.renewAt <= Date.now()) {
      token = this.#begin(partner, fetch, digest);
      this.#tokens.set(partner.name, token);
    }
    if (token.text !== undefined) return token.text;
    token.waiting++;
    try {
      return await within(token.value, bounds);
    } finally {
      token.waiting--;
      if (token.waiting === 0 && token.text === undefined) {
        token.fetching.abort();
        this.#drop(partner, token);
      }
    }
  }

  /** The next call gets a new one, unless somebody has fetched one since `refused` was given out. */
  forget(partner: ConfiguredPartner, refused: string): void {
    const token = this.#tokens.get(partner.name);
    if (token?.text === refused) this.#drop(partner, token);
  }

  #drop({ name }: ConfiguredPartner, token: Token): void {
    if (this.#tokens.get(name) === token) this.#tokens.delete(name);
  }

  #begin(partner: ConfiguredPartner, fetch: FetchToken, digest: string): Token {
    const fetching = new AbortController();
    const value = fetch({ deadline: Date.now() + FETCH_TIMEOUT_MS, signal: fetching.signal }).then(
      ({ value: text, lifetimeMs = LEAST_LIFETIME_MS }) => {
        token.text = text;
        token.renewAt = Date.now() + Math.max(1_000, lifetimeMs - RENEW_BEFORE_MS);
        return text;
      },
      (error: unknown) => {
        this.#drop(partner, token);
        throw error;
      },
    );
    // Everybody may have left before it fails.
    value.catch(() => {});
    const token: Token = {
      digest,
      value,
      fetching,
      waiting: 0,
      text: undefined,
      renewAt: Number.POSITIVE_INFINITY,
    };
    return token;
  }
}

/** Whether a value can be sent as a token, also in a header. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MOST_TOKEN && !/[^\x21-\x7e]/.test(value);
}

/** The token when it comes, or a failure when the caller's own time is over. */
async function within(token: Promise<string>, { deadline, signal }: TokenBounds): Promise<string> {
  if (signal.aborted) throw cancelled();
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new PartnerFailure({ failure: FailureKind.TIMEOUT, detail: LATE })),
    Math.max(0, deadline - Date.now()),
  );
  const leave = (): void => reject(cancelled());
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([token, promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
  }
}

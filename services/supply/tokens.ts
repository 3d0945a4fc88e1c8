import { FailureKind } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { OAuthClient } from './adapter.ts';
import { PartnerFailure } from './failure.ts';
import type { HttpClient } from './http.ts';
import type { ConfiguredPartner } from './partner.ts';

/** A token is renewed so long before it ends that a search begun with it can finish. */
const RENEW_BEFORE_MS = 60_000;
/** Lifetime of a token whose answer states none. */
const LEAST_LIFETIME_MS = 300_000;
const MAX_TOKEN_BYTES = 65_536;

/** A token as a partner gave it. */
export interface FetchedToken {
  readonly value: string;
  /** How long it lasts; absent where the partner does not say. */
  readonly lifetimeMs?: number;
}

interface Token {
  readonly fetching: Promise<FetchedToken>;
  /** Once it is there. */
  value: string | undefined;
  renewAt: number;
}

/** Bounds of a call that needs a token. */
interface TokenBounds {
  /** Epoch ms. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/**
 * Tokens of partners, one for each, fetched once for all calls that wait for it and kept until shortly before it ends. A
 * rotated secret counts with the next token; a refused one is forgotten.
 */
export class TokenCache {
  readonly #tokens = new Map<string, Token>();

  /**
   * The partner's token.
   *
   * @param fetch gets one where none is kept
   * @throws what `fetch` throws
   */
  async get(partner: ConfiguredPartner, fetch: () => Promise<FetchedToken>): Promise<string> {
    const key = keyOf(partner);
    const known = this.#tokens.get(key);
    if (known !== undefined && known.renewAt > Date.now()) return (await known.fetching).value;
    const token: Token = { fetching: fetch(), value: undefined, renewAt: Number.POSITIVE_INFINITY };
    this.#tokens.set(key, token);
    try {
      const { value, lifetimeMs = LEAST_LIFETIME_MS } = await token.fetching;
      token.value = value;
      token.renewAt = Date.now() + Math.max(1_000, lifetimeMs - RENEW_BEFORE_MS);
      return value;
    } catch (error) {
      if (this.#tokens.get(key) === token) this.#tokens.delete(key);
      throw error;
    }
  }

  /** The next call gets a new one, unless another call that was refused has got one already. */
  forget(partner: ConfiguredPartner, refused: string): void {
    const key = keyOf(partner);
    if (this.#tokens.get(key)?.value === refused) this.#tokens.delete(key);
  }
}

/** Fetches an OAuth 2.0 client-credentials token. Throws PartnerFailure. */
export async function fetchOAuthToken(
  http: HttpClient,
  partner: ConfiguredPartner,
  client: OAuthClient,
  bounds: TokenBounds,
): Promise<FetchedToken> {
  const id = partner.account.credential(client.clientId);
  const secret = partner.account.credential(client.clientSecret);
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...client.fields });
  if (client.scope !== undefined) form.set('scope', client.scope);
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  };
  if (client.credentialsIn === 'body') {
    form.set('client_id', id);
    form.set('client_secret', secret);
  } else {
    headers.authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  }
  const answer = await http.send({
    origin: partner.origin,
    path: partner.basePath + client.tokenPath,
    method: 'POST',
    headers,
    body: form.toString(),
    ...bounds,
    maxBodyBytes: MAX_TOKEN_BYTES,
  });
  if (answer.status < 200 || answer.status > 299) {
    const failure =
      answer.status === 429
        ? FailureKind.RATE_LIMIT
        : answer.status >= 500
          ? FailureKind.SERVER_ERROR
          : FailureKind.AUTHENTICATION;
    throw refused(`its token endpoint answered with status ${answer.status}`, failure, answer.status);
  }
  return readToken(answer.body);
}

/** Another configuration of a partner is another account. */
function keyOf(partner: ConfiguredPartner): string {
  return `${partner.name} ${partner.manifest.digest}`;
}

function readToken(body: Buffer): FetchedToken {
  let answer: { access_token?: unknown; expires_in?: unknown };
  try {
    answer = JSON.parse(body.toString('utf8')) as typeof answer;
  } catch {
    throw refused('its token endpoint answered with something that is no JSON', FailureKind.MALFORMED);
  }
  const value = answer?.access_token;
  if (!isToken(value)) throw refused('its token endpoint gave no access_token', FailureKind.MALFORMED);
  const seconds = Number(answer.expires_in);
  return { value, ...(seconds > 0 && { lifetimeMs: seconds * 1_000 }) };
}

/** Whether a value can be sent as a token in a header. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !/[^\x21-\x7e]/.test(value);
}

function refused(detail: string, failure: FailureKind, httpStatus?: number): PartnerFailure {
  return new PartnerFailure({ failure, detail, ...(httpStatus !== undefined && { httpStatus }) });
}

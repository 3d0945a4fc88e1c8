import { FailureKind } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { OAuthClient } from './adapter.ts';
import { PartnerFailure } from './failure.ts';
import type { HttpSender } from './http.ts';
import type { ConfiguredPartner } from './partner.ts';

/** A token is renewed so long before it ends that a search begun with it can finish. */
const RENEW_BEFORE_MS = 60_000;
/** Lifetime of a token whose answer states none. */
const LEAST_LIFETIME_MS = 300_000;
const MAX_TOKEN_BYTES = 65_536;

interface Token {
  readonly value: Promise<string>;
  renewAt: number;
}

/** Bounds of a call that needs a token. */
interface TokenBounds {
  /** Epoch ms. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/**
 * OAuth 2.0 client-credentials tokens, one for each partner, fetched once for all calls that wait for it and kept until
 * shortly before it ends. A rotated secret counts with the next token; a refused one is forgotten.
 */
export class TokenCache {
  readonly #http: HttpSender;
  readonly #tokens = new Map<string, Token>();

  constructor(http: HttpSender) {
    this.#http = http;
  }

  /** The partner's token. Throws PartnerFailure. */
  async get(partner: ConfiguredPartner, client: OAuthClient, bounds: TokenBounds): Promise<string> {
    const key = keyOf(partner);
    const known = this.#tokens.get(key);
    if (known !== undefined && known.renewAt > Date.now()) return known.value;
    const token: Token = { value: this.#fetch(partner, client, bounds, key), renewAt: Number.POSITIVE_INFINITY };
    this.#tokens.set(key, token);
    try {
      return await token.value;
    } catch (error) {
      if (this.#tokens.get(key) === token) this.#tokens.delete(key);
      throw error;
    }
  }

  /** The next call gets a new one. */
  forget(partner: ConfiguredPartner): void {
    this.#tokens.delete(keyOf(partner));
  }

  async #fetch(partner: ConfiguredPartner, client: OAuthClient, bounds: TokenBounds, key: string): Promise<string> {
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
    const answer = await this.#http.send({
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
    const { token, lifetimeMs } = readToken(answer.body);
    const kept = this.#tokens.get(key);
    if (kept !== undefined) kept.renewAt = Date.now() + Math.max(1_000, lifetimeMs - RENEW_BEFORE_MS);
    return token;
  }
}

/** Another configuration of a partner is another account. */
function keyOf(partner: ConfiguredPartner): string {
  return `${partner.name} ${partner.manifest.digest}`;
}

function readToken(body: Buffer): { token: string; lifetimeMs: number } {
  let answer: { access_token?: unknown; expires_in?: unknown };
  try {
    answer = JSON.parse(body.toString('utf8')) as typeof answer;
  } catch {
    throw refused('its token endpoint answered with something that is no JSON', FailureKind.MALFORMED);
  }
  const token = answer?.access_token;
  if (typeof token !== 'string' || token === '' || /[^\x21-\x7e]/.test(token)) {
    throw refused('its token endpoint gave no access_token', FailureKind.MALFORMED);
  }
  const seconds = Number(answer.expires_in);
  return { token, lifetimeMs: seconds > 0 ? seconds * 1_000 : LEAST_LIFETIME_MS };
}

function refused(detail: string, failure: FailureKind, httpStatus?: number): PartnerFailure {
  return new PartnerFailure({ failure, detail, ...(httpStatus !== undefined && { httpStatus }) });
}

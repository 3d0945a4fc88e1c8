import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { AskContext, PartnerRequest, SessionClient } from '../adapter.ts';
import type { OAuthTemplate } from './manifest.ts';

/** OAuth 2.0 client credentials (RFC 6749, 4.4) as a session: the form of the request and its answers are the standard's. */
export function oauthSession(client: OAuthTemplate): SessionClient {
  const { endpointOption } = client;
  return {
    ...(endpointOption !== undefined && { endpointOption }),
    format: 'json',
    open: (asked) => tokenRequest(client, asked),
    read(body) {
      const { access_token: token, expires_in } = memberOf(body);
      const seconds = Number(expires_in);
      return { token, ...(seconds > 0 && { lifetimeMs: seconds * 1_000 }) };
    },
    readError(status, body) {
      const { error } = memberOf(body);
      // The standard's own words alone: what else stands there may quote the request.
      const word = typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? `: ${error}` : '';
      return { failure: kindOf(status), detail: `its token endpoint refused${word}` };
    },
    sign: (request, token) => ({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }),
  };
}

/** Secrets are read when they are used: a rotated one counts with the next token. */
function tokenRequest(client: OAuthTemplate, { account }: AskContext): PartnerRequest {
  const { tokenPath, credentialsIn, fields, scope } = client;
  const id = account.credential(client.clientId);
  const secret = account.credential(client.clientSecret);
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...fields });
  if (scope !== undefined) form.set('scope', scope);
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  };
  if (credentialsIn === 'body') {
    form.set('client_id', id);
    form.set('client_secret', secret);
  } else {
    // Both are form-encoded before they are joined (RFC 6749, 2.3.1), so that a ":" in the id does not end it.
    headers.authorization = `Basic ${Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString('base64')}`;
  }
  return { method: 'POST', path: tokenPath, headers, body: form.toString() };
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

function memberOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

function kindOf(status: number): FailureKind {
  if (status === 429) return FailureKind.RATE_LIMIT;
  return status >= 500 ? FailureKind.SERVER_ERROR : FailureKind.AUTHENTICATION;
}

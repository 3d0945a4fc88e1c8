import type { IncomingMessage, ServerResponse } from 'node:http';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureKind, OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { ConcurrencyLimit } from './concurrency.ts';
import { PartnerExchange } from './exchange.ts';
import { PartnerFailure } from './failure.ts';
import { HttpClient } from './http.ts';
import type { OAuthTemplate } from './kit/manifest.ts';
import { oauthSession } from './kit/oauth.ts';
import type { ConfiguredPartner } from './partner.ts';
import { RateLimitHold } from './rate-limit.ts';
import { RequestRate } from './request-rate.ts';
import { KnownSecrets } from './secrets.ts';
import { acmeContext } from './testing/acme.ts';
import { json, type PartnerServer, startPartner } from './testing/partner-server.ts';
import { type TokenBounds, TokenCache } from './tokens.ts';

interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: PartnerServer;
let http: HttpClient;
let tokens: TokenCache;
let asked: Asked[];
/** What the token endpoint answers with; called once for each request. */
let answer: (count: number) => { readonly status?: number; readonly body: unknown } | 'never';
let secret = 's3cret';

beforeEach(async () => {
  asked = [];
  secret = 's3cret';
  answer = (count) => ({ body: { access_token: `token-${count}`, expires_in: 3_600 } });
  server = await startPartner((request, response) => {
    if (request.url === '/v1/api') return echo(request, response);
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      asked.push({ path: request.url ?? '', headers: request.headers, body });
      const said = answer(asked.length);
      if (said !== 'never') json(response, said.body, said.status);
    });
  });
  http = new HttpClient();
  tokens = new TokenCache();
});
afterEach(async () => {
  vi.useRealTimers();
  await http.close();
  await server.close();
});

/** What wants a token answers with the one that it got. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  json(response, { token: request.headers.authorization?.replace('Bearer ', '') });
}

const client: OAuthTemplate = { tokenPath: '/oauth/token', clientId: 'id', clientSecret: 'secret' };

function partner(
  changes: { name?: string; digest?: string; options?: Record<string, unknown> } = {},
): ConfiguredPartner {
  const { name = 'acme', digest = 'd1', options = {} } = changes;
  return {
    name,
    origin: server.url,
    basePath: '/v1',
    account: {
      partner: name,
      endpoint: `${server.url}/v1`,
      options,
      credential: (credential: string) => (credential === 'id' ? 'client:1' : secret),
    },
    manifest: { digest, format: 'xml' },
    timeoutMs: 10_000,
    maxBodyBytes: 1_000_000,
    limit: new ConcurrencyLimit(1),
    hold: new RateLimitHold(),
    rate: new RequestRate(undefined),
    secrets: new KnownSecrets(),
  } as unknown as ConfiguredPartner;
}

/** The token that a request of a conversation is sent with. */
async function tokenOf(of: ConfiguredPartner, by: OAuthTemplate, { deadline, signal }: TokenBounds): Promise<string> {
  const asking = { ...of, adapter: { ...of.adapter, session: oauthSession(by) } };
  const limits = { deadline, signal, trace: ROOT_CONTEXT };
  const exchange = new PartnerExchange(
    { http, tokens },
    asking,
    'search',
    acmeContext({ account: of.account }),
    limits,
  );
  const { body } = await exchange.send({ method: 'GET', path: '/api', headers: {} });
  return (JSON.parse(body.toString('utf8')) as { token: string }).token;
}

const bounds = (ms = 5_000, signal = new AbortController().signal) => ({ deadline: Date.now() + ms, signal });

async function failureOf(work: Promise<unknown>): Promise<PartnerFailure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PartnerFailure)) throw new Error(`expected a failure, got ${error}`);
  return error;
}

describe('a token', () => {
  it('is fetched by client credentials in a Basic header', async () => {
    expect(await tokenOf(partner(), { ...client, scope: 'a b', fields: { audience: 'x' } }, bounds())).toBe('token-1');
    expect(asked[0]).toMatchObject({
      path: '/v1/oauth/token',
      headers: {
        authorization: `Basic ${Buffer.from('client%3A1:s3cret').toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials&audience=x&scope=a+b',
    });
  });

  it('is fetched with the client in the form', async () => {
    await tokenOf(partner(), { ...client, credentialsIn: 'body' }, bounds());
    expect(asked[0]!.headers.authorization).toBeUndefined();
    expect(asked[0]!.body).toBe('grant_type=client_credentials&client_id=client%3A1&client_secret=s3cret');
  });

  it('is fetched from another host where the account says so', async () => {
    const other = { ...client, endpointOption: 'tokens' };
    await tokenOf(partner({ options: { tokens: `${server.url}/login/` } }), other, bounds());
    await tokenOf(partner({ name: 'second', options: { tokens: '' } }), other, bounds());
    expect(asked.map(({ path }) => path)).toEqual(['/login/oauth/token', '/v1/oauth/token']);
    const failure = await failureOf(
      tokenOf(partner({ name: 'third', options: { tokens: 'file:///etc' } }), other, bounds()),
    );
    expect(failure.failure).toBe(FailureKind.AUTHENTICATION);
  });

  it('is fetched once for all that wait for it, and kept', async () => {
    const got = await Promise.all(Array.from({ length: 20 }, () => tokenOf(partner(), client, bounds())));
    expect(new Set(got)).toEqual(new Set(['token-1']));
    expect(await tokenOf(partner(), client, bounds())).toBe('token-1');
    expect(asked).toHaveLength(1);
  });

  it('is one for each partner and each configuration of it', async () => {
    expect(await tokenOf(partner(), client, bounds())).toBe('token-1');
    expect(await tokenOf(partner({ name: 'other' }), client, bounds())).toBe('token-2');
    expect(await tokenOf(partner({ digest: 'd2' }), client, bounds())).toBe('token-3');
    expect(await tokenOf(partner({ digest: 'd2' }), client, bounds())).toBe('token-3');
  });

  it.each([
    ['as long as it says, less a minute', { access_token: 't', expires_in: 600 }, 540_000],
    ['for four minutes where it does not say', { access_token: 't' }, 240_000],
    ['for a second where it ends within a minute', { access_token: 't', expires_in: 30 }, 1_000],
  ])('is kept %s', async (_what, body, keptMs) => {
    answer = () => ({ body });
    vi.useFakeTimers({ toFake: ['Date'] });
    await tokenOf(partner(), client, bounds());
    vi.setSystemTime(Date.now() + keptMs - 500);
    await tokenOf(partner(), client, bounds());
    expect(asked).toHaveLength(1);
    vi.setSystemTime(Date.now() + 600);
    await tokenOf(partner(), client, bounds());
    expect(asked).toHaveLength(2);
  });

  it('that was refused is fetched anew, once for all that were refused with it', async () => {
    const first = await tokenOf(partner(), client, bounds());
    tokens.forget(partner(), first);
    expect(await tokenOf(partner(), client, bounds())).toBe('token-2');
    // Who was refused with the old one a moment later does not throw the new one away.
    tokens.forget(partner(), first);
    expect(await tokenOf(partner(), client, bounds())).toBe('token-2');
    expect(asked).toHaveLength(2);
  });

  it('is fetched with the secret as it is at that moment', async () => {
    const first = await tokenOf(partner(), client, bounds());
    secret = 'rotated';
    tokens.forget(partner(), first);
    await tokenOf(partner(), client, bounds());
    expect(asked[1]!.headers.authorization).toBe(`Basic ${Buffer.from('client%3A1:rotated').toString('base64')}`);
  });
});

describe('who gives up', () => {
  it('leaves the others waiting', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    server.handler = async (request, response) => {
      if (request.url === '/v1/api') return echo(request, response);
      await promise;
      json(response, { access_token: 'late', expires_in: 600 });
    };
    const leaving = new AbortController();
    const left = failureOf(tokenOf(partner(), client, bounds(5_000, leaving.signal)));
    const late = failureOf(tokenOf(partner(), client, bounds(60)));
    const waiting = tokenOf(partner(), client, bounds());
    leaving.abort();
    expect((await left).status).toBe(OutcomeStatus.CANCELLED);
    expect((await late).failure).toBe(FailureKind.TIMEOUT);
    resolve();
    expect(await waiting).toBe('late');
    expect(server.asked).toEqual(['/v1/oauth/token', '/v1/api']);
  });

  it('last ends the fetching, and the next one begins anew', async () => {
    answer = () => 'never';
    const leaving = new AbortController();
    const left = failureOf(tokenOf(partner(), client, bounds(5_000, leaving.signal)));
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    leaving.abort();
    expect((await left).status).toBe(OutcomeStatus.CANCELLED);
    expect(await server.aborted).toBe('/v1/oauth/token');
    answer = () => ({ body: { access_token: 'new', expires_in: 600 } });
    expect(await tokenOf(partner(), client, bounds())).toBe('new');
  });

  it('before it begins fetches nothing', async () => {
    const gone = AbortSignal.abort();
    expect((await failureOf(tokenOf(partner(), client, bounds(5_000, gone)))).status).toBe(OutcomeStatus.CANCELLED);
  });
});

describe('a token endpoint', () => {
  it.each([
    [{ status: 401, body: { error: 'invalid_client' } }, FailureKind.AUTHENTICATION],
    [{ status: 400, body: { error: 'invalid_scope' } }, FailureKind.AUTHENTICATION],
    [{ status: 429, body: {} }, FailureKind.RATE_LIMIT],
    [{ status: 503, body: '<html>' }, FailureKind.SERVER_ERROR],
    [{ body: '<html>' }, FailureKind.MALFORMED],
    [{ body: 'null' }, FailureKind.MALFORMED],
    [{ body: {} }, FailureKind.MALFORMED],
    [{ body: { access_token: '' } }, FailureKind.MALFORMED],
    [{ body: { access_token: 'a\r\nx-evil: 1' } }, FailureKind.MALFORMED],
    [{ body: { access_token: 5 } }, FailureKind.MALFORMED],
    [{ body: { access_token: 'x'.repeat(40_000) } }, FailureKind.MALFORMED],
    [{ body: { access_token: 'y', padding: 'x'.repeat(70_000) } }, FailureKind.TOO_LARGE],
    [{ status: 302, body: {} }, FailureKind.AUTHENTICATION],
    [{ status: 400, body: { error: 'secret s3cret of client:1 is wrong' } }, FailureKind.AUTHENTICATION],
  ])('that answers %j fails typed, without a secret, and is asked again by the next', async (said, failure) => {
    answer = (count) => (count === 1 ? said : { body: { access_token: 'good' } });
    const failed = await failureOf(tokenOf(partner(), client, bounds()));
    expect(failed.failure).toBe(failure);
    expect(failed.detail).not.toMatch(/s3cret|client:1/);
    expect(await tokenOf(partner(), client, bounds())).toBe('good');
  });
});

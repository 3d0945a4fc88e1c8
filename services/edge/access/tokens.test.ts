import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Clients } from '../../../libs/clients/index.ts';
import { Permission } from '../../../libs/contracts/gen/entrepot/type/v1/public.ts';
import type { EntrepotError } from '../../../libs/errors/index.ts';
import { logger, redirectLogs } from '../../../libs/telemetry/index.ts';
import { clientsFrom } from './test-clients.ts';
import { Tokens } from './tokens.ts';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

const url = 'https://id.example/keys';
const file = `clients:
  shop: { permissions: [SEARCH, PARTNERS_READ] }
  console: { permissions: all }
issuers:
  - issuer: https://id.example
    audience: [entrepot, edge]
    jwks_url: ${url}
    algorithms: [ES256]
`;
const clients = clientsFrom(file);

let first: Pair;
let second: Pair;
beforeAll(async () => {
  first = await generateKeyPair('ES256');
  second = await generateKeyPair('ES256');
});

/** What an issuer offers at its URL, and how often it was asked. */
let issuer: { keys: Record<string, Pair>; down: boolean; asked: number };
let now: number;
let logged: string;
beforeEach(() => {
  issuer = { keys: { one: first }, down: false, asked: 0 };
  now = Date.UTC(2026, 10, 26);
  logged = '';
  redirectLogs({ write: (line: string) => (logged += line) }, 'debug');
});

const serve: typeof fetch = async (asked) => {
  expect(String(asked)).toBe(url);
  issuer.asked++;
  if (issuer.down) throw new TypeError('fetch failed');
  const keys = await Promise.all(
    Object.entries(issuer.keys).map(async ([kid, { publicKey }]) => ({
      ...(await exportJWK(publicKey)),
      kid,
      alg: 'ES256',
    })),
  );
  return Response.json({ keys });
};

const tokensOf = (live: () => Clients = () => clients): Tokens =>
  new Tokens(live, { fetch: serve, now: () => now, log: logger('test') });

/** A token; what is undefined is left out. */
async function sign(claims: JWTPayload = {}, { kid = 'one', by = first } = {}): Promise<string> {
  const at = Math.floor(now / 1_000);
  const payload = {
    iss: 'https://id.example',
    aud: 'entrepot',
    client_id: 'shop',
    iat: at,
    exp: at + 3_600,
    ...claims,
  };
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid }).sign(by.privateKey);
}

async function refusal(tokens: Tokens, token: string): Promise<EntrepotError> {
  try {
    await tokens.identityOf(token);
  } catch (error) {
    return error as EntrepotError;
  }
  return expect.unreachable('It was taken.');
}

test('a client is who its token says, verified once until it expires', async () => {
  const tokens = tokensOf();
  const token = await sign();
  const identity = await tokens.identityOf(token);
  expect(identity).toMatchObject({
    client: 'shop',
    permissions: new Set([Permission.SEARCH, Permission.PARTNERS_READ]),
  });
  expect(tokens.identityOf(token)).toBe(identity);
  expect(issuer.asked).toBe(1);
  now += 3_604_000;
  await expect(tokens.identityOf(token)).resolves.toMatchObject({ client: 'shop' });
  now += 2_000;
  expect(await refusal(tokens, token)).toMatchObject({ reason: 'CREDENTIALS_EXPIRED' });
  expect((await refusal(tokens, token)).message).toContain('Ask its issuer for a new one');
});

describe('a token is refused, and nothing of it is repeated,', () => {
  test.each<[string, JWTPayload, string]>([
    ['of another issuer', { iss: 'https://evil.example' }, 'issuer is none'],
    ['for another audience', { aud: 'somebody' }, '("aud")'],
    ['that holds later', { nbf: 4_000_000_000 }, '("nbf")'],
    ['without an end', { exp: undefined }, '("exp")'],
    ['without a client', { client_id: undefined }, 'no claim "client_id"'],
    ['with a list as client', { client_id: ['shop'] }, 'no claim "client_id"'],
    ['of a client that is not configured', { client_id: 'nobody-known' }, 'does not stand in clients.yaml'],
    ['of a client by a name of JavaScript', { client_id: 'constructor' }, 'does not stand in clients.yaml'],
  ])('%s', async (_, claims, said) => {
    const token = await sign(claims);
    const error = await refusal(tokensOf(), token);
    expect(error.reason).toBe('CREDENTIALS_INVALID');
    expect(error.message).toContain(said);
    expect(error.message + logged).not.toContain(token.split('.')[1]);
    expect(error.message).not.toContain('nobody-known');
  });

  test('that has expired', async () => {
    expect((await refusal(tokensOf(), await sign({ exp: Math.floor(now / 1_000) - 10 }))).reason).toBe(
      'CREDENTIALS_EXPIRED',
    );
  });

  test('that was changed, is not signed, or is signed with another key or algorithm', async () => {
    const [head, payload, signature] = (await sign()).split('.') as [string, string, string];
    const other = JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), client_id: 'console' });
    const encode = (text: string): string => Buffer.from(text).toString('base64url');
    const secret = new TextEncoder().encode('a shared secret of thirty-two byte');
    const tokens = tokensOf();
    for (const token of [
      `${head}.${encode(other)}.${signature}`,
      `${encode('{"alg":"none"}')}.${payload}.`,
      await sign({}, { by: second }),
      await new SignJWT(JSON.parse(Buffer.from(payload, 'base64url').toString()))
        .setProtectedHeader({ alg: 'HS256', kid: 'one' })
        .sign(secret),
      'eyJ.eyJ.eyJ',
    ]) {
      expect((await refusal(tokens, token)).reason).toBe('CREDENTIALS_INVALID');
    }
  });
});

describe('the keys of an issuer', () => {
  test('are fetched again for a token with another key, but not more often than every half minute', async () => {
    const tokens = tokensOf();
    await tokens.identityOf(await sign());
    issuer.keys = { one: first, two: second };
    const rotated = await sign({}, { kid: 'two', by: second });
    expect((await refusal(tokens, rotated)).message).toContain('a key that its issuer does not have');
    expect(issuer.asked).toBe(1);
    now += 30_000;
    const both = [tokens.identityOf(rotated), tokens.identityOf(await sign({ jti: 'x' }, { kid: 'two', by: second }))];
    expect((await Promise.all(both)).map(({ client }) => client)).toEqual(['shop', 'shop']);
    expect(issuer.asked).toBe(2);
    for (const kid of ['a', 'b', 'c']) await refusal(tokens, await sign({}, { kid }));
    expect(issuer.asked).toBe(2);
  });

  test('stay in force while they cannot be fetched', async () => {
    const tokens = tokensOf();
    await tokens.identityOf(await sign());
    issuer.down = true;
    now += 700_000;
    for (const jti of ['a', 'b']) expect((await tokens.identityOf(await sign({ jti }))).client).toBe('shop');
    expect(issuer.asked).toBe(2);
    expect(logged).toContain('those that are there stay in force');
  });

  test('that were taken back are noticed when they are fetched again', async () => {
    const tokens = tokensOf();
    const token = await sign();
    await tokens.identityOf(token);
    issuer.keys = { two: second };
    now += 600_000;
    // The first one that is late makes them be fetched; nobody waits for it.
    await tokens.identityOf(token);
    await new Promise(setImmediate);
    await expect.poll(() => issuer.asked).toBe(2);
    expect((await refusal(tokens, await sign({ jti: 'later' }))).reason).toBe('CREDENTIALS_INVALID');
  });

  test('that were never there are no fault of the token', async () => {
    issuer.down = true;
    const tokens = tokensOf();
    const token = await sign();
    expect(await refusal(tokens, token)).toMatchObject({
      reason: 'UNREACHABLE',
      retryAfterMs: 30_000,
      metadata: { service: 'issuer' },
    });
    now += 10_000;
    expect(await refusal(tokens, token)).toMatchObject({ reason: 'UNREACHABLE', retryAfterMs: 20_000 });
    expect(issuer.asked).toBe(1);
    issuer.down = false;
    now += 20_000;
    expect(await tokens.identityOf(token)).toMatchObject({ client: 'shop' });
  });
});

describe('as configured', () => {
  const configured = (more: string): Tokens => tokensOf(() => clientsFrom(`${file}${more}`));

  test('another claim can name the client', async () => {
    const tokens = configured('    client_claim: azp\n');
    expect((await tokens.identityOf(await sign({ azp: 'console' }))).client).toBe('console');
    expect((await refusal(tokens, await sign())).message).toContain('"azp"');
  });

  test('scopes narrow what the client may do, and never widen it', async () => {
    const all = clientsFrom(`${file}    scopes: { find: [SEARCH], run: [OPERATIONS, PARTNERS_READ] }\n`);
    const tokens = tokensOf(() => all);
    const permissions = async (claims: JWTPayload): Promise<unknown> =>
      (await tokens.identityOf(await sign(claims))).permissions;
    expect(await permissions({ scope: 'find openid' })).toEqual(new Set([Permission.SEARCH]));
    expect(await permissions({ scope: 'run' })).toEqual(new Set([Permission.PARTNERS_READ]));
    expect(await permissions({ scp: ['find', 'run'] })).toEqual(new Set([Permission.SEARCH, Permission.PARTNERS_READ]));
    expect(await permissions({ scope: 'openid' })).toEqual(new Set());
    expect(await permissions({})).toEqual(new Set());
  });

  test('an issuer speaks for its clients alone', async () => {
    const tokens = configured('    clients: [console]\n');
    expect((await tokens.identityOf(await sign({ client_id: 'console' }))).client).toBe('console');
    expect((await refusal(tokens, await sign())).message).toContain('may not speak for its client');
  });

  test('what was verified is verified again when the file changes', async () => {
    let live = clients;
    const tokens = tokensOf(() => live);
    const token = await sign();
    await tokens.identityOf(token);
    live = clientsFrom(file.replace('shop: ', 'store: '));
    expect((await refusal(tokens, token)).message).toContain('does not stand in clients.yaml');
    live = clientsFrom('clients: { shop: {} }');
    expect((await refusal(tokens, token)).message).toContain('issuer is none');
  });
});

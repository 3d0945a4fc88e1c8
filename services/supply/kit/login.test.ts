import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { FailureKind, OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { bodyOf, json, type PartnerServer, startPartner } from '../testing/partner-server.ts';
import { handlesOf, type Rig, search, startRig, writePartners } from '../testing/rig.ts';
import { recordPartner, tryPartner } from '../workbench/try.ts';

// A login of a partner's own making, tried where it is carried out: in supply, against a partner that listens.
const head = `
name: talker
title: Talker
vertical: stay
format: json
defaults: { timeoutMs: 4000, maxPages: 3, maxBodyBytes: 1048576, concurrency: 8, lifetimeSeconds: 600 }
failures:
  stated: has(body.error)
  kind: body.error.kind
  detail: body.error.kind + first(" " + body.error.text, "")
rows: body.rows
mapping:
  id: row.id
  price: { total: row.amount, currency: '"EUR"', basis: '"INCLUDED"' }
  item: { property_code: row.id }
handoff: { token: row.id }
credentials: { user: user of the account, secret: secret of the account }
`;
const login = `
    request: { path: /login, body: { user: credentials.user, secret: credentials.secret } }
    token: body.token
    lifetimeSeconds: body.ttl`;
const inHeader = `${head}
search: { path: /search }
verify: { request: { path: "/rows/{row.id}" }, single: true }
auth:
  session:${login}
    headers: { authorization: '"Bearer " + token' }
`;
const everywhere = `${head}
search: { path: "/s/{token}/search", body: { auth: { key: token }, digest: sha256_hex(token), who: { each: "[1, 2]", give: 'token + "-" + string(it)' } } }
paging: { cursor: body.next, request: { path: /more, form: { session: token, at: cursor } } }
verify: { request: { path: "/rows/{row.id}", query: { sid: token } }, single: true }
auth:
  session:${login}
    headers: { x-mine: token }
    query: { apiSession: token }
`;
const elsewhere = `${inHeader}    endpointOption: loginHost
options: { loginHost: { type: string, description: base URL of the login, default: "" } }
`;
const account = { credentials: { user: { env: 'TALKER_USER' }, secret: { env: 'TALKER_SECRET' } } };
const SECRET = 'hush&"quoted"<hush>';

interface Seen {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const folder = mkdtempSync(path.join(tmpdir(), 'entrepot-login-'));
let partner: PartnerServer;
let rig: Rig | undefined;
let seen: Seen[];
let tokens: string[];
/** What a login is answered with. */
let session: () => { readonly status?: number; readonly body: unknown; readonly headers?: Record<string, string> };
/** What everything else is answered with. */
let answer: (asked: Seen) => { readonly status?: number; readonly body: unknown };

const logins = (): Seen[] => seen.filter(({ path }) => path.endsWith('/login'));

async function talk(text: string, more: object = {}): Promise<Rig> {
  mkdirSync(path.join(folder, 'talker'), { recursive: true });
  writeFileSync(path.join(folder, 'talker/manifest.yaml'), text);
  const file = { adapter: 'talker', endpoint: partner.url, ...account, ...more };
  rig = await startRig({ one: file }, { adapterDirectories: [folder] });
  return rig;
}

async function serve(request: Parameters<PartnerServer['handler']>[0], response: Parameters<typeof json>[0]) {
  const one = { path: request.url ?? '', headers: request.headers, body: await bodyOf(request) };
  seen.push(one);
  const { status, body, headers } = { headers: {}, ...(one.path.endsWith('/login') ? session() : answer(one)) };
  json(response, body, status, headers);
}

beforeEach(async () => {
  vi.stubEnv('TALKER_USER', 'the-user');
  vi.stubEnv('TALKER_SECRET', SECRET);
  seen = [];
  tokens = [];
  session = () => {
    tokens.push(`tok+${tokens.length + 1}/=&"a"`);
    return { body: { token: tokens.at(-1), ttl: 600 } };
  };
  answer = () => ({ body: { rows: [{ id: 'a', amount: '10.00' }] } });
  partner = await startPartner((request, response) => void serve(request, response));
});
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await rig?.close();
  rig = undefined;
  await partner.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the token of a login', () => {
  it('stands wherever a request wants it: header, query, path, body, form', async () => {
    answer = ({ path }) => ({ body: { rows: [{ id: 'a', amount: '10.00' }], next: path === '/more' ? null : 'p2' } });
    const talking = await talk(everywhere, { maxPages: 2 });
    const { batches, outcome } = await search(talking);
    expect(outcome('one')).toMatchObject({ rowsReceived: 2, requests: 2 });
    await talking.client.verifyOffer({ handle: handlesOf(batches[0]!)[0] });
    const [, first, second, again] = seen;
    const token = tokens[0]!;
    const encoded = encodeURIComponent(token);
    expect(first).toMatchObject({ path: `/s/${encoded}/search?apiSession=${encoded}`, headers: { 'x-mine': token } });
    expect(JSON.parse(first!.body)).toEqual({
      auth: { key: token },
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      who: [`${token}-1`, `${token}-2`],
    });
    expect([second!.path, second!.body]).toEqual([`/more?apiSession=${encoded}`, `session=${encoded}&at=p2`]);
    expect(again!.path).toBe(`/rows/a?sid=${encoded}&apiSession=${encoded}`);
    expect(logins()).toHaveLength(1);
  });

  it('stands in an element of a SOAP header, where a login in JSON may precede it', async () => {
    const soap = everywhere
      .replace('format: json', 'format: xml\nheaders: { soapaction: \'"find"\' }')
      .replace(/search: .*/, 'search: { path: /soap, body: { "s:Envelope": { "s:Header": { Key: token } } } }')
      .replace(/paging: .*/, '')
      .replace('    token: body.token', '    format: json\n    token: body.token');
    const talking = await talk(soap);
    await search(talking);
    expect(seen[1]!.body).toContain('<Key>tok+1/=&amp;&quot;a&quot;</Key>');
  });

  it('is got once for concurrent searches, and anew when it is about to end', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const talking = await talk(everywhere);
    await Promise.all(Array.from({ length: 8 }, () => search(talking)));
    expect(logins().map(({ body }) => JSON.parse(body))).toEqual([{ user: 'the-user', secret: SECRET }]);
    vi.setSystemTime(Date.now() + 539_000);
    await search(talking);
    expect(logins()).toHaveLength(1);
    vi.setSystemTime(Date.now() + 2_000);
    await search(talking);
    expect(logins()).toHaveLength(2);
  });

  it.each([
    ['status 401', 401, {}],
    ['a failure under another status', 500, { error: { kind: 'AUTHENTICATION' } }],
    ['a failure inside a 200', 200, { error: { kind: 'AUTHENTICATION' } }],
  ])(
    'that the partner refuses with %s is got anew, once, and the request made again with it',
    async (_, status, body) => {
      answer = ({ path }) =>
        path.includes(encodeURIComponent(tokens[1] ?? '-')) ? { body: { rows: [] } } : { status, body };
      const talking = await talk(everywhere);
      expect((await search(talking)).outcome('one').status).toBe(OutcomeStatus.EMPTY);
      expect(logins()).toHaveLength(2);
      answer = () => ({ status, body });
      expect((await search(talking)).outcome('one')).toMatchObject({ failure: FailureKind.AUTHENTICATION });
      expect(logins()).toHaveLength(3);
    },
  );

  it('is not got anew where the account may not do what it asks for', async () => {
    answer = () => ({ status: 403, body: {} });
    const talking = await talk(everywhere);
    expect((await search(talking)).outcome('one')).toMatchObject({ failure: FailureKind.AUTHENTICATION });
    expect(logins()).toHaveLength(1);
  });
});

describe('a login', () => {
  it('goes to the host that the account names, and its credentials to no other', async () => {
    const host = await startPartner((request, response) => void serve(request, response));
    const talking = await talk(elsewhere, { options: { loginHost: `${host.url}/auth/` }, sendTraceparent: true });
    expect((await search(talking)).outcome('one').status).toBe(OutcomeStatus.OK);
    expect(host.asked).toEqual(['/auth/login']);
    expect(host.headers[0]).not.toHaveProperty('traceparent');
    expect(partner.asked).toEqual(['/search']);
    expect(seen[1]!.body).not.toContain('hush');
    await host.close();
  });

  it('goes to the endpoint of an account that names none', async () => {
    await search(await talk(elsewhere));
    expect(partner.asked).toEqual(['/login', '/search']);
  });

  it('does not follow an answer to another host', async () => {
    const other = await startPartner((_, response) => json(response, { token: 'x', ttl: 600 }));
    session = () => ({ status: 307, body: {}, headers: { location: `${other.url}/login` } });
    const outcome = (await search(await talk(inHeader))).outcome('one');
    expect(outcome.status).toBe(OutcomeStatus.FAILED);
    expect(other.asked).toEqual([]);
    await other.close();
  });

  it.each(['file:///etc/passwd', 'login.example.com', 'https://user:pass@login.example.com', 'https://x.example/?to='])(
    'to %s is refused when the account is loaded',
    async (loginHost) => {
      await expect(talk(elsewhere, { options: { loginHost } })).rejects.toThrow(/expected a base URL/);
    },
  );

  it('is refused where the manifest names the host instead of the account', async () => {
    const named = elsewhere.replace('default: ""', 'default: "https://login.example.com"');
    await expect(talk(named)).rejects.toThrow(/the account alone names the host/);
  });

  it('that gives a token which is sent nowhere is a mistake of the manifest', async () => {
    const nowhere = inHeader.replace(/ {4}headers: .*/, '');
    await expect(talk(nowhere)).rejects.toThrow(/its token is sent nowhere/);
  });

  it('has a token that rows, failures and warnings cannot read', async () => {
    const leaking = inHeader.replace('detail: body.error.kind', 'detail: token + body.error.kind');
    await expect(talk(leaking)).rejects.toThrow(/a session's token is read in requests alone/);
    const taken = inHeader
      .replace('rows: body.rows', 'rows: [{ each: body.rows, as: token }]')
      .replaceAll('row.', 'token.');
    await expect(talk(taken)).rejects.toThrow(/"token" is the session's own/);
  });

  it.each([
    ['a page of HTML', { body: '<html>log in</html>' }, FailureKind.MALFORMED],
    ['a broken one', { body: '{"token": "abc' }, FailureKind.MALFORMED],
    ['nothing', { body: null }, FailureKind.MALFORMED],
    ['a list for a token', { body: { token: ['t'] } }, FailureKind.MALFORMED],
    ['an object for a token', { body: { token: { t: 1 } } }, FailureKind.MALFORMED],
    ['a header of its own', { body: { token: 'a\r\nx-evil: 1' } }, FailureKind.MALFORMED],
    ['a token without an end', { body: { token: 'x'.repeat(40_000) } }, FailureKind.MALFORMED],
    ['megabytes', { body: { token: 't', more: 'x'.repeat(70_000) } }, FailureKind.TOO_LARGE],
    ['a refusal', { status: 401, body: { error: { kind: 'no' } } }, FailureKind.AUTHENTICATION],
    ['a limit', { status: 429, body: {} }, FailureKind.RATE_LIMIT],
    ['a fault', { status: 503, body: '' }, FailureKind.SERVER_ERROR],
  ])('that is answered with %s fails typed, and is tried again by the next search', async (_what, said, failure) => {
    const good = session;
    session = () => said;
    const talking = await talk(everywhere);
    const outcome = (await search(talking)).outcome('one');
    expect(outcome.failure).toBe(failure);
    expect(seen.map(({ path }) => path)).toEqual(['/login']);
    if (failure === FailureKind.RATE_LIMIT) return;
    session = good;
    expect((await search(talking)).outcome('one').status).toBe(OutcomeStatus.OK);
  });

  it.each([Number.MAX_VALUE, -1, 'never', null])('with a lifetime of %j keeps its token for a while', async (ttl) => {
    session = () => ({ body: { token: 'abcdef', ttl } });
    const talking = await talk(everywhere);
    await search(talking);
    await search(talking);
    expect(logins()).toHaveLength(1);
  });

  it('takes a rotated secret with the next token, without a restart', async () => {
    const directory = writePartners({});
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = path.join(directory, 'secret');
    writeFileSync(file, 'first\n');
    const talking = await talk(everywhere, { credentials: { ...account.credentials, secret: { file } } });
    await search(talking);
    writeFileSync(file, 'second\n');
    await search(talking);
    answer = ({ path }) =>
      path.includes(encodeURIComponent(tokens[0]!)) ? { status: 401, body: {} } : { body: { rows: [] } };
    await search(talking);
    expect(logins().map(({ body }) => JSON.parse(body).secret)).toEqual(['first', 'second']);
  });
});

describe('a credential that requests are signed with', () => {
  it.each([
    ['bearer', '{ bearer: secret }', (said: string) => `Bearer ${said}`],
    ['basic', '{ basic: { username: user, password: secret } }', (said: string) => `Basic ${btoa(`the-user:${said}`)}`],
    ['expression', '{ headers: { authorization: credentials.secret } }', (said: string) => said],
  ])('as %s counts as it is in its file when the request is made', async (_kind, auth, header) => {
    const directory = writePartners({});
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = path.join(directory, 'secret');
    writeFileSync(file, 'first\n');
    const manifest = inHeader.replace(/auth:[\s\S]*$/, `auth: ${auth}\n`);
    const talking = await talk(manifest, { credentials: { ...account.credentials, secret: { file } } });
    await search(talking);
    writeFileSync(file, 'second\n');
    await search(talking);
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([header('first'), header('second')]);
  });
});

describe('a recording', () => {
  it('has the token nowhere, whatever its name, its place and its encoding', async () => {
    mkdirSync(path.join(folder, 'talker'), { recursive: true });
    writeFileSync(path.join(folder, 'talker/manifest.yaml'), everywhere.replaceAll('apiSession', 'k'));
    const configDirectory = writePartners({ one: { adapter: 'talker', endpoint: partner.url, ...account } });
    onTestFinished(() => rmSync(configDirectory, { recursive: true }));
    vi.stubEnv('ENTREPOT_ADAPTERS', folder);
    session = () => ({ body: { token: 'tok+1/=', ttl: 600 } });
    answer = () => ({ body: { rows: [{ id: 'a', amount: '10.00' }], seenAs: 'tok+1/=' } });
    const criteria = { stay: { place: 'PAR', checkIn: '2031-05-01', checkOut: '2031-05-03', rooms: [{ adults: 2 }] } };
    const request = { configDirectory, market: 'GB', currency: 'EUR', criteriaOf: () => criteria };
    const [recorded, tried] = [await recordPartner('one', request), await tryPartner('one', request)];
    expect(recorded.cassette.exchanges).toHaveLength(2);
    expect(tried.requests).toHaveLength(2);
    const text = JSON.stringify([recorded.cassette, tried]);
    expect(text).toContain('/s/redacted/search?k=redacted');
    for (const form of ['tok+1', 'tok%2B1', 'hush', 'the-user']) expect(text).not.toContain(form);
  });
});

describe('secrets that a partner quotes', () => {
  it('stand in no error of the login itself', async () => {
    session = () => ({
      status: 400,
      body: { error: { kind: 'AUTHENTICATION', text: `the-user, ${SECRET}: unknown` } },
    });
    const outcome = (await search(await talk(inHeader))).outcome('one');
    expect(outcome.detail).toBe('status 400: AUTHENTICATION redacted, redacted: unknown');
  });
});

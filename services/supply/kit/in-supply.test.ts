import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureKind, OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { bodyOf, json, type PartnerServer, startPartner } from '../testing/partner-server.ts';
import { handlesOf, only, type Rig, said, search, start, startRig } from '../testing/rig.ts';

// What a manifest says about talking, tried where it is carried out: in supply, against a partner that listens.
const manifest = `
name: talker
title: Talker
vertical: stay
format: json
defaults: { timeoutMs: 4000, maxPages: 1, maxBodyBytes: 65536, concurrency: 4, lifetimeSeconds: 600 }
failures:
  stated: has(body.error)
  kind: body.error.kind
  detail: body.error.kind
  retryAfterSeconds: body.error.wait
search: { path: /search }
rows: body.rows
mapping:
  id: row.id
  price: { total: row.amount, currency: '"EUR"', basis: '"INCLUDED"' }
  item: { property_code: row.id }
verify: { request: { path: "/rows/{row.id}" }, single: true }
handoff: { token: row.id }
`;

const folder = mkdtempSync(path.join(tmpdir(), 'entrepot-talker-'));
let partner: PartnerServer;
let rig: Rig | undefined;

async function talk(text: string, account: object = {}): Promise<Rig> {
  mkdirSync(path.join(folder, 'talker'), { recursive: true });
  writeFileSync(path.join(folder, 'talker/manifest.yaml'), text);
  rig = await startRig(
    { one: { adapter: 'talker', endpoint: partner.url, ...account } },
    { adapterDirectories: [folder] },
  );
  return rig;
}

beforeEach(async () => {
  partner = await startPartner((_, response) => json(response, { rows: [] }));
});
afterEach(async () => {
  await rig?.close();
  rig = undefined;
  await partner.close();
  rmSync(folder, { recursive: true, force: true });
});

it('leaves a partner alone as long as it says, also where it says so inside a 200', async () => {
  partner.handler = (_, response) => json(response, { error: { kind: 'RATE_LIMIT', wait: 30 } });
  const talking = await talk(manifest);
  const first = (await search(talking)).outcome('one');
  expect(first).toMatchObject({ status: OutcomeStatus.RATE_LIMITED, failure: FailureKind.RATE_LIMIT });
  expect(first.retryAfterMs).toBe(30_000);
  await search(talking);
  expect(partner.asked).toHaveLength(1);
});

it('keeps a time that has a name a time, to be compared with now', async () => {
  const named = manifest.replace(
    '  price:',
    `  let: { until: 'local_instant(row.until, "Europe/Madrid")' }
  reject: [{ when: '!(now < until)', because: its time is over }]
  price:`,
  );
  const rows = ['2020-01-01T00:00:00Z', '2099-01-01T00:00:00Z'].map((until) => ({ id: until, amount: '1.00', until }));
  partner.handler = (_, response) => json(response, { rows });
  expect((await search(await talk(named))).outcome('one')).toMatchObject({ rowsReceived: 2, offersKept: 1 });
});

describe('a session', () => {
  const inSession = `${manifest}
credentials: { secret: the secret of the account }
options: { brand: { type: string, description: brand of the account, default: sea } }
auth:
  session:
    request: { path: /login, body: { secret: credentials.secret, brand: options.brand } }
    token: body.session.token
    lifetimeSeconds: body.session.ttl
    headers: { x-session: '"token " + token' }
`;
  const account = { credentials: { secret: { env: 'TALKER_SECRET' } } };
  const accepted = new Set<string>();
  let logins: unknown[];
  /** What a login gives. */
  let session: () => object;

  beforeEach(() => {
    process.env.TALKER_SECRET = 'hush';
    logins = [];
    accepted.clear();
    session = () => {
      const token = `t${logins.length}`;
      accepted.add(`token ${token}`);
      return { session: { token, ttl: 600 } };
    };
    partner.handler = async (request, response) => {
      if (request.url === '/login') {
        logins.push(JSON.parse(await bodyOf(request)));
        return json(response, session());
      }
      if (!accepted.has(String(request.headers['x-session'])))
        return json(response, { error: { kind: 'AUTHENTICATION' } });
      return json(response, { rows: [{ id: 'a', amount: '10.00' }] });
    };
  });
  afterEach(() => {
    delete process.env.TALKER_SECRET;
  });

  it('is opened once, with secrets in its body, for all searches and verifications', async () => {
    const talking = await talk(inSession, account);
    // Of different markets: the same question would be asked once.
    const markets = ['GB', 'FR', 'DE'];
    const [found] = await Promise.all(markets.map((market) => search(talking, start({ market }))));
    const { batches } = found!;
    await talking.client.verifyOffer({ handle: handlesOf(batches[0]!)[0] });
    expect(logins).toEqual([{ secret: 'hush', brand: 'sea' }]);
    expect(partner.asked.toSorted()).toEqual(['/login', '/rows/a', '/search', '/search', '/search']);
  });

  it('goes on being opened for the others when the search that began it is given up', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const answer = partner.handler;
    partner.handler = async (request, response) => {
      if (request.url === '/login') await promise;
      return answer(request, response);
    };
    const talking = await talk(inSession, account);
    const leaving = new AbortController();
    const left = search(talking, undefined, { signal: leaving.signal }).catch((error: unknown) => error);
    await vi.waitFor(() => expect(partner.asked).toEqual(['/login']));
    const others = talking.client.search(only(start({ market: 'FR' })))[Symbol.asyncIterator]();
    // The plan goes out when the partners are being asked.
    const plan = await others.next();
    leaving.abort();
    expect(await left).toBeInstanceOf(Error);
    resolve();
    const waited = said([plan.value, ...(await Array.fromAsync({ [Symbol.asyncIterator]: () => others }))]);
    expect(waited.outcome('one').status).toBe(OutcomeStatus.OK);
    expect(partner.asked).toEqual(['/login', '/search']);
  });

  it('that the partner refuses before its time, even inside a 200, is opened anew', async () => {
    const talking = await talk(inSession, account);
    const { batches } = await search(talking);
    accepted.clear();
    expect((await search(talking)).outcome('one').status).toBe(OutcomeStatus.OK);
    accepted.clear();
    await talking.client.verifyOffer({ handle: handlesOf(batches[0]!)[0] });
    expect(logins).toHaveLength(3);
  });

  it('that is refused again is a failure, after one more try', async () => {
    session = () => ({ session: { token: 'worthless' } });
    const talking = await talk(inSession, account);
    expect((await search(talking)).outcome('one').failure).toBe(FailureKind.AUTHENTICATION);
    expect(logins).toHaveLength(2);
  });

  it('that is not given fails the search, and is asked for again by the next', async () => {
    const open = session;
    session = () => ({ session: {} });
    const talking = await talk(inSession, account);
    expect((await search(talking)).outcome('one').failure).toBe(FailureKind.MALFORMED);
    expect(partner.asked).toEqual(['/login']);
    session = open;
    expect((await search(talking)).outcome('one').status).toBe(OutcomeStatus.OK);
  });

  it('states failures as every answer does', async () => {
    session = () => ({ error: { kind: 'RATE_LIMIT', wait: 20 } });
    const outcome = (await search(await talk(inSession, account))).outcome('one');
    expect(outcome).toMatchObject({ status: OutcomeStatus.RATE_LIMITED, retryAfterMs: 20_000 });
  });

  it('is the one place for a secret in a body, and says so', async () => {
    const misplaced = inSession.replace('path: /search', 'path: /search, headers: { x-key: credentials.secret }');
    await expect(talk(misplaced, account)).rejects.toThrow(/under auth alone, a login under auth\.session/);
  });
});

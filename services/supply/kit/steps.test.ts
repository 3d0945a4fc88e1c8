import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { bodyOf, json, type PartnerServer, startPartner } from '../testing/partner-server.ts';
import { handlesOf, type Rig, search, startRig } from '../testing/rig.ts';

// A partner that has to be asked twice for whatever it says of one row, tried in supply against one that listens.
const manifest = `
name: chain
title: Chain
vertical: stay
format: json
defaults: { timeoutMs: 3000, maxPages: 1, maxBodyBytes: 65536, concurrency: 4, lifetimeSeconds: 600 }
failures:
  stated: has(body.error)
  kind: body.error.kind
  detail: body.error.kind
  gone: body.error.kind == "TAKEN"
credentials: { secret: secret of the account }
auth:
  session:
    request: { path: /login, body: { secret: credentials.secret } }
    token: body.token
    headers: { x-session: token }
steps:
  - { request: { path: /open }, take: { key: body.key } }
search: { path: /search, query: { key: key } }
rows: body.rows
mapping:
  id: row.id
  price: { total: row.amount, currency: '"EUR"', basis: '"INCLUDED"' }
  item: { property_code: row.id, room_name: 'first(check, "none")' }
verify:
  steps:
    - { request: { path: /open, query: { again: row.id, was: key } }, take: { key: body.key } }
    - { request: { path: /check, body: { row: row.id, key: key, session: token } }, take: { check: body.check } }
  request: { path: "/rows/{row.id}", query: { check: check, key: key } }
  single: true
handoff:
  steps:
    - { request: { path: /cart, body: { row: row.id, click: click, check: check } }, take: { cart: body.cart } }
    - { request: { path: "/cart/{cart}/link" }, take: { link: body.link, mark: body.mark } }
  url: link + "?m=" + string(mark)
`;

interface Seen {
  readonly path: string;
  readonly body: unknown;
}

const folder = mkdtempSync(path.join(tmpdir(), 'entrepot-chain-'));
let partner: PartnerServer;
let rig: Rig;
let seen: Seen[];
let opened = 0;
/** What a path answers with instead. */
let instead: Record<string, { readonly status?: number; readonly body: unknown } | 'never'>;

let onLogin = (): void => {};

const usual = (asked: string): unknown => {
  if (asked === '/login') {
    onLogin();
    return { token: 'tok-1' };
  }
  if (asked === '/open') return { key: `k${++opened}` };
  if (asked === '/check') return { check: 'c-1' };
  if (asked === '/cart') return { cart: 'n/1' };
  if (asked === '/cart/n%2F1/link') return { link: 'https://chain.example/go', mark: 7 };
  return { rows: [{ id: 'a', amount: '10.00' }] };
};

beforeEach(async () => {
  vi.stubEnv('CHAIN_SECRET', 'hush-hush');
  seen = [];
  opened = 0;
  instead = {};
  onLogin = () => {};
  partner = await startPartner(async (request, response) => {
    const text = await bodyOf(request);
    seen.push({ path: request.url ?? '', body: text === '' ? undefined : JSON.parse(text) });
    const asked = (request.url ?? '').split('?')[0]!;
    const other = instead[asked];
    if (other !== 'never') json(response, other?.body ?? usual(asked), other?.status);
  });
  await use(manifest);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rig.close();
  await partner.close();
  rmSync(folder, { recursive: true, force: true });
});

async function use(text: string): Promise<void> {
  mkdirSync(path.join(folder, 'chain'), { recursive: true });
  writeFileSync(path.join(folder, 'chain/manifest.yaml'), text);
  const file = { adapter: 'chain', endpoint: partner.url, credentials: { secret: { env: 'CHAIN_SECRET' } } };
  const before = rig as Rig | undefined;
  rig = await startRig({ one: file }, { adapterDirectories: [folder] });
  await before?.close().catch(() => {});
}

/** The row that a search finds; what was asked for it is forgotten. */
async function found() {
  const { batches } = await search(rig);
  seen = [];
  return handlesOf(batches[0]!)[0]!;
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof EntrepotError)) throw new Error(`expected an error, got ${error}`);
  return `${error.reason}: ${error.message}`;
}

describe('a verification with steps', () => {
  it('makes them in order, each with the row, what the search took, and what those before it took', async () => {
    const handle = await found();
    const { offer, batch } = await rig.client.verifyOffer({ handle });
    expect(seen).toEqual([
      { path: '/open?again=a&was=k1', body: undefined },
      { path: '/check', body: { row: 'a', key: 'k2', session: 'tok-1' } },
      { path: '/rows/a?check=c-1&key=k2', body: undefined },
    ]);
    // What they took holds for the verified row, also where it is made again from the held answer.
    expect(offer?.item?.vertical).toMatchObject({ value: { roomName: 'c-1' } });
    const [again] = handlesOf(batch!);
    const { offers } = await rig.client.getOffers({ handles: [handle, again!], readMask: undefined });
    expect(offers.map(({ item }) => item?.vertical?.value)).toMatchObject([{ roomName: 'none' }, { roomName: 'c-1' }]);
  });

  it.each([
    ['says that it is taken', { body: { error: { kind: 'TAKEN' } } }, /^OFFER_SOLD_OUT/],
    ['says so with status 409', { status: 409, body: { error: { kind: 'TAKEN' } } }, /^OFFER_SOLD_OUT/],
    ['fails', { status: 503, body: {} }, /^PARTNER_UNAVAILABLE: .*status 503/],
    ['lacks what is taken', { body: {} }, /^PARTNER_UNAVAILABLE: .*step 2 gave no "check"/],
    ['is no answer', { body: '<html>' }, /^PARTNER_UNAVAILABLE: .*HTML/],
    ['never comes', 'never', /^PARTNER_UNAVAILABLE: .*no answer/],
  ] as const)('ends with what the answer to a step says: one that %s', async (_what, answer, reason) => {
    const handle = await found();
    instead['/check'] = answer;
    expect(await reasonOf(rig.client.verifyOffer({ handle }, { timeoutMs: 1_500 }))).toMatch(reason);
    expect(seen.map(({ path }) => path.split('?')[0])).toEqual(['/open', '/check']);
  });

  it('begins again from its first step when the token is refused on the way', async () => {
    const handle = await found();
    instead['/check'] = { body: { error: { kind: 'AUTHENTICATION' } } };
    onLogin = () => {
      instead = {};
    };
    await rig.client.verifyOffer({ handle });
    expect(seen.map(({ path }) => path.split('?')[0])).toEqual([
      '/open',
      '/check',
      '/login',
      '/open',
      '/check',
      '/rows/a',
    ]);
  });
});

describe('a hand-off that has to be asked for', () => {
  it('is what the last answer took, and the click goes along', async () => {
    const handle = await found();
    const { target } = await rig.client.createHandoff({ handle, clickId: 'click-9' });
    expect(target).toEqual({ $case: 'url', value: 'https://chain.example/go?m=7' });
    expect(seen).toEqual([
      { path: '/cart', body: { row: 'a', click: 'click-9' } },
      { path: '/cart/n%2F1/link', body: undefined },
    ]);
  });

  it('of a verified row has what the verification took', async () => {
    const { batch } = await rig.client.verifyOffer({ handle: await found() });
    seen = [];
    await rig.client.createHandoff({ handle: handlesOf(batch!)[0], clickId: 'c' });
    expect(seen[0]!.body).toEqual({ row: 'a', click: 'c', check: 'c-1' });
  });

  it.each([
    ['says that it is taken', { body: { error: { kind: 'TAKEN' } } }, /^OFFER_SOLD_OUT/],
    ['fails', { status: 500, body: {} }, /^PARTNER_UNAVAILABLE: .*status 500/],
    ['limits', { status: 429, body: {} }, /^PARTNER_UNAVAILABLE: .*status 429/],
    ['gives no link', { body: { mark: 1 } }, /^PARTNER_UNAVAILABLE: .*step 2 gave no "link"/],
    [
      'gives no link of http',
      { body: { link: 'javascript:alert(1)', mark: 1 } },
      /^PARTNER_UNAVAILABLE: .*no link of http/,
    ],
    [
      'gives one without an end',
      { body: { link: `https://x.example/${'x'.repeat(9_000)}`, mark: 1 } },
      /8192 characters/,
    ],
    ['never comes', 'never', /^PARTNER_UNAVAILABLE: .*no answer/],
  ] as const)('ends typed where an answer %s', async (_what, answer, reason) => {
    const handle = await found();
    instead['/cart/n%2F1/link'] = answer;
    expect(await reasonOf(rig.client.createHandoff({ handle, clickId: 'c' }, { timeoutMs: 1_500 }))).toMatch(reason);
  });

  it('keeps away from a partner whose limit was met', async () => {
    const handle = await found();
    instead['/cart'] = { status: 429, body: {} };
    await reasonOf(rig.client.createHandoff({ handle, clickId: 'c' }));
    seen = [];
    expect(await reasonOf(rig.client.createHandoff({ handle, clickId: 'c' }))).toMatch(
      /rate limit was met a moment ago/,
    );
    expect(seen).toEqual([]);
  });

  it('is no part of an offer from what was handed over', async () => {
    const feed = manifest
      .replace('format: json', 'format: json\ntransport: feed')
      .replace(
        /^steps:[\s\S]*?^rows:/m,
        'inventory: { key: row.id, search: { keys: "[\\"a\\"]" } }\nfeed: { path: /f, format: ndjson, everyMinutes: 60 }\nrows:',
      )
      .replace('rows: body.rows\n', '')
      .replace(/^auth:[\s\S]*?^inventory:/m, 'inventory:')
      .replace(/^verify:[\s\S]*?^handoff:/m, 'handoff:');
    await expect(use(feed)).rejects.toThrow(/transport "feed" asks the partner for nothing/);
  });
});

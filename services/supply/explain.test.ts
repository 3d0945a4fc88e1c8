import { hash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readColumns } from '../../libs/columns/index.ts';
import { IdentityRule, type ProductKey } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { ExplainOfferResponse, OfferHandle } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { goods, goodsCsv } from './testing/goods.ts';
import { bodyOf, json, startPartner } from './testing/partner-server.ts';
import { startRemote } from './testing/remote.ts';
import { handlesOf, type Rig, row, search, start, startRig } from './testing/rig.ts';
import { recordedAnswer } from './workbench/record.ts';
import { Redactor } from './workbench/redact.ts';

/** A session's token in path and body, and what people are called; rooms in hotels, with who keeps them. */
const manifest = `
name: keeper
title: Keeper
vertical: stay
format: json
defaults: { timeoutMs: 4000, maxPages: 3, maxBodyBytes: 1048576, concurrency: 4, lifetimeSeconds: 600 }
credentials: { secret: secret of the account }
auth:
  session:
    request: { path: /login, body: { secret: credentials.secret } }
    token: body.token
    headers: { x-session: token }
search:
  path: "/agencies/{token}/stays"
  query: { at: criteria.check_in, contact_email: '"ann@people.example"' }
  body: { user: { name: '"Ann Onymous"' }, pin: token, guests: 2 }
rows:
  - { each: body.hotels, as: hotel }
  - { each: hotel.rooms, as: room }
mapping:
  id: room.id
  price: { total: room.amount, currency: '"EUR"', basis: '"INCLUDED"' }
  item: { property_code: hotel.code, property_name: hotel.name, room_name: room.title }
verify: { request: { path: "/rooms/{room.id}" }, single: true }
handoff: { token: room.id }
`;
/** The same with the account's secret in the query, under a name that says nothing. */
const keyed = manifest
  .replace(/^\nname: keeper/, '\nname: keyed')
  .replace(/auth:[\s\S]*?search:/, 'auth: { query: { k: credentials.secret } }\nsearch:')
  .replace('{token}', 'all')
  .replace('pin: token, ', '');
const [secret, token] = ['hush&"quoted"<hush>', 'tok+1/=&"a"'];

const folder = mkdtempSync(path.join(tmpdir(), 'entrepot-explain-'));
const closing: { close(): Promise<void> }[] = [];

beforeAll(() => {
  for (const [name, text] of Object.entries({ keeper: manifest, keyed })) {
    mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, name, 'manifest.yaml'), text);
  }
});
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
  vi.unstubAllEnvs();
});
afterAll(() => rmSync(folder, { recursive: true }));

const room = (id: string, more: object = {}) => ({ id, title: `Room ${id}`, amount: '100.00', ...more });
const hotels = {
  hotels: [
    {
      code: 'H1',
      name: 'Hotel One',
      contact: { name: 'Bea Keeper', phone: '+44 20 7946 0000', note: `told ${secret} and ${token}` },
      rooms: [room('a'), room('b', { holder: { firstName: 'Carl', session: token } }), room('c')],
    },
  ],
};

interface Keeper {
  readonly rig: Rig;
  readonly handles: OfferHandle[];
  readonly bodies: string[];
}

async function keeper(answer: unknown = hotels, adapter = 'keeper'): Promise<Keeper> {
  vi.stubEnv('KEEPER_SECRET', secret);
  const bodies: string[] = [];
  const partner = await startPartner(async (request, response) => {
    if (request.url === '/base/login') return json(response, { token });
    bodies.push(await bodyOf(request));
    return json(response, answer);
  });
  const credentials = { secret: { env: 'KEEPER_SECRET' } };
  const account = { adapter, endpoint: `${partner.url}/base`, credentials };
  const rig = await startRig({ one: account }, { adapterDirectories: [folder] });
  closing.push(rig, partner);
  const { batches } = await search(rig);
  return { rig, bodies, handles: batches.flatMap(handlesOf) };
}

const explain = (rig: Rig, handle: OfferHandle | undefined, productId = ''): Promise<ExplainOfferResponse> =>
  rig.client.explainOffer({ handle, productId });

describe('an offer is explained', () => {
  it('by request, row and digests, without a secret or a person', async () => {
    const { rig, handles, bodies } = await keeper();
    const before = Date.now();
    const told = await explain(rig, handles[1]);
    expect(told.adapter).toBe('keeper');
    expect(told.manifest).toBe(handles[1]!.manifest);
    expect(told.request).toMatch(
      /^POST http:\/\/127\.0\.0\.1:\d+\/base\/agencies\/redacted\/stays\?at=2031-05-01&contact_email=person-1%40redacted\.example$/,
    );
    expect(told.fetchedAt!.epochMilliseconds).toBeLessThanOrEqual(before);
    expect(told.answerBytes).toBe(JSON.stringify(hotels).length);
    expect(JSON.parse(told.partnerRow)).toEqual({
      room: { id: 'b', title: 'Room b', amount: '100.00', holder: { firstName: 'name-1', session: 'redacted' } },
      hotel: {
        code: 'H1',
        name: 'Hotel One',
        contact: { name: 'name-2', phone: '+15550100001', note: 'told redacted and redacted' },
        rooms: '(room and 2 more)',
      },
    });
    // What was really sent and answered had all of it.
    expect(JSON.parse(bodies[0]!)).toMatchObject({ user: { name: 'Ann Onymous' }, pin: token });
    const text = JSON.stringify(told);
    for (const planted of ['hush', 'tok+1', 'ann@', 'Onymous', 'Keeper"', 'Bea', 'Carl', '7946']) {
      expect(text).not.toContain(planted);
    }
  });

  it('without what authenticated its request, under whatever name', async () => {
    const { rig, handles } = await keeper(hotels, 'keyed');
    expect((await explain(rig, handles[0])).request).toMatch(
      /\/all\/stays\?at=2031-05-01&contact_email=\S+&k=redacted$/,
    );
  });

  it('with digests that are equal for equal questions and answers, whatever is secret in them', async () => {
    const one = await keeper();
    const first = await explain(one.rig, one.handles[0]);
    const [again] = (await search(one.rig)).batches.flatMap(handlesOf);
    const second = await explain(one.rig, again);
    expect(again!.answer).not.toBe(one.handles[0]!.answer);
    expect([second.requestDigest, second.answerDigest]).toEqual([first.requestDigest, first.answerDigest]);
    expect(first.requestDigest).toMatch(/^[\w-]{43}$/);
    const [other] = (await search(one.rig, start({ currency: 'USD' }))).batches.flatMap(handlesOf);
    expect((await explain(one.rig, other)).requestDigest).toBe(first.requestDigest);
    const criteria = start().criteria!.vertical!;
    const later = { vertical: { ...criteria, value: { ...criteria.value, checkIn: '2031-05-02' } } };
    const [moved] = (await search(one.rig, start({ criteria: later as never }))).batches.flatMap(handlesOf);
    const third = await explain(one.rig, moved);
    expect(third.requestDigest).not.toBe(first.requestDigest);
    expect(third.answerDigest).toBe(first.answerDigest);
  });

  it('by the digest that a cassette of its answer has', async () => {
    const { rig, handles } = await keeper();
    const redactor = new Redactor([secret, token]);
    const body = Buffer.from(JSON.stringify(hotels));
    const recorded = recordedAnswer({ status: 200, headers: {}, body }, redactor).body!;
    expect(recorded).not.toContain('hush');
    expect((await explain(rig, handles[0])).answerDigest).toBe(hash('sha256', recorded, 'base64url'));
  });

  it('by the request of its own page', async () => {
    const partner = await startPartner((request, response) => {
      const page = Number(/p=(\d+)/.exec(request.url!)?.[1] ?? 1);
      json(response, { rows: [row(page)], ...(page < 3 && { next: `/search?p=${page + 1}` }) });
    });
    const rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    closing.push(rig, partner);
    const handles = (await search(rig)).batches.flatMap(handlesOf);
    const told = await Promise.all(handles.map((handle) => explain(rig, handle)));
    expect(told.map(({ request }) => request.replace(partner.url, ''))).toEqual([
      'GET /search?from=2031-05-01&place=PAR&currency=EUR',
      'GET /search?p=2',
      'GET /search?p=3',
    ]);
    expect(told.map(({ partnerRow }) => (JSON.parse(partnerRow) as { id: string }).id)).toEqual(['1', '2', '3']);
  });

  it('by the request that verified it, once it is verified', async () => {
    const partner = await startPartner((request, response) =>
      json(response, { rows: [row(1, { note: request.url!.startsWith('/row') ? 'again' : 'first' })] }),
    );
    const rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    closing.push(rig, partner);
    const [handle] = (await search(rig)).batches.flatMap(handlesOf);
    const { batch } = await rig.client.verifyOffer({ handle });
    const told = await explain(rig, handlesOf(batch!)[0]);
    expect(told.request).toBe(`GET ${partner.url}/row?id=1`);
    expect(JSON.parse(told.partnerRow)).toMatchObject({ note: 'again' });
  });

  it('by a row that is cut off only where nothing of a secret is left over', async () => {
    const rooms = Array.from({ length: 40 }, (_, at) =>
      room(`r${at}`, { notes: `${'x'.repeat(at * 37)}${secret}`.repeat(20) }),
    );
    const { rig, handles } = await keeper({ hotels: [{ code: 'H1', name: 'One', rooms: [room('z')], beside: rooms }] });
    const { partnerRow } = await explain(rig, handles[0]);
    expect(partnerRow).toHaveLength(20_000);
    expect(partnerRow).toContain('redacted');
    expect(partnerRow).not.toMatch(/hush|quoted/);
  });

  it('out of what the partner has handed over, where it was not asked', async () => {
    const file = goodsCsv([['d1', 'cordless drill', '12.00', '4006381333931']]);
    const partner = await startPartner((_, response) => {
      response.writeHead(200, { 'content-type': 'text/csv' });
      response.end(file);
    });
    const key = { env: 'X_KEY', default: 'opens-the-file' };
    const rig = await startRig({ one: { adapter: 'plain-feed', endpoint: partner.url, credentials: { key } } });
    closing.push(rig, partner);
    const sought = start({ criteria: goods({ query: 'drill' }) });
    const handle = await vi.waitFor(
      async () => {
        const [found] = (await search(rig, sought)).batches.flatMap(handlesOf);
        if (found === undefined) throw new Error('the file has not been read yet');
        return found;
      },
      { timeout: 15_000 },
    );
    const told = await explain(rig, handle);
    expect(told.request).toBe('what it has handed over: words "drill"; at most 200 rows');
    expect(told.requestDigest).toMatch(/^[\w-]{43}$/);
    expect(JSON.parse(told.partnerRow)).toMatchObject({ id: 'd1', title: 'cordless drill' });
  });
});

describe('its identity', () => {
  const key = (partner: string, text: string): ProductKey => ({
    partner,
    key: text,
    rule: IdentityRule.PLACE_AND_NAME,
    confidence: 0.9,
    evidence: 'name 0.93, 41 m apart',
  });

  it('is what leads from the row to the product, by the evidence that the row gave', async () => {
    const { rig, handles } = await keeper();
    const asked: unknown[] = [];
    rig.normalization.product = ({ productId, statedBy }) => {
      asked.push([productId, statedBy?.partner, readColumns(statedBy!.rows!).get('property_code')?.get(0)]);
      return {
        productId,
        vertical: 'stay',
        title: 'Hotel One',
        createdAt: undefined,
        content: undefined,
        formerProductIds: [],
        etag: '',
        updatedAt: undefined,
        keys: [key('one', 'H1')],
      };
    };
    expect((await explain(rig, handles[0], 'product-H1')).identity).toEqual([key('one', 'H1')]);
    expect(asked).toEqual([['product-H1', 'one', 'H1']]);
    // Nobody knows yet which product it is, or nobody wants to know.
    expect((await explain(rig, handles[0], '~provisional')).identity).toEqual([]);
    expect((await explain(rig, handles[0])).identity).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it('is left out where normalization has no such product', async () => {
    const { rig, handles } = await keeper();
    const told = await explain(rig, handles[0], 'product-H1');
    expect(told.identity).toEqual([]);
    expect(told.adapter).toBe('keeper');
  });
});

describe('where the answer is gone', () => {
  it('an offer is OFFER_EXPIRED, one whose own time is over is explained', async () => {
    const partner = await startPartner((_, response) =>
      json(response, { rows: [row(1, { expires: Date.now() + 40 }), row(2)] }),
    );
    const rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    closing.push(rig, partner);
    const [handle] = (await search(rig)).batches.flatMap(handlesOf);
    await vi.waitFor(async () =>
      expect(rig.client.verifyOffer({ handle })).rejects.toMatchObject({ reason: 'OFFER_EXPIRED' }),
    );
    expect(JSON.parse((await explain(rig, handle)).partnerRow)).toMatchObject({ id: '1' });
    for (const gone of [
      { ...handle!, answer: 'another' },
      { ...handle!, manifest: 'another' },
      { ...handle!, row: 9 },
    ]) {
      await expect(explain(rig, gone)).rejects.toMatchObject({ reason: 'OFFER_EXPIRED' });
    }
    await expect(explain(rig, undefined)).rejects.toMatchObject({ violations: [{ field: 'handle' }] });
  });
});

describe('an offer of a partner by address', () => {
  const far = async (changes: Parameters<typeof startRemote>[0] = {}) => {
    vi.stubEnv('FAR_TOKEN', 'hush-hush-token');
    const remote = await startRemote(changes);
    const rig = await startRig({ far: { address: remote.address, vertical: 'stay', token: { env: 'FAR_TOKEN' } } });
    closing.push(rig, remote);
    const [handle] = (await search(rig)).batches.flatMap(handlesOf);
    return { remote, rig, handle: handle! };
  };

  it('is told of as far as is known here, where its adapter does not explain', async () => {
    const { rig, handle, remote } = await far();
    rig.normalization.product = ({ productId }) => ({
      productId,
      vertical: 'stay',
      title: '',
      createdAt: undefined,
      content: undefined,
      formerProductIds: [],
      etag: '',
      updatedAt: undefined,
      keys: ['far', '', 'other'].map((partner) => ({
        partner,
        key: 'k',
        rule: IdentityRule.NEW,
        confidence: 1,
        evidence: '',
      })),
    });
    const told = await explain(rig, handle, 'product-H1');
    expect(told).toMatchObject({
      adapter: 'remote',
      manifest: 'remote-manifest',
      request: `grpc://${remote.address}/entrepot.supply.v1.SupplyService/Search`,
      partnerRow: '',
    });
    expect(told.identity.map(({ partner }) => partner)).toEqual(['far', '']);
  });

  it('is told of by its adapter, without what must not be told', async () => {
    const { rig, handle } = await far({
      explain: async ({ handle: own }) => ({
        adapter: 'python-hotels',
        manifest: 'not to be believed',
        request: 'GET https://far.example/search?token=abc&q=hush-hush-token',
        requestDigest: 'q'.repeat(43),
        answerDigest: 'no digest, but a sentence',
        answerBytes: 99,
        fetchedAt: Temporal.Now.instant().add({ hours: 5 }),
        partnerRow: JSON.stringify({
          row: own!.row,
          password: 'p',
          contact: { email: 'ann@people.example' },
          t: 'hush-hush-token',
        }),
        identity: [],
        charges: [],
      }),
    });
    const told = await explain(rig, handle);
    expect(told).toMatchObject({
      adapter: 'python-hotels',
      manifest: 'remote-manifest',
      request: 'GET https://far.example/search?token=redacted&q=redacted',
      requestDigest: 'q'.repeat(43),
      answerDigest: '',
      answerBytes: 99,
    });
    expect(told.fetchedAt!.epochMilliseconds).toBeLessThanOrEqual(Date.now());
    expect(JSON.parse(told.partnerRow)).toEqual({
      row: 1,
      password: 'redacted',
      contact: { email: 'person-1@redacted.example' },
      t: 'redacted',
    });
  });

  it('is OFFER_EXPIRED where its adapter says so, or it is another partner now', async () => {
    const { rig, handle } = await far({
      explain: async () => {
        throw new EntrepotError({ reason: 'OFFER_EXPIRED', message: 'gone' });
      },
    });
    await expect(explain(rig, handle)).rejects.toMatchObject({ reason: 'OFFER_EXPIRED' });
    await expect(explain(rig, { ...handle, manifest: 'elsewhere' })).rejects.toMatchObject({ reason: 'OFFER_EXPIRED' });
  });
});

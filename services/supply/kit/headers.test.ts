import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FailureKind, OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { json, type PartnerServer, startPartner } from '../testing/partner-server.ts';
import { handlesOf, type Rig, search, startRig } from '../testing/rig.ts';
import { compiled } from './testing.ts';

const manifest = `
name: talker
title: Talker
vertical: stay
format: json
defaults: { timeoutMs: 4000, maxPages: 3, maxBodyBytes: 65536, concurrency: 1, lifetimeSeconds: 600 }
steps:
  - { request: { path: /open }, take: { key: 'headers["x-search-key"]' } }
search: { path: /search, query: { key: key, page: cursor } }
paging: { cursor: 'headers["x-next"]' }
failures: { kind: 'headers["x-why"] == "quota" ? "RATE_LIMIT" : ""', retryAfterSeconds: 'int(headers["x-wait-ms"]) / 1000' }
quota: { remaining: 'headers["x-left"]', resetSeconds: 'double(headers["x-reset-ms"]) / 1000.0' }
rows: body.rows
mapping:
  id: row.id
  price: { total: row.amount, currency: 'headers["x-currency"]', basis: '"INCLUDED"' }
  item: { property_code: row.id, zone: 'headers["x-district"]' }
verify: { request: { path: "/rows/{row.id}" }, single: true }
handoff: { token: row.id }
`;

const folder = mkdtempSync(path.join(tmpdir(), 'entrepot-headers-'));
let partner: PartnerServer;
let rig: Rig | undefined;

async function talk(text: string): Promise<Rig> {
  mkdirSync(path.join(folder, 'talker'), { recursive: true });
  writeFileSync(path.join(folder, 'talker/manifest.yaml'), text);
  rig = await startRig({ one: { adapter: 'talker', endpoint: partner.url } }, { adapterDirectories: [folder] });
  return rig;
}

beforeEach(async () => {
  partner = await startPartner((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    const second = searchParams.get('page') === '2';
    response.setHeader('X-Search-Key', 'k7');
    response.setHeader('X-Currency', second ? 'JPY' : 'EUR');
    response.setHeader('X-District', pathname.startsWith('/rows') ? 'Harbour' : 'Old Town');
    if (pathname === '/search' && !second) response.setHeader('X-Next', '2');
    json(response, { rows: [{ id: second ? 'b' : 'a', amount: '100' }] });
  });
});
afterEach(async () => {
  await rig?.close();
  rig = undefined;
  await partner.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('headers of answers', () => {
  it('are read by steps, paging, mapping and a verification, each of its own answer', async () => {
    const talking = await talk(manifest);
    const found = await search(talking);
    expect(partner.asked).toEqual(['/open', '/search?key=k7', '/search?key=k7&page=2']);
    expect(found.outcome('one')).toMatchObject({ status: OutcomeStatus.OK, offersKept: 2 });
    const handles = found.batches.flatMap(handlesOf);
    const offers = (await talking.client.getOffers({ handles, readMask: undefined })).offers;
    expect(offers.map(({ partnerTotal }) => partnerTotal?.currencyCode).sort()).toEqual(['EUR', 'JPY']);
    const { offer } = await talking.client.verifyOffer({ handle: handles[0] });
    expect(offer?.item?.vertical?.value).toMatchObject({ zone: 'Harbour' });
  });

  it('say in failures what went wrong and when to come back', async () => {
    partner.handler = (_, response) => {
      response.setHeader('X-Why', 'quota');
      response.setHeader('X-Wait-Ms', '30000');
      json(response, {}, 503);
    };
    const outcome = (await search(await talk(manifest))).outcome('one');
    expect(outcome).toMatchObject({ failure: FailureKind.RATE_LIMIT, retryAfterMs: 30_000 });
  });

  it('tell of a quota in words of the partner: none left, none asked', async () => {
    partner.handler = (_, response) => {
      response.setHeader('X-Left', '0');
      response.setHeader('X-Reset-Ms', '36000000');
      json(response, { error: 'busy' }, 500);
    };
    const talking = await talk(manifest);
    expect((await search(talking)).outcome('one').status).toBe(OutcomeStatus.FAILED);
    expect((await search(talking)).outcome('one').status).toBe(OutcomeStatus.RATE_LIMITED);
    expect(partner.asked).toHaveLength(1);
  });

  const odd = (source: string) => () =>
    compiled(
      `format: json\nsearch: {path: /}\nrows: body.rows\nwarning: '${source}'\nmapping: {id: row.id, price: {total: row.a, currency: row.b}, item: {}}\n`,
    );

  it('are read by names in small letters alone, for only those that are read are kept', () => {
    expect(odd('headers["X-Left"]')).toThrow(/headers have names in small letters: headers\["x-left"\]/);
    expect(odd('headers[locale]')).toThrow(/headers are read by name/);
    expect(odd('headers.exists(name, name == "x")')).toThrow(/headers are read by name/);
    expect(odd('first(headers.etag, headers["x-b"])')().answerHeaders).toEqual(['etag', 'x-b']);
  });

  it('of a quota need to say when it is whole again', () => {
    const quota = (text: string) => () =>
      compiled(
        `format: json\nsearch: {path: /}\nrows: body.rows\nquota: ${text}\nmapping: {id: row.id, price: {total: row.a, currency: row.b}, item: {}}\n`,
      );
    expect(quota('{ remaining: body.left }')).toThrow(/give one of resetSeconds and resetAt/);
    const { quota: read } = quota('{ remaining: body.left, resetAt: body.at }')();
    const context = { now: Date.parse('2027-01-11T09:00:00Z') } as never;
    expect(read!(200, { left: 3, at: '2027-01-11T10:00:30+01:00' }, context)).toEqual({
      remaining: 3,
      resetMs: 30_000,
    });
    for (const body of [
      undefined,
      {},
      { left: 3 },
      { left: '', at: '2027-01-11T10:00:30+01:00' },
      { left: 1, at: '2020-01-01T00:00:00Z' },
    ]) {
      expect(read!(200, body, context), JSON.stringify(body)).toBeUndefined();
    }
  });
});

describe('what authenticates', () => {
  it('is known by name, so that recordings go without it', () => {
    const parts = (auth: string) =>
      compiled(
        `format: json\ncredentials: {key: the key}\nauth: ${auth}\nsearch: {path: /}\nrows: body.rows\nmapping: {id: row.id, price: {total: row.a, currency: row.b}, item: {}}\n`,
      ).authenticatedBy;
    expect(parts('{ headers: { X-Sign: credentials.key, X-Date: string(now) } }')).toEqual({
      headers: ['x-sign', 'x-date'],
      query: [],
      fields: [],
    });
    expect(parts('{ query: { sg: credentials.key } }')).toMatchObject({ query: ['sg'] });
    expect(parts('{ bearer: key }')).toBeUndefined();
    const session =
      '{ session: { request: { path: /l, query: { v: \'"1"\', k: credentials.key }, body: { in: { pin: credentials.key, app: \'"x"\' } } }, token: body.t, headers: { X-T: token } } }';
    expect(parts(session)).toEqual({ headers: ['x-t'], query: ['k'], fields: ['pin'] });
  });
});

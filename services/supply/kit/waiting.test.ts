import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureKind, OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { bodyOf, json, type PartnerServer, startPartner } from '../testing/partner-server.ts';
import { handlesOf, type Rig, search, startRig } from '../testing/rig.ts';
import { asked, compiled } from './testing.ts';

// A partner that takes its time with everything, answers in pages, and repeats nothing of what was asked.
const mapped = `
steps:
  - request: { path: /open }
    until: present(body.key)
    everyMs: 50
    take: { key: body.key }
search: { path: /search, query: { key: key, after: cursor } }
poll: { request: { path: /search, query: { key: key, after: cursor } }, until: body.status == "DONE", everyMs: 50 }
paging: { cursor: body.next }
failures: { gone: body.outcome == "SOLD" }
answer: { money: body.currency }
joins: { rooms: { each: body.rooms, key: it.id } }
rows: [{ each: body.offers, as: offer }]
mapping:
  id: offer.id
  let: { label: 'rooms[offer.room].name' }
  price: { total: offer.amount, currency: money, basis: '"INCLUDED"' }
  item: { property_code: offer.id, room_name: 'offer.amount + " " + money + " " + label + first(" " + seen, "")' }
verify:
  steps:
    - request: { path: /check, body: { offer: offer.id, page: page, offset: offset, after: cursor } }
      take: { check: body.check, seen: label + offer.room }
  request: { path: "/check/{check}" }
  until: body.status == "DONE"
  everyMs: 50
  rows: [{ each: '[{"id": offer.id, "room": offer.room, "amount": body.amount}]', as: offer }]
  keep: [rooms, money]
handoff:
  steps:
    - request: { path: /way, body: { offer: offer.id } }
      until: present(body.state)
      everyMs: 50
      take: { state: body.state, mark: offer.room + click }
  url: 'state == "ready" ? "https://slow.example/" + mark : absent()'
`;
const manifest = `
name: slow
title: Slow
vertical: stay
format: json
defaults: { timeoutMs: 3000, maxPages: 3, maxBodyBytes: 65536, concurrency: 4, lifetimeSeconds: 600 }
${mapped}`;

/** As `compiled` takes it, which has a hand-off of its own. */
const apart = `format: json\n${mapped.replace(/^handoff:[\s\S]*/m, '')}`;

const folder = mkdtempSync(path.join(tmpdir(), 'entrepot-slow-'));
let partner: PartnerServer;
let rig: Rig;
/** What a path answers with, one after the other; the last again and again. */
let said: Record<string, readonly object[]>;
let seen: { readonly path: string; readonly body: unknown }[];
/** Called when a path has been asked so often, before that is answered. */
let onAsked: { readonly path: string; readonly times: number; readonly act: () => void } | undefined;

const offer = (id: string, amount: string) => ({ id, amount, room: 'r1' });
const page = (status: string, offers: readonly object[], more: object = {}) => ({
  status,
  currency: 'EUR',
  rooms: [{ id: 'r1', name: 'Attic' }],
  offers,
  ...more,
});
const working = { status: 'WORKING' };

beforeEach(async () => {
  seen = [];
  onAsked = undefined;
  said = {
    '/open': [{ key: 'k' }],
    '/search?key=k': [page('DONE', [offer('a', '10.00')])],
    '/check': [{ check: 'c' }],
    '/check/c': [working, working, { status: 'DONE', amount: '12.00' }],
    '/way': [{}, {}, { state: 'ready' }],
  };
  partner = await startPartner(async (request, response) => {
    const text = await bodyOf(request);
    const asked = request.url ?? '';
    seen.push({ path: asked, body: text === '' ? undefined : JSON.parse(text) });
    const times = seen.filter((one) => one.path === asked).length;
    if (onAsked?.path === asked && onAsked.times === times) onAsked.act();
    json(response, said[asked]?.[times - 1] ?? said[asked]?.at(-1) ?? {}, said[asked] === undefined ? 404 : 200);
  });
  await use(manifest);
});
afterEach(async () => {
  vi.useRealTimers();
  await rig.close();
  await partner.close();
  rmSync(folder, { recursive: true, force: true });
});

async function use(text: string): Promise<void> {
  mkdirSync(path.join(folder, 'slow'), { recursive: true });
  writeFileSync(path.join(folder, 'slow/manifest.yaml'), text);
  const before = rig as Rig | undefined;
  rig = await startRig({ one: { adapter: 'slow', endpoint: partner.url } }, { adapterDirectories: [folder] });
  await before?.close().catch(() => {});
}

/** Handles of what a search finds; what was asked for it is forgotten. */
async function found() {
  const { batches } = await search(rig);
  seen = [];
  return batches.flatMap((batch) => handlesOf(batch));
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof EntrepotError)) throw new Error(`expected an error, got ${error}`);
  return `${error.reason}: ${error.message}`;
}

/**
 * The clock stands still until a path has been asked so often, or so many milliseconds after that: then the partner's time is over,
 * however fast or slow this machine is.
 */
function timeIsOverAfter(path: string, times: number, ms = 0): void {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now });
  const over = () => void vi.setSystemTime(now + 3_600_000);
  onAsked = { path, times, act: ms === 0 ? over : () => setTimeout(over, ms) };
}

const paths = () => seen.map(({ path }) => path);

describe('a search that is answered bit by bit', () => {
  beforeEach(() => {
    said['/search?key=k'] = [
      page('WORKING', [offer('a', '10.00'), offer('b', '20.00')], { next: 'p2' }),
      page('WORKING', [offer('a', '11.00'), offer('c', '30.00')]),
      page('DONE', [offer('a', '12.00'), offer('c', '30.00')]),
    ];
  });

  it('makes offers of its whole answer alone: a price that changed is the last one, and what went is gone', async () => {
    const result = await search(rig);
    expect(result.outcome('one')).toMatchObject({ status: OutcomeStatus.OK, rowsReceived: 2, offersKept: 2 });
    const handles = result.batches.flatMap((batch) => handlesOf(batch));
    const { offers } = await rig.client.getOffers({ handles, readMask: undefined });
    expect(offers.map(({ item }) => item?.vertical?.value)).toMatchObject([
      { propertyCode: 'a', roomName: '12.00 EUR Attic' },
      { propertyCode: 'c', roomName: '30.00 EUR Attic' },
    ]);
  });

  it('has no offers and timed out where the time ends before', async () => {
    said['/search?key=k'] = [page('WORKING', [offer('a', '10.00')])];
    timeIsOverAfter('/search?key=k', 3);
    const { outcome, batches } = await search(rig);
    expect(outcome('one')).toMatchObject({
      status: OutcomeStatus.TIMED_OUT,
      failure: FailureKind.TIMEOUT,
      rowsReceived: 0,
    });
    expect(batches).toEqual([]);
  });

  it('shows them on the way where the manifest says that they are final, and keeps them when the time ends', async () => {
    await use(
      manifest.replace('body.status == "DONE", everyMs: 50 }', 'body.status == "DONE", everyMs: 50, partial: true }'),
    );
    said['/search?key=k'] = [
      page('WORKING', [offer('a', '10.00')]),
      page('WORKING', [offer('a', '10.00'), offer('b', '20.00')]),
    ];
    timeIsOverAfter('/search?key=k', 3);
    const { outcome } = await search(rig);
    expect(outcome('one')).toMatchObject({ status: OutcomeStatus.PARTIAL, rowsReceived: 2, offersKept: 2 });
  });
});

describe('a step', () => {
  it('is asked again until its answer is whole, and only then taken from', async () => {
    said['/open'] = [{}, {}, { key: 'k' }];
    expect((await search(rig)).outcome('one')).toMatchObject({ status: OutcomeStatus.OK, offersKept: 1 });
    expect(paths()).toEqual(['/open', '/open', '/open', '/search?key=k']);
  });

  it('times out where it never is', async () => {
    said['/open'] = [{}];
    timeIsOverAfter('/open', 3);
    const { outcome } = await search(rig);
    expect(outcome('one')).toMatchObject({
      status: OutcomeStatus.TIMED_OUT,
      failure: FailureKind.TIMEOUT,
      detail: 'it was still working on its answer when the time was over',
    });
    expect(paths()).toEqual(['/open', '/open', '/open']);
  });

  it('times out as well where its time is over before it can be asked again', async () => {
    said['/open'] = [{}];
    // What a busy machine does: it sleeps for longer than it was to.
    timeIsOverAfter('/open', 2, 25);
    const { outcome } = await search(rig);
    expect(outcome('one')).toMatchObject({ status: OutcomeStatus.TIMED_OUT, failure: FailureKind.TIMEOUT });
    expect(paths()).toEqual(['/open', '/open']);
  });
});

describe('a verification', () => {
  it('waits for the answer to be whole, and knows the row that it is about', async () => {
    const [handle] = await found();
    const { offer, batch } = await rig.client.verifyOffer({ handle });
    expect(paths()).toEqual(['/check', '/check/c', '/check/c', '/check/c']);
    expect(offer?.item?.vertical?.value).toMatchObject({ propertyCode: 'a', roomName: '12.00 EUR Attic Atticr1' });
    // Once more, from the verified row on.
    seen = [];
    said['/check/c'] = [{ status: 'DONE', amount: '13.00' }];
    const again = await rig.client.verifyOffer({ handle: handlesOf(batch!)[0] });
    expect(again.offer?.item?.vertical?.value).toMatchObject({ roomName: '13.00 EUR Attic Atticr1' });
  });

  it('is unavailable where the answer never is, whatever it says meanwhile', async () => {
    const [handle] = await found();
    said['/check/c'] = [{ status: 'WORKING', amount: '10.00' }];
    timeIsOverAfter('/check/c', 3);
    expect(await reasonOf(rig.client.verifyOffer({ handle }))).toMatch(
      /^PARTNER_UNAVAILABLE: .*still working on its answer/,
    );
  });

  it('ends where the partner says meanwhile that the offer is gone', async () => {
    const [handle] = await found();
    said['/check/c'] = [working, { status: 'WORKING', outcome: 'SOLD' }];
    expect(await reasonOf(rig.client.verifyOffer({ handle }))).toMatch(/^OFFER_SOLD_OUT/);
  });

  it('of a row of a further page knows which page that was', async () => {
    said['/search?key=k'] = [page('DONE', [offer('a', '10.00')], { next: 'p2' })];
    said['/search?key=k&after=p2'] = [page('DONE', [offer('b', '20.00')])];
    const handles = await found();
    expect(handles).toHaveLength(2);
    await rig.client.verifyOffer({ handle: handles[0]! });
    await rig.client.verifyOffer({ handle: handles[1]! });
    expect(seen.filter(({ path }) => path === '/check').map(({ body }) => body)).toEqual([
      { offer: 'a', page: 1, offset: 0 },
      { offer: 'b', page: 2, offset: 1, after: 'p2' },
    ]);
  });

  it('takes what the new answer has of its own before what is kept', async () => {
    const [handle] = await found();
    said['/check/c'] = [{ status: 'DONE', amount: '12.00', currency: 'GBP', rooms: [{ id: 'r1', name: 'Cellar' }] }];
    const { offer } = await rig.client.verifyOffer({ handle });
    expect(offer?.item?.vertical?.value).toMatchObject({ roomName: '12.00 GBP Cellar Atticr1' });
  });

  it('takes nothing else of the answer before: what the new one lacks is lacking', async () => {
    await use(manifest.replace('keep: [rooms, money]', 'keep: [rooms]'));
    const [handle] = await found();
    expect(await reasonOf(rig.client.verifyOffer({ handle }))).toMatch(/^PARTNER_UNAVAILABLE: .*cannot be used/);
  });

  it('has a row that is the same when it is read again from the held answer alone', () => {
    const adapter = compiled(apart);
    const context = {
      ...asked(),
      progress: { step: 1, page: 2, offset: 1, cursor: 'p2', polls: 1, taken: { key: 'k' } },
    };
    const result = adapter.read(page('DONE', [offer('a', '10.00')]), context);
    const [row] = 'rows' in result ? result.rows : [];
    const first = adapter.verify(row!, context);
    const stepped = adapter.readVerified({ check: 'c' }, { ...context, progress: first.progress! }, row!);
    if (!('next' in stepped)) throw new Error('the step is not followed by the request');
    const answered = { ...context, progress: stepped.next.progress! };
    const whole = { status: 'DONE', amount: '12.00' };
    const verified = adapter.readVerified(whole, answered, row!);
    if (!('row' in verified)) throw new Error('there is no row');
    for (const one of [verified.row, adapter.rowOfVerified(whole, answered)]) {
      expect(adapter.price(one, answered)).toMatchObject({ totalMinor: 1200, currency: 'EUR' });
      expect(adapter.item(one, answered, () => true)).toMatchObject({ value: { roomName: '12.00 EUR Attic Atticr1' } });
    }
    // Of the answer before, no more is held on to than is read of it.
    expect(Object.keys(answered.progress.before!.values).sort()).toEqual(['money', 'offer', 'rooms']);
  });
});

describe('a hand-off', () => {
  it('waits for the answer to be whole, and knows the row and the click', async () => {
    const [handle] = await found();
    const { target } = await rig.client.createHandoff({ handle, clickId: '-9' });
    expect(target).toEqual({ $case: 'url', value: 'https://slow.example/r1-9' });
    expect(paths()).toEqual(['/way', '/way', '/way']);
  });

  it('is unavailable where the answer never is', async () => {
    const [handle] = await found();
    said['/way'] = [{}];
    timeIsOverAfter('/way', 3);
    expect(await reasonOf(rig.client.createHandoff({ handle, clickId: 'c' }))).toMatch(
      /^PARTNER_UNAVAILABLE: .*still working on its answer/,
    );
  });

  it.each([
    ['a link', manifest],
    ['a link that is made of the row alone', manifest.replace(/handoff:[\s\S]*/, 'handoff: { url: offer.link }\n')],
    ['what it is asked for with', manifest.replace('path: /way', 'path: "/way/{offer.link}"')],
  ])('without %s is unavailable, in words for people', async (_what, text) => {
    await use(text);
    const [handle] = await found();
    said['/way'] = [{ state: 'none' }];
    const reason = await reasonOf(rig.client.createHandoff({ handle, clickId: 'c' }));
    expect(reason).toMatch(
      /^PARTNER_UNAVAILABLE: one did not answer as needed: the offer (has no link to go on with|lacks what)/,
    );
    expect(reason).not.toMatch(/Error|\{/);
  });
});

it.each([
  ['steps', '    everyMs: 50\n    take: { key', '    take: { key', /9:5: until and everyMs come together/],
  ['verify', '  until: body.status == "DONE"\n', '', /until and everyMs come together/],
  ['keep', 'keep: [rooms, money]', 'keep: [rooms, label]', /"label" is none of answer and joins/],
])('what does not fit together in %s is told', (_where, from, to, reason) => {
  expect(apart).toContain(from);
  expect(() => compiled(apart.replace(from, to))).toThrow(reason);
});

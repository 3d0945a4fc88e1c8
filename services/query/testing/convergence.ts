import fc from 'fast-check';
import { expect, vi } from 'vitest';
import { Grouping, Screen, type SearchRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { offerId } from '../ids.ts';
import type { FakeSearch } from './fake-supply.ts';
import { Follower } from './follower.ts';
import { flightSearch, type Rig, startRig } from './rig.ts';
import { batchOf, madeOf, type TestRow } from './rows.ts';

/**
 * A search in which everything happens that can: batches, prices that cannot be had, late partners, identities, verifications that
 * change an offer or take it away, expiry; while clients read, sleep, leave and come back. Whatever comes first, clients end with
 * the same view.
 */

const partners = ['a', 'b', 'c'];
const provisionalIds = ['x', 'y', 'z'];
/** The clients of the rig: one waits for every partner, one for the first two. */
const clients = ['patient', 'hasty'];
/** After so long some offers have expired, ms. */
const passing = 2_000;

/** The rig that scenarios run in. */
export function convergenceRig(): Promise<Rig> {
  const policy = 'clients: { hasty: { completion: partners_done >= 2 } }';
  return startRig('{ minUpdateIntervalMs: 0, resumeGraceMs: 60000 }', [], policy);
}

const row = fc.record({
  product: fc.constantFrom('p', 'q', 'r', ...provisionalIds),
  total: fc.integer({ min: 100, max: 110 }),
  currency: fc.constantFrom('GBP', 'GBP', 'GBP', 'JPY'),
  stops: fc.constantFrom(0, 1, undefined),
  duration: fc.integer({ min: 60, max: 65 }),
  carriers: fc.constantFrom(['BA'], ['BA', 'AA'], undefined),
  /** Its life ends while the search is held. */
  expires: fc.constantFrom(false, false, false, true),
  /** What the partner says when it is asked again; undefined where it is not. */
  verified: fc.constantFrom(undefined, undefined, undefined, 'sold out', 'dearer', 'other product', 'no price'),
});
type DrawnRow = typeof row extends fc.Arbitrary<infer T> ? T : never;

const batches = fc.array(fc.array(row, { minLength: 1, maxLength: 4 }), { maxLength: 3 });
const scenario = fc.record({
  parts: fc.tuple(batches, batches, batches),
  settled: fc.array(fc.constantFrom('p', 'q', 'x', 'n'), { minLength: 3, maxLength: 3 }),
  orderBy: fc.constantFrom('price', 'duration_minutes desc', 'best'),
  filter: fc.constantFrom('', 'stops == 0', 'price < 1.06'),
  grouping: fc.constantFrom(Grouping.PRODUCT, Grouping.OFFER),
  pageSize: fc.integer({ min: 1, max: 4 }),
  client: fc.constantFrom(...clients),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** Who goes next, and what the clients do meanwhile. */
const does = fc.constantFrom('reads', 'reads', 'sleeps', 'leaves');
const step = fc.record({ lane: fc.nat({ max: 4 }), pause: fc.nat({ max: 2 }), top: does, all: does });

/** A search that runs, and the clients that follow its first page and every offer of it. */
interface Running {
  /** Whose it is. */
  readonly client: string;
  readonly search: FakeSearch;
  readonly followers: { readonly top: Follower; readonly all: Follower };
}
/** Something that happens in a search. */
type Event = (running: Running, rig: Rig) => Promise<void>;

/** Any interleaving ends as the events one after the other do. */
export async function converges(rig: Rig, numRuns: number): Promise<void> {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    await fc.assert(
      fc.asyncProperty(scenario, fc.array(step, { maxLength: 30 }), async (drawn, steps) => {
        vi.setSystemTime(vi.getRealSystemTime());
        const seen = { reference: await inOrder(rig, drawn), interleaved: await interleaved(rig, drawn, steps) };
        expect(seen.interleaved.top).toEqual(seen.reference.top);
        expect(seen.interleaved.all).toEqual(seen.reference.all);
      }),
      { numRuns },
    );
  } finally {
    vi.useRealTimers();
  }
}

type Seen = { readonly top: unknown; readonly all: unknown };

async function inOrder(rig: Rig, drawn: Scenario): Promise<Seen> {
  const { lanes, running } = await begin(rig, drawn);
  for (const event of lanes.flat()) {
    await event(running, rig);
    await new Promise(setImmediate);
  }
  return finish(running);
}

async function interleaved(
  rig: Rig,
  drawn: Scenario,
  steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
): Promise<Seen> {
  vi.setSystemTime(vi.getRealSystemTime());
  const { lanes, running } = await begin(rig, drawn);
  const { followers } = running;
  for (const { lane, pause, ...does } of steps) {
    // Identities are of rows that were sent before, so their lane comes when the others are empty.
    const open = lanes.slice(0, partners.length).filter(({ length }) => length > 0);
    const chosen = lane === partners.length ? (open[0] ?? lanes[lane]!) : lanes[lane]!;
    await chosen.shift()?.(running, rig);
    for (let tick = 0; tick < pause; tick++) await new Promise(setImmediate);
    for (const name of ['top', 'all'] as const) {
      if (does[name] === 'leaves') await followers[name].comeBack();
      else if (does[name] === 'sleeps') followers[name].sleep();
      else followers[name].wake();
    }
  }
  for (const event of lanes.flat()) await event(running, rig);
  return finish(running);
}

async function begin(rig: Rig, drawn: Scenario): Promise<{ lanes: Event[][]; running: Running }> {
  const { orderBy, filter, grouping, pageSize, client } = drawn;
  const base = Date.now();
  rig.supply.verify = (handle) => verifiedAs(drawn, handle);
  const request: SearchRequest = flightSearch({ orderBy, filter, grouping, pageSize });
  const top = new Follower(rig.query, rig.query.search(request, { client }), client);
  const search = await rig.supply.next();
  search.awaitIdentities(provisionalIds.length);
  search.plan(partners);
  while (top.view.searchId === '') await new Promise(setImmediate);
  const all = new Follower(rig.query, watching(rig, top.view.searchId, client), client, { screen: Screen.ALL });
  return { lanes: lanesOf(drawn, base), running: { client, search, followers: { top, all } } };
}

function watching(rig: Rig, searchId: string, client: string): ReturnType<Rig['query']['watchSearch']> {
  return rig.query.watchSearch({ searchId, cursor: '', options: undefined, screen: Screen.ALL }, { client });
}

/** Reads what is left, and once more what time has made of it. */
async function finish({ followers: { top, all } }: Running): Promise<Seen> {
  for (const follower of [top, all]) {
    await follower.finish();
    await follower.comeBack();
    await follower.finish();
    expect(follower.view.complete).toBe(true);
  }
  return { top: top.view.seen(), all: all.view.seen() };
}

/** The events of a scenario: one lane a partner, each in its order, one of identities, and one of time. */
function lanesOf({ parts, settled }: Scenario, base: number): Event[][] {
  const lanes = partners.map((partner, index): Event[] => {
    const events: Event[] = [];
    let first = 0;
    for (const batch of parts[index]!) {
      const rows = batch.map((one) => rowOf(one, base));
      events.push(async ({ search }) => void search.batch(partner, rows));
      for (const [at, one] of batch.entries()) if (isVerified(one)) events.push(verifying(index, first + at));
      first += batch.length;
    }
    events.push(async ({ search }) => search.outcome(partner, first));
    return events;
  });
  const identities = provisionalIds.map((provisionalProductId, index): Event => {
    const productId = settled[index] === 'x' ? provisionalProductId : settled[index]!;
    return async ({ search }) => search.settle([{ provisionalProductId, productId }]);
  });
  return [...lanes, identities, [async () => void vi.setSystemTime(base + passing)]];
}

function rowOf({ verified: _, expires, ...one }: DrawnRow, base: number): TestRow {
  const provisional = provisionalIds.includes(one.product);
  return { ...one, provisional, ...(expires && { expiresAt: base + passing / 2 }) };
}

/** Of a row that expires it would matter what comes first; of one without a price there is no offer. */
function isVerified({ verified, expires, currency }: DrawnRow): boolean {
  return verified !== undefined && !expires && currency !== 'JPY';
}

/** Asks the partner about an offer, once it is there. */
function verifying(partner: number, row: number): Event {
  return async ({ client, followers }, rig) => {
    const id = offerId(followers.top.view.searchId, partner, row);
    for (;;) {
      const error: unknown = await rig.query.verify({ offerId: id }, { client }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (!(error instanceof EntrepotError && error.reason === 'OFFER_NOT_FOUND')) return;
      await new Promise(setImmediate);
    }
  };
}

/** What the partner says of a row when it is asked again. */
function verifiedAs(
  { parts }: Scenario,
  handle: Parameters<Rig['supply']['verify']>[0],
): ReturnType<Rig['supply']['verify']> {
  const { partner, answer, row: at } = handle;
  const { verified, expires: _, ...one } = parts[partners.indexOf(partner)]![Number(answer.slice(1))]![at]!;
  if (verified === 'sold out') throw new EntrepotError({ reason: 'OFFER_SOLD_OUT', message: 'sold' });
  const now: TestRow = {
    ...one,
    ...(verified === 'dearer' && { total: one.total + 7 }),
    ...(verified === 'other product' && { product: 's' }),
    ...(verified === 'no price' && { currency: 'JPY' }),
  };
  const settled = { ...now, product: provisionalIds.includes(now.product ?? '') ? 's' : now.product };
  const again = `verified-${answer}-${at}`;
  return { batch: batchOf(partner, again, [settled]), offer: madeOf({ ...handle, answer: again, row: 0 }) };
}

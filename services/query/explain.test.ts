import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OutcomeStatus, RejectionReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import {
  type ExplainSearchResponse,
  Grouping,
  type RankExplanation,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { ExplainOfferResponse } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { offerId } from './ids.ts';
import { finalOf, flightSearch, type Rig, reader, startRig } from './testing/rig.ts';
import { outcomeOf, type TestRow } from './testing/rows.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => rig.close());

type Rows = Readonly<Record<string, readonly TestRow[]>>;

/** A complete search of these partners' rows; `id` names an offer by its partner's position and its row. */
async function searched(
  rows: Rows,
  changes: Parameters<typeof finalOf>[1] = {},
  prepare?: (search: Awaited<ReturnType<Rig['supply']['next']>>) => void,
) {
  const answered = finalOf(rig, changes);
  const search = await rig.supply.next();
  search.plan(Object.keys(rows));
  prepare?.(search);
  for (const [partner, own] of Object.entries(rows)) search.answer(partner, own);
  const { searchId } = await answered;
  const names = Object.keys(rows).sort();
  return { searchId, id: (partner: string, row: number) => offerId(searchId, names.indexOf(partner), row) };
}

async function rankOf(id: string): Promise<RankExplanation> {
  return (await rig.query.explain({ offerId: id })).rank!;
}
const explained = (searchId: string, productId = ''): Promise<ExplainSearchResponse> =>
  rig.query.explainSearch({ searchId, productId });

describe('where an offer stands is told', () => {
  const rows: Rows = {
    a: [
      { product: 'p', total: 41_000, stops: 0, duration: 480 },
      { product: 'q', total: 42_230, stops: 1, duration: 450 },
    ],
    b: [
      { product: 'p', total: 41_500, stops: 0, duration: 480 },
      { product: 'r', total: 52_000, duration: 600 },
    ],
  };

  test('by price: the place, both prices, and what is between them', async () => {
    const { id } = await searched(rows);
    expect(await rankOf(id('a', 1))).toEqual({
      position: 2,
      totalSize: 3,
      orderBy: 'price',
      score: 422.3,
      features: [{ name: 'price', value: 422.3, weight: 1, contribution: 422.3 }],
      firstOfferId: id('a', 0),
      firstScore: 410,
      firstFeatures: [{ name: 'price', value: 410, weight: 1, contribution: 410 }],
      reason: "Its price is 12.30 GBP more than the first's.",
    });
    expect(await rankOf(id('a', 0))).toMatchObject({ position: 1, firstOfferId: '', firstFeatures: [], reason: '' });
  });

  test('beside another offer of its product: at the place of that one', async () => {
    const { id } = await searched(rows);
    expect(await rankOf(id('b', 0))).toMatchObject({
      position: 1,
      firstOfferId: id('a', 0),
      reason: 'Another offer of its product is shown before it: a at 410.00 GBP, 5.00 GBP less.',
    });
    const alone = await searched(rows, { grouping: Grouping.OFFER });
    expect(await rankOf(alone.id('b', 0))).toMatchObject({
      position: 2,
      reason: "Its price is 5.00 GBP more than the first's.",
    });
  });

  test('by an attribute, either way, and without it', async () => {
    const { id } = await searched(rows, { orderBy: 'duration_minutes' });
    expect((await rankOf(id('a', 0))).reason).toBe("Its duration_minutes is 30 min more than the first's.");
    const down = await searched(rows, { orderBy: 'duration_minutes desc' });
    expect(await rankOf(down.id('a', 1))).toMatchObject({
      orderBy: 'duration_minutes desc',
      score: -450,
      reason: "Its duration_minutes is 150 min less than the first's, and the greatest comes first.",
    });
    const stops = await searched(rows, { orderBy: 'stops' });
    expect(await rankOf(stops.id('b', 1))).toMatchObject({
      position: 3,
      score: undefined,
      reason: 'It does not state stops, so it comes last.',
    });
  });

  test('by a ranking: feature by feature, with weights and what each adds', async () => {
    const { id } = await searched(rows, { orderBy: 'best' });
    const rank = await rankOf(id('b', 1));
    expect(rank).toMatchObject({ position: 3, orderBy: 'best', score: 2, firstOfferId: id('a', 1) });
    expect(rank.features).toEqual([
      { name: 'price', value: 1, weight: 1, contribution: 1 },
      { name: 'duration', value: 1, weight: 1, contribution: 1 },
    ]);
    expect(rank.reason).toBe(
      '1.888 behind the first: duration_minutes 150 min more (weight 1, +1), price 97.70 GBP more (weight 1, +0.888).',
    );
    expect((await rankOf(id('a', 0))).reason).toBe(
      '0.088 behind the first: duration_minutes 30 min more (weight 1, +0.2), although price 12.30 GBP less (weight 1, −0.112).',
    );
  });

  test('by an expression of the request', async () => {
    const ranking = 'price + 100.0 * double(stops)';
    const { id } = await searched(rows, { ranking });
    expect(await rankOf(id('a', 1))).toMatchObject({
      orderBy: ranking,
      score: 522.3,
      reason: '112.3 behind the first: ranking 522.3 against 410 (weight 1, +112.3).',
    });
    expect((await rankOf(id('b', 1))).reason).toBe('It does not state what it is ranked by, so it comes last.');
  });

  test('equal to the first: by the order of ids', async () => {
    const { id } = await searched({ a: [{ total: 100 }], b: [{ total: 100 }] });
    expect((await rankOf(id('b', 0))).reason).toBe(
      'It is equal to the first; equal ones come in the order of their offer ids.',
    );
  });

  test('where it is not shown: by the conditions that it does not fulfil', async () => {
    const { id } = await searched(rows, { filter: 'stops == 0 && price < 500.0' });
    expect(await rankOf(id('b', 1))).toMatchObject({
      position: 0,
      totalSize: 1,
      firstOfferId: id('a', 0),
      reason:
        'It does not pass the filter: stops == 0 (it does not say its stops), and price < 500.0 (its price is 520 GBP).',
    });
    expect((await rankOf(id('a', 1))).reason).toBe('It does not pass the filter: stops == 0 (its stops is 1).');
  });

  test('where it has expired, with its price all the same', async () => {
    const expiresAt = Date.now() - 1;
    const { id } = await searched({ a: [{ total: 100, expiresAt }, { total: 200 }] }, { readMask: ['price'] });
    const { rank, ledger, total } = await rig.query.explain({ offerId: id('a', 0) });
    expect(rank).toMatchObject({ position: 0, totalSize: 1 });
    expect(rank?.reason).toMatch(/^It expired at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, .*search again\.$/);
    expect([ledger.length, total?.amount]).toEqual([1, '1.00']);
  });
});

describe('where an offer came from is told', () => {
  test('by supply, for the product that it is shown as, with how its partner ended', async () => {
    const { id } = await searched({ a: [{ product: 'p' }, { product: 'x', provisional: true }] });
    const asked: unknown[] = [];
    rig.supply.explain = (request) => {
      asked.push(request);
      return ExplainOfferResponse.fromPartial({ adapter: 'acme', request: 'GET https://a.example/' });
    };
    const answer = await rig.query.explain({ offerId: id('a', 0) });
    expect(answer.origin).toMatchObject({ adapter: 'acme', request: 'GET https://a.example/' });
    expect(answer.outcome).toMatchObject({ partner: 'a', status: OutcomeStatus.OK, offersKept: 2 });
    await rig.query.explain({ offerId: id('a', 1) });
    const handle = { partner: 'a', answer: 'a0', manifest: 'a-manifest' };
    expect(asked).toEqual([
      { handle: { ...handle, row: 0 }, productId: 'p' },
      { handle: { ...handle, row: 1 }, productId: '' },
    ]);
  });

  test('as far as it can be: without supply the rest is there', async () => {
    const { id } = await searched({ a: [{ total: 100 }] });
    expect((await rig.query.explain({ offerId: id('a', 0) })).origin).toBeUndefined();
    rig.supply.explain = () => {
      throw new EntrepotError({ reason: 'UNKNOWN_METHOD', message: 'older' });
    };
    expect((await rig.query.explain({ offerId: id('a', 0) })).origin).toBeUndefined();
    await rig.kill('supply');
    const answer = await rig.query.explain({ offerId: id('a', 0) });
    expect(answer.origin).toBeUndefined();
    expect(answer).toMatchObject({ total: { amount: '1.00' }, rank: { position: 1 }, outcome: { partner: 'a' } });
  });
});

describe('how a search went is told', () => {
  test('from what was sought to why it completed', async () => {
    const before = Temporal.Now.instant();
    const { searchId } = await searched({ a: [{ product: 'p', total: 100 }], b: [{ product: 'q', total: 90 }] });
    const answer = await explained(searchId);
    expect(answer).toMatchObject({
      searchId,
      criteria: { vertical: { $case: 'flight', value: { origin: 'LHR', destination: 'JFK' } } },
      market: 'GB',
      currency: 'GBP',
      client: 'public',
      progress: { partnersAsked: 2, partnersDone: 2, offers: 2, offersMatching: 2, products: 2 },
      completedBecause: 'every partner answered',
      timeMs: 8_000,
      filter: [],
      orderBy: 'price',
      pricing: { ruleSet: 'rules', rateTable: 'rates' },
      product: undefined,
      sharedBy: 0,
    });
    expect(answer.startedAt!.epochMilliseconds).toBeGreaterThanOrEqual(before.epochMilliseconds - 1);
    expect(answer.partners).toMatchObject([
      {
        partner: 'a',
        offers: 1,
        offersMatching: 1,
        onFirstPage: 1,
        answers: ['a0'],
        manifest: 'a-manifest',
        reason: '',
      },
      {
        partner: 'b',
        offers: 1,
        offersMatching: 1,
        onFirstPage: 1,
        answers: ['b0'],
        manifest: 'b-manifest',
        reason: '',
      },
    ]);
    // The time that it took stays, however long it is held.
    expect((await explained(searchId)).progress?.elapsedMs).toBe(answer.progress?.elapsedMs);
  });

  test('condition by condition: who applied it, and what it removes here', async () => {
    const filter = 'stops <= 1 && price < 500.0 && size(carriers) == 1';
    const { searchId } = await searched(
      {
        a: [
          { product: 'p', total: 100, carriers: ['BA'] },
          { product: 'q', total: 60_000, carriers: ['BA', 'AA'] },
        ],
        b: [{ product: 'r', total: 200, stops: 2, carriers: ['BA'] }],
      },
      { filter },
      (search) => search.send({ message: { $case: 'applied', value: { partner: 'a', constraints: ['stops <= 2'] } } }),
    );
    const { filter: terms, partners } = await explained(searchId);
    expect(terms).toEqual([
      { text: 'stops <= 1', appliedByPartners: ['a'], removedHere: 3 },
      { text: 'price < 500.0', appliedByPartners: [], removedHere: 1 },
      { text: 'size(carriers) == 1', appliedByPartners: [], removedHere: 1 },
    ]);
    expect(partners.map(({ offers, offersMatching, reason }) => [offers, offersMatching, reason])).toEqual([
      [2, 0, 'None of its 2 offers passes the filter; stops <= 1 alone removes 2.'],
      [1, 0, 'None of its 1 offer passes the filter; stops <= 1 alone removes 1.'],
    ]);
  });

  test("by a partner's own word, where its rows do not say", async () => {
    const { searchId } = await searched({ a: [{ product: 'p', total: 100 }] }, { filter: 'stops <= 1' }, (search) =>
      search.send({ message: { $case: 'applied', value: { partner: 'a', constraints: ['stops <= 1'] } } }),
    );
    expect((await explained(searchId)).filter).toEqual([
      { text: 'stops <= 1', appliedByPartners: ['a'], removedHere: 0 },
    ]);
  });

  test('partner by partner, also those that were not asked, and while it still runs', async () => {
    const stream = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['slow', 'quick'], [outcomeOf('off', 0, OutcomeStatus.SUSPENDED)]);
    search.answer('quick', [{ product: 'p' }]);
    const { searchId } = await stream.until(({ upserts }) => upserts.length > 0);
    const running = await explained(searchId);
    expect(running).toMatchObject({ completedBecause: '', progress: { partnersAsked: 2, partnersDone: 1 } });
    expect(running.partners.map(({ partner, expectedMs, reason }) => [partner, expectedMs, reason])).toEqual([
      ['off', undefined, 'It was not asked: it is suspended.'],
      ['quick', undefined, ''],
      ['slow', undefined, 'It has not answered yet.'],
    ]);
    search.answer('slow', []);
    await stream.rest();
    expect(await explained(searchId)).toMatchObject({ completedBecause: 'every partner answered' });
  });

  test('by what partners took before, once that is known', async () => {
    for (let before = 0; before < 30; before++) {
      const answered = finalOf(rig, { pageSize: before + 1 });
      const search = await rig.supply.next();
      search.plan(['slow']);
      search.send({
        message: { $case: 'outcome', value: { ...outcomeOf('slow', 0, OutcomeStatus.EMPTY), latencyMs: 900 } },
      });
      await answered;
    }
    const stream = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['slow', 'quick']);
    search.answer('quick', [{ product: 'p' }]);
    const { searchId } = await stream.until(({ upserts }) => upserts.length > 0);
    const [quick, slow] = (await explained(searchId)).partners;
    expect(quick?.expectedMs).toBeUndefined();
    expect(Math.abs(slow!.expectedMs! - 900)).toBeLessThan(100);
    expect(slow?.reason).toBe(
      `It has not answered yet; 95 of 100 of its answers take up to ${Math.round(slow!.expectedMs!)} ms.`,
    );
  });

  test('that its time was over, or that it was cancelled', async () => {
    await rig.close();
    rig = await startRig('{ minUpdateIntervalMs: 0, deadlineMs: 500, resumeGraceMs: 0 }');
    const late = finalOf(rig);
    (await rig.supply.next()).plan(['a']);
    expect(await explained((await late).searchId)).toMatchObject({
      completedBecause: 'its time was over',
      timeMs: 500,
      partners: [{ partner: 'a', reason: 'It had not answered when its time was over; give the search more time.' }],
    });
    const left = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a']);
    const { searchId } = await left.next();
    await left.leave();
    await vi.waitFor(async () =>
      expect((await explained(searchId)).completedBecause).toMatch(/^cancelled: The client went away/),
    );
  });

  test('for no search that is not held', async () => {
    await expect(explained('nobody')).rejects.toMatchObject({ reason: 'SEARCH_NOT_FOUND' });
  });
});

describe('a product that somebody misses is told of', () => {
  const product = async (searchId: string, productId: string) => (await explained(searchId, productId)).product!;

  test('where it is shown', async () => {
    const { searchId, id } = await searched({
      a: [
        { product: 'p', total: 100 },
        { product: 'q', total: 90 },
      ],
      b: [{ product: 'p', total: 120 }],
    });
    expect(await product(searchId, 'p')).toEqual({
      productId: 'p',
      offerIds: [id('a', 0), id('b', 0)],
      position: 2,
      reason: '',
    });
  });

  test('where the filter leaves it out', async () => {
    const { searchId, id } = await searched(
      {
        a: [
          { product: 'p', stops: 2 },
          { product: 'q', stops: 0 },
        ],
      },
      { filter: 'stops == 0' },
    );
    expect(await product(searchId, 'p')).toEqual({
      productId: 'p',
      offerIds: [id('a', 0)],
      position: 0,
      reason: 'Its only offer is not shown. It does not pass the filter: stops == 0 (its stops is 2).',
    });
  });

  test('where it could not be priced, or has expired', async () => {
    const { searchId } = await searched(
      {
        a: [{ product: 'yen', currency: 'JPY' }, { product: 'p' }],
        b: [{ product: 'old', expiresAt: Date.now() - 1 }],
      },
      { readMask: ['price'] },
    );
    expect((await product(searchId, 'yen')).reason).toMatch(/^It was sent, but could not be priced/);
    expect((await product(searchId, 'old')).reason).toMatch(/^Every offer of it has expired/);
  });

  test('where nobody sent it: what it may be', async () => {
    const { searchId } = await searched({ a: [{ product: '~x', provisional: true }] });
    expect((await product(searchId, 'p')).reason).toBe(
      'No partner sent it; 1 product is provisional, and it may be one of them under another id.',
    );
  });

  test('under another id, once its identity is decided', async () => {
    const stream = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a']);
    search.awaitIdentities();
    search.answer('a', [{ product: '~x', provisional: true, stops: 2 }]);
    const { searchId } = await stream.until(({ complete }) => complete);
    search.settle([{ provisionalProductId: '~x', productId: 'p' }]);
    await stream.rest();
    expect(await product(searchId, '~x')).toMatchObject({ position: 1, reason: '' });
    expect(await product(searchId, 'p')).toMatchObject({ position: 1 });
  });

  test('where partners sent nothing, by their names', async () => {
    const answered = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a', 'b'], [outcomeOf('c', 0, OutcomeStatus.SUSPENDED)]);
    const rejections = [{ reason: RejectionReason.METERED, count: 2, example: '' }];
    search.batch('a', [{ product: 'q' }]);
    search.send({ message: { $case: 'outcome', value: { ...outcomeOf('a', 1), rejections } } });
    search.outcome('b', 0, OutcomeStatus.FAILED);
    const { searchId } = await answered;
    expect((await product(searchId, 'p')).reason).toBe(
      'No partner sent it; nothing came of b, c; 2 rows became no offer, and may have been of it.',
    );
  });
});

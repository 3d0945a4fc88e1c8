import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FailureKind, OutcomeStatus, RejectionReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { RideCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/ride.ts';
import { Delivery, Grouping, type SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError, invalidField } from '../../libs/errors/index.ts';
import { all, finalOf, flightSearch, type Rig, reader, startRig } from './testing/rig.ts';
import { outcomeOf, type TestRow } from './testing/rows.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => rig.close());

const brands = (update: SearchUpdate): (string | undefined)[] =>
  (update.page?.offerIds ?? []).map((id) => {
    const item = update.upserts.find((offer) => offer.offerId === id)?.item?.vertical;
    return item?.$case === 'flight' ? item.value.fareBrand : undefined;
  });
const totals = (update: SearchUpdate): (string | undefined)[] =>
  (update.page?.offerIds ?? []).map((id) => update.upserts.find((offer) => offer.offerId === id)?.price?.total?.amount);
/** The final view of a search that one partner answers. */
async function answered(rows: readonly TestRow[], changes: Parameters<typeof finalOf>[1]): Promise<SearchUpdate> {
  const final = finalOf(rig, changes);
  const search = await rig.supply.next();
  search.plan(['a']);
  search.answer('a', rows);
  return final;
}
const statuses = (update: SearchUpdate): Record<string, number> =>
  Object.fromEntries(update.outcomes.map(({ partner, status }) => [partner, status]));

describe('a search for its final view', () => {
  test('answers with one snapshot, cheapest first, whole offers of the page alone', async () => {
    const answered = finalOf(rig, { pageSize: 2, grouping: Grouping.OFFER });
    const search = await rig.supply.next();
    search.plan(['b', 'a']);
    search.answer('b', [{ total: 300 }, { total: 100 }]);
    search.answer('a', [{ total: 200, dueLater: 50, tax: 20 }]);
    const update = await answered;
    expect(update.snapshot).toBe(true);
    expect(update.complete).toBe(true);
    expect(brands(update)).toEqual(['b/b0/1', 'a/a0/0']);
    expect(update.page).toMatchObject({ totalSize: 3 });
    expect(update.page?.nextPageToken).not.toBe('');
    expect(search.makes.map(({ handles }) => handles.length)).toEqual([2]);
    expect(update.upserts[1]?.price).toMatchObject({
      total: { currencyCode: 'GBP', amount: '2.00' },
      dueLater: { amount: '0.50' },
      tax: { amount: '0.20' },
      partnerTotal: { currencyCode: 'EUR', amount: '100.00' },
    });
    expect(update.upserts[0]?.price).toMatchObject({ dueLater: undefined, tax: undefined });
    expect(update.progress).toMatchObject({
      partnersAsked: 2,
      partnersDone: 2,
      offers: 3,
      offersMatching: 3,
      products: 3,
    });
  });

  test('shows both bounds of a price that is a range, and counts by the one that the vertical declares', async () => {
    const rows = [
      { total: 100, totalMax: 500 },
      { total: 300 },
      { total: 200, totalMax: 250, currency: 'JPY' },
      { total: 200, totalMax: 400 },
    ];
    const grouping = Grouping.OFFER;
    const cheap = await answered(rows, { grouping });
    expect(totals(cheap)).toEqual(['1.00', '2.00', '3.00']);
    const bounds = cheap.page?.offerIds.map(
      (id) => cheap.upserts.find(({ offerId }) => offerId === id)?.price?.totalMax?.amount,
    );
    expect(bounds).toEqual(['5.00', '4.00', undefined]);

    const ride = RideCriteria.fromPartial({
      pickup: { point: { latitude: 51.5, longitude: -0.12 } },
      dropoff: { point: { latitude: 51.47, longitude: -0.45 } },
      passengers: 1,
    });
    const changes = { grouping, vertical: { $case: 'ride' as const, value: ride }, readMask: ['price'] };
    const sure = await answered(rows, changes);
    expect(totals(sure)).toEqual(['3.00', '2.00', '1.00']);
    const filtered = await answered(rows, { ...changes, filter: 'price <= 4.0' });
    expect(totals(filtered)).toEqual(['3.00', '2.00']);
    const grouped = await answered(
      rows.map((row) => ({ ...row, product: 'p' })),
      {
        ...changes,
        grouping: Grouping.PRODUCT,
        readMask: ['price', 'other_offers'],
      },
    );
    expect(grouped.upserts[0]?.otherOffers.map(({ total, totalMax }) => [total?.amount, totalMax?.amount])).toEqual([
      ['2.00', '4.00'],
      ['1.00', '5.00'],
    ]);
  });

  test('groups by product, with the other offers beside the first, best first', async () => {
    const answered = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', [
      { product: 'p', total: 300 },
      { product: 'q', total: 250 },
      { product: 'p', total: 290 },
    ]);
    search.answer('b', [{ product: 'p', total: 200 }]);
    const update = await answered;
    expect(totals(update)).toEqual(['2.00', '2.50']);
    expect(update.page?.totalSize).toBe(2);
    const [first] = update.upserts;
    expect(first?.otherOffers.map(({ partner, total }) => [partner, total?.amount])).toEqual([
      ['a', '2.90'],
      ['a', '3.00'],
    ]);
  });

  test('filters on attributes, the price and the partner; a row without the value does not match', async () => {
    const answered = finalOf(rig, { filter: 'stops == 0 && price < 3.0 && partner != "c"' });
    const search = await rig.supply.next();
    search.plan(['a', 'c']);
    search.answer('a', [{ stops: 0, total: 200 }, { stops: 1, total: 100 }, { total: 100 }, { stops: 0, total: 300 }]);
    search.answer('c', [{ stops: 0, total: 100 }]);
    const update = await answered;
    expect(totals(update)).toEqual(['2.00']);
    expect(update.progress).toMatchObject({ offers: 5, offersMatching: 1 });
  });

  test('orders by any sortable attribute either way, rows without it last', async () => {
    const rows = [{ duration: 300, total: 1 }, { total: 2 }, { duration: 100, total: 3 }];
    for (const [orderBy, expected] of [
      ['duration_minutes', ['0.03', '0.01', '0.02']],
      ['duration_minutes desc', ['0.01', '0.03', '0.02']],
      ['price desc', ['0.03', '0.02', '0.01']],
    ] as const) {
      const answered = finalOf(rig, { orderBy });
      const search = await rig.supply.next();
      search.plan(['a']);
      search.answer('a', rows);
      expect(totals(await answered)).toEqual(expected);
    }
  });

  test('orders by the configured weighing', async () => {
    const answered = finalOf(rig, { orderBy: 'best' });
    const search = await rig.supply.next();
    search.plan(['a']);
    // Scaled prices 0, 0.2, 1 and durations 1, 0.1, 0: the middle one is best.
    search.answer('a', [
      { total: 100, duration: 200 },
      { total: 120, duration: 110 },
      { total: 200, duration: 100 },
    ]);
    expect(totals(await answered)).toEqual(['1.20', '1.00', '2.00']);
  });

  test('counts facets over every matching offer', async () => {
    const answered = finalOf(rig, {
      filter: 'stops >= 0',
      facets: ['stops', 'duration_minutes', 'carriers', 'refundable', 'partner', 'price'],
    });
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [
      { stops: 0, duration: 100, carriers: ['BA', 'AA', 'BA'], refundable: true, product: 'p', total: 150 },
      { stops: 1, carriers: ['AF'], total: 250 },
      { stops: 1, duration: 200, carriers: ['BA'], product: 'p', total: 1_150 },
      { duration: 900 },
    ]);
    const facets = new Map((await answered).facets.map((facet) => [facet.attribute, facet]));
    expect([...facets.keys()]).toEqual(['price', 'partner', 'stops', 'duration_minutes', 'carriers', 'refundable']);
    expect(facets.get('stops')).toMatchObject({
      values: [
        { value: '1', count: 2, products: 2 },
        { value: '0', count: 1, products: 1 },
      ],
      absent: 0,
      provisional: false,
    });
    expect(facets.get('carriers')?.values).toEqual([
      { value: 'BA', count: 2, products: 1 },
      { value: 'AA', count: 1, products: 1 },
      { value: 'AF', count: 1, products: 1 },
    ]);
    expect(facets.get('refundable')).toMatchObject({ values: [{ value: 'true', count: 1, products: 1 }], absent: 2 });
    expect(facets.get('price')?.range).toEqual({ min: 1.5, max: 11.5, histogram: [1, 1, 0, 0, 0, 0, 0, 0, 0, 1] });
    expect(facets.get('partner')?.values).toEqual([{ value: 'a', count: 3, products: 2 }]);
    expect(facets.get('duration_minutes')).toMatchObject({
      values: [],
      range: { min: 100, max: 200, histogram: [1, 0, 0, 0, 0, 0, 0, 0, 0, 1] },
      absent: 1,
    });
  });

  test('sends the fields of the read mask and has no offers made where no item is wanted', async () => {
    const answered = finalOf(rig, { readMask: ['price.total', 'partner'] });
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [{ total: 100 }]);
    const [offer] = (await answered).upserts;
    expect(offer).toMatchObject({ partner: 'a', item: undefined, productId: '', expiresAt: undefined });
    expect(offer?.price).toMatchObject({ total: { amount: '1.00' }, partnerTotal: undefined });
    expect(offer?.offerId).not.toBe('');
    expect(search.makes).toEqual([]);
  });

  test('passes the mask of the item on to supply', async () => {
    const answered = finalOf(rig, { readMask: ['item.flight.slices', 'price'] });
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [{ total: 100 }]);
    const [offer] = (await answered).upserts;
    expect(search.makes[0]?.readMask).toEqual(['slices']);
    const item = offer?.item?.vertical;
    expect(item?.$case === 'flight' && [item.value.slices.length, item.value.fareBrand, item.value.cabin]).toEqual([
      1,
      '',
      0,
    ]);
  });

  test('passes paths into lists on to supply, and shows nothing else of what comes', async () => {
    const readMask = ['item.flight.slices.segments.marketingCarrier', 'item.flight.slices.origin', 'item.flight.cabin'];
    const answered = finalOf(rig, { readMask });
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [{ total: 100 }]);
    const [offer] = (await answered).upserts;
    expect(search.makes[0]?.readMask).toEqual(['slices.segments.marketing_carrier', 'slices.origin', 'cabin']);
    const item = offer?.item?.vertical;
    if (item?.$case !== 'flight') throw new Error('no flight');
    expect(item.value).toMatchObject({ stops: undefined, fareBrand: '' });
    expect(item.value.slices).toMatchObject([{ origin: 'LHR', destination: '', durationMinutes: 0 }]);
  });

  test('is refused for a path that leads nowhere within a list', async () => {
    const refused = finalOf(rig, { readMask: ['item.flight.slices.segments.wings', 'item.flight.carriers.name'] });
    await expect(refused).rejects.toMatchObject({ violations: [{ field: 'readMask' }, { field: 'readMask' }] });
  });

  test('sends pricing the attributes that its rules read, and no others', async () => {
    const answered = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [{ stops: 0, duration: 100, cabin: 'ECONOMY' }]);
    await answered;
    expect(rig.pricing.batches.map(({ columns }) => columns?.columns.map(({ attribute }) => attribute))).toEqual([
      ['stops'],
    ]);
  });

  test('never shows an offer that has expired', async () => {
    const answered = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [{ total: 100, expiresAt: Date.now() - 1 }, { total: 200 }]);
    expect(totals(await answered)).toEqual(['2.00']);
  });

  test('cuts the page anew when supply no longer holds a row', async () => {
    rig.supply.lost.add('a0');
    const answered = finalOf(rig, { pageSize: 1 });
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', [{ total: 100 }]);
    search.answer('b', [{ total: 200 }]);
    const update = await answered;
    expect(brands(update)).toEqual(['b/b0/0']);
    expect(update.page?.totalSize).toBe(1);
  });
});

describe("every partner's outcome", () => {
  test('is there once: of those that are asked, and of those that are not', async () => {
    const answered = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a', 'b', 'c'], [outcomeOf('d', 0, OutcomeStatus.SUSPENDED)]);
    search.answer('a', [{}]);
    search.answer('b', []);
    search.outcome('c', 0, OutcomeStatus.RATE_LIMITED);
    search.outcome('c', 0, OutcomeStatus.OK);
    const update = await answered;
    expect(update.outcomes).toHaveLength(4);
    expect(statuses(update)).toEqual({
      a: OutcomeStatus.OK,
      b: OutcomeStatus.EMPTY,
      c: OutcomeStatus.RATE_LIMITED,
      d: OutcomeStatus.SUSPENDED,
    });
  });

  test('counts rows without a price among the rejected ones', async () => {
    const answered = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [{ currency: 'JPY' }, { total: 100 }, { currency: 'JPY' }]);
    const update = await answered;
    expect(update.outcomes[0]).toMatchObject({
      status: OutcomeStatus.OK,
      rowsReceived: 3,
      offersKept: 1,
      rejections: [{ reason: RejectionReason.NO_RATE, count: 2, example: 'JPY to GBP' }],
    });
    expect(totals(update)).toEqual(['1.00']);
    expect(update.page?.offerIds[0]).toMatch(/-00-0001$/);
  });

  test('is complete at once when nobody is asked', async () => {
    const answered = finalOf(rig);
    const search = await rig.supply.next();
    search.plan([], [outcomeOf('a', 0, OutcomeStatus.NOT_PERMITTED)]);
    const update = await answered;
    expect(update).toMatchObject({ complete: true, page: { offerIds: [], totalSize: 0, nextPageToken: '' } });
    expect(statuses(update)).toEqual({ a: OutcomeStatus.NOT_PERMITTED });
  });

  test('is TIMED_OUT at the deadline for a partner that hangs; what others found stays', async () => {
    const stream = rig.query.search(flightSearch({ delivery: Delivery.FINAL }), { timeoutMs: 800 });
    const answered = all(stream);
    const search = await rig.supply.next();
    search.plan(['fast', 'hangs']);
    search.answer('fast', [{ total: 100 }]);
    search.batch('hangs', [{ total: 50 }]);
    const [update] = await answered;
    expect(statuses(update!)).toEqual({ fast: OutcomeStatus.OK, hangs: OutcomeStatus.TIMED_OUT });
    expect(update?.outcomes.find(({ partner }) => partner === 'hangs')).toMatchObject({
      failure: FailureKind.TIMEOUT,
      rowsReceived: 1,
      offersKept: 1,
    });
    expect(totals(update!)).toEqual(['0.50', '1.00']);
    await search.cancelled;
  });

  test("gives supply less time than the client gave, so that partners' outcomes arrive", async () => {
    const deadline = Date.now() + 5_000;
    const stream = rig.query.search(flightSearch({ delivery: Delivery.FINAL }), { timeoutMs: 5_000 });
    const answered = all(stream);
    const search = await rig.supply.next();
    expect(search.context.deadline).toBeLessThan(deadline - 100);
    expect(search.context.deadline).toBeGreaterThan(deadline - 1_000);
    search.plan([]);
    await answered;
  });

  test('is NOT_AWAITED for a partner whose prices are late; they arrive as a revision', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.pricing.gate = ({ partner }) => (partner === 'slow' ? promise : undefined);
    await rig.close();
    rig = await startRig('{ minUpdateIntervalMs: 0, deadlineMs: 500, completionMarginMs: 150, supplyMarginMs: 200 }');
    rig.pricing.gate = ({ partner }) => (partner === 'slow' ? promise : undefined);
    const updates = reader(rig.query.search(flightSearch({ grouping: Grouping.OFFER })));
    const search = await rig.supply.next();
    search.plan(['fast', 'slow']);
    search.answer('fast', [{ total: 100 }]);
    search.answer('slow', [{ total: 50 }]);
    const complete = await updates.until(({ complete }) => complete);
    expect(complete.outcomes.find(({ partner }) => partner === 'slow')).toMatchObject({
      status: OutcomeStatus.NOT_AWAITED,
      failure: FailureKind.UNSPECIFIED,
    });
    resolve();
    const late = await updates.next();
    expect(late.upserts.map(({ partner }) => partner)).toEqual(['slow']);
    expect(late.page?.totalSize).toBe(2);
    expect(late.outcomes).toMatchObject([{ partner: 'slow', status: OutcomeStatus.OK, late: true }]);
    expect(await updates.ended()).toBe(true);
  });

  test('is FAILED by the platform for one whose rows cannot be taken in; others are unharmed', async () => {
    const answered = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['bad', 'good']);
    const broken = (await import('./testing/rows.ts')).batchOf('bad', 'x', [{}]);
    search.send({ message: { $case: 'batch', value: { ...broken, expiresAt: Buffer.alloc(3 * 8) } } });
    search.outcome('bad', 1);
    search.answer('good', [{ total: 100 }]);
    const update = await answered;
    expect(update.outcomes.find(({ partner }) => partner === 'bad')).toMatchObject({
      status: OutcomeStatus.FAILED,
      failure: FailureKind.PLATFORM,
      offersKept: 0,
    });
    expect(totals(update)).toEqual(['1.00']);
  });
});

describe('when pricing is down', () => {
  test('the search ends with PRICING_UNAVAILABLE, and supply is cancelled', async () => {
    await rig.kill('pricing');
    const answered = finalOf(rig);
    await expect(answered).rejects.toMatchObject({ reason: 'PRICING_UNAVAILABLE' });
    for (const search of rig.supply.searches) await search.cancelled;
  });

  test('what pricing says about the request is passed on', async () => {
    rig.pricing.startFailure = new EntrepotError({ reason: 'UNKNOWN_CURRENCY', message: 'no rate to XAF' });
    await expect(finalOf(rig)).rejects.toMatchObject({ reason: 'UNKNOWN_CURRENCY', message: 'no rate to XAF' });
  });

  test('in the middle of a search, what was priced stays and the rest is FAILED', async () => {
    rig.pricing.failure = ({ partner }) => (partner === 'late' ? new Error('killed') : undefined);
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['done', 'late', 'running']);
    search.answer('done', [{ total: 100 }]);
    const first = await updates.until(({ upserts }) => upserts.length > 0);
    search.answer('late', [{ total: 50 }]);
    const last = await updates.until(({ complete }) => complete);
    const outcomes = [...first.outcomes, ...last.outcomes];
    expect(Object.fromEntries(outcomes.map(({ partner, status }) => [partner, status]))).toMatchObject({
      late: OutcomeStatus.FAILED,
      running: OutcomeStatus.FAILED,
    });
    for (const partner of ['late', 'running']) {
      expect(outcomes.find((outcome) => outcome.partner === partner)?.failure).toBe(FailureKind.PLATFORM);
    }
    expect(last.progress?.offers).toBe(1);
    expect(await updates.ended()).toBe(true);
    await search.cancelled;
  });
});

describe('when supply is down', () => {
  test('the search ends with SUPPLY_UNAVAILABLE', async () => {
    await rig.kill('supply');
    await expect(finalOf(rig)).rejects.toMatchObject({ reason: 'SUPPLY_UNAVAILABLE' });
  });

  test('what supply says about the request is passed on', async () => {
    const answered = finalOf(rig, { partners: ['nobody'] });
    const search = await rig.supply.next();
    expect(search.start.partners).toEqual(['nobody']);
    search.fail(invalidField('partners[0]', 'no partner of that name'));
    await expect(answered).rejects.toMatchObject({ reason: 'INVALID_FIELD', violations: [{ field: 'partners[0]' }] });
  });

  test('in the middle of a search, what had come stays and the rest is FAILED by the platform', async () => {
    const answered = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['done', 'running']);
    search.answer('done', [{ total: 100 }]);
    search.batch('running', [{ total: 50 }]);
    search.fail(new Error('killed'));
    const update = await answered;
    expect(statuses(update)).toEqual({ done: OutcomeStatus.OK, running: OutcomeStatus.FAILED });
    expect(update.outcomes.find(({ partner }) => partner === 'running')).toMatchObject({
      failure: FailureKind.PLATFORM,
      offersKept: 1,
    });
    expect(totals(update)).toEqual(['0.50', '1.00']);
    expect(rig.supply.gets).toHaveLength(1);
  });

  test('and offers cannot be made either, the error is typed and nothing hangs', async () => {
    rig.supply.getFailure = new Error('killed');
    const answered = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', [{ total: 100 }]);
    search.fail(new Error('killed'));
    await expect(answered).rejects.toMatchObject({ reason: 'SUPPLY_UNAVAILABLE' });
  });

  test('it is found again by the next search', async () => {
    const broken = finalOf(rig);
    (await rig.supply.next()).fail(new Error('killed'));
    await expect(broken).rejects.toMatchObject({ reason: 'SUPPLY_UNAVAILABLE' });
    const answered = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [{ total: 100 }]);
    expect(totals(await answered)).toEqual(['1.00']);
  });

  test('a plan that never comes ends the search with SUPPLY_UNAVAILABLE before the deadline', async () => {
    await rig.close();
    rig = await startRig('{ deadlineMs: 500 }');
    await expect(finalOf(rig)).rejects.toMatchObject({ reason: 'SUPPLY_UNAVAILABLE' });
  });
});

describe('a client that goes away', () => {
  test('cancels a search for its final view at once', async () => {
    const gone = new AbortController();
    const stream = rig.query.search(flightSearch({ delivery: Delivery.FINAL }), { signal: gone.signal });
    const answered = all(stream);
    const search = await rig.supply.next();
    search.plan(['a']);
    gone.abort();
    await expect(answered).rejects.toMatchObject({ reason: 'CANCELLED' });
    await search.cancelled;
  });
});

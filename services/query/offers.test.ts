import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConversionStatus, type ReportConversionRequest } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { offerId } from './ids.ts';
import { finalOf, type Rig, reader, startRig, watchRequest } from './testing/rig.ts';
import { batchOf, madeOf, type TestRow } from './testing/rows.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => rig.close());

/** A complete search with one partner's rows; the ids of its offers in the order of the rows. */
async function offers(
  rows: readonly TestRow[],
  changes: Parameters<typeof finalOf>[1] = {},
): Promise<{ searchId: string; ids: string[] }> {
  const answered = finalOf(rig, changes);
  const search = await rig.supply.next();
  search.plan(['a']);
  search.answer('a', rows);
  const { searchId } = await answered;
  return { searchId, ids: rows.map((_, row) => offerId(searchId, 0, row)) };
}
const soldOut = new EntrepotError({ reason: 'OFFER_SOLD_OUT', message: 'The partner no longer sells it.' });

describe('one offer', () => {
  test('comes in full, also where the search was asked for less', async () => {
    const { ids } = await offers([{ product: 'p', total: 100 }], { readMask: ['price'] });
    const { offer } = await rig.query.getOffer({ offerId: ids[0]!, readMask: undefined });
    expect(offer).toMatchObject({
      offerId: ids[0],
      productId: 'p',
      partner: 'a',
      price: { total: { amount: '1.00' } },
    });
    expect(offer?.item?.vertical?.value).toMatchObject({ fareBrand: 'a/a0/0' });
    const { offer: masked } = await rig.query.getOffer({ offerId: ids[0]!, readMask: ['partner'] });
    expect(masked).toMatchObject({ partner: 'a', item: undefined, price: undefined });
  });

  test('says that it is stale where its answer is past its time of reuse', async () => {
    const answered = finalOf(rig, { partners: ['a', 'b'] });
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    const batch = { ...batchOf('a', 'a0', [{ product: 'p', total: 100 }]), stale: true };
    search.send({ message: { $case: 'batch', value: batch } });
    search.outcome('a', 1);
    search.answer('b', [{ product: 'q', total: 200 }]);
    const { searchId } = await answered;
    const staleOf = async (partner: number) =>
      (await rig.query.getOffer({ offerId: offerId(searchId, partner, 0), readMask: undefined })).offer?.stale;
    expect([await staleOf(0), await staleOf(1)]).toEqual([true, false]);
  });

  test('is OFFER_NOT_FOUND for an id that names none', async () => {
    const { searchId } = await offers([{ total: 100 }, { currency: 'JPY' }]);
    for (const id of [
      '',
      'nonsense',
      offerId(searchId, 0, 5),
      offerId(searchId, 3, 0),
      offerId(searchId, 0, 1),
      offerId('A'.repeat(16), 0, 0),
    ]) {
      await expect(rig.query.getOffer({ offerId: id, readMask: undefined })).rejects.toMatchObject({
        reason: 'OFFER_NOT_FOUND',
      });
    }
  });

  test('is OFFER_EXPIRED after its time, and once supply has let go of it', async () => {
    const { ids } = await offers([{ total: 100, expiresAt: Date.now() - 1 }, { total: 200 }], { readMask: ['price'] });
    const call = (id: string) => rig.query.getOffer({ offerId: id, readMask: undefined });
    await expect(call(ids[0]!)).rejects.toMatchObject({ reason: 'OFFER_EXPIRED' });
    rig.supply.lost.add('a0');
    await expect(call(ids[1]!)).rejects.toMatchObject({ reason: 'OFFER_EXPIRED' });
    await expect(rig.query.handoff({ offerId: ids[1]!, clientReference: '' })).rejects.toMatchObject({
      reason: 'OFFER_EXPIRED',
    });
    expect(rig.supply.handoffs).toEqual([]);
  });

  test('is refused for a read mask that names no field', async () => {
    const { ids } = await offers([{}]);
    await expect(rig.query.getOffer({ offerId: ids[0]!, readMask: ['item.flight.wings'] })).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
      violations: [{ field: 'readMask' }],
    });
  });
});

describe('verifying an offer', () => {
  const verified = (row: TestRow) => {
    rig.supply.verify = (handle) => ({
      batch: batchOf(handle.partner, 'v', [row]),
      offer: madeOf({ ...handle, answer: 'v', row: 0 }),
    });
  };

  test('says that nothing changed when nothing did', async () => {
    const row = { product: 'p', total: 100, tax: 10, stops: 0, carriers: ['BA'] };
    const { ids } = await offers([row]);
    verified({ ...row, expiresAt: Date.now() + 7_200_000 });
    const answer = await rig.query.verify({ offerId: ids[0]! });
    expect(answer).toMatchObject({ changed: false, changes: [], offer: { offerId: ids[0] } });
  });

  test('says what changed, with before and after, and puts the new row in its place', async () => {
    const { ids, searchId } = await offers([
      { product: 'p', total: 100, stops: 0, refundable: true },
      { product: 'q', total: 150 },
    ]);
    verified({ product: 'p', total: 200, dueLater: 30, stops: 1 });
    const answer = await rig.query.verify({ offerId: ids[0]! });
    expect(answer.changed).toBe(true);
    expect(answer.changes).toEqual([
      { field: 'price.total', before: '1.00 GBP', after: '2.00 GBP' },
      { field: 'price.due_later', before: '', after: '0.30 GBP' },
      { field: 'price.partner_total', before: '1.00 GBP', after: '2.00 GBP' },
      { field: 'item.flight.stops', before: '0', after: '1' },
      { field: 'item.flight.refundable', before: 'true', after: '' },
    ]);
    expect(answer.offer).toMatchObject({ offerId: ids[0], price: { total: { amount: '2.00' } } });
    expect(answer.offer?.item?.vertical?.value).toMatchObject({ fareBrand: 'a/v/0' });
    // Priced under the view of the search.
    expect(rig.pricing.views[1]).toEqual(rig.pricing.views[0]);
    const { page } = await rig.query.getPage({ readMask: undefined, searchId, pageToken: '', options: undefined });
    expect(page?.offers.map((offer) => [offer.offerId, offer.price?.total?.amount])).toEqual([
      [ids[1], '1.50'],
      [ids[0], '2.00'],
    ]);
    const { offer } = await rig.query.getOffer({ offerId: ids[0]!, readMask: undefined });
    expect(offer?.price?.total?.amount).toBe('2.00');
    verified({ product: 'p', total: 250, dueLater: 30, stops: 1 });
    const again = await rig.query.verify({ offerId: ids[0]! });
    expect(again.changes.map(({ field, before }) => [field, before])).toEqual([
      ['price.total', '2.00 GBP'],
      ['price.partner_total', '2.00 GBP'],
    ]);
  });

  test('keeps pages of an order from before, with the new price', async () => {
    const { ids, searchId } = await offers([{ total: 100 }, { total: 150 }], { pageSize: 1 });
    const first = await rig.query.getPage({ readMask: undefined, searchId, pageToken: '', options: undefined });
    verified({ total: 50 });
    await rig.query.verify({ offerId: ids[1]! });
    const second = await rig.query.getPage({
      readMask: undefined,
      searchId,
      pageToken: first.page!.nextPageToken,
      options: undefined,
    });
    expect(second.page?.offers.map((offer) => [offer.offerId, offer.price?.total?.amount])).toEqual([[ids[1], '0.50']]);
  });

  test('takes an offer that is sold out from the search', async () => {
    const { ids, searchId } = await offers([{ total: 100 }, { total: 150 }]);
    rig.supply.verify = () => {
      throw soldOut;
    };
    await expect(rig.query.verify({ offerId: ids[0]! })).rejects.toMatchObject({ reason: 'OFFER_SOLD_OUT' });
    const { page } = await rig.query.getPage({ readMask: undefined, searchId, pageToken: '', options: undefined });
    expect(page?.offers.map((offer) => offer.offerId)).toEqual([ids[1]]);
    await expect(rig.query.verify({ offerId: ids[0]! })).rejects.toMatchObject({ reason: 'OFFER_EXPIRED' });
  });

  test('passes on that the partner did not answer, and says when supply cannot be reached', async () => {
    const { ids } = await offers([{ total: 100 }]);
    rig.supply.verify = () => {
      throw new EntrepotError({ reason: 'PARTNER_UNAVAILABLE', message: 'no answer' });
    };
    await expect(rig.query.verify({ offerId: ids[0]! })).rejects.toMatchObject({ reason: 'PARTNER_UNAVAILABLE' });
    verified({ currency: 'JPY' });
    await expect(rig.query.verify({ offerId: ids[0]! })).rejects.toMatchObject({ reason: 'PARTNER_UNAVAILABLE' });
    await rig.kill('supply');
    await expect(rig.query.verify({ offerId: ids[0]! })).rejects.toMatchObject({ reason: 'SUPPLY_UNAVAILABLE' });
    expect((await rig.query.getOffer({ offerId: ids[0]!, readMask: undefined })).offer?.price?.total?.amount).toBe(
      '1.00',
    );
  });

  test('tells those who follow the search', async () => {
    const { ids, searchId } = await offers([{ product: 'p', total: 100 }]);
    const before = await reader(rig.query.watchSearch(watchRequest({ searchId, cursor: '' }))).next();
    verified({ product: 'p', total: 200 });
    await rig.query.verify({ offerId: ids[0]! });
    const change = await reader(rig.query.watchSearch(watchRequest({ searchId, cursor: before.cursor }))).next();
    expect(change.snapshot).toBe(false);
    expect(change.upserts.map(({ price }) => price?.total?.amount)).toEqual(['2.00']);
  });
});

describe('handing an offer off', () => {
  test("gives the partner's way on, and records the click first", async () => {
    const { ids, searchId } = await offers([{ product: 'p', total: 100 }]);
    const answer = await rig.query.handoff({ offerId: ids[0]!, clientReference: 'basket 7' });
    expect(answer.target).toEqual({ $case: 'url', value: 'https://partner.example/book' });
    expect(rig.supply.handoffs).toMatchObject([
      { clickId: answer.clickId, handle: { partner: 'a', answer: 'a0', row: 0 } },
    ]);
    const rows = await rig.clicks.query('SELECT * FROM clicks WHERE click_id = $1', [answer.clickId]);
    expect(rows).toMatchObject([
      {
        search_id: searchId,
        offer_id: ids[0],
        product_id: 'p',
        partner: 'a',
        client: 'public',
        client_reference: 'basket 7',
        shown_currency: 'GBP',
        shown_total: '1.00',
        conversion: null,
      },
    ]);
  });

  test('makes such searches matter more to the budgets of partners', async () => {
    const rateOf = async (market: string): Promise<number> => {
      const answered = finalOf(rig, { market });
      const search = await rig.supply.next();
      search.plan(['a']);
      search.answer('a', []);
      await answered;
      return search.start.handoffRate;
    };
    const before = await rateOf('NZ');
    expect(before).toBeGreaterThan(0);
    const { ids } = await offers([{ product: 'p', total: 100 }], { market: 'NZ' });
    for (let time = 0; time < 5; time++) await rig.query.handoff({ offerId: ids[0]!, clientReference: '' });
    expect(await rateOf('NZ')).toBeGreaterThan(before);
  });

  test('records nothing when the partner gives no way on', async () => {
    const { ids, searchId } = await offers([{}]);
    rig.supply.handoff = () => {
      throw new EntrepotError({ reason: 'OFFER_EXPIRED', message: 'the partner says so' });
    };
    await expect(rig.query.handoff({ offerId: ids[0]!, clientReference: '' })).rejects.toMatchObject({
      reason: 'OFFER_EXPIRED',
    });
    expect(await rig.clicks.query('SELECT * FROM clicks WHERE search_id = $1', [searchId])).toEqual([]);
  });

  test('is refused for a reference that is too long or no text', async () => {
    const { ids } = await offers([{}]);
    for (const clientReference of ['x'.repeat(201), 'a\u0000b']) {
      await expect(rig.query.handoff({ offerId: ids[0]!, clientReference })).rejects.toMatchObject({
        reason: 'INVALID_FIELD',
        violations: [{ field: 'clientReference' }],
      });
    }
  });
});

describe('reporting a conversion', () => {
  const click = async (): Promise<string> => {
    const { ids } = await offers([{ total: 100 }]);
    return (await rig.query.handoff({ offerId: ids[0]!, clientReference: 'basket 7' })).clickId;
  };
  const report = (clickId: string, status: ConversionStatus, changes: Partial<ReportConversionRequest> = {}) =>
    rig.query.reportConversion({ clickId, status, amount: undefined, partnerReference: '', ...changes });
  const paid = { currencyCode: 'GBP', amount: '1.00' };

  test('is kept with the click; the same again changes nothing', async () => {
    const clickId = await click();
    const { click: booked } = await report(clickId, ConversionStatus.BOOKED, { amount: paid, partnerReference: 'R1' });
    expect(booked).toMatchObject({
      clickId,
      partner: 'a',
      clientReference: 'basket 7',
      conversion: ConversionStatus.BOOKED,
      shownTotal: { currencyCode: 'GBP', amount: '1.00' },
    });
    expect(booked?.convertedAt).toBeDefined();
    const same = { amount: { currencyCode: 'GBP', amount: '1.0' }, partnerReference: 'R1' };
    const { click: again } = await report(clickId, ConversionStatus.BOOKED, same);
    expect(again).toEqual(booked);
  });

  test('may be cancelled later; the booking that is reported again then changes nothing', async () => {
    const clickId = await click();
    await report(clickId, ConversionStatus.BOOKED, { amount: paid });
    await report(clickId, ConversionStatus.CANCELLED);
    const { click: after } = await report(clickId, ConversionStatus.BOOKED, { amount: paid });
    expect(after?.conversion).toBe(ConversionStatus.CANCELLED);
  });

  test('is a conflict with other content, and where it cannot follow what is known', async () => {
    const clickId = await click();
    await report(clickId, ConversionStatus.BOOKED, { amount: paid });
    for (const changes of [
      { amount: { ...paid, amount: '2.00' } },
      { amount: undefined },
      { amount: paid, partnerReference: 'R2' },
    ]) {
      await expect(report(clickId, ConversionStatus.BOOKED, changes)).rejects.toMatchObject({ reason: 'CONFLICT' });
    }
    await expect(report(clickId, ConversionStatus.REFUSED)).rejects.toMatchObject({ reason: 'CONFLICT' });
  });

  test('is recorded once when it is reported many times at once', async () => {
    const clickId = await click();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => report(clickId, ConversionStatus.BOOKED, { amount: paid })),
    );
    expect(new Set(answers.map((answer) => answer.click?.convertedAt?.epochMilliseconds)).size).toBe(1);
    expect(await rig.clicks.query('SELECT * FROM conversions WHERE click_id = $1', [clickId])).toHaveLength(1);
  });

  test('is CLICK_NOT_FOUND for a click that never was, and refused for what is no report', async () => {
    await expect(report('nobody', ConversionStatus.BOOKED)).rejects.toMatchObject({ reason: 'CLICK_NOT_FOUND' });
    const wrong = { amount: { currencyCode: 'GBP', amount: '1.005' }, partnerReference: 'x'.repeat(201) };
    await expect(report('', ConversionStatus.UNSPECIFIED, wrong)).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
      violations: [
        { field: 'clickId' },
        { field: 'status' },
        { field: 'amount.amount' },
        { field: 'partnerReference' },
      ],
    });
    const noCurrency = { amount: { currencyCode: '', amount: '1.00' } };
    await expect(report('x', ConversionStatus.BOOKED, noCurrency)).rejects.toMatchObject({
      violations: [{ field: 'amount.currencyCode' }],
    });
  });
});

describe('explaining an offer', () => {
  test('replays its row under the pinned view, and says where it came from', async () => {
    const { ids } = await offers([{ total: 100 }, { total: 250, stops: 2, product: 'x', provisional: true }]);
    const answer = await rig.query.explain({ offerId: ids[1]! });
    expect(answer).toMatchObject({
      offerId: ids[1],
      source: { partner: 'a', answer: 'a0', row: 1, manifest: 'a-manifest', productId: 'x', productProvisional: true },
      total: { currencyCode: 'GBP', amount: '2.50' },
      view: { ruleSet: 'rules', rateTable: 'rates' },
    });
    expect(answer.ledger).toHaveLength(1);
    const [{ batch, view } = { batch: undefined, view: undefined }] = rig.pricing.explained;
    expect(view).toEqual(rig.pricing.views[0]);
    expect(batch?.columns?.rowCount).toBe(1);
    expect(batch?.columns?.columns.map(({ attribute }) => attribute)).toEqual(['stops']);
  });

  test('says when the price cannot be replayed, and when pricing cannot be reached', async () => {
    const { ids } = await offers([{ total: 100 }]);
    rig.pricing.explainFailure = new EntrepotError({ reason: 'VIEW_EXPIRED', message: 'no longer kept' });
    await expect(rig.query.explain({ offerId: ids[0]! })).rejects.toMatchObject({ reason: 'VIEW_EXPIRED' });
    await rig.kill('pricing');
    await expect(rig.query.explain({ offerId: ids[0]! })).rejects.toMatchObject({ reason: 'PRICING_UNAVAILABLE' });
  });
});

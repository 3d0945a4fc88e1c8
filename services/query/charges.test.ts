import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { columnBuilder, type Charge as PartnerCharge } from '../../libs/columns/index.ts';
import type { Charge, Offer } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { UnitPrices } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { PageOptions, type SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { ExplainOfferResponse } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { ChargeKind, ChargeTerms } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { vertical } from '../../libs/vertical/index.ts';
import { unitPriceOf } from './charges.ts';
import { offerId } from './ids.ts';
import { wholeOffer } from './offers.ts';
import { compileReadMask } from './read-mask.ts';
import { ResultSet } from './result-set.ts';
import { FakePricing } from './testing/fake-pricing.ts';
import { heldSet } from './testing/held-set.ts';
import { finalOf, type Rig, startRig } from './testing/rig.ts';
import { batchOf, type TestRow } from './testing/rows.ts';

const city: PartnerCharge = {
  name: 'City tax',
  kind: ChargeKind.CITY_TAX,
  terms: ChargeTerms.ADDED_LATER,
  currency: 'EUR',
  amountMinor: 440,
};
const detail = (terms: ChargeTerms, currencyCode: string, amount: string): Charge => ({
  name: 'VAT',
  kind: ChargeKind.TAX,
  terms,
  amount: undefined,
  partnerAmount: { currencyCode, amount },
  inTotal: false,
});
const vat = detail(ChargeTerms.INCLUDED, 'EUR', '12.00');

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
  rig.pricing.factors = { GBP: 2, EUR: 3 };
});
afterEach(async () => rig.close());

async function searched(rows: readonly TestRow[], changes: Parameters<typeof finalOf>[1] = {}): Promise<SearchUpdate> {
  const answered = finalOf(rig, changes);
  const search = await rig.supply.next();
  search.plan(['a']);
  search.answer('a', rows);
  return await answered;
}
/** "VAT 24.00 GBP of 12.00 EUR in", "… out" where the headline does not hold it. */
const told = (offer: Offer | undefined): string[] =>
  (offer?.price?.charges ?? []).map(
    ({ name, amount, partnerAmount, inTotal }) =>
      `${name} ${amount === undefined ? '?' : `${amount.amount} ${amount.currencyCode}`} of ` +
      `${partnerAmount?.amount} ${partnerAmount?.currencyCode} ${inTotal ? 'in' : 'out'}`,
  );
const firstOf = ({ upserts }: SearchUpdate): Offer | undefined => upserts[0];

describe('charges of an offer', () => {
  test('are those of its columns, converted with its price, then those that it was made with, converted once', async () => {
    rig.supply.charges = [vat, detail(ChargeTerms.OPTIONAL_NOW, 'GBP', '30.00')];
    const update = await searched([{ total: 300, charges: [city] }, { total: 400 }]);
    expect(update.upserts.map(told)).toEqual([
      ['City tax 8.80 GBP of 4.40 EUR in', 'VAT 24.00 GBP of 12.00 EUR in', 'VAT 30.00 GBP of 30.00 GBP out'],
      ['VAT 24.00 GBP of 12.00 EUR in', 'VAT 30.00 GBP of 30.00 GBP out'],
    ]);
    // One batch for both offers beside that of the search.
    expect(rig.pricing.batches).toHaveLength(2);
    const again = await rig.query.getPage({
      readMask: undefined,
      searchId: update.searchId,
      pageToken: '',
      options: undefined,
    });
    expect(again.page?.offers.map(told)).toEqual(update.upserts.map(told));
    expect(rig.pricing.batches).toHaveLength(2);
  });

  test('that are stated in the shown currency are not asked of pricing', async () => {
    rig.supply.charges = [detail(ChargeTerms.INCLUDED, 'GBP', '12.00')];
    expect(told(firstOf(await searched([{ total: 300 }])))).toEqual(['VAT 12.00 GBP of 12.00 GBP in']);
    expect(rig.pricing.batches).toHaveLength(1);
  });

  test('follow a page into another currency', async () => {
    rig.supply.charges = [vat];
    const { searchId } = await searched([{ total: 300, charges: [city] }]);
    const options = PageOptions.fromPartial({ currency: 'USD' });
    const { page } = await rig.query.getPage({ readMask: undefined, searchId, pageToken: '', options });
    expect(told(page?.offers[0])).toEqual(['City tax 4.40 USD of 4.40 EUR in', 'VAT 12.00 USD of 12.00 EUR in']);
    const own = await rig.query.getPage({ readMask: undefined, searchId, pageToken: '', options: undefined });
    expect(told(own.page?.offers[0])).toEqual(['City tax 8.80 GBP of 4.40 EUR in', 'VAT 24.00 GBP of 12.00 EUR in']);
  });

  test('have no amount where no rate leads to it, or pricing fails for them alone', async () => {
    rig.supply.charges = [vat];
    rig.pricing.noRate = { GBP: ['EUR'] };
    expect(told(firstOf(await searched([{ total: 300, charges: [city] }])))).toEqual([
      'City tax ? of 4.40 EUR in',
      'VAT ? of 12.00 EUR in',
    ]);
    rig.pricing.failure = ({ prices }) => (prices?.charges === undefined ? undefined : new Error('broken'));
    expect(told(firstOf(await searched([{ total: 500 }])))).toEqual(['VAT ? of 12.00 EUR in']);
  });

  test('are never taken from a made offer where they would change the price', async () => {
    rig.supply.charges = [detail(ChargeTerms.ADDED_NOW, 'GBP', '5.00'), detail(ChargeTerms.UNSPECIFIED, 'GBP', '5.00')];
    expect(told(firstOf(await searched([{ total: 300 }])))).toEqual([]);
  });

  test('come by the read mask: details with the item or by name alone', async () => {
    rig.supply.charges = [vat];
    const [bare] = (await searched([{ total: 300, charges: [city] }], { readMask: ['price'] })).upserts;
    expect(told(bare)).toEqual(['City tax 8.80 GBP of 4.40 EUR in']);
    expect(rig.supply.gets).toHaveLength(0);
    const [named] = (await searched([{ total: 310, charges: [city] }], { readMask: ['price.charges'] })).upserts;
    expect(told(named)).toEqual(['City tax 8.80 GBP of 4.40 EUR in', 'VAT 24.00 GBP of 12.00 EUR in']);
    expect(named).toMatchObject({ item: undefined, price: { total: undefined } });
    const [none] = (await searched([{ total: 320, charges: [city] }], { readMask: ['price.total', 'item'] })).upserts;
    expect(told(none)).toEqual([]);
  });

  test('are there when it is asked for alone, or verified', async () => {
    rig.supply.charges = [vat];
    const { searchId } = await searched([{ total: 300, charges: [city] }], { readMask: ['price'] });
    const id = offerId(searchId, 0, 0);
    const { offer } = await rig.query.getOffer({ offerId: id, readMask: undefined });
    expect(told(offer)).toEqual(['City tax 8.80 GBP of 4.40 EUR in', 'VAT 24.00 GBP of 12.00 EUR in']);
    const before = rig.supply.verify;
    rig.supply.verify = async (handle) => {
      const made = await before(handle);
      return { batch: batchOf('a', 'v', [{ total: 301 }]), offer: { ...made.offer!, charges: [vat] } };
    };
    const whole = await searched([{ total: 330 }]);
    const verified = await rig.query.verify({ offerId: offerId(whole.searchId, 0, 0) });
    expect(told(verified.offer)).toEqual(['VAT 24.00 GBP of 12.00 EUR in']);
  });

  test('are told to pricing where it explains, those that supply alone has too', async () => {
    const { searchId } = await searched([{ total: 300, charges: [city] }]);
    rig.supply.explain = () => ExplainOfferResponse.fromPartial({ adapter: 'x', charges: [vat] });
    await rig.query.explain({ offerId: offerId(searchId, 0, 0) });
    expect(rig.pricing.explained[0]?.batch?.prices?.charges?.names).toEqual(['VAT', 'City tax']);
  });
});

describe('what a market must be shown', () => {
  test('says of an offer that what is due at the place comes on top', async () => {
    rig.pricing.display = { dueLaterOnTop: true, unitPrices: UnitPrices.SHOWN };
    const { upserts } = await searched([{ total: 300, dueLater: 10 }, { total: 400 }]);
    expect(upserts.map(({ price }) => price?.dueLaterOnTop)).toEqual([true, false]);
  });
});

describe('a price for one unit', () => {
  /** A stay of so many nights for 100.00; undefined for a row that does not say. */
  function stay(nights: number | undefined): ResultSet {
    const set = new ResultSet(vertical('stay'), 'GBP');
    set.partners = ['a'];
    const column = columnBuilder('int', 1);
    column.push(nights);
    const batch = {
      ...batchOf('a', 'a0', [{ total: 10_000 }]),
      columns: { rowCount: 1, columns: [column.build('nights')] },
    };
    const inputs = { batchId: 0, partner: 'a', prices: batch.prices, columns: batch.columns, partnerRates: [] };
    set.append(0, batch, inputs, new FakePricing().quotesOf(inputs, 'GBP'));
    return set;
  }

  test('is the total of a night, rounded half up to what the currency is paid in', () => {
    expect(unitPriceOf(stay(3), 0, 10_000, 'GBP')).toEqual({
      amount: { currencyCode: 'GBP', amount: '33.33' },
      unit: 'night',
      quantity: 3,
    });
    expect(unitPriceOf(stay(8), 0, 10_004, 'GBP')?.amount?.amount).toBe('12.51'); // 12.505
    expect(unitPriceOf(stay(2), 0, 10_001, 'JPY')?.amount?.amount).toBe('5001');
    expect(unitPriceOf(stay(1), 0, 10_001, 'KWD')?.amount?.amount).toBe('10.001');
  });

  test('comes with every price where the market requires it, whatever the mask leaves out', () => {
    const set = stay(3);
    const shown = (paths: string[]) =>
      wholeOffer('s', set, set.products.view, { row: 0, others: [] }, undefined, compileReadMask(paths, 'stay', []));
    expect(shown(['price.total']).price?.unitPrice).toBeUndefined();
    expect(shown(['price']).price?.unitPrice?.amount?.amount).toBe('33.33');
    set.display = { dueLaterOnTop: false, unitPrices: UnitPrices.REQUIRED };
    expect(shown(['price.total']).price?.unitPrice?.amount?.amount).toBe('33.33');
    expect(shown(['partner']).price).toBeUndefined();
  });

  test('is not there where the row or the vertical has no unit, or the market has none shown', () => {
    expect(unitPriceOf(stay(undefined), 0, 10_000, 'GBP')).toBeUndefined();
    expect(unitPriceOf(stay(0), 0, 10_000, 'GBP')).toBeUndefined();
    expect(unitPriceOf(heldSet({ a: [{ stops: 1 }] }), 0, 10_000, 'GBP')).toBeUndefined();
    const hidden = stay(2);
    hidden.display = { dueLaterOnTop: false, unitPrices: UnitPrices.NONE };
    expect(unitPriceOf(hidden, 0, 10_000, 'GBP')).toBeUndefined();
  });
});

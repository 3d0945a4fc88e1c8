import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GoodCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { TaxBasis } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { adapterOf, answerContext, chargesOf, offerOf } from '../testing.ts';

type Body = Record<string, unknown>;

const adapter = await adapterOf('ebay-browse');
const criteria = { vertical: { $case: 'good' as const, value: GoodCriteria.fromPartial({ query: 'lamp' }) } };
const context = answerContext('ebay-browse', criteria, '2027-01-11T20:30:00Z');
const fixture = (name: string): Body =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));

function read(body: Body, at = context) {
  const result = adapter.read(body, at);
  if ('failure' in result) throw new Error(result.detail);
  return result;
}

describe('a search', () => {
  const { rows } = read(fixture('search'));
  const offers = rows.map((row) => offerOf(adapter, row, context));
  const [variant, broken, free, auction, bare] = offers;

  it('has a row for each item, and rejects what can only be bid for and what has no currency', () => {
    expect(rows).toHaveLength(5);
    expect(offers.map(({ rejection }) => rejection?.reason)).toEqual([
      undefined,
      undefined,
      undefined,
      RejectionReason.MISSING_FIELD,
      RejectionReason.INVALID_CURRENCY,
    ]);
    expect(auction?.rejection?.example).toBe('v1|100000000004|0: it can only be bid for');
    expect(bare?.rejection?.example).toContain('v1|100000000005|0');
  });

  it("keeps amounts exact and in the marketplace's currency", () => {
    const common = { taxMinor: -1, dueLaterMinor: 0, basis: TaxBasis.INCLUDED };
    expect(variant?.price).toEqual({ currency: 'GBP', totalMinor: 2190, ...common });
    expect(free?.price).toEqual({ currency: 'JPY', totalMinor: 1200, ...common });
  });

  it('can be had delivered for what each way of it costs, beside the price', () => {
    expect(chargesOf(adapter, rows[0]!, context)).toContain('Shipping 6.50 GBP DELIVERY OPTIONAL_NOW');
    expect(chargesOf(adapter, rows[1]!, context)).toEqual([]);
  });

  it('lives as long as the manifest says', () => {
    expect(variant?.expiresAt).toBe(context.fetchedAt + 600_000);
  });

  it('says of an item what it says, and nothing else', () => {
    expect(variant?.columns).toEqual({
      item_code: 'v1|100000000001|200000000002',
      title: 'Desk lamp, oak, small',
      item_group_code: '100000000001',
      condition: 'NEW',
      categories: ['Home & Garden', 'Lighting', 'Lamps'],
      seller_name: 'lichtblick',
      seller_rating: 99.1,
      // Those of the cheapest delivery.
      free_delivery: false,
      delivery_days_min: 5,
      delivery_days_max: 9,
      ships_from: 'DE',
      image_urls: ['https://pictures.test/lamp.jpg', 'https://pictures.test/lamp-2.jpg'],
      accepts_bids: true,
    });
  });

  it('takes a seller without ratings as unrated, and delivery whose cost is not told as unknown', () => {
    expect(broken?.columns).toMatchObject({ condition: 'FOR_PARTS', seller_name: 'attic', accepts_bids: false });
    expect(broken?.columns?.seller_rating).toBeUndefined();
    expect(broken?.columns?.free_delivery).toBeUndefined();
    expect(itemOf(rows[1]!)).toMatchObject({ deliveryCost: '', imageUrls: [] });
  });

  it('compares delivery costs in the currency of the price alone', () => {
    expect(free?.columns?.free_delivery).toBe(true);
    expect(itemOf(rows[2]!)).toMatchObject({ deliveryCost: '0' });
    expect(itemOf(rows[0]!)).toMatchObject({ deliveryCost: '2.95' });
  });

  it('makes a whole item with its pictures, the main one first', () => {
    expect(itemOf(rows[0]!)).toMatchObject({
      imageUrls: ['https://pictures.test/lamp.jpg', 'https://pictures.test/lamp-2.jpg'],
      productUrl: 'https://www.ebay.test/itm/100000000001',
      gtin: '',
      brand: '',
    });
  });

  it('leads on by the affiliate link where there is one', () => {
    expect(adapter.handoff(rows[0]!, context, 'c1')).toEqual({
      url: 'https://www.ebay.test/itm/100000000001?campid=5338',
    });
    expect(adapter.handoff(rows[1]!, context, 'c1')).toEqual({ url: 'https://www.ebay.test/itm/100000000002' });
  });

  it('without a hit has no list, and no rows', () => {
    expect(read({ href: 'x', total: 0, limit: 200, offset: 0 })).toEqual({ rows: [] });
  });

  it('says what eBay warns of', () => {
    const warnings = [{ message: 'short', longMessage: 'The filter was not used.' }];
    expect(read({ ...fixture('search'), warnings }).warning).toBe('The filter was not used.');
  });

  it('is taxed by the marketplace that is searched, not by where the shopper is', () => {
    const american = { ...context, account: { ...context.account, options: { marketplace: 'EBAY_US' } } };
    const [row] = read(fixture('search'), american).rows;
    expect(adapter.price(row!, american).basis).toBe(TaxBasis.EXCLUDED);
  });

  function itemOf(row: (typeof rows)[number]) {
    const item = adapter.item(row, context, () => true);
    if (item?.$case !== 'good') throw new Error('no good');
    return item.value;
  }
});

describe('further pages', () => {
  const more = (total: number, next: boolean) => ({
    ...fixture('search'),
    total,
    ...(next && { next: 'https://api.ebay.com/buy/browse/v1/item_summary/search?offset=200' }),
  });
  const wanting = (maxResults: number) => ({
    ...context,
    criteria: { vertical: { $case: 'good' as const, value: GoodCriteria.fromPartial({ query: 'lamp', maxResults }) } },
  });
  const offsets = (maxResults: number): string[] => {
    const at = wanting(maxResults);
    const first = adapter.ask(at);
    let request = 'unsupported' in first ? undefined : first;
    const paths: string[] = [];
    while (request !== undefined) {
      paths.push(request.path.replace(/.*&limit=/, ''));
      request = read(more(5_000, true), { ...at, progress: request.progress! }).next;
    }
    return paths;
  };

  it('are asked for until as many are there as are wanted, in equal steps as eBay demands', () => {
    expect(offsets(200)).toEqual(['200&offset=0']);
    expect(offsets(150)).toEqual(['150&offset=0']);
    expect(offsets(250)).toEqual(['125&offset=0', '125&offset=125']);
    expect(offsets(1_000)).toEqual([
      '200&offset=0',
      '200&offset=200',
      '200&offset=400',
      '200&offset=600',
      '200&offset=800',
    ]);
  });

  it('end with the page that names no next one, and with one that has no rows', () => {
    const at = wanting(1_000);
    expect(read(more(5, false), at).next).toBeUndefined();
    expect(read({ total: 5_000, next: 'https://api.ebay.com/more' }, at).next).toBeUndefined();
  });
});

describe('an item that is asked for again', () => {
  const [before] = read(fixture('search')).rows;

  it('is asked for by its id, whose pipes are encoded', () => {
    const request = adapter.verify(before!, context);
    expect(request.method).toBe('GET');
    expect(request.path).toBe('/buy/browse/v1/item/v1%7C100000000001%7C200000000002');
    expect(request.headers['x-ebay-c-marketplace-id']).toBe('EBAY_GB');
  });

  it('says more than a search did', () => {
    const answer = { ...context, progress: adapter.verify(before!, context).progress! };
    const said = adapter.readVerified(fixture('item'), answer, before!);
    if (!('row' in said)) throw new Error('not found');
    const offer = offerOf(adapter, said.row, answer);
    expect(offer.price).toMatchObject({ totalMinor: 2240, currency: 'GBP' });
    expect(offer.columns).toMatchObject({
      item_code: 'v1|100000000001|200000000002',
      brand: 'Lichtwerk',
      gtin: '04006381333931',
      mpn: 'LW-20-S',
      item_group_code: '100000000001',
      categories: ['Home & Garden', 'Lighting', 'Lamps'],
      color: 'Oak',
      size: 'Small',
      availability: 'LIMITED',
      quantity_available: 2,
      rating: 4.5,
      review_count: 11,
      return_days: 30,
    });
    expect(adapter.rowOfVerified(fixture('item'), answer).values).toEqual(said.row.values);
  });

  it.each([
    ['Does not apply', undefined],
    ['4006381333932', undefined],
    ['2001234567893', undefined],
    ['036000291452', '00036000291452'],
  ])('with the GTIN %s has %s', (gtin, expected) => {
    const row = adapter.rowOfVerified({ ...fixture('item'), gtin }, context);
    expect(adapter.columns.gtin!(row, context)).toBe(expected);
  });

  it('cannot be sent back where nothing is taken back', () => {
    const row = adapter.rowOfVerified({ ...fixture('item'), returnTerms: { returnsAccepted: false } }, context);
    expect(adapter.columns.return_days!(row, context)).toBe(0);
  });

  it.each([
    [{ errors: [{ errorId: 11001, message: 'The specified item Id was not found.' }] }],
    [{ ...fixture('item'), estimatedAvailabilities: [{ estimatedAvailabilityStatus: 'OUT_OF_STOCK' }] }],
  ])('is gone when eBay says so', (body) => {
    expect(adapter.readVerified(body, context, before!)).toHaveProperty('gone');
  });
});

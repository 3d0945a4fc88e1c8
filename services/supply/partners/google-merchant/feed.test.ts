import { createReadStream } from 'node:fs';
import { expect, it } from 'vitest';
import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { rowsOfFile } from '../../feeds/rows.ts';
import { adapterOf, answerContext, chargesOf, offerOf } from '../testing.ts';

const fixture = new URL('./fixtures/products.xml', import.meta.url);
const settings = {
  format: 'rss',
  element: 'item',
  delimiter: ',',
  maxRowBytes: 65_536,
  contentType: undefined,
} as const;
const good = {
  query: 'drill',
  gtin: '',
  brand: '',
  mpn: '',
  category: '',
  conditions: [],
  shipTo: undefined,
  maxResults: undefined,
};

async function offers(at: string, market: string) {
  const parts = await Array.fromAsync(rowsOfFile(createReadStream(fixture), settings));
  const adapter = await adapterOf('google-merchant');
  const context = { ...answerContext('google-merchant', { vertical: { $case: 'good', value: good } }, at), market };
  const read = adapter.read({ rows: parts.flatMap(({ rows }) => rows) }, context);
  if ('failure' in read) throw new Error(read.detail);
  return read.rows.map((row) => {
    const item = adapter.item(row, context, () => true);
    return {
      ...offerOf(adapter, row, context),
      good: item?.$case === 'good' ? item.value : undefined,
      row,
      context,
      adapter,
    };
  });
}

it('costs what the cheapest delivery to the country costs', async () => {
  const costs = async (market: string) => (await offers('2027-01-01T00:00:00Z', market))[0]?.good?.deliveryCost;
  expect(await costs('DE')).toBe('2.90');
  expect(await costs('AT')).toBe('0');
  expect(await costs('FR')).toBe('');
});

it('offers every delivery to the country beside the price', async () => {
  const charges = async (market: string) => {
    const [drill] = await offers('2027-01-01T00:00:00Z', market);
    return chargesOf(drill!.adapter, drill!.row, drill!.context);
  };
  expect(await charges('DE')).toEqual([
    'Shipping 4.90 EUR DELIVERY OPTIONAL_NOW',
    'Shipping 2.90 EUR DELIVERY OPTIONAL_NOW',
  ]);
  expect(await charges('FR')).toEqual([]);
});

it('has its sale from the first moment to before the last', async () => {
  const total = async (at: string) => (await offers(at, 'DE'))[1]?.price?.totalMinor;
  expect(await total('2027-03-01T06:59:59Z')).toBe(8_900);
  expect(await total('2027-03-01T07:00:00Z')).toBe(5_900);
  expect(await total('2027-03-03T18:59:59Z')).toBe(5_900);
  expect(await total('2027-03-03T19:00:00Z')).toBe(8_900);
});

it('rejects a price in no currency of the world', async () => {
  const bits = (await offers('2027-01-01T00:00:00Z', 'DE'))[2];
  expect(bits?.rejection?.reason).toBe(RejectionReason.INVALID_CURRENCY);
});

it('is found by words, number, and the maker’s number in any capitals', async () => {
  const adapter = await adapterOf('google-merchant');
  const { account } = answerContext(
    'google-merchant',
    { vertical: { $case: 'good', value: good } },
    '2027-01-01T00:00:00Z',
  );
  const index = adapter.inventory!.indexer(account);
  const [row] = (await Array.fromAsync(rowsOfFile(createReadStream(fixture), settings))).flatMap(({ rows }) => rows);
  expect(index(row)).toMatchObject({ key: 'HT-1', keys: ['gtin:04006381333931', 'mpn:kestrel/kd-18'] });
  expect(index(row)?.words).toContain('Cordless drill');
  const lookup = (value: Partial<typeof good>) =>
    adapter.inventory!.lookup(
      answerContext(
        'google-merchant',
        { vertical: { $case: 'good', value: { ...good, query: '', ...value } } },
        '2027-01-01T00:00:00Z',
      ),
    );
  expect(lookup({ brand: 'KESTREL', mpn: 'kd-18' })).toMatchObject({ lookup: { keys: ['mpn:kestrel/kd-18'] } });
  expect(lookup({ gtin: '4006381333931' })).toMatchObject({ lookup: { keys: ['gtin:04006381333931'], limit: 200 } });
  expect(lookup({})).toHaveProperty('unsupported');
});

it('leads to the item’s own page', async () => {
  const [drill] = await offers('2027-01-01T00:00:00Z', 'DE');
  expect(drill!.adapter.handoff(drill!.row, drill!.context, 'click')).toEqual({
    url: 'https://shop.example/p/HT-1?a=1&b=2',
  });
});

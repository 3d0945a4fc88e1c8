import { createReadStream, existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Criteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { TaxBasis } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { rowsOfFile } from '../../feeds/rows.ts';
import { adapterOf, answerContext, offerOf } from '../testing.ts';

const sample = new URL('../../../../../shared/partner-samples/goods/google-merchant/feed-rss2.xml', import.meta.url);
const found = existsSync(sample);
if (!found) console.warn('../shared/partner-samples is absent: the Google Merchant sample is not read');

const settings = {
  format: 'rss',
  element: 'item',
  delimiter: ',',
  maxRowBytes: 1_048_576,
  contentType: undefined,
} as const;
const criteria: Criteria = {
  vertical: {
    $case: 'good',
    value: {
      query: 'x',
      gtin: '',
      brand: '',
      mpn: '',
      category: '',
      conditions: [],
      shipTo: undefined,
      maxResults: undefined,
    },
  },
};

async function offersAt(at: string) {
  const parts = await Array.fromAsync(rowsOfFile(createReadStream(sample), settings));
  const rows = parts.flatMap((part) => part.rows);
  const adapter = await adapterOf('google-merchant');
  const context = { ...answerContext('google-merchant', criteria, at), market: 'US' };
  const read = adapter.read({ rows }, context);
  if ('failure' in read) throw new Error(read.detail);
  return read.rows.map((row) => ({ ...offerOf(adapter, row, context), item: adapter.item(row, context, () => true) }));
}

describe.skipIf(!found)('the sample feed', () => {
  it('has six items, which all become offers with their amounts', async () => {
    const offers = await offersAt('2027-01-01T00:00:00Z');
    expect(offers.map(({ rejection }) => rejection)).toEqual(Array(6).fill(undefined));
    expect(offers.map(({ price }) => [price?.currency, price?.totalMinor])).toEqual(
      [15_900, 1_199, 4_675, 2_950, 2_950, 3_399].map((minor) => ['USD', minor]),
    );
    expect(offers.map(({ price }) => price?.basis)).toEqual(Array(6).fill(TaxBasis.EXCLUDED));
    expect(offers.map(({ columns }) => [columns?.condition, columns?.availability])).toEqual([
      ['USED', 'IN_STOCK'],
      ['NEW', 'PREORDER'],
      ['NEW', 'IN_STOCK'],
      ['NEW', 'OUT_OF_STOCK'],
      ['NEW', 'IN_STOCK'],
      ['NEW', 'BACKORDER'],
    ]);
    expect(offers.map(({ item }) => item?.$case === 'good' && item.value.deliveryCost)).toEqual([
      '14.95',
      '3.80',
      '4.95',
      '',
      '',
      '0',
    ]);
    expect(offers.map(({ columns }) => columns?.free_delivery)).toEqual([
      false,
      false,
      false,
      undefined,
      undefined,
      true,
    ]);
    expect(offers[2]?.item?.$case === 'good' && offers[2].item.value.imageUrls).toHaveLength(3);
    expect(offers[0]?.columns?.categories).toHaveLength(3);
    expect(offers[3]?.columns?.item_group_code).toBe(offers[4]?.columns?.item_group_code);
  });

  it.each([
    ['a minute before its sale', '2011-09-01T23:59:00Z', 3_399, '2011-09-02T00:00:00Z'],
    ['when its sale begins', '2011-09-02T00:00:00Z', 2_549, '2011-09-02T00:30:00Z'],
    ['a minute before its end', '2011-09-03T23:59:00Z', 2_549, '2011-09-04T00:00:00Z'],
    ['at its end', '2011-09-04T00:00:00Z', 3_399, '2011-09-04T00:30:00Z'],
  ])(
    'sells the jersey %s at the price of that moment, for no longer than that price holds',
    async (_, at, minor, until) => {
      const jersey = (await offersAt(at))[5];
      expect(jersey?.price?.totalMinor).toBe(minor);
      expect(jersey?.expiresAt).toBe(Date.parse(until));
    },
  );
});

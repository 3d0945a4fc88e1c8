import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { TaxBasis } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { parseExactJson } from '../../exact-json.ts';
import { goods } from '../../testing/goods.ts';
import { adapterOf, answerContext, offerOf } from '../testing.ts';

const folder = new URL('../../../../../shared/partner-samples/goods/shopify-webhook/', import.meta.url);
const found = existsSync(folder);
if (!found) console.warn('../shared/partner-samples is absent: the Shopify samples are not read');

const account = {
  shop: 'harbour.myshopify.com',
  storefront: 'https://harbour.example',
  currency: 'USD',
  currency_citation: 'Settings, Store currency, on 2027-01-04',
  taxes_included: false,
};

/** What a recorded message changes. */
async function changesOf(topic: string, options: Readonly<Record<string, unknown>> = account) {
  const adapter = await adapterOf('shopify');
  const context = answerContext('shopify', goods({ query: 'x' }), '2027-01-01T00:00:00Z', options);
  const headers = {
    'x-shopify-topic': topic,
    'x-shopify-webhook-id': 'w-1',
    'x-shopify-shop-domain': 'harbour.myshopify.com',
    'x-shopify-triggered-at': '2022-01-02T00:00:00.123456789Z',
  };
  const body = parseExactJson(readFileSync(new URL(`${topic.replace('/', '-')}.json`, folder)));
  return { ...adapter.inventory!.push!.read({ headers, fields: {}, body }, context.account), adapter, context };
}

/** The offers of the products in a recorded message. */
async function offersOf(topic: string, options: Readonly<Record<string, unknown>> = account) {
  const { changes = [], adapter, context } = await changesOf(topic, options);
  const rows = changes.map((change) => (change.op === 'upsert' ? JSON.parse(change.row.row) : undefined));
  const read = adapter.read({ rows, levels: [] }, context);
  if ('failure' in read) throw new Error(read.detail);
  return read.rows.map((row) => ({ ...offerOf(adapter, row, context), row, adapter, context }));
}

describe.skipIf(!found)('the recorded messages', () => {
  it.each(['products/create', 'products/update'])(
    '%s: two variants, each an offer with every digit of its id',
    async (topic) => {
      const { changes } = await changesOf(topic);
      expect(changes).toMatchObject([
        {
          op: 'upsert',
          collection: '',
          version: Date.parse('2022-01-01T00:00:00Z'),
          row: { key: '788032119674292922' },
        },
      ]);
      const offers = await offersOf(topic);
      expect(
        offers.map(({ price, columns }) => [columns?.item_code, columns?.title, price?.totalMinor, price?.currency]),
      ).toEqual([
        ['642667041472713922', 'Example T-Shirt, Small', 1_999, 'USD'],
        ['757650484644203962', 'Example T-Shirt, Medium', 1_999, 'USD'],
      ]);
      expect(offers.map(({ columns }) => [columns?.quantity_available, columns?.availability])).toEqual([
        [75, 'IN_STOCK'],
        [50, 'IN_STOCK'],
      ]);
      expect(offers[0]?.price?.basis).toBe(TaxBasis.EXCLUDED);
      const [small] = offers;
      expect(small!.adapter.handoff(small!.row, small!.context, 'c')).toEqual({
        url: 'https://harbour.example/products/example-t-shirt?variant=642667041472713922',
      });
    },
  );

  it('without a currency are rejected, unless the account states one and where it was read off', async () => {
    for (const options of [{ taxes_included: true }, { ...account, currency_citation: '' }]) {
      const offers = await offersOf('products/update', options);
      expect(offers.map(({ rejection }) => rejection?.reason)).toEqual(Array(2).fill(RejectionReason.INVALID_CURRENCY));
    }
    const untaxed = await offersOf('products/update', { ...account, taxes_included: undefined });
    expect(untaxed.map(({ rejection }) => rejection?.reason)).toEqual(Array(2).fill(RejectionReason.UNKNOWN_TAX_BASIS));
  });

  it.each(['product_feeds/full_sync', 'product_feeds/incremental_sync'])(
    '%s: its own currency counts',
    async (topic) => {
      const [offer, ...others] = await offersOf(topic, {
        taxes_included: true,
        currency: 'USD',
        currency_citation: 'x',
      });
      expect(others).toEqual([]);
      expect(offer?.price).toMatchObject({ totalMinor: 10_000, currency: 'CAD', basis: TaxBasis.INCLUDED });
      expect(offer?.columns).toMatchObject({ item_code: '1', quantity_available: 10, brand: 'Cawfee Inc' });
      const { changes } = await changesOf(topic);
      expect(changes).toMatchObject([
        { op: 'upsert', row: { key: '12345' }, version: Date.parse('2022-01-01T00:00:00Z') },
      ]);
      const [change] = changes ?? [];
      expect(change?.op === 'upsert' && change.sync).toBe(
        topic.endsWith('full_sync') ? 'gid://shopify/ProductFullSync/1123511235' : undefined,
      );
    },
  );

  it('say what is gone, how much there is, and that a sync is over', async () => {
    expect((await changesOf('products/delete')).changes).toEqual([
      {
        op: 'delete',
        collection: '',
        key: expect.stringMatching(/^\d{18}$/),
        version: Date.parse('2022-01-02T00:00:00.123Z'),
      },
    ]);
    expect((await changesOf('inventory_levels/update')).changes).toMatchObject([
      {
        op: 'upsert',
        collection: 'levels',
        row: { key: '271878346596884015/24826418', links: ['271878346596884015'] },
      },
    ]);
    expect((await changesOf('product_feeds/full_sync_finish')).changes).toEqual([
      {
        op: 'complete',
        collection: '',
        sync: 'gid://shopify/ProductFullSync/1123511235',
        version: Date.parse('2022-01-01T00:00:00Z'),
        count: 12,
      },
    ]);
  });

  it('for another shop change nothing', async () => {
    expect((await changesOf('products/update', { ...account, shop: 'other.myshopify.com' })).changes).toEqual([]);
  });
});

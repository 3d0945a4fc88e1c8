import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gtin13 } from './goods/gtin.ts';
import type { Twin } from './server.ts';
import { askJson, startPartners, startPlatform } from './testing-partners.ts';

let twin: Twin;
beforeAll(async () => {
  ({ twin } = await startPartners());
});
afterAll(() => twin.close());

/** GTINs, as thirteen digits, by the product that the twin says is behind them. */
type Sold = Map<string, string>;

async function feedGoods(from: Twin, seller: string, headers: Record<string, string> = {}): Promise<Sold> {
  const [head, ...lines] = (await (await fetch(`${from.url}/${seller}/feed.tsv`, { headers })).text())
    .trimEnd()
    .split('\n');
  const at = (name: string) => head!.split('\t').indexOf(name);
  const sold: Sold = new Map();
  for (const line of lines) {
    const cells = line.split('\t');
    const truth = from.truthOf(seller, cells[at('id')]!)!;
    expect(truth).toMatchObject({ kind: 'good', variant: cells[at('condition')] });
    sold.set(truth.product, gtin13(cells[at('gtin')]!) ?? '');
  }
  return sold;
}

async function shopGoods(from: Twin): Promise<Sold> {
  const platform = await startPlatform();
  await from.push('shop', { kind: 'products/create', target: platform.url });
  await platform.close();
  const sold: Sold = new Map();
  for (const { body } of platform.received) {
    const variants = body.toString().matchAll(/"(gid:\/\/shopify\/ProductVariant\/\d+)","barcode":(?:null|" ?(\d+)")/g);
    for (const [, id, barcode] of variants) sold.set(from.truthOf('shop', id!)!.product, gtin13(barcode ?? '') ?? '');
  }
  return sold;
}

describe('goods of one world', () => {
  it('are the same product at every seller where they have the same GTIN, and only there', async () => {
    const basic = { authorization: `Basic ${btoa('fetcher:twin')}` };
    const ranges = [await feedGoods(twin, 'feed'), await feedGoods(twin, 'feed-uk', basic), await shopGoods(twin)];
    const byGtin = new Map<string, string>();
    for (const range of ranges) {
      expect(range.size).toBeGreaterThan(100);
      for (const [product, gtin] of range) {
        if (gtin === '') continue;
        expect(byGtin.get(gtin) ?? product).toBe(product);
        byGtin.set(gtin, product);
      }
    }
    const [one, two, three] = ranges as [Sold, Sold, Sold];
    const common = [...one.keys()].filter((product) => two.has(product) && three.has(product));
    expect(common.length).toBeGreaterThan(50);
    expect(common.length).toBeLessThan(one.size);
  });

  it('are found at a marketplace by the GTIN of a feed', async () => {
    const range = [...(await feedGoods(twin, 'feed'))].filter(([, gtin]) => gtin !== '').slice(0, 60);
    const token = await askJson<{ access_token: string }>(`${twin.url}/ebay/identity/v1/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('a:twin')}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials&scope=https://api.ebay.com/oauth/api_scope',
    });
    let met = 0;
    for (const [product, gtin] of range) {
      const url = `${twin.url}/ebay/buy/browse/v1/item_summary/search?gtin=${gtin}`;
      const { body } = await askJson<{ itemSummaries?: { itemId: string }[] }>(url, {
        headers: { authorization: `Bearer ${token.body.access_token}` },
      });
      for (const { itemId } of body.itemSummaries ?? []) {
        met++;
        expect(twin.truthOf('ebay', itemId)).toMatchObject({ kind: 'good', product });
      }
    }
    expect(met).toBeGreaterThan(40);
  });

  it('are the same in two twins of one seed', async () => {
    const { twin: other } = await startPartners();
    try {
      const [ours, theirs] = await Promise.all(
        [twin, other].map(async ({ url }) => (await fetch(`${url}/feed/feed.xml`)).text()),
      );
      expect(theirs).toBe(ours);
      expect(await shopGoods(other)).toEqual(await shopGoods(twin));
    } finally {
      await other.close();
    }
  });

  it('have no truth for keys that nobody gave', () => {
    for (const [seller, key] of [
      ['ebay', 'v1|1|0'],
      ['feed', 'SKU-00000000x'],
      ['shop', '12'],
      ['alpine', '0'],
      ['uber', 'x'],
      ['karhoo', 'x'],
    ] as const) {
      expect(twin.truthOf(seller, key)).toBeUndefined();
    }
  });
});

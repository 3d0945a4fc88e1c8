import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Twin } from '../server.ts';
import { kindsOf, testNow } from '../testing.ts';
import { askJson, differences, startPartners } from '../testing-partners.ts';

let twin: Twin;
let clock: { now: number };
let bearer: string;
beforeAll(async () => {
  ({ twin, clock } = await startPartners());
});
afterAll(() => twin.close());
beforeEach(async () => {
  clock.now = testNow;
  twin.setScenario('ebay', {});
  twin.setEdition('ebay', 0);
  bearer = (await token()).body.access_token;
});

interface Money {
  readonly value?: string;
  readonly currency?: string;
  readonly convertedFromValue?: string;
  readonly convertedFromCurrency?: string;
}
interface Summary {
  readonly itemId: string;
  readonly title: string;
  readonly price: Money;
  readonly conditionId?: string;
  readonly epid?: string;
  readonly gtin?: string;
  readonly itemGroupHref?: string;
  readonly itemCreationDate: string;
  readonly categories: readonly { readonly categoryId: string }[];
}
interface Page {
  readonly total: number;
  readonly next?: string;
  readonly prev?: string;
  readonly limit: number;
  readonly offset: number;
  readonly itemSummaries?: readonly Summary[];
}
interface Item extends Summary {
  readonly brand: string;
  readonly mpn?: string;
  readonly primaryItemGroup?: { readonly itemGroupId: string };
}
interface Errors {
  readonly errors: readonly { readonly errorId: number; readonly domain: string; readonly category: string }[];
}

function token(options: { secret?: string; form?: Record<string, string>; seller?: string } = {}) {
  const { secret = 'twin', seller = 'ebay' } = options;
  const form = options.form ?? { grant_type: 'client_credentials', scope: 'https://api.ebay.com/oauth/api_scope' };
  return askJson<{ access_token: string; expires_in: number; token_type: string; error?: string }>(
    `${twin.url}/${seller}/identity/v1/oauth2/token`,
    {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`app:${secret}`)}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams(form).toString(),
    },
  );
}

function ask<T>(where: string, headers: Record<string, string> = {}) {
  return askJson<T>(`${twin.url}/ebay/buy/browse/v1/${where}`, {
    headers: { authorization: `Bearer ${bearer}`, 'x-ebay-c-marketplace-id': 'EBAY_US', ...headers },
  });
}

const search = (query: string, headers: Record<string, string> = {}) =>
  ask<Page>(`item_summary/search?${query}`, headers);

describe('access', () => {
  it('is given for client credentials with the scope, and ends', async () => {
    const given = await token();
    expect(given.body).toMatchObject({ expires_in: 3600, token_type: 'Application Access Token' });
    expect((await search('q=laptop')).status).toBe(200);
    clock.now += 3_601_000;
    const late = await ask<Errors>('item_summary/search?q=laptop');
    expect([late.status, late.body.errors[0]!.errorId]).toEqual([401, 1001]);
  });

  it('is not given for a wrong secret, scope or grant, nor for a made-up token or another seller’s', async () => {
    expect(await token({ secret: 'no' })).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    const form = { grant_type: 'client_credentials', scope: 'https://api.ebay.com/oauth/api_scope/sell' };
    expect(await token({ form })).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
    expect(await token({ form: { grant_type: 'password' } })).toMatchObject({ status: 400 });
    const errors = async (authorization: string) =>
      (await askJson<Errors>(`${twin.url}/ebay/buy/browse/v1/item_summary/search?q=a`, { headers: { authorization } }))
        .body.errors[0]!.errorId;
    expect(await errors('')).toBe(1002);
    expect(await errors('Bearer app.zzzzzz.0')).toBe(1001);
    expect(await errors(`Bearer ${(await token({ seller: 'ebay-uk' })).body.access_token}`)).toBe(1001);
  });
});

describe('searching', () => {
  it('pages to the end without loss or doubles', async () => {
    const ids: string[] = [];
    let url: string | undefined = 'item_summary/search?q=smartphone&limit=50';
    let total = 0;
    while (url !== undefined) {
      const { body }: { body: Page } = await ask<Page>(url);
      total = body.total;
      ids.push(...(body.itemSummaries ?? []).map(({ itemId }) => itemId));
      expect(body.limit).toBe(50);
      url = body.next?.replace('https://api.ebay.com/buy/browse/v1/', '');
    }
    expect(total).toBeGreaterThan(150);
    expect(ids).toHaveLength(total);
    expect(new Set(ids).size).toBe(total);
    for (const id of ids) expect(id).toMatch(/^v1\|\d{12}\|(0|\d{12})$/);
  });

  it('has no GTINs, epids of some, groups of some, and fields that come and go', async () => {
    const { body } = await search('q=headphones&limit=200');
    const all = body.itemSummaries!;
    const share = (test: (item: Summary) => boolean) => all.filter(test).length / all.length;
    expect(share((item) => 'gtin' in item)).toBe(0);
    for (const test of [
      (item: Summary) => item.epid !== undefined,
      (item: Summary) => item.itemGroupHref !== undefined,
      (item: Summary) => 'additionalImages' in item,
      (item: Summary) => 'marketingPrice' in item,
      (item: Summary) => 'listingMarketplaceId' in item,
    ]) {
      expect(share(test)).toBeGreaterThan(0.02);
      expect(share(test)).toBeLessThan(0.98);
    }
  });

  it('finds by GTIN what has it, and the item says so', async () => {
    const { body } = await search('q=smartphone&limit=100');
    let met = 0;
    for (const { itemId } of body.itemSummaries!.slice(0, 30)) {
      const item = (await ask<Item>(`item/${encodeURIComponent(itemId)}`)).body;
      if (!/^\d+$/.test(item.gtin ?? '')) continue;
      met++;
      const same = (await search(`gtin=${item.gtin}`)).body.itemSummaries!;
      expect(same.map((each) => each.itemId)).toContain(itemId);
      const product = twin.truthOf('ebay', itemId)!.product;
      for (const each of same) expect(twin.truthOf('ebay', each.itemId)!.product).toBe(product);
    }
    expect(met).toBeGreaterThan(15);
    expect((await search('gtin=6291041500213')).body).toEqual(expect.objectContaining({ total: 0 }));
    expect((await search('gtin=6291041500213')).body.itemSummaries).toBeUndefined();
  });

  it('keeps to price, condition and category, and sorts', async () => {
    const filter = encodeURIComponent('price:[100..400],priceCurrency:USD,conditions:{NEW}');
    const { body } = await search(`q=smartphone&filter=${filter}&sort=price&limit=200`);
    const prices = body.itemSummaries!.map(({ price }) => Number(price.value));
    expect(prices.length).toBeGreaterThan(5);
    expect(prices).toEqual(prices.toSorted((a, b) => a - b));
    expect(Math.min(...prices)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...prices)).toBeLessThanOrEqual(400);
    for (const item of body.itemSummaries!) expect(item.conditionId ?? '1000').toBe('1000');
    const category = body.itemSummaries![0]!.categories[0]!.categoryId;
    const within = (await search(`category_ids=${category}&limit=10`)).body;
    expect(within.total).toBeGreaterThan(body.total);
    for (const item of within.itemSummaries!) {
      expect(item.categories.map(({ categoryId }) => categoryId)).toContain(category);
    }
    const newest = (await search('q=smartphone&sort=newlyListed&limit=20')).body.itemSummaries!;
    const dates = newest.map(({ itemCreationDate }) => itemCreationDate);
    expect(dates).toEqual(dates.toSorted().toReversed());
  });

  it('prices in the marketplace’s currency, the seller’s own beside it where that is another', async () => {
    const here = (await search('q=laptop&limit=5')).body.itemSummaries![0]!.price;
    expect(here).toEqual({ value: expect.stringMatching(/^\d+\.\d\d$/), currency: 'USD' });
    const german = (await search('q=laptop&limit=5', { 'x-ebay-c-marketplace-id': 'EBAY_DE' })).body;
    expect(german.itemSummaries![0]!.price).toEqual({
      value: expect.stringMatching(/^\d+\.\d\d$/),
      currency: 'EUR',
      convertedFromValue: expect.stringMatching(/^\d+\.\d\d$/),
      convertedFromCurrency: 'USD',
    });
  });

  it('that cannot be answered is refused in the partner’s way', async () => {
    const wrong = async (query: string, headers = {}) => {
      const { status, body } = await ask<Errors>(`item_summary/search?${query}`, headers);
      expect(body.errors[0]).toMatchObject({ domain: 'API_BROWSE', category: 'REQUEST' });
      return [status, body.errors[0]!.errorId];
    };
    expect(await wrong('')).toEqual([400, 12001]);
    expect(await wrong('q=a&limit=201')).toEqual([400, 12002]);
    expect(await wrong('q=a&offset=10000')).toEqual([400, 12003]);
    expect(await wrong('q=a&limit=50&offset=20')).toEqual([400, 12515]);
    expect(await wrong('q=a&filter=price:[1..2]')).toEqual([400, 12004]);
    expect(await wrong('q=a&category_ids=x')).toEqual([400, 12005]);
    expect(await wrong('q=a', { 'x-ebay-c-marketplace-id': 'EBAY_XX' })).toEqual([400, 12502]);
    expect((await ask<Errors>('item/v1%7C1%7C0')).body.errors[0]!.errorId).toBe(11001);
    expect((await ask<Errors>('item/1')).body.errors[0]!.errorId).toBe(11002);
    expect((await ask<Errors>('item/get_items_by_item_group?item_group_id=1')).body.errors[0]!.errorId).toBe(11006);
    expect((await ask<Errors>('items')).status).toBe(404);
  });
});

describe('an item', () => {
  it('has the price of its summary, and all of its group are variants of one family', async () => {
    const { body } = await search('q=jacket&limit=50');
    const grouped = body.itemSummaries!.find(({ itemGroupHref }) => itemGroupHref !== undefined)!;
    const item = (await ask<Item>(`item/${encodeURIComponent(grouped.itemId)}`)).body;
    expect(item.price).toEqual(grouped.price);
    expect(item.title).toBe(grouped.title);
    const group = grouped.itemGroupHref!.split('/item/')[1]!;
    const { items } = (await ask<{ items: Item[] }>(`item/${group}`)).body;
    expect(items.length).toBeGreaterThan(0);
    expect(items.map(({ itemId }) => itemId)).toContain(grouped.itemId);
    const products = items.map(({ itemId }) => twin.truthOf('ebay', itemId)!.product);
    expect(new Set(products).size).toBe(items.length);
    expect(new Set(products.map((product) => product.split('-')[0])).size).toBe(1);
  });

  it('is gone or dearer as the scenario says, each time the same', async () => {
    const { itemId, price } = (await search('q=drill&limit=1')).body.itemSummaries![0]!;
    const where = `item/${encodeURIComponent(itemId)}`;
    twin.setScenario('ebay', { priceChangeShare: 1, priceChange: 0.1 });
    for (let i = 0; i < 2; i++) {
      expect(Number((await ask<Item>(where)).body.price.value)).toBeCloseTo(Number(price.value) * 1.1, 1);
    }
    twin.setScenario('ebay', { soldOutShare: 1 });
    expect((await ask<Errors>(where)).body.errors[0]!.errorId).toBe(11001);
  });
});

describe('a scenario', () => {
  it('lets the quota be spent, the service fail, rows break and listings double', async () => {
    twin.setScenario('ebay', { quotaShare: 1 });
    const spent = await ask<Errors>('item_summary/search?q=a');
    expect([spent.status, spent.body.errors[0]!.errorId]).toEqual([429, 2001]);
    twin.setScenario('ebay', { errorShare: 1 });
    const response = await fetch(`${twin.url}/ebay/buy/browse/v1/item_summary/search?q=a`);
    expect(response.status).toBeGreaterThanOrEqual(500);
    twin.setScenario('ebay', {});
    const before = (await search('q=camera&limit=200')).body;
    twin.setScenario('ebay', { duplicateShare: 1 });
    const after = (await search('q=camera&limit=200')).body;
    expect(after.total).toBe(before.total * 2);
    twin.setScenario('ebay', { brokenRowShare: 1, brokenRows: ['missingCurrency'] });
    for (const { price } of (await search('q=camera')).body.itemSummaries!) expect(price.currency).toBeUndefined();
  });

  it('leaves the answers of equal requests equal, and those of another edition different', async () => {
    const first = await search('q=watch&limit=200&sort=price');
    expect((await search('q=watch&limit=200&sort=price')).body).toEqual(first.body);
    twin.setEdition('ebay', 3);
    expect((await search('q=watch&limit=200&sort=price')).body).not.toEqual(first.body);
  });
});

const folder = path.resolve('../shared/partner-samples/goods/ebay-browse');

describe.skipIf(!existsSync(folder))(
  'beside recorded answers (skipped where ../shared/partner-samples is absent)',
  () => {
    it.each(['sample_response_100.json', 'sample_response_100_best_match.json'])(
      'has every field of %s',
      async (file) => {
        const theirs = kindsOf(JSON.parse(readFileSync(path.join(folder, file), 'utf8')));
        const pages = await Promise.all(
          ['EBAY_US', 'EBAY_CA'].map((marketplace) =>
            search('q=smartphone&limit=200', {
              'x-ebay-c-marketplace-id': marketplace,
              'x-ebay-c-enduserctx': 'affiliateCampaignId=1',
            }),
          ),
        );
        const ours = kindsOf([pages[0]!.body, pages[1]!.body]);
        const folded = new Map([...ours].map(([field, kinds]) => [field.replace(/^\[\]/, ''), kinds]));
        expect(differences(theirs, folded)).toEqual([]);
      },
    );
  },
);

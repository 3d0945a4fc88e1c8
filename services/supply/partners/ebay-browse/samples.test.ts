import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GoodCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import { TaxBasis } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { adapterOf, answerContext, offerOf } from '../testing.ts';

/**
 * Answers that others recorded from the real API, read where they lie. What they say is known here without the adapter: by
 * cutting the raw text, in which every member stands on a line of its own, at the ids of the items.
 */
const adapter = await adapterOf('ebay-browse');
const samples = join(import.meta.dirname, '../../../../../shared/partner-samples/goods/ebay-browse');
const present = existsSync(samples);
if (!present) console.warn(`no recorded answers of eBay beside the repository (${samples}): their tests are skipped`);

/** What eBay's words for conditions mean. */
const conditions: Readonly<Record<string, string>> = {
  New: 'NEW',
  'Brand New': 'NEW',
  'Like New': 'USED_LIKE_NEW',
  'Open box': 'OPEN_BOX',
  Used: 'USED',
  'Excellent - Refurbished': 'REFURBISHED_EXCELLENT',
  'Very Good - Refurbished': 'REFURBISHED_VERY_GOOD',
  'Good - Refurbished': 'REFURBISHED_GOOD',
};

const recordedAt = '2023-07-10T12:00:00Z';

describe.skipIf(!present).each([
  {
    file: 'sample_response_100.json',
    groups: 96,
    dated: 0,
    told: 100,
    free: 99,
    bids: 1,
    unrated: 0,
    total: 7_206_380,
  },
  {
    file: 'sample_response_100_best_match.json',
    groups: 94,
    dated: 68,
    told: 99,
    free: 99,
    bids: 1,
    unrated: 1,
    total: 8_532_919,
  },
])('the recorded $file', ({ file, groups, dated, told, free, bids, unrated, total }) => {
  const raw = present ? readFileSync(join(samples, file), 'utf8') : '';
  const criteria = {
    vertical: { $case: 'good' as const, value: GoodCriteria.fromPartial({ query: 'iphone', maxResults: 400 }) },
  };
  const context = { ...answerContext('ebay-browse', criteria, recordedAt), market: 'US' };
  const result = present ? adapter.read(JSON.parse(raw), context) : { rows: [] };
  const rows = 'rows' in result ? result.rows : [];
  const offers = rows.map((row) => offerOf(adapter, row, context));
  /** The items as text: an item's id is its first member. */
  const parts = raw.split(/^ {3}"itemId": /m).slice(1);
  const cut = (pattern: RegExp): (string | undefined)[] => parts.map((part) => pattern.exec(part)?.[1]);
  const column = (name: string): unknown[] => offers.map(({ columns }) => columns?.[name]);

  it('has 100 offers, as many as the raw text has ids of items, with pipes in them, and rejects none', () => {
    const ids = cut(/^"([^"]+)"/);
    expect(ids).toHaveLength(100);
    expect(ids.filter((id) => /^v1\|\d+\|\d+$/.test(id ?? ''))).toHaveLength(100);
    expect(new Set(ids).size).toBe(100);
    expect(column('item_code')).toEqual(ids);
    expect(offers.filter(({ rejection }) => rejection !== undefined)).toEqual([]);
  });

  it('has every amount and currency as the raw text has it, not those that it was converted from', () => {
    const cents = cut(/^ {3}"price": \{\n {4}"value": "([\d.]+)"/m).map((value) => Number(value?.replace('.', '')));
    expect(cents.every((amount) => amount > 0)).toBe(true);
    expect(offers.map(({ price }) => price?.totalMinor)).toEqual(cents);
    expect(offers.map(({ price }) => price?.currency)).toEqual(
      cut(/^ {3}"price": \{\n {4}"value": "[\d.]+",\n {4}"currency": "([A-Z]+)"/m),
    );
    // Sales tax comes at checkout.
    for (const { price } of offers) {
      expect(price).toMatchObject({ taxMinor: -1, dueLaterMinor: 0 });
    }
    const american = { ...context, account: { ...context.account, options: { marketplace: 'EBAY_US' } } };
    const again = adapter.read(JSON.parse(raw), american);
    for (const row of 'rows' in again ? again.rows : []) {
      expect(adapter.price(row, american).basis).toBe(TaxBasis.EXCLUDED);
    }
  });

  it('knows the group of every variant', () => {
    const stated = cut(/item_group_id=(\d+)"/);
    expect(stated.filter((group) => group !== undefined)).toHaveLength(groups);
    expect(column('item_group_code')).toEqual(stated);
  });

  it('has every condition by what the word beside its number says, absent where there is none', () => {
    const words = cut(/^ {3}"condition": "([^"]+)"/m);
    expect(column('condition')).toEqual(words.map((word) => (word === undefined ? undefined : conditions[word])));
  });

  it('has what delivery costs where it is told, and how long it takes', () => {
    const costs = cut(/"shippingCost": \{\n\s*"value": "([\d.]+)"/);
    expect(costs.filter((cost) => cost !== undefined)).toHaveLength(told);
    expect(costs.filter((cost) => cost === '0.00')).toHaveLength(free);
    expect(column('free_delivery')).toEqual(costs.map((cost) => (cost === undefined ? undefined : cost === '0.00')));
    const stated = rows.map((row) => {
      const item = adapter.item(row, context, () => true);
      return item?.$case === 'good' ? item.value.deliveryCost : undefined;
    });
    expect(stated).toEqual(costs.map((cost) => (cost === '0.00' ? '0' : (cost ?? ''))));
    const dates = cut(/"minEstimatedDeliveryDate": "(\d{4}-\d\d-\d\d)T/);
    expect(dates.filter((date) => date !== undefined)).toHaveLength(dated);
    const today = Temporal.PlainDate.from(recordedAt.slice(0, 10));
    const days = dates.map((date) => (date === undefined ? undefined : today.until(date, { largestUnit: 'day' }).days));
    expect(column('delivery_days_min')).toEqual(days);
  });

  it('has the categories from the widest to the narrowest', () => {
    for (const [at, part] of parts.entries()) {
      const names = [...part.matchAll(/"categoryName": "([^"]+)"/g)].map(([, name]) => name!);
      // The narrowest is named first.
      expect(column('categories')[at]).toEqual([...names.slice(1), names[0]]);
    }
  });

  it('has sellers with their ratings, and who also takes bids', () => {
    expect(column('seller_name')).toEqual(cut(/"username": "([^"]+)"/));
    // Nobody has rated a seller with a score of 0, whose 0.0 % is no rating.
    const scores = cut(/"feedbackScore": (\d+)/);
    const ratings = cut(/"feedbackPercentage": "([\d.]+)"/).map(Number);
    expect(column('seller_rating')).toEqual(ratings.map((rating, at) => (scores[at] === '0' ? undefined : rating)));
    expect(scores.filter((score) => score === '0')).toHaveLength(unrated);
    expect(column('accepts_bids').filter((takes) => takes === true)).toHaveLength(bids);
    expect(raw.match(/"BEST_OFFER"/g)).toHaveLength(bids);
  });

  it('states neither GTIN nor brand nor stock, and nothing is made up for them', () => {
    expect(raw).not.toMatch(/"(gtin|brand|mpn|estimatedAvailabilities)"/);
    for (const name of ['gtin', 'brand', 'mpn', 'availability', 'quantity_available', 'color', 'return_days']) {
      expect(column(name)).toEqual(parts.map(() => undefined));
    }
  });

  it('goes on behind its last item as long as there is more and more is wanted', () => {
    expect(raw).toContain(`"total": ${total}`);
    expect('next' in result && result.next?.path).toMatch(/&limit=200&offset=200$/);
  });
});

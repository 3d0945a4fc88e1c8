import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Condition, GoodCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import { StayCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import type { AskContext } from '../../adapter.ts';
import { optionProblem } from '../../kit/context.ts';
import { adapterOf, answerContext, filtered, manifestOf } from '../testing.ts';

const adapter = await adapterOf('ebay-browse');

function ask(
  criteria: Parameters<typeof GoodCriteria.fromPartial>[0],
  options: Readonly<Record<string, unknown>> = {},
  changes: Partial<AskContext> = {},
  filter = '',
) {
  const vertical = { $case: 'good' as const, value: GoodCriteria.fromPartial(criteria) };
  const context = answerContext('ebay-browse', { vertical }, '2027-01-11T09:00:00Z', options);
  const request = adapter.ask(filtered(adapter, { ...context, ...changes }, filter));
  if ('unsupported' in request) throw new Error(request.unsupported);
  const url = new URL(request.path, 'http://partner.test');
  return { ...request, pathname: url.pathname, query: Object.fromEntries(url.searchParams) };
}

describe('a search', () => {
  it('asks for words, new or hardly used, delivered to where the search says', () => {
    const request = ask({
      query: 'cordless drill & bits',
      conditions: [Condition.NEW, Condition.USED_VERY_GOOD],
      shipTo: { country: 'IE', postalCode: 'D02 AF30' },
      maxResults: 60,
    });
    expect(request.method).toBe('GET');
    expect(request.body).toBeUndefined();
    expect(request.pathname).toBe('/buy/browse/v1/item_summary/search');
    expect(request.query).toEqual({
      q: 'cordless drill & bits',
      filter: 'buyingOptions:{FIXED_PRICE},deliveryCountry:IE,conditionIds:{1000|2990|4000}',
      limit: '60',
      offset: '0',
    });
    expect(request.headers).toEqual({
      accept: 'application/json',
      'x-ebay-c-marketplace-id': 'EBAY_GB',
      'x-ebay-c-enduserctx': 'contextualLocation=country%3DIE%2Czip%3DD02%20AF30',
    });
  });

  it('asks by GTIN alone where there is one, and by brand and part number where there are no words', () => {
    expect(ask({ query: 'drill', gtin: '4006381333931' }).query).toEqual({
      gtin: '4006381333931',
      filter: 'buyingOptions:{FIXED_PRICE},deliveryCountry:GB',
      limit: '200',
      offset: '0',
    });
    expect(ask({ brand: 'DeWalt', mpn: 'DCD796N' }).query.q).toBe('DeWalt DCD796N');
  });

  it.each(Object.values(Condition).filter((condition) => Number(condition) > 0))(
    'has a number of eBay for condition %s',
    (condition) => {
      expect(ask({ query: 'x', conditions: [condition as Condition] }).query.filter).toMatch(
        /,conditionIds:\{\d{4}(\|\d{4})?\}$/,
      );
    },
  );

  it('asks for conditions, country and members of a filter', () => {
    const asked = (filter: string, conditions: Condition[] = []) =>
      ask({ query: 'x', conditions }, {}, {}, filter).query.filter?.replace(
        'buyingOptions:{FIXED_PRICE},deliveryCountry:GB',
        '',
      );
    expect(asked('condition == "NEW"')).toBe(',conditionIds:{1000}');
    expect(asked('condition in ["NEW", "USED"]', [Condition.NEW, Condition.FOR_PARTS])).toBe(',conditionIds:{1000}');
    expect(asked('condition == "USED"', [Condition.NEW])).toBe(',conditionIds:{3000}');
    expect(asked('ships_from == "DE" && seller_name in ["tool_shop", "a.b"]')).toBe(
      ',itemLocationCountry:DE,sellers:{a.b|tool_shop}',
    );
    expect(asked('ships_from in ["DE", "FR"] && seller_name == "a|b"')).toBe('');
  });

  it('has a number for every condition that it reads', async () => {
    const { tables } = await manifestOf('ebay-browse');
    const read = readFileSync(new URL('./conditions.csv', import.meta.url), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    const asked = tables?.condition_ids as Readonly<Record<string, string>>;
    for (const line of read) {
      const [id, condition] = line.split(',') as [string, string];
      expect(asked[condition]?.split('|'), condition).toContain(id);
    }
  });

  it('goes to the marketplace of the market, to the American one where there is none, or to the one configured', () => {
    const marketplace = (market: string, options = {}) =>
      ask({ query: 'x' }, options, { market }).headers['x-ebay-c-marketplace-id'];
    expect(marketplace('DE')).toBe('EBAY_DE');
    expect(marketplace('JP')).toBe('EBAY_US');
    expect(marketplace('DE', { marketplace: 'EBAY_AT' })).toBe('EBAY_AT');
  });

  it('asks for as many as the account says, and names its campaign', async () => {
    const request = ask({ query: 'x' }, { results: 400, affiliateCampaignId: '5338000000' });
    expect(request.query).toMatchObject({ limit: '200', offset: '0' });
    expect(request.headers['x-ebay-c-enduserctx']).toBe(
      'contextualLocation=country%3DGB,affiliateCampaignId=5338000000',
    );
    const { options } = await manifestOf('ebay-browse');
    expect(optionProblem('results', 1_001, options?.results)).toMatch(/1 to 1000/);
  });

  it('is not made for stays', () => {
    const vertical = { $case: 'stay' as const, value: StayCriteria.fromPartial({}) };
    expect(adapter.ask(answerContext('ebay-browse', { vertical }, '2027-01-11T09:00:00Z'))).toHaveProperty(
      'unsupported',
    );
  });
});

import type { Variant } from '../goods/products.ts';
import { minorPerUnit } from '../money.ts';
import type { World } from '../world.ts';
import { readEpid } from './ebay-keys.ts';
import type { Answer } from './format.ts';

/** Marketplaces with the currency of their prices. */
export const marketplaces: Readonly<Record<string, string>> = {
  EBAY_US: 'USD',
  EBAY_GB: 'GBP',
  EBAY_DE: 'EUR',
  EBAY_FR: 'EUR',
  EBAY_IT: 'EUR',
  EBAY_ES: 'EUR',
  EBAY_AT: 'EUR',
  EBAY_NL: 'EUR',
  EBAY_CH: 'CHF',
  EBAY_CA: 'CAD',
  EBAY_AU: 'AUD',
  EBAY_PL: 'PLN',
};

/** A search as asked for. */
export interface EbaySearch {
  readonly q: string | undefined;
  /** The product of a GTIN or of the marketplace's number; null where nobody has that one. */
  readonly variant: Variant | undefined;
  readonly nothing: boolean;
  readonly categories: readonly string[];
  readonly conditionIds: readonly string[];
  /** Country that items are in; undefined for any. */
  readonly country: string | undefined;
  /** Members whose items are wanted; undefined for all. */
  readonly sellers: readonly string[] | undefined;
  /** Minor units of the marketplace's currency. */
  readonly fromMinor: number;
  readonly toMinor: number;
  readonly currency: string;
  readonly sort: 'bestMatch' | 'price' | '-price' | 'newlyListed';
  readonly limit: number;
  readonly offset: number;
}

/** Something wrong with a request. */
export interface EbayProblem {
  readonly errorId: number;
  readonly message: string;
  readonly parameter?: readonly [name: string, value: string];
}

/** Reads the query of a search, or says what is wrong with it. */
export function readSearch(
  world: World,
  query: URLSearchParams,
  currency: string,
): { readonly search: EbaySearch } | { readonly problem: EbayProblem } {
  const q = query.get('q')?.trim() || undefined;
  const gtin = query.get('gtin') || undefined;
  const epid = query.get('epid') || undefined;
  const categories = (query.get('category_ids') ?? '').split(',').filter((id) => id !== '');
  if (q === undefined && gtin === undefined && epid === undefined && categories.length === 0) {
    return wrong(12001, "The call must have a valid 'q', 'category_ids', 'epid' or 'gtin' query parameter.");
  }
  const limit = wholeOf(query.get('limit') ?? '50');
  if (limit === undefined || limit < 1 || limit > 200) {
    return wrong(12002, "The 'limit' value should be between 1 and 200 (inclusive).", ['limit', query.get('limit')!]);
  }
  const offset = wholeOf(query.get('offset') ?? '0');
  if (offset === undefined || offset > 9_999) {
    return wrong(12003, "The 'offset' value should be between 0 and 9,999 (inclusive).", [
      'offset',
      query.get('offset')!,
    ]);
  }
  if (offset % limit !== 0) {
    return wrong(12515, "The 'offset' value must be zero or a multiple of the 'limit' value.", ['offset', `${offset}`]);
  }
  if (!categories.every((id) => /^\d+$/.test(id))) {
    return wrong(12005, 'The category ID is invalid.', ['category_ids', categories.join(',')]);
  }
  const sort = query.get('sort') ?? 'bestMatch';
  const filter = readFilter(query.get('filter') ?? '', currency);
  if ('problem' in filter) return filter;
  const variant = gtin !== undefined ? world.products.byGtin(gtin) : epid && readEpid(world, epid);
  return {
    search: {
      q,
      variant: variant || undefined,
      nothing: (gtin !== undefined || epid !== undefined) && !variant,
      categories,
      ...filter,
      currency,
      // What is no way of sorting is the ordinary one, without an error.
      sort: sort === 'price' || sort === '-price' || sort === 'newlyListed' ? sort : 'bestMatch',
      limit,
      offset,
    },
  };
}

const conditionWords: Readonly<Record<string, readonly string[]>> = {
  NEW: ['1000'],
  USED: ['2020', '3000'],
};

type Filter = Pick<EbaySearch, 'conditionIds' | 'country' | 'sellers' | 'fromMinor' | 'toMinor'>;

/** "price:[10..50],priceCurrency:USD,conditions:{NEW}". */
function readFilter(text: string, currency: string): Filter | { readonly problem: EbayProblem } {
  let conditionIds: readonly string[] = [];
  let fromMinor = 0;
  let toMinor = Number.POSITIVE_INFINITY;
  const named = new Map<string, string>();
  for (const part of text.split(/,(?![^[{]*[\]}])/).filter((each) => each !== '')) {
    const colon = part.indexOf(':');
    if (colon < 1) return wrong(12004, 'The filter is invalid.', ['filter', part]);
    named.set(part.slice(0, colon).trim(), part.slice(colon + 1).trim());
  }
  const price = named.get('price');
  if (price !== undefined) {
    const range = /^\[(\d+(?:\.\d+)?)?(?:\.\.(\d+(?:\.\d+)?)?)?\]$/.exec(price);
    if (range === null) return wrong(12004, 'The price filter is invalid.', ['filter', `price:${price}`]);
    if (named.get('priceCurrency') !== currency) {
      return wrong(12004, "A 'price' filter needs the 'priceCurrency' of the marketplace.", ['filter', text]);
    }
    fromMinor = Number(range[1] ?? 0) * minorPerUnit(currency);
    if (range[2] !== undefined) toMinor = Number(range[2]) * minorPerUnit(currency);
  }
  const listOf = (name: string): string[] | undefined => named.get(name)?.replace(/[{}]/g, '').split('|');
  const words = listOf('conditions');
  if (words?.some((word) => conditionWords[word] === undefined)) {
    return wrong(12004, 'The conditions filter is invalid.', ['filter', named.get('conditions')!]);
  }
  if (words !== undefined) conditionIds = words.flatMap((word) => conditionWords[word]!);
  const ids = listOf('conditionIds');
  if (ids !== undefined) conditionIds = ids;
  const country = named.get('itemLocationCountry');
  return { conditionIds, country, sellers: listOf('sellers'), fromMinor, toMinor };
}

function wrong(
  errorId: number,
  message: string,
  parameter?: readonly [string, string],
): { readonly problem: EbayProblem } {
  return { problem: { errorId, message, ...(parameter === undefined ? {} : { parameter }) } };
}

function wholeOf(text: string): number | undefined {
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

/** An error answer. */
export function ebayError(
  status: number,
  domain: 'API_BROWSE' | 'OAuth' | 'ACCESS',
  category: 'REQUEST' | 'APPLICATION',
  { errorId, message, parameter }: EbayProblem,
  longMessage: string = message,
): Answer {
  const parameters = parameter === undefined ? {} : { parameters: [{ name: parameter[0], value: parameter[1] }] };
  return {
    status,
    contentType: 'application/json',
    body: JSON.stringify({ errors: [{ errorId, domain, category, message, longMessage, ...parameters }] }),
  };
}

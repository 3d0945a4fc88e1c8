// eBay's columns written by hand: the same values as its manifest gives, for the compiled one to be held against.
import { readFileSync } from 'node:fs';
import { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { minorUnits, statedTaxBasis } from '../../../services/supply/mapping/reject.ts';
import type { ByHand } from './duffel.ts';

interface Cost {
  readonly value?: string;
  readonly currency?: string;
}

interface ShippingOption {
  readonly shippingCost?: Cost;
  readonly minEstimatedDeliveryDate?: string;
  readonly maxEstimatedDeliveryDate?: string;
}

interface Summary {
  readonly itemId: string;
  readonly title?: string;
  readonly brand?: string;
  readonly mpn?: string;
  readonly itemGroupHref?: string;
  readonly primaryItemGroup?: { readonly itemGroupId?: string };
  readonly conditionId?: string;
  readonly leafCategoryIds?: readonly string[];
  readonly categories?: readonly { readonly categoryId: string; readonly categoryName: string }[];
  readonly seller?: {
    readonly username?: string;
    readonly feedbackPercentage?: string;
    readonly feedbackScore?: number;
  };
  readonly price: Cost;
  readonly shippingOptions?: readonly ShippingOption[];
  readonly buyingOptions?: readonly string[];
  readonly itemLocation?: { readonly country?: string };
}

const table = readFileSync(
  new URL('../../../services/supply/partners/ebay-browse/conditions.csv', import.meta.url),
  'utf8',
);
const conditions = new Map(
  table
    .trim()
    .split('\n')
    .map((line) => line.split(',') as [string, string]),
);

function priced(row: Summary): readonly ShippingOption[] {
  const currency = row.price?.currency;
  return (row.shippingOptions ?? []).filter(
    ({ shippingCost }) => shippingCost?.value !== undefined && shippingCost.currency === currency,
  );
}

function cheapest(row: Summary): number | undefined {
  let least: number | undefined;
  for (const { shippingCost } of priced(row)) {
    const cost = Number(shippingCost?.value);
    if (least === undefined || cost < least) least = cost;
  }
  return least;
}

function delivery(row: Summary): ShippingOption | undefined {
  const cost = cheapest(row);
  return priced(row).find(({ shippingCost }) => Number(shippingCost?.value) === cost) ?? row.shippingOptions?.[0];
}

function daysUntil(date: string | undefined, from: number): number | undefined {
  if (date === undefined) return undefined;
  const received = new Date(from).toISOString().slice(0, 10);
  return (Date.parse(date.slice(0, 10)) - Date.parse(received)) / 86_400_000;
}

function categories({ categories = [], leafCategoryIds = [] }: Summary): string[] {
  const leaf = (id: string): boolean => leafCategoryIds.includes(id);
  const wide = categories.filter(({ categoryId }) => !leaf(categoryId)).map(({ categoryName }) => categoryName);
  return [...wide, ...categories.filter(({ categoryId }) => leaf(categoryId)).map(({ categoryName }) => categoryName)];
}

export const ebay: Omit<ByHand<Summary, { itemSummaries?: Summary[] }>, 'item'> = {
  read: (body) => ({ rows: body.itemSummaries ?? [] }),
  columns: {
    item_code: (row) => row.itemId,
    title: (row) => row.title,
    brand: (row) => row.brand,
    mpn: (row) => row.mpn,
    item_group_code: (row) =>
      row.primaryItemGroup?.itemGroupId ?? /item_group_id=([0-9]+)/.exec(row.itemGroupHref ?? '')?.[1],
    condition: (row) => conditions.get(row.conditionId ?? ''),
    categories,
    seller_name: (row) => row.seller?.username,
    seller_rating: (row) =>
      row.seller?.feedbackScore === 0 || row.seller?.feedbackPercentage === undefined
        ? undefined
        : Number(row.seller.feedbackPercentage),
    free_delivery: (row) => {
      const cost = cheapest(row);
      return cost === undefined ? undefined : cost === 0;
    },
    delivery_days_min: (row, context) => daysUntil(delivery(row)?.minEstimatedDeliveryDate, context.fetchedAt),
    delivery_days_max: (row, context) => daysUntil(delivery(row)?.maxEstimatedDeliveryDate, context.fetchedAt),
    ships_from: (row) => row.itemLocation?.country,
    accepts_bids: (row) => row.buyingOptions?.includes('BEST_OFFER'),
  },
  price: (row, context) => ({
    currency: row.price.currency as string,
    totalMinor: minorUnits(row.price.value, row.price.currency, 'total', row.itemId),
    taxMinor: -1,
    dueLaterMinor: 0,
    basis: context.market === 'US' ? TaxBasis.EXCLUDED : statedTaxBasis(context),
  }),
  expiresAt: (_row, context) => context.fetchedAt + context.manifest.defaults.lifetimeSeconds * 1_000,
};

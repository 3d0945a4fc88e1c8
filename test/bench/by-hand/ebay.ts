// eBay's columns written by hand: the same values as its manifest gives, for the compiled one to be held against.
import { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { gtin14 } from '../../../libs/reference/index.ts';
import { minorUnits, statedTaxBasis } from '../../../services/supply/mapping/reject.ts';
import { type ByHand, codes, lacking, ownLifetime } from './shared.ts';

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
  readonly gtin?: string;
  readonly mpn?: string;
  readonly itemGroupHref?: string;
  readonly primaryItemGroup?: { readonly itemGroupId?: string };
  readonly conditionId?: string;
  readonly leafCategoryIds?: readonly string[];
  readonly categoryPath?: string;
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
  readonly estimatedAvailabilities?: readonly {
    readonly estimatedAvailabilityStatus?: string;
    readonly estimatedAvailableQuantity?: number;
  }[];
  readonly color?: string;
  readonly size?: string;
  readonly reviewRating?: { readonly averageRating?: string; readonly reviewCount?: number };
  readonly returnTerms?: {
    readonly returnsAccepted?: boolean;
    readonly returnPeriod?: { readonly unit?: string; readonly value?: number };
  };
}

interface Row {
  readonly item: Summary;
  /** Of the delivery whose cost is told and least. */
  readonly cost: number | undefined;
  /** That delivery, else the first. */
  readonly delivery: ShippingOption | undefined;
}

const conditions = codes('ebay-browse', 'conditions.csv');
const availabilities: Readonly<Record<string, string>> = {
  IN_STOCK: 'IN_STOCK',
  LIMITED_STOCK: 'LIMITED',
  OUT_OF_STOCK: 'OUT_OF_STOCK',
};

function rowOf(item: Summary): Row {
  const { shippingOptions = [], price } = item;
  let cost: number | undefined;
  let delivery = shippingOptions[0];
  for (const option of shippingOptions) {
    const { value, currency } = option.shippingCost ?? {};
    if (value === undefined || currency !== price.currency) continue;
    const stated = Number(value);
    if (cost !== undefined && stated >= cost) continue;
    cost = stated;
    delivery = option;
  }
  return { item, cost, delivery };
}

function daysUntil(date: string | undefined, from: number): number | undefined {
  if (date === undefined) return undefined;
  const received = Math.floor(from / 86_400_000) * 86_400_000;
  return (Date.parse(date.slice(0, 10)) - received) / 86_400_000;
}

function categoriesOf({ categoryPath, categories = [], leafCategoryIds = [] }: Summary): string[] {
  if (categoryPath !== undefined) return categoryPath.split('|');
  const wide: string[] = [];
  const narrow: string[] = [];
  for (const { categoryId, categoryName } of categories) {
    (leafCategoryIds.includes(categoryId) ? narrow : wide).push(categoryName);
  }
  return [...wide, ...narrow];
}

function sellerRating({ seller }: Summary): number | undefined {
  // Who was never rated has 0.0 %.
  if (seller?.feedbackScore === 0 || seller?.feedbackPercentage === undefined) return undefined;
  return Number(seller.feedbackPercentage);
}

function returnDays({ returnTerms }: Summary): number | undefined {
  if (returnTerms?.returnsAccepted === false) return 0;
  const { unit, value } = returnTerms?.returnPeriod ?? {};
  return unit === 'DAY' || unit === 'CALENDAR_DAY' ? value : undefined;
}

export const ebay: ByHand<Row, { readonly itemSummaries?: readonly Summary[] }> = {
  read: ({ itemSummaries = [] }) => ({ rows: itemSummaries.map(rowOf) }),
  columns: {
    item_code: ({ item }) => item.itemId,
    title: ({ item }) => item.title,
    brand: ({ item }) => item.brand,
    gtin: ({ item: { gtin } }) => (gtin === undefined ? undefined : gtin14(gtin)),
    mpn: ({ item }) => item.mpn,
    item_group_code: ({ item }) =>
      item.primaryItemGroup?.itemGroupId ?? /item_group_id=([0-9]+)/.exec(item.itemGroupHref ?? '')?.[1],
    condition: ({ item }) => conditions.get(item.conditionId ?? ''),
    categories: ({ item }) => categoriesOf(item),
    seller_name: ({ item }) => item.seller?.username,
    seller_rating: ({ item }) => sellerRating(item),
    availability: ({ item }) => availabilities[item.estimatedAvailabilities?.[0]?.estimatedAvailabilityStatus ?? ''],
    quantity_available: ({ item }) => item.estimatedAvailabilities?.[0]?.estimatedAvailableQuantity,
    free_delivery: ({ cost }) => (cost === undefined ? undefined : cost === 0),
    delivery_days_min: ({ delivery }, { fetchedAt }) => daysUntil(delivery?.minEstimatedDeliveryDate, fetchedAt),
    delivery_days_max: ({ delivery }, { fetchedAt }) => daysUntil(delivery?.maxEstimatedDeliveryDate, fetchedAt),
    ships_from: ({ item }) => item.itemLocation?.country,
    color: ({ item }) => item.color,
    size: ({ item }) => item.size,
    rating: ({ item: { reviewRating } }) =>
      reviewRating?.averageRating === undefined ? undefined : Number(reviewRating.averageRating),
    review_count: ({ item }) => item.reviewRating?.reviewCount,
    accepts_bids: ({ item }) => item.buyingOptions?.includes('BEST_OFFER'),
    return_days: ({ item }) => returnDays(item),
  },
  price({ item: { itemId, price, buyingOptions } }, context) {
    if (buyingOptions?.includes('FIXED_PRICE') === false) throw lacking(itemId, 'it can only be bid for');
    return {
      currency: price.currency as string,
      totalMinor: minorUnits(price.value, price.currency, 'total', itemId),
      taxMinor: -1,
      dueLaterMinor: 0,
      basis: context.market === 'US' || context.market === 'CA' ? TaxBasis.EXCLUDED : statedTaxBasis(context),
    };
  },
  expiresAt: ownLifetime,
};

import { gtinText } from '../goods/sellers.ts';
import { amountText, convert } from '../money.ts';
import { drawsOf } from '../random.ts';
import { breakPrice, brokenPrice } from '../scenario.ts';
import type { World } from '../world.ts';
import { epidOf, legacyId } from './ebay-keys.ts';
import { categoriesOf, conditions, createdAt, type Found, groupId, type Member, memberOf } from './ebay-market.ts';
import type { Seller } from './format.ts';

/** What bodies depend on beside the item. */
export interface EbayContext {
  readonly world: World;
  readonly seller: Seller;
  readonly marketplace: string;
  /** Of the marketplace. */
  readonly currency: string;
  /** The caller is an affiliate. */
  readonly affiliate: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

const api = 'https://api.ebay.com/buy/browse/v1';
const pictures = 'https://i.twin.example/images/g';

/** One entry of a search's answer. No GTIN, and what is not known is not there. */
export function summaryJson(context: EbayContext, found: Found): object {
  const { world, seller } = context;
  const { offer, listing, id } = found;
  const draws = drawsOf(`${world.seed}|${seller.salt}|summary|${id}`);
  const categories = categoriesOf(listing.family);
  const epid = epidOf(world.seed, offer.variant);
  const images = draws.integer(0, 4);
  const broken = brokenPrice(seller.scenario, world.seed, seller.name, id);
  return {
    itemId: id,
    title: found.title,
    leafCategoryIds: [categories.at(-1)!.id],
    // The narrowest first, then the others from the widest on.
    categories: [...categories.slice(-1), ...categories.slice(0, -1)].map((each) => ({
      categoryId: each.id,
      categoryName: each.name,
    })),
    image: { imageUrl: picture(listing.family.index, 's-l225') },
    price: moneyJson(context, offer.minor, broken),
    itemHref: `${api}/item/${encodeURIComponent(id)}`,
    seller: sellerJson(memberOf(world.seed, seller, listing)),
    ...marketingJson(context, found),
    // Some members do not say.
    ...(draws.chance(0.03) ? {} : conditionJson(found)),
    thumbnailImages: [{ imageUrl: picture(listing.family.index, 's-l640') }],
    shippingOptions: [shippingJson(context, found, false)],
    buyingOptions: draws.chance(0.1) ? ['FIXED_PRICE', 'BEST_OFFER'] : ['FIXED_PRICE'],
    ...(epid === undefined || draws.chance(0.1) ? {} : { epid }),
    ...webJson(context, id),
    itemLocation: locationJson(memberOf(world.seed, seller, listing), draws.chance(0.6)),
    ...(images === 0 ? {} : { additionalImages: picturesOf(listing.family.index, images, 's-l225') }),
    adultOnly: false,
    legacyItemId: legacyId(world.seed, seller, listing),
    availableCoupons: false,
    itemCreationDate: createdAt(found),
    topRatedBuyingExperience: memberOf(world.seed, seller, listing).topRated,
    priorityListing: draws.chance(0.2),
    ...(draws.chance(0.5) ? { listingMarketplaceId: context.marketplace } : {}),
    ...(found.group ? { itemGroupHref: groupHref(context, found), itemGroupType: 'SELLER_DEFINED_VARIATIONS' } : {}),
  };
}

/** One item. `factor` multiplies its price. */
export function itemJson(context: EbayContext, found: Found, factor: number): object {
  const { world, seller } = context;
  const { offer, listing, id } = found;
  const { variant } = offer;
  const { family } = variant;
  const draws = drawsOf(`${world.seed}|${seller.salt}|item|${id}`);
  const categories = categoriesOf(family);
  const epid = epidOf(world.seed, variant);
  const member = memberOf(world.seed, seller, listing);
  const aspects = [
    ['Brand', family.brand],
    ['Model', family.model],
    ['Type', family.noun],
    ...family.axes.map((axis, i) => [axis, variant.options[i]!]),
    ['Features', family.features.join(', ')],
  ];
  const color = variant.options[family.axes.indexOf('Color')];
  const size = variant.options[family.axes.indexOf('Size')];
  return {
    itemId: id,
    sellerItemRevision: `${seller.edition}`,
    title: found.title,
    shortDescription: `${family.brand} ${family.model}: ${family.features.join('; ')}.`,
    price: moneyJson(context, Math.round(offer.minor * factor), undefined),
    categoryPath: categories.map(({ name }) => name).join('|'),
    categoryIdPath: categories.map((each) => each.id).join('|'),
    ...conditionJson(found),
    itemLocation: locationJson(member, true),
    image: { imageUrl: picture(family.index, 's-l1600') },
    additionalImages: picturesOf(family.index, 2, 's-l1600'),
    ...marketingJson(context, found),
    ...(color === undefined ? {} : { color }),
    ...(size === undefined ? {} : { size }),
    brand: draws.chance(0.05) ? 'Unbranded' : family.brand,
    itemCreationDate: createdAt(found),
    seller: sellerJson(member),
    // Members who do not know it write so.
    ...(variant.gtin === undefined
      ? draws.chance(0.5)
        ? { gtin: 'Does not apply' }
        : {}
      : { gtin: gtinText(world.seed, member, variant.gtin) }),
    ...(variant.mpn === undefined ? {} : { mpn: variant.mpn }),
    ...(epid === undefined ? {} : { epid }),
    estimatedAvailabilities: [
      {
        deliveryOptions: ['SHIP_TO_HOME'],
        estimatedAvailabilityStatus: offer.quantity > 0 ? 'IN_STOCK' : 'OUT_OF_STOCK',
        ...(offer.quantity > 10
          ? { availabilityThresholdType: 'MORE_THAN', availabilityThreshold: 10 }
          : { estimatedAvailableQuantity: offer.quantity }),
        estimatedSoldQuantity: draws.integer(0, 900),
      },
    ],
    shippingOptions: [shippingJson(context, found, true)],
    buyingOptions: ['FIXED_PRICE'],
    returnTerms: {
      returnsAccepted: true,
      returnShippingCostPayer: draws.pick(['BUYER', 'SELLER']),
      returnPeriod: { value: 30, unit: 'CALENDAR_DAY' },
    },
    taxes: taxesJson(context),
    localizedAspects: aspects.map(([name, value]) => ({ type: 'STRING', name, value })),
    topRatedBuyingExperience: member.topRated,
    ...webJson(context, id),
    ...(found.group
      ? {
          primaryItemGroup: {
            itemGroupId: groupId(world, seller, listing),
            itemGroupType: 'SELLER_DEFINED_VARIATIONS',
            itemGroupHref: groupHref(context, found),
            itemGroupTitle: `${family.brand} ${family.model} ${family.noun}`,
          },
        }
      : {}),
    categoryId: categories.at(-1)!.id,
    legacyItemId: legacyId(world.seed, seller, listing),
    listingMarketplaceId: context.marketplace,
    adultOnly: false,
    priorityListing: false,
    eligibleForInlineCheckout: true,
    lotSize: 0,
  };
}

function taxesJson({ marketplace }: EbayContext): object[] {
  return marketplace === 'EBAY_US'
    ? [
        {
          taxJurisdiction: {
            region: { regionName: 'New York', regionType: 'STATE_OR_PROVINCE' },
            taxJurisdictionId: 'NY',
          },
          taxType: 'STATE_SALES_TAX',
          shippingAndHandlingTaxed: true,
          includedInPrice: false,
          ebayCollectAndRemitTax: true,
        },
      ]
    : [{ taxType: 'VAT', includedInPrice: true, shippingAndHandlingTaxed: true, ebayCollectAndRemitTax: false }];
}

/** In the marketplace's currency; beside it the member's, where that is another. */
function moneyJson(context: EbayContext, minor: number, how: Parameters<typeof breakPrice>[2]): object {
  const { seller, currency } = context;
  const here = convert(minor, seller.currency, currency);
  const broken = breakPrice(amountText(here, currency), currency, how);
  return {
    ...(broken.amount === undefined ? {} : { value: broken.amount }),
    ...(broken.currency === undefined ? {} : { currency: broken.currency }),
    ...(seller.currency === currency
      ? {}
      : { convertedFromValue: amountText(minor, seller.currency), convertedFromCurrency: seller.currency }),
  };
}

function marketingJson(context: EbayContext, { offer }: Found): object {
  if (offer.before === undefined) return {};
  const treatment = offer.variant.number % 5 === 0 ? {} : { priceTreatment: 'LIST_PRICE' };
  return {
    marketingPrice: {
      originalPrice: moneyJson(context, offer.before, undefined),
      discountPercentage: `${Math.round((1 - offer.minor / offer.before) * 100)}`,
      discountAmount: moneyJson(context, offer.before - offer.minor, undefined),
      ...treatment,
    },
  };
}

function conditionJson({ offer }: Found): object {
  const { id, name } = conditions[offer.condition];
  return { condition: name, conditionId: id };
}

function sellerJson({ username, feedbackPercentage, feedbackScore }: Member): object {
  return { username, feedbackPercentage, feedbackScore };
}

function locationJson({ country, postalCode }: Member, withCode: boolean): object {
  return { ...(withCode ? { postalCode } : {}), country };
}

/** Calculated costs need the buyer's place, so they are not told. */
function shippingJson(context: EbayContext, { id, offer }: Found, whole: boolean): object {
  const draws = drawsOf(`shipping|${id}`);
  const calculated = draws.chance(0.05);
  const cents = draws.chance(0.6) ? 0 : draws.integer(299, 1499);
  const cost = convert(cents, 'EUR', context.seller.currency);
  const first = context.now + draws.integer(2, 5) * 86_400_000;
  const dates = draws.chance(0.65)
    ? {
        minEstimatedDeliveryDate: dayStart(first),
        maxEstimatedDeliveryDate: dayStart(first + 3 * 86_400_000),
        guaranteedDelivery: draws.chance(0.5),
      }
    : {};
  return {
    ...(whole ? { shippingServiceCode: offer.variant.grams > 5_000 ? 'Freight' : 'Standard Shipping' } : {}),
    shippingCostType: calculated ? 'CALCULATED' : 'FIXED',
    ...(calculated ? {} : { shippingCost: moneyJson(context, cost, undefined) }),
    ...dates,
  };
}

function dayStart(ms: number): string {
  return new Date(Math.floor(ms / 86_400_000) * 86_400_000 + 7 * 3_600_000).toISOString();
}

function webJson({ affiliate }: EbayContext, id: string): object {
  const web = `https://www.ebay.com/itm/${id.split('|')[1]}?var=${id.split('|')[2]}`;
  return {
    itemWebUrl: web,
    ...(affiliate ? { itemAffiliateWebUrl: `${web}&mkevt=1&mkcid=1&toolid=20006` } : {}),
  };
}

function groupHref({ world, seller }: EbayContext, { listing }: Found): string {
  return `${api}/item/get_items_by_item_group?item_group_id=${groupId(world, seller, listing)}`;
}

function picture(family: number, size: string): string {
  return `${pictures}/F${family}/${size}.jpg`;
}

function picturesOf(family: number, count: number, size: string): object[] {
  return Array.from({ length: count }, (_, i) => ({ imageUrl: `${pictures}/F${family}-${i + 1}/${size}.jpg` }));
}

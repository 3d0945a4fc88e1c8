// Rows of a Google Merchant feed mapped by hand.
import type { GoodCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import { gtin14 } from '../../../libs/reference/index.ts';
import type { AnswerContext } from '../../../services/supply/adapter.ts';
import { minorUnits, statedTaxBasis } from '../../../services/supply/mapping/reject.ts';
import { instantOf } from '../../../services/supply/mapping/time.ts';
import type { ByHand } from './shared.ts';

type Many<T> = T | readonly T[];

interface Item {
  readonly id: Many<string>;
  readonly title?: Many<string>;
  readonly brand?: string;
  readonly gtin?: Many<string>;
  readonly mpn?: string;
  readonly item_group_id?: string;
  readonly condition?: string;
  readonly product_type?: Many<string>;
  readonly availability?: string;
  readonly ships_from_country?: string;
  readonly color?: string;
  readonly size?: string;
  readonly price?: string;
  readonly sale_price?: string;
  readonly sale_price_effective_date?: string;
  readonly shipping?: Many<{ readonly country?: string; readonly price?: string }>;
}

interface Row {
  readonly item: Item;
  readonly id: string;
  /** What is paid: "9.90 EUR". */
  readonly amount: string;
  readonly currency: string;
  /** When another price holds. */
  readonly changesAt: number | undefined;
}

const conditions: Readonly<Record<string, string>> = { new: 'NEW', refurbished: 'REFURBISHED', used: 'USED' };
const availabilities: Readonly<Record<string, string>> = {
  in_stock: 'IN_STOCK',
  out_of_stock: 'OUT_OF_STOCK',
  preorder: 'PREORDER',
  backorder: 'BACKORDER',
  available_for_order: 'BACKORDER',
  limited_availability: 'LIMITED',
};

const LIFETIME_MS = 1_800_000;

function list<T>(many: Many<T> | undefined): readonly T[] {
  if (many === undefined) return [];
  return Array.isArray(many) ? many : [many as T];
}

function one<T>(many: Many<T> | undefined): T | undefined {
  return Array.isArray(many) ? (many[0] as T) : (many as T | undefined);
}

/** A sale price without an interval holds always; one whose interval cannot be read never does. */
function rowOf(item: Item, now: number): Row {
  const { sale_price: sale, sale_price_effective_date: interval } = item;
  let stated = item.price ?? '';
  let changesAt: number | undefined;
  if (sale !== undefined && interval === undefined) stated = sale;
  else if (sale !== undefined && interval !== undefined) {
    const slash = interval.indexOf('/');
    const from = instantOf(slash < 0 ? interval : interval.slice(0, slash));
    const until = slash < 0 ? undefined : instantOf(interval.slice(slash + 1));
    if (from !== undefined && now < from) changesAt = from;
    else if (from !== undefined && until !== undefined && now < until) {
      stated = sale;
      changesAt = until;
    }
  }
  const [amount = '', currency = ''] = stated.split(' ');
  return { item, id: one(item.id) ?? '', amount, currency, changesAt };
}

function freeDelivery({ item, currency }: Row, { criteria, market }: AnswerContext): boolean | undefined {
  const country = (criteria.vertical!.value as GoodCriteria).shipTo?.country || market;
  let least: number | undefined;
  for (const { country: served = country, price } of list(item.shipping)) {
    if (served !== country || price === undefined) continue;
    const [amount, in_] = price.split(' ');
    if (in_ !== currency) continue;
    const cost = Number(amount);
    if (least === undefined || cost < least) least = cost;
  }
  return least === undefined ? undefined : least === 0;
}

export const googleMerchant: ByHand<Row, { readonly rows: readonly Item[] }> = {
  read(body, { criteria, now }) {
    const sought = (criteria.vertical!.value as GoodCriteria).conditions;
    if (sought.length > 0) throw new Error('conditions are not part of this');
    return { rows: body.rows.map((item) => rowOf(item, now)) };
  },
  columns: {
    item_code: ({ id }) => id,
    title: ({ item }) => one(item.title),
    brand: ({ item }) => item.brand,
    gtin: ({ item }) => {
      const gtin = one(item.gtin);
      return gtin === undefined ? undefined : gtin14(gtin);
    },
    mpn: ({ item }) => item.mpn,
    item_group_code: ({ item }) => item.item_group_id,
    condition: ({ item }) => conditions[item.condition ?? 'new'],
    categories: ({ item }) => one(item.product_type)?.split(' > '),
    availability: ({ item }) => availabilities[item.availability?.replaceAll(' ', '_') ?? ''],
    free_delivery: freeDelivery,
    ships_from: ({ item }) => item.ships_from_country,
    color: ({ item }) => item.color,
    size: ({ item }) => item.size,
    accepts_bids: () => false,
  },
  price: ({ id, amount, currency }, context) => ({
    currency,
    totalMinor: minorUnits(amount, currency, 'total', id),
    taxMinor: -1,
    dueLaterMinor: 0,
    basis: statedTaxBasis(context),
  }),
  expiresAt: ({ changesAt }, { fetchedAt }) => {
    const ends = fetchedAt + LIFETIME_MS;
    return changesAt === undefined ? ends : Math.min(ends, changesAt);
  },
};

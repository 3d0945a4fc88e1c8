// A shop of the end-to-end tests.
import { Availability, Condition, Good } from '../../../../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import { FailureKind, RejectionReason } from '../../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { gtin14 } from '../../../../../libs/reference/index.ts';
import { type Adapter, Rejection } from '../../../../../services/supply/adapter.ts';
import { minorUnits, statedTaxBasis } from '../../../../../services/supply/mapping/reject.ts';

/** One listing as the shop writes it. */
export interface ShopItem {
  readonly sku: string;
  readonly title: string;
  readonly brand?: string;
  readonly ean?: string;
  readonly part?: string;
  readonly state: keyof typeof Condition;
  readonly price: string;
  readonly currency: string;
  readonly ship?: string;
  readonly days?: number;
}

/** Reads the shop's answers. */
export const adapter: Adapter<ShopItem, { items: ShopItem[] }> = {
  vertical: 'good',
  ask: ({ criteria, market }) => {
    if (criteria.vertical?.$case !== 'good') return { unsupported: 'It sells goods.' };
    const { query, gtin, shipTo } = criteria.vertical.value;
    const asked = new URLSearchParams({ q: query, ean: gtin, to: shipTo?.country ?? market });
    return { method: 'GET', path: `/items?${asked}`, headers: {} };
  },
  readError: (status) => ({ failure: FailureKind.SERVER_ERROR, detail: `HTTP ${status}` }),
  read: (body) => ({ rows: body.items }),
  columns: {
    item_code: ({ sku }) => sku,
    title: ({ title }) => title,
    brand: ({ brand }) => brand,
    gtin: ({ ean }) => ean && gtin14(ean),
    mpn: ({ part }) => part,
    condition: ({ state }) => state,
    availability: () => 'IN_STOCK',
    free_delivery: ({ ship }) => (ship === undefined ? undefined : Number(ship) === 0),
    delivery_days_max: ({ days }) => days,
  },
  price: ({ sku, price, currency }, context) => ({
    currency,
    totalMinor: minorUnits(price, currency, 'price', sku),
    taxMinor: -1,
    dueLaterMinor: 0,
    basis: statedTaxBasis(context),
  }),
  expiresAt: (_row, { fetchedAt, manifest }) => fetchedAt + manifest.defaults.lifetimeSeconds * 1_000,
  item: ({ sku, title, brand, ean, part, state, ship, days }) => ({
    $case: 'good',
    value: Good.fromPartial({
      itemCode: sku,
      title,
      brand: brand ?? '',
      gtin: gtin14(ean ?? '') ?? '',
      mpn: part ?? '',
      condition: Condition[state],
      availability: Availability.IN_STOCK,
      freeDelivery: ship === undefined ? undefined : Number(ship) === 0,
      deliveryCost: ship ?? '',
      deliveryDaysMax: days,
    }),
  }),
  verify: () => ({ method: 'GET', path: '/items', headers: {} }),
  readVerified: ({ items }, _context, before) => {
    const row = items.find(({ sku }) => sku === before.sku);
    return row === undefined ? { gone: 'No longer sold.' } : { row };
  },
  rowOfVerified: ({ items: [row] }) => {
    if (row === undefined) throw new Rejection(RejectionReason.MISSING_FIELD, 'The answer has no items.');
    return row;
  },
  handoff: ({ sku }) => ({ url: `https://shop.example/${sku}` }),
};

// Products of a Shopify shop, one row a variant, mapped by hand.

import type { GoodCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { gtin14 } from '../../../libs/reference/index.ts';
import { type AnswerContext, Rejection } from '../../../services/supply/adapter.ts';
import { minorUnits } from '../../../services/supply/mapping/reject.ts';
import { instantOf } from '../../../services/supply/mapping/time.ts';
import { type ByHand, ownLifetime } from './shared.ts';

interface Money {
  readonly amount: string;
  readonly currencyCode: string;
}

/** As webhooks or product feeds have it. */
interface Variant {
  readonly id: string | number;
  readonly admin_graphql_api_id?: string;
  readonly title?: string;
  readonly price: string | Money;
  readonly barcode?: string | null;
  readonly inventory_item_id?: number | string;
  readonly inventory_quantity?: number;
  readonly quantityAvailable?: number;
  readonly inventory_policy?: string;
  readonly inventoryPolicy?: string;
  readonly availableForSale?: boolean;
  readonly selectedOptions?: readonly NamedOption[];
  readonly [option: `option${number}`]: string | null | undefined;
}

interface NamedOption {
  readonly name: string;
  readonly value?: string;
  readonly position?: number;
}

interface Product {
  readonly id: string | number;
  readonly admin_graphql_api_id?: string;
  readonly title: string;
  readonly vendor?: string;
  readonly product_type?: string;
  readonly productType?: string;
  readonly status?: string;
  readonly published_at?: string | null;
  readonly isPublished?: boolean;
  readonly updated_at?: string;
  readonly options?: readonly NamedOption[];
  readonly variants: readonly Variant[] | { readonly edges: readonly { readonly node: Variant }[] };
}

interface Level {
  readonly admin_graphql_api_id?: string;
  readonly inventory_item_id?: number | string;
  readonly available?: number | null;
  readonly updated_at: string;
}

interface Row {
  readonly product: Product;
  readonly productId: string;
  readonly variant: Variant;
  readonly id: string;
  readonly quantity: number | undefined;
  readonly options: readonly NamedOption[];
}

const DIGITS = /([0-9]+)$/;
const ITEM = /inventory_item_id=([0-9]+)/;

function idOf({ admin_graphql_api_id: gid, id }: { admin_graphql_api_id?: string; id: string | number }): string {
  return DIGITS.exec(gid ?? String(id))![1]!;
}

function isSold({ status, published_at, isPublished }: Product): boolean {
  return status?.toLowerCase() === 'active' && ((published_at ?? undefined) !== undefined || isPublished === true);
}

function variantsOf({ variants }: Product): readonly Variant[] {
  return 'edges' in variants ? variants.edges.map(({ node }) => node) : variants;
}

function levelsByItem(levels: readonly Level[]): ReadonlyMap<string, Level[]> {
  const byItem = new Map<string, Level[]>();
  for (const level of levels) {
    const item = ITEM.exec(level.admin_graphql_api_id ?? '')?.[1] ?? String(level.inventory_item_id);
    const known = byItem.get(item);
    if (known === undefined) byItem.set(item, [level]);
    else known.push(level);
  }
  return byItem;
}

/** Stock that was told since the product was counts. */
function quantityOf(variant: Variant, levels: readonly Level[] | undefined, updated: number): number | undefined {
  if (levels?.some((level) => (instantOf(level.updated_at) ?? Number.NaN) >= updated)) {
    return levels.reduce((sum, { available }) => sum + (available ?? 0), 0);
  }
  return variant.inventory_quantity ?? variant.quantityAvailable;
}

function optionOf({ options, variant }: Row, names: readonly string[]): string | undefined {
  const option = options.find(({ name }) => names.includes(name.toLowerCase()));
  return option && (option.value ?? variant[`option${option.position ?? 0}`] ?? undefined);
}

function availability({ quantity, variant }: Row): string | undefined {
  if (quantity === undefined) return variant.availableForSale === true ? 'IN_STOCK' : undefined;
  if (quantity > 0) return 'IN_STOCK';
  const policy = (variant.inventory_policy ?? variant.inventoryPolicy ?? 'deny').toLowerCase();
  return policy === 'continue' ? 'BACKORDER' : 'OUT_OF_STOCK';
}

function optionsOf(context: AnswerContext) {
  return context.account.options as { currency?: string; currency_citation?: string; taxes_included?: boolean };
}

export const shopify: ByHand<Row, { readonly rows: readonly Product[]; readonly levels?: readonly Level[] }> = {
  read({ rows: products, levels = [] }, { criteria }) {
    const { gtin } = criteria.vertical!.value as GoodCriteria;
    if (gtin) throw new Error('a GTIN is not part of this');
    const stock = levelsByItem(levels);
    const rows: Row[] = [];
    for (const product of products) {
      if (!isSold(product)) continue;
      const productId = idOf(product);
      const updated = instantOf(product.updated_at) ?? Number.NaN;
      for (const variant of variantsOf(product)) {
        rows.push({
          product,
          productId,
          variant,
          id: idOf(variant),
          quantity: quantityOf(variant, stock.get(String(variant.inventory_item_id)), updated),
          options: variant.selectedOptions ?? product.options ?? [],
        });
      }
    }
    return { rows };
  },
  columns: {
    item_code: ({ id }) => id,
    title: ({ product, variant: { title = 'Default Title' } }) =>
      title === 'Default Title' ? product.title : `${product.title}, ${title}`,
    brand: ({ product }) => product.vendor,
    gtin: ({ variant: { barcode } }) => (barcode == null ? undefined : gtin14(barcode)),
    item_group_code: ({ productId }) => productId,
    categories: ({ product: { product_type, productType } }) => {
      const type = product_type ?? productType ?? '';
      return type === '' ? [] : [type];
    },
    availability,
    quantity_available: ({ quantity }) => (quantity !== undefined && quantity >= 0 ? quantity : undefined),
    color: (row) => optionOf(row, ['color', 'colour']),
    size: (row) => optionOf(row, ['size']),
    accepts_bids: () => false,
  },
  price({ variant: { price }, id }, context) {
    const { currency: own, currency_citation: citation = '', taxes_included: included } = optionsOf(context);
    const currency = typeof price === 'object' ? price.currencyCode : citation === '' ? undefined : own;
    if (included === undefined) throw new Rejection(RejectionReason.UNKNOWN_TAX_BASIS, 'taxes_included is not set');
    return {
      currency: currency as string,
      totalMinor: minorUnits(typeof price === 'object' ? price.amount : price, currency, 'total', id),
      taxMinor: -1,
      dueLaterMinor: 0,
      basis: included ? TaxBasis.INCLUDED : TaxBasis.EXCLUDED,
    };
  },
  expiresAt: ownLifetime,
};

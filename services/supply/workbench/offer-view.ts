import type { Charge } from '../../../libs/columns/index.ts';
import { Item } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { ChargeKind, ChargeTerms, TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { formatMinor } from '../../../libs/money/index.ts';
import type { AnswerContext } from '../adapter.ts';
import { nameOf } from '../failure.ts';
import { allColumns } from '../map-rows.ts';
import type { ConfiguredPartner } from '../partner.ts';

/** A partner's price as people write it: decimals in major units. */
export interface PriceView {
  readonly total: string;
  readonly totalMax?: string;
  readonly currency: string;
  readonly tax?: string;
  readonly dueLater?: string;
  readonly basis: string;
  /** Taxes and fees one by one: "VAT 12.00 EUR TAX INCLUDED; City tax 4.40 EUR CITY_TAX ADDED_LATER". */
  readonly charges?: string;
}

/** An offer as golden cases and the terminal show it. */
export interface OfferView {
  readonly price: PriceView;
  /** ISO 8601. */
  readonly expires: string;
  /** The attributes that identify the product. */
  readonly key: Readonly<Record<string, unknown>>;
  /** Every attribute by name, as columns carry it; absent ones are left out. */
  readonly columns: Readonly<Record<string, unknown>>;
  /** The item as JSON, absent fields left out. */
  readonly item: Readonly<Record<string, unknown>>;
}

/** A row that mapping accepts, as an offer. Throws what the adapter throws. */
export function offerView({ adapter, plan }: ConfiguredPartner, row: unknown, context: AnswerContext): OfferView {
  const price = adapter.price(row, context);
  const { currency, taxMinor, dueLaterMinor, totalMaxMinor } = price;
  const charges = [...(price.charges ?? []), ...(adapter.details?.(row, context) ?? [])];
  const columns: Record<string, unknown> = {};
  for (const { name, read } of allColumns(plan)) {
    const value = read(row, context);
    if (value !== undefined && value !== null && value !== '' && value !== 'UNSPECIFIED') columns[name] = value;
  }
  const keys = [...plan.sharedKeys, ...plan.partnerKeys].map((position) => plan.columns[position]!.name);
  const json = Item.toJSON({ vertical: adapter.item(row, context, () => true) }) as Record<string, unknown>;
  return {
    price: {
      total: formatMinor(price.totalMinor, currency),
      ...(totalMaxMinor !== undefined && { totalMax: formatMinor(totalMaxMinor, currency) }),
      currency,
      ...(taxMinor >= 0 && { tax: formatMinor(taxMinor, currency) }),
      ...(dueLaterMinor > 0 && { dueLater: formatMinor(dueLaterMinor, currency) }),
      basis: nameOf(TaxBasis, price.basis).toUpperCase(),
      ...(charges.length > 0 && { charges: charges.map(chargeText).join('; ') }),
    },
    expires: new Date(adapter.expiresAt(row, context)).toISOString(),
    key: Object.fromEntries(keys.flatMap((name) => (name in columns ? [[name, columns[name]]] : []))),
    columns,
    item: (json[adapter.vertical] ?? {}) as Record<string, unknown>,
  };
}

/** A charge in one line: "City tax 4.40 EUR CITY_TAX ADDED_LATER". */
export function chargeText({ name, kind, terms, currency, amountMinor }: Charge): string {
  const what = kind === ChargeKind.UNSPECIFIED ? [] : [keyOf(ChargeKind, kind)];
  return [name, formatMinor(amountMinor, currency), currency, ...what, keyOf(ChargeTerms, terms)].join(' ');
}

function keyOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? String(value);
}

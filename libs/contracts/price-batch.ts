import { columnBuilder } from '../columns/builders.ts';
import type { Charge } from '../columns/charges.ts';
import { PriceColumnsBuilder } from '../columns/prices.ts';
import { invalidField } from '../errors/index.ts';
import type { PartnerRate, PriceBatch } from './gen/entrepot/pricing/v1/pricing.ts';
import type { Column } from './gen/entrepot/type/v1/column.ts';
import type { TaxBasis } from './gen/entrepot/type/v1/money.ts';

/** What a rule may read of a row. Times are Temporal instants, enums their names without prefix ("ECONOMY"). */
export type AttributeValue = boolean | number | string | readonly string[] | Temporal.Instant;

/** A row that pricing can price: a partner's own price, and the attributes that rules read. Amounts are in minor units of the currency. */
export interface RowToPrice {
  /** ISO 4217. */
  readonly currency: string;
  /** What the partner charges, from 0 to 2^53 - 1. */
  readonly totalMinor: number;
  /** What the total says about taxes; never unspecified. */
  readonly taxBasis: TaxBasis;
  /** The part of the total that is tax; absent where the partner does not split it. */
  readonly taxMinor?: number;
  /** Mandatory charges that are not in the total, due at the place; absent for none. */
  readonly dueLaterMinor?: number;
  /** Taxes and fees one by one; those due later in the price's currency are a part of dueLaterMinor. Absent for none. */
  readonly charges?: readonly Charge[];
  /** The upper bound of a price that is a range, not below the total; absent where it is none. */
  readonly totalMaxMinor?: number;
  /** By the names of the vertical's attributes; what a row does not say is left out. */
  readonly attributes?: Readonly<Record<string, AttributeValue | undefined>>;
}

/** What comes along with the rows of a batch. */
export interface PriceBatchOptions {
  /** Comes back with the quotes. Default 0. */
  readonly batchId?: number;
  /** Rates that the partner converts at itself. Default none. */
  readonly partnerRates?: readonly PartnerRate[];
}

/**
 * Makes a batch of one partner's rows, for PricingService.Quote and Price. An attribute's column has the type of its values: numbers
 * that are all whole become integers, others doubles.
 *
 * @throws EntrepotError INVALID_FIELD for an amount, currency or tax basis that is none, or an attribute whose values are of several types
 */
export function priceBatch(
  partner: string,
  rows: readonly RowToPrice[],
  { batchId = 0, partnerRates = [] }: PriceBatchOptions = {},
): PriceBatch {
  const prices = new PriceColumnsBuilder(rows.length);
  const names = new Set<string>();
  for (const row of rows) {
    const { currency, totalMinor, taxMinor, dueLaterMinor, taxBasis, totalMaxMinor, charges, attributes = {} } = row;
    prices.push(currency, totalMinor, taxMinor ?? -1, dueLaterMinor ?? 0, taxBasis, totalMaxMinor, charges);
    for (const name of Object.keys(attributes)) names.add(name);
  }
  const columns = [...names].map((name) =>
    columnOf(
      name,
      rows.map(({ attributes }) => attributes?.[name]),
    ),
  );
  return {
    batchId,
    partner,
    prices: prices.build(),
    columns: { rowCount: rows.length, columns: columns.filter((column) => column !== undefined) },
    partnerRates: [...partnerRates],
  };
}

type Kind = 'bool' | 'int' | 'double' | 'string' | 'time' | 'string_list';

/** Undefined where no row has a value. */
function columnOf(name: string, values: readonly (AttributeValue | undefined)[]): Column | undefined {
  const kinds = new Set(values.filter((value) => value !== undefined).map(kindOf));
  if (kinds.has('double')) kinds.delete('int');
  const [kind] = kinds;
  if (kind === undefined) return undefined;
  if (kinds.size > 1) throw invalidField(`attributes.${name}`, `has values of several types: ${[...kinds].join(', ')}`);
  const builder = columnBuilder(kind, values.length);
  const time = kind === 'time';
  for (const value of values) {
    builder.push((time ? (value as Temporal.Instant | undefined)?.epochMilliseconds : value) as never);
  }
  return builder.build(name);
}

function kindOf(value: AttributeValue): Kind {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    case 'number':
      return (value | 0) === value ? 'int' : 'double';
    default:
      return Array.isArray(value) ? 'string_list' : 'time';
  }
}

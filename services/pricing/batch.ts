import { type AnyColumnView, type Int64s, readColumn, readInt64s, WritableInt64s } from '../../libs/columns/index.ts';
import type { PriceBatch, QuoteBatch, UnpricedRow } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { PriceColumns } from '../../libs/contracts/gen/entrepot/type/v1/column.ts';
import { TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { invalidField } from '../../libs/errors/index.ts';
import { type Plan, quotePart, quoteTotal } from './quote.ts';
import type { Columns } from './row-tests.ts';
import type { Unplannable, View } from './view.ts';

/** Names of entrepot.offer.v1.RejectionReason that pricing gives. */
type UnpricedReason =
  | 'INVALID_AMOUNT'
  | 'NEGATIVE_AMOUNT'
  | 'INVALID_CURRENCY'
  | 'UNKNOWN_TAX_BASIS'
  | 'NO_RATE'
  | 'UNPRICEABLE';

/** Why a row has no price. */
export interface Refusal {
  readonly reason: UnpricedReason;
  /** For a person. */
  readonly detail: string;
}

/** A batch with its lengths checked. */
interface BatchRows {
  readonly length: number;
  readonly currencies: readonly string[];
  readonly codes: Uint8Array;
  readonly total: Int64s;
  /** -1 where the price is no range; undefined when no row's is. */
  readonly totalMax: Int64s | undefined;
  readonly dueLater: Int64s;
  readonly tax: Int64s;
  readonly basis: Uint8Array;
  readonly source: Columns;
}

/**
 * Price of a row that has none, in the contract's columns; also the tax of a row whose partner does not split it, and the
 * upper bound of a price that is no range.
 */
const NONE = -1;
/** Upper bounds of a batch without ranges. */
const NO_RANGES = Buffer.alloc(0);

/**
 * Reads a batch for a view: of the columns only those that the view's rules read.
 *
 * @throws EntrepotError INVALID_FIELD when lengths or codes do not fit; what is wrong with a row's money is no error
 *   but that row's reason
 */
export function readBatch(view: View, batch: PriceBatch): BatchRows {
  const { prices, columns, partner } = batch;
  if (partner === '') throw invalidField('batch.partner', 'is empty; name the partner whose rows these are');
  if (prices === undefined) throw invalidField('batch.prices', 'is missing');
  const length = prices.currencyCodes.byteLength;
  checkLengths(prices, length);
  if (columns !== undefined && columns.columns.length > 0 && columns.rowCount !== length) {
    throw invalidField('batch.columns.rowCount', `is ${columns.rowCount}, but there are ${length} prices`);
  }
  const codes = prices.currencyCodes;
  for (let row = 0; row < length; row++) {
    if (codes[row]! >= prices.currencies.length) {
      throw invalidField('batch.prices.currencyCodes', `row ${row} has code ${codes[row]}; see currencies`);
    }
  }
  const wanted = new Map<string, AnyColumnView>();
  for (const column of columns?.columns ?? []) {
    if (!view.attributes.includes(column.attribute)) continue;
    if (wanted.has(column.attribute)) throw invalidField('batch.columns', `has two columns of ${column.attribute}`);
    wanted.set(column.attribute, readColumn(column, length));
  }
  return {
    length,
    currencies: prices.currencies,
    codes,
    total: readInt64s(prices.totalMinor),
    totalMax: prices.totalMaxMinor.byteLength === 0 ? undefined : readInt64s(prices.totalMaxMinor),
    dueLater: readInt64s(prices.dueLaterMinor),
    tax: readInt64s(prices.taxMinor),
    basis: prices.taxBasis,
    source: (variable) => wanted.get(variable),
  };
}

/** Prices every row of a batch. Throws as {@link readBatch} does. */
export function priceBatch(view: View, batch: PriceBatch): QuoteBatch {
  const rows = readBatch(view, batch);
  const { length, codes } = rows;
  const plans: (Plan | Unplannable)[] = [];
  const [totals, dueLaters, taxes] = WritableInt64s.make(3, length) as [WritableInt64s, WritableInt64s, WritableInt64s];
  const totalMaxes = rows.totalMax === undefined ? undefined : WritableInt64s.make(1, length)[0];
  const unpriced: UnpricedRow[] = [];
  for (let row = 0; row < length; row++) {
    const code = codes[row]!;
    plans[code] ??= view.plan(batch.partner, rows.currencies[code]!, rows.source);
    const plan = plans[code];
    let total = NONE;
    let totalMax = NONE;
    let dueLater = NONE;
    let tax = NONE;
    let refusal = refusalOf(rows, row) ?? ('reason' in plan ? plan : undefined);
    if (refusal === undefined) {
      const priced = plan as Plan;
      total = quoteTotal(priced, rows.total.get(row), rows.dueLater.get(row), row);
      dueLater = quotePart(priced, rows.dueLater.get(row));
      tax = quoteTax(priced, rows, row);
      refusal = refusalOfQuote(total, dueLater, tax);
      if (totalMaxes !== undefined) {
        totalMax = quoteTotalMax(priced, rows, row);
        if (Number.isNaN(totalMax) || (totalMax !== NONE && totalMax < total)) refusal ??= OUT_OF_RANGE;
      }
    }
    if (refusal !== undefined) unpriced.push({ row, reason: refusal.reason, detail: refusal.detail });
    const none = refusal !== undefined;
    totals.set(row, none ? NONE : total);
    totalMaxes?.set(row, none ? NONE : totalMax);
    dueLaters.set(row, none ? NONE : dueLater);
    taxes.set(row, none ? NONE : tax);
  }
  return {
    batchId: batch.batchId,
    totalMinor: totals.bytes,
    dueLaterMinor: dueLaters.bytes,
    taxMinor: taxes.bytes,
    unpriced,
    totalMaxMinor: totalMaxes?.bytes ?? NO_RANGES,
    chargesMinor: NO_RANGES,
    chargesInTotal: NO_RANGES,
  };
}

/**
 * The upper bound of a row's price, by the same rules and rounding as the lower one; -1 where the price is no range, NaN
 * out of range. No rule reads a price, so it is below the lower one only where discounts of one priority take more than all.
 */
function quoteTotalMax(plan: Plan, rows: BatchRows, row: number): number {
  const totalMax = totalMaxOf(rows, row);
  return totalMax === NONE ? NONE : quoteTotal(plan, totalMax, rows.dueLater.get(row), row);
}

/** The partner's upper bound of a row's price; -1 where the price is no range. */
export function totalMaxOf({ totalMax }: BatchRows, row: number): number {
  return totalMax === undefined ? NONE : totalMax.get(row);
}

/** What is wrong with a row's money as it came. Nothing is completed: a row that lacks something has no price. */
export function refusalOf(rows: BatchRows, row: number): Refusal | undefined {
  const basis = rows.basis[row]!;
  if (basis !== TaxBasis.INCLUDED && basis !== TaxBasis.EXCLUDED && basis !== TaxBasis.PARTLY_INCLUDED) {
    return UNKNOWN_BASIS;
  }
  const total = rows.total.get(row);
  const dueLater = rows.dueLater.get(row);
  const tax = rows.tax.get(row);
  if (total < 0 || dueLater < 0) return NEGATIVE;
  if (tax !== NONE && (tax < 0 || tax > total)) return WRONG_TAX;
  const totalMax = totalMaxOf(rows, row);
  if (totalMax !== NONE && totalMax < total) return WRONG_RANGE;
  return Math.max(total, totalMax) + dueLater > Number.MAX_SAFE_INTEGER ? TOO_LARGE : undefined;
}

/** The part of a row's price that the partner stated as tax; -1 where it does not split it, NaN out of range. */
export function quoteTax(plan: Plan, rows: BatchRows, row: number): number {
  const tax = rows.tax.get(row);
  return tax === NONE ? NONE : quotePart(plan, tax);
}

/** What is wrong with a row's quote. */
export function refusalOfQuote(total: number, dueLater: number, tax: number): Refusal | undefined {
  if (Number.isNaN(total) || Number.isNaN(dueLater) || Number.isNaN(tax)) return OUT_OF_RANGE;
  return total < dueLater ? BELOW_DUE : undefined;
}

const UNKNOWN_BASIS: Refusal = {
  reason: 'UNKNOWN_TAX_BASIS',
  detail: 'the row does not say what its amount includes (tax_basis 1 to 3)',
};
const NEGATIVE: Refusal = { reason: 'NEGATIVE_AMOUNT', detail: 'the total or what is due later is negative' };
const WRONG_TAX: Refusal = {
  reason: 'INVALID_AMOUNT',
  detail: 'the tax is negative or more than the total that it is a part of',
};
const WRONG_RANGE: Refusal = { reason: 'INVALID_AMOUNT', detail: 'the upper bound of the price is below its total' };
const TOO_LARGE: Refusal = { reason: 'INVALID_AMOUNT', detail: 'total and due later together are beyond 2^53 - 1' };
const OUT_OF_RANGE: Refusal = {
  reason: 'UNPRICEABLE',
  detail: 'with the rules applied the price is negative or beyond 2^53 - 1 minor units',
};
const BELOW_DUE: Refusal = {
  reason: 'UNPRICEABLE',
  detail: 'with the rules applied the price is less than what is due at the place',
};

function checkLengths(prices: PriceColumns, length: number): void {
  const minors = [
    ['totalMinor', prices.totalMinor],
    ['taxMinor', prices.taxMinor],
    ['dueLaterMinor', prices.dueLaterMinor],
  ] as const;
  for (const [name, bytes] of minors) {
    if (bytes.byteLength !== length * 8) {
      throw invalidField(`batch.prices.${name}`, `has ${bytes.byteLength} bytes; ${length} rows need ${length * 8}`);
    }
  }
  const bounds = prices.totalMaxMinor.byteLength;
  if (bounds !== 0 && bounds !== length * 8) {
    throw invalidField(
      'batch.prices.totalMaxMinor',
      `has ${bounds} bytes; ${length} rows need ${length * 8}, or none when no price is a range`,
    );
  }
  if (prices.taxBasis.byteLength !== length) {
    throw invalidField(
      'batch.prices.taxBasis',
      `has ${prices.taxBasis.byteLength} bytes; ${length} rows need ${length}`,
    );
  }
}

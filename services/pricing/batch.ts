import {
  type AnyColumnView,
  type ChargeView,
  type Int64s,
  readCharges,
  readColumn,
  readInt64s,
  WritableInt64s,
} from '../../libs/columns/index.ts';
import type { PriceBatch, QuoteBatch, UnpricedRow } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { PriceColumns } from '../../libs/contracts/gen/entrepot/type/v1/column.ts';
import { TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { invalidField } from '../../libs/errors/index.ts';
import { chargedDueLater, chargedTax, chargedTotal, quoteCharges } from './charge-quotes.ts';
import { chargesOf, type PartnerSide, type PlanOf, partnerSide } from './charges.ts';
import { type Plan, quotePart, quoteTotal } from './quote.ts';
import type { Columns } from './row-tests.ts';
import type { Unplannable, View } from './view.ts';

/** Names of entrepot.offer.v1.RejectionReason that pricing gives. */
type UnpricedReason =
  | 'INVALID_AMOUNT'
  | 'NEGATIVE_AMOUNT'
  | 'INVALID_CURRENCY'
  | 'UNKNOWN_TAX_BASIS'
  | 'INVALID_CHARGE'
  | 'NO_RATE'
  | 'UNPRICEABLE';

/** Why a row has no price. */
export interface Refusal {
  readonly reason: UnpricedReason;
  /** For a person. */
  readonly detail: string;
}

/** A batch with its lengths checked. */
export interface BatchRows {
  readonly length: number;
  readonly currencies: readonly string[];
  readonly codes: Uint8Array;
  readonly total: Int64s;
  /** -1 where the price is no range; undefined when no row's is. */
  readonly totalMax: Int64s | undefined;
  readonly dueLater: Int64s;
  readonly tax: Int64s;
  readonly basis: Uint8Array;
  /** Undefined when no row has any. */
  readonly charges: ChargeView | undefined;
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
    charges: prices.charges && readCharges(prices.charges, length),
    source: (variable) => wanted.get(variable),
  };
}

/** Prices every row of a batch. Throws as {@link readBatch} does. */
export function priceBatch(view: View, batch: PriceBatch): QuoteBatch {
  return priceRows(view, batch, readBatch(view, batch));
}

/** As {@link priceBatch}, for a batch that was read. */
export function priceRows(view: View, batch: PriceBatch, rows: BatchRows): QuoteBatch {
  const { length, codes } = rows;
  const { laterOnTop } = view;
  const planOf: PlanOf = (currency) => view.plan(batch.partner, currency, rows.source, batch.partnerRates);
  const plans: (Plan | Unplannable)[] = [];
  const [totals, dueLaters, taxes] = WritableInt64s.make(3, length) as [WritableInt64s, WritableInt64s, WritableInt64s];
  const totalMaxes = rows.totalMax === undefined ? undefined : WritableInt64s.make(1, length)[0];
  const unpriced: UnpricedRow[] = [];
  for (let row = 0; row < length; row++) {
    const code = codes[row]!;
    plans[code] ??= view.plan(batch.partner, rows.currencies[code]!, rows.source, batch.partnerRates);
    const plan = plans[code];
    let total = NONE;
    let totalMax = NONE;
    let dueLater = NONE;
    let tax = NONE;
    let refusal = refusalOf(rows, row) ?? ('reason' in plan ? plan : undefined);
    if (refusal === undefined) {
      const priced = plan as Plan;
      const side = sideOf(rows, row, planOf);
      if (side !== undefined && 'reason' in side) refusal = side;
      else {
        total = quoteTotalOf(priced, rows, side, rows.total.get(row), row, laterOnTop);
        dueLater = quoteDueLater(priced, rows, row, side);
        tax = quoteTax(priced, rows, row, side);
        refusal = refusalOfQuote(total, dueLater, tax, laterOnTop);
        const partnerMax = totalMaxOf(rows, row);
        if (partnerMax !== NONE) {
          totalMax = quoteTotalOf(priced, rows, side, partnerMax, row, laterOnTop);
          if (Number.isNaN(totalMax) || totalMax < total) refusal ??= OUT_OF_RANGE;
        }
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
    ...quoteCharges(rows.charges, planOf, laterOnTop),
  };
}

/**
 * A row's headline, from the partner's total or upper bound, by the same rules and rounding; NaN out of range. No rule reads a
 * price, so the upper bound is below the lower one only where discounts of one priority take more than all.
 */
function quoteTotalOf(
  plan: Plan,
  rows: BatchRows,
  side: PartnerSide | undefined,
  partnerTotal: number,
  row: number,
  laterOnTop: boolean,
): number {
  if (side !== undefined) return chargedTotal(plan, side, partnerTotal, row, laterOnTop);
  return quoteTotal(plan, partnerTotal, laterOnTop ? 0 : rows.dueLater.get(row), row);
}

/** What a row's charges make of its price; undefined where it has none. */
export function sideOf(rows: BatchRows, row: number, planOf: PlanOf): PartnerSide | Refusal | undefined {
  const charges = chargesOf(rows.charges, row);
  if (charges.length === 0) return undefined;
  return partnerSide(
    {
      currency: rows.currencies[rows.codes[row]!]!,
      total: rows.total.get(row),
      totalMax: totalMaxOf(rows, row),
      tax: rows.tax.get(row),
      dueLater: rows.dueLater.get(row),
    },
    charges,
    planOf,
  );
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

/** What of a row's price is due later; NaN out of range. */
export function quoteDueLater(plan: Plan, rows: BatchRows, row: number, side: PartnerSide | undefined): number {
  return side === undefined ? quotePart(plan, rows.dueLater.get(row)) : chargedDueLater(plan, side);
}

/** The part of a row's price that the partner stated as tax; -1 where it does not split it, NaN out of range. */
export function quoteTax(plan: Plan, rows: BatchRows, row: number, side: PartnerSide | undefined): number {
  if (side !== undefined) return chargedTax(plan, side);
  const tax = rows.tax.get(row);
  return tax === NONE ? NONE : quotePart(plan, tax);
}

/** What is wrong with a row's quote. */
export function refusalOfQuote(total: number, dueLater: number, tax: number, laterOnTop: boolean): Refusal | undefined {
  if (Number.isNaN(total) || Number.isNaN(dueLater) || Number.isNaN(tax)) return OUT_OF_RANGE;
  return total < dueLater && !laterOnTop ? BELOW_DUE : undefined;
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

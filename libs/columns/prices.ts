import type { PriceColumns } from '../contracts/gen/entrepot/type/v1/column.ts';
import { TaxBasis } from '../contracts/gen/entrepot/type/v1/money.ts';
import { invalidField } from '../errors/index.ts';
import { Int64Buffer } from './buffers.ts';
import { type Charge, type ChargeView, chargeProblem, packCharges, readCharges } from './charges.ts';
import { bytesOf, decodeInt64s } from './packed.ts';

/** Partners' own prices as columns. Amount, currency and tax basis come together or not at all. */

const CURRENCY = /^[A-Z]{3}$/;
const MAX_CURRENCIES = 256;
/** What a builder holds once its rows are handed over. */
const NO_BYTES = new Uint8Array(0);
/** Upper bound of a price that is no range. */
const NO_RANGE = -1;
/** Upper bounds of a batch without ranges. */
const NO_RANGES = Buffer.alloc(0);
/** Charges of a row without any. */
const NO_CHARGES: readonly Charge[] = [];

/** Makes price columns row by row. */
export class PriceColumnsBuilder {
  readonly #currencies: string[] = [];
  #codes: Uint8Array;
  #basis: Uint8Array;
  readonly #total: Int64Buffer;
  readonly #tax: Int64Buffer;
  readonly #dueLater: Int64Buffer;
  /** Made with the first range: most batches have none. */
  #totalMax: Int64Buffer | undefined;
  /** Made with the first row that has any. */
  #charges: (readonly Charge[])[] | undefined;
  #length = 0;

  /** @param capacity rows to make room for at once (default 64). */
  constructor(capacity = 64) {
    const room = Math.max(1, capacity);
    this.#codes = new Uint8Array(room);
    this.#basis = new Uint8Array(room);
    this.#total = new Int64Buffer(room);
    this.#tax = new Int64Buffer(room);
    this.#dueLater = new Int64Buffer(room);
  }

  /** Rows pushed so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * The next row's price, in minor units of its currency: integers from 0 to 2^53 - 1, tax -1 where the partner does
   * not split it, and totalMax -1 where the price is no range; else not below the total. Throws EntrepotError INVALID_FIELD for anything else; the row is then not added.
   * @param charges taxes and fees one by one, where the partner states them; each in minor units of its own currency
   */
  push(
    currency: string,
    totalMinor: number,
    taxMinor: number,
    dueLaterMinor: number,
    basis: TaxBasis,
    totalMaxMinor = NO_RANGE,
    charges: readonly Charge[] = NO_CHARGES,
  ): void {
    requireMinor('prices.totalMinor', totalMinor, 0);
    requireMinor('prices.taxMinor', taxMinor, -1);
    requireMinor('prices.dueLaterMinor', dueLaterMinor, 0);
    requireBasis(basis, this.#length);
    if (totalMaxMinor !== NO_RANGE) requireMinor('prices.totalMaxMinor', totalMaxMinor, totalMinor);
    requireCharges(charges, this.#length);
    const code = this.#currencyCode(currency);
    const row = this.#length++;
    if (row === this.#codes.length) this.#grow();
    this.#codes[row] = code;
    this.#basis[row] = basis;
    this.#total.push(totalMinor);
    this.#tax.push(taxMinor);
    this.#dueLater.push(dueLaterMinor);
    if (totalMaxMinor !== NO_RANGE) this.#totalMax ??= this.#withoutRanges(row);
    this.#totalMax?.push(totalMaxMinor);
    if (charges.length > 0) {
      this.#charges ??= [];
      this.#charges[row] = charges;
    }
  }

  /** Hands the rows over and leaves the builder empty. */
  build(): PriceColumns {
    const length = this.#length;
    const charges = this.#charges;
    const built: PriceColumns = {
      currencies: this.#currencies.splice(0),
      currencyCodes: bytesOf(this.#codes.subarray(0, length)),
      totalMinor: this.#total.take(),
      taxMinor: this.#tax.take(),
      dueLaterMinor: this.#dueLater.take(),
      taxBasis: bytesOf(this.#basis.subarray(0, length)),
      totalMaxMinor: this.#totalMax?.take() ?? NO_RANGES,
      charges: charges && packCharges((row) => charges[row], 0, length),
    };
    this.#totalMax = undefined;
    this.#charges = undefined;
    this.#codes = NO_BYTES;
    this.#basis = NO_BYTES;
    this.#length = 0;
    return built;
  }

  #currencyCode(currency: string): number {
    const known = this.#currencies.indexOf(currency);
    if (known >= 0) return known;
    requireCurrency(currency);
    if (this.#currencies.length === MAX_CURRENCIES) {
      throw invalidField('prices.currencies', `more than ${MAX_CURRENCIES} currencies in one batch; split the batch`);
    }
    return this.#currencies.push(currency) - 1;
  }

  /** Upper bounds of so many rows that have none. */
  #withoutRanges(rows: number): Int64Buffer {
    const bounds = new Int64Buffer(this.#codes.length);
    for (let row = 0; row < rows; row++) bounds.push(NO_RANGE);
    return bounds;
  }

  #grow(): void {
    const room = Math.max(16, this.#codes.length * 2);
    const codes = new Uint8Array(room);
    codes.set(this.#codes);
    this.#codes = codes;
    const basis = new Uint8Array(room);
    basis.set(this.#basis);
    this.#basis = basis;
  }
}

/** Partners' own prices of many rows, read-only. Amounts are minor units of the row's currency. */
export interface PriceView {
  /** Number of rows. */
  readonly length: number;
  /** The distinct ISO 4217 codes. */
  readonly currencies: readonly string[];
  /** The row's position in currencies. */
  currencyCode(row: number): number;
  /** The row's ISO 4217 code. */
  currency(row: number): string;
  /** The amount that the partner charges. */
  total(row: number): number;
  /** The most that the partner may charge; -1 where the price is no range. */
  totalMax(row: number): number;
  /** The part of the total stated as tax; -1 where the partner does not split it. */
  tax(row: number): number;
  /** Mandatory charges that are not in the total. */
  dueLater(row: number): number;
  /** What the total says about taxes. */
  basis(row: number): TaxBasis;
  /** Taxes and fees one by one, in the partner's order. */
  charges(row: number): readonly Charge[];
  /** As charges, by position over all rows; undefined where no row has any. */
  readonly allCharges: ChargeView | undefined;
}

class PriceColumnsView implements PriceView {
  readonly length: number;
  readonly currencies: readonly string[];
  readonly #codes: Uint8Array;
  readonly #total: Float64Array;
  readonly #totalMax: Float64Array | undefined;
  readonly #tax: Float64Array;
  readonly #dueLater: Float64Array;
  readonly #basis: Uint8Array;
  readonly allCharges: ChargeView | undefined;
  constructor(prices: PriceColumns) {
    this.length = prices.currencyCodes.length;
    this.currencies = prices.currencies;
    this.#codes = prices.currencyCodes;
    this.#total = readMinors(prices.totalMinor, 'prices.totalMinor', 0, this.length);
    this.#totalMax = readUpperBounds(prices.totalMaxMinor, this.#total);
    this.#tax = readMinors(prices.taxMinor, 'prices.taxMinor', -1, this.length);
    this.#dueLater = readMinors(prices.dueLaterMinor, 'prices.dueLaterMinor', 0, this.length);
    this.#basis = prices.taxBasis;
    this.allCharges = prices.charges && readCharges(prices.charges, this.length);
    for (let row = 0; row < (this.allCharges === undefined ? 0 : this.length); row++) {
      requireCharges(this.allCharges!.of(row), row);
    }
  }
  currencyCode(row: number): number {
    return this.#codes[row]!;
  }
  currency(row: number): string {
    return this.currencies[this.#codes[row]!]!;
  }
  total(row: number): number {
    return this.#total[row]!;
  }
  totalMax(row: number): number {
    return this.#totalMax === undefined ? NO_RANGE : this.#totalMax[row]!;
  }
  tax(row: number): number {
    return this.#tax[row]!;
  }
  dueLater(row: number): number {
    return this.#dueLater[row]!;
  }
  basis(row: number): TaxBasis {
    return this.#basis[row]! as TaxBasis;
  }
  charges(row: number): readonly Charge[] {
    return this.allCharges?.of(row) ?? NO_CHARGES;
  }
}

/**
 * A view over price columns. Throws EntrepotError INVALID_FIELD when lengths differ, a currency is not three capital
 * letters, a code is outside the currencies, an amount is negative or beyond 2^53 - 1, an upper bound is below its total,
 * a tax basis is unknown, or a charge lacks terms, amount or currency.
 */
export function readPrices(prices: PriceColumns): PriceView {
  const rowCount = prices.currencyCodes.length;
  for (const currency of prices.currencies) requireCurrency(currency);
  if (prices.taxBasis.length !== rowCount) {
    throw invalidField('prices.taxBasis', `has ${prices.taxBasis.length} rows; currency codes have ${rowCount}`);
  }
  for (let row = 0; row < rowCount; row++) {
    if (prices.currencyCodes[row]! >= prices.currencies.length) {
      throw invalidField('prices.currencyCodes', `row ${row} names none of the ${prices.currencies.length} currencies`);
    }
    requireBasis(prices.taxBasis[row]!, row);
  }
  return new PriceColumnsView(prices);
}

/**
 * The prices of the rows at these positions, in this order, each as it stands but for its charges.
 *
 * @param chargesOf the charges of a row; default: its own
 * @throws EntrepotError INVALID_FIELD as {@link readPrices}, or for a position outside
 */
export function selectPrices(
  prices: PriceView,
  rows: ArrayLike<number>,
  chargesOf: (row: number) => readonly Charge[] = (row) => prices.charges(row),
): PriceColumns {
  const builder = new PriceColumnsBuilder(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (!(row >= 0 && row < prices.length)) throw invalidField('rows', `row ${row} is none of the ${prices.length}`);
    const [total, tax, due] = [prices.total(row), prices.tax(row), prices.dueLater(row)];
    builder.push(prices.currency(row), total, tax, due, prices.basis(row), prices.totalMax(row), chargesOf(row));
  }
  return builder.build();
}

function readMinors(bytes: Uint8Array, field: string, least: number, rowCount: number): Float64Array {
  const minors = decodeInt64s(bytes, field);
  if (minors.length !== rowCount) {
    throw invalidField(field, `has ${minors.length} rows; currency codes have ${rowCount}`);
  }
  for (let row = 0; row < rowCount; row++) {
    if (minors[row]! < least) throw invalidField(field, `row ${row} is ${minors[row]}; the least is ${least}`);
  }
  return minors;
}

/** Undefined when no row is a range. */
function readUpperBounds(bytes: Uint8Array, totals: Float64Array): Float64Array | undefined {
  if (bytes.length === 0) return undefined;
  const bounds = readMinors(bytes, 'prices.totalMaxMinor', NO_RANGE, totals.length);
  for (let row = 0; row < bounds.length; row++) {
    if (bounds[row] !== NO_RANGE && bounds[row]! < totals[row]!) {
      throw invalidField('prices.totalMaxMinor', `row ${row} is ${bounds[row]}, below its total ${totals[row]}`);
    }
  }
  return bounds;
}

function requireMinor(field: string, minor: number, least: number): void {
  if (!Number.isSafeInteger(minor) || minor < least) {
    throw invalidField(field, `${minor} is no integer from ${least} to 2^53 - 1`);
  }
}

function requireCurrency(currency: string): void {
  if (!CURRENCY.test(currency)) {
    throw invalidField('prices.currencies', `${JSON.stringify(currency)} is no ISO 4217 code: three capital letters`);
  }
}

function requireCharges(charges: readonly Charge[], row: number): void {
  for (const charge of charges) {
    const problem = chargeProblem(charge);
    if (problem !== undefined) throw invalidField('prices.charges', `row ${row}: ${problem}`);
  }
}

function requireBasis(basis: number, row: number): void {
  if (basis < TaxBasis.INCLUDED || basis > TaxBasis.PARTLY_INCLUDED) {
    throw invalidField('prices.taxBasis', `row ${row} has no tax basis (${basis}); state included, excluded or partly`);
  }
}

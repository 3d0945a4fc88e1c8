import type { ChargeColumns } from '../contracts/gen/entrepot/type/v1/column.ts';
import { type ChargeKind, ChargeTerms } from '../contracts/gen/entrepot/type/v1/money.ts';
import { invalidField } from '../errors/index.ts';
import { DictionaryBuilder } from './dictionary.ts';
import { decodeInt64s, readUint32s, writeInt64s, writeUint32s } from './packed.ts';

/** Taxes and fees of many rows as columns. Rows without any cost nothing: where no row has one, there are no columns. */

/** A tax or fee of a row. */
export interface Charge {
  /** As the partner names it. */
  readonly name: string;
  readonly kind: ChargeKind;
  /** On what it is due; never UNSPECIFIED. */
  readonly terms: ChargeTerms;
  /** ISO 4217; need not be that of the price. */
  readonly currency: string;
  /** Minor units of its currency, 0 to 2^53 - 1. */
  readonly amountMinor: number;
}

/** Distinct currencies of one batch's charges. */
const MAX_CURRENCIES = 256;
const NONE: readonly Charge[] = [];
const MOST_KIND = 255;

/** Mandatory and not inside the partner's total. */
export function isAdded(terms: ChargeTerms): boolean {
  return terms === ChargeTerms.ADDED_NOW || terms === ChargeTerms.ADDED_LATER;
}

/**
 * The charges of the rows from `start` up to `end`; undefined where none has any.
 *
 * @param of the charges of a row; undefined or empty for none
 * @throws EntrepotError INVALID_FIELD for an amount, currency or terms that no charge may have, and for more than 256 currencies
 */
export function packCharges(
  of: (row: number) => readonly Charge[] | undefined,
  start: number,
  end: number,
): ChargeColumns | undefined {
  let count = 0;
  for (let row = start; row < end; row++) count += of(row)?.length ?? 0;
  if (count === 0) return undefined;
  const offsets = new Array<number>(end - start + 1).fill(0);
  const names = new DictionaryBuilder();
  const currencies = new DictionaryBuilder();
  const nameCodes: number[] = [];
  const amounts: number[] = [];
  const currencyCodes = Buffer.alloc(count);
  const kinds = Buffer.alloc(count);
  const terms = Buffer.alloc(count);
  for (let row = start; row < end; row++) {
    for (const charge of of(row) ?? NONE) {
      const problem = chargeProblem(charge);
      if (problem !== undefined) throw invalidField('prices.charges', `row ${row - start}: ${problem}`);
      const at = amounts.length;
      nameCodes.push(names.encode(charge.name));
      amounts.push(charge.amountMinor);
      currencyCodes[at] = currencies.encode(charge.currency);
      kinds[at] = Math.min(Math.max(charge.kind, 0), MOST_KIND);
      terms[at] = charge.terms;
    }
    offsets[row - start + 1] = amounts.length;
  }
  if (currencies.texts.length > MAX_CURRENCIES) {
    throw invalidField('prices.charges.currencies', `more than ${MAX_CURRENCIES} in one batch; split the batch`);
  }
  return {
    offsets: writeUint32s(offsets),
    names: names.texts,
    nameCodes: writeUint32s(nameCodes),
    currencies: currencies.texts,
    currencyCodes,
    amountMinor: writeInt64s(amounts),
    kinds,
    terms,
  };
}

/** What is wrong with a charge; undefined where nothing is. Whether a code is one of ISO 4217 is not looked at. */
export function chargeProblem({ name, terms, currency, amountMinor }: Charge): string | undefined {
  const what = `charge ${JSON.stringify(name.slice(0, 40))}`;
  if (terms < ChargeTerms.INCLUDED || terms > ChargeTerms.OPTIONAL_LATER) return `${what} has no terms (${terms})`;
  if (!/^[A-Z]{3}$/.test(currency)) return `${what} is in ${JSON.stringify(currency.slice(0, 8))}, no ISO 4217 code`;
  if (!Number.isSafeInteger(amountMinor) || amountMinor < 0) {
    return `${what} has ${amountMinor} minor units, no integer from 0 to 2^53 - 1`;
  }
  return undefined;
}

/** Charges of many rows, read-only. */
export interface ChargeView {
  /** Charges of all rows. */
  readonly length: number;
  /** Position of the row's first charge. */
  start(row: number): number;
  /** Position behind the row's last charge. */
  end(row: number): number;
  /** The charge at a position. */
  at(position: number): Charge;
  /** The row's charges, in the partner's order. */
  of(row: number): readonly Charge[];
}

class ChargeColumnsView implements ChargeView {
  readonly length: number;
  readonly #offsets: Uint32Array;
  readonly #columns: ChargeColumns;
  readonly #names: Uint32Array;
  readonly #amounts: Float64Array;
  constructor(columns: ChargeColumns, offsets: Uint32Array) {
    this.#columns = columns;
    this.#offsets = offsets;
    this.#names = readUint32s(columns.nameCodes);
    this.#amounts = decodeInt64s(columns.amountMinor, 'prices.charges.amountMinor');
    this.length = this.#amounts.length;
  }
  start(row: number): number {
    return this.#offsets[row]!;
  }
  end(row: number): number {
    return this.#offsets[row + 1]!;
  }
  at(position: number): Charge {
    const { names, currencies, currencyCodes, kinds, terms } = this.#columns;
    return {
      name: names[this.#names[position]!]!,
      kind: kinds[position]! as ChargeKind,
      terms: terms[position]! as ChargeTerms,
      currency: currencies[currencyCodes[position]!]!,
      amountMinor: this.#amounts[position]!,
    };
  }
  of(row: number): readonly Charge[] {
    const start = this.start(row);
    const count = this.end(row) - start;
    return count === 0 ? NONE : Array.from({ length: count }, (_, i) => this.at(start + i));
  }
}

/**
 * A view over the charges of so many rows, whose layout is checked: lengths, offsets and codes. What each charge says is not;
 * see {@link chargeProblem}.
 *
 * @throws EntrepotError INVALID_FIELD
 */
export function readCharges(columns: ChargeColumns, rowCount: number): ChargeView {
  const offsets = uint32s(columns.offsets, 'offsets');
  if (offsets.length !== rowCount + 1) {
    throw invalid('offsets', `has ${offsets.length} offsets; ${rowCount} rows need ${rowCount + 1}`);
  }
  const count = columns.terms.length;
  const names = uint32s(columns.nameCodes, 'nameCodes');
  for (const [field, length] of [
    ['nameCodes', names.length],
    ['currencyCodes', columns.currencyCodes.length],
    ['amountMinor', columns.amountMinor.length / 8],
    ['kinds', columns.kinds.length],
  ] as const) {
    if (length !== count) throw invalid(field, `has ${length} charges; terms have ${count}`);
  }
  if (offsets[0] !== 0 || offsets[rowCount] !== count) {
    throw invalid('offsets', `lead from ${offsets[0]} to ${offsets[rowCount]}; there are ${count} charges`);
  }
  for (let row = 0; row < rowCount; row++) {
    if (offsets[row + 1]! < offsets[row]!) throw invalid('offsets', `row ${row} ends before it begins`);
  }
  for (let at = 0; at < count; at++) {
    if (names[at]! >= columns.names.length) throw invalid('nameCodes', `charge ${at} names none of the names`);
    if (columns.currencyCodes[at]! >= columns.currencies.length) {
      throw invalid('currencyCodes', `charge ${at} names none of the ${columns.currencies.length} currencies`);
    }
  }
  return new ChargeColumnsView(columns, offsets);
}

/** Bytes of charges' columns. */
export function chargeBytes(columns: ChargeColumns | undefined): number {
  if (columns === undefined) return 0;
  const { offsets, names, nameCodes, currencies, currencyCodes, amountMinor, kinds, terms } = columns;
  const texts = [...names, ...currencies].reduce((bytes, text) => bytes + text.length + 2, 0);
  return (
    texts + offsets.length + nameCodes.length + currencyCodes.length + amountMinor.length + kinds.length + terms.length
  );
}

function uint32s(bytes: Uint8Array, field: string): Uint32Array {
  if (bytes.length % 4 !== 0) throw invalid(field, `has ${bytes.length} bytes, which is no multiple of 4`);
  return readUint32s(bytes);
}

function invalid(field: string, description: string): Error {
  return invalidField(`prices.charges.${field}`, description);
}

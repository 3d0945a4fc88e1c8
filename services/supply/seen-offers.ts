import type { Charge } from '../../libs/columns/index.ts';
import type { MappedRows } from './map-rows.ts';

/**
 * The offers that a partner has already sent within one search. An offer is the same when every column and the whole
 * price are: those are dropped. The same columns at another price are kept, because what tells them apart may lie beyond
 * the columns (a fare basis, a rate's conditions); grouping by product puts the cheaper one first anyway.
 */
export class SeenOffers {
  /** By kind of key, then by text. */
  readonly #codes: Map<string, number>[] = [];
  #count = 0;
  /** By a hash of product and total: position in the lists below of the row that came last with it. */
  readonly #last = new Map<number, number>();
  readonly #mapped: MappedRows[] = [];
  readonly #rows: number[] = [];
  readonly #keys: number[] = [];
  /** The row before with the same hash, -1 for none. */
  readonly #before: number[] = [];

  /** A number for a product key: the same for the same key, counted from 0. */
  code(kind: number, text: string): number {
    this.#codes[kind] ??= new Map();
    const codes = this.#codes[kind];
    let code = codes.get(text);
    if (code === undefined) {
      code = this.#count++;
      codes.set(text, code);
    }
    return code;
  }

  /** Whether the row's twin was seen before; if not, it is remembered. `code` is that of its product key. */
  seen(code: number, mapped: MappedRows, row: number): boolean {
    const hash = (Math.imul(code, 0x9e3779b1) ^ (mapped.prices[row]!.totalMinor | 0)) | 0;
    const last = this.#last.get(hash) ?? -1;
    for (let at = last; at >= 0; at = this.#before[at]!) {
      if (this.#keys[at] === code && sameOffer(this.#mapped[at]!, this.#rows[at]!, mapped, row)) return true;
    }
    this.#last.set(hash, this.#rows.length);
    this.#mapped.push(mapped);
    this.#rows.push(row);
    this.#keys.push(code);
    this.#before.push(last);
    return false;
  }
}

function sameOffer(a: MappedRows, i: number, b: MappedRows, j: number): boolean {
  const one = a.prices[i]!;
  const other = b.prices[j]!;
  if (
    one.totalMinor !== other.totalMinor ||
    one.totalMaxMinor !== other.totalMaxMinor ||
    one.currency !== other.currency ||
    one.taxMinor !== other.taxMinor ||
    one.dueLaterMinor !== other.dueLaterMinor ||
    one.basis !== other.basis ||
    !sameCharges(one.charges, other.charges)
  ) {
    return false;
  }
  for (let column = 0; column < a.values.length; column++) {
    if (!sameValue(a.values[column]![i], b.values[column]![j])) return false;
  }
  return true;
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function sameCharges(a: readonly Charge[] | undefined, b: readonly Charge[] | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  return a.every((one, at) => {
    const other = b[at]!;
    return (
      one.amountMinor === other.amountMinor &&
      one.currency === other.currency &&
      one.terms === other.terms &&
      one.kind === other.kind &&
      one.name === other.name
    );
  });
}

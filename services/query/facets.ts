import type {
  AnyColumnView,
  BoolColumn,
  NumberColumn,
  StringColumnView,
  StringListColumnView,
} from '../../libs/columns/index.ts';
import type { Facet, FacetRange, FacetValue } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { FacetSpec } from './facet-specs.ts';
import type { Columns } from './set-columns.ts';

/**
 * Facets: counts over every matching offer, made from columns alone. Rows are looked at product by product, so that a value has
 * come for a product before exactly when the product is the one that it came for last: distinct counts need no sets.
 */

/** Buckets of a range facet. */
const buckets = 10;

/** Most values of a facet: nobody reads more, and every update would carry them. */
const mostValues = 500;

/** Whole numbers that lie within so many of each other are counted by position. */
const mostSpread = 4_096;

/**
 * Counts over rows.
 * @param columns of the set that the rows are of
 * @param rows the matching rows, in any order: it does not change the counts
 * @param productOf product of each row, below `products`
 */
export function countFacets(
  specs: readonly FacetSpec[],
  columns: Columns,
  rows: Uint32Array,
  productOf: Int32Array,
  { products, provisional }: { readonly products: number; readonly provisional: boolean },
): Facet[] {
  const sorted = byProduct(rows, productOf, products);
  return specs.map(({ name, kind }) => {
    const column = columns(name);
    if (column === undefined) {
      return { attribute: name, values: [], range: undefined, absent: rows.length, provisional };
    }
    if (kind === 'range' && 'values' in column) {
      const { range, count } = rangeOf(column, rows);
      return { attribute: name, values: [], range, absent: rows.length - count, provisional };
    }
    const present = presentRows(sorted, column.presence);
    const values = valuesOf(column, present, productOf);
    return { attribute: name, values, range: undefined, absent: rows.length - present.length, provisional };
  });
}

function valuesOf(column: AnyColumnView, rows: Uint32Array, productOf: Int32Array): FacetValue[] {
  switch (column.type) {
    case 'bool':
      return flagCounts(column, rows, productOf);
    case 'string':
      return textCounts(column, rows, productOf);
    case 'string_list':
      return listCounts(column, rows, productOf);
    default:
      return numberCounts(column, rows, productOf);
  }
}

/** Whether two counts of the same attributes say the same. */
export function sameFacets(a: readonly Facet[], b: readonly Facet[]): boolean {
  return a.length === b.length && a.every((facet, index) => sameFacet(facet, b[index]!));
}

function sameFacet(a: Facet, b: Facet): boolean {
  return (
    a.absent === b.absent &&
    a.provisional === b.provisional &&
    a.values.length === b.values.length &&
    a.values.every((value, index) => sameValue(value, b.values[index]!)) &&
    a.range?.min === b.range?.min &&
    a.range?.max === b.range?.max &&
    (a.range?.histogram ?? []).every((count, index) => count === b.range?.histogram[index])
  );
}

function sameValue(a: FacetValue, b: FacetValue): boolean {
  return a.value === b.value && a.count === b.count && a.products === b.products;
}

/** The rows, those of one product together. */
function byProduct(rows: Uint32Array, productOf: Int32Array, products: number): Uint32Array {
  const next = new Uint32Array(products + 1);
  for (const row of rows) next[productOf[row]! + 1]!++;
  for (let product = 0; product < products; product++) next[product + 1]! += next[product]!;
  const sorted = new Uint32Array(rows.length);
  for (const row of rows) sorted[next[productOf[row]!]!++] = row;
  return sorted;
}

function presentRows(rows: Uint32Array, presence: Uint8Array | undefined): Uint32Array {
  if (presence === undefined) return rows;
  const present = new Uint32Array(rows.length);
  let length = 0;
  for (const row of rows) if (((presence[row >>> 3]! >>> (row & 7)) & 1) === 1) present[length++] = row;
  return present.subarray(0, length);
}

/** Counts by code, of offers and of distinct products. Rows must come product by product. */
class Tally {
  readonly #counts: Uint32Array;
  readonly #products: Uint32Array;
  readonly #last: Int32Array;

  /** @param size codes that there are */
  constructor(size: number) {
    this.#counts = new Uint32Array(size);
    this.#products = new Uint32Array(size);
    this.#last = new Int32Array(size).fill(-1);
  }

  add(code: number, product: number): void {
    this.#counts[code]!++;
    if (this.#last[code] === product) return;
    this.#last[code] = product;
    this.#products[code]!++;
  }

  /** Largest count first; equal ones in the order of their values, or as they come. Values that no row has are left out. */
  values(textOf: (code: number) => string, inOrder: boolean): FacetValue[] {
    const values: FacetValue[] = [];
    for (let code = 0; code < this.#counts.length; code++) {
      const count = this.#counts[code]!;
      if (count > 0) values.push({ value: textOf(code), count, products: this.#products[code]! });
    }
    values.sort((a, b) => b.count - a.count || (inOrder || a.value === b.value ? 0 : a.value < b.value ? -1 : 1));
    return values.length > mostValues ? values.slice(0, mostValues) : values;
  }
}

function flagCounts(column: BoolColumn, rows: Uint32Array, productOf: Int32Array): FacetValue[] {
  const tally = new Tally(2);
  const { bits } = column;
  for (const row of rows) tally.add((bits[row >>> 3]! >>> (row & 7)) & 1, productOf[row]!);
  return tally.values((code) => String(code === 1), false);
}

function textCounts({ codes, dictionary }: StringColumnView, rows: Uint32Array, productOf: Int32Array): FacetValue[] {
  const tally = new Tally(dictionary.length);
  for (const row of rows) tally.add(codes[row]!, productOf[row]!);
  return tally.values((code) => dictionary[code]!, false);
}

function listCounts(column: StringListColumnView, rows: Uint32Array, productOf: Int32Array): FacetValue[] {
  const { codes, offsets, dictionary } = column;
  const tally = new Tally(dictionary.length);
  // An offer counts once for a text, however often its list has it.
  const lastRow = new Int32Array(dictionary.length).fill(-1);
  for (const row of rows) {
    const product = productOf[row]!;
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
      const code = codes[at]!;
      if (lastRow[code] === row) continue;
      lastRow[code] = row;
      tally.add(code, product);
    }
  }
  return tally.values((code) => dictionary[code]!, false);
}

function numberCounts({ values }: NumberColumn, rows: Uint32Array, productOf: Int32Array): FacetValue[] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < rows.length; at++) {
    const value = values[rows[at]!]!;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (values instanceof Int32Array && max - min < mostSpread) {
    const tally = new Tally(Math.max(0, max - min + 1));
    for (const row of rows) tally.add(values[row]! - min, productOf[row]!);
    return tally.values((code) => String(code + min), true);
  }
  const distinct = Float64Array.from(new Set(rows.length === 0 ? [] : Array.from(rows, (row) => values[row]!))).sort();
  const codes = new Map(Array.from(distinct, (value, code) => [value, code]));
  const tally = new Tally(distinct.length);
  for (const row of rows) tally.add(codes.get(values[row]!)!, productOf[row]!);
  return tally.values((code) => String(distinct[code]!), true);
}

/** The spread of the rows that have a value, undefined where none has; and how many have. */
function rangeOf(
  { values, presence }: NumberColumn,
  rows: Uint32Array,
): { readonly range: FacetRange | undefined; readonly count: number } {
  const read = new Float64Array(rows.length);
  let count = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    if (presence !== undefined && ((presence[row >>> 3]! >>> (row & 7)) & 1) === 0) continue;
    const value = values[row]!;
    if (value < min) min = value;
    if (value > max) max = value;
    read[count++] = value;
  }
  if (count === 0) return { range: undefined, count };
  const histogram = new Array<number>(buckets).fill(0);
  const scale = max > min ? buckets / (max - min) : 0;
  for (let at = 0; at < count; at++) histogram[Math.min(buckets - 1, Math.floor((read[at]! - min) * scale))]!++;
  return { range: { min, max, histogram }, count };
}

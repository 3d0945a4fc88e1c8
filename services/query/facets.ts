import type { BoolColumn, NumberColumn, StringColumnView, StringListColumnView } from '../../libs/columns/index.ts';
import type { Facet, FacetRange, FacetValue } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { AttributeSpec } from '../../libs/vertical/index.ts';
import type { ResultSet } from './result-set.ts';

/** Facets: counts over every matching offer, made from columns alone. */

/** Buckets of a range facet. */
const buckets = 10;

/**
 * Counts attributes over rows.
 * @param rows the matching rows, in any order: it does not change the counts
 * @param provisional products are not settled yet
 */
export function countFacets(
  set: ResultSet,
  rows: Uint32Array,
  attributes: readonly AttributeSpec[],
  provisional: boolean,
): Facet[] {
  return attributes.map((attribute) => {
    const column = set.column(attribute.name);
    if (column === undefined) {
      return { attribute: attribute.name, values: [], range: undefined, absent: rows.length, provisional };
    }
    const present =
      column.presence === undefined && column.length >= set.rowCount ? rows : rows.filter((row) => column.has(row));
    const ranged = attribute.facet === 'range' && 'values' in column;
    let values: FacetValue[] = [];
    if (!ranged) {
      if (column.type === 'bool') values = flagCounts(column, present);
      else if (column.type === 'string') values = textCounts(column, present);
      else if (column.type === 'string_list') values = listCounts(column, present);
      else values = numberCounts(column, present);
    }
    return {
      attribute: attribute.name,
      values,
      range: ranged ? rangeOf(column, present) : undefined,
      absent: rows.length - present.length,
      provisional,
    };
  });
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
    a.values.every(({ value, count }, index) => value === b.values[index]!.value && count === b.values[index]!.count) &&
    a.range?.min === b.range?.min &&
    a.range?.max === b.range?.max &&
    (a.range?.histogram ?? []).every((count, index) => count === b.range?.histogram[index])
  );
}

function flagCounts(column: BoolColumn, rows: Uint32Array): FacetValue[] {
  let yes = 0;
  for (const row of rows) if (column.get(row)) yes++;
  return mostFirst([
    { value: 'true', count: yes, products: 0 },
    { value: 'false', count: rows.length - yes, products: 0 },
  ]);
}

function textCounts(column: StringColumnView, rows: Uint32Array): FacetValue[] {
  const { codes, dictionary } = column;
  const counts = new Uint32Array(dictionary.length);
  for (const row of rows) counts[codes[row]!]!++;
  return mostFirst(Array.from(counts, (count, code) => ({ value: dictionary[code]!, count, products: 0 })));
}

function listCounts(column: StringListColumnView, rows: Uint32Array): FacetValue[] {
  const { codes, offsets, dictionary } = column;
  const counts = new Uint32Array(dictionary.length);
  // An offer counts once for a text, however often its list has it.
  const lastRow = new Int32Array(dictionary.length).fill(-1);
  for (const row of rows) {
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
      const code = codes[at]!;
      if (lastRow[code] === row) continue;
      lastRow[code] = row;
      counts[code]!++;
    }
  }
  return mostFirst(Array.from(counts, (count, code) => ({ value: dictionary[code]!, count, products: 0 })));
}

function numberCounts(column: NumberColumn, rows: Uint32Array): FacetValue[] {
  const { values } = column;
  const counts = new Map<number, number>();
  for (const row of rows) {
    const value = values[row]!;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, countA], [b, countB]) => countB - countA || a - b);
  return sorted.map(([value, count]) => ({ value: String(value), count, products: 0 }));
}

/** Largest count first, equal counts by text. Values that no row has are left out. */
function mostFirst(values: FacetValue[]): FacetValue[] {
  return values.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}

function rangeOf(column: NumberColumn, rows: Uint32Array): FacetRange | undefined {
  if (rows.length === 0) return undefined;
  const { values } = column;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const value = values[row]!;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const histogram = new Array<number>(buckets).fill(0);
  const scale = max > min ? buckets / (max - min) : 0;
  for (const row of rows) histogram[Math.min(buckets - 1, Math.floor((values[row]! - min) * scale))]!++;
  return { min, max, histogram };
}

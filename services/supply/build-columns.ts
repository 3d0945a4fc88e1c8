import { packColumns, packPrices } from '../../libs/columns/index.ts';
import type { ColumnBatch, PriceColumns } from '../../libs/contracts/gen/entrepot/type/v1/column.ts';
import type { ColumnPlan, MappedRows } from './map-rows.ts';

/** The rows from `start` up to `end` as columns, of the attributes at the positions of the plan. */
export function buildColumns(
  plan: ColumnPlan,
  attributes: readonly number[],
  mapped: MappedRows,
  start: number,
  end: number,
): ColumnBatch {
  const columns = attributes.map((position) => {
    const { name, type } = plan.columns[position]!;
    return { attribute: name, type, values: mapped.values[position]! };
  });
  return packColumns(columns, start, end);
}

/** What normalization is told of the products of the rows at the positions: what identifies them, and their content. */
export function buildEvidence(plan: ColumnPlan, mapped: MappedRows, positions: readonly number[]): ColumnBatch {
  const columns = plan.evidence.map((position) => {
    const { name, type } = plan.columns[position]!;
    const values = mapped.values[position]!;
    return { attribute: name, type, values: positions.map((row) => values[row]) };
  });
  return packColumns([...columns, ...evidenceOnly(plan, mapped, positions)], 0, positions.length);
}

/**
 * Everything of the rows from `start` up to `end`, for a caller that decides itself which product a row is: what only identity
 * and content need stands in the first row of each product alone.
 */
export function buildAllColumns(plan: ColumnPlan, mapped: MappedRows, start: number, end: number): ColumnBatch {
  const met = new Set<number>();
  const rows = Array.from({ length: end - start }, (_, at) => {
    const key = mapped.keyOf[start + at]!;
    if (met.has(key)) return undefined;
    met.add(key);
    return start + at;
  });
  const columns = plan.columns.map(({ name, type }, position) => {
    return { attribute: name, type, values: mapped.values[position]!.slice(start, end) };
  });
  return packColumns([...columns, ...evidenceOnly(plan, mapped, rows)], 0, end - start);
}

/** What rows are read for now; undefined for a row that is not to be read. Left out where none of them has it. */
function evidenceOnly(plan: ColumnPlan, mapped: MappedRows, rows: readonly (number | undefined)[]) {
  const values = plan.evidenceOnly.map((): unknown[] => []);
  // Row by row: an adapter has one of them before it at a time.
  for (const row of rows) {
    for (const [at, column] of plan.evidenceOnly.entries()) {
      values[at]!.push(row === undefined ? undefined : mapped.late(column, row));
    }
  }
  return plan.evidenceOnly.flatMap(({ name, type }, at) => {
    return values[at]!.every((value) => value === undefined) ? [] : [{ attribute: name, type, values: values[at]! }];
  });
}

/** The partner's own prices of the rows from `start` up to `end`. */
export function buildPrices(mapped: MappedRows, start: number, end: number): PriceColumns {
  return packPrices(mapped.prices, start, end);
}

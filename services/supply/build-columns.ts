import { columnBuilder, PriceColumnsBuilder } from '../../libs/columns/index.ts';
import type { Column, ColumnBatch, PriceColumns } from '../../libs/contracts/gen/entrepot/type/v1/column.ts';
import type { ColumnPlan, MappedRows, PlannedColumn } from './map-rows.ts';

/** The rows from `start` up to `end` as columns, of the attributes that anyone looks at. */
export function buildColumns(plan: ColumnPlan, mapped: MappedRows, start: number, end: number): ColumnBatch {
  const columns: Column[] = [];
  for (const position of plan.queryable) {
    const column = buildColumn(plan.columns[position]!, mapped.values[position]!, start, end);
    if (column !== undefined) columns.push(column);
  }
  return { rowCount: end - start, columns };
}

/** What normalization may conclude from: the identity attributes of the rows at the positions. */
export function buildEvidence(plan: ColumnPlan, mapped: MappedRows, positions: readonly number[]): ColumnBatch {
  const columns: Column[] = [];
  for (const position of plan.evidence) {
    const values = mapped.values[position]!;
    const picked = positions.map((row) => values[row]);
    const column = buildColumn(plan.columns[position]!, picked, 0, picked.length);
    if (column !== undefined) columns.push(column);
  }
  return { rowCount: positions.length, columns };
}

/** The column; undefined when no row has a value, because a column that is not there says the same in no bytes. */
function buildColumn(
  { name, type }: PlannedColumn,
  values: readonly unknown[],
  start: number,
  end: number,
): Column | undefined {
  // The values were checked against the type when they were read.
  const builder = columnBuilder(type, end - start) as { push(value: unknown): void; build(name: string): Column };
  let present = false;
  for (let row = start; row < end; row++) {
    const value = values[row];
    if (value !== undefined) present = true;
    builder.push(value);
  }
  return present ? builder.build(name) : undefined;
}

/** The partner's own prices of the rows from `start` up to `end`. */
export function buildPrices(mapped: MappedRows, start: number, end: number): PriceColumns {
  const builder = new PriceColumnsBuilder(end - start);
  for (let row = start; row < end; row++) {
    const { currency, totalMinor, taxMinor, dueLaterMinor, basis } = mapped.prices[row]!;
    builder.push(currency, totalMinor, taxMinor, dueLaterMinor, basis);
  }
  return builder.build();
}

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

/** What normalization may conclude from: the identity attributes of the rows at the positions. */
export function buildEvidence(plan: ColumnPlan, mapped: MappedRows, positions: readonly number[]): ColumnBatch {
  const columns = plan.evidence.map((position) => {
    const { name, type } = plan.columns[position]!;
    const values = mapped.values[position]!;
    return { attribute: name, type, values: positions.map((row) => values[row]) };
  });
  return packColumns(columns, 0, positions.length);
}

/** The partner's own prices of the rows from `start` up to `end`. */
export function buildPrices(mapped: MappedRows, start: number, end: number): PriceColumns {
  return packPrices(mapped.prices, start, end);
}

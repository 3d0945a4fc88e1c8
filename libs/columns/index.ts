/** Attributes of many rows as columns: views over the contract's packed bytes, builders for them, and growing tables. */
export { bitGet, bitSet, makeBitmap } from './bitmap.ts';
export { type ColumnBuilder, columnBuilder } from './builders.ts';
export { type Charge, type ChargeView, chargeBytes, chargeProblem, isAdded, readCharges } from './charges.ts';
export { GrowingTable } from './growing-table.ts';
export { type CheckedColumn, memoryBehind, packColumns, packPrices } from './pack.ts';
export { type Int64s, readInt64s, readUint32s, WritableInt64s, writeInt64s, writeUint32s } from './packed.ts';
export { PriceColumnsBuilder, type PriceView, readPrices, selectPrices } from './prices.ts';
export { readColumn, readColumns, readColumnsOnce } from './read.ts';
export { selectColumns, selectRows } from './select.ts';
export type {
  AnyColumnView,
  AttributeValueType,
  BoolColumn,
  ColumnValue,
  ColumnView,
  NumberColumn,
  StringColumnView,
  StringListColumnView,
} from './types.ts';
export { NumberView, StringView } from './views.ts';

import fc from 'fast-check';
import type { ColumnBatch } from '../contracts/gen/entrepot/type/v1/column.ts';
import { ChargeKind, ChargeTerms } from '../contracts/gen/entrepot/type/v1/money.ts';
import { columnBuilder } from './builders.ts';
import type { Charge } from './charges.ts';
import { readColumns } from './read.ts';
import type { AttributeValueType, ColumnValue } from './types.ts';

/** Random columns for the properties of this library's tests. */

/** A row as a test writes it: attribute to value, absent attributes left out. */
export type Row = Readonly<Record<string, ColumnValue | undefined>>;

/** One attribute of each type. */
export const TYPES = {
  flag: 'bool',
  count: 'int',
  weight: 'double',
  name: 'string',
  kind: 'enum',
  at: 'time',
  tags: 'string_list',
} as const satisfies Record<string, AttributeValueType>;

const text = fc.oneof(fc.constantFrom('LHR', 'JFK', 'LON', ''), fc.string({ unit: 'grapheme', maxLength: 6 }));

const optionally = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 3 });

/** Rows with every attribute of TYPES, any of them absent. */
export const rows: fc.Arbitrary<Row[]> = fc.array(
  fc.record({
    flag: optionally(fc.boolean()),
    count: optionally(fc.integer()),
    weight: optionally(fc.double({ noNaN: true, noDefaultInfinity: true })),
    name: optionally(text),
    kind: optionally(fc.constantFrom('ECONOMY', 'FIRST')),
    at: optionally(fc.maxSafeInteger()),
    tags: optionally(fc.array(text, { maxLength: 4 })),
  }),
  { maxLength: 40 },
);

/** The rows as a batch with columns of these attributes. */
export function batchOf(
  content: readonly Row[],
  attributes: readonly (keyof typeof TYPES)[] = Object.keys(TYPES) as (keyof typeof TYPES)[],
): ColumnBatch {
  const columns = attributes.map((attribute) => {
    const builder = columnBuilder<AttributeValueType>(TYPES[attribute], 4);
    for (const row of content) builder.push(row[attribute]);
    return builder.build(attribute);
  });
  return { rowCount: content.length, columns };
}

/** What the views of a batch say, row by row. */
export function rowsOf(batch: ColumnBatch): Row[] {
  const views = [...readColumns(batch).values()];
  return Array.from({ length: batch.rowCount }, (_, row) =>
    Object.fromEntries(views.map((view) => [view.attribute, view.has(row) ? view.get(row) : undefined])),
  );
}

/** A tax or fee of any kind, on any terms. */
export const charge: fc.Arbitrary<Charge> = fc.record({
  name: text,
  kind: fc.constantFrom(ChargeKind.UNSPECIFIED, ChargeKind.TAX, ChargeKind.CITY_TAX, ChargeKind.SURCHARGE),
  terms: fc.constantFrom(
    ChargeTerms.INCLUDED,
    ChargeTerms.ADDED_NOW,
    ChargeTerms.ADDED_LATER,
    ChargeTerms.OPTIONAL_NOW,
    ChargeTerms.OPTIONAL_LATER,
  ),
  currency: fc.constantFrom('GBP', 'EUR', 'KRW', 'KWD'),
  amountMinor: fc.maxSafeNat(),
});

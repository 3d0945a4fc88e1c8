import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ColumnBatch } from '../contracts/gen/entrepot/type/v1/column.ts';
import { TaxBasis } from '../contracts/gen/entrepot/type/v1/money.ts';
import { EntrepotError } from '../errors/index.ts';
import { memoryBehind, packColumns, packPrices } from './pack.ts';
import { PriceColumnsBuilder } from './prices.ts';
import { batchOf, type Row, rows, TYPES } from './samples.ts';
import { selectColumns } from './select.ts';

const ATTRIBUTES = Object.keys(TYPES) as (keyof typeof TYPES)[];

function checked(content: readonly Row[]) {
  return ATTRIBUTES.map((attribute) => ({
    attribute,
    type: TYPES[attribute],
    values: content.map((row) => row[attribute]),
  }));
}

describe('packed columns', () => {
  it('equal what the builders make of the same rows, but for columns without any value, which are left out', () => {
    fc.assert(
      fc.property(rows, fc.nat(40), fc.nat(40), (content, a, b) => {
        const [start, end] = [Math.min(a, b, content.length), Math.min(Math.max(a, b), content.length)];
        const some = content.slice(start, end);
        const built = batchOf(some);
        const columns = built.columns.filter(({ attribute }) => some.some((row) => row[attribute] !== undefined));
        expect(packColumns(checked(content), start, end)).toEqual({ rowCount: some.length, columns });
      }),
    );
  });

  it('lie in one piece of memory without room to spare, each aligned for its type', () => {
    fc.assert(
      fc.property(rows, (content) => {
        const batch = packColumns(checked(content), 0, content.length);
        const parts: Buffer[] = [];
        for (const { presence, values } of batch.columns) {
          parts.push(presence);
          if (values?.$case === 'strings') parts.push(values.value.codes);
          else if (values?.$case === 'stringLists') parts.push(values.value.codes, values.value.offsets);
          else if (values !== undefined) parts.push(values.value);
        }
        const packed = parts.filter(({ byteLength }) => byteLength > 0);
        expect(new Set(packed.map(({ buffer }) => buffer)).size).toBe(Math.min(1, packed.length));
        expect(packed.every(({ byteOffset }) => byteOffset % 8 === 0)).toBe(true);
        const used = packed.reduce((bytes, { byteLength }) => bytes + Math.ceil(byteLength / 8) * 8, 0);
        expect(memoryBehind(batch)).toBe(used);
      }),
    );
  });

  it('keep the memory of all alive when one is kept; those from the wire keep their own', () => {
    const content = Array.from({ length: 50 }, (_, i) => ({ count: i, weight: i / 2, tags: ['a', 'b'] }));
    const batch = packColumns(checked(content), 0, 50);
    const one = selectColumns(batch, ['count']);
    expect(memoryBehind(one)).toBe(memoryBehind(batch));
    expect(memoryBehind(selectColumns(batch, []))).toBe(0);
    const decoded = ColumnBatch.decode(ColumnBatch.encode(one).finish());
    expect(memoryBehind(decoded)).toBe(50 * 4);
  });
});

describe('packed prices', () => {
  it('equal what the builder makes of the same rows', () => {
    const price = fc.record({
      currency: fc.constantFrom('GBP', 'EUR', 'KRW', 'KWD'),
      totalMinor: fc.maxSafeNat(),
      taxMinor: fc.oneof(fc.constant(-1), fc.maxSafeNat()),
      dueLaterMinor: fc.maxSafeNat(),
      basis: fc.constantFrom(TaxBasis.INCLUDED, TaxBasis.EXCLUDED, TaxBasis.PARTLY_INCLUDED),
      range: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.nat(1_000)),
    });
    const bounded = price
      .filter(({ totalMinor }) => totalMinor < Number.MAX_SAFE_INTEGER - 1_000)
      .map(({ range, ...rest }) => ({
        ...rest,
        ...(range !== undefined && { totalMaxMinor: rest.totalMinor + range }),
      }));
    fc.assert(
      fc.property(fc.array(bounded, { maxLength: 40 }), fc.nat(40), (prices, from) => {
        const start = Math.min(from, prices.length);
        const builder = new PriceColumnsBuilder();
        for (const { currency, totalMinor, taxMinor, dueLaterMinor, basis, totalMaxMinor } of prices.slice(start)) {
          builder.push(currency, totalMinor, taxMinor, dueLaterMinor, basis, totalMaxMinor);
        }
        expect(packPrices(prices, start, prices.length)).toEqual(builder.build());
      }),
    );
  });

  it('are refused where a code cannot tell their currencies apart', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQ'];
    const codes = letters.flatMap((a) => letters.map((b) => `X${a}${b}`));
    const prices = codes.map((currency) => ({
      currency,
      totalMinor: 1,
      taxMinor: -1,
      dueLaterMinor: 0,
      basis: TaxBasis.INCLUDED,
    }));
    expect(() => packPrices(prices, 0, 257)).toThrow(EntrepotError);
    expect(packPrices(prices, 1, 257).currencies).toHaveLength(256);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PriceColumns } from '../contracts/gen/entrepot/type/v1/column.ts';
import { TaxBasis } from '../contracts/gen/entrepot/type/v1/money.ts';
import { EntrepotError } from '../errors/index.ts';
import { PriceColumnsBuilder, readPrices, writeInt64s } from './index.ts';

const price = fc
  .tuple(
    fc.constantFrom('GBP', 'EUR', 'KRW', 'KWD'),
    fc.maxSafeNat(),
    fc.oneof(fc.constant(-1), fc.maxSafeNat()),
    fc.maxSafeNat(),
    fc.constantFrom(TaxBasis.INCLUDED, TaxBasis.EXCLUDED, TaxBasis.PARTLY_INCLUDED),
    fc.oneof(fc.constant(-1), fc.nat(5_000)),
  )
  .map(([currency, total, tax, due, basis, more]) => {
    const totalMax = more < 0 ? -1 : Math.min(total + more, Number.MAX_SAFE_INTEGER);
    return [currency, total, tax, due, basis, totalMax] as const;
  });

describe('price columns', () => {
  it('hold any prices, over the wire too', () => {
    fc.assert(
      fc.property(fc.array(price, { maxLength: 150 }), (prices) => {
        const builder = new PriceColumnsBuilder(2);
        for (const row of prices) builder.push(...row);
        expect(builder.length).toBe(prices.length);
        const view = readPrices(PriceColumns.decode(PriceColumns.encode(builder.build()).finish()));
        const read = Array.from({ length: view.length }, (_, row) => [
          view.currency(row),
          view.total(row),
          view.tax(row),
          view.dueLater(row),
          view.basis(row),
          view.totalMax(row),
        ]);
        expect(read).toEqual(prices);
        expect(builder.length).toBe(0);
      }),
    );
  });

  it('carry no bytes for upper bounds where no price is a range', () => {
    const builder = new PriceColumnsBuilder();
    for (let row = 0; row < 3; row++) builder.push('GBP', 100, -1, 0, TaxBasis.INCLUDED);
    const plain = builder.build();
    expect(plain.totalMaxMinor).toHaveLength(0);
    expect(readPrices(plain).totalMax(2)).toBe(-1);
    // A builder that held ranges before starts without any.
    builder.push('GBP', 100, -1, 0, TaxBasis.INCLUDED, 100);
    expect(builder.build().totalMaxMinor).toHaveLength(8);
    builder.push('GBP', 100, -1, 0, TaxBasis.INCLUDED);
    expect(builder.build().totalMaxMinor).toHaveLength(0);
  });

  it('never complete a price: every part must be stated and valid', () => {
    const wrong: Parameters<PriceColumnsBuilder['push']>[] = [
      ['', 1, -1, 0, TaxBasis.INCLUDED],
      ['gbp', 1, -1, 0, TaxBasis.INCLUDED],
      ['GBP', -1, -1, 0, TaxBasis.INCLUDED],
      ['GBP', Number.NaN, -1, 0, TaxBasis.INCLUDED],
      ['GBP', 0.5, -1, 0, TaxBasis.INCLUDED],
      ['GBP', 2 ** 53, -1, 0, TaxBasis.INCLUDED],
      ['GBP', 1, -2, 0, TaxBasis.INCLUDED],
      ['GBP', 1, -1, -1, TaxBasis.INCLUDED],
      ['GBP', 1, -1, 0, TaxBasis.UNSPECIFIED],
      ['GBP', 1, -1, 0, TaxBasis.UNRECOGNIZED],
      ['GBP', 2, -1, 0, TaxBasis.INCLUDED, 1],
      ['GBP', 0, -1, 0, TaxBasis.INCLUDED, -2],
      ['GBP', 1, -1, 0, TaxBasis.INCLUDED, 1.5],
      ['GBP', 1, -1, 0, TaxBasis.INCLUDED, 2 ** 53],
    ];
    const builder = new PriceColumnsBuilder();
    for (const row of wrong) expect(() => builder.push(...row), row.join()).toThrow(EntrepotError);
    expect(builder.length).toBe(0);
  });

  it('are refused when they do not fit together', () => {
    const good = (): PriceColumns => {
      const builder = new PriceColumnsBuilder();
      builder.push('GBP', 100, -1, 0, TaxBasis.INCLUDED);
      return builder.build();
    };
    const broken: Partial<PriceColumns>[] = [
      { currencies: [] },
      { currencies: ['£'] },
      { totalMinor: Buffer.alloc(0) },
      { totalMinor: Buffer.alloc(9) },
      { totalMinor: writeInt64s([-1]) },
      { taxMinor: writeInt64s([1, 2]) },
      { taxMinor: writeInt64s([-2]) },
      { dueLaterMinor: writeInt64s([-1]) },
      { taxBasis: Buffer.alloc(0) },
      { totalMaxMinor: Buffer.alloc(9) },
      { totalMaxMinor: writeInt64s([200, 300]) },
      { totalMaxMinor: writeInt64s([99]) },
      { totalMaxMinor: writeInt64s([-2]) },
      { taxBasis: Buffer.from([0]) },
      { taxBasis: Buffer.from([4]) },
    ];
    expect(readPrices(good()).total(0)).toBe(100);
    for (const part of broken) expect(() => readPrices({ ...good(), ...part })).toThrow(EntrepotError);
  });
});

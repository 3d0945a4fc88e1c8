import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PriceColumns } from '../contracts/gen/entrepot/type/v1/column.ts';
import { TaxBasis } from '../contracts/gen/entrepot/type/v1/money.ts';
import { EntrepotError } from '../errors/index.ts';
import { PriceColumnsBuilder, readPrices, writeInt64s } from './index.ts';

const price = fc.tuple(
  fc.constantFrom('GBP', 'EUR', 'KRW', 'KWD'),
  fc.maxSafeNat(),
  fc.oneof(fc.constant(-1), fc.maxSafeNat()),
  fc.maxSafeNat(),
  fc.constantFrom(TaxBasis.INCLUDED, TaxBasis.EXCLUDED, TaxBasis.PARTLY_INCLUDED),
);

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
        ]);
        expect(read).toEqual(prices);
        expect(builder.length).toBe(0);
      }),
    );
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
      { taxBasis: Buffer.from([0]) },
      { taxBasis: Buffer.from([4]) },
    ];
    expect(readPrices(good()).total(0)).toBe(100);
    for (const part of broken) expect(() => readPrices({ ...good(), ...part })).toThrow(EntrepotError);
  });
});

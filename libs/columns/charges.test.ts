import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChargeColumns, PriceColumns } from '../contracts/gen/entrepot/type/v1/column.ts';
import { ChargeKind, ChargeTerms, TaxBasis } from '../contracts/gen/entrepot/type/v1/money.ts';
import { EntrepotError } from '../errors/index.ts';
import { type Charge, PriceColumnsBuilder, readCharges, readPrices, selectPrices, writeInt64s } from './index.ts';
import { packPrices } from './pack.ts';
import { charge } from './samples.ts';

const vat: Charge = {
  name: 'VAT',
  kind: ChargeKind.TAX,
  terms: ChargeTerms.INCLUDED,
  currency: 'EUR',
  amountMinor: 1_200,
};
const city: Charge = {
  name: 'City tax',
  kind: ChargeKind.CITY_TAX,
  terms: ChargeTerms.ADDED_LATER,
  currency: 'CZK',
  amountMinor: 5_000,
};
const rows = fc.array(fc.array(charge, { maxLength: 4 }), { maxLength: 60 });

function pricesOf(charges: readonly (readonly Charge[])[]): PriceColumns {
  const builder = new PriceColumnsBuilder(2);
  for (const row of charges) builder.push('EUR', 100, -1, 0, TaxBasis.INCLUDED, -1, row);
  return builder.build();
}

describe('charges of prices', () => {
  it('come over the wire as they went, row by row, packed at once or built row by row', () => {
    fc.assert(
      fc.property(rows, (content) => {
        const built = pricesOf(content);
        const price = { currency: 'EUR', totalMinor: 100, taxMinor: -1, dueLaterMinor: 0, basis: TaxBasis.INCLUDED };
        const packed = packPrices(
          content.map((charges) => (charges.length === 0 ? price : { ...price, charges })),
          0,
          content.length,
        );
        expect(packed.charges).toEqual(built.charges);
        const view = readPrices(PriceColumns.decode(PriceColumns.encode(built).finish()));
        expect(content.map((_, row) => view.charges(row))).toEqual(content);
        const all = view.allCharges;
        expect(Array.from({ length: all?.length ?? 0 }, (_, at) => all!.at(at))).toEqual(content.flat());
      }),
    );
  });

  it('follow their rows when rows are selected, in any order and more than once', () => {
    fc.assert(
      fc.property(rows, fc.array(fc.nat()), (content, picks) => {
        const view = readPrices(pricesOf(content));
        const positions = content.length === 0 ? [] : picks.map((pick) => pick % content.length);
        const selected = readPrices(selectPrices(view, positions));
        expect(positions.map((_, row) => selected.charges(row))).toEqual(positions.map((row) => content[row]));
      }),
    );
    expect(() => selectPrices(readPrices(pricesOf([[vat]])), [1])).toThrow(EntrepotError);
  });

  it('take no bytes where no row has any, also behind rows that had some', () => {
    const builder = new PriceColumnsBuilder();
    builder.push('EUR', 100, -1, 0, TaxBasis.INCLUDED, -1, [vat]);
    expect(builder.build().charges).toBeDefined();
    builder.push('EUR', 100, -1, 0, TaxBasis.INCLUDED, -1, []);
    const plain = builder.build();
    expect(plain.charges).toBeUndefined();
    expect(readPrices(plain).charges(0)).toEqual([]);
    expect(readPrices(plain).allCharges).toBeUndefined();
  });

  it('are never completed: without terms, amount or currency a row is not added', () => {
    const wrong: Partial<Charge>[] = [
      { terms: ChargeTerms.UNSPECIFIED },
      { terms: ChargeTerms.UNRECOGNIZED },
      { terms: 6 as ChargeTerms },
      { amountMinor: -1 },
      { amountMinor: 0.5 },
      { amountMinor: Number.NaN },
      { amountMinor: 2 ** 53 },
      { currency: '' },
      { currency: 'eur' },
    ];
    const builder = new PriceColumnsBuilder();
    for (const part of wrong) {
      const push = (): void => builder.push('EUR', 100, -1, 0, TaxBasis.INCLUDED, -1, [city, { ...vat, ...part }]);
      expect(push, JSON.stringify(part)).toThrow(EntrepotError);
    }
    expect(builder.length).toBe(0);
  });

  it('are refused when they do not fit together', () => {
    const prices = pricesOf([[vat], [city, vat]]);
    const good = prices.charges!;
    const broken: Partial<ChargeColumns>[] = [
      { offsets: Buffer.alloc(0) },
      { offsets: Buffer.alloc(11) },
      { offsets: uint32s(0, 1) },
      { offsets: uint32s(1, 1, 3) },
      { offsets: uint32s(0, 1, 2) },
      { offsets: uint32s(0, 4, 3) },
      { names: ['VAT'] },
      { nameCodes: uint32s(0, 1) },
      { currencies: [] },
      { currencies: ['€'] },
      { currencyCodes: Buffer.from([0, 1]) },
      { currencyCodes: Buffer.from([0, 1, 2]) },
      { amountMinor: Buffer.alloc(9) },
      { amountMinor: writeInt64s([1, 2]) },
      { amountMinor: writeInt64s([1, -2, 3]) },
      { kinds: Buffer.alloc(0) },
      { terms: Buffer.from([1, 3]) },
      { terms: Buffer.from([1, 0, 3]) },
      { terms: Buffer.from([1, 9, 3]) },
    ];
    expect(readPrices(prices).charges(1)).toEqual([city, vat]);
    for (const part of broken) {
      const read = (): unknown => readPrices({ ...prices, charges: { ...good, ...part } });
      expect(read, JSON.stringify(part)).toThrow(EntrepotError);
    }
    expect(() => readCharges(good, 3)).toThrow(EntrepotError);
  });
});

function uint32s(...values: number[]): Buffer {
  return Buffer.from(new Uint32Array(values).buffer);
}

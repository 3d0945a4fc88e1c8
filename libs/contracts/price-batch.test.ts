import { expect, it } from 'vitest';
import { readColumns } from '../columns/index.ts';
import { compileExpression, type ExpressionType } from '../expression/index.ts';
import { TaxBasis } from './gen/entrepot/type/v1/money.ts';
import { priceBatch, type RowToPrice } from './price-batch.ts';

const row = (more: Partial<RowToPrice> = {}): RowToPrice => ({
  currency: 'GBP',
  totalMinor: 10_000,
  taxBasis: TaxBasis.INCLUDED,
  ...more,
});

it('makes a batch of rows, with a column for each attribute that any of them has', () => {
  const at = Temporal.Instant.from('2026-11-20T10:00:00Z');
  const { columns, ...batch } = priceBatch(
    'duffel',
    [
      row({ attributes: { stops: 0, cabin: 'ECONOMY', refundable: true, carriers: ['BA', 'AA'], at } }),
      row({ currency: 'EUR', totalMaxMinor: 12_000, attributes: { distance_km: 1.5, stops: undefined } }),
      row({ attributes: { distance_km: 3 } }),
    ],
    { batchId: 7, partnerRates: [{ fromCurrency: 'EUR', toCurrency: 'GBP', rate: '0.8', date: '2026-11-20' }] },
  );
  expect(batch).toMatchObject({ batchId: 7, partner: 'duffel', partnerRates: [{ rate: '0.8' }] });
  expect(batch.prices).toMatchObject({ currencies: ['GBP', 'EUR'], currencyCodes: Buffer.from([0, 1, 0]) });
  const views = readColumns(columns!);
  const values = (name: string): unknown[] => {
    const view = views.get(name)!;
    return [0, 1, 2].map((at) => (view.has(at) ? view.get(at) : undefined));
  };
  expect(Object.fromEntries([...views.keys()].map((name) => [name, [views.get(name)!.type, ...values(name)]]))).toEqual(
    {
      stops: ['int32', 0, undefined, undefined],
      cabin: ['string', 'ECONOMY', undefined, undefined],
      refundable: ['bool', true, undefined, undefined],
      carriers: ['string_list', ['BA', 'AA'], undefined, undefined],
      at: ['int64', at.epochMilliseconds, undefined, undefined],
      distance_km: ['double', undefined, 1.5, 3],
    },
  );
});

it.each([
  ['int', 'x == 2', 2],
  ['double', 'x == 2.0', 2],
  ['double', 'x > 1.5', 1.75],
  ['timestamp', 'x > timestamp("2026-01-01T00:00:00Z")', Temporal.Instant.from('2026-11-20T10:00:00Z')],
] as const)('columns fit what conditions take for %s (%s)', (type, source, value) => {
  const { columns } = priceBatch('duffel', [row({ attributes: { x: value } })]);
  const views = readColumns(columns!);
  const compiled = compileExpression(source, { variables: new Map<string, ExpressionType>([['x', type]]) }, 'bool');
  expect(compiled.bind((name) => views.get(name))(0)).toBe(true);
});

it.each([
  ['a negative total', row({ totalMinor: -1 }), 'prices.totalMinor'],
  ['a fraction of a minor unit', row({ totalMinor: 0.5 }), 'prices.totalMinor'],
  ['no currency', row({ currency: '' }), 'prices.currencies'],
  ['no tax basis', row({ taxBasis: TaxBasis.UNSPECIFIED }), 'prices.taxBasis'],
  ['an upper bound below the total', row({ totalMaxMinor: 1 }), 'prices.totalMaxMinor'],
])('refuses %s', (_, bad, field) => {
  expect(() => priceBatch('duffel', [bad])).toThrow(
    expect.objectContaining({ violations: [expect.objectContaining({ field: expect.stringContaining(field) })] }),
  );
});

it('refuses an attribute whose values are of several types', () => {
  const rows = [row({ attributes: { stops: 1 } }), row({ attributes: { stops: '1' } })];
  expect(() => priceBatch('duffel', rows)).toThrow(/attributes\.stops: has values of several types: int, string/);
});

import { expect, test } from 'vitest';
import { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { vertical } from '../../../libs/vertical/index.ts';
import { readRows } from './quote-rows.ts';

const read = (text: string) => readRows(text, 'rows.ndjson', vertical('flight'));
const row = (changes: object = {}): string =>
  JSON.stringify({ partner: 'duffel', total: '250.00', currency: 'USD', taxBasis: 'INCLUDED', ...changes });

test('reads a row a line, with amounts in minor units and attributes of the vertical', () => {
  const attributes = { stops: 0, cabin: 'ECONOMY', refundable: true, carriers: ['BA'] };
  const found = read(
    `${row({ attributes, tax: '50', dueLater: 1.5 })}\n\n${row({ currency: 'JPY', total: '250', totalMax: '300' })}\n`,
  );
  expect(found).toEqual([
    {
      partner: 'duffel',
      line: 1,
      row: {
        currency: 'USD',
        totalMinor: 25_000,
        taxBasis: TaxBasis.INCLUDED,
        taxMinor: 5_000,
        dueLaterMinor: 150,
        attributes,
      },
    },
    {
      partner: 'duffel',
      line: 3,
      row: { currency: 'JPY', totalMinor: 250, totalMaxMinor: 300, taxBasis: TaxBasis.INCLUDED, attributes: {} },
    },
  ]);
});

test.each([
  ['no JSON', '{', 'rows.ndjson:2: expected one JSON object a line'],
  ['a list', '[]', 'rows.ndjson:2: expected one JSON object a line'],
  ['no partner', row({ partner: '' }), 'rows.ndjson:2: partner: expected a name'],
  ['no total', row({ total: undefined }), 'rows.ndjson:2: total: is missing'],
  ['a total that is none', row({ total: '1,000.00' }), 'rows.ndjson:2: total: '],
  ['more digits than the currency has', row({ total: '1.005' }), 'more digits than USD can have (2)'],
  ['no currency', row({ currency: undefined }), 'no ISO 4217 currency code'],
  ['no tax basis', row({ taxBasis: undefined }), 'rows.ndjson:2: taxBasis: expected INCLUDED'],
  ['an upper bound below the total', row({ totalMax: '1' }), 'rows.ndjson:2: totalMax: is below the total'],
  ['an unknown key', row({ taxes: '1' }), 'unknown key "taxes"'],
  ['an unknown attribute', row({ attributes: { stop: 1 } }), 'attributes.stop: flight has no such attribute'],
  ['an attribute of another type', row({ attributes: { stops: 'none' } }), 'attributes.stops: expected a whole number'],
  ['an enum name that is none', row({ attributes: { cabin: 'BEST' } }), 'attributes.cabin: expected the name'],
])('refuses %s, with its line', (_, text, message) => {
  expect(() => read(`${row()}\n${text}`)).toThrow(message);
});

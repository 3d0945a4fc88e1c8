import { expect, it } from 'vitest';
import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Adapter } from '../adapter.ts';
import { acmeContext, adapterFrom, answered, changed, problemsOf } from '../testing/acme.ts';
import { chargeText } from '../workbench/offer-view.ts';

const ride = (other: object = {}) => ({
  id: 'a',
  name: 'Ride',
  kind: 'A',
  seats: 4,
  price: '10.00',
  currency: 'GBP',
  ...other,
});
const fee = (other: object = {}) => ({ text: 'VAT', sum: '2.00', unit: 'GBP', due: 'INCLUDED', what: 'TAX', ...other });

const each = `      - each: row.fees
        as: fee
        name: fee.text
        kind: fee.what
        amount: fee.sum
        currency: fee.unit
        terms: fee.due
`;
const fixed = (terms: string, more = ''): string =>
  `      - { name: '"Fee"', amount: row.fee, currency: row.currency, terms: ${terms}${more} }\n`;
const charged = (charges: string, more = ''): string =>
  changed(['  item:\n', `${more}    charges:\n${charges}  item:\n`]);

/** What a row's price is, with the charges that change it, then those that only detail it. */
async function priced(manifest: string, row: object) {
  const adapter = (await adapterFrom(manifest)) as Adapter;
  const { rows } = answered(adapter as never, { rides: [row] }, undefined);
  const context = acmeContext();
  const { totalMinor, taxMinor, dueLaterMinor, charges = [] } = adapter.price(rows[0], context);
  const details = adapter.details?.(rows[0], context) ?? [];
  return {
    total: totalMinor,
    tax: taxMinor,
    later: dueLaterMinor,
    charges: charges.map(chargeText),
    details: details.map(chargeText),
  };
}

it('what charges add up to is the tax and what is due later; foreign ones are left to pricing', async () => {
  const fees = [
    fee(),
    fee({ sum: 1 }),
    fee({ text: 'Duty', unit: 'EUR' }),
    fee({ text: 'Toll', due: 'ADDED_NOW', what: 'SURCHARGE' }),
    fee({ text: 'City tax', sum: '4.40', due: 'ADDED_LATER', what: 'CITY_TAX' }),
    fee({ text: 'City tax', sum: '4.40', unit: 'EUR', due: 'ADDED_LATER', what: undefined }),
    fee({ text: 'Seat', due: 'OPTIONAL_LATER', what: 'NONSENSE' }),
  ];
  expect(await priced(charged(each), ride({ fees }))).toEqual({
    total: 1_000,
    tax: 300,
    later: 440,
    charges: [
      'Toll 2.00 GBP SURCHARGE ADDED_NOW',
      'City tax 4.40 GBP CITY_TAX ADDED_LATER',
      'City tax 4.40 EUR ADDED_LATER',
    ],
    details: [
      'VAT 2.00 GBP TAX INCLUDED',
      'VAT 1.00 GBP TAX INCLUDED',
      'Duty 2.00 EUR TAX INCLUDED',
      'Seat 2.00 GBP OPTIONAL_LATER',
    ],
  });
  expect(await priced(charged(each), ride({ fees: [] }))).toMatchObject({ tax: -1, later: 0, charges: [] });
  expect(await priced(charged(each), ride())).toMatchObject({ tax: -1, later: 0, charges: [] });
});

it('a tax that is stated counts, whatever charges detail it', async () => {
  const manifest = charged(each, '    tax: row.tax\n');
  expect(await priced(manifest, ride({ tax: '1.50', fees: [fee()] }))).toMatchObject({ tax: 150 });
});

it('is there where its condition holds, one by one or each of a list', async () => {
  const manifest = charged(fixed('ADDED_NOW', ', where: present(row.fee)'));
  expect((await priced(manifest, ride({ fee: '1.20' }))).charges).toEqual(['Fee 1.20 GBP ADDED_NOW']);
  expect((await priced(manifest, ride())).charges).toEqual([]);
  const list = charged(each.replace('        name:', '        where: fee.sum != "0"\n        name:'));
  expect((await priced(list, ride({ fees: [fee({ sum: '0' }), fee({ text: 'b' })] }))).details).toEqual([
    'b 2.00 GBP TAX INCLUDED',
  ]);
});

it('that only details the price costs nothing until an offer is made', async () => {
  // What is wrong with it is not even found out with the price.
  const adapter = (await adapterFrom(charged(fixed('OPTIONAL_NOW')))) as Adapter;
  const { rows } = answered(adapter as never, { rides: [ride({ fee: 'much' })] }, undefined);
  expect(adapter.price(rows[0], acmeContext())).not.toHaveProperty('charges');
  expect(() => adapter.details?.(rows[0], acmeContext())).toThrow(/charge "Fee" of a: "much" is no amount/);
});

it.each<[string, object, RegExp]>([
  ['terms', { due: undefined }, /charge "VAT" of a: does not say on what terms/],
  ['terms that there are', { due: 'SOMETIMES' }, /does not say on what terms/],
  ['an amount', { sum: undefined }, /no amount/],
  ['a number for an amount', { sum: 'two' }, /"two" is no amount/],
  ['an amount that is not negative', { sum: '-2.00' }, /negative/],
  ['digits that its currency has', { sum: '2.001' }, /more digits/],
  ['a currency', { unit: undefined }, /nothing is no ISO 4217/],
  ['a currency of this world', { unit: 'XQZ' }, /"XQZ" is no ISO 4217/],
])('rejects a row with a charge without %s', async (_, wrong, example) => {
  const adapter = (await adapterFrom(charged(each))) as Adapter;
  const { rows } = answered(adapter as never, { rides: [ride({ fees: [fee(wrong)] })] }, undefined);
  const rejection = { reason: RejectionReason.INVALID_CHARGE, message: expect.stringMatching(example) };
  expect(() => adapter.price(rows[0], acmeContext())).toThrow(expect.objectContaining(rejection));
});

it.each<[string, string, RegExp]>([
  [
    'terms that there are not',
    charged(fixed('SOMETIMES')),
    /"SOMETIMES" is none of INCLUDED, ADDED_NOW, .*OPTIONAL_LATER/,
  ],
  ['a kind that there is not', charged(fixed('INCLUDED', ', kind: VAT')), /"VAT" is none of TAX, CITY_TAX/],
  ['no currency', charged(fixed('INCLUDED').replace('currency: row.currency, ', '')), /currency/],
  ['a name for no element', charged(fixed('INCLUDED', ', as: fee')), /names an element of "each"/],
  ['what is due later twice', charged(fixed('ADDED_LATER'), '    dueLater: row.later\n'), /leave "dueLater" out/],
])('refuses a manifest with %s', async (_, manifest, reason) => {
  expect(await problemsOf(manifest)).toEqual([expect.objectContaining({ reason: expect.stringMatching(reason) })]);
});

import { expect, test } from 'vitest';
import type { Charge } from '../../libs/client/index.ts';
import { chargesText, unitPriceText } from './charges.ts';

const eur = (amount: string) => ({ currencyCode: 'EUR', amount });
const gbp = (amount: string) => ({ currencyCode: 'GBP', amount });
const vat: Charge = {
  name: 'VAT',
  kind: 'CHARGE_KIND_TAX',
  terms: 'CHARGE_TERMS_INCLUDED',
  amount: gbp('12.00'),
  partnerAmount: eur('13.80'),
  inTotal: true,
};
const city: Charge = {
  kind: 'CHARGE_KIND_CITY_TAX',
  terms: 'CHARGE_TERMS_ADDED_LATER',
  amount: gbp('3.74'),
  partnerAmount: eur('4.40'),
  inTotal: true,
};

test('what is inside is told in the shown currency, what is due at the place as it is paid there', () => {
  expect(chargesText({ total: gbp('99.00'), charges: [city, vat] })).toBe(
    'of which VAT 12.00; at the place: city tax 4.40 EUR',
  );
  expect(chargesText({ total: gbp('99.00'), charges: [{ ...city, inTotal: false }] })).toBe(
    'at the place: city tax 4.40 EUR (on top)',
  );
  expect(chargesText({ total: gbp('99.00') })).toBe('');
});

test('what could not be converted is told as the partner states it', () => {
  const { amount: _, ...unconverted } = { ...vat, terms: 'CHARGE_TERMS_OPTIONAL_NOW' } as const;
  expect(chargesText({ total: gbp('99.00'), charges: [unconverted] })).toBe('optional: VAT 13.80 EUR');
});

test("a partner's name does not drive the terminal", () => {
  expect(chargesText({ total: gbp('1.00'), charges: [{ ...vat, name: `\u001b[2J${'x'.repeat(50)}` }] })).toBe(
    `of which ${'x'.repeat(29)}… 12.00`,
  );
});

test('a price for one unit says of which', () => {
  expect(unitPriceText({ unitPrice: { amount: gbp('41.80'), unit: 'night', quantity: 3 } })).toBe('41.80 a night');
  expect(unitPriceText({})).toBe('');
});

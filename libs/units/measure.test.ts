import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decimal } from '../money/index.ts';
import { convertUnit, parseMeasure, unitCodes, unitOf } from './index.ts';

function read(text: string): string | undefined {
  const measure = parseMeasure(text);
  return measure && `${measure.amount} ${measure.unit}${measure.count === 1 ? '' : ` of ${measure.count}`}`;
}

describe('what sellers write', () => {
  it.each([
    ['1 TB', '1 TBy'],
    ['512GB', '512 GBy'],
    ['64 gb', '64 GBy'],
    ['16 GiB', '16 GiBy'],
    ['256 KB', '256 kBy'],
    ['100 Mbit', '100 Mbit'],
    ['13.5 in', '13.5 [in_i]'],
    ['13,5 inch', '13.5 [in_i]'],
    ['13.5"', '13.5 [in_i]'],
    ['27”', '27 [in_i]'],
    ['5\' 11"', '71 [in_i]'],
    ['5 ft 11 in', '71 [in_i]'],
    ['1/2 in', '0.5 [in_i]'],
    ['13 3/4 in', '13.75 [in_i]'],
    ['2½ cm', '2.5 cm'],
    ['½ l', '0.5 L'],
    ['500 ml', '500 mL'],
    ['500 ML', '500 mL'],
    ['0,75 l', '0.75 L'],
    ['1.5 Litres', '1.5 L'],
    ['2 x 1.5 l', '3 L of 2'],
    ['6×330ml', '1980 mL of 6'],
    ['330 ml x 6', '1980 mL of 6'],
    ['12 x 1 kg', '12 kg of 12'],
    ['1 kg', '1 kg'],
    ['2 lbs 3 oz', '35 [oz_av]'],
    ['16 oz.', '16 [oz_av]'],
    ['12 US fl. oz.', '12 [foz_us]'],
    ['12 [foz_us]', '12 [foz_us]'],
    ['1 UK pint', '1 [pt_br]'],
    ['1 500 g', '1500 g'],
    ['1\u00a0500,5 g', '1500.5 g'],
    ['1,234.5 g', '1234.5 g'],
    ['1.234,5 g', '1234.5 g'],
    ['1,234,567 mm', '1234567 mm'],
    ['1.500 kg', '1.5 kg'],
    ['0,500 kg', '0.5 kg'],
    ['250 µg', '250 ug'],
    ['75 m²', '75 m2'],
    ['75 m2', '75 m2'],
    ['40 sq ft', '40 [sft_i]'],
    ['2 cm3', '2 cm3'],
    ['60w', '60 W'],
    ['1.2 kW', '1.2 kW'],
    ['5 MW', '5 MW'],
    ['5 mW', '5 mW'],
    ['150 hp', '150 [HP]'],
    ['1 h 30 min', '90 min'],
    ['24 months', '24 mo'],
    ['2 years', '2 a'],
    ['20000 h', '20000 h'],
  ])('%s is %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    '',
    'large',
    '12',
    'kg',
    'l 5',
    '1,500 g',
    '2 gal',
    '1 pt',
    '8 fl oz',
    '2 tons',
    '64 Gb',
    '8 kb',
    '5 gr',
    '10 x 20 cm',
    '10 x 20 x 30 cm',
    '0 x 5 l',
    '11 in 5 ft',
    '5 ft 13 in',
    '1 l 2 kg',
    '1/3 cup',
    '3/0 in',
    '-5 cm',
    '+5 cm',
    '1e3 g',
    '1..5 g',
    '1.5.5 g',
    '5-6 cm',
    'about 5 cm',
    '5 cm wide',
    '5 constructor',
    `${'9'.repeat(70)} g`,
  ])('%j is no measure, or could be several', (text) => {
    expect(read(text)).toBeUndefined();
  });

  it('reads back every unit by its code, with any amount', () => {
    const amount = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 9n }), fc.integer({ min: 0, max: 6 }));
    fc.assert(
      fc.property(fc.constantFrom(...unitCodes()), amount, (code, [unscaled, scale]) => {
        const written = new Decimal(unscaled, scale);
        const measure = parseMeasure(`${written} ${code}`);
        expect(measure?.unit).toBe(code);
        expect(measure?.amount.compare(written)).toBe(0);
      }),
    );
  });

  it('never takes long, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), fc.constantFrom('1', '½', '2 x ', '1 '), (text, start) => {
        const measure = parseMeasure(start + text);
        if (measure !== undefined) expect(measure.amount.isNegative()).toBe(false);
      }),
    );
  });
});

describe('conversion', () => {
  const inUnit = (amount: string, from: string, to: string): string | undefined =>
    convertUnit(Decimal.parse(amount)!, from, to)?.toString();

  it.each([
    ['13.5', '[in_i]', 'cm', '34.29'],
    ['1', '[mi_i]', 'km', '1.609344'],
    ['1', '[lb_av]', 'kg', '0.45359237'],
    ['16', '[oz_av]', '[lb_av]', '1'],
    ['1', '[gal_us]', 'L', '3.785411784'],
    ['128', '[foz_us]', '[gal_us]', '1'],
    ['160', '[foz_br]', '[gal_br]', '1'],
    ['1', 'TBy', 'GBy', '1000'],
    ['1', 'GiBy', 'By', '1073741824'],
    ['1', 'GBy', 'GiBy', '0.931322574615478515625'],
    ['1', 'a', 'mo', '12'],
    ['1', 'm3', 'L', '1000'],
    ['1', 'cm3', 'mL', '1'],
    ['1', 'har', 'm2', '10000'],
    ['1', '[HP]', 'W', '745.69987158227022'],
    ['100', 'cm', '[in_i]', '39.3700787401575'],
    ['1', 'mo', 'a', '0.0833333333333333'],
    ['0', 'kg', '[lb_av]', '0'],
  ])('%s %s in %s is %s there', (amount, from, to, expected) => {
    expect([amount, from, to, inUnit(amount, from, to)]).toEqual([amount, from, to, expected]);
  });

  it('is refused between dimensions and for unknown units', () => {
    expect(inUnit('1', 'kg', 'L')).toBeUndefined();
    expect(inUnit('1', 'kg', 'KG')).toBeUndefined();
    expect(inUnit('1', 'constructor', 'kg')).toBeUndefined();
  });

  it('there and back is what it was, to 14 digits, and exactly where it has an end', () => {
    const codes = unitCodes();
    fc.assert(
      fc.property(
        fc.constantFrom(...codes),
        fc.constantFrom(...codes),
        fc.bigInt({ min: 1n, max: 10n ** 6n }),
        (from, to, n) => {
          const amount = new Decimal(n, 2);
          const there = convertUnit(amount, from, to);
          expect(there === undefined).toBe(unitOf(from)!.dimension !== unitOf(to)!.dimension);
          if (there === undefined) return;
          const back = convertUnit(there, to, from)!;
          const error = Math.abs(Number(back.minus(amount).toString())) / Number(amount.toString());
          expect(error).toBeLessThan(1e-14);
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Decimal } from './decimal.ts';

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.integer({ min: 0, max: 12 }))
  .map(([unscaled, scale]) => new Decimal(unscaled, scale));

const read = (text: string): Decimal => {
  const value = Decimal.parse(text);
  if (value === undefined) throw new Error(`${text} should be a decimal`);
  return value;
};

test('reads plain decimals and prints them as they were written', () => {
  for (const text of ['0', '-0.5', '627.00', '-3.5', '863900', '0.000001', '123456789012345678901234567890.12']) {
    expect(read(text).toString()).toBe(text);
  }
});

test('refuses exponents, grouping, signs, blanks, half numbers and endless ones', () => {
  const refused = [
    '',
    '-',
    '.',
    '5.',
    '.5',
    '+5',
    '1e3',
    '1,000.00',
    ' 5',
    '5 ',
    'NaN',
    'Infinity',
    '0x10',
    '--5',
    '1.2.3',
    '٣',
  ];
  for (const text of [...refused, '9'.repeat(65)]) expect(Decimal.parse(text), text).toBeUndefined();
});

test('reads back whatever it prints', () => {
  fc.assert(
    fc.property(decimal, (value) => {
      const again = read(value.toString());
      expect([again.unscaled, again.scale]).toEqual([value.unscaled, value.scale]);
    }),
  );
});

test('adds, subtracts and multiplies exactly, as integers of a common scale do', () => {
  const scaled = (value: Decimal, scale: number): bigint => value.unscaled * 10n ** BigInt(scale - value.scale);
  fc.assert(
    fc.property(decimal, decimal, (a, b) => {
      expect(scaled(a.plus(b), 12)).toBe(scaled(a, 12) + scaled(b, 12));
      expect(scaled(a.minus(b), 12)).toBe(scaled(a, 12) - scaled(b, 12));
      expect(scaled(a.times(b), 24)).toBe(scaled(a, 12) * scaled(b, 12));
      expect(a.plus(b).minus(b).compare(a)).toBe(0);
      expect(a.compare(b)).toBe(scaled(a, 12) < scaled(b, 12) ? -1 : scaled(a, 12) > scaled(b, 12) ? 1 : 0);
    }),
  );
});

test('divides to the digits asked for, off by at most half of the last', () => {
  fc.assert(
    fc.property(decimal, decimal, fc.integer({ min: 0, max: 15 }), (a, b, digits) => {
      fc.pre(!b.isZero());
      const error = a.dividedBy(b, digits, 'half_even').times(b).minus(a);
      const half = (b.isNegative() ? b.negate() : b).times(new Decimal(5n, digits + 1));
      expect(error.compare(half)).toBeLessThanOrEqual(0);
      expect(error.compare(half.negate())).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('rounds ties by the mode and everything else to the nearest', () => {
  const at = (text: string, mode: Parameters<Decimal['round']>[1]): string => read(text).round(0, mode).toString();
  const table = [
    // value, half_even, half_up, up, down
    ['0.5', '0', '1', '1', '0'],
    ['1.5', '2', '2', '2', '1'],
    ['2.5', '2', '3', '3', '2'],
    ['2.51', '3', '3', '3', '2'],
    ['2.49', '2', '2', '3', '2'],
    ['-0.5', '0', '-1', '-1', '0'],
    ['-2.5', '-2', '-3', '-3', '-2'],
    ['-1.1', '-1', '-1', '-2', '-1'],
    ['3.0', '3', '3', '3', '3'],
  ] as const;
  for (const [text, halfEven, halfUp, up, down] of table) {
    expect([at(text, 'half_even'), at(text, 'half_up'), at(text, 'up'), at(text, 'down')], text).toEqual([
      halfEven,
      halfUp,
      up,
      down,
    ]);
  }
});

test('gives minor units only where they are exact and safe', () => {
  expect(read('627.00').toMinor(2)).toBe(62700);
  expect(read('627.000').toMinor(2)).toBe(62700);
  expect(read('627').toMinor(3)).toBe(627000);
  expect(read('627.001').toMinor(2)).toBeUndefined();
  expect(read('90071992547409.91').toMinor(2)).toBe(Number.MAX_SAFE_INTEGER);
  expect(read('90071992547409.92').toMinor(2)).toBeUndefined();
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 4 }), (minor, digits) => {
      expect(Decimal.fromMinor(minor, digits).toMinor(digits)).toBe(minor);
    }),
  );
});

test('trims zeros down to the digits that must stay', () => {
  expect(read('627.5000').trim(2).toString()).toBe('627.50');
  expect(read('627').trim(2).toString()).toBe('627.00');
  expect(read('627.12345').trim(2).toString()).toBe('627.12345');
  expect(read('1000').trim(0).toString()).toBe('1000');
});

test('refuses division by zero, unsafe minor units and scales that are none', () => {
  expect(() => read('1').dividedBy(read('0.00'), 2, 'down')).toThrow(RangeError);
  expect(() => Decimal.fromMinor(2 ** 53, 2)).toThrow(RangeError);
  expect(() => Decimal.fromMinor(1.5, 2)).toThrow(RangeError);
  expect(() => new Decimal(1n, -1)).toThrow(RangeError);
});

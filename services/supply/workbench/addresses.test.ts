import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withoutAddresses } from './addresses.ts';

const PLAIN = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;
const ENCODED = /(?<!%[0-9A-Fa-f]?)(?:[\w.+-]|%2[BbDdEe])+%40[\w-]+(?:\.[\w-]+)+/g;

it('finds what an expression for addresses finds', () => {
  const pieces = ['@', '%40', '%2B', '%3D', '%', 'a', '4', 'ann', '.', '-', '+', '_', ' ', 'x.example', 'é', '"'];
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (one) => {
      const expected = one.replace(PLAIN, () => 'P@redacted.example').replace(ENCODED, () => 'P%40redacted.example');
      expect(withoutAddresses(one, () => 'P')).toBe(expected);
    }),
    { numRuns: 3_000 },
  );
});

it('hands over an address the same, encoded or not', () => {
  const found: string[] = [];
  const told = withoutAddresses('q=ann%2Bx%40people.example&ann+x@people.example', (address) => {
    found.push(address);
    return `person-${found.length}`;
  });
  expect(told).toBe('q=person-2%40redacted.example&person-1@redacted.example');
  expect(found).toEqual(['ann+x@people.example', 'ann+x@people.example']);
});

it('takes a text without end that could be one', () => {
  // By the expressions above this takes hours.
  const long = 'x'.repeat(2_000_000);
  expect(withoutAddresses(`${long}@`, () => 'P')).toBe(`${long}@`);
  expect(withoutAddresses(`${long}%40people.example`, () => 'P')).toBe('P%40redacted.example');
});

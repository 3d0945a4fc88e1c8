import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partsOf } from './text-diff.ts';

/** A text with what differs in brackets. */
const marked = (parts: ReturnType<typeof partsOf>['left']): string =>
  parts.map(({ text, met }) => (met ? text : `[${text}]`)).join('');

test.each([
  ['Quartz Palace', 'Quartz Palace Hotel', 'Quartz Palace', 'Quartz Palace [Hotel]'],
  ['Castellan Grand Hotel', 'HOTEL CASTELLAN GRAND', 'Castellan Grand Hotel', 'HOTEL CASTELLAN GRAND'],
  ['Can Rosselló', 'Can Rossello', 'Can Rosselló', 'Can Rossello'],
  ['Hotel & Spa Opal', 'Opal Residence', '[Hotel & Spa] Opal', 'Opal [Residence]'],
  ['+34971123456', '+34971123458', '+3497112345[6]', '+3497112345[8]'],
  ['DCD796N', 'DCD796P2', 'DCD796[N]', 'DCD796[P2]'],
  ['TS172 headphones, 128GB', 'TS-172, 128 GB', 'TS172 [headphones], 128GB', 'TS-172, 128 GB'],
  ['Seaside', 'Seasude', 'Seas[i]de', 'Seas[u]de'],
  ['One one', 'One', 'One [one]', 'One'],
  ['', 'Calle Mayor, 4', '', '[Calle Mayor, 4]'],
])('%j and %j', (left, right, markedLeft, markedRight) => {
  const parts = partsOf(left, right);
  expect([marked(parts.left), marked(parts.right)]).toEqual([markedLeft, markedRight]);
});

test('parts are the text, and what is the same differs nowhere', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', 'É', '7', ' ', '-', '𝒳', '́') });
  fc.assert(
    fc.property(text, text, (left, right) => {
      const parts = partsOf(left, right);
      expect(parts.left.map((part) => part.text).join('')).toBe(left);
      expect(parts.right.map((part) => part.text).join('')).toBe(right);
      expect(partsOf(left, left).left.every(({ met }) => met)).toBe(true);
    }),
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeCore, digitRun, kinship, relateCodes } from './codes.ts';

const similarity = (a: string, b: string): number => relateCodes(a, b).similarity;

describe('two model numbers', () => {
  it.each([
    ['xav5001', 'xav5001100nas'],
    ['p6000', 'coolpixp6000bk'],
    ['97185', 'ver97185'],
    ['890', 'h890'],
  ])('are akin where one is within the other: %s in %s', (short, long) => {
    expect(similarity(short, long)).toBeGreaterThan(0.7);
    expect(similarity(short, long)).toBeLessThan(1);
  });

  it('are akin where their digits are the same', () => {
    expect(similarity('dle5955w', 'dle5955wh')).toBeGreaterThan(0.9);
    expect(similarity('nnsn667bk', 'nnsn667b1')).toBeLessThan(0.5);
    expect(similarity('wfw9200swh', 'wfw9200sq')).toBeGreaterThan(0.5);
  });

  it.each([
    ['mde1000', 'mde4000'],
    ['145', '1450'],
    ['kdl46v4100', 'kdl52v4100'],
  ])('are not where their digits differ, however alike: %s and %s', (a, b) => {
    expect(similarity(a, b)).toBeLessThan(0.5);
  });

  it('relate the same in either order, and fast as well as slow', () => {
    const code = fc.string({ unit: fc.constantFrom(...'ab0123'), minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(code, code, (a, b) => {
        expect(relateCodes(a, b)).toEqual(relateCodes(b, a));
        const slow = similarity(a, b);
        if (slow >= 0.5 || kinship(a, b) >= 0.5) expect(kinship(a, b)).toBeCloseTo(slow, 12);
      }),
      { numRuns: 2000 },
    );
  });
});

it('the core of a code is it without the letters at its end', () => {
  expect(codeCore('dmctz5k')).toBe('dmctz5');
  expect(codeCore('tz5k')).toBeUndefined();
  expect(digitRun('coolpixp6000bk12')).toBe('6000');
  expect(digitRun('tz5')).toBeUndefined();
});

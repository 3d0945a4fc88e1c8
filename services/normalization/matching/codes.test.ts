import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeCore, digitRun, kinship, relateCodes } from './codes.ts';

const similarity = (a: string, b: string): number => relateCodes(a, b).similarity;

describe('two model numbers', () => {
  it.each([
    ['qrl7003', 'qrl7003220eux'],
    ['t7450', 'zenariot7450bk'],
    ['61427', 'quo61427'],
    ['735', 'g735'],
  ])('are akin where one is within the other: %s in %s', (short, long) => {
    expect(similarity(short, long)).toBeGreaterThan(0.7);
    expect(similarity(short, long)).toBeLessThan(1);
  });

  it('are akin where their digits are the same', () => {
    expect(similarity('qaf4417v', 'qaf4417vx')).toBeGreaterThan(0.9);
    expect(similarity('qqtm583wx', 'qqtm583w2')).toBeLessThan(0.5);
    expect(similarity('trn6140kle', 'trn6140kp')).toBeGreaterThan(0.5);
  });

  it.each([
    ['zul2000', 'zul7000'],
    ['163', '1630'],
    ['bax37q6210', 'bax64q6210'],
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
  expect(codeCore('qrlvz8m')).toBe('qrlvz8');
  expect(codeCore('vz8m')).toBeUndefined();
  expect(digitRun('zenariot7450bk12')).toBe('7450');
  expect(digitRun('vz8')).toBeUndefined();
});

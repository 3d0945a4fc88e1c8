import { expect, it } from 'vitest';
import { compileDynamic, type DynamicType } from '../../../libs/expression/index.ts';
import { commonFunctions } from './functions.ts';

const variables = new Map<string, DynamicType>([
  ['row', 'dyn'],
  ['now', 'timestamp'],
]);
const at = (moment: string) => Date.parse(moment);
const value = (source: string, row: unknown = {}, now = at('2027-05-02T15:59:00Z')): unknown => {
  const { reads, evaluate } = compileDynamic(source, { variables, functions: commonFunctions });
  // What an expression does not read, it does not take.
  expect(reads.every((name) => variables.has(name))).toBe(true);
  return evaluate(row, now);
};

it('local_instant is when the clocks of the place show it, whatever stands behind it', () => {
  const wanted = at('2027-05-02T16:00:00Z');
  for (const text of ['2027-05-02T18:00:00Z', '2027-05-02T18:00:00+09:00', '2027-05-02T18:00']) {
    expect(value('local_instant(row.until, "Europe/Madrid")', { until: text }), text).toBe(wanted);
  }
  const before = 'now < local_instant(row.until, "Europe/Madrid")';
  expect(value(before, { until: '2027-05-02T18:00:00Z' })).toBe(true);
  expect(value(before, { until: '2027-05-02T18:00:00Z' }, wanted)).toBe(false);
});

it('local_instant is absent for what is no time, no zone, or not there', () => {
  for (const until of ['soon', '2027-02-30T10:00:00', 5, null, undefined]) {
    expect(value('local_instant(row.until, "Europe/Madrid")', { until }), String(until)).toBeUndefined();
  }
  expect(value('local_instant("2027-05-02T18:00:00", "Europe/Nowhere")')).toBeUndefined();
});

it('steady takes the noise of floats away, and nothing that anyone meant', () => {
  expect(value('steady(row.tax)', { tax: 4.4 * 3 })).toBe(13.2);
  expect(value('steady(row.tax)', { tax: 0.1 + 0.2 })).toBe(0.3);
  for (const tax of [0, 931.4, 9_999_999_999.99, -5.01, 1.005, '13.20']) {
    expect(value('steady(row.tax)', { tax })).toBe(tax);
  }
  expect(value('steady(row.tax)', { tax: null })).toBeUndefined();
});

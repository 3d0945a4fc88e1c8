import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OutcomeStatus } from '../../../../libs/client/index.ts';
import { answeredOf, counted, durationOf, mixOf, saidOf, shareOf } from './mix.ts';

const of = (counts: Readonly<Record<string, number>>) =>
  mixOf(Object.entries(counts).map(([name, count]) => ({ status: `OUTCOME_STATUS_${name}` as OutcomeStatus, count })));

describe('a mix of outcomes', () => {
  test('begins with what is wished for, and has every part once', () => {
    const mix = of({ FAILED: 1, NOT_PERMITTED: 2, OK: 5, TIMED_OUT: 0 });
    expect(mix.map(({ name, count, share }) => [name, count, share])).toEqual([
      ['OK', 5, 0.625],
      ['FAILED', 1, 0.125],
      ['NOT_PERMITTED', 2, 0.25],
    ]);
    expect(mix.map(({ word, tone }) => `${word} ${tone}`)).toEqual(['OK good', 'Failed bad', 'Not permitted plain']);
  });

  test('takes an outcome that this page does not know as its last part', () => {
    expect(of({ HELD_BACK: 1, NOT_PERMITTED: 1 }).map(({ word }) => word)).toEqual(['Not permitted', 'Held back']);
  });

  test('is nothing without any outcome', () => {
    expect(mixOf(undefined)).toEqual([]);
    expect(saidOf([])).toBe('');
  });

  test('counts as asked what the partner itself had a part in, and no other', () => {
    expect(answeredOf(of({ OK: 6, EMPTY: 2, PARTIAL: 1, FAILED: 1, TIMED_OUT: 1, NOT_AWAITED: 1 }))).toEqual({
      asked: 12,
      answered: 9,
    });
    expect(answeredOf(of({ SUSPENDED: 4, BUDGET_SPENT: 1, UNSUPPORTED_CRITERIA: 3, CANCELLED: 1 }))).toEqual({
      asked: 0,
      answered: 0,
    });
  });

  test('is said with the most frequent part first', () => {
    expect(saidOf(of({ OK: 1, FAILED: 11, TIMED_OUT: 4 }))).toBe('69 % failed, 25 % timed out, 6 % OK');
  });
});

test('only all is 100 %, and only nothing 0 %', () => {
  expect([shareOf(0, 10), shareOf(1, 3), shareOf(10, 10)]).toEqual(['0 %', '33 %', '100 %']);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 1e9 }), (part, rest) => {
      expect(['0 %', '100 %']).not.toContain(shareOf(part, part + rest));
    }),
  );
});

test('one is counted as one', () => {
  expect([counted(1, 'search', 'searches'), counted(0, 'search', 'searches'), counted(2, 'alarm')]).toEqual([
    '1 search',
    '0 searches',
    '2 alarms',
  ]);
});

test('a window is told in seconds or minutes', () => {
  expect([1, 89, 90, 900].map(durationOf)).toEqual(['1 second', '89 seconds', '2 minutes', '15 minutes']);
});

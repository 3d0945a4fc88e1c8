import { expect, test } from 'vitest';
import { nextAfter } from './turn.ts';

const listed = ['a', 'b', 'c', 'd'].map((reviewId) => ({ reviewId }));

test.each([
  ['goes down the list', 'b', [], 'c'],
  ['begins anew behind the last', 'd', [], 'a'],
  ['leaves out what was left for later', 'b', ['c', 'd'], 'a'],
  ['begins with the first where none is open', '', [], 'a'],
  ['begins with the first where the open one is not listed', 'z', [], 'a'],
  ['ends where all others were left for later', 'b', ['a', 'c', 'd'], undefined],
])('%s', (_, current, passed, next) => {
  expect(nextAfter(current, listed, new Set(passed))).toBe(next);
});

test('of one alone there is no next', () => {
  expect(nextAfter('a', [{ reviewId: 'a' }], new Set())).toBeUndefined();
});

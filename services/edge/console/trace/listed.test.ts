import { describe, expect, test } from 'vitest';
import { choices, listed, oneOf, orders } from './listed.ts';

const traces = [
  { traceId: 'e', name: 'GET /v1/partners', durationMs: 5 },
  { traceId: 'd', searchId: 's2', durationMs: 90, error: true },
  { traceId: 'c', searchId: 's1', name: 'GET /v1/searches/{searchId}:explain', durationMs: 2 },
  { traceId: 'b', searchId: 's1', name: 'POST /v1/searches', durationMs: 800 },
  { traceId: 'a', name: 'GET /v1/caller', error: true },
];
const ids = (...[only, order]: [keyof typeof choices, keyof typeof orders]): string =>
  listed(traces, only, order)
    .map(({ traceId }) => traceId)
    .join('');

describe('the list', () => {
  test('has of each search its beginning, of all requests each, of errors those', () => {
    expect(ids('searches', 'latest')).toBe('db');
    expect(ids('all', 'latest')).toBe('edcba');
    expect(ids('errors', 'latest')).toBe('da');
  });

  test('has the slowest first where that is asked for', () => {
    expect(ids('all', 'slowest')).toBe('bdeca');
  });

  test('shows searches, latest first, unless the address names another choice that there is', () => {
    expect([oneOf(choices), oneOf(choices, 'errors'), oneOf(choices, 'constructor')]).toEqual([
      'searches',
      'errors',
      'searches',
    ]);
    expect(oneOf(orders, 'slowest')).toBe('slowest');
  });
});

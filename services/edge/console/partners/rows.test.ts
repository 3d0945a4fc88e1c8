import { describe, expect, test } from 'vitest';
import type { OutcomeStatus, Partner } from '../../../../libs/client/index.ts';
import { checksOf, narrowed, type Overview, rowsOf, sorted, sortings } from './rows.ts';

const partner = (name: string, more: Partial<Partner> = {}): Partner => ({
  name,
  enabled: true,
  verticals: ['flight'],
  trafficShare: 1,
  certification: { grade: 'A', passed: 50 },
  ...more,
});
const did = (name: string, outcomes: Readonly<Record<string, number>>, p95Ms?: number) => ({
  partner: name,
  searches: Object.values(outcomes).reduce((sum, count) => sum + count, 0),
  outcomes: Object.entries(outcomes).map(([status, count]) => ({
    status: `OUTCOME_STATUS_${status}` as OutcomeStatus,
    count,
  })),
  p95Ms,
});
const overview = (partners: readonly Partner[], activity: Overview['activity']['partners'] = []): Overview => ({
  partners,
  activity: { partners: activity },
  accuracy: {},
});
/** The only row of a partner. */
const row = (
  more: Partial<Partner>,
  outcomes?: Readonly<Record<string, number>>,
  accuracy: Overview['accuracy'] = {},
) => rowsOf({ ...overview([partner('a', more)], outcomes && [did('a', outcomes)]), accuracy })[0]!;

describe('a partner’s state', () => {
  test.each([
    ['Answering', 'good', {}, { OK: 19, FAILED: 1 }],
    ['Answering', 'good', {}, { OK: 1, EMPTY: 1, SUSPENDED: 9 }],
    ['Degraded', 'warn', {}, { OK: 18, TIMED_OUT: 2 }],
    ['Failing', 'bad', {}, { OK: 4, FAILED: 6 }],
    ['Not asked yet', 'plain', {}, undefined],
    ['Not asked yet', 'plain', {}, { UNSUPPORTED_CRITERIA: 3 }],
    ['Switched off', 'plain', { enabled: false }, { OK: 4 }],
    ['Suspended', 'bad', { suspensions: [{ failure: 'errors' }] }, { OK: 20 }],
    ['Suspended in DE, GB', 'warn', { suspensions: [{ market: 'GB' }, { market: 'DE' }] }, { OK: 20 }],
    ['Feed broken', 'warn', { handedOver: { transport: 'feed', failedAt: '2027-01-01T00:00:00Z' } }, undefined],
    ['Drift alarm', 'warn', { drift: { fields: [{ alarm: true }] } }, { OK: 20 }],
    ['Answering', 'good', { drift: { fields: [{ path: 'new' }] } }, { OK: 20 }],
    ['Budget spent', 'warn', { budget: { perDay: 10 } }, undefined],
    ['Not asked yet', 'plain', { budget: { perSecond: 10, leftOfDay: 1 } }, undefined],
    ['Certificate stale', 'warn', { certification: { grade: 'A', stale: true } }, { OK: 20 }],
  ] as const)('is %s (%s)', (word, rank, more, outcomes) => {
    expect(row(more as Partial<Partner>, outcomes).standing).toMatchObject({ word, rank });
  });

  test('is what is done about its prices, the worse of it', () => {
    const standings = [
      { partner: 'a', market: 'DE', action: 'ACCURACY_ACTION_DEMOTED' },
      { partner: 'a', market: 'GB', action: 'ACCURACY_ACTION_HIDDEN', detail: '40 of 100 as shown' },
      { partner: 'b', market: 'GB', action: 'ACCURACY_ACTION_HIDDEN' },
    ] as const;
    expect(row({}, { OK: 20 }, { standings }).standing).toMatchObject({
      word: 'Hidden in GB',
      because: '40 of 100 as shown',
    });
    expect(row({}, { OK: 20 }, { standings: standings.slice(2) }).standing.word).toBe('Answering');
  });

  test('is what is worst of all there is to say, which is said as well', () => {
    const { standing, standings } = row({ suspensions: [{ failure: 'errors', market: 'GB' }] }, { FAILED: 9, OK: 1 });
    expect(standing.word).toBe('Failing');
    expect(standings.map(({ word }) => word)).toEqual(['Failing', 'Suspended in GB']);
  });

  test('says why', () => {
    expect(row({}, { OK: 4, FAILED: 6, TIMED_OUT: 1 }).standing.because).toBe(
      'Answered 4 of 11 searches; most others: failed.',
    );
    expect(row({ suspensions: [{ failure: 'errors', detail: 'HTTP 504' }] }).standing.because).toBe(
      'Its breaker is open for errors; seen last: HTTP 504',
    );
  });
});

describe('the list', () => {
  const rows = rowsOf(
    overview(
      [
        partner('b', { verticals: ['stay'], budget: { perDay: 100, leftOfDay: 0.2 }, trafficShare: 0.5 }),
        partner('a', { certification: undefined }),
        partner('d', { budget: { perDay: 100 }, trafficShare: undefined }),
        partner('c', { certification: { grade: 'C' } }),
      ],
      [did('a', { OK: 10 }, 300), did('b', { FAILED: 3 }), did('c', { OK: 2, FAILED: 1 }, 90)],
    ),
  );
  const names = (by: string) => sorted(rows, by).map(({ name }) => name);

  test('has first what is worst, and by name what is equal', () => {
    expect(names('')).toEqual(['b', 'c', 'd', 'a']);
    expect(names('no such')).toEqual(names(''));
  });

  test.each([
    ['name', ['a', 'b', 'c', 'd']],
    ['-name', ['d', 'c', 'b', 'a']],
    ['grade', ['b', 'd', 'c', 'a']],
    ['-p95', ['a', 'c', 'b', 'd']],
    ['p95', ['c', 'a', 'b', 'd']],
    ['budget', ['d', 'b', 'a', 'c']],
    ['share', ['d', 'b', 'a', 'c']],
    ['outcomes', ['b', 'c', 'a', 'd']],
  ])('is sorted by %s, what is not known last either way', (by, expected) => {
    expect(names(by)).toEqual(expected);
  });

  test('can be sorted by every column, none of which fails for what is absent', () => {
    for (const { name } of sortings) expect(names(name).toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('is narrowed down by vertical and state', () => {
    const left = (vertical: string, rank: string) => narrowed(rows, { vertical, rank }).map(({ name }) => name);
    expect(left('', '')).toEqual(['b', 'a', 'd', 'c']);
    expect(left('stay', '')).toEqual(['b']);
    expect(left('flight', 'warn')).toEqual(['d', 'c']);
    expect(left('', 'bad')).toEqual(['b']);
  });
});

test('checks of markets and lead times are added up', () => {
  expect(
    checksOf([
      { market: 'GB', checked: 10, accurate: 8, dearer: 2 },
      { market: 'DE', checked: 5, accurate: 5, failed: 1 },
    ]),
  ).toEqual({ checked: 15, accurate: 13, dearer: 2, cheaper: 0, gone: 0, failed: 1 });
});

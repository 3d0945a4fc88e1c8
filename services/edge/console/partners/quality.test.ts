import { expect, test } from 'vitest';
import { qualityOf } from './quality.ts';

test('what is told by market is added up: the most frequent finding first, the emptiest attribute first', () => {
  const quality = qualityOf([
    {
      market: 'GB',
      since: '2027-01-02T00:00:00Z',
      rows: 100,
      rejections: [
        { reason: 'REJECTION_REASON_EXPIRED', count: 1 },
        { reason: 'REJECTION_REASON_MISSING_FIELD', count: 3, example: 'no departure' },
      ],
      repairs: [{ reason: 'REPAIR_REASON_CODE_UNKNOWN', attribute: 'cabin', count: 2 }],
      fills: [
        { attribute: 'cabin', filled: 90, rows: 100, mapped: true },
        { attribute: 'stops', filled: 100, rows: 100, mapped: true },
        { attribute: 'wifi', rows: 100 },
      ],
    },
    {
      market: 'DE',
      since: '2027-01-01T00:00:00Z',
      rows: 100,
      rejections: [{ reason: 'REJECTION_REASON_EXPIRED', count: 9, example: 'yesterday' }],
      fills: [{ attribute: 'cabin', filled: 10, rows: 100, mapped: true }],
    },
  ]);
  expect(quality).toEqual({
    rows: 200,
    since: '2027-01-01T00:00:00Z',
    markets: ['DE', 'GB'],
    rejected: 13,
    rejections: [
      { what: 'Expired', count: 10, example: 'yesterday' },
      { what: 'Missing field', count: 3, example: 'no departure' },
    ],
    repairs: [{ what: 'Code unknown (cabin)', count: 2, example: '' }],
    fills: [
      { attribute: 'cabin', filled: 100, rows: 200 },
      { attribute: 'stops', filled: 100, rows: 100 },
    ],
    unmapped: ['wifi'],
  });
});

test('nothing that was told is no rows, since no time', () => {
  expect(qualityOf([])).toMatchObject({ rows: 0, since: undefined, rejected: 0, fills: [] });
});

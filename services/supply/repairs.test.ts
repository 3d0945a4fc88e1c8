import { describe, expect, it } from 'vitest';
import { RepairReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { countingRepairs, Repairs, repaired } from './repairs.ts';

describe('repairs', () => {
  it('are counted by row, reason and attribute, with the first example', () => {
    const repairs = new Repairs();
    countingRepairs(repairs, () => {
      for (const row of ['2026-01-01T10:00:00Z', '2026-02-01T10:00:00Z']) {
        repairs.nextRow();
        repairs.attribute = 'departure';
        repaired(RepairReason.FALSE_ZONE, row);
        // The same value read twice is one repair.
        repaired(RepairReason.FALSE_ZONE, row);
      }
      repairs.attribute = 'board';
      repaired(RepairReason.CODE_UNKNOWN, 'XX');
    });
    expect(repairs.toCounts()).toEqual([
      { reason: RepairReason.FALSE_ZONE, attribute: 'departure', count: 2, example: '2026-01-01T10:00:00Z' },
      { reason: RepairReason.CODE_UNKNOWN, attribute: 'board', count: 1, example: 'XX' },
    ]);
  });

  it('go nowhere where nobody counts, and back to who counted before', () => {
    const outer = new Repairs();
    outer.nextRow();
    countingRepairs(outer, () => {
      countingRepairs(undefined, () => repaired(RepairReason.CODE_UNKNOWN, 'a'));
      expect(() =>
        countingRepairs(new Repairs(), () => {
          throw new Error('broken row');
        }),
      ).toThrow('broken row');
      repaired(RepairReason.CODE_UNKNOWN, 'b');
    });
    repaired(RepairReason.CODE_UNKNOWN, 'c');
    expect(outer.toCounts()).toMatchObject([{ count: 1, example: 'b' }]);
  });
});

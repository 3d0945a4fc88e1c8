import { describe, expect, it } from 'vitest';
import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Rejection } from '../adapter.ts';
import { derive, minorUnits, orReject } from './reject.ts';

describe('a row that cannot be derived', () => {
  it('is rejected for its own reason, or because it is not of the documented shape', () => {
    const own = new Rejection(RejectionReason.INVALID_TIME, 'no such day');
    const derived = derive('row', 7, () => {
      throw own;
    });
    expect(derived).toBe(own);
    expect(() => orReject(derived)).toThrow(own);
    expect(derive('row', 7, () => (undefined as unknown as { x: { y: number } }).x.y)).toMatchObject({
      reason: RejectionReason.MISSING_FIELD,
      example: 'row 7 is not of the documented shape',
    });
  });
});

describe('an amount', () => {
  it('is in minor units, or rejected with what it was the amount of', () => {
    expect(minorUnits('12.30', 'EUR', 'total', 'x')).toBe(1230);
    expect(() => minorUnits('-1', 'EUR', 'total', 'x')).toThrow(/^total of x: /);
  });
});

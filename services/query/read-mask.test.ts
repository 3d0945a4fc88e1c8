import { describe, expect, test } from 'vitest';
import { Offer } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { FieldViolation } from '../../libs/errors/index.ts';
import { compileReadMask, type ReadMask } from './read-mask.ts';

const segment = (origin: string, carrier: string) => ({ origin, marketingCarrier: carrier, aircraft: '320' });
const offer = Offer.fromPartial({
  offerId: 'o',
  partner: 'a',
  item: {
    vertical: {
      $case: 'flight',
      value: {
        stops: 1,
        slices: [
          { origin: 'LIS', segments: [segment('LIS', 'TP'), segment('MAD', 'IB')] },
          { origin: 'JFK', segments: [segment('JFK', 'BA')] },
        ],
      },
    },
  },
});

function mask(...paths: string[]): ReadMask {
  const violations: FieldViolation[] = [];
  const compiled = compileReadMask(paths, 'flight', violations);
  expect(violations).toEqual([]);
  return compiled;
}

describe('a read mask', () => {
  test('leads through lists: each element keeps what is named of it alone', () => {
    const { apply, itemFields } = mask('item.flight.slices.segments.marketing_carrier', 'item.flight.slices.origin');
    expect(itemFields).toEqual(['slices.segments.marketing_carrier', 'slices.origin']);
    const only = (carrier: string) => ({ marketingCarrier: carrier });
    expect(apply(offer)).toEqual(
      Offer.fromPartial({
        offerId: 'o',
        item: {
          vertical: {
            $case: 'flight',
            value: {
              slices: [
                { origin: 'LIS', segments: [only('TP'), only('IB')] },
                { origin: 'JFK', segments: [only('BA')] },
              ],
            },
          },
        },
      }),
    );
  });

  test('asks supply for a field whole where it is named whole beside a part of it, in either order', () => {
    const whole = 'item.flight.slices';
    const part = 'item.flight.slices.segments.aircraft';
    expect(mask(whole, part).itemFields).toEqual(['slices']);
    expect(mask(part, whole).itemFields).toEqual(['slices']);
    expect(mask(part, 'item').itemFields).toBeUndefined();
    expect(mask('item.stay.rooms').itemFields).toEqual([]);
  });

  test('goes behind no field that has none, and into no time of the well-known kind', () => {
    for (const path of ['item.flight.carriers.name', 'item.flight.slices.wings', 'expiresAt.seconds']) {
      const violations: FieldViolation[] = [];
      compileReadMask([path], 'flight', violations);
      expect(violations).toHaveLength(1);
    }
  });
});

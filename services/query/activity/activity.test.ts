import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CacheUse, OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { bucketOf, latencyBounds, percentileOf } from '../../../libs/latency/index.ts';
import { finalOf, startRig } from '../testing/rig.ts';
import { outcomeOf } from '../testing/rows.ts';
import { Activity } from './activity.ts';

const { OK, EMPTY, TIMED_OUT, NOT_PERMITTED } = OutcomeStatus;
const minute = 60_000;
/** The beginning of a slot. */
const begin = 1_700_000_000_000;

/** Activity on a clock that the test moves. */
function onClock(): { readonly activity: Activity; at: (ms: number) => void } {
  let now = begin;
  return {
    activity: new Activity(() => now),
    at: (ms) => {
      now = begin + ms;
    },
  };
}
const asked = (minutes: number, partner = '') => ({ partner, minutes });
const outcome = (partner: string, status: OutcomeStatus, latencyMs = 0, rows = 0) => ({
  ...outcomeOf(partner, rows, status),
  latencyMs,
});

describe('the activity of partners', () => {
  test('is their outcomes, offers and latencies over the window that is asked for', () => {
    const { activity, at } = onClock();
    activity.note([outcome('a', OK, 90, 3), outcome('b', TIMED_OUT, 3_000)]);
    at(20 * minute);
    activity.note([outcome('b', EMPTY, 700), outcome('a', OK, 120, 2)]);
    const { partners, windowSeconds } = activity.list(asked(60));
    expect(windowSeconds).toBe(1_200);
    expect(partners).toMatchObject([
      { partner: 'a', searches: 2, outcomes: [{ status: OK, count: 2 }], offers: 5, p50Ms: 88, p95Ms: 125 },
      {
        partner: 'b',
        searches: 2,
        outcomes: [
          { status: EMPTY, count: 1 },
          { status: TIMED_OUT, count: 1 },
        ],
        offers: 0,
        p50Ms: 700,
      },
    ]);
    expect(partners[0]!.latencies.filter(({ count }) => count > 0)).toEqual([
      { upperMs: 100, count: 1 },
      { upperMs: 150, count: 1 },
    ]);
    expect(activity.list(asked(0)).partners).toMatchObject([{ searches: 1 }, { searches: 1, p50Ms: 700 }]);
    expect(activity.list(asked(60, 'b')).partners.map(({ partner }) => partner)).toEqual(['b']);
    expect(activity.list(asked(60, 'nobody')).partners).toEqual([]);
  });

  test('is forgotten after an hour, and slots that come round again begin anew', () => {
    const { activity, at } = onClock();
    activity.note([outcome('a', OK, 10)]);
    at(60 * minute - 10_001);
    expect(activity.list(asked(60)).partners).toMatchObject([{ searches: 1 }]);
    at(60 * minute);
    expect(activity.list(asked(60)).partners).toEqual([]);
    activity.note([outcome('a', EMPTY, 10)]);
    expect(activity.list(asked(1)).partners).toMatchObject([{ outcomes: [{ status: EMPTY, count: 1 }] }]);
  });

  test.each([
    [1, 6, 10_000],
    [10, 60, 10_000],
    [15, 15, minute],
    [60, 60, minute],
  ])('over %i minutes has %i slots of equal length', (minutes, count, length) => {
    const { activity, at } = onClock();
    at(60 * minute);
    activity.note([outcome('a', OK, 40), outcome('b', NOT_PERMITTED)]);
    activity.note([outcome('a', TIMED_OUT, 3_000)]);
    const [a, b] = activity.list(asked(minutes)).partners;
    expect(a!.slots).toHaveLength(count);
    const starts = a!.slots.map(({ start }) => start!.epochMilliseconds);
    expect(starts.every((start, index) => index === 0 || start - starts[index - 1]! === length)).toBe(true);
    expect(a!.slots.at(-1)).toMatchObject({
      searches: 2,
      answered: 1,
      p50Ms: 40,
      p95Ms: 40,
      outcomes: [
        { status: OK, count: 1 },
        { status: TIMED_OUT, count: 1 },
      ],
    });
    expect(a!.slots[0]).toMatchObject({ searches: 0, answered: 0, p95Ms: undefined, outcomes: [] });
    expect(b!.slots.at(-1)).toMatchObject({ searches: 1, answered: 0, p50Ms: undefined });
    expect(b!.p50Ms).toBeUndefined();
  });

  test('has no latency of what was held before: that is none of the partner', () => {
    const { activity } = onClock();
    activity.note([{ ...outcome('a', OK, 1, 3), cache: CacheUse.HIT }]);
    expect(activity.list(asked(1)).partners).toMatchObject([{ searches: 1, offers: 3, p50Ms: undefined }]);
  });

  test('goes on counting where the clock is put back', () => {
    const { activity, at } = onClock();
    at(5 * minute);
    activity.note([outcome('a', OK, 10)]);
    at(0);
    activity.note([outcome('a', OK, 10)]);
    expect(activity.list(asked(1))).toMatchObject({ partners: [{ searches: 2 }], windowSeconds: 0 });
  });

  test('is kept of so many partners and no more, whoever is searched for', () => {
    const { activity } = onClock();
    for (let partner = 0; partner < 300; partner++) activity.note([outcome(`p${partner}`, OK)]);
    expect(activity.list(asked(1)).partners).toHaveLength(256);
    expect(activity.list(asked(1, 'p299')).partners).toHaveLength(1);
    expect(activity.list(asked(1, 'p0')).partners).toHaveLength(0);
  });

  test('of a longer window than is kept is refused', () => {
    expect(() => onClock().activity.list(asked(61))).toThrow(expect.objectContaining({ reason: 'INVALID_FIELD' }));
  });
});

test('a percentile lies within the bucket that the exact one lies in', () => {
  const latency = fc.oneof(fc.nat({ max: 200 }), fc.nat({ max: 70_000 }));
  fc.assert(
    fc.property(
      fc.array(latency, { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.5, 0.95, 0.01, 1),
      (all, share) => {
        const counts = latencyBounds.map(() => 0);
        for (const one of all) counts[bucketOf(one)]! += 1;
        const exact = all.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * all.length)) - 1]!;
        const bucket = bucketOf(exact);
        const told = percentileOf(counts, share)!;
        const below = bucket === 0 ? 0 : latencyBounds[bucket - 1]!;
        expect(exact > below || bucket === 0).toBe(true);
        expect(exact).toBeLessThanOrEqual(latencyBounds[bucket]!);
        expect(told).toBeGreaterThanOrEqual(below);
        expect(told).toBeLessThanOrEqual(latencyBounds[bucket]!);
      },
    ),
  );
  expect(
    percentileOf(
      latencyBounds.map(() => 0),
      0.5,
    ),
  ).toBeUndefined();
});

test('what was asked once is counted once, however many searches look at it', async () => {
  const rig = await startRig('minUpdateIntervalMs: 0', [], 'clients: { shop: { completion: partners_done >= 1 } }');
  const as = { client: 'shop' };
  const answers = [finalOf(rig, {}, as), finalOf(rig, { pageSize: 5 }, as)];
  const search = await rig.supply.next();
  search.plan(['a', 'b'], [outcomeOf('c', 0, NOT_PERMITTED)]);
  search.answer('a', [{}, {}], { latencyMs: 80, reusableMs: 60_000 });
  await Promise.all(answers);
  const { partners } = await rig.query.listPartnerActivity(asked(0));
  expect(partners.map(({ partner, searches, offers, outcomes }) => [partner, searches, offers, outcomes])).toEqual([
    ['a', 1, 2, [{ status: OK, count: 1 }]],
    ['b', 1, 0, [{ status: OutcomeStatus.NOT_AWAITED, count: 1 }]],
    ['c', 1, 0, [{ status: NOT_PERMITTED, count: 1 }]],
  ]);
  await rig.close();
});

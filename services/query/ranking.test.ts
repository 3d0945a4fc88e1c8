import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Grouping } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { vertical } from '../../libs/vertical/index.ts';
import { explainOrder } from './order.ts';
import { type Ordering, Orderings } from './ordering.ts';
import { compileFeature, makeRanking, type Ranking, rankingBy } from './ranking.ts';
import { loadRankings } from './ranking-file.ts';
import type { ResultSet } from './result-set.ts';
import { heldSet } from './testing/held-set.ts';
import { finalOf, type Rig, startRig } from './testing/rig.ts';
import type { TestRow } from './testing/rows.ts';
import { compileView, type ViewProblem } from './view.ts';

const flight = vertical('flight');
const shipped = loadRankings(path.join(import.meta.dirname, '../../deploy/config')).get('flight')!;

/** The order of a set under a ranking. */
function ordered(
  set: ResultSet,
  asked: { orderBy?: string; ranking?: string; filter?: string; grouping?: Grouping },
  rankings: ReadonlyMap<string, Ranking> = shipped,
): Ordering {
  const problems: ViewProblem[] = [];
  const request = {
    orderBy: '',
    ranking: '',
    filter: '',
    grouping: Grouping.OFFER,
    pageSize: 0,
    currency: 'GBP',
    facets: [],
    ...asked,
  };
  const view = compileView(flight, rankings, request, '', problems);
  expect(problems).toEqual([]);
  return new Orderings(set, () => 0, 16).now(view, true);
}

const row = fc.record<TestRow>({
  total: fc.integer({ min: 100, max: 400 }),
  stops: fc.constantFrom(0, 1, 2, undefined),
  duration: fc.option(fc.integer({ min: 60, max: 300 }), { nil: undefined }),
});
const rows = fc.array(row, { minLength: 1, maxLength: 12 });

describe('the shipped ranking of flights', () => {
  /** Weighted sums of numbers that are each scaled from 0 (the best) to 1 (the worst); an absent one counts as the worst. */
  function reference(list: readonly TestRow[]): number[] {
    const parts: readonly (readonly [number, readonly (number | undefined)[]])[] = [
      [0.5, list.map(({ total }) => total)],
      [0.35, list.map(({ duration }) => duration)],
      [0.15, list.map(({ stops }) => stops)],
    ];
    return list.map((_, index) => {
      let sum = 0;
      for (const [weight, values] of parts) {
        const known = values.filter((value) => value !== undefined);
        const [least, spread] = [Math.min(...known), Math.max(...known) - Math.min(...known)];
        const value = values[index];
        sum += weight * (value === undefined ? 1 : spread === 0 ? 0 : (value - least) / spread);
      }
      return sum;
    });
  }

  test('weighs each number between the best and the worst of the offers', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const set = heldSet({ a: list });
        const ordering = ordered(set, { orderBy: 'best' });
        const scores = explainOrder(
          set,
          ordering,
          list.map((_, index) => index),
        );
        for (const [index, expected] of reference(list).entries())
          expect(scores[index]?.score).toBeCloseTo(expected, 9);
      }),
    );
  });
});

describe('a ranking', () => {
  const weighed = makeRanking(
    'mixed',
    [
      { name: 'price', value: compileFeature('price / price_median', flight), weight: 2, absent: 1 },
      { name: 'stops', value: compileFeature('stops', flight), weight: 0.5, absent: 3 },
    ],
    flight,
  );

  test('adds up its features; one without a value adds what stands for it', () => {
    const set = heldSet({ a: [{ total: 100, stops: 2 }, { total: 200 }, { total: 600, stops: 0 }] });
    const ordering = ordered(set, { orderBy: 'mixed' }, new Map([['mixed', weighed]]));
    expect([...ordering.heads]).toEqual([0, 1, 2]);
    expect(explainOrder(set, ordering, [0, 1, 2])).toEqual([
      {
        score: 2,
        features: [
          { name: 'price', value: 0.5, weight: 2, contribution: 1 },
          { name: 'stops', value: 2, weight: 0.5, contribution: 1 },
        ],
      },
      {
        score: 3.5,
        features: [
          { name: 'price', value: 1, weight: 2, contribution: 2 },
          { name: 'stops', value: undefined, weight: 0.5, contribution: 1.5 },
        ],
      },
      {
        score: 6,
        features: [
          { name: 'price', value: 3, weight: 2, contribution: 6 },
          { name: 'stops', value: 0, weight: 0.5, contribution: 0 },
        ],
      },
    ]);
  });

  test('reads aggregates over the offers that pass the filter, and makes no others', () => {
    const set = heldSet({
      a: [
        { total: 100, stops: 0, duration: 60 },
        { total: 300, stops: 0, duration: 90 },
        { total: 200, stops: 0 },
      ],
      b: [
        { total: 900, stops: 1, duration: 600 },
        { total: 200, stops: 0, duration: 70 },
      ],
    });
    const scoreBy = (ranking: string): number | undefined => {
      const ordering = ordered(set, { ranking, filter: 'stops == 0' });
      return explainOrder(set, ordering, [0])[0]?.score;
    };
    expect(scoreBy('count')).toBe(4);
    expect(scoreBy('price_min + 10.0 * price_max + 100.0 * price_median')).toBe(1 + 30 + 200);
    expect(scoreBy('duration_minutes_min + duration_minutes_max * 1000.0')).toBe(90_060);
    expect(scoreBy('duration_minutes_median')).toBe(70);
    expect(scoreBy('stops_max')).toBe(0);
    // No offer has it.
    expect(scoreBy('emissions_kg_min')).toBeUndefined();
    expect([...rankingBy('price - price_min', flight).aggregates.keys()]).toEqual(['price_min']);
    const good = vertical('good');
    expect([...rankingBy('delivery_days_min', good).aggregates.keys()]).toEqual([]);
    expect([...rankingBy('(departure - departure_min).getSeconds()', flight).aggregates.keys()]).toEqual([
      'departure_min',
    ]);
  });

  test('explains every order as it orders: by score, those without one last, ties by offer id', () => {
    const orders = [
      { orderBy: 'best' },
      { orderBy: 'best desc' },
      { orderBy: 'price desc' },
      { orderBy: 'duration_minutes' },
      { orderBy: 'duration_minutes desc' },
      { ranking: 'double(stops) * 10.0 + price' },
      { ranking: '1.0 / double(stops)' },
      { ranking: 'partner == "b" ? 0 : duration_minutes' },
    ];
    fc.assert(
      fc.property(rows, rows, fc.constantFrom(...orders), (a, b, asked) => {
        const set = heldSet({ b, a });
        const ordering = ordered(set, asked);
        const all = Array.from(set.liveRows());
        const scores = new Map(explainOrder(set, ordering, all).map(({ score }, index) => [all[index], score]));
        const last = Number.POSITIVE_INFINITY;
        // The live rows come in the order of offer ids, and the sort is a stable one.
        const expected = all.sort((one, other) => {
          const [first, second] = [scores.get(one) ?? last, scores.get(other) ?? last];
          return first < second ? -1 : first > second ? 1 : 0;
        });
        expect(Array.from(ordering.heads)).toEqual(expected);
        for (const { score, features } of explainOrder(set, ordering, all)) {
          const sum = features.reduce((total, { contribution }) => total + contribution, 0);
          if (score !== undefined) expect(sum).toBeCloseTo(score, 9);
        }
      }),
    );
  });
});

describe('a search', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(async () => rig.close());

  async function totals(asked: Parameters<typeof finalOf>[1]): Promise<(string | undefined)[]> {
    const answered = finalOf(rig, asked);
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [
      { total: 100, duration: 300, stops: 1 },
      { total: 200, duration: 200, stops: 0 },
      { total: 300 },
      { total: 400, duration: 100, stops: 1 },
    ]);
    const { page, upserts } = await answered;
    return (page?.offerIds ?? []).map((id) => upserts.find(({ offerId }) => offerId === id)?.price?.total?.amount);
  }

  test('can be ordered by any configured ranking, either way', async () => {
    expect(await totals({ orderBy: 'fastest' })).toEqual(['4.00', '2.00', '1.00', '3.00']);
    expect(await totals({ orderBy: 'fastest desc' })).toEqual(['3.00', '1.00', '2.00', '4.00']);
  });

  test('can be ordered by a ranking of its own, which comes before its order; without a value is last', async () => {
    const ranking = 'price + 2.5 * double(stops)';
    expect(await totals({ ranking, orderBy: 'price desc' })).toEqual(['2.00', '1.00', '4.00', '3.00']);
    expect(await totals({ ranking: '-duration_minutes' })).toEqual(['1.00', '2.00', '4.00', '3.00']);
  });

  test('is refused for a ranking that does not type-check, with the place', async () => {
    for (const [ranking, line, column] of [
      ['price +\n  stopps', '2', '3'],
      ['price - duration_minutes', '1', '7'],
      ['cabin', '1', '1'],
    ] as const) {
      await expect(finalOf(rig, { ranking }), ranking).rejects.toMatchObject({
        reason: 'INVALID_ORDER_BY',
        violations: [{ field: 'ranking', description: expect.stringContaining('price_median') }],
        metadata: { line, column },
      });
    }
    await expect(finalOf(rig, { ranking: `price${' '.repeat(4_000)}` })).rejects.toMatchObject({
      reason: 'INVALID_ORDER_BY',
      violations: [{ field: 'ranking', description: expect.stringContaining('4000') }],
    });
  });
});

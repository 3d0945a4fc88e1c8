import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  Grouping,
  type PageOptions,
  type SearchPage,
  type SearchUpdate,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { type Constraint, compileConjunction, evaluate, verticalScope, weakened } from '../../libs/expression/index.ts';
import { vertical } from '../../libs/vertical/index.ts';
import { AppliedFilters } from './applied.ts';
import type { FakeSearch } from './testing/fake-supply.ts';
import { finalOf, flightSearch, type Rig, reader, startRig } from './testing/rig.ts';
import type { TestRow } from './testing/rows.ts';
import { compileView } from './view.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig('{ minUpdateIntervalMs: 0 }');
});
afterAll(async () => rig.close());

const scope = verticalScope(vertical('flight'), { price: 'double', partner: 'string' });

const options = (changes: Partial<PageOptions>): PageOptions => ({
  pageSize: 0,
  orderBy: '',
  filter: '',
  grouping: Grouping.UNSPECIFIED,
  currency: '',
  ranking: '',
  facets: [],
  ...changes,
});

async function page(searchId: string, changes: Partial<PageOptions>): Promise<SearchPage> {
  const { page: found } = await rig.query.getPage({
    readMask: undefined,
    searchId,
    pageToken: '',
    options: options(changes),
  });
  if (found === undefined) throw new Error('no page');
  return found;
}

/** Totals in minor units, which tell rows of a test apart. */
function totals({ upserts }: SearchUpdate): string[] {
  return upserts.map(({ price }) => price?.total?.amount ?? '').sort();
}

/** A complete search with a filter: what each partner applied, and its rows. */
async function searched(
  filter: string,
  partners: Readonly<Record<string, { applied?: readonly string[]; rows: readonly TestRow[] }>>,
): Promise<{ update: SearchUpdate; search: FakeSearch }> {
  const answered = finalOf(rig, { filter, pageSize: 200, grouping: Grouping.OFFER });
  const search = await rig.supply.next();
  const applied = Object.entries(partners).flatMap(([partner, { applied: constraints = [] }]) =>
    constraints.length === 0 ? [] : [{ partner, constraints: [...constraints] }],
  );
  search.plan(Object.keys(partners), [], applied);
  for (const [partner, { rows }] of Object.entries(partners)) search.answer(partner, rows);
  return { update: await answered, search };
}

describe('a filter', () => {
  test('goes to supply as far as it is conditions on one attribute each', async () => {
    const { search } = await searched(
      'price < 500.0 && stops < 2 && carriers.exists(c, c == "BA") && partner == "a" && (refundable == true)',
      { a: { rows: [] } },
    );
    expect(search.start.filter).toBe('stops <= 1 && refundable');
  });

  test('takes the word of a partner that applied it for rows that do not say', async () => {
    const rows = [{ total: 100 }, { total: 200, stops: 0 }, { total: 300, stops: 2 }];
    const { update } = await searched('stops <= 1', { a: { applied: ['stops <= 1'], rows }, b: { rows } });
    // Of the other partner a row that does not say is none that fulfils it.
    expect(totals(update)).toEqual(['1.00', '2.00', '2.00']);
    expect(update.progress?.offersMatching).toBe(3);
  });

  test('takes no word for what is narrower than what was applied', async () => {
    const rows = [{ total: 100 }, { total: 200, stops: 0 }, { total: 300, stops: 1 }];
    const { update } = await searched('stops == 0', { a: { applied: ['stops <= 0'], rows } });
    expect(totals(update)).toEqual(['2.00']);
  });

  test('leaves what nobody applied to query', async () => {
    const rows = [
      { total: 100, refundable: true },
      { total: 200, refundable: false },
      { total: 300, stops: 0 },
    ];
    const { update } = await searched('stops <= 1 && refundable', { a: { applied: ['stops <= 1'], rows } });
    expect(totals(update)).toEqual(['1.00']);
  });

  test('finds the same whoever applies which part of it', async () => {
    const number = fc.integer({ min: 0, max: 3 });
    const term = fc.oneof(
      fc.tuple(fc.constantFrom('==', '<', '<=', '>', '>='), number).map(([sign, n]) => `stops ${sign} ${n}`),
      fc.constantFrom(
        'refundable',
        '!refundable',
        'cabin == "FIRST"',
        'cabin in ["FIRST", "ECONOMY"]',
        '"BA" in carriers',
      ),
      fc.constantFrom('price < 3.0', 'partner == "a"', 'duration_minutes + 0 > 100', 'stops == 0 || refundable'),
    );
    const row = fc.record({
      stops: number,
      refundable: fc.boolean(),
      cabin: fc.constantFrom('FIRST', 'ECONOMY', 'BUSINESS'),
      carriers: fc.constantFrom(['BA'], ['LH'], ['BA', 'LH'], []),
      duration: fc.integer({ min: 99, max: 102 }),
    });
    const rows = fc.array(row, { maxLength: 8 });
    const filters = fc.array(term, { minLength: 1, maxLength: 3 }).map((terms) => terms.join(' && '));
    await fc.assert(
      fc.asyncProperty(
        filters,
        rows,
        rows,
        fc.infiniteStream(fc.nat({ max: 2 })),
        async (filter, ofA, ofB, choices) => {
          const priced = (list: readonly TestRow[], from: number): TestRow[] =>
            list.map((each, index) => ({ ...each, total: from + index * 20 }));
          const [a, b] = [priced(ofA, 110), priced(ofB, 120)];
          const plain = await searched(filter, { a: { rows: a }, b: { rows: b } });
          const applied = pushed(filter, choices);
          const narrowed = a.filter((each) => applied.every((text) => fulfils(text, each)));
          const pushing = await searched(filter, {
            a: { applied, rows: narrowed },
            b: { rows: b },
          });
          expect(totals(pushing.update)).toEqual(totals(plain.update));
          expect(facetsOf(pushing.update)).toEqual(facetsOf(plain.update));
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Of a filter's constraints some, as they are or weakened to what a partner might be able to apply. */
function pushed(filter: string, choices: Iterable<number>): string[] {
  const stream = choices[Symbol.iterator]();
  return compileConjunction(filter, scope).conjuncts.flatMap(({ constraint }) => {
    const choice = stream.next().value as number;
    if (constraint === undefined || scope.variables.get(constraint.attribute) === undefined || choice === 0) return [];
    if (constraint.attribute === 'price' || constraint.attribute === 'partner') return [];
    return [(choice === 1 ? constraint : weakest(constraint)).text];
  });
}

function weakest(constraint: Constraint): Constraint {
  const type = scope.variables.get(constraint.attribute)!;
  return (
    weakened(constraint, type, 'at_most') ??
    weakened(constraint, type, 'at_least') ??
    weakened(constraint, type, 'any_of') ??
    constraint
  );
}

function fulfils(text: string, { duration, ...row }: TestRow): boolean {
  return evaluate(compileConjunction(text, scope).expression, { ...row, duration_minutes: duration }) === true;
}

function facetsOf({ facets }: SearchUpdate): unknown {
  return facets.map(({ attribute, values, range, absent }) => ({ attribute, values, range, absent }));
}

test('a look that may ask nobody again is refused where it would show what partners left out', () => {
  const kind = vertical('flight');
  const filters = new AppliedFilters(kind);
  filters.add({ partner: 'b', constraints: ['stops <= 1', 'refundable'] });
  filters.add({ partner: 'a', constraints: ['stops <= 1'] });
  const looked = (filter: string): void => {
    const asked = { ...options({ filter }), currency: 'GBP' };
    filters.check(compileView(kind, new Map(), asked, '', []), 'options.filter');
  };
  expect(() => looked('stops == 0 && refundable && price < 5.0')).not.toThrow();
  expect(() => looked('stops == 0')).toThrow(
    expect.objectContaining({
      reason: 'FILTER_NOT_HELD',
      metadata: { constraints: 'refundable', partners: 'b' },
      violations: [{ field: 'options.filter', description: 'must imply what partners applied: refundable' }],
    }),
  );
  expect(() => looked('')).toThrow(
    expect.objectContaining({ metadata: { constraints: 'stops <= 1 && refundable', partners: 'a,b' } }),
  );
});

describe('a page of a search whose filter was applied by partners', () => {
  const rows = [
    { total: 100, stops: 0 },
    { total: 200, stops: 1 },
  ];
  const applied = ['stops <= 1'];

  test('can be ordered anew, and narrowed', async () => {
    const { update } = await searched('stops <= 1', { a: { applied, rows }, b: { rows } });
    const { searchId } = update;
    expect((await page(searchId, { orderBy: 'price desc' })).totalSize).toBe(4);
    expect((await page(searchId, { filter: 'stops == 0' })).totalSize).toBe(2);
    expect((await page(searchId, { filter: 'stops < 1 && price > 0.5' })).totalSize).toBe(2);
    expect(
      (await rig.query.getPage({ readMask: undefined, searchId, pageToken: '', options: undefined })).page?.totalSize,
    ).toBe(4);
  });

  test('is the first of another search where it would show what they left out, and says whose that was', async () => {
    const { update } = await searched('stops <= 1 && refundable', {
      a: { applied, rows },
      b: { applied: ['stops <= 1', 'refundable'], rows },
      c: { rows },
    });
    const { searchId } = update;
    // Of b alone, by its word, a row without a stop is refundable.
    expect(await page(searchId, { filter: 'stops <= 0 && refundable' })).toMatchObject({
      totalSize: 1,
      searchId,
      askedAgain: undefined,
    });
    for (const [filter, constraints, partners] of [
      ['stops <= 1', ['refundable'], ['b']],
      ['true', applied.concat('refundable'), ['a', 'b']],
      ['stops <= 2', applied.concat('refundable'), ['a', 'b']],
      ['stops <= 1 || refundable', applied.concat('refundable'), ['a', 'b']],
    ] as const) {
      const asked = page(searchId, {
        filter,
        orderBy: 'price desc',
        pageSize: 1,
        currency: 'EUR',
        facets: ['partner'],
      });
      const again = await rig.supply.next();
      again.plan(['a']);
      again.answer('a', [...rows, { total: 300, stops: 2 }]);
      const found = await asked;
      expect(found.searchId).not.toBe(searchId);
      expect(found.askedAgain).toEqual({ previousSearchId: searchId, constraints, partners });
      expect(found).toMatchObject({ complete: true, currency: 'EUR', facets: [{ attribute: 'partner' }] });
      expect(found.offers).toHaveLength(1);
      const { criteria, market, locale } = again.start;
      const { start } = rig.supply.searches.at(-2)!;
      expect({ criteria, market, locale }).toEqual({
        criteria: start.criteria,
        market: start.market,
        locale: start.locale,
      });
      // It is held like any other, and its token goes on in it.
      if (found.totalSize === 1) continue;
      const next = await rig.query.getPage({
        readMask: undefined,
        searchId: found.searchId,
        pageToken: found.nextPageToken,
        options: undefined,
      });
      expect(next.page).toMatchObject({ searchId: found.searchId, totalSize: found.totalSize, askedAgain: undefined });
    }
  });

  test('that asks again passes on why there is nothing', async () => {
    const { update } = await searched('stops <= 1', { a: { applied, rows } });
    const asked = page(update.searchId, { filter: 'true' });
    asked.catch(() => undefined);
    (await rig.supply.next()).fail(new Error('killed'));
    await expect(asked).rejects.toMatchObject({ reason: 'SUPPLY_UNAVAILABLE' });
    expect((await page(update.searchId, {})).totalSize).toBe(2);
  });

  test('that asks again stops where its caller goes away', async () => {
    const { update } = await searched('stops <= 1', { a: { applied, rows } });
    const caller = new AbortController();
    const request = {
      searchId: update.searchId,
      pageToken: '',
      options: options({ filter: 'true' }),
      readMask: undefined,
    };
    const asked = rig.query.getPage(request, { signal: caller.signal });
    asked.catch(() => undefined);
    const again = await rig.supply.next();
    caller.abort();
    await again.cancelled;
    await expect(asked).rejects.toThrow();
  });

  test('takes what a partner applies into account from when it says so', async () => {
    const updates = reader(rig.query.search(flightSearch({ filter: 'stops <= 1', pageSize: 5 })));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.send({ message: { $case: 'applied', value: { partner: 'a', constraints: applied } } });
    search.answer('a', [{ total: 100 }]);
    const { searchId } = await updates.until(({ upserts }) => upserts.length > 0);
    const asked = page(searchId, { filter: 'true' });
    const again = await rig.supply.next();
    again.plan([]);
    expect((await asked).askedAgain).toEqual({ previousSearchId: searchId, constraints: applied, partners: ['a'] });
    await updates.leave();
  });

  test('says with an outcome of its own making what was applied', async () => {
    const answered = finalOf(rig, { filter: 'stops <= 1', market: 'US' });
    const search = await rig.supply.next();
    search.plan(['a'], [], [{ partner: 'a', constraints: applied }]);
    search.fail(new Error('gone'));
    const { outcomes } = await answered;
    expect(outcomes[0]).toMatchObject({ partner: 'a', appliedFilters: applied });
  });
});

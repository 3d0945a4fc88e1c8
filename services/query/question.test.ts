import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cabin } from '../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { Delivery, Grouping, Screen } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { questionOf } from './question.ts';
import { loadRankings } from './ranking-file.ts';
import { prepareSearch } from './request.ts';
import { all, flightSearch, type Rig, startRig } from './testing/rig.ts';

const rankings = loadRankings(path.join(import.meta.dirname, '../../deploy/config'));
const day = (days: number): string => Temporal.Now.plainDateISO('UTC').add({ days }).toString();

/** What a result depends on. */
const substance = fc.record({
  client: fc.constantFrom('public', 'shop', 'premium-shop'),
  currency: fc.constantFrom('GBP', 'EUR', 'USD'),
  market: fc.constantFrom('GB', 'DE'),
  locale: fc.constantFrom('en', 'de'),
  experimentKey: fc.constantFrom('', 'shopper-1', 'shopper-2'),
  origin: fc.constantFrom('LHR', 'LGW'),
  destination: fc.constantFrom('JFK', 'BOS'),
  departureDate: fc.constantFrom(day(60), day(61)),
  returnDate: fc.constantFrom('', day(70)),
  adults: fc.constantFrom(1, 2, 3),
  childAges: fc.constantFrom<number[]>([], [5], [5, 9]),
  cabin: fc.constantFrom(Cabin.UNSPECIFIED, Cabin.BUSINESS),
  partners: fc.constantFrom<string[]>([], ['a'], ['a', 'b']),
  pushed: fc.constantFrom('', 'stops == 0', 'stops <= 1'),
});
type Substance = typeof substance extends fc.Arbitrary<infer T> ? T : never;

/** What it does not depend on: how it is looked at, and how it is written down. */
const look = fc.record({
  orderBy: fc.constantFrom('', 'price', 'duration_minutes desc', 'best'),
  pageSize: fc.constantFrom(0, 5, 20),
  grouping: fc.constantFrom(Grouping.PRODUCT, Grouping.OFFER),
  facets: fc.constantFrom<string[]>([], ['stops']),
  readMask: fc.constantFrom<string[] | undefined>(undefined, ['price']),
  own: fc.constantFrom('', 'price < 900.0', 'price < 900.0 || partner == "a"'),
  screen: fc.constantFrom(Screen.TOP, Screen.ALL),
  swapped: fc.boolean(),
  repeated: fc.boolean(),
});
type Look = typeof look extends fc.Arbitrary<infer T> ? T : never;

/** Two searches that differ in few things, or in none. */
const pair = fc
  .tuple(
    substance,
    substance,
    fc.subarray(Object.keys(substanceKeys()) as (keyof Substance)[], { maxLength: 2 }),
    look,
    look,
  )
  .map(([one, other, changed, firstLook, secondLook]) => {
    const second = { ...one, ...Object.fromEntries(changed.map((name) => [name, other[name]])) };
    return { first: one, second, firstLook, secondLook };
  });

function substanceKeys(): Record<keyof Substance, true> {
  return {
    client: true,
    currency: true,
    market: true,
    locale: true,
    experimentKey: true,
    origin: true,
    destination: true,
    departureDate: true,
    returnDate: true,
    adults: true,
    childAges: true,
    cabin: true,
    partners: true,
    pushed: true,
  };
}

function requestOf(of: Substance, at: Look, delivery: Delivery = Delivery.CHANGES): ReturnType<typeof flightSearch> {
  const { currency, market, locale, origin, destination, departureDate, returnDate, adults, childAges, cabin } = of;
  const partners = at.swapped ? [...of.partners].reverse() : of.partners;
  return flightSearch({
    vertical: {
      $case: 'flight',
      value: { origin, destination, departureDate, returnDate, adults, childAges, cabin },
    },
    currency,
    market,
    locale: locale === 'en' && at.swapped ? '' : locale,
    experimentKey: of.experimentKey,
    partners: at.repeated ? [...partners, ...partners] : partners,
    filter: [of.pushed, at.own]
      .filter((one) => one !== '')
      .map((one) => `(${one})`)
      .join(' && '),
    orderBy: at.orderBy,
    pageSize: at.pageSize,
    grouping: at.grouping,
    facets: at.facets,
    readMask: at.readMask,
    screen: delivery === Delivery.FINAL ? Screen.TOP : at.screen,
    delivery,
  });
}

test('two questions are one if and only if everything that a result depends on is equal', () => {
  const keyOf = (of: Substance, at: Look): string =>
    questionOf(prepareSearch(requestOf(of, at), Date.now(), rankings), of.client).key;
  fc.assert(
    fc.property(pair, ({ first, second, firstLook, secondLook }) => {
      const same = JSON.stringify(first) === JSON.stringify(second);
      expect(keyOf(first, firstLook) === keyOf(second, secondLook)).toBe(same);
    }),
    { numRuns: 2_000 },
  );
});

describe('searches that run', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(async () => rig.close());

  /** The whole of a search: its updates, and whether partners were asked for it. */
  async function run(of: Substance, at: Look, delivery: Delivery): Promise<{ currencies: unknown; asked: number }> {
    const before = rig.supply.searches.length;
    const reading = all(rig.query.search(requestOf(of, at, delivery), { client: of.client }));
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    const asked = rig.supply.searches.length - before;
    if (asked > 0) {
      const search = await rig.supply.next();
      search.plan(['a', 'b']);
      const more = { reusableMs: 60_000 };
      search.answer(
        'a',
        [
          { total: 100, stops: 0 },
          { total: 200, stops: 0 },
        ],
        more,
      );
      search.answer('b', [{ total: 150, stops: 0 }], more);
    }
    const currencies = new Set(
      (await reading).flatMap(({ upserts }) => upserts.map(({ price }) => price?.total?.currencyCode)),
    );
    return { currencies, asked };
  }

  test('share a fan-out if and only if it answers both, and never mix what they show', async () => {
    const known = new Set<string>();
    await fc.assert(
      fc.asyncProperty(pair, fc.constantFrom(Delivery.FINAL, Delivery.CHANGES), async (drawn, delivery) => {
        for (const [of, at] of [
          [drawn.first, drawn.firstLook],
          [drawn.second, drawn.secondLook],
        ] as const) {
          const { currencies, asked } = await run(of, at, delivery);
          const name = JSON.stringify(of);
          expect(asked).toBe(known.has(name) ? 0 : 1);
          if (asked > 0) expect(rig.pricing.views.at(-1)?.context?.experimentKey).toBe(of.experimentKey);
          known.add(name);
          expect([...(currencies as Set<string>)]).toEqual([of.currency]);
        }
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Condition } from '../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import { Criteria } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { AskContext } from './adapter.ts';
import { questionText } from './answer-digest.ts';
import { canonicalCriteria, canonicalLocale } from './canonical.ts';

const canonical = (json: unknown, market = 'GB') => canonicalCriteria(Criteria.fromJSON(json), market);

describe('criteria that mean the same', () => {
  it.each([
    [
      'codes in small letters, ages in another order',
      { flight: { origin: 'LHR', destination: 'JFK', departureDate: '2031-05-01', adults: 1, childAges: [3, 9] } },
      { flight: { childAges: [9, 3], adults: 1, departureDate: '2031-05-01', destination: ' jfk', origin: 'lhr' } },
    ],
    [
      'codes of slices',
      { flight: { slices: [{ origin: 'LHR', destination: 'JFK', departureDate: '2031-05-01' }], adults: 1 } },
      { flight: { slices: [{ origin: 'lhr', destination: 'jfk', departureDate: '2031-05-01' }], adults: 1 } },
    ],
    [
      'the default radius written out',
      { stay: { place: 'PMI', checkIn: '2031-05-01', rooms: [{ adults: 2, childAges: [1, 2] }] } },
      { stay: { place: 'pmi', radiusKm: 20, checkIn: '2031-05-01', rooms: [{ adults: 2, childAges: [2, 1] }] } },
    ],
    [
      'spaces, hyphens, conditions in another order, delivery to where the market is',
      { good: { query: 'cordless drill', gtin: '4006381333931', conditions: ['CONDITION_NEW', 'CONDITION_USED'] } },
      {
        good: {
          query: ' cordless  drill ',
          gtin: '400-6381 333931',
          conditions: ['CONDITION_USED', 'CONDITION_NEW'],
          shipTo: { country: 'gb' },
        },
      },
    ],
    [
      'seconds of a time',
      { ride: { pickup: { point: { latitude: 1, longitude: 2 } }, pickupAt: '2031-05-01T18:30', passengers: 1 } },
      { ride: { pickup: { point: { latitude: 1, longitude: 2 } }, pickupAt: '2031-05-01T18:30:00', passengers: 1 } },
    ],
  ])('are one: %s', (_what, one, other) => {
    expect(canonical(other)).toEqual(canonical(one));
    expect(canonicalCriteria(canonical(one), 'GB')).toEqual(canonical(one));
  });

  it('are made once for each object and market', () => {
    const criteria = Criteria.fromJSON({ good: { query: 'drill', shipTo: { country: 'GB' } } });
    expect(canonicalCriteria(criteria, 'GB')).toBe(canonicalCriteria(criteria, 'GB'));
    expect(canonicalCriteria(criteria, 'FR')).not.toEqual(canonicalCriteria(criteria, 'GB'));
  });
});

describe('criteria that partners can tell apart', () => {
  it.each([
    [
      'the order of rooms',
      { stay: { rooms: [{ adults: 1 }, { adults: 2 }] } },
      { stay: { rooms: [{ adults: 2 }, { adults: 1 }] } },
    ],
    ['an age', { flight: { adults: 1, childAges: [1] } }, { flight: { adults: 1, childAges: [2] } }],
    ['a child twice', { flight: { adults: 1, childAges: [2] } }, { flight: { adults: 1, childAges: [2, 2] } }],
    ['no stops and any', { flight: { adults: 1, maxStops: 0 } }, { flight: { adults: 1 } }],
    ['the case of words', { good: { query: 'Apple' } }, { good: { query: 'apple' } }],
    ['delivery elsewhere', { good: { query: 'a', shipTo: { country: 'FR' } } }, { good: { query: 'a' } }],
    ['a postal code', { good: { query: 'a', shipTo: { country: 'GB', postalCode: 'N1' } } }, { good: { query: 'a' } }],
    ['a radius of an area', { stay: { area: { radiusKm: 20 } } }, { stay: { area: { radiusKm: 21 } } }],
    ['another time', { ride: { pickupAt: '2031-05-01T18:30' } }, { ride: { pickupAt: '2031-05-01T18:30:30' } }],
  ])('stay two: %s', (_what, one, other) => {
    expect(canonical(one)).not.toEqual(canonical(other));
  });

  it('keep what is of no vertical, and conditions', () => {
    expect(canonicalCriteria({ vertical: undefined }, 'GB')).toEqual({ vertical: undefined });
    expect(canonical({ good: { conditions: ['CONDITION_NEW'] } }).vertical).toMatchObject({
      value: { conditions: [Condition.NEW] },
    });
  });
});

it('writes a locale as BCP 47 does, and leaves alone what is none', () => {
  expect([
    canonicalLocale('en-gb'),
    canonicalLocale('EN'),
    canonicalLocale('zh-hant-tw'),
    canonicalLocale('?'),
  ]).toEqual(['en-GB', 'en', 'zh-Hant-TW', '?']);
});

/** What a search means, and how it happens to be written. */
const meaning = fc.record({
  market: fc.constantFrom('GB', 'FR'),
  currency: fc.constantFrom('GBP', 'EUR'),
  locale: fc.constantFrom('en-GB', 'fr'),
  origin: fc.constantFrom('LHR', 'LGW'),
  adults: fc.constantFrom(1, 2),
  ages: fc.constantFrom([], [3], [3, 9], [3, 3]),
  filters: fc.constantFrom([], ['stops <= 1'], ['stops <= 1', 'refundable']),
});
const writing = fc.record({ small: fc.boolean(), backwards: fc.boolean() });
type Meaning = typeof meaning extends fc.Arbitrary<infer T> ? T : never;
type Writing = typeof writing extends fc.Arbitrary<infer T> ? T : never;

function written({ origin, adults, ages, filters, ...rest }: Meaning, { small, backwards }: Writing): string {
  const ordered = <T>(list: readonly T[]): T[] => (backwards ? list.toReversed() : [...list]);
  const locale = small ? rest.locale.toLowerCase() : rest.locale;
  const criteria = {
    flight: { origin: small ? origin.toLowerCase() : origin, destination: 'JFK', adults, childAges: ordered(ages) },
  };
  const context = {
    ...rest,
    locale: canonicalLocale(locale),
    criteria: canonical(criteria, rest.market),
    filters: ordered(filters).map((text) => ({ text })),
  };
  return questionText(context as unknown as AskContext);
}

it('questions are the same exactly where they mean the same, however they are written', () => {
  fc.assert(
    fc.property(meaning, meaning, writing, writing, (one, other, first, second) => {
      const same = JSON.stringify(one) === JSON.stringify(other);
      expect(written(one, first) === written(other, second)).toBe(same);
      expect(written(one, first)).toBe(written(one, second));
    }),
    { numRuns: 500 },
  );
});

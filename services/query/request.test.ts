import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FlightCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { Condition, GoodCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import { RideCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/ride.ts';
import { StayCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { SearchRequest } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { loadRankings } from './ranking-file.ts';
import { type PreparedSearch, prepareSearch } from './request.ts';

const now = Date.parse('2026-03-10T12:00:00Z');
type Partial = Parameters<typeof SearchRequest.fromPartial>[0];

const flight = (changes: { [K in keyof FlightCriteria]?: FlightCriteria[K] } = {}): SearchRequest['vertical'] => ({
  $case: 'flight',
  value: {
    origin: 'LHR',
    destination: 'JFK',
    departureDate: '2026-04-10',
    returnDate: '',
    slices: [],
    adults: 1,
    childAges: [],
    cabin: 0,
    maxStops: undefined,
    ...changes,
  },
});
const stay = (changes: Parameters<typeof StayCriteria.fromPartial>[0] = {}): SearchRequest['vertical'] => ({
  $case: 'stay',
  value: StayCriteria.fromPartial({
    where: { $case: 'place', value: 'PMI' },
    checkIn: '2026-04-10',
    checkOut: '2026-04-12',
    rooms: [{ adults: 2 }],
    ...changes,
  }),
});

const good = (changes: Parameters<typeof GoodCriteria.fromPartial>[0]): SearchRequest['vertical'] => ({
  $case: 'good',
  value: GoodCriteria.fromPartial(changes),
});
/** From Westminster to Heathrow. */
const ride = (changes: Parameters<typeof RideCriteria.fromPartial>[0] = {}): SearchRequest['vertical'] => ({
  $case: 'ride',
  value: RideCriteria.fromPartial({
    pickup: { point: { latitude: 51.5, longitude: -0.12 } },
    dropoff: { point: { latitude: 51.47, longitude: -0.45 } },
    passengers: 1,
    ...changes,
  }),
});

const rankings = loadRankings(path.join(import.meta.dirname, '../../deploy/config'));
const prepare = (request: SearchRequest): PreparedSearch => prepareSearch(request, now, rankings);

function refusal(vertical: SearchRequest['vertical'], changes: Partial = {}): EntrepotError {
  try {
    prepare({ ...SearchRequest.fromPartial({ currency: 'GBP', market: 'GB', ...changes }), vertical });
  } catch (error) {
    if (error instanceof EntrepotError) return error;
    throw error;
  }
  throw new Error('the request was accepted');
}
const fields = (vertical: SearchRequest['vertical'], changes: Partial = {}): string[] =>
  refusal(vertical, changes).violations.map(({ field }) => field);

describe('a search request', () => {
  test('that is right is prepared with what it leaves out filled in', () => {
    const prepared = prepare({ ...SearchRequest.fromPartial({ currency: 'GBP', market: 'GB' }), vertical: flight() });
    expect(prepared).toMatchObject({
      locale: 'en',
      final: false,
      view: { pageSize: 20, grouping: 'product', order: { by: 'price', descending: false }, filter: undefined },
      mask: { itemFields: undefined },
    });
    expect(prepared.view.facets.length).toBeGreaterThan(3);
  });

  test('is refused with everything that is wrong at once', () => {
    const error = refusal(flight({ origin: 'XXX', adults: 0 }), {
      currency: 'GBX',
      market: 'Great Britain',
      locale: 'not a locale',
      experimentKey: 'x'.repeat(257),
      pageSize: 500,
      facets: ['stops', 'slices'],
      readMask: ['price.totals'],
      orderBy: 'carriers',
      filter: 'stopps == 0',
    });
    expect(error.reason).toBe('INVALID_FIELD');
    expect(error.violations.map(({ field }) => field).sort()).toEqual(
      [
        'currency',
        'experimentKey',
        'facets[1]',
        'filter',
        'flight.adults',
        'flight.origin',
        'locale',
        'market',
        'orderBy',
        'pageSize',
        'readMask',
      ].sort(),
    );
  });

  test('needs a vertical, a currency and a market', () => {
    expect(fields(undefined, { currency: '', market: '' })).toEqual(['currency', 'market', 'flight']);
  });

  test.each([['ZZ'], ['gb'], ['GBR']])('is refused for the market %s', (market) => {
    expect(fields(flight(), { market })).toEqual(['market']);
  });

  test('is refused for a filter that does not type-check, with the place and the attributes', () => {
    const error = refusal(flight(), { filter: 'stops == 0 &&\n colour == "red"' });
    expect(error.reason).toBe('INVALID_FILTER');
    expect(error.metadata).toMatchObject({ line: '2', column: '2' });
    expect(error.metadata.attributes?.split(',')).toEqual(expect.arrayContaining(['stops', 'price', 'partner']));
    expect(error.violations[0]).toMatchObject({ field: 'filter' });
    expect(error.violations[0]?.description).toMatch(/line 2, column 2.*duration_minutes/);
  });

  test.each(['stops ==', 'stops == "0"', 'stops', 'price'])('is refused for the filter %s', (filter) => {
    expect(refusal(flight(), { filter }).reason).toBe('INVALID_FILTER');
  });

  test('is refused for an order that is none, with those that are', () => {
    for (const orderBy of ['carriers', 'price down', 'price desc desc', 'segment_keys']) {
      const error = refusal(flight(), { orderBy });
      expect(error.reason).toBe('INVALID_ORDER_BY');
      expect(error.metadata.sortable?.split(',')).toEqual(
        expect.arrayContaining(['price', 'best', 'duration_minutes']),
      );
      expect(error.violations[0]?.description).toContain('duration_minutes');
    }
  });

  test('may name fields of its read mask as in JSON', () => {
    const request = SearchRequest.fromPartial({
      currency: 'GBP',
      market: 'GB',
      readMask: ['otherOffers', 'price.dueLater'],
    });
    expect(prepare({ ...request, vertical: flight() }).mask).toMatchObject({
      otherOffers: true,
      itemFields: [],
    });
  });
});

describe('flight criteria', () => {
  test.each<[string, Parameters<typeof flight>[0], string[]]>([
    ['an unknown airport', { origin: 'XXX' }, ['flight.origin']],
    ['a lower-case code', { destination: 'jfk' }, ['flight.destination']],
    [
      'missing places and date',
      { origin: '', destination: '', departureDate: '' },
      ['flight.origin', 'flight.destination', 'flight.departureDate'],
    ],
    ['the same place twice', { destination: 'LHR' }, ['flight.destination']],
    ['an airport of the city it starts in', { origin: 'LON', destination: 'LHR' }, ['flight.destination']],
    ['a date that has passed', { departureDate: '2026-03-09' }, ['flight.departureDate']],
    ['a date that does not exist', { departureDate: '2026-02-30' }, ['flight.departureDate']],
    ['a date that is none', { departureDate: '10/04/2026' }, ['flight.departureDate']],
    ['a return before the departure', { returnDate: '2026-04-09' }, ['flight.returnDate']],
    ['nobody', { adults: 0 }, ['flight.adults']],
    ['ten adults', { adults: 10 }, ['flight.adults']],
    ['more than nine together', { adults: 6, childAges: [3, 4, 5, 6] }, ['flight.childAges']],
    ['more infants than adults', { childAges: [0, 1] }, ['flight.childAges']],
    ['a child of eighteen', { childAges: [18] }, ['flight.childAges[0]']],
    ['a cabin that is none', { cabin: 9 as never }, ['flight.cabin']],
    ['stops below zero', { maxStops: -1 }, ['flight.maxStops']],
  ])('are refused for %s', (_, changes, expected) => {
    expect(fields(flight(changes))).toEqual(expected);
  });

  const slice = (origin: string, destination: string, departureDate: string) => ({
    origin,
    destination,
    departureDate,
  });
  const none = { origin: '', destination: '', departureDate: '' };

  test('may be slices instead', () => {
    const slices = [slice('LHR', 'JFK', '2026-04-10'), slice('BOS', 'LHR', '2026-04-10')];
    const request = {
      ...SearchRequest.fromPartial({ currency: 'GBP', market: 'GB' }),
      vertical: flight({ ...none, slices }),
    };
    expect(prepare(request).criteria.vertical?.$case).toBe('flight');
  });

  test('are refused for slices beside the plain fields, out of order, too many, or wrong themselves', () => {
    const slices = [slice('LHR', 'JFK', '2026-04-10'), slice('JFK', 'LHR', '2026-04-09')];
    expect(fields(flight({ slices }))).toEqual([
      'flight.origin',
      'flight.destination',
      'flight.departureDate',
      'flight.slices[1].departureDate',
    ]);
    const many = Array.from({ length: 7 }, () => slice('LHR', 'JFK', '2026-04-10'));
    expect(fields(flight({ ...none, slices: many }))).toEqual(['flight.slices']);
    expect(fields(flight({ ...none, slices: [slice('LHR', 'Q', '2026-03-01')] }))).toEqual([
      'flight.slices[0].destination',
      'flight.slices[0].departureDate',
    ]);
  });

  test('go by the date at the origin, not by that of the server', () => {
    // At noon UTC on the 10th it is already the 11th in Kiritimati, and everywhere else on the 10th at the latest.
    expect(fields(flight({ origin: 'CXI', departureDate: '2026-03-10' }))).toEqual(['flight.departureDate']);
    const request = {
      ...SearchRequest.fromPartial({ currency: 'GBP', market: 'GB' }),
      vertical: flight({ departureDate: '2026-03-10' }),
    };
    expect(prepare(request).vertical.name).toBe('flight');
  });
});

describe('stay criteria', () => {
  test.each<[string, Parameters<typeof stay>[0], string[]]>([
    ['an unknown place', { where: { $case: 'place', value: 'QQQ' } }, ['stay.place']],
    ['no place', { where: undefined }, ['stay.place']],
    [
      'a position that is none',
      { where: { $case: 'area', value: { center: { latitude: 91, longitude: 0 }, radiusKm: 5 } } },
      ['stay.area.center.latitude'],
    ],
    ['an area without a middle', { where: { $case: 'area', value: { radiusKm: 5 } } }, ['stay.area.center']],
    [
      'an area without a radius',
      { where: { $case: 'area', value: { center: { latitude: 39, longitude: 2 } } } },
      ['stay.area.radiusKm'],
    ],
    ['a radius of zero', { radiusKm: 0 }, ['stay.radiusKm']],
    ['a radius that is too large', { radiusKm: 201 }, ['stay.radiusKm']],
    ['arriving in the past', { checkIn: '2026-03-01', checkOut: '2026-03-02' }, ['stay.checkIn']],
    ['leaving before arriving', { checkOut: '2026-04-09' }, ['stay.checkOut']],
    ['leaving on the day of arrival', { checkOut: '2026-04-10' }, ['stay.checkOut']],
    ['more than thirty nights', { checkOut: '2026-05-11' }, ['stay.checkOut']],
    ['no rooms', { rooms: [] }, ['stay.rooms']],
    ['nine rooms', { rooms: Array.from({ length: 9 }, () => ({ adults: 1 })) }, ['stay.rooms']],
    ['a room without adults', { rooms: [{ adults: 2 }, { adults: 0, childAges: [4] }] }, ['stay.rooms[1].adults']],
    ['a child that is none', { rooms: [{ adults: 2, childAges: [4, 18] }] }, ['stay.rooms[0].childAges[1]']],
  ])('are refused for %s', (_, changes, expected) => {
    expect(fields(stay(changes))).toEqual(expected);
  });

  test('are accepted for thirty nights and for a circle', () => {
    const where = { $case: 'area' as const, value: { center: { latitude: 39.6, longitude: 2.65 }, radiusKm: 200 } };
    const request = SearchRequest.fromPartial({ currency: 'EUR', market: 'ES' });
    const vertical = stay({ where, checkOut: '2026-05-10' });
    expect(prepare({ ...request, vertical }).vertical.name).toBe('stay');
  });
});

describe('good criteria', () => {
  test.each<[string, Parameters<typeof good>[0], string[]]>([
    ['nothing to look for', {}, ['good.query']],
    ['spaces', { query: '  ' }, ['good.query']],
    ['a brand alone', { brand: 'DeWalt' }, ['good.query']],
    ['a part number without a brand', { mpn: 'DCD796N' }, ['good.brand']],
    ['a GTIN with a wrong check digit', { gtin: '4006381333930' }, ['good.gtin']],
    ['a novel', { query: 'x'.repeat(201) }, ['good.query']],
    ['no country', { query: 'drill', shipTo: { postalCode: 'N1' } }, ['good.shipTo.country']],
    ['a country that is none', { query: 'drill', shipTo: { country: 'ZZ' } }, ['good.shipTo.country']],
    [
      'a condition that is none',
      { query: 'drill', conditions: [Condition.NEW, 0, 99 as 1] },
      ['good.conditions[1]', 'good.conditions[2]'],
    ],
    ['a condition twice', { query: 'drill', conditions: [Condition.NEW, Condition.NEW] }, ['good.conditions[1]']],
    ['no results', { query: 'drill', maxResults: 0 }, ['good.maxResults']],
  ])('are refused for %s', (_, changes, expected) => {
    expect(fields(good(changes))).toEqual(expected);
  });

  test.each<[string, Parameters<typeof good>[0]]>([
    ['words', { query: 'dewalt drill', shipTo: { country: 'GB', postalCode: 'N1 9GU' }, maxResults: 1_000 }],
    ['a GTIN', { gtin: '036000291452' }],
    ['brand and part number', { brand: 'DeWalt', mpn: 'DCD796N', conditions: [Condition.USED] }],
  ])('are accepted for %s', (_, changes) => {
    const request = SearchRequest.fromPartial({ currency: 'GBP', market: 'GB' });
    expect(prepare({ ...request, vertical: good(changes) }).vertical.name).toBe('good');
  });
});

describe('ride criteria', () => {
  const far = { point: { latitude: 41.4, longitude: 2.17 } };
  test.each<[string, Parameters<typeof ride>[0], string[]]>([
    ['no pickup', { pickup: undefined }, ['ride.pickup.point']],
    ['an address alone', { dropoff: { address: 'Heathrow' } }, ['ride.dropoff.point']],
    [
      'no place on the globe',
      { pickup: { point: { latitude: -91, longitude: 181 } } },
      ['ride.pickup.point.latitude', 'ride.pickup.point.longitude'],
    ],
    ['no number', { pickup: { point: { latitude: Number.NaN, longitude: 0 } } }, ['ride.pickup.point.latitude']],
    ['going nowhere', { dropoff: { point: { latitude: 51.5, longitude: -0.12 } } }, ['ride.dropoff.point']],
    ['going too far', { dropoff: far }, ['ride.dropoff.point']],
    ['a time with an offset', { pickupAt: '2026-04-10T12:00:00Z' }, ['ride.pickupAt']],
    ['a date alone', { pickupAt: '2026-04-10' }, ['ride.pickupAt']],
    ['a time that the clock skips', { pickupAt: '2026-03-29T01:30' }, ['ride.pickupAt']],
    ['the past', { pickupAt: '2026-03-10T11:59' }, ['ride.pickupAt']],
    ['the far future', { pickupAt: '2027-03-11T12:00' }, ['ride.pickupAt']],
    ['nobody', { passengers: 0 }, ['ride.passengers']],
    ['a crowd with a wagon', { passengers: 17, luggage: 33 }, ['ride.passengers', 'ride.luggage']],
  ])('are refused for %s', (_, changes, expected) => {
    expect(fields(ride(changes))).toEqual(expected);
  });

  test.each<[string, Parameters<typeof ride>[0]]>([
    ['as soon as possible', {}],
    [
      'the clock of the pickup place',
      {
        pickup: { point: { latitude: 40.64, longitude: -73.78 } },
        dropoff: { point: { latitude: 40.75, longitude: -73.99 } },
        pickupAt: '2026-03-10T09:00',
      },
    ],
    ['sixteen with their luggage', { passengers: 16, luggage: 32, pickupAt: '2026-04-10T12:00:30' }],
  ])('are accepted for %s', (_, changes) => {
    const request = SearchRequest.fromPartial({ currency: 'GBP', market: 'GB' });
    expect(prepare({ ...request, vertical: ride(changes) }).vertical.name).toBe('ride');
  });
});

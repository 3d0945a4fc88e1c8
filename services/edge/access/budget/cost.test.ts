import { expect, test, vi } from 'vitest';
import { everyPermission, type Identity } from '../../../../libs/clients/index.ts';
import { SearchRequest } from '../../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { ListPartnersResponse } from '../../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { requireMethod } from '../../api/method.ts';
import { pointsOf } from './cost.ts';
import { SupplyPartners } from './partner-counts.ts';

const search = requireMethod('entrepot.query.v1.QueryService/Search');
const verify = requireMethod('entrepot.query.v1.QueryService/Verify');
const getCaller = requireMethod('entrepot.edge.v1.EdgeService/GetCaller');

const identity = (partners?: readonly string[]): Identity => ({
  client: 'shop',
  permissions: everyPermission,
  markets: undefined,
  partners: partners === undefined ? undefined : new Set(partners),
  views: undefined,
  budget: undefined,
  streams: undefined,
  origins: [],
  development: false,
});

const four = { count: () => 4 };
const points = (request: object, who = identity()): number | Promise<number> =>
  pointsOf(search, SearchRequest.fromJSON(request), who, four);

const flight = { origin: 'LHR', destination: 'JFK', departureDate: '2027-01-22', adults: 1 };

test('a search costs a point for each partner that it asks', () => {
  expect(points({ flight })).toBe(4);
  expect(points({ flight, partners: ['duffel', 'travelport', 'duffel'] })).toBe(2);
  expect(pointsOf(search, SearchRequest.fromJSON({ flight }), identity(), { count: () => 0 })).toBe(1);
  expect(points({})).toBe(1);
});

test('broad criteria cost a quarter more for each further element of any list in them, in any vertical', () => {
  const room = (...childAges: number[]) => ({ adults: 2, childAges });
  expect(points({ stay: { place: 'LON', rooms: [room()] } })).toBe(4);
  expect(points({ stay: { place: 'LON', rooms: [room(), room()] } })).toBe(5);
  expect(points({ stay: { place: 'LON', rooms: [room(1, 2, 3), room(), room()] } })).toBe(8);
  expect(points({ flight: { ...flight, slices: [flight, flight, flight] }, partners: ['a'] })).toBe(2);
  expect(points({ good: { query: 'kettle', conditions: ['CONDITION_NEW', 'CONDITION_USED'] } })).toBe(5);
});

test('other methods cost what their contract says', () => {
  expect(pointsOf(verify, {}, identity(), four)).toBe(5);
  expect(pointsOf(getCaller, {}, identity(), four)).toBe(0);
});

const partners = ListPartnersResponse.fromPartial({
  partners: [
    { name: 'a', verticals: ['flight', 'stay'], enabled: true },
    { name: 'b', verticals: ['flight'], markets: ['GB'], enabled: true },
    { name: 'c', verticals: ['flight'], markets: ['DE'], enabled: true },
    { name: 'd', verticals: ['flight'], enabled: false },
  ],
});

test('partners are those that sell the vertical in the market and that the client may see, asked for once a minute', async () => {
  let now = 0;
  const listPartners = vi.fn(async () => partners);
  const counts = new SupplyPartners({ listPartners }, () => now);
  const count = (vertical: string, market: string, among?: ReadonlySet<string>): number | Promise<number> =>
    counts.count({ vertical, market }, among);
  expect(await Promise.all([count('flight', 'GB'), count('stay', 'GB')])).toEqual([2, 1]);
  expect(count('flight', 'DE')).toBe(2);
  expect(count('flight', 'FR')).toBe(1);
  expect(count('flight', 'GB', new Set(['b', 'c']))).toBe(1);
  expect(listPartners).toHaveBeenCalledTimes(1);
  now += 60_000;
  expect(count('flight', 'GB')).toBe(2);
  expect(listPartners).toHaveBeenCalledTimes(2);
});

test('where supply cannot be asked a search has a price all the same', async () => {
  const away = new SupplyPartners({
    listPartners: async () => {
      throw new Error('It is away.');
    },
  });
  expect(await away.count({ vertical: 'flight', market: 'GB' }, undefined)).toBe(10);
  expect(away.count({ vertical: 'flight', market: 'GB' }, new Set(['a']))).toBe(1);
  expect(await new SupplyPartners(undefined).count({ vertical: 'flight', market: 'GB' }, undefined)).toBe(10);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  daysAhead,
  flightSearch,
  flightSellers,
  type ProblemJson,
  type Rig,
  startRig,
  staySearch,
} from '../../support/fused-rig.ts';

let rig: Rig;
let held = '';
beforeAll(async () => {
  rig = await startRig();
  held = (await rig.search(flightSearch())).searchId;
});
afterAll(() => rig?.close());

const unknownSearch = 'A'.repeat(16);

/** What is sent; the status and reason expected; the field that a violation names; what its words contain. */
type Case = readonly [
  name: string,
  send: () => unknown,
  status: number,
  reason: string,
  field?: string,
  words?: RegExp,
];

const searches: readonly Case[] = [
  ['an unknown airport', () => flightSearch({}, { origin: 'QQQ' }), 400, 'INVALID_FIELD', 'flight.origin', /QQQ/],
  [
    'a date that is past',
    () => flightSearch({}, { departureDate: daysAhead(-2) }),
    400,
    'INVALID_FIELD',
    'flight.departureDate',
  ],
  [
    'a date that is none',
    () => flightSearch({}, { departureDate: '2027-02-30' }),
    400,
    'INVALID_FIELD',
    'flight.departureDate',
  ],
  [
    'a return before the departure',
    () => flightSearch({}, { returnDate: daysAhead(59) }),
    400,
    'INVALID_FIELD',
    'flight.returnDate',
  ],
  [
    'a check-out before the check-in',
    () => staySearch({}, { checkOut: daysAhead(59) }),
    400,
    'INVALID_FIELD',
    'stay.checkOut',
  ],
  ['zero adults', () => flightSearch({}, { adults: 0 }), 400, 'INVALID_FIELD', 'flight.adults'],
  [
    'a room without adults',
    () => staySearch({}, { rooms: [{ adults: 0 }] }),
    400,
    'INVALID_FIELD',
    'stay.rooms[0].adults',
  ],
  ['an unknown currency', () => flightSearch({ currency: 'QQQ' }), 400, 'INVALID_FIELD', 'currency'],
  [
    'a filter of the wrong type',
    () => flightSearch({ filter: 'stops == 0 &&\n  cabin > 3' }),
    400,
    'INVALID_FILTER',
    'filter',
    /line 2.*column \d/,
  ],
  [
    'a filter that does not parse',
    () => flightSearch({ filter: 'stops == ' }),
    400,
    'INVALID_FILTER',
    'filter',
    /line 1.*column \d+/,
  ],
  [
    'a filter on what is no attribute',
    () => flightSearch({ filter: 'legroom > 3' }),
    400,
    'INVALID_FILTER',
    'filter',
    /legroom.*stops/s,
  ],
  [
    'an order by what is no attribute',
    () => flightSearch({ orderBy: 'legroom' }),
    400,
    'INVALID_ORDER_BY',
    'orderBy',
    /duration_minutes/,
  ],
  ['a field that does not exist', () => flightSearch({}, { passengers: 1 }), 400, 'UNKNOWN_FIELD', 'flight.passengers'],
  ['a page that is too large', () => flightSearch({ pageSize: 1_000_000 }), 400, 'INVALID_FIELD', 'pageSize'],
  ['no vertical', () => ({ currency: 'GBP', market: 'GB' }), 400, 'INVALID_FIELD'],
  ['a list', () => [], 400, 'MALFORMED_BODY'],
];

test.each(searches.map(([name, ...rest]) => ({ name, rest })))(
  '$name is refused with what is wrong and where',
  async ({ rest: [send, status, reason, field, words] }) => {
    const { status: answered, headers, body } = await rig.call<ProblemJson>('POST', '/v1/searches', send());
    expect([answered, body.reason]).toEqual([status, reason]);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body.status).toBe(status);
    if (field === undefined) return;
    const violation = body.violations?.find((one) => one.field === field);
    expect(violation, JSON.stringify(body)).toBeDefined();
    if (words !== undefined) expect(violation?.description).toMatch(words);
  },
);

test('a currency to which no rate leads is refused by that reason', async () => {
  const { status, body } = await rig.call<ProblemJson>('POST', '/v1/searches', flightSearch({ currency: 'KPW' }));
  expect([status, body.reason]).toEqual([400, 'UNKNOWN_CURRENCY']);
});

test('several mistakes are told at once', async () => {
  const { body } = await rig.call<ProblemJson>('POST', '/v1/searches', flightSearch({}, { origin: 'QQQ', adults: 0 }));
  expect(body.violations?.map(({ field }) => field).sort()).toEqual(['flight.adults', 'flight.origin']);
});

const others: readonly (readonly [
  name: string,
  method: 'GET' | 'POST',
  path: () => string,
  status: number,
  reason: string,
])[] = [
  ['a page token that is garbage', 'GET', () => `/v1/searches/${held}?pageToken=garbage`, 400, 'INVALID_TOKEN'],
  ['a cursor that is garbage', 'GET', () => `/v1/searches/${held}/updates?cursor=garbage`, 400, 'INVALID_TOKEN'],
  [
    'another look with a filter that is wrong',
    'GET',
    () => `/v1/searches/${held}?filter=legroom`,
    400,
    'INVALID_FILTER',
  ],
  [
    'another look in an order that is wrong',
    'GET',
    () => `/v1/searches/${held}?orderBy=legroom`,
    400,
    'INVALID_ORDER_BY',
  ],
  ['a parameter that does not exist', 'GET', () => `/v1/searches/${held}?page=2`, 400, 'INVALID_FIELD'],
  ['a search that is not held', 'GET', () => `/v1/searches/${unknownSearch}`, 404, 'SEARCH_NOT_FOUND'],
  [
    'updates of a search that is not held',
    'GET',
    () => `/v1/searches/${unknownSearch}/updates`,
    404,
    'SEARCH_NOT_FOUND',
  ],
  ['an offer id that is none', 'GET', () => '/v1/offers/nonsense', 404, 'OFFER_NOT_FOUND'],
  ['an offer of a search that is not held', 'GET', () => `/v1/offers/${unknownSearch}-00-0000`, 404, 'OFFER_NOT_FOUND'],
  ['an offer that its search does not have', 'GET', () => `/v1/offers/${held}-00-zzzz`, 404, 'OFFER_NOT_FOUND'],
  ['explaining no offer', 'GET', () => '/v1/offers/nonsense:explain', 404, 'OFFER_NOT_FOUND'],
  ['verifying no offer', 'POST', () => '/v1/offers/nonsense:verify', 404, 'OFFER_NOT_FOUND'],
  ['handing off no offer', 'POST', () => '/v1/offers/nonsense:handoff', 404, 'OFFER_NOT_FOUND'],
  ['a verb that does not exist', 'POST', () => '/v1/offers/nonsense:book', 404, 'ROUTE_NOT_FOUND'],
];

test.each(others)('%s is a typed refusal', async (_name, method, path, status, reason) => {
  const { status: answered, body } = await rig.call<ProblemJson>(method, path());
  expect([answered, body.reason]).toEqual([status, reason]);
});

test('a search that is refused asks no partner', async () => {
  for (const seller of flightSellers) await rig.scenario(seller, {});
  for (const [, send] of searches) await rig.call('POST', '/v1/searches', send());
  for (const seller of flightSellers) expect((await rig.asked(seller)).requests).toBe(0);
});

// The same mistake by every protocol: refused for the same reason, with the same fields, and never as our own failure.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReasonName } from '../../../libs/errors/index.ts';
import { statusOf } from '../../../services/edge/rest/problem.ts';
import { type Asked, closeProtocols, type ProtocolName, protocols } from '../../support/every-protocol.ts';
import { daysAhead, flightSearch, type Rig, startRig, staySearch } from '../../support/fused-rig.ts';

let rig: Rig;
let held = '';
let other = { searchId: '', cursor: '', pageToken: '' };
beforeAll(async () => {
  rig = await startRig({ grpcAddress: '127.0.0.1:0' });
  held = (await rig.search(flightSearch())).searchId;
  const { searchId, cursor, nextPageToken = '' } = await rig.search(staySearch({ pageSize: 2 }));
  other = { searchId, cursor, pageToken: nextPageToken };
});
afterAll(async () => {
  await closeProtocols();
  await rig?.close();
});

/** Protocols in which it cannot be said, and why. */
type Inexpressible = Partial<Readonly<Record<ProtocolName, string>>>;

/** What is sent; the reason and the fields expected; where it cannot be sent. */
type Mistake = readonly [
  name: string,
  send: () => Asked,
  reason: ReasonName,
  fields: readonly string[],
  inexpressible?: Inexpressible,
];

const search = (request: Asked['request']): Asked => ({ method: 'Search', request });
const flight = (changes: object, criteria: object = {}): Asked => search(flightSearch({ ...changes }, { ...criteria }));
const page = (request: Asked['request']): Asked => ({ method: 'GetPage', request: { searchId: held, ...request } });
const watch = (request: Asked['request']): Asked => ({
  method: 'WatchSearch',
  request: { searchId: held, ...request },
});

const unknownSearch = 'A'.repeat(16);
const noStream: Inexpressible = { SSE: 'is no stream', NDJSON: 'is no stream' };
const generated = 'messages of generated code have no such field';
const untyped: Inexpressible = {
  GraphQL: 'does not fit the schema: INVALID_DOCUMENT',
  'Connect JSON': generated,
  'Connect binary': generated,
  'gRPC-Web': generated,
  gRPC: generated,
};

const mistakes: readonly Mistake[] = [
  ['an unknown airport', () => flight({}, { origin: 'QQQ' }), 'INVALID_FIELD', ['flight.origin']],
  [
    'a date that is past',
    () => flight({}, { departureDate: daysAhead(-2) }),
    'INVALID_FIELD',
    ['flight.departureDate'],
  ],
  ['a date that is none', () => flight({}, { departureDate: '2027-02-30' }), 'INVALID_FIELD', ['flight.departureDate']],
  ['zero adults', () => flight({}, { adults: 0 }), 'INVALID_FIELD', ['flight.adults']],
  [
    'a check-out before the check-in',
    () => search(staySearch({}, { checkOut: daysAhead(59) })),
    'INVALID_FIELD',
    ['stay.checkOut'],
  ],
  [
    'two mistakes at once',
    () => flight({}, { origin: 'QQQ', adults: 0 }),
    'INVALID_FIELD',
    ['flight.adults', 'flight.origin'],
  ],
  ['an unknown currency', () => flight({ currency: 'QQQ' }), 'INVALID_FIELD', ['currency']],
  ['a currency to which no rate leads', () => flight({ currency: 'KPW' }), 'UNKNOWN_CURRENCY', ['currency']],
  ['what is no market', () => flight({ market: 'nowhere' }), 'INVALID_FIELD', ['market']],
  ['a filter that does not parse', () => flight({ filter: 'stops == ' }), 'INVALID_FILTER', ['filter']],
  ['a filter of the wrong type', () => flight({ filter: 'cabin > 3' }), 'INVALID_FILTER', ['filter']],
  ['a filter on what is no attribute', () => flight({ filter: 'legroom > 3' }), 'INVALID_FILTER', ['filter']],
  ['an unknown order', () => flight({ orderBy: 'legroom' }), 'INVALID_ORDER_BY', ['orderBy']],
  ['a page that is too large', () => flight({ pageSize: 1_000_000 }), 'INVALID_FIELD', ['pageSize']],
  ['no vertical', () => search({ currency: 'GBP', market: 'GB' }), 'INVALID_FIELD', ['flight']],
  ['an unknown partner', () => flight({ partners: ['nobody'] }), 'INVALID_FIELD', ['partners[0]']],
  ['an unknown view', () => flight({ view: 'nothing-such' }), 'VIEW_NOT_FOUND', ['view']],
  ['an unknown version of a view', () => flight({ view: 'mobile-results@99' }), 'VIEW_NOT_FOUND', ['view']],
  ['a completion that does not parse', () => flight({ completion: 'elapsed_ms >' }), 'INVALID_FIELD', ['completion']],
  ['a completion of the wrong type', () => flight({ completion: 'elapsed_ms' }), 'INVALID_FIELD', ['completion']],
  ['a ranking that does not parse', () => flight({ ranking: 'price +' }), 'INVALID_ORDER_BY', ['ranking']],
  ['an unknown facet', () => flight({ facets: ['legroom'] }), 'INVALID_FIELD', ['facets[0]']],
  ['a field that there is not', () => flight({}, { passengers: 1 }), 'UNKNOWN_FIELD', ['flight.passengers'], untyped],
  ['a text for a number', () => flight({ pageSize: 'many' }), 'INVALID_FIELD', ['pageSize'], untyped],
  ['a page of an unknown search', () => page({ searchId: unknownSearch }), 'SEARCH_NOT_FOUND', [], noStream],
  ['a page token that is garbage', () => page({ pageToken: 'garbage' }), 'INVALID_TOKEN', ['pageToken'], noStream],
  [
    'a page token of another search',
    () => page({ pageToken: other.pageToken }),
    'INVALID_TOKEN',
    ['pageToken'],
    noStream,
  ],
  [
    'another look with a bad filter',
    () => page({ options: { filter: 'legroom' } }),
    'INVALID_FILTER',
    ['options.filter'],
    noStream,
  ],
  [
    'another look in an unknown order',
    () => page({ options: { orderBy: 'legroom' } }),
    'INVALID_ORDER_BY',
    ['options.orderBy'],
    noStream,
  ],
  ['updates of an unknown search', () => watch({ searchId: unknownSearch }), 'SEARCH_NOT_FOUND', []],
  ['a cursor that is garbage', () => watch({ cursor: 'garbage' }), 'INVALID_TOKEN', ['cursor']],
  ['a cursor of another search', () => watch({ cursor: other.cursor }), 'INVALID_TOKEN', ['cursor']],
  ...(['GetOffer', 'Explain', 'Verify', 'Handoff'] as const).map(
    (method): Mistake => [
      `${method} of an unknown offer`,
      () => ({ method, request: { offerId: `${unknownSearch}-00-0000` } }),
      'OFFER_NOT_FOUND',
      [],
      noStream,
    ],
  ),
  [
    'an explanation of an unknown search',
    () => ({ method: 'ExplainSearch', request: { searchId: unknownSearch } }),
    'SEARCH_NOT_FOUND',
    [],
    noStream,
  ],
  [
    'a conversion of an unknown click',
    () => ({
      method: 'ReportConversion',
      request: { clickId: 'nothing', status: 'CONVERSION_STATUS_BOOKED', partnerReference: 'x' },
    }),
    'CLICK_NOT_FOUND',
    [],
    noStream,
  ],
];

describe.each(mistakes.map(([name, ...rest]) => ({ name, rest })))('$name', ({ rest }) => {
  const [send, reason, fields, inexpressible = {}] = rest;
  const cells = Object.keys(protocols) as ProtocolName[];
  test.each(cells.filter((protocol) => inexpressible[protocol] === undefined))('by %s', async (protocol) => {
    const { edgeUrl, grpcAddress = '' } = rig;
    const refused = await protocols[protocol](send(), { edgeUrl, grpcAddress });
    expect([refused.reason, ...refused.fields].join(' ')).toBe([reason, ...fields].join(' '));
    expect(refused.http ?? statusOf(reason)).toBe(statusOf(reason));
    expect(refused.code).not.toBe('INTERNAL');
  });
});

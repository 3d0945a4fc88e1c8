// The same mistake by every protocol: refused for the same reason, with the same fields, and never as our own failure.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReasonName } from '../../../libs/errors/index.ts';
import { statusOf } from '../../../services/edge/rest/problem.ts';
import { askedPartners } from '../../support/asked-partners.ts';
import { type Asked, closeProtocols, type ProtocolName, protocols } from '../../support/every-protocol.ts';
import { daysAhead, flightSearch, type Rig, startRig, staySearch } from '../../support/fused-rig.ts';

interface Found {
  readonly searchId: string;
  readonly cursor: string;
  readonly pageToken: string;
  readonly offerId: string;
}

/** Searches that are held; the least recently used goes first. */
const mostHeld = 6;

let rig: Rig;
let config: ReturnType<typeof askedPartners>;
let held = '';
/** A page token of `held` whose order is no longer kept. */
let passed = '';
let other: Found;
/** Of a search that is no longer held. */
let expired: Found;
/** Of another client's search. */
let foreign: Found;
beforeAll(async () => {
  config = askedPartners();
  const queryFile = join(config.directory, 'query.yaml');
  const settings = readFileSync(queryFile, 'utf8')
    .replace(/^ {2}searches: \d+$/m, `  searches: ${mostHeld}`)
    .replace(/^ {2}orders: \d+$/m, '  orders: 1');
  writeFileSync(queryFile, settings);
  rig = await startRig({
    grpcAddress: '127.0.0.1:0',
    configDirectory: config.directory,
    trustClientHeader: true,
  });
  const found = async (client: string): Promise<Found> => {
    const page = await rig.search(staySearch({ pageSize: 2 }), { 'entrepot-client': client });
    const { searchId, cursor, nextPageToken = '', offers = [] } = page;
    return { searchId, cursor, pageToken: nextPageToken, offerId: offers[0]?.offerId ?? '' };
  };
  expired = await found('public');
  for (let more = 0; more < mostHeld; more++) await found('public');
  const first = await rig.search(flightSearch({ pageSize: 2 }));
  held = first.searchId;
  passed = first.nextPageToken ?? '';
  // Another look, which is kept in place of the first.
  for (const order of ['duration_minutes', 'stops']) {
    const { status } = await rig.call('GET', `/v1/searches/${held}?orderBy=${encodeURIComponent(order)}`);
    if (status !== 200) throw new Error(`Another look was answered with ${status}.`);
  }
  other = await found('public');
  foreign = await found('another');
});
afterAll(async () => {
  await closeProtocols();
  await rig?.close();
  config?.remove();
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
const page = ({
  searchId = held,
  ...request
}: {
  readonly searchId?: string;
  readonly [name: string]: unknown;
}): Asked => ({ method: 'GetPage', request: { searchId, ...request } });
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

/** What is nobody's of the caller, and what is another client's, is the same to it. */
function notTheirs(what: string, of: () => Found): Mistake[] {
  return [
    [`a page of ${what} search`, () => page({ searchId: of().searchId }), 'SEARCH_NOT_FOUND', [], noStream],
    [
      `the next page of ${what} search`,
      () => page({ searchId: of().searchId, pageToken: of().pageToken }),
      'SEARCH_NOT_FOUND',
      [],
      noStream,
    ],
    [
      `updates of ${what} search from its cursor on`,
      () => watch({ searchId: of().searchId, cursor: of().cursor }),
      'SEARCH_NOT_FOUND',
      [],
    ],
    [`the cursor of ${what} search`, () => watch({ cursor: of().cursor }), 'INVALID_TOKEN', ['cursor']],
    [
      `an offer of ${what} search`,
      () => ({ method: 'GetOffer', request: { offerId: of().offerId } }),
      'OFFER_NOT_FOUND',
      [],
      noStream,
    ],
  ];
}

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
  ['a text with U+0000', () => flight({}, { origin: 'L\0R' }), 'INVALID_FIELD', ['flight.origin']],
  [
    'an id with U+0000',
    () => ({ method: 'GetOffer', request: { offerId: 'of\0' } }),
    'INVALID_FIELD',
    ['offerId'],
    noStream,
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
  ['a page token whose order is no longer kept', () => page({ pageToken: passed }), 'TOKEN_EXPIRED', [], noStream],
  ...notTheirs('an expired', () => expired),
  ...notTheirs("another client's", () => foreign),
  ['a search with less time than any partner takes', () => ({ ...flight({}), timeout: '20' }), 'DEADLINE_EXCEEDED', []],
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

/** What a protocol calls its own deadline, where somebody writes it by hand. */
const deadlines: Partial<Readonly<Record<ProtocolName, string>>> = {
  REST: 'entrepot-timeout-ms',
  SSE: 'entrepot-timeout-ms',
  NDJSON: 'entrepot-timeout-ms',
  WebSocket: 'timeoutMs',
  GraphQL: 'entrepot-timeout-ms',
  'Connect JSON, by hand': 'connect-timeout-ms',
  'gRPC-Web': 'grpc-timeout',
};

describe('a deadline', () => {
  test.each(Object.entries(deadlines) as [ProtocolName, string][])(
    'that is no number is refused by %s, as the field %s',
    async (protocol, field) => {
      const { edgeUrl, grpcAddress = '' } = rig;
      const refused = await protocols[protocol]({ ...flight({}), timeout: '-5' }, { edgeUrl, grpcAddress });
      expect(refused).toMatchObject({ reason: 'INVALID_FIELD', fields: [field], code: 'INVALID_ARGUMENT' });
    },
  );

  test.each(Object.keys(protocols) as ProtocolName[])(
    'that is longer than may be is no mistake by %s',
    async (protocol) => {
      const { edgeUrl, grpcAddress = '' } = rig;
      // An hour, for what is refused for itself.
      const asked = { ...flight({ market: 'nowhere' }), timeout: '3600000' };
      expect(await protocols[protocol](asked, { edgeUrl, grpcAddress })).toMatchObject({ fields: ['market'] });
    },
  );
});

// Last, for what is found here is held in place of something else.
test.each(Object.keys(protocols) as ProtocolName[])(
  'a market that there is, and that nobody has said a word about, is no mistake by %s',
  async (protocol) => {
    const { edgeUrl, grpcAddress = '' } = rig;
    const asked = protocols[protocol](flight({ market: 'AQ' }), { edgeUrl, grpcAddress });
    await expect(asked).rejects.toThrow(/^(It was answered|Answered with)/);
  },
);

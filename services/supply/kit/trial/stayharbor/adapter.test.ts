import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  FailureKind,
  OutcomeStatus,
  RejectionReason,
} from '../../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { PaymentTiming, StayCriteria } from '../../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { TaxBasis } from '../../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { distanceKm } from '../../../../../libs/reference/index.ts';
import { adapterOf, answerContext, conversation, offerOf } from '../../../partners/testing.ts';
import { bodyOf, json, type PartnerServer, startPartner } from '../../../testing/partner-server.ts';
import { handlesOf, type Rig, search, start, startRig } from '../../../testing/rig.ts';

// A format that nobody here had integrated, by its documentation, the guide and the reference alone.
const folder = import.meta.dirname;
const adapter = await adapterOf(folder);
const criteria = {
  vertical: {
    $case: 'stay' as const,
    value: StayCriteria.fromPartial({
      where: { $case: 'area', value: { center: { latitude: 39.57, longitude: 2.65 }, radiusKm: 12.5 } },
      checkIn: '2027-05-03',
      checkOut: '2027-05-07',
      rooms: [
        { adults: 2, childAges: [] },
        { adults: 1, childAges: [4] },
      ],
    }),
  },
};
const asked = answerContext(folder, criteria, '2027-04-11T09:00:00Z');
const fixture = () => JSON.parse(readFileSync(new URL('./fixtures/results.json', import.meta.url), 'utf8'));
const opened = { data: { openSearch: { searchKey: 'sk-1', destination: { id: 12 } } } };
const { requests, context } = conversation(adapter, asked, opened);
const said = (request: { readonly body?: string } | undefined) => JSON.parse(request?.body ?? '');

function rows(body: unknown = fixture(), within = context) {
  const result = adapter.read(body, within);
  if ('failure' in result) throw new Error(result.detail);
  return result.rows;
}
/** The first offer of the sample with other fields of its own, its price, or the results around it. */
function changed({ price = {}, results = {} }: { price?: object; results?: object }, within = context) {
  const body = fixture();
  Object.assign(body.data.results.offers[0].price, price);
  Object.assign(body.data.results, results);
  return offerOf(adapter, rows(body, within)[0]!, within);
}

describe('a search', () => {
  it('is opened under a key, and its results are asked for with it', () => {
    const [open, results] = requests;
    expect(open).toMatchObject({ method: 'POST', path: '/graphql' });
    expect(said(open).query).toContain('openSearch(input: $in)');
    expect(said(open).variables.in).toEqual({
      lat: 39.57,
      lon: 2.65,
      radiusMeters: 12500,
      arrive: '2027-05-03',
      nights: 4,
      parties: [
        { adults: 2, kids: [] },
        { adults: 1, kids: [4] },
      ],
      market: 'GB',
      quoteIn: 'EUR',
    });
    expect(results).toMatchObject({ method: 'POST', path: '/graphql' });
    expect(said(results).variables).toEqual({ key: 'sk-1' });
  });

  it('is not made for a place without a position', () => {
    const value = StayCriteria.fromPartial({ where: { $case: 'place', value: 'XXX' }, rooms: [{ adults: 1 }] });
    const nowhere = answerContext(folder, { vertical: { $case: 'stay', value } }, '2027-04-11T09:00:00Z');
    expect(adapter.ask(nowhere)).toHaveProperty('unsupported');
  });

  it('follows the cursor until there is no next page', () => {
    const body = fixture();
    body.data.results.pageInfo = { hasNextPage: true, endCursor: 'c2' };
    const paged = conversation(adapter, asked, opened, body);
    expect(said(paged.requests.at(-1)).variables).toEqual({ key: 'sk-1', after: 'c2' });
    expect(adapter.read(fixture(), context)).not.toHaveProperty('next');
  });
});

describe('results', () => {
  it('are the offers that can be had, each with its room, hotel and plan', () => {
    const offers = rows().map((row) => offerOf(adapter, row, context));
    expect(offers.map(({ columns }) => columns)).toEqual([
      {
        property_code: '7712',
        property_name: 'Hotel Faro Blanco',
        latitude: 39.5631,
        longitude: 2.6267,
        star_rating: 4.5,
        distance_km: distanceKm(39.57, 2.65, 39.5631, 2.6267),
        board: 'BREAKFAST',
        room_name: 'Double sea view',
        free_cancellation: true,
        // 18:00 of the hotel's clock, two hours ahead of UTC.
        free_cancellation_until: Date.parse('2027-05-02T16:00:00Z'),
        nights: 4,
        payment_timing: 'AT_PROPERTY',
        zone: 'Paseo Maritimo',
      },
      {
        property_code: '8803',
        property_name: 'Casa Nueva',
        board: 'ROOM_ONLY',
        room_name: 'Studio',
        free_cancellation: false,
        nights: 4,
        room_class: 'STUDIO',
        payment_timing: 'NOW',
      },
    ]);
    expect(offers[0]?.expiresAt).toBe(Date.parse('2027-04-11T09:20:00Z'));
  });

  it('have prices in exact minor units, with what is due later and what is inside by the row', () => {
    expect(rows().map((row) => offerOf(adapter, row, context).price)).toEqual([
      { currency: 'EUR', totalMinor: 93140, taxMinor: -1, dueLaterMinor: 1320, basis: TaxBasis.PARTLY_INCLUDED },
      { currency: 'EUR', totalMinor: 41299, taxMinor: -1, dueLaterMinor: 0, basis: TaxBasis.EXCLUDED },
    ]);
    expect(changed({ price: { cityTax: null } }).price).toMatchObject({ basis: TaxBasis.INCLUDED, dueLaterMinor: 0 });
    expect(changed({ price: { cityTax: 4.4 * 3 } }).price?.dueLaterMinor).toBe(1320);
    expect(changed({ price: { vatIncluded: null } }).rejection?.reason).toBe(RejectionReason.UNKNOWN_TAX_BASIS);
    expect(changed({ price: { currency: null } }).rejection?.reason).toBe(RejectionReason.INVALID_CURRENCY);
  });

  it('can be cancelled freely until the wall clock of the hotel says otherwise', () => {
    const at = (moment: string) => ({ ...context, now: Date.parse(moment) });
    expect(changed({}, at('2027-05-02T15:59:00Z')).columns?.free_cancellation).toBe(true);
    const late = changed({}, at('2027-05-02T16:00:00Z')).columns;
    expect(late).toMatchObject({ free_cancellation: false });
    expect(late?.free_cancellation_until).toBeUndefined();
    expect(changed({ results: { plans: [] } }).columns?.free_cancellation).toBeUndefined();
  });

  it('make the whole stay', () => {
    const item = adapter.item(rows()[0]!, context, () => true);
    expect(item?.value).toMatchObject({
      nights: 4,
      ratePlan: 'FLEX-B',
      paymentTiming: PaymentTiming.AT_PROPERTY,
      rooms: [{ code: '1', name: 'Double sea view', count: 2, adults: 3, children: 1 }],
      freeCancellationUntil: { dateTime: '2027-05-02T18:00:00', timeZone: 'Europe/Madrid' },
    });
  });

  it('are empty where there are no hotels, and malformed without a list', () => {
    expect(rows({ data: { results: { offers: [] } } })).toEqual([]);
    expect(adapter.read({ data: null }, context)).toMatchObject({ failure: FailureKind.MALFORMED });
  });
});

describe('asking again', () => {
  const [row] = rows();
  const { hotels, roomTypes, plans, offers } = fixture().data.results;
  const checked = (offer: object) => ({
    data: { offer: { ...offers[0], ...offer, hotel: hotels[0], roomType: roomTypes[0], plan: plans[0] } },
  });

  it('asks for the offer by its key, and reads it with what is nested in it', () => {
    const request = adapter.verify(row!, context);
    expect(request).toMatchObject({ path: '/graphql' });
    expect(said(request).variables).toEqual({ key: 'of-1' });
    const verified = adapter.readVerified(checked({ price: { ...offers[0].price, gross: 940 } }), context, row!);
    if (!('row' in verified)) throw new Error('gone');
    const { price, columns } = offerOf(adapter, verified.row, context);
    expect(price?.totalMinor).toBe(94_000);
    expect(columns).toEqual(offerOf(adapter, row!, context).columns);
  });

  it('is gone where there is no offer or no room left, and a failure after an error', () => {
    expect(adapter.readVerified({ data: { offer: null } }, context, row!)).toHaveProperty('gone');
    expect(adapter.readVerified(checked({ left: 0 }), context, row!)).toHaveProperty('gone');
    const errors = [{ message: 'slow down', extensions: { code: 'QUOTA', retrySeconds: 30 } }];
    expect(adapter.readVerified({ errors, data: { offer: null } }, context, row!)).toMatchObject({
      failure: FailureKind.RATE_LIMIT,
    });
  });

  it('hands off to the booking page', () => {
    expect(adapter.handoff(row!, context, 'c 1')).toEqual({ url: 'https://book.stayharbor.example/o/of-1?aff=c%201' });
  });
});

describe('an error', () => {
  it.each([
    ['QUOTA', FailureKind.RATE_LIMIT],
    ['SESSION', FailureKind.AUTHENTICATION],
    ['INPUT', FailureKind.REQUEST_REFUSED],
    ['INTERNAL', FailureKind.SERVER_ERROR],
  ])('of code %s inside a 200 is what it says, in every answer', (code, failure) => {
    const body = { errors: [{ message: 'why', extensions: { code } }] };
    for (const within of [asked, context]) {
      expect(adapter.read(body, within)).toMatchObject({ failure, detail: `why (${code})` });
    }
  });

  it('says when to come again, and is a rate limit with status 429', () => {
    const errors = [{ message: 'slow down', extensions: { code: 'QUOTA', retrySeconds: 30 } }];
    expect(adapter.read({ errors }, context)).toMatchObject({ retryAfterMs: 30_000 });
    expect(adapter.readError(429, undefined, '', context)).toMatchObject({ failure: FailureKind.RATE_LIMIT });
  });
});

describe('in supply', () => {
  let partner: PartnerServer;
  let rig: Rig;
  let sessions: string[];
  /** What the operations said, and with which session. */
  let operations: string[];
  let results: () => object;

  beforeEach(async () => {
    process.env.HARBOR_APP = 'app-1';
    process.env.HARBOR_SECRET = 'hush';
    sessions = [];
    operations = [];
    const inFuture = new Date(Date.now() + 1_200_000).toISOString();
    const { data } = fixture();
    for (const offer of data.results.offers) offer.goodUntil = inFuture;
    const { hotels, roomTypes, plans, offers } = data.results;
    results = () => ({ data });
    partner = await startPartner(async (request, response) => {
      const body = JSON.parse(await bodyOf(request));
      if (request.url === '/session') {
        if (request.headers['x-harbor-app'] !== 'app-1' || body.appSecret !== 'hush') return json(response, {}, 401);
        sessions.push(`s${sessions.length + 1}`);
        return json(response, { session: { token: sessions.at(-1), ttl: 600 } });
      }
      const token = String(request.headers['x-harbor-session']);
      const operation = /(?:query|mutation) (\w+)/.exec(body.query)?.[1] ?? '';
      operations.push(`${operation} ${token}`);
      if (token !== sessions.at(-1))
        return json(response, { errors: [{ message: 'no session', extensions: { code: 'SESSION' } }] });
      if (operation === 'Open') return json(response, opened);
      if (operation === 'Results') return json(response, results());
      return json(response, {
        data: { offer: { ...offers[0], hotel: hotels[0], roomType: roomTypes[0], plan: plans[0] } },
      });
    });
    rig = await startRig(
      {
        harbor: {
          adapter: 'stayharbor',
          endpoint: partner.url,
          credentials: { application: { env: 'HARBOR_APP' }, secret: { env: 'HARBOR_SECRET' } },
        },
      },
      { adapterDirectories: [fileURLToPath(new URL('..', import.meta.url))] },
    );
  });
  afterEach(async () => {
    delete process.env.HARBOR_APP;
    delete process.env.HARBOR_SECRET;
    await rig.close();
    await partner.close();
  });

  it('a search, its verification and its hand-off share one session', async () => {
    const found = await search(rig);
    expect(found.outcome('harbor')).toMatchObject({ status: OutcomeStatus.OK, rowsReceived: 2, offersKept: 2 });
    const [handle] = handlesOf(found.batches[0]!);
    const { offer } = await rig.client.verifyOffer({ handle });
    expect(offer?.partnerTotal).toMatchObject({ amount: '931.40', currencyCode: 'EUR' });
    const { target } = await rig.client.createHandoff({ handle, clickId: 'c1' });
    expect(target?.value).toBe('https://book.stayharbor.example/o/of-1?aff=c1');
    expect(operations).toEqual(['Open s1', 'Results s1', 'Check s1']);
  });

  it('a session that ended early is opened anew', async () => {
    await search(rig);
    sessions.push('of somebody else');
    expect((await search(rig, start({ searchId: 'search-2' }))).outcome('harbor').status).toBe(OutcomeStatus.OK);
    expect(operations.slice(2)).toEqual(['Open s1', 'Open s3', 'Results s3']);
  });

  it('an offer whose hotel is missing is rejected by what it lacks', async () => {
    const whole = results();
    results = () => ({ data: { results: { ...(whole as ReturnType<typeof fixture>).data.results, hotels: [] } } });
    const outcome = (await search(rig)).outcome('harbor');
    expect(outcome.rejections).toMatchObject([
      { reason: RejectionReason.MISSING_FIELD, count: 2, example: expect.stringContaining('property_code') },
    ]);
  });

  it('a quota that is spent is left alone as long as it says', async () => {
    results = () => ({ errors: [{ message: 'slow down', extensions: { code: 'QUOTA', retrySeconds: 30 } }] });
    const outcome = (await search(rig)).outcome('harbor');
    expect(outcome).toMatchObject({ status: OutcomeStatus.RATE_LIMITED, retryAfterMs: 30_000 });
  });
});

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Twin } from '../server.ts';
import {
  askDuffel,
  cents,
  type DuffelOfferJson,
  duffelHeaders,
  duffelOffers,
  duffelSearch,
  kindsOf,
  startTestTwin,
  testNow,
} from '../testing.ts';

let twin: Twin;
let clock: { now: number };
beforeAll(async () => {
  ({ twin, clock } = await startTestTwin());
});
afterAll(() => twin.close());
beforeEach(() => {
  twin.setScenario('duffel', {});
  clock.now = testNow;
});

const search = duffelSearch([['LHR-JFK', 60]]);
const create = '/air/offer_requests?return_offers=true';

interface ErrorJson {
  readonly meta: { readonly status: number; readonly request_id: string };
  readonly errors: readonly {
    readonly type: string;
    readonly code: string;
    readonly source?: { readonly pointer: string; readonly field: string };
  }[];
}
const errorIn = (text: string) => JSON.parse(text) as ErrorJson;

describe('offers', () => {
  it('add up in every one of hundreds', async () => {
    const offers = await duffelOffers(
      twin,
      duffelSearch(
        [
          ['LON-NYC', 40],
          ['NYC-LON', 50],
        ],
        [{ type: 'adult' }, { age: 7 }],
      ),
    );
    expect(offers.length).toBeGreaterThan(100);
    for (const offer of offers) {
      expect(cents(offer.base_amount) + cents(offer.tax_amount)).toBe(cents(offer.total_amount));
      expect(offer.total_currency).toBe('GBP');
      expect(offer.slices).toHaveLength(2);
    }
  });

  it('write numbers, durations and unknowns in all the ways that Duffel does', async () => {
    const offers = [
      ...(await duffelOffers(twin, search)),
      ...(await duffelOffers(twin, duffelSearch([['BER-DUS', 20]]))),
      ...(await duffelOffers(twin, duffelSearch([['SYD-MEL', 20]]))),
      ...(await duffelOffers(twin, duffelSearch([['INV-BOI', 20]]))),
    ];
    const segments = offers.flatMap((offer) => offer.slices.flatMap((slice) => slice.segments));
    const durations = [...segments, ...offers.flatMap((offer) => offer.slices)].map(({ duration }) => duration);
    const has = <T>(all: readonly T[], test: (one: T) => boolean) => expect(all.some(test)).toBe(true);
    has(segments, (segment) => /^0\d{3}$/.test(segment.marketing_carrier_flight_number));
    has(segments, (segment) => /^[1-9]\d*$/.test(segment.marketing_carrier_flight_number));
    has(durations, (duration) => /^PT0\d+H\d\dM$/.test(duration));
    has(durations, (duration) => /^PT[1-9]H[1-9]\d?M$/.test(duration));
    has(durations, (duration) => /^P1DT/.test(duration));
    has(segments, (segment) => segment.operating_carrier_flight_number === null);
    has(segments, (segment) => segment.operating_carrier.iata_code !== segment.marketing_carrier.iata_code);
    has(segments, (segment) => segment.passengers[0]!.baggages.length === 0);
    has(offers, (offer) => offer.slices[0]!.fare_brand_name === null);
    for (const segment of segments) expect(segment.departing_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00$/);
  });

  it('are the same bytes for the same request, and others on another day', async () => {
    const [first, again] = [await askDuffel(twin, create, search), await askDuffel(twin, create, search)];
    expect(first.status).toBe(201);
    expect(again.text).toBe(first.text);
    clock.now += 86_400_000;
    expect((await askDuffel(twin, create, search)).text).not.toBe(first.text);
  });

  it('come 50 to a page and in full over all pages', async () => {
    const { text } = await askDuffel(twin, '/air/offer_requests?return_offers=false', search);
    const { data } = JSON.parse(text) as { data: { id: string; offers?: unknown } };
    expect(data.offers).toBeUndefined();
    const whole = (await duffelOffers(twin, search)).map(({ id }) => id);
    const paged: string[] = [];
    let after: string | null = '';
    while (after !== null) {
      const cursor: string = after === '' ? '' : `&after=${after}`;
      const heard = await askDuffel(twin, `/air/offers?offer_request_id=${data.id}${cursor}`);
      const page = JSON.parse(heard.text) as { data: DuffelOfferJson[]; meta: { after: string | null; limit: number } };
      expect(page.data.length).toBeLessThanOrEqual(50);
      paged.push(...page.data.map(({ id }) => id));
      after = page.meta.after;
    }
    expect(paged).toEqual(whole);
  });

  it('come sorted where that is asked', async () => {
    const { data } = JSON.parse((await askDuffel(twin, create, search)).text) as { data: { id: string } };
    const heard = await askDuffel(twin, `/air/offers?offer_request_id=${data.id}&sort=total_amount&limit=200`);
    const totals = (JSON.parse(heard.text) as { data: DuffelOfferJson[] }).data.map((offer) =>
      cents(offer.total_amount),
    );
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
  });

  it('can be asked for one by one until they expire', async () => {
    const offer = (await duffelOffers(twin, search))[7]!;
    const single = await askDuffel(twin, `/air/offers/${offer.id}`);
    const { available_services: services, ...same } = (JSON.parse(single.text) as { data: Record<string, unknown> })
      .data;
    expect(services).toEqual([]);
    expect(same).toEqual(offer);
    clock.now = Date.parse(offer.expires_at);
    const late = await askDuffel(twin, `/air/offers/${offer.id}`);
    expect(late.status).toBe(422);
    expect(errorIn(late.text).errors[0]).toMatchObject({ type: 'invalid_state_error', code: 'offer_expired' });
  });

  it('that were never made are not found', async () => {
    const [offer] = await duffelOffers(twin, search);
    for (const id of ['off_1', `${offer!.id.slice(0, -3)}zzz`, `${offer!.id.slice(0, -4)}`, 'off_0000%00']) {
      expect((await askDuffel(twin, `/air/offers/${id}`)).status).toBe(404);
    }
  });

  it('of a cabin are of that cabin, and none where nobody flies', async () => {
    const business = { data: { ...search.data, cabin_class: 'business' } };
    for (const offer of await duffelOffers(twin, business)) {
      expect(offer.slices[0]!.segments[0]!.passengers[0]!.cabin_class).toBe('business');
    }
  });
});

describe('verifying', () => {
  it('finds another price where the scenario says so', async () => {
    const offer = (await duffelOffers(twin, search))[0]!;
    twin.setScenario('duffel', { priceChangeShare: 1, priceChange: 0.1 });
    const heard = await askDuffel(twin, `/air/offers/${offer.id}`);
    const now = (JSON.parse(heard.text) as { data: DuffelOfferJson }).data;
    expect(cents(now.total_amount)).toBe(Math.round(cents(offer.total_amount) * 1.1));
    expect(cents(now.base_amount) + cents(now.tax_amount)).toBe(cents(now.total_amount));
  });

  it('finds the offer gone where the scenario says so', async () => {
    const offer = (await duffelOffers(twin, search))[0]!;
    twin.setScenario('duffel', { soldOutShare: 1 });
    const heard = await askDuffel(twin, `/air/offers/${offer.id}`);
    expect(heard.status).toBe(422);
    expect(errorIn(heard.text).errors[0]!.code).toBe('offer_no_longer_available');
  });
});

describe('the scenario', () => {
  it('sells offers twice, the second under its own id and at most 1 % dearer', async () => {
    const once = await duffelOffers(twin, search);
    twin.setScenario('duffel', { duplicateShare: 1 });
    const twice = await duffelOffers(twin, search);
    expect(twice).toHaveLength(once.length * 2);
    expect(new Set(twice.map(({ id }) => id)).size).toBe(twice.length);
    for (let i = 0; i < twice.length; i += 2) {
      const [first, second] = [twice[i]!, twice[i + 1]!];
      expect(second.slices.map((slice) => slice.segments.map((s) => s.departing_at))).toEqual(
        first.slices.map((slice) => slice.segments.map((s) => s.departing_at)),
      );
      expect(cents(second.total_amount) / cents(first.total_amount)).toBeLessThan(1.011);
      expect(twin.truthOf('duffel', second.id)).toEqual(twin.truthOf('duffel', first.id));
      const verified = await askDuffel(twin, `/air/offers/${second.id}`);
      expect((JSON.parse(verified.text) as { data: DuffelOfferJson }).data.total_amount).toBe(second.total_amount);
      if (i > 20) break;
    }
  });

  it('breaks prices of single offers and leaves the others alone', async () => {
    const whole = await duffelOffers(twin, search);
    twin.setScenario('duffel', { brokenRowShare: 0.5 });
    const broken = await duffelOffers(twin, search);
    expect(broken).toHaveLength(whole.length);
    const changed = broken.filter((offer, index) => JSON.stringify(offer) !== JSON.stringify(whole[index]));
    expect(changed.length).toBeGreaterThan(whole.length * 0.3);
    expect(changed.length).toBeLessThan(whole.length * 0.7);
    expect(changed.some((offer) => offer.total_amount?.startsWith('-'))).toBe(true);
    expect(changed.some((offer) => offer.total_amount === undefined)).toBe(true);
    expect(changed.some((offer) => offer.total_currency === undefined)).toBe(true);
    expect(changed.some((offer) => offer.total_amount === 'NaN')).toBe(true);
  });

  it('limits rates with status 429, a body that says 400, and the headers', async () => {
    twin.setScenario('duffel', { rateLimitShare: 1, rateLimitResetSeconds: 12 });
    const heard = await askDuffel(twin, create, search);
    expect(heard.status).toBe(429);
    expect(errorIn(heard.text)).toMatchObject({ meta: { status: 400 }, errors: [{ type: 'rate_limit_error' }] });
    expect(heard.headers.get('ratelimit-remaining')).toBe('0');
    expect(Date.parse(heard.headers.get('ratelimit-reset')!)).toBe(testNow + 12_000);
  });

  it('fails with errors of its own and with those of a gateway', async () => {
    twin.setScenario('duffel', { errorShare: 1 });
    const kinds = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const heard = await askDuffel(twin, create, search);
      expect(heard.status).toBeGreaterThanOrEqual(500);
      kinds.add(heard.headers.get('content-type')!.split(';')[0]!);
    }
    expect(kinds).toEqual(new Set(['application/json', 'text/html']));
  });
});

describe('a request is refused', () => {
  it('without a token, with another scheme, without a version and with an unknown one', async () => {
    const { authorization, 'duffel-version': version, ...rest } = duffelHeaders;
    const code = async (headers: Record<string, string>) => {
      const heard = await askDuffel(twin, create, search, headers);
      const { meta, errors } = errorIn(heard.text);
      expect(meta.status).toBe(heard.status);
      return [heard.status, errors[0]!.type, errors[0]!.code];
    };
    expect(await code({ ...rest, 'duffel-version': version })).toEqual([
      401,
      'authentication_error',
      'missing_authorization_header',
    ]);
    expect(await code({ ...duffelHeaders, authorization: 'Basic eA==' })).toEqual([
      401,
      'authentication_error',
      'invalid_authorization_header',
    ]);
    expect(await code({ ...rest, authorization })).toEqual([400, 'invalid_request_error', 'missing_version_header']);
    expect(await code({ ...duffelHeaders, 'duffel-version': 'v9' })).toEqual([
      400,
      'invalid_request_error',
      'unsupported_version',
    ]);
  });

  it('with a pointer to each field that is wrong', async () => {
    const pointers = async (data: unknown) => {
      const heard = await askDuffel(twin, create, { data });
      expect(heard.status).toBe(422);
      const { errors } = errorIn(heard.text);
      for (const error of errors) {
        expect(error.type).toBe('validation_error');
        expect(error.source?.field).toBe(error.source?.pointer.split('/').at(-1));
      }
      return errors.map((error) => error.source?.pointer);
    };
    const [slice] = search.data.slices;
    const { passengers } = search.data;
    expect(await pointers({})).toEqual(['/slices', '/passengers']);
    expect(await pointers({ slices: [{ ...slice, origin: 'QQQ' }], passengers })).toEqual(['/slices/0/origin']);
    expect(await pointers({ slices: [{ ...slice, destination: 'LHR' }], passengers })).toEqual([
      '/slices/0/destination',
    ]);
    expect(await pointers({ slices: [{ ...slice, departure_date: '2025-12-24' }], passengers })).toEqual([
      '/slices/0/departure_date',
    ]);
    expect(await pointers({ slices: [{ ...slice, departure_date: '2026-02-30' }], passengers })).toEqual([
      '/slices/0/departure_date',
    ]);
    expect(await pointers({ slices: [slice], passengers: [{ type: 'dog' }, {}, { age: 200 }] })).toEqual([
      '/passengers/0/type',
      '/passengers/1/type',
      '/passengers/2/age',
    ]);
    expect(await pointers({ slices: [slice], passengers, cabin_class: 'hold', max_connections: 7 })).toEqual([
      '/cabin_class',
      '/max_connections',
    ]);
    expect(await pointers({ slices: Array(7).fill(slice), passengers: Array(10).fill({ type: 'adult' }) })).toEqual([
      '/slices',
      '/passengers',
    ]);
  });

  it('that is no JSON, or asks for what there is not', async () => {
    const raw = await fetch(`${twin.url}/duffel${create}`, { method: 'POST', headers: duffelHeaders, body: '{' });
    expect(raw.status).toBe(400);
    expect((await askDuffel(twin, '/air/orders')).status).toBe(404);
    expect((await askDuffel(twin, '/air/offers?offer_request_id=orq_1')).status).toBe(422);
    const { data } = JSON.parse((await askDuffel(twin, create, search)).text) as { data: { id: string } };
    expect((await askDuffel(twin, `/air/offers?offer_request_id=${data.id}&after=x`)).status).toBe(400);
    expect((await askDuffel(twin, `/air/offers?offer_request_id=${data.id}&limit=0`)).status).toBe(400);
  });
});

const recorded = path.resolve('../shared/partner-samples/flights/duffel/offer_requests/create_with_offers.json');

describe.skipIf(!existsSync(recorded))(
  'beside a recorded answer (skipped where ../shared/partner-samples is absent)',
  () => {
    it('has every field that the recorded one has, of the same kind', async () => {
      const theirs = JSON.parse(readFileSync(recorded, 'utf8')) as { data: { offers: unknown[] } };
      const ours = JSON.parse((await askDuffel(twin, create, duffelSearch([['LON-NYC', 30]]))).text) as typeof theirs;
      const [their, our] = [kindsOf(theirs.data), kindsOf(ours.data)];
      for (const [field, kind] of their) {
        const mine = our.get(field);
        expect(mine, field).toBeDefined();
        const known = [...kind].filter((each) => each !== 'null');
        const known2 = [...mine!].filter((each) => each !== 'null');
        if (known.length > 0 && known2.length > 0) expect(known2, field).toEqual(known);
      }
    });
  },
);

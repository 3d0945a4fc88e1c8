import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Twin } from '../server.ts';
import { cents, daysAhead, startTestTwin, testConfig } from '../testing.ts';
import { askJson, type HeardJson } from '../testing-partners.ts';

interface Segment {
  readonly departure: { readonly iataCode: string; readonly at: string };
  readonly arrival: { readonly iataCode: string; readonly at: string };
  readonly carrierCode: string;
  readonly number: string;
  readonly operating?: { readonly carrierCode: string };
  readonly id: string;
}

interface Offer {
  readonly id: string;
  readonly itineraries: readonly { readonly duration?: string; readonly segments: readonly Segment[] }[];
  readonly price: {
    readonly currency?: string;
    readonly total?: string;
    readonly base: string;
    readonly grandTotal?: string;
  };
  readonly travelerPricings: readonly {
    readonly travelerType: string;
    readonly associatedAdultId?: string;
    readonly price: {
      readonly total: string;
      readonly base: string;
      readonly taxes?: readonly { readonly amount: string }[];
    };
    readonly fareDetailsBySegment: readonly {
      readonly segmentId: string;
      readonly cabin: string;
      readonly fareBasis: string;
      readonly brandedFareLabel?: string;
      readonly includedCheckedBags?: { readonly quantity?: number; readonly weight?: number };
    }[];
  }[];
}

interface Answer {
  readonly meta: { readonly count: number };
  readonly warnings?: readonly { readonly detail: string }[];
  readonly data: readonly Offer[];
  readonly dictionaries?: {
    readonly locations: Readonly<Record<string, { readonly countryCode: string }>>;
    readonly carriers: Readonly<Record<string, string>>;
  };
  readonly errors?: readonly { readonly status: number; readonly code: number; readonly source?: object }[];
}

let twin: Twin;
let clock: { now: number };
let authorization: string;
beforeAll(async () => {
  const { sellers } = testConfig();
  const amadeus = {
    format: 'amadeus',
    currency: 'EUR',
    coverage: 1,
    lowCostCoverage: 1,
    codeshareShare: 0.6,
    maxOffers: 400,
    tokenSeconds: 1799,
  };
  ({ twin, clock } = await startTestTwin(testConfig({ sellers: { ...sellers, amadeus } })));
  authorization = `Bearer ${(await token()).body.access_token}`;
});
afterAll(() => twin.close());
beforeEach(() => twin.setScenario('amadeus', {}));

function token(secret = 'twin', grant = 'client_credentials') {
  return askJson<{ access_token: string; expires_in: number; error?: string; code?: number }>(
    `${twin.url}/amadeus/v1/security/oauth2/token`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: grant, client_id: 'app', client_secret: secret }).toString(),
    },
  );
}

function search(more: Readonly<Record<string, string | undefined>> = {}, header = authorization) {
  const query = new URLSearchParams();
  const asked = {
    originLocationCode: 'LHR',
    destinationLocationCode: 'JFK',
    departureDate: daysAhead(60),
    adults: '1',
    ...more,
  };
  for (const [name, value] of Object.entries(asked)) if (value !== undefined) query.set(name, value);
  return askJson<Answer>(`${twin.url}/amadeus/v2/shopping/flight-offers?${query}`, {
    headers: { authorization: header },
  });
}

function price(...flightOffers: readonly unknown[]) {
  return askJson<{ data?: { flightOffers: readonly Offer[] } } & Pick<Answer, 'errors'>>(
    `${twin.url}/amadeus/v1/shopping/flight-offers/pricing`,
    {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', 'x-http-method-override': 'GET' },
      body: JSON.stringify({ data: { type: 'flight-offers-pricing', flightOffers } }),
    },
  );
}

const offersOf = async (more?: Parameters<typeof search>[0]) => (await search(more)).body.data;
const codeOf = ({ status, body }: HeardJson<Pick<Answer, 'errors'>>) => [status, body.errors?.[0]?.code];

describe('a token', () => {
  it('is given for client credentials in a form, for less than half an hour', async () => {
    const { status, body } = await token();
    expect([status, body.expires_in]).toEqual([200, 1799]);
    expect(await token('other')).toMatchObject({ status: 401, body: { error: 'invalid_client', code: 38187 } });
    expect((await token('twin', 'password')).status).toBe(400);
  });

  it('is asked for, and refused where it is made up or has ended', async () => {
    expect(codeOf(await search({}, 'Basic YTpi'))).toEqual([401, 38191]);
    expect(codeOf(await search({}, 'Bearer made.up.now'))).toEqual([401, 38190]);
    const { now } = clock;
    clock.now += 1799_000;
    try {
      expect(codeOf(await search())).toEqual([401, 38192]);
    } finally {
      clock.now = now;
    }
  });
});

describe('a search', () => {
  it('has offers whose prices add up, with the names of their codes', async () => {
    const { status, headers, body } = await search({ adults: '2', children: '1', infants: '1' });
    expect([status, headers.get('content-type')]).toEqual([200, 'application/vnd.amadeus+json']);
    expect(body.data.length).toBeGreaterThan(30);
    expect(body.meta.count).toBe(body.data.length);
    expect(body.data.map(({ id }) => id)).toEqual(body.data.map((_, index) => `${index + 1}`));
    for (const { price: whole, travelerPricings, itineraries } of body.data) {
      const types = travelerPricings.map(({ travelerType }) => travelerType);
      expect(types).toEqual(['ADULT', 'ADULT', 'CHILD', 'HELD_INFANT']);
      expect(travelerPricings[3]!.associatedAdultId).toBe('1');
      expect(cents(whole.grandTotal)).toBe(travelerPricings.reduce((sum, each) => sum + cents(each.price.total), 0));
      for (const { departure, carrierCode } of itineraries.flatMap(({ segments }) => segments)) {
        expect(departure.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00$/);
        expect(body.dictionaries!.locations).toHaveProperty(departure.iataCode);
        expect(body.dictionaries!.carriers).toHaveProperty(carrierCode);
      }
    }
  });

  it('joins what is paid for with segments by their ids, bags as a number, as a weight, or not at all', async () => {
    const ways = new Set<string>();
    for (const { itineraries, travelerPricings } of await offersOf({ returnDate: daysAhead(70) })) {
      expect(itineraries).toHaveLength(2);
      const ids = itineraries.flatMap(({ segments }) => segments.map(({ id }) => id));
      const { fareDetailsBySegment } = travelerPricings[0]!;
      expect(fareDetailsBySegment.map(({ segmentId }) => segmentId)).toEqual(ids);
      for (const { includedCheckedBags: bags, brandedFareLabel } of fareDetailsBySegment) {
        ways.add(bags === undefined ? 'unsaid' : bags.weight === undefined ? 'number' : 'weight');
        ways.add(brandedFareLabel === undefined ? 'no brand' : 'brand');
      }
    }
    expect([...ways].sort()).toEqual(['brand', 'no brand', 'number', 'unsaid', 'weight']);
  });

  it('keeps to the cabin, to nonstop flights, to the currency and to so many offers', async () => {
    const business = await offersOf({ travelClass: 'BUSINESS' });
    for (const { travelerPricings } of business) {
      expect(travelerPricings[0]!.fareDetailsBySegment.map(({ cabin }) => cabin)).toContain('BUSINESS');
    }
    for (const { itineraries } of await offersOf({ nonStop: 'true' })) expect(itineraries[0]!.segments).toHaveLength(1);
    for (const offer of await offersOf({ currencyCode: 'JPY', max: '7' })) {
      expect(offer.price).toMatchObject({ currency: 'JPY', grandTotal: expect.stringMatching(/^\d+$/) });
    }
    expect(await offersOf({ max: '7' })).toHaveLength(7);
  });

  it('without anything to offer is an empty list', async () => {
    expect(
      (await search({ originLocationCode: 'JFK', travelClass: 'FIRST', destinationLocationCode: 'BOS' })).body,
    ).toMatchObject({
      meta: { count: 0 },
      data: [],
    });
  });

  it.each([
    [{ adults: undefined }, 32171, 'adults'],
    [{ originLocationCode: 'QQQ' }, 477, 'originLocationCode'],
    [{ departureDate: '2026-02-30' }, 477, 'departureDate'],
    [{ departureDate: '2025-12-01' }, 425, 'departureDate'],
    [{ returnDate: '2026-01-10' }, 425, 'returnDate'],
    [{ adults: '0' }, 477, 'adults'],
    [{ infants: '2' }, 477, 'infants'],
    [{ adults: '6', children: '4' }, 477, 'adults'],
    [{ travelClass: 'Economy' }, 477, 'travelClass'],
    [{ nonStop: 'yes' }, 477, 'nonStop'],
    [{ currencyCode: 'QQQ' }, 477, 'currencyCode'],
    [{ max: '251' }, 477, 'max'],
  ])('with %o is refused with error %i', async (more, code, parameter) => {
    const refused = await search(more);
    expect(codeOf(refused)).toEqual([400, code]);
    expect(refused.body.errors![0]!.source).toEqual({ parameter });
  });

  it('sells the same flights as Duffel, codeshares under the carrier that flies them', async () => {
    const offers = await offersOf();
    const shared = offers.flatMap(({ itineraries }) =>
      itineraries[0]!.segments.filter(
        ({ carrierCode, operating }) => (operating?.carrierCode ?? carrierCode) !== carrierCode,
      ),
    );
    expect(shared.length).toBeGreaterThan(0);
    for (const offer of offers) {
      const { product, kind } = twin.truthOf('amadeus', JSON.stringify(offer))!;
      expect(kind).toBe('flight');
      const flown = offer.itineraries[0]!.segments.map(
        ({ departure, arrival }) => `${departure.at.slice(0, 10)}/${departure.iataCode}-${arrival.iataCode}`,
      );
      expect(product.split('+').map((flight) => flight.split('@')[1])).toEqual(flown);
    }
    expect(twin.truthOf('amadeus', '{"id":"1"}')).toBeUndefined();
    expect(twin.truthOf('amadeus', '1')).toBeUndefined();
  });
});

describe('pricing', () => {
  it('confirms offers as they were sent, with taxes', async () => {
    const [offer, other] = (await offersOf({ adults: '2', returnDate: daysAhead(70) })).slice(3);
    const { status, body } = await price(offer, other);
    expect(status).toBe(200);
    const [first, second] = body.data!.flightOffers;
    expect([first!.id, second!.id]).toEqual([offer!.id, other!.id]);
    expect([first!.price.grandTotal, second!.price.grandTotal]).toEqual([
      offer!.price.grandTotal,
      other!.price.grandTotal,
    ]);
    const [{ price: fare }] = first!.travelerPricings as [Offer['travelerPricings'][number]];
    expect(fare.taxes!.reduce((sum, { amount }) => sum + cents(amount), cents(fare.base))).toBe(cents(fare.total));
    expect(first!.itineraries.map(({ segments }) => segments.map(({ number }) => number))).toEqual(
      offer!.itineraries.map(({ segments }) => segments.map(({ number }) => number)),
    );
  });

  it('tells another price, the same whenever it is asked', async () => {
    twin.setScenario('amadeus', { priceChangeShare: 1, priceChange: 0.07 });
    const [offer] = await offersOf();
    const totals = [await price(offer), await price(offer)].map(({ body }) =>
      cents(body.data!.flightOffers[0]!.price.grandTotal),
    );
    expect(totals[0]).toBe(totals[1]);
    expect(totals[0]! / cents(offer!.price.grandTotal)).toBeCloseTo(1.07, 3);
  });

  it('cannot sell what is sold out, gone or was never flown', async () => {
    const [offer] = await offersOf();
    twin.setScenario('amadeus', { soldOutShare: 1 });
    expect(codeOf(await price(offer))).toEqual([400, 34651]);
    twin.setScenario('amadeus', {});
    const [itinerary] = offer!.itineraries as [Offer['itineraries'][number]];
    const segments = itinerary.segments.map((segment) => ({ ...segment, number: '1' }));
    expect(codeOf(await price({ ...offer, itineraries: [{ segments }] }))).toEqual([400, 34651]);
    const { now } = clock;
    clock.now += 62 * 86_400_000;
    authorization = `Bearer ${(await token()).body.access_token}`;
    expect(codeOf(await price(offer))).toEqual([400, 34651]);
    clock.now = now;
  });

  it('refuses what is no offer', async () => {
    expect(codeOf(await price({ id: '1' }))).toEqual([400, 4926]);
    expect(codeOf(await price())).toEqual([400, 477]);
  });
});

describe('what goes wrong', () => {
  it('is said in errors with Amadeus’ numbers, or by a gateway', async () => {
    twin.setScenario('amadeus', { rateLimitShare: 1 });
    expect(codeOf(await search())).toEqual([429, 38194]);
    twin.setScenario('amadeus', { quotaShare: 1 });
    expect(codeOf(await search())).toEqual([429, 38195]);
    twin.setScenario('amadeus', { errorShare: 1 });
    const types = new Set<string>();
    for (let i = 0; i < 8; i++) {
      const response = await fetch(`${twin.url}/amadeus/v2/shopping/flight-offers`, { headers: { authorization } });
      expect(response.status).toBeGreaterThanOrEqual(500);
      types.add(response.headers.get('content-type')!);
    }
    expect([...types].sort()).toEqual(['application/vnd.amadeus+json', 'text/html']);
  });

  it('is a warning beside offers, offers sold twice, and prices that are none', async () => {
    const before = await offersOf();
    twin.setScenario('amadeus', { warningShare: 1, duplicateShare: 1 });
    const { body } = await search();
    expect(body.warnings).toHaveLength(1);
    expect(body.data.length).toBe(Math.min(250, before.length * 2));
    expect({ ...body.data[1], id: '1' }).toEqual(body.data[0]);
    twin.setScenario('amadeus', { brokenRowShare: 1, brokenRows: ['missingCurrency'] });
    for (const offer of await offersOf()) expect(offer.price).not.toHaveProperty('currency');
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Cabin, FlightCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { FailureKind, RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { TaxBasis } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { adapterOf, answerContext, filtered, offerOf } from '../testing.ts';

const adapter = await adapterOf('amadeus');
const contextOf = (criteria: Parameters<typeof FlightCriteria.fromPartial>[0]) =>
  answerContext(
    'amadeus',
    { vertical: { $case: 'flight', value: FlightCriteria.fromPartial(criteria) } },
    '2027-01-11T09:00:00Z',
  );
const context = contextOf({ origin: 'LIS', destination: 'FCO', departureDate: '2027-03-02', adults: 1 });
const body = JSON.parse(readFileSync(new URL('./fixtures/flight-offers.json', import.meta.url), 'utf8'));
const rows = () => {
  const result = adapter.read(body, context);
  if ('failure' in result) throw new Error(result.detail);
  return result.rows;
};

describe('a search', () => {
  it('asks for travellers by how they pay, and leaves out what is not wanted', () => {
    const asked = adapter.ask(
      contextOf({
        origin: 'LIS',
        destination: 'NRT',
        departureDate: '2027-03-02',
        returnDate: '2027-03-09',
        adults: 2,
        childAges: [1, 7, 13],
        cabin: Cabin.BUSINESS,
        maxStops: 0,
      }),
    );
    expect(asked).toMatchObject({
      method: 'GET',
      path:
        '/v2/shopping/flight-offers?originLocationCode=LIS&destinationLocationCode=NRT&departureDate=2027-03-02' +
        '&returnDate=2027-03-09&adults=3&children=1&infants=1&travelClass=BUSINESS&nonStop=true&currencyCode=EUR&max=100',
    });
    expect(adapter.ask(context)).toMatchObject({
      path:
        '/v2/shopping/flight-offers?originLocationCode=LIS&destinationLocationCode=FCO&departureDate=2027-03-02' +
        '&adults=1&currencyCode=EUR&max=100',
    });
  });

  it('asks for flights without a stop where the filter wants no others', () => {
    const nonStop = (filter: string) => {
      const request = adapter.ask(filtered(adapter, context, filter));
      if ('unsupported' in request) throw new Error(request.unsupported);
      return new URL(request.path, 'http://partner.test').searchParams.get('nonStop');
    };
    expect(nonStop('stops == 0')).toBe('true');
    expect(nonStop('stops <= 1')).toBeNull();
  });

  it('is not made for several slices', () => {
    const slices = [{ origin: 'LIS', destination: 'FCO', departureDate: '2027-03-02' }];
    expect(adapter.ask(contextOf({ slices, adults: 1 }))).toHaveProperty('unsupported');
  });
});

describe('an answer', () => {
  it('has prices in exact minor units, and rejects what has no currency or no journey', () => {
    const offers = rows().map((row) => offerOf(adapter, row, context));
    expect(offers.map(({ price }) => price)).toEqual([
      { currency: 'EUR', totalMinor: 18236, taxMinor: -1, dueLaterMinor: 0, basis: TaxBasis.INCLUDED },
      { currency: 'JPY', totalMinor: 98700, taxMinor: -1, dueLaterMinor: 0, basis: TaxBasis.INCLUDED },
      undefined,
    ]);
    expect(offers[2]?.rejection?.reason).toBe(RejectionReason.INVALID_CURRENCY);
  });

  it('keys flights by who operates them, whose number is not known where another does', () => {
    const [connected, nonstop] = rows().map((row) => offerOf(adapter, row, context).columns);
    expect(connected).toMatchObject({
      segment_keys: [
        'ZQ|1021|2027-03-02|LIS|MAD|06:10|2027-03-02T08:30',
        'YV||2027-03-02|MAD|FCO|09:45|2027-03-02T11:40',
      ],
      stops: 1,
      duration_minutes: 270,
      cabin: 'ECONOMY',
      fare_brand: 'OPTIMA',
      checked_bags: 1,
      connections: ['MAD'],
    });
    expect(nonstop).toMatchObject({ segment_keys: ['YV|91|2027-03-02|LIS|NRT|22:05|2027-03-03T20:40'], stops: 1 });
    expect(nonstop?.checked_bags).toBeUndefined();
    expect(nonstop?.duration_minutes).toBe(13 * 60 + 35);
  });

  it('joins each segment with its fare by the segment’s id', () => {
    const item = adapter.item(rows()[0]!, context, () => true);
    const segments = item?.$case === 'flight' ? item.value.slices[0]?.segments : [];
    expect(segments).toMatchObject([
      {
        cabin: Cabin.BUSINESS,
        fareBasis: 'JZQ1',
        bookingClass: 'J',
        originTerminal: '1',
        aircraft: '32N',
        durationMinutes: 80,
      },
      { cabin: Cabin.ECONOMY, fareBasis: 'OZQ2', bookingClass: 'O', destinationTerminal: '3' },
    ]);
  });
});

describe('asking again', () => {
  it('sends the offer as it came, and reads it as it is now', () => {
    const [row] = rows();
    const request = adapter.verify(row!, context);
    expect(request).toMatchObject({ method: 'POST', headers: { 'x-http-method-override': 'GET' } });
    expect(JSON.parse(request.body ?? '')).toEqual({
      data: { type: 'flight-offers-pricing', flightOffers: [body.data[0]] },
    });
    const priced = { ...body.data[0], id: '1', price: { currency: 'EUR', grandTotal: '190.00' } };
    const said = adapter.readVerified({ data: { flightOffers: [priced] } }, context, row!);
    expect('row' in said && adapter.price(said.row, context).totalMinor).toBe(19_000);
  });

  it.each([4926, 34651])('is gone after error %i', (code) => {
    const said = { errors: [{ status: 400, code, title: 'No fare' }] };
    expect(adapter.readVerified(said, context, rows()[0]!)).toMatchObject({ gone: expect.stringContaining('No fare') });
  });
});

describe('an error', () => {
  it.each([
    [401, 38190, FailureKind.AUTHENTICATION],
    [429, 38194, FailureKind.RATE_LIMIT],
    [400, 477, FailureKind.REQUEST_REFUSED],
    [500, 141, FailureKind.SERVER_ERROR],
  ])('with status %i and code %i is what it says', (status, code, failure) => {
    const stated = { errors: [{ status, code, title: 'Title', detail: 'what' }] };
    expect(adapter.readError(status, stated, '', context)).toMatchObject({ failure, detail: `Title: what (${code})` });
  });
});

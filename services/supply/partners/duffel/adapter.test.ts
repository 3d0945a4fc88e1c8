import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Cabin, FlightCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { FailureKind, RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { TaxBasis } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { adapterOf, answerContext, chargesOf, offerOf } from '../testing.ts';

type Body = { data?: object | null; errors?: object[]; meta?: object; warnings?: object[] };

const adapter = await adapterOf('duffel');
const criteria = {
  vertical: {
    $case: 'flight' as const,
    value: FlightCriteria.fromPartial({ origin: 'LIS', destination: 'MAD', adults: 1 }),
  },
};
const context = answerContext('duffel', criteria, '2027-01-11T09:00:04Z');
const fixture = (name: string): Body =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));

function read(body: Body) {
  const result = adapter.read(body, context);
  if ('failure' in result) throw new Error(result.detail);
  return result;
}

describe('an offer request with its offers', () => {
  const { rows, next } = read(fixture('offer-request'));
  const offers = rows.map((row) => offerOf(adapter, row, context));
  const [nonstop, resold, journey, yen] = offers;

  it('has a row for each offer and no next page', () => {
    expect(rows).toHaveLength(4);
    expect(next).toBeUndefined();
    expect(offers.map(({ rejection }) => rejection)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('keeps amounts exact, in their own currency, with the tax part where its currency is the same', () => {
    expect(offers.map(({ price }) => price)).toEqual([
      { currency: 'GBP', totalMinor: 8945, taxMinor: 1845, dueLaterMinor: 0, basis: TaxBasis.INCLUDED },
      { currency: 'EUR', totalMinor: 9710, taxMinor: -1, dueLaterMinor: 0, basis: TaxBasis.INCLUDED },
      { currency: 'CAD', totalMinor: 154400, taxMinor: -1, dueLaterMinor: 0, basis: TaxBasis.INCLUDED },
      { currency: 'JPY', totalMinor: 23400, taxMinor: 1870, dueLaterMinor: 0, basis: TaxBasis.INCLUDED },
    ]);
  });

  it('tells of its taxes also where they are in another currency', () => {
    expect(rows.map((row) => chargesOf(adapter, row, context))).toEqual([
      ['Taxes 18.45 GBP TAX INCLUDED'],
      [],
      expect.any(Array),
      ['Taxes 1870 JPY TAX INCLUDED'],
    ]);
  });

  it('lives until expires_at, or as long as the manifest says', () => {
    expect(nonstop?.expiresAt).toBe(Date.parse('2027-01-11T09:20:03.500Z'));
    expect(yen?.expiresAt).toBe(context.fetchedAt + 900_000);
  });

  it('gives a flight one key however its number is padded and whoever sells it', () => {
    expect(nonstop?.columns?.segment_keys).toEqual(['ZX|407|2027-02-09|LIS|MAD|07:10|2027-02-09T09:35']);
    expect(resold?.columns?.segment_keys).toEqual(nonstop?.columns?.segment_keys);
    expect(resold?.columns?.carriers).toEqual(['Q8']);
  });

  it('falls back to the seller without a number where nobody is named to fly, or only a carrier is', () => {
    expect(journey?.columns?.segment_keys).toEqual([
      'VK|18|2027-03-13|SEA|NRT|22:50|2027-03-15T02:10',
      'VK||2027-03-15|HND|SYD|08:55|2027-03-15T20:30',
      '/',
      'ZX||2027-03-27|SYD|SEA|10:00|2027-03-27T05:35',
    ]);
  });

  it('maps every attribute', () => {
    expect(nonstop?.columns).toMatchObject({
      stops: 0,
      duration_minutes: 85,
      departure: Date.parse('2027-02-09T07:10:00Z'),
      arrival: Date.parse('2027-02-09T08:35:00Z'),
      departure_minute_of_day: 430,
      carriers: ['ZX'],
      connections: [],
      cabin: 'ECONOMY',
      fare_brand: 'Breeze',
      checked_bags: 1,
      refundable: false,
      changeable: true,
      emissions_kg: 62,
    });
    expect(journey?.columns).toMatchObject({
      stops: 1,
      duration_minutes: 1600 + 815,
      departure: Date.parse('2027-03-14T06:50:00Z'),
      arrival: Date.parse('2027-03-27T12:35:00Z'),
      carriers: ['VK'],
      connections: ['NRT', 'HND'],
      cabin: 'PREMIUM_ECONOMY',
      fare_brand: 'Premium Nest / Nest',
      checked_bags: 1,
      refundable: true,
      emissions_kg: 812.5,
    });
  });

  it('counts the connections into the travel time, though the slice states its flights alone', () => {
    // 06:50Z on the 14th to 09:30Z on the 15th; the slice says 19 h 55 min, which is 10 h 20 min and 9 h 35 min.
    expect(journey?.columns?.duration_minutes).toBe(26 * 60 + 40 + 815);
  });

  it('leaves absent what the airline does not say', () => {
    for (const attribute of ['fare_brand', 'checked_bags', 'refundable', 'changeable', 'emissions_kg']) {
      expect(resold?.columns?.[attribute]).toBeUndefined();
    }
    expect(yen?.columns?.checked_bags, 'a stated list without a checked bag').toBe(0);
  });

  it('takes the zone of the airport where the answer has none, or one that does not exist', () => {
    expect(yen?.columns?.departure).toBe(Date.parse('2027-02-09T14:35:00Z'));
    expect(yen?.columns?.arrival).toBe(Date.parse('2027-02-09T16:15:00Z'));
    expect(yen?.columns?.segment_keys).toEqual(['VK|0|2027-02-09|HND|CTS|23:35|2027-02-10T01:15']);
  });

  it('makes the whole flight with local times of both places', () => {
    const whole = adapter.item(rows[2]!, context, () => true);
    if (whole?.$case !== 'flight') throw new Error('no flight');
    const { value } = whole;
    expect(value.departure).toEqual({
      dateTime: '2027-03-13T22:50:00',
      timeZone: 'America/Los_Angeles',
      utcOffsetMinutes: -480,
    });
    expect(value.arrival).toEqual({
      dateTime: '2027-03-27T05:35:00',
      timeZone: 'America/Los_Angeles',
      utcOffsetMinutes: -420,
    });
    expect(
      value.slices.map(({ origin, destination, durationMinutes }) => [origin, destination, durationMinutes]),
    ).toEqual([
      ['SEA', 'SYD', 1600],
      ['SYD', 'SEA', 815],
    ]);
    expect(value.slices[0]?.segments[1]).toEqual({
      origin: 'HND',
      destination: 'SYD',
      originTerminal: '3',
      destinationTerminal: '1',
      departure: { dateTime: '2027-03-15T08:55:00', timeZone: 'Asia/Tokyo', utcOffsetMinutes: 540 },
      arrival: { dateTime: '2027-03-15T20:30:00', timeZone: 'Australia/Sydney', utcOffsetMinutes: 660 },
      durationMinutes: 575,
      marketingCarrier: 'VK',
      marketingFlightNumber: '5120',
      operatingCarrier: '',
      operatingFlightNumber: '',
      aircraft: '350',
      cabin: Cabin.PREMIUM_ECONOMY,
      fareBasis: 'NEST1',
      bookingClass: '',
    });
  });

  it('leaves out the slices where nobody asked for them', () => {
    const whole = adapter.item(rows[0]!, context, (field) => field !== 'slices');
    expect(whole).toMatchObject({ $case: 'flight', value: { slices: [], stops: 0, fareBrand: 'Breeze' } });
  });
});

describe('a list of offers', () => {
  const { rows, next } = read(fixture('rejected-offers'));

  it('is followed by the page behind its cursor', () => {
    expect(next).toMatchObject({
      method: 'GET',
      path: '/air/offers?after=b3BhcXVlIGN1cnNvcg%3D%3D',
      headers: { accept: 'application/json', authorization: 'Bearer token-of-test', 'duffel-version': 'v2' },
    });
  });

  it('rejects each row that cannot be an offer, with its reason, and keeps the others', () => {
    expect(
      rows.map((row) => [
        ((row.values as unknown[])[0] as { id: string }).id,
        offerOf(adapter, row, context).rejection?.reason,
      ]),
    ).toEqual([
      ['off_good', undefined],
      ['off_nowhere', RejectionReason.MISSING_FIELD],
      ['off_negative', RejectionReason.NEGATIVE_AMOUNT],
      ['off_no_currency', RejectionReason.INVALID_CURRENCY],
      ['off_half_penny', RejectionReason.INVALID_PRECISION],
      ['off_no_such_hour', RejectionReason.INVALID_TIME],
      ['off_unknown_airport', RejectionReason.UNKNOWN_CODE],
      ['off_shapeless', RejectionReason.MISSING_FIELD],
      [undefined, RejectionReason.MISSING_FIELD],
    ]);
  });

  it('rejects every row in a market about whose taxes the manifest says nothing', () => {
    const silent = { ...context, manifest: { ...context.manifest, taxBasis: {} } };
    expect(offerOf(adapter, rows[0]!, silent).rejection?.reason).toBe(RejectionReason.UNKNOWN_TAX_BASIS);
  });
});

describe('an answer that is none', () => {
  it('is malformed', () => {
    expect(adapter.read({ data: null }, context)).toMatchObject({ failure: FailureKind.MALFORMED });
    expect(adapter.read({}, context)).toMatchObject({ failure: FailureKind.MALFORMED });
  });

  it('is the failure that it states, even inside a 200', () => {
    const body = { errors: [{ type: 'airline_error', title: 'Airline down', message: 'Try later.' }] };
    expect(adapter.read(body, context)).toMatchObject({ failure: FailureKind.SERVER_ERROR });
  });
});

describe('asking again', () => {
  const { rows } = read(fixture('offer-request'));
  const offers = (fixture('offer-request').data as { offers: Body['data'][] }).offers;

  it('asks for the offer by its id', () => {
    expect(adapter.verify(rows[2]!, context)).toMatchObject({ method: 'GET', path: '/air/offers/off_return' });
  });

  it('reads the offer as it is now, and again from the held answer', () => {
    const body = { data: { ...(offers[0] as object), total_amount: '91.45' } };
    const verified = adapter.readVerified(body, context, rows[0]!);
    if (!('row' in verified)) throw new Error('gone');
    expect(adapter.price(verified.row, context).totalMinor).toBe(9145);
    expect(adapter.rowOfVerified(body, context)).toEqual(verified.row);
  });

  it.each(['offer_no_longer_available', 'not_found', 'offer_expired'])('is gone after %s', (code) => {
    const body = { errors: [{ type: 'invalid_state_error', code, message: 'Choose another.' }] };
    expect(adapter.readVerified(body, context, rows[0]!)).toMatchObject({
      gone: expect.stringContaining('Choose another.'),
    });
  });

  it('is a failure after any other error', () => {
    const body = { errors: [{ type: 'rate_limit_error', code: 'rate_limit_exceeded' }] };
    expect(adapter.readVerified(body, context, rows[0]!)).toMatchObject({ failure: FailureKind.RATE_LIMIT });
  });

  it('hands off the offer id, or a link where the configuration has one', () => {
    expect(adapter.handoff(rows[0]!, context, 'click-1')).toEqual({ token: 'off_nonstop' });
    const linked = answerContext('duffel', criteria, '2027-01-11T09:00:04Z', {
      handoffUrl: 'https://shop.test/{offer}?ref={click}',
    });
    expect(adapter.handoff(rows[0]!, linked, 'a b')).toEqual({ url: 'https://shop.test/off_nonstop?ref=a%20b' });
  });
});

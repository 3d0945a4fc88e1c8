import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Cabin, FlightCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { FailureKind, RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { TaxBasis } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { parseXml } from '../../body.ts';
import { adapterOf, answerContext, chargesOf, offerOf } from '../testing.ts';
import type { UapiBody } from './format.ts';
import type { Journey } from './journey.ts';

const adapter = await adapterOf('travelport');
type Row = Parameters<typeof adapter.item>[0];
/** The key of the element that a row was made of. */
const keyOf = (row: Row) => (row.named as unknown as Journey).priced['@Key'];

const criteria = {
  vertical: {
    $case: 'flight' as const,
    value: FlightCriteria.fromPartial({
      origin: 'LIS',
      destination: 'WAW',
      departureDate: '2027-03-27',
      returnDate: '2027-04-02',
      adults: 2,
      childAges: [8],
    }),
  },
};
const options = { targetBranch: 'P7000001' };
const context = answerContext('travelport', criteria, '2027-01-11T09:00:00Z', options);
const fixture = (name: string): UapiBody =>
  parseXml(readFileSync(new URL(`./fixtures/${name}.xml`, import.meta.url), 'utf8')) as UapiBody;
const fault = (code: string, faultcode: string): UapiBody => ({
  Envelope: {
    Body: {
      Fault: {
        faultcode,
        faultstring: 'It failed',
        detail: { ErrorInfo: { Code: code, Type: faultcode.replace('Server.', ''), TransactionId: 'T1' } },
      },
    },
  },
});

function read(body: UapiBody, within = context) {
  const result = adapter.read(body, within);
  if ('failure' in result) throw new Error(result.detail);
  return result;
}

describe('price points', () => {
  const { rows, next, warning } = read(fixture('price-points'));
  const offers = rows.map((row) => ({ key: keyOf(row), ...offerOf(adapter, row, context) }));
  const [direct, connecting, business] = offers;

  it('are a row for each combination of options, of what cannot be read one rejected row', () => {
    expect(offers.map(({ key, rejection }) => [key, rejection?.reason])).toEqual([
      ['p1', undefined],
      ['p1', undefined],
      // Its other way back leaves before the way there has ended.
      ['p2', undefined],
      ['lost-segment', RejectionReason.BROKEN_REFERENCE],
      ['lost-fare', RejectionReason.BROKEN_REFERENCE],
      ['half', RejectionReason.MISSING_FIELD],
      ['no-currency', RejectionReason.INVALID_CURRENCY],
      ['negative', RejectionReason.NEGATIVE_AMOUNT],
      ['nowhere', RejectionReason.UNKNOWN_CODE],
    ]);
  });

  it('cost what they cost for all passengers, in the currency of the total', () => {
    // 2 adults at 220.15 and a child at 172.00; base in dollars, approximate in pounds.
    expect(direct?.price).toEqual({
      currency: 'EUR',
      totalMinor: 61230,
      taxMinor: 13000,
      dueLaterMinor: 0,
      basis: TaxBasis.INCLUDED,
    });
    expect(connecting?.price).toEqual(direct?.price);
  });

  it('tell of their taxes by code, those of all passengers together', () => {
    expect(chargesOf(adapter, rows[0]!, context)).toEqual([
      'XT 85.00 EUR TAX INCLUDED',
      'YQ 45.00 EUR CARRIER INCLUDED',
    ]);
  });

  it('without a total cost what their passengers add up to, taxes in another currency aside', () => {
    expect(business?.price).toMatchObject({ currency: 'EUR', totalMinor: 2 * 120410 + 100005, taxMinor: -1 });
  });

  it('live as long as the manifest says, or until the ticket has to be issued', () => {
    // 10:05 at +01:00 is five minutes past nine in UTC.
    expect(direct?.expiresAt).toBe(Date.parse('2027-01-11T09:05:00Z'));
    expect(business?.expiresAt).toBe(context.fetchedAt + 900_000);
  });

  it('have their legs in order of travel, however the answer has them', () => {
    expect(direct?.columns?.segment_keys).toEqual([
      'VK|712|2027-03-27|LIS|WAW|08:00|2027-03-27T13:00',
      '/',
      'Q8||2027-04-02|WAW|LIS|18:30|2027-04-02T23:10',
    ]);
  });

  it('name who flies: under its own number, an unknown one, or nobody where a name stands alone', () => {
    expect(connecting?.columns?.segment_keys).toEqual([
      'VK|33|2027-03-27|LIS|MUC|10:15|2027-03-27T14:20',
      'ZX||2027-03-27|MUC|WAW|16:10|2027-03-27T17:50',
      '/',
      'Q8||2027-04-02|WAW|LIS|18:30|2027-04-02T23:10',
    ]);
    const whole = adapter.item(rows[1]!, context, () => true);
    const regional = whole?.$case === 'flight' ? whole.value.slices[0]?.segments[1] : undefined;
    expect(regional).toMatchObject({ marketingCarrier: 'ZX', operatingCarrier: '', operatingFlightNumber: '' });
  });

  it('map every attribute that the format has', () => {
    expect(connecting?.columns).toMatchObject({
      stops: 1,
      duration_minutes: 395 + 340,
      departure: Date.parse('2027-03-27T10:15:00Z'),
      arrival: Date.parse('2027-04-02T22:10:00Z'),
      departure_minute_of_day: 615,
      carriers: ['ZX', 'VK'],
      connections: ['MUC'],
      // The child sits in economy where its parents do not.
      cabin: 'ECONOMY',
      fare_brand: 'Smart & Light / Smart Plus',
      checked_bags: 1,
      refundable: true,
    });
    expect(connecting?.columns?.changeable, 'nothing said for the child').toBeUndefined();
    expect(business?.columns).toMatchObject({ cabin: 'BUSINESS', checked_bags: 1, changeable: false });
    expect(business?.columns?.refundable, 'a penalty after departure says nothing').toBeUndefined();
    expect(business?.columns?.fare_brand).toBeUndefined();
  });

  it('count landings under one number as stops', () => {
    expect(direct?.columns?.stops).toBe(1);
    expect(direct?.columns?.connections).toEqual([]);
  });

  it('keep the wall time and take the offset of the place, where the partner believed another', () => {
    const whole = adapter.item(rows[0]!, context, () => true);
    if (whole?.$case !== 'flight') throw new Error('no flight');
    // Poland has summer time on 2 April; the answer says +01:00.
    expect(whole.value.slices[1]?.segments[0]?.departure).toEqual({
      dateTime: '2027-04-02T18:30:00',
      timeZone: 'Europe/Warsaw',
      utcOffsetMinutes: 120,
    });
    expect(whole.value.slices[0]?.segments[0]).toEqual({
      origin: 'LIS',
      destination: 'WAW',
      originTerminal: '1',
      destinationTerminal: '',
      departure: { dateTime: '2027-03-27T08:00:00', timeZone: 'Europe/Lisbon', utcOffsetMinutes: 0 },
      arrival: { dateTime: '2027-03-27T13:00:00', timeZone: 'Europe/Warsaw', utcOffsetMinutes: 60 },
      durationMinutes: 240,
      marketingCarrier: 'VK',
      marketingFlightNumber: '712',
      operatingCarrier: 'VK',
      operatingFlightNumber: '712',
      aircraft: '32N',
      cabin: Cabin.ECONOMY,
      fareBasis: 'LVKLOW',
      bookingClass: 'L',
    });
  });

  it('are incomplete where the partner warns, and go on behind its reference', () => {
    expect(warning).toBe('Warning 4242: One carrier did not answer.');
    expect(next?.path).toBe('/AirService');
    expect(next?.body).toContain(
      '<com:NextResultReference ProviderCode="1G">page&lt;2&gt;</com:NextResultReference><air:SearchAirLeg>',
    );
  });

  it('are cut where they have more combinations than configured, and say so', () => {
    const few = answerContext('travelport', criteria, '2027-01-11T09:00:00Z', { ...options, maxCombinations: 1 });
    const cut = read(fixture('price-points'), few);
    expect(cut.rows.filter((row) => keyOf(row) === 'p1')).toHaveLength(1);
    expect(cut.warning).toContain('1 price points have more than 1 combinations');
  });
});

describe('solutions', () => {
  const { rows, warning } = read(fixture('solutions'));
  const offers = rows.map((row) => offerOf(adapter, row, context));

  it('are a row each, of lists with one element too', () => {
    expect(offers.map(({ rejection }) => rejection?.reason)).toEqual([
      undefined,
      RejectionReason.INVALID_PRECISION,
      RejectionReason.BROKEN_REFERENCE,
    ]);
    expect(warning).toBeUndefined();
  });

  it('have amounts without minor units and local times across midnight', () => {
    expect(offers[0]?.price).toMatchObject({ currency: 'KRW', totalMinor: 73400, taxMinor: 33400 });
    expect(offers[0]?.columns).toMatchObject({
      segment_keys: ['7X|21|2027-05-03|PUS|FUK|23:40|2027-05-04T00:35'],
      departure: Date.parse('2027-05-03T14:40:00Z'),
      arrival: Date.parse('2027-05-03T15:35:00Z'),
      duration_minutes: 55,
      stops: 0,
      checked_bags: 0,
      changeable: true,
      refundable: false,
    });
  });

  it('end with a ticketing date where it ends first on Earth', () => {
    const late = { ...context, fetchedAt: Date.parse('2027-01-11T09:50:00Z') };
    expect(adapter.expiresAt(rows[0]!, late)).toBe(Date.parse('2027-01-11T10:00:00Z'));
  });
});

describe('an answer without results', () => {
  it.each(['2602', '3000', '3037'])('is empty where fault %s says that nothing can be had', (code) => {
    expect(adapter.read(fault(code, 'Server.Business'), context)).toEqual({ rows: [] });
  });

  it('is a failure after any other fault, even in a 200', () => {
    expect(adapter.read(fault('345', 'Server.Security'), context)).toMatchObject({
      failure: FailureKind.AUTHENTICATION,
    });
  });

  it('is malformed where there is no answer, and no answer at all where there is no envelope', () => {
    expect(adapter.read({ Envelope: { Body: {} } }, context)).toMatchObject({ failure: FailureKind.MALFORMED });
    expect(() => adapter.read({}, context)).toThrow(/SOAP envelope/);
  });

  it('has no rows where its lists are empty', () => {
    const body = parseXml(
      '<E:Envelope xmlns:E="e"><E:Body><LowFareSearchRsp><AirPricePointList/></LowFareSearchRsp></E:Body></E:Envelope>',
    );
    expect(adapter.read(body as UapiBody, context)).toMatchObject({ rows: [] });
  });
});

describe('asking again', () => {
  const { rows } = read(fixture('price-points'));

  it('reads the fare asked for, not its upsell, with bags from the texts beside it', () => {
    const verified = adapter.readVerified(fixture('air-price'), context, rows[0]!);
    if (!('row' in verified)) throw new Error('gone');
    const { price, columns } = offerOf(adapter, verified.row, context);
    expect(price).toMatchObject({ currency: 'EUR', totalMinor: 64000, taxMinor: 13000 });
    expect(columns).toMatchObject({ checked_bags: 1, fare_brand: 'Smart Light', cabin: 'ECONOMY', stops: 1 });
    expect(columns?.segment_keys).toEqual(offerOf(adapter, rows[0]!, context).columns?.segment_keys);
    expect(adapter.rowOfVerified(fixture('air-price'), context).named).toEqual(verified.row.named);
  });

  it('is gone where there is no solution or no availability', () => {
    const none = parseXml(
      '<Envelope><Body><AirPriceRsp><AirPriceResult><AirPriceError><Message>Sold out</Message></AirPriceError></AirPriceResult></AirPriceRsp></Body></Envelope>',
    );
    expect(adapter.readVerified(none as UapiBody, context, rows[0]!)).toEqual({ gone: 'Sold out' });
    expect(adapter.readVerified(fault('3037', 'Server.Business'), context, rows[0]!)).toHaveProperty('gone');
  });

  it('is a failure after a fault', () => {
    expect(adapter.readVerified(fault('9', 'Server.System'), context, rows[0]!)).toMatchObject({
      failure: FailureKind.SERVER_ERROR,
    });
  });

  it('hands off everything that booking needs in one token', () => {
    const way = adapter.handoff(rows[0]!, context, 'click-1');
    const token = 'token' in way ? way.token : '';
    expect(JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))).toEqual({
      v: 1,
      provider: '1G',
      segments: [
        [0, 'VK', '0712', 'LIS', 'WAW', '2027-03-27T08:00:00.000+00:00', 'L', 'LVKLOW'],
        [1, 'VK', '713', 'WAW', 'LIS', '2027-04-02T18:30:00.000+01:00', 'Q', 'QVKRET'],
      ],
    });
  });
});

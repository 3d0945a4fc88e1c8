import { describe, expect, it } from 'vitest';
import { Cabin, FlightCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { StayCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { parseXml } from '../../body.ts';
import { adapterOf, answerContext } from '../testing.ts';

const adapter = await adapterOf('travelport');

const contextOf = (criteria: Parameters<typeof FlightCriteria.fromPartial>[0], options: object = {}) =>
  answerContext(
    'travelport',
    { vertical: { $case: 'flight', value: FlightCriteria.fromPartial(criteria) } },
    '2027-01-11T09:00:00Z',
    { targetBranch: 'P7000001', ...options },
  );

function ask(criteria: Parameters<typeof FlightCriteria.fromPartial>[0], options = {}) {
  const request = adapter.ask(contextOf(criteria, options));
  if ('unsupported' in request) throw new Error(request.unsupported);
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test looks at
  return { ...request, content: (parseXml(request.body ?? '') as any).Envelope.Body.LowFareSearchReq };
}

describe('a low fare search', () => {
  it('asks for a return of all passengers by type and age', () => {
    const request = ask({
      origin: 'LIS',
      destination: 'WAW',
      departureDate: '2027-03-27',
      returnDate: '2027-04-02',
      adults: 2,
      childAges: [13, 8, 1],
      cabin: Cabin.BUSINESS,
      maxStops: 1,
    });
    expect(request).toMatchObject({
      method: 'POST',
      path: '/AirService',
      headers: {
        authorization: `Basic ${btoa('username-of-test:password-of-test')}`,
        'content-type': 'text/xml; charset=utf-8',
        soapaction: '""',
      },
    });
    const leg = (from: string, to: string, date: string) => ({
      SearchOrigin: { CityOrAirport: { '@Code': from, '@PreferCity': 'true' } },
      SearchDestination: { CityOrAirport: { '@Code': to, '@PreferCity': 'true' } },
      SearchDepTime: { '@PreferredTime': date },
      AirLegModifiers: { PreferredCabins: { CabinClass: { '@Type': 'Business' } } },
    });
    expect(request.content).toMatchObject({
      '@TargetBranch': 'P7000001',
      '@SolutionResult': 'false',
      BillingPointOfSaleInfo: { '@OriginApplication': 'UAPI' },
      SearchAirLeg: [leg('LIS', 'WAW', '2027-03-27'), leg('WAW', 'LIS', '2027-04-02')],
      AirSearchModifiers: {
        PreferredProviders: { Provider: { '@Code': '1G' } },
        FlightType: { '@MaxStops': '1' },
      },
      SearchPassenger: [
        { '@Code': 'ADT' },
        { '@Code': 'ADT' },
        { '@Code': 'ADT' },
        { '@Code': 'CNN', '@Age': '8' },
        { '@Code': 'INF', '@Age': '1' },
      ],
      AirPricingModifiers: { '@CurrencyType': 'EUR' },
    });
  });

  it('asks leg by leg, for any cabin, in the configured shape', () => {
    const { content } = ask(
      {
        slices: [
          { origin: 'LIS', destination: 'WAW', departureDate: '2027-03-27' },
          { origin: 'KRK', destination: 'OPO', departureDate: '2027-03-30' },
        ],
        adults: 1,
      },
      { solutionResult: true },
    );
    expect(content['@SolutionResult']).toBe('true');
    expect(content.SearchAirLeg).toHaveLength(2);
    expect(content.SearchAirLeg[1]).toEqual({
      SearchOrigin: { CityOrAirport: { '@Code': 'KRK', '@PreferCity': 'true' } },
      SearchDestination: { CityOrAirport: { '@Code': 'OPO', '@PreferCity': 'true' } },
      SearchDepTime: { '@PreferredTime': '2027-03-30' },
    });
  });

  it('is refused without a branch, and not made for stays', () => {
    expect(() => ask({ adults: 1 }, { targetBranch: '' })).toThrow(/targetBranch/);
    const vertical = { $case: 'stay' as const, value: StayCriteria.fromPartial({}) };
    expect(adapter.ask(answerContext('travelport', { vertical }, '2027-01-11T09:00:00Z'))).toHaveProperty(
      'unsupported',
    );
  });
});

describe('asking for a price again', () => {
  it('names flights, booking classes and fares as the partner wrote them', () => {
    const segment = {
      '@Carrier': 'VK',
      '@FlightNumber': '0712',
      '@Origin': 'LIS',
      '@Destination': 'WAW',
      '@DepartureTime': '2027-03-27T08:00:00.000+00:00',
      '@ArrivalTime': '2027-03-27T13:00:00.000+01:00',
    };
    const booked = (part: string) => ({ '@BookingCode': 'L', '@SegmentRef': part, '@FareInfoRef': part });
    const answer = {
      AirSegmentList: {
        AirSegment: [
          { '@Key': 'a', ...segment },
          { '@Key': 'b', ...segment },
        ],
      },
      FareInfoList: { FareInfo: [{ '@Key': 'a', '@FareBasis': 'LVKLOW' }, { '@Key': 'b' }] },
      AirPricingSolution: {
        Journey: { AirSegmentRef: [{ '@Key': 'a' }, { '@Key': 'b' }] },
        AirPricingInfo: { BookingInfo: [booked('a'), booked('b')] },
      },
    };
    const context = contextOf({ adults: 1 });
    const result = adapter.read({ Envelope: { Body: { LowFareSearchRsp: answer } } }, context);
    const row = 'rows' in result ? result.rows[0] : undefined;
    const request = adapter.verify(row!, context);
    // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test looks at
    const content = (parseXml(request.body ?? '') as any).Envelope.Body.AirPriceReq;
    expect(content.AirItinerary.AirSegment[0]).toEqual({
      '@Key': '0',
      '@Group': '0',
      '@Carrier': 'VK',
      '@FlightNumber': '0712',
      '@ProviderCode': '1G',
      '@Origin': 'LIS',
      '@Destination': 'WAW',
      '@DepartureTime': '2027-03-27T08:00:00.000+00:00',
      '@ArrivalTime': '2027-03-27T13:00:00.000+01:00',
      '@ClassOfService': 'L',
      Connection: '',
    });
    expect(content.AirItinerary.AirSegment[1]).not.toHaveProperty('Connection');
    expect(content.SearchPassenger).toEqual({ '@Key': '0', '@Code': 'ADT' });
    expect(content.AirPricingCommand.AirSegmentPricingModifiers).toEqual([
      { '@AirSegmentRef': '0', '@FareBasisCode': 'LVKLOW', PermittedBookingCodes: { BookingCode: { '@Code': 'L' } } },
      { '@AirSegmentRef': '1', PermittedBookingCodes: { BookingCode: { '@Code': 'L' } } },
    ]);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Twin } from '../server.ts';
import {
  askTravelport,
  at,
  cents,
  lowFareSearch,
  type Node,
  nodes,
  parseSoap,
  soap,
  startTestTwin,
} from '../testing.ts';

let twin: Twin;
beforeAll(async () => {
  ({ twin } = await startTestTwin());
});
afterAll(() => twin.close());
beforeEach(() => twin.setScenario('travelport', {}));

const twoAndChild =
  '<com:SearchPassenger Code="ADT"/><com:SearchPassenger Code="ADT"/><com:SearchPassenger Code="CNN" Age="8"/>';

async function search(...args: Parameters<typeof lowFareSearch>): Promise<Node> {
  const heard = await askTravelport(twin, lowFareSearch(...args));
  expect(heard.status, heard.text.slice(0, 300)).toBe(200);
  return nodes(parseSoap(heard.text), 'LowFareSearchRsp')[0]!;
}

function faultIn(text: string): { code: string; string: string; number: string } {
  const fault = nodes(parseSoap(text), 'Fault')[0];
  const textOf = (node: Node | undefined): string => (typeof node?.['#text'] === 'string' ? node['#text'] : '');
  return {
    code: textOf(nodes(fault, 'faultcode')[0]),
    string: textOf(nodes(fault, 'faultstring')[0]),
    number: textOf(nodes(nodes(nodes(fault, 'detail')[0], 'ErrorInfo')[0], 'Code')[0]),
  };
}

const money = (text: string, currency = 'EUR'): number => {
  expect(text.slice(0, 3)).toBe(currency);
  return cents(text.slice(3));
};
const points = (answer: Node) => nodes(nodes(answer, 'AirPricePointList')[0], 'AirPricePoint');
const legsOf = (info: Node | undefined) => nodes(nodes(info, 'FlightOptionsList')[0], 'FlightOption');

describe('price points', () => {
  it('add up: taxes, passenger types and their count', async () => {
    const answer = await search(
      [
        ['LHR-JFK', 60],
        ['JFK-LHR', 67],
      ],
      { passengers: twoAndChild },
    );
    expect(points(answer).length).toBeGreaterThan(20);
    for (const point of points(answer)) {
      let total = 0;
      for (const info of nodes(point, 'AirPricingInfo')) {
        const taxes = nodes(info, 'TaxInfo').reduce((sum, tax) => sum + money(at(tax, 'Amount')), 0);
        expect(taxes).toBe(money(at(info, 'Taxes')));
        expect(money(at(info, 'ApproximateBasePrice')) + taxes).toBe(money(at(info, 'TotalPrice')));
        total += money(at(info, 'TotalPrice')) * nodes(info, 'PassengerType').length;
      }
      expect(total).toBe(money(at(point, 'TotalPrice')));
    }
  });

  it('have a base in the currency of filing beside a total in euros', async () => {
    for (const point of points(await search([['LHR-JFK', 60]]))) {
      expect(at(point, 'BasePrice')).toMatch(/^GBP\d+\.00$/);
      expect(at(point, 'EquivalentBasePrice')).toBe(at(point, 'ApproximateBasePrice'));
    }
  });

  it('refer only to what is in the answer', async () => {
    const answer = await search(
      [
        ['BER-MAD', 30],
        ['MAD-IST', 34],
        ['IST-BER', 40],
      ],
      { passengers: twoAndChild },
    );
    const keys = (list: string, name: string) =>
      new Set(nodes(nodes(answer, list)[0], name).map((node) => at(node, 'Key')));
    const segments = keys('AirSegmentList', 'AirSegment');
    const fares = keys('FareInfoList', 'FareInfo');
    const details = keys('FlightDetailsList', 'FlightDetails');
    const legs = new Set(nodes(nodes(nodes(answer, 'RouteList')[0], 'Route')[0], 'Leg').map((leg) => at(leg, 'Key')));
    expect(legs.size).toBe(3);
    for (const segment of nodes(nodes(answer, 'AirSegmentList')[0], 'AirSegment')) {
      expect(details).toContain(at(nodes(segment, 'FlightDetailsRef')[0], 'Key'));
    }
    for (const point of points(answer)) {
      for (const info of nodes(point, 'AirPricingInfo')) {
        for (const reference of nodes(info, 'FareInfoRef')) expect(fares).toContain(at(reference, 'Key'));
        for (const leg of legsOf(info)) {
          expect(legs).toContain(at(leg, 'LegRef'));
          for (const booking of nodes(leg, 'Option').flatMap((option) => nodes(option, 'BookingInfo'))) {
            expect(segments).toContain(at(booking, 'SegmentRef'));
            expect(fares).toContain(at(booking, 'FareInfoRef'));
          }
        }
      }
    }
  });

  it('multiplied out are what solutions list one by one', async () => {
    const slices = [
      ['LHR-JFK', 60],
      ['JFK-LHR', 67],
    ] as const;
    const journeys = new Map<string, number>();
    for (const point of points(await search(slices))) {
      const [out, back] = legsOf(nodes(point, 'AirPricingInfo')[0]).map((leg) =>
        nodes(leg, 'Option').map((option) =>
          nodes(option, 'BookingInfo')
            .map((booking) => `${at(booking, 'SegmentRef')} ${at(booking, 'BookingCode')}`)
            .join(),
        ),
      );
      for (const first of out!)
        for (const second of back!) journeys.set(`${first};${second}`, money(at(point, 'TotalPrice')));
    }
    const solutions = nodes(await search(slices, { attributes: 'SolutionResult="true"' }), 'AirPricingSolution');
    expect(solutions.length).toBe(journeys.size);
    for (const solution of solutions) {
      const booked = new Map(
        nodes(nodes(solution, 'AirPricingInfo')[0], 'BookingInfo').map((booking) => [
          at(booking, 'SegmentRef'),
          at(booking, 'BookingCode'),
        ]),
      );
      const name = nodes(solution, 'Journey')
        .map((journey) =>
          nodes(journey, 'AirSegmentRef')
            .map((reference) => `${at(reference, 'Key')} ${booked.get(at(reference, 'Key'))}`)
            .join(),
        )
        .join(';');
      expect(journeys.get(name), name).toBe(money(at(solution, 'TotalPrice')));
    }
  });

  it('come in the currency asked for, with its digits', async () => {
    const answer = await search([['LHR-JFK', 60]], { modifiers: '<air:AirPricingModifiers CurrencyType="KRW"/>' });
    expect(at(answer, 'CurrencyType')).toBe('KRW');
    for (const point of points(answer)) expect(at(point, 'TotalPrice')).toMatch(/^KRW\d+$/);
  });

  it('are at most as many as asked for, nonstop and of the cabin asked for', async () => {
    const answer = await search([['LHR-JFK', 60]], {
      modifiers:
        '<air:AirSearchModifiers MaxSolutions="5"><air:PermittedCabins><com:CabinClass Type="Business"/></air:PermittedCabins><air:FlightType MaxStops="0"/></air:AirSearchModifiers>',
    });
    const options = points(answer).flatMap((point) =>
      legsOf(nodes(point, 'AirPricingInfo')[0]).flatMap((leg) => nodes(leg, 'Option')),
    );
    expect(options.length).toBeGreaterThan(0);
    expect(options.length).toBeLessThanOrEqual(5);
    for (const option of options) {
      expect(nodes(option, 'BookingInfo')).toHaveLength(1);
      expect(at(nodes(option, 'BookingInfo')[0], 'CabinClass')).toBe('Business');
    }
  });

  it('have codeshares with and without the operating number, unpadded numbers and offsets', async () => {
    const segments = nodes(nodes(await search([['LHR-JFK', 60]]), 'AirSegmentList')[0], 'AirSegment');
    const shares = segments.flatMap((segment) => nodes(segment, 'CodeshareInfo'));
    expect(shares.some((share) => at(share, 'OperatingFlightNumber') !== '')).toBe(true);
    expect(shares.some((share) => at(share, 'OperatingFlightNumber') === '')).toBe(true);
    for (const segment of segments) {
      expect(at(segment, 'FlightNumber')).toMatch(/^[1-9]\d{0,3}$/);
      expect(at(segment, 'DepartureTime')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000[+-]\d\d:\d\d$/);
    }
  });

  it('escape what names contain', async () => {
    const heard = await askTravelport(twin, lowFareSearch([['SYD-MEL', 20]]));
    expect(heard.text).toContain('TraceId="a&amp;b"');
    expect(heard.text).toContain('Smart &amp; Save');
    expect(heard.text).not.toMatch(/&(?!amp;|lt;|gt;|quot;|apos;)/);
    parseSoap(heard.text);
  });
});

const segmentsOf = (answer: Node, booked: readonly Node[]) => {
  const byKey = new Map(nodes(nodes(answer, 'AirSegmentList')[0], 'AirSegment').map((node) => [at(node, 'Key'), node]));
  return booked.map((booking, index) => {
    const segment = byKey.get(at(booking, 'SegmentRef'))!;
    const attributes = ['Group', 'Carrier', 'FlightNumber', 'Origin', 'Destination', 'DepartureTime', 'ArrivalTime']
      .map((name) => `${name}="${at(segment, name)}"`)
      .join(' ');
    return `<air:AirSegment Key="s${index}" ${attributes} ClassOfService="${at(booking, 'BookingCode')}"/>`;
  });
};
const request = (segments: readonly string[], modifiers = '', passengers = '<com:SearchPassenger Code="ADT"/>') =>
  soap(
    `<air:AirPriceReq xmlns:air="a" xmlns:com="c" TargetBranch="P1"><air:AirItinerary>${segments.join('')}</air:AirItinerary>${passengers}<air:AirPricingCommand>${modifiers}</air:AirPricingCommand></air:AirPriceReq>`,
  );
const firstBooked = (answer: Node, test: (booked: readonly Node[]) => boolean = () => true) => {
  for (const point of points(answer)) {
    const booked = legsOf(nodes(point, 'AirPricingInfo')[0]).flatMap((leg) =>
      nodes(nodes(leg, 'Option')[0], 'BookingInfo'),
    );
    if (test(booked)) return { point, booked };
  }
  throw new Error('no such price point');
};

describe('pricing again', () => {
  it('finds the price of the search, and a dearer brand after it', async () => {
    const answer = await search(
      [
        ['LHR-JFK', 60],
        ['JFK-LHR', 67],
      ],
      { passengers: twoAndChild },
    );
    const { point, booked } = firstBooked(answer);
    const heard = await askTravelport(twin, request(segmentsOf(answer, booked), '', twoAndChild));
    const priced = nodes(parseSoap(heard.text), 'AirPriceRsp')[0]!;
    const solutions = nodes(nodes(priced, 'AirPriceResult')[0], 'AirPricingSolution');
    expect(solutions).toHaveLength(2);
    expect(at(solutions[0], 'TotalPrice')).toBe(at(point, 'TotalPrice'));
    expect(money(at(solutions[1], 'TotalPrice'))).toBeGreaterThan(money(at(point, 'TotalPrice')));
    expect(nodes(priced, 'ResponseMessage').map((message) => at(message, 'Type'))).toEqual(['Warning']);
  });

  it('prices the given booking codes alone, and codeshares as sold', async () => {
    const answer = await search([['LHR-JFK', 60]]);
    const shared = new Set(
      nodes(nodes(answer, 'AirSegmentList')[0], 'AirSegment')
        .filter((s) => nodes(s, 'CodeshareInfo').length > 0)
        .map((s) => at(s, 'Key')),
    );
    const { point, booked } = firstBooked(answer, (bookings) =>
      bookings.some((booking) => shared.has(at(booking, 'SegmentRef'))),
    );
    const exact = booked.map(
      (booking, index) =>
        `<air:AirSegmentPricingModifiers AirSegmentRef="s${index}"><air:PermittedBookingCodes><air:BookingCode Code="${at(booking, 'BookingCode')}"/></air:PermittedBookingCodes></air:AirSegmentPricingModifiers>`,
    );
    const heard = await askTravelport(twin, request(segmentsOf(answer, booked), exact.join('')));
    const solutions = nodes(
      nodes(nodes(parseSoap(heard.text), 'AirPriceRsp')[0], 'AirPriceResult')[0],
      'AirPricingSolution',
    );
    expect(solutions.map((solution) => at(solution, 'TotalPrice'))).toEqual([at(point, 'TotalPrice')]);
  });

  it('finds another price or nothing where the scenario says so', async () => {
    const answer = await search([['LHR-JFK', 60]]);
    const { point, booked } = firstBooked(answer);
    twin.setScenario('travelport', { priceChangeShare: 1, priceChange: 0.2 });
    const dearer = await askTravelport(twin, request(segmentsOf(answer, booked)));
    const solution = nodes(
      nodes(nodes(parseSoap(dearer.text), 'AirPriceRsp')[0], 'AirPriceResult')[0],
      'AirPricingSolution',
    )[0];
    const ratio = money(at(solution, 'TotalPrice')) / money(at(point, 'TotalPrice'));
    expect(ratio).toBeGreaterThan(1.19);
    expect(ratio).toBeLessThan(1.21);
    twin.setScenario('travelport', { soldOutShare: 1 });
    const gone = await askTravelport(twin, request(segmentsOf(answer, booked)));
    expect(gone.status).toBe(500);
    expect(faultIn(gone.text)).toMatchObject({ code: 'Server.Business', number: '3037' });
  });

  it('does not price flights that there are not', async () => {
    const segment =
      '<air:AirSegment Key="a" Group="0" Carrier="BA" FlightNumber="9999" Origin="LHR" Destination="JFK" DepartureTime="2026-03-06T10:00:00.000+00:00" ClassOfService="Y"/>';
    expect(faultIn((await askTravelport(twin, request([segment]))).text).number).toBe('3037');
  });
});

describe('a request gets a fault', () => {
  it('without credentials, with others than Basic, and with half of them', async () => {
    for (const headers of [{}, { authorization: 'Bearer x' }, { authorization: `Basic ${btoa('user:')}` }]) {
      const heard = await askTravelport(twin, lowFareSearch([['LHR-JFK', 60]]), headers as Record<string, string>);
      expect(heard.status).toBe(401);
      expect(faultIn(heard.text).code).toBe('Server.Security');
    }
  });

  it('with status 500 and a reason for what it lacks', async () => {
    const reason = async (body: string) => {
      const heard = await askTravelport(twin, body);
      expect(heard.status).toBe(500);
      expect(heard.headers.get('content-type')).toContain('text/xml');
      return faultIn(heard.text).string;
    };
    const whole = lowFareSearch([['LHR-JFK', 60]]);
    expect(await reason('hello')).toMatch(/SOAP/);
    expect(await reason(`<!DOCTYPE a [<!ENTITY b "c">]>${whole}`)).toMatch(/SOAP/);
    expect(await reason(soap('<air:LowFareSearchReq xmlns:air="a"/>'))).toMatch(/TargetBranch/);
    expect(await reason(soap('<air:MakeTeaReq xmlns:air="a" TargetBranch="P1"/>'))).toMatch(/MakeTeaReq/);
    expect(await reason(lowFareSearch([['LHR-QQQ', 60]]))).toMatch(/QQQ/);
    expect(await reason(lowFareSearch([['LHR-JFK', -3]]))).toMatch(/past/);
    expect(await reason(lowFareSearch([['LHR-JFK', 60]], { passengers: '<a/>' }))).toMatch(/SearchPassenger/);
    expect(
      await reason(lowFareSearch([['LHR-JFK', 60]], { modifiers: '<air:AirPricingModifiers CurrencyType="QQQ"/>' })),
    ).toMatch(/QQQ/);
  });

  it('that there are no solutions where nobody flies', async () => {
    const heard = await askTravelport(twin, lowFareSearch([['LHR-LHR', 60]]));
    expect(faultIn(heard.text).number).toBe('2602');
  });

  it('when the scenario says so, and warnings beside what was found', async () => {
    twin.setScenario('travelport', { rateLimitShare: 1, rateLimitResetSeconds: 9 });
    const limited = await askTravelport(twin, lowFareSearch([['LHR-JFK', 60]]));
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '9']);
    twin.setScenario('travelport', { warningShare: 1 });
    const warned = await search([['LHR-JFK', 60]]);
    expect(nodes(warned, 'ResponseMessage').map((message) => at(message, 'Type'))).toEqual(['Warning']);
    expect(points(warned).length).toBeGreaterThan(0);
  });
});

const recordings = path.resolve('../shared/partner-samples/flights/travelport-uapi/Air');

describe.skipIf(!existsSync(recordings))(
  'beside recorded answers (skipped where ../shared/partner-samples is absent)',
  () => {
    const recorded = (file: string) => parseSoap(readFileSync(path.join(recordings, file), 'utf8'));

    it('uses only elements and attributes that recorded searches have', async () => {
      const theirs = new Set([
        ...names(recorded('LowFaresSearch.1ADTIEVPAR.xml')),
        ...names(recorded('LowFaresSearch.2ADT1CNNIEVBKK.xml')),
        ...names(recorded('LowFaresSearch.1ADTSELIEV.solutionResult.xml')),
        ...names(
          nodes(recorded('LowFaresSearchAsync.1ADTICNKKJ.xml'), 'LowFareSearchAsynchRsp')[0]!,
          'LowFareSearchRsp',
        ),
      ]);
      const slices = [
        ['LHR-JFK', 60],
        ['JFK-LHR', 67],
      ] as const;
      const options = { passengers: twoAndChild };
      const ours = [
        await search(slices, options),
        await search(slices, { ...options, attributes: 'SolutionResult="true"' }),
      ];
      for (const answer of ours) {
        // Ages were not stated in the recorded searches, and the recorded solutions were sold in the currency of filing.
        const rare = /PassengerType@Age$|AirPricingSolution(\.AirPricingInfo)?@EquivalentBasePrice$/;
        const unknown = [...names(answer, 'LowFareSearchRsp')].filter((name) => !theirs.has(name) && !rare.test(name));
        expect(unknown).toEqual([]);
      }
    });

    it('uses only elements and attributes that the recorded price quote has', async () => {
      const theirs = names(recorded('AirPricingSolution.IEVPAR.xml'));
      const answer = await search([['LHR-JFK', 60]]);
      const { booked } = firstBooked(answer);
      const ours = names(parseSoap((await askTravelport(twin, request(segmentsOf(answer, booked)))).text));
      // Terminals of departure, codeshares' numbers and refundability did not occur in the one quote that was recorded.
      const rare =
        /@(OriginTerminal|OperatingFlightNumber|Refundable|TravelerType)$|CancelPenalty|Percentage|PenaltyApplies/;
      expect([...ours].filter((name) => !theirs.has(name) && !rare.test(name))).toEqual([]);
    });

    it('refuses as the recorded refusal does', async () => {
      const theirs = names(recorded('NoAgreementError.xml'));
      const ours = names(parseSoap((await askTravelport(twin, 'hello')).text));
      expect(ours).toEqual(theirs);
    });
  },
);

/** Paths of all elements and attributes of a node, its own name first. */
function names(node: Node, path = '', found = new Set<string>()): Set<string> {
  for (const [name, value] of Object.entries(node)) {
    if (name.startsWith('@')) found.add(`${path}${name}`);
    else if (Array.isArray(value)) {
      const below = path === '' ? name : `${path}.${name}`;
      found.add(below);
      for (const child of value as readonly Node[]) names(child, below, found);
    }
  }
  return found;
}

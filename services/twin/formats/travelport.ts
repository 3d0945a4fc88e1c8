import { dayOfEpoch } from '../dates.ts';
import { shop } from '../flights/shop.ts';
import { fractionOf } from '../random.ts';
import { type Answer, type Call, createdSecond, type Format, type Seller, type Surroundings } from './format.ts';
import { gatewayError } from './gateway.ts';
import { attribute, type Element, type Fault, faultAnswer, soapBody } from './soap.ts';
import { readSegmentKey } from './travelport-parts.ts';
import { priceResponse, priceSegments } from './travelport-price.ts';
import { type BadRequest, type LowFareRequest, readLowFare, readPrice } from './travelport-request.ts';
import { lowFareResponse } from './travelport-search.ts';

const xmlType = 'text/xml;charset=UTF-8';

/** Travelport Universal API, air v52: SOAP, Basic authentication, everything at one address. */
export const travelport: Format = {
  answer(surroundings, seller, call) {
    if (!isAuthenticated(call)) {
      return faultAnswer(security('Invalid user name or password'), transactionId(call), 401, {
        'www-authenticate': 'Basic realm="Travelport"',
      });
    }
    if (call.path !== '/AirService') {
      return { status: 404, contentType: 'text/html', body: '<html><body><h1>404 Not Found</h1></body></html>' };
    }
    if (call.method !== 'POST') {
      return {
        status: 405,
        contentType: 'text/html',
        headers: { allow: 'POST' },
        body: '<html><body><h1>405</h1></body></html>',
      };
    }
    const body = soapBody(call.body);
    if (body === undefined) return faultAnswer(client('The request is no SOAP envelope'), transactionId(call));
    const branch = attribute(body.element, 'TargetBranch');
    if (branch === undefined || branch === '') {
      return faultAnswer(security('TargetBranch is required'), transactionId(call));
    }
    if (body.name === 'LowFareSearchReq') return lowFare(surroundings, seller, call, body.element);
    if (body.name === 'AirPriceReq') return price(surroundings, seller, call, body.element);
    return faultAnswer(client(`There is no operation ${body.name}`), transactionId(call));
  },

  refuse(seller, call, why, variant) {
    if (why === 'error') return variant < 0.6 ? faultAnswer(systemFault, transactionId(call)) : gatewayError(variant);
    const fault: Fault = {
      faultcode: 'Server.Throttle',
      faultstring: why === 'quota' ? 'Transaction limit of the day is exceeded' : 'Too many transactions, throttled',
      code: '6119',
      service: 'WEBSVC',
      type: 'Throttle',
      description: 'Transaction limit exceeded',
    };
    return faultAnswer(fault, transactionId(call), 429, { 'retry-after': `${seller.scenario.rateLimitResetSeconds}` });
  },

  /** Keys are those of segments: joined by "," within a leg, legs by ";". */
  truth(_surroundings, _seller, key) {
    const legs = key.split(';').map((leg) => leg.split(',').map((each) => readSegmentKey(each)));
    if (legs.flat().includes(undefined)) return undefined;
    const product = legs.map((leg) => leg.map((segment) => segment!.flight).join('+')).join(' / ');
    return { kind: 'flight', product, variant: '' };
  },
};

function lowFare(surroundings: Surroundings, seller: Seller, call: Call, element: Element): Answer {
  const request = readLowFare(element, call.now);
  if ('problem' in request) return refuse(request, call);
  const second = createdSecond(call.now);
  const selling = inCurrency(seller, request.currency);
  const { world, bodies } = surroundings;
  const bookedDay = dayOfEpoch(second * 1000);
  const offers = shop(world, selling, toSearch(request), bookedDay).slice(0, request.maxSolutions);
  if (offers.length === 0) {
    return faultAnswer(
      {
        faultcode: 'Server.Business',
        faultstring: 'No Solutions in the response.',
        code: '2602',
        service: 'WEBSVC',
        type: 'Business',
        description: 'No Solutions in the response.',
      },
      transactionId(call),
    );
  }
  const id = transactionIdOf(`${seller.name}|${second}|${JSON.stringify(request)}`);
  return {
    status: 200,
    contentType: xmlType,
    body: bodies.get(`${seller.name}|${seller.revision}|${id}|${call.warning}`, () =>
      lowFareResponse(world.seed, selling, request, offers, bookedDay, id, call.warning),
    ),
  };
}

function price({ world }: Surroundings, seller: Seller, call: Call, element: Element): Answer {
  const request = readPrice(element);
  if ('problem' in request) return refuse(request, call);
  const bookedDay = dayOfEpoch(call.now);
  const offers = priceSegments(world, inCurrency(seller, request.currency), request, bookedDay);
  if (offers === undefined) {
    return faultAnswer(
      {
        faultcode: 'Server.Business',
        faultstring: 'NO AVAILABILITY ON CHOSEN FLIGHTS, UNABLE TO FARE QUOTE',
        code: '3037',
        service: 'WEBSVC',
        type: 'Business',
        description: 'No availability on chosen flights, unable to fare quote',
      },
      transactionId(call),
    );
  }
  return { status: 200, contentType: xmlType, body: priceResponse(request, offers, bookedDay, transactionId(call)) };
}

function toSearch(request: LowFareRequest) {
  return {
    legs: request.legs,
    passengers: request.travellers.flatMap(({ kind, count }) => Array.from({ length: count }, () => kind)),
    ...(request.cabin === undefined ? {} : { cabin: request.cabin }),
    ...(request.maxChanges === undefined ? {} : { maxChanges: request.maxChanges }),
  };
}

function inCurrency(seller: Seller, currency: string | undefined): Seller {
  return currency === undefined || currency === seller.currency ? seller : { ...seller, currency };
}

/** Any user name and password will do, but they must be there. */
function isAuthenticated(call: Call): boolean {
  const given = /^Basic +([A-Za-z0-9+/=]+)$/.exec(call.headers.authorization ?? '');
  return given !== null && /^[^:]+:.+$/.test(Buffer.from(given[1]!, 'base64').toString());
}

function refuse({ problem }: BadRequest, call: Call): Answer {
  return faultAnswer(client(problem), transactionId(call));
}

function client(problem: string): Fault {
  return {
    faultcode: 'Client.Validation',
    faultstring: problem,
    code: '3003',
    service: 'WEBSVC',
    type: 'Validation',
    description: problem,
  };
}

function security(problem: string): Fault {
  return {
    faultcode: 'Server.Security',
    faultstring: problem,
    code: '1512',
    service: 'SYSTEM',
    type: 'Security',
    description: problem,
  };
}

const systemFault: Fault = {
  faultcode: 'Server.System',
  faultstring: 'An unexpected error occurred in the host',
  code: '6119',
  service: 'WEBSVC',
  type: 'System',
  description: 'Host system error',
};

function transactionId(call: Call): string {
  return transactionIdOf(`${call.number}|${call.now}`);
}

function transactionIdOf(key: string): string {
  const half = (part: string): string =>
    Math.floor(fractionOf(`${part}|${key}`) * 2 ** 48)
      .toString(16)
      .padStart(16, '0');
  return `${half('a')}${half('b')}`.toUpperCase();
}

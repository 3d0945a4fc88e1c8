import { dayOfEpoch } from '../dates.ts';
import { type Quote, quoteSegments } from '../flights/quote.ts';
import { listOffers, offerKey, shop } from '../flights/shop.ts';
import { brokenPrice } from '../scenario.ts';
import { expiryOf, tokenOf, tokenProblem, writeToken } from './access.ts';
import { dictionariesJson, offerJson } from './amadeus-body.ts';
import { amadeusError, amadeusType } from './amadeus-errors.ts';
import { readOffer, readSearch } from './amadeus-request.ts';
import { type Answer, type Call, createdSecond, type Format, type Seller, type Surroundings } from './format.ts';
import { gatewayError } from './gateway.ts';

const tokenPath = '/v1/security/oauth2/token';
const searchPath = '/v2/shopping/flight-offers';
const pricingPath = '/v1/shopping/flight-offers/pricing';

/** Amadeus Self-Service, Flight Offers Search v2 and Price v1: REST, JSON, OAuth client credentials, one page. */
export const amadeus: Format = {
  answer(surroundings, seller, call) {
    if (call.path === tokenPath) return token(seller, call);
    const refused = authenticate(seller, call);
    if (refused !== undefined) return refused;
    if (call.path === searchPath && call.method === 'GET') return search(surroundings, seller, call);
    if (call.path === pricingPath && call.method === 'POST') return price(surroundings, seller, call);
    const known = call.path === searchPath || call.path === pricingPath;
    return known
      ? amadeusError({ status: 405, code: 38197, title: 'Method not allowed', detail: `Not with ${call.method}` })
      : amadeusError({
          status: 404,
          code: 38196,
          title: 'Resource not found',
          detail: 'There is nothing at this path',
        });
  },

  refuse(_seller, _call, why, variant) {
    if (why === 'error') {
      const detail = 'The system could not answer; try again later';
      return variant < 0.6
        ? amadeusError({ status: 500, code: 141, title: 'SYSTEM ERROR HAS OCCURRED', detail })
        : gatewayError(variant);
    }
    // Nothing says when to come back.
    return why === 'quota'
      ? amadeusError({
          status: 429,
          code: 38195,
          title: 'Quota limit exceeded',
          detail: 'The quota of the month is spent',
        })
      : amadeusError({
          status: 429,
          code: 38194,
          title: 'Too many requests',
          detail: 'More than may come in a second',
        });
  },

  /** Offers have no key of their own: the key is the whole offer, as JSON. */
  truth({ world }, seller, key) {
    const quote = readOffer(parse(key));
    if (quote === undefined) return undefined;
    const offers = quoteSegments(world, { ...seller, scenario: { ...seller.scenario, soldOutShare: 0 } }, quote, 0);
    return offers && { kind: 'flight', product: offers[0]!.journey.id, variant: offers[0]!.family.code };
  },
};

function token(seller: Seller, call: Call): Answer {
  const json = (status: number, body: object): Answer => ({
    status,
    contentType: 'application/json',
    body: JSON.stringify(body),
  });
  const refused = (status: number, error: string, code: number, description: string): Answer =>
    json(status, { error, error_description: description, code, title: 'Invalid parameters' });
  if (call.method !== 'POST') return refused(405, 'invalid_request', 38197, 'Only POST is allowed');
  const form = new URLSearchParams(call.body);
  if (
    !/^application\/x-www-form-urlencoded\b/.test(call.headers['content-type'] ?? '') ||
    form.get('grant_type') !== 'client_credentials'
  ) {
    return refused(400, 'unsupported_grant_type', 38185, 'Only client credentials are granted, asked for by a form');
  }
  const id = form.get('client_id') ?? '';
  if (id === '' || form.get('client_secret') !== seller.secret) {
    return refused(401, 'invalid_client', 38187, 'Client credentials are invalid');
  }
  return json(200, {
    type: 'amadeusOAuth2Token',
    username: `${seller.name}@twin.example`,
    application_name: seller.name,
    client_id: id,
    token_type: 'Bearer',
    access_token: writeToken(seller, 'app', expiryOf(seller, call)),
    expires_in: seller.tokenSeconds,
    state: 'approved',
    scope: '',
  });
}

function authenticate(seller: Seller, call: Call): Answer | undefined {
  const given = tokenOf(call.headers.authorization);
  if (given === undefined) {
    const detail = 'The header Authorization is missing or no bearer token';
    return amadeusError({ status: 401, code: 38191, title: 'Invalid HTTP header', detail });
  }
  const problem = tokenProblem(seller, 'app', given, call.now);
  if (problem === undefined) return undefined;
  return problem === 'expired'
    ? amadeusError({ status: 401, code: 38192, title: 'Access token expired', detail: 'Ask for another one' })
    : amadeusError({ status: 401, code: 38190, title: 'Invalid access token', detail: 'It was never given' });
}

function search({ world, bodies }: Surroundings, seller: Seller, call: Call): Answer {
  const read = readSearch(call.query, call.now);
  if ('error' in read) return amadeusError(read.error);
  const { currency = seller.currency, max, ...asked } = read;
  const selling = { ...seller, currency };
  const bookedDay = dayOfEpoch(createdSecond(call.now) * 1000);
  const key = `${seller.name}|${seller.revision}|${createdSecond(call.now)}|${JSON.stringify(read)}|${call.warning}`;
  return {
    status: 200,
    contentType: amadeusType,
    body: bodies.get(key, () => {
      const offers = shop(world, selling, asked, bookedDay).slice(0, max);
      // Ids are numbers within the answer; a second sale costs the same.
      const listed = listOffers(seller.scenario, world.seed, seller.name, offers).slice(0, max);
      const data = listed.map(({ offer }, index) => {
        const broken = brokenPrice(seller.scenario, world.seed, seller.name, offerKey(offer));
        return offerJson(offer, { id: `${index + 1}`, bookedDay, broken, priced: false });
      });
      return JSON.stringify({
        ...(call.warning ? { warnings: [warning] } : {}),
        meta: { count: data.length, links: { self: `https://${seller.name}.example${searchPath}?${call.query}` } },
        data,
        ...(data.length === 0 ? {} : { dictionaries: dictionariesJson(offers, true) }),
      });
    }),
  };
}

const warning = {
  status: 200,
  code: 11126,
  title: 'PARTIAL RESULT',
  detail: 'A source did not answer; offers may be missing',
};

function price({ world }: Surroundings, seller: Seller, call: Call): Answer {
  const body = parse(call.body) as { data?: { type?: unknown; flightOffers?: unknown } } | undefined;
  const sent = body?.data?.flightOffers;
  if (body?.data?.type !== 'flight-offers-pricing' || !Array.isArray(sent) || sent.length < 1 || sent.length > 6) {
    const detail = 'One to six flight offers to be priced are expected';
    return amadeusError({ status: 400, code: 477, title: 'INVALID FORMAT', detail, pointer: '/data/flightOffers' });
  }
  const bookedDay = dayOfEpoch(call.now);
  const priced = [];
  for (const [index, each] of sent.entries()) {
    const pointer = `/data/flightOffers[${index}]`;
    const quote = readOffer(each);
    if (quote === undefined) {
      const detail = 'It is none of the offers that were given';
      return amadeusError({ status: 400, code: 4926, title: 'INVALID DATA RECEIVED', detail, pointer });
    }
    const offer = isGone(quote, bookedDay)
      ? undefined
      : quoteSegments(world, { ...seller, currency: quote.currency }, quote, bookedDay)?.[0];
    if (offer === undefined) {
      const detail = 'Could not sell segment 1';
      return amadeusError({ status: 400, code: 34651, title: 'SEGMENT SELL FAILURE', detail, pointer });
    }
    priced.push({ offer, json: offerJson(offer, { id: quote.id, bookedDay, broken: undefined, priced: true }) });
  }
  return {
    status: 200,
    contentType: amadeusType,
    body: JSON.stringify({
      data: {
        type: 'flight-offers-pricing',
        flightOffers: priced.map(({ json }) => json),
        bookingRequirements: { emailAddressRequired: true, mobilePhoneNumberRequired: true },
      },
      dictionaries: dictionariesJson(
        priced.map(({ offer }) => offer),
        false,
      ),
    }),
  };
}

/** The day before today may still be today where the flight leaves. */
function isGone({ segments }: Quote, today: number): boolean {
  return segments[0]!.day < today - 1;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

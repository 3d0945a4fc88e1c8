import { localToEpochMs } from '../../../libs/reference/index.ts';
import { productId, readCode } from '../rides/sellers.ts';
import type { Point } from '../rides/trips.ts';
import { verifyFate } from '../scenario.ts';
import { expiryOf, tokenOf, tokenProblem, writeToken } from './access.ts';
import type { Answer, Call, Format, Seller, Surroundings } from './format.ts';
import { gatewayError } from './gateway.ts';
import { nameOf, quoteEntries, quoteJson, quotesOf, vehicleClasses } from './karhoo-body.ts';
import { type KarhooRequest, readListId, readQuoteId, writeListId } from './karhoo-keys.ts';

const jsonType = 'application/json';

/** Karhoo's demand API v2: REST, JSON, bearer token; quotes come fleet by fleet while the list is asked for again and again. */
export const karhoo: Format = {
  answer(surroundings, seller, call) {
    if (call.path === '/v1/auth/token' || call.path === '/v1/auth/refresh') return token(seller, call);
    const given = tokenOf(call.headers.authorization);
    if (given === undefined) return error(401, 'K0005', 'Authentication is required for this path');
    const problem = tokenProblem(seller, 'access', given, call.now);
    if (problem === 'invalid') return error(401, 'K0004', 'Could not parse authorisation token');
    if (problem === 'expired') return error(401, 'K0003', 'Could not read authorisation token');
    if (/^\/v2\/quotes\/?$/.test(call.path) && call.method === 'POST') return create(surroundings, seller, call);
    const verified = /^\/v2\/quotes\/verify\/([^/]+)$/.exec(call.path);
    const list = /^\/v2\/quotes\/([^/]+)$/.exec(call.path);
    if (call.method !== 'GET' || (verified === null && list === null)) {
      return error(404, 'K0001', 'General request error');
    }
    return verified === null
      ? poll(surroundings, seller, call, list![1]!)
      : verify(surroundings, seller, call, decodeURIComponent(verified[1]!));
  },

  refuse(seller, _call, why, variant) {
    if (why === 'error') {
      return variant < 0.5 ? error(500, 'K0001', 'General request error') : gatewayError(variant);
    }
    const headers = { 'retry-after': `${seller.scenario.rateLimitResetSeconds}` };
    return { ...error(429, 'K0006', 'Rate limit exceeded'), headers };
  },

  truth({ world }, seller, key) {
    const read = readQuoteId(key);
    const request = read && readListId(world.seed, seller.salt, read.listId);
    const fleet = read && readCode(world.seed, seller, world.markets, read.fleetCode);
    const rideClass = fleet?.fleet.classes.find((each) => each.key === read!.vehicleClass);
    if (request === undefined || fleet === undefined || rideClass === undefined) return undefined;
    return { kind: 'ride', product: productId({ ...fleet, rideClass }), variant: rideClass.key };
  },
};

function token(seller: Seller, call: Call): Answer {
  const body = fieldsOf(call.body);
  if (call.method !== 'POST' || body === undefined) return error(400, 'K0002', 'Invalid request payload');
  const access = {
    access_token: writeToken(seller, 'access', expiryOf(seller, call)),
    expires_in: seller.tokenSeconds,
  };
  if (call.path.endsWith('refresh')) {
    const given = typeof body.refresh_token === 'string' ? body.refresh_token : '';
    return tokenProblem(seller, 'refresh', given, call.now) === undefined
      ? json(200, access)
      : error(401, 'K0004', 'Could not parse authorisation token');
  }
  if (typeof body.username !== 'string' || body.username === '' || body.password !== seller.secret) {
    return error(401, 'K0005', 'Invalid credentials');
  }
  // Refreshing is possible for a month.
  const refresh = writeToken(seller, 'refresh', Math.floor(call.now / 1000) + 2_592_000);
  return json(200, { ...access, refresh_token: refresh });
}

function create({ world }: Surroundings, seller: Seller, call: Call): Answer {
  const body = fieldsOf(call.body);
  const from = pointOf(body?.origin);
  const to = pointOf(body?.destination);
  if (from === undefined || to === undefined) return error(400, 'K0002', 'Invalid request payload');
  if (from.latitude === to.latitude && from.longitude === to.longitude) {
    return error(400, 'Q0001', 'Origin and destination cannot be the same');
  }
  const market = world.markets.at(from.latitude, from.longitude);
  if (market === undefined) return error(404, 'K3002', 'No availability');
  const wanted = body?.local_time_of_pickup;
  let pickUp: number | undefined;
  if (wanted !== undefined && wanted !== null && wanted !== '') {
    const local = typeof wanted === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(wanted) ? wanted : '';
    pickUp = local === '' ? undefined : localToEpochMs(local.padEnd(19, ':00'), market.city.timeZone);
    if (pickUp === undefined || pickUp < call.now - 60_000) return error(400, 'K0002', 'Invalid request payload');
  }
  const id = writeListId(world.seed, seller.salt, { from, to, pickUp, created: call.now });
  return json(201, { id, status: 'PROGRESSING', validity: seller.lifetimeSeconds });
}

/** A list that was given and still is good, with the seconds since it was asked for. */
function readList(
  { world }: Surroundings,
  seller: Seller,
  call: Call,
  id: string,
): { readonly request: KarhooRequest; readonly seconds: number } | { readonly answer: Answer } {
  const request = readListId(world.seed, seller.salt, id);
  if (request === undefined) return { answer: error(404, 'K3003', 'Could not find the specified quote') };
  const seconds = (call.now - request.created) / 1000;
  if (seconds >= seller.lifetimeSeconds) return { answer: error(404, 'K3003', 'The quote has expired') };
  return { request, seconds };
}

function poll(surroundings: Surroundings, seller: Seller, call: Call, id: string): Answer {
  const { world } = surroundings;
  const read = readList(surroundings, seller, call, id);
  if ('answer' in read) return read.answer;
  const complete = read.seconds >= seller.quoteSeconds;
  const share = complete ? 1 : read.seconds / seller.quoteSeconds;
  const quotes = quotesOf(world, seller, read.request, id);
  const named = (part: 0 | 1): string[] => [
    ...new Set(quotes.map(({ rideClass }) => vehicleClasses[rideClass.key][part])),
  ];
  return json(200, {
    availability: { vehicles: { classes: named(0), types: named(1) } },
    id,
    quotes: quotes
      .filter(({ after }) => after <= share)
      .toSorted((a, b) => a.after - b.after)
      .flatMap((quote) => quoteEntries(world, seller, quote)),
    status: complete ? 'COMPLETED' : 'PROGRESSING',
    validity: Math.max(0, Math.floor(seller.lifetimeSeconds - read.seconds)),
  });
}

function verify(surroundings: Surroundings, seller: Seller, call: Call, id: string): Answer {
  const { world } = surroundings;
  const read = readList(surroundings, seller, call, id.split(':')[0]!);
  if ('answer' in read) return read.answer;
  const quote = quotesOf(world, seller, read.request, id.split(':')[0]!).find((each) => each.id === id);
  const fate = quote && verifyFate(seller.scenario, world.seed, seller.name, nameOf(quote));
  if (quote === undefined || fate!.soldOut) return error(404, 'K3003', 'Could not find the specified quote');
  return json(200, {
    ...quoteJson(world, seller, quote, fate!.factor, false),
    validity: Math.floor(seller.lifetimeSeconds - read.seconds),
  });
}

/** Degrees, as numbers or as texts. */
function pointOf(value: unknown): Point | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const number = (field: unknown): number =>
    typeof field === 'number' ? field : typeof field === 'string' && field !== '' ? Number(field) : Number.NaN;
  const { latitude, longitude } = value as { latitude?: unknown; longitude?: unknown };
  const point = { latitude: number(latitude), longitude: number(longitude) };
  // Positions are kept to a metre.
  const rounded = (degrees: number): number => Math.round(degrees * 1e5) / 1e5;
  return Math.abs(point.latitude) <= 90 && Math.abs(point.longitude) <= 180
    ? { latitude: rounded(point.latitude), longitude: rounded(point.longitude) }
    : undefined;
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function error(status: number, code: string, message: string): Answer {
  return json(status, { code, message });
}

function json(status: number, value: object): Answer {
  return { status, contentType: jsonType, body: JSON.stringify(value) };
}

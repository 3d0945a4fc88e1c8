import { distanceKm } from '../../../libs/reference/index.ts';
import { minorPerUnit } from '../money.ts';
import { fractionOf } from '../random.ts';
import { askedAgain } from '../rides/asked.ts';
import { productId, readCode } from '../rides/sellers.ts';
import { etaSeconds, type Point } from '../rides/trips.ts';
import { verifyFate } from '../scenario.ts';
import type { World } from '../world.ts';
import { expiryOf, tokenOf, tokenProblem, writeToken } from './access.ts';
import type { Answer, Call, Format, Seller } from './format.ts';
import { gatewayError } from './gateway.ts';
import {
  displayOf,
  milesOf,
  priceEntries,
  priceOf,
  productJson,
  productOf,
  productsAt,
  rangeOf,
  surgeConfirmation,
  timeJson,
  type UberPrice,
  type UberProduct,
} from './uber-body.ts';

const jsonType = 'application/json';
const farthestKm = 160.9344;

/** Uber's riders API: REST, JSON, a server token or OAuth; estimates in whole units. */
export const uber: Format = {
  answer(surroundings, seller, call) {
    if (call.path === '/oauth/v2/token') return token(seller, call);
    if (!isIn(seller, call)) return error(401, 'unauthorized', 'Invalid OAuth 2.0 credentials provided.');
    const path = /^\/v1(?:\.2)?\/(.+)$/.exec(call.path)?.[1] ?? '';
    const { world } = surroundings;
    if (path === 'requests/estimate' && call.method === 'POST') return estimateRequest(world, seller, call);
    if (path === 'requests' && call.method === 'POST') return request(world, seller, call);
    if (call.method !== 'GET') return error(405, 'method_not_allowed', 'Method not allowed');
    const single = /^products\/([^/]+)$/.exec(path)?.[1];
    if (single !== undefined) {
      const product = readProduct(world, seller, single);
      return product === undefined ? unknownProduct() : json(200, productJson(product));
    }
    if (path !== 'products' && path !== 'estimates/price' && path !== 'estimates/time') {
      return error(404, 'not_found', 'Not found');
    }
    const read = readPoints((name) => call.query.get(name), path);
    if ('answer' in read) return read.answer;
    const { from, to } = read;
    const products = productsAt(world, seller, from);
    if (path === 'products') return json(200, { products: products.map(productJson) });
    if (path === 'estimates/time') {
      const wanted = call.query.get('product_id');
      const times = products
        .filter(({ id }) => wanted === null || id === wanted)
        .map((product) => timeJson(world, product, from, call.now));
      return json(200, { times: times.filter((each) => each !== undefined) });
    }
    const again = askedAgain(world, seller.name, from, to!, call.now);
    const prices = products.map((product) => {
      const fate = verifyFate(seller.scenario, world.seed, seller.name, product.id);
      if (again && fate.soldOut) return undefined;
      return priceOf(world, seller, product, from, to!, call.now, again ? fate.factor : 1);
    });
    const left = prices.filter((price) => price !== undefined);
    return json(200, { prices: left.flatMap((price) => priceEntries(world, seller, price)) });
  },

  refuse(seller, call, why, variant) {
    if (why === 'error') {
      return variant < 0.5
        ? error(500, 'internal_server_error', 'Unexpected internal server error occurred.')
        : gatewayError(variant);
    }
    const reset = Math.floor(call.now / 1000) + seller.scenario.rateLimitResetSeconds;
    return {
      ...error(429, 'rate_limited', 'Exceeded rate limit'),
      headers: { 'x-rate-limit-limit': '2000', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': `${reset}` },
    };
  },

  truth({ world }, seller, key) {
    const product = readProduct(world, seller, key);
    return product && { kind: 'ride', product: productId(product), variant: product.rideClass.key };
  },
};

function token(seller: Seller, call: Call): Answer {
  const form = new URLSearchParams(call.body);
  if (call.method !== 'POST' || form.get('client_secret') !== seller.secret || !form.get('client_id')) {
    return json(401, { error: 'invalid_client' });
  }
  if (form.get('grant_type') !== 'client_credentials') return json(400, { error: 'unsupported_grant_type' });
  return json(200, {
    last_authenticated: 0,
    access_token: writeToken(seller, 'uber', expiryOf(seller, call)),
    expires_in: seller.tokenSeconds,
    token_type: 'Bearer',
    scope: form.get('scope') ?? 'request',
  });
}

function isIn(seller: Seller, call: Call): boolean {
  const { authorization } = call.headers;
  if (tokenOf(authorization, 'Token') === seller.secret) return true;
  const bearer = tokenOf(authorization);
  return bearer !== undefined && tokenProblem(seller, 'uber', bearer, call.now) === undefined;
}

function readProduct(world: World, seller: Seller, id: string): UberProduct | undefined {
  const read = readCode(world.seed, seller, world.markets, id);
  if (read?.rideClass === undefined) return undefined;
  return productOf(world, seller, { ...read, rideClass: read.rideClass });
}

/** The points of a query or a body: where it begins, and where it ends if that matters. */
function readPoints(
  read: (name: string) => unknown,
  path: string,
): { readonly from: Point; readonly to: Point | undefined } | { readonly answer: Answer } {
  const fields: Record<string, string> = {};
  const number = (name: string, most: number): number => {
    const given = read(name);
    const value = given === null || given === undefined || given === '' ? Number.NaN : Number(given);
    if (given === null || given === undefined || given === '') fields[name] = 'Required';
    else if (!(Math.abs(value) <= most)) fields[name] = `Must be between -${most}.0 and ${most}.0`;
    return value;
  };
  const point = (latitude: string, longitude: string): Point => ({
    latitude: number(latitude, 90),
    longitude: number(longitude, 180),
  });
  const prices = path === 'estimates/price' || path === 'requests' || path === 'requests/estimate';
  const from = path === 'products' ? point('latitude', 'longitude') : point('start_latitude', 'start_longitude');
  const to = prices ? point('end_latitude', 'end_longitude') : undefined;
  if (Object.keys(fields).length > 0) return { answer: error(422, 'validation_failed', 'Invalid request', fields) };
  if (to !== undefined && distanceKm(from.latitude, from.longitude, to.latitude, to.longitude) > farthestKm) {
    const message = 'Distance between two points exceeds 100 miles';
    const names = ['start_latitude', 'start_longitude', 'end_latitude', 'end_longitude'];
    return {
      answer: error(422, 'distance_exceeded', message, Object.fromEntries(names.map((name) => [name, message]))),
    };
  }
  return { from, to };
}

/** A request for one product, read and priced as it is now. */
function readRequest(
  world: World,
  seller: Seller,
  call: Call,
  path: string,
):
  | { readonly price: UberPrice; readonly from: Point; readonly body: Readonly<Record<string, unknown>> }
  | { readonly answer: Answer } {
  let body: Readonly<Record<string, unknown>>;
  try {
    const parsed: unknown = JSON.parse(call.body);
    body = typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return { answer: error(400, 'malformed_request', 'Malformed request') };
  }
  const read = readPoints((name) => body[name], path);
  if ('answer' in read) return read;
  const { from, to } = read;
  const here = productsAt(world, seller, from);
  const product = body.product_id === undefined ? here[0] : here.find(({ id }) => id === body.product_id);
  if (product === undefined) return { answer: unknownProduct() };
  const fate = verifyFate(seller.scenario, world.seed, seller.name, product.id);
  if (fate.soldOut) return { answer: conflict('no_drivers_available', 'No drivers are available for this product.') };
  return { price: priceOf(world, seller, product, from, to!, call.now, fate.factor), from, body };
}

function estimateRequest(world: World, seller: Seller, call: Call): Answer {
  const read = readRequest(world, seller, call, 'requests/estimate');
  if ('answer' in read) return read.answer;
  const { price, from } = read;
  const { product, trip, surge, minor } = price;
  const eta = etaSeconds(world.seed, product.fleet, product.rideClass, from, call.now);
  const range = rangeOf(price);
  const currency = range === undefined ? null : product.market.currency;
  const confirmation = surge > 1 ? surgeConfirmation(world, price, call.now) : null;
  const v1 = call.path.startsWith('/v1/');
  const estimate = {
    surge_confirmation_href: confirmation && `https://api.uber.com/v1/surge-confirmations/${confirmation}`,
    high_estimate: range?.[1] ?? null,
    surge_confirmation_id: confirmation,
    minimum: range === undefined ? null : Math.min(range[0], 5),
    low_estimate: range?.[0] ?? null,
    surge_multiplier: surge,
    display: range === undefined ? 'Metered' : displayOf(price, range),
    currency_code: currency,
  };
  const fare = {
    value: minor / minorPerUnit(product.market.currency),
    fare_id: `fare-${surgeConfirmation(world, price, call.now)}`,
    expires_at: Math.floor(call.now / 1000) + seller.lifetimeSeconds,
    display: estimate.display,
    currency_code: currency,
  };
  return json(200, {
    ...(v1 ? { price: estimate } : product.upfront ? { fare } : { estimate }),
    trip: { distance_unit: 'mile', duration_estimate: trip.minutes * 60, distance_estimate: milesOf(trip) },
    pickup_estimate: eta === undefined ? null : Math.ceil(eta / 60),
  });
}

function request(world: World, seller: Seller, call: Call): Answer {
  const read = readRequest(world, seller, call, 'requests');
  if ('answer' in read) return read.answer;
  const { price, from, body } = read;
  const { product, surge } = price;
  const eta = etaSeconds(world.seed, product.fleet, product.rideClass, from, call.now);
  if (eta === undefined) return conflict('no_drivers_available', 'No drivers are available for this product.');
  const confirmation = surgeConfirmation(world, price, call.now);
  if (surge > 1 && body.surge_confirmation_id !== confirmation) {
    return conflict('surge', 'Surge pricing is currently in effect for this product.', {
      surge_confirmation: {
        href: `https://api.uber.com/v1/surge-confirmations/${confirmation}`,
        surge_confirmation_id: confirmation,
      },
    });
  }
  const hex = (part: number, length: number): string =>
    Math.floor(fractionOf(`${world.seed}|request|${seller.name}|${call.number}|${call.now}|${part}`) * 16 ** length)
      .toString(16)
      .padStart(length, '0');
  return json(202, {
    request_id: `${hex(0, 8)}-${hex(1, 4)}-4${hex(2, 3)}-8${hex(3, 3)}-${hex(4, 12)}`,
    product_id: product.id,
    status: 'processing',
    vehicle: null,
    driver: null,
    location: null,
    eta: Math.ceil(eta / 60),
    surge_multiplier: surge > 1 ? surge : null,
  });
}

function conflict(code: string, title: string, meta: object = {}): Answer {
  return json(409, { meta, errors: [{ status: 409, code, title }] });
}

function unknownProduct(): Answer {
  return error(404, 'not_found', 'Unable to find product.');
}

function error(status: number, code: string, message: string, fields?: Readonly<Record<string, string>>): Answer {
  return json(status, { message, code, ...(fields === undefined ? {} : { fields }) });
}

function json(status: number, value: object): Answer {
  return { status, contentType: jsonType, body: JSON.stringify(value) };
}

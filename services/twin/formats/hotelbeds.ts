import { hash } from 'node:crypto';
import { dateOf, dayOfEpoch } from '../dates.ts';
import { amountText } from '../money.ts';
import { brokenPrice, isDuplicated, verifyFate } from '../scenario.ts';
import { cityOfCode } from '../stays/cities.ts';
import type { Hotel } from '../stays/hotels.ts';
import { type Rate, ratesOf } from '../stays/rates.ts';
import { listHotel, listsHotel, numberOfCode } from '../stays/sellers.ts';
import type { World } from '../world.ts';
import { type Answer, type Call, createdSecond, type Format, type Seller, type Surroundings } from './format.ts';
import { gatewayError } from './gateway.ts';
import { auditData, hotelFields, type KeyedRate, roomsJson } from './hotelbeds-body.ts';
import { type RateKey, readRateKey, writeRateKey } from './hotelbeds-keys.ts';
import { type AvailabilityRequest, readAvailability, readCheck } from './hotelbeds-request.ts';

const jsonType = 'application/json;charset=UTF-8';

/** Hotelbeds' hotel-api 1.0: REST, JSON, an API key and a signature that is good for a minute. */
export const hotelbeds: Format = {
  answer(surroundings, seller, call) {
    const refused = authenticate(seller, call);
    if (refused !== undefined) return refused;
    const operation = /^\/hotel-api\/1\.0\/(hotels|checkrates|status)$/.exec(call.path)?.[1];
    if (operation === undefined) return gatewayText(404, 'Requested endpoint is forbidden');
    if (operation === 'status') {
      return { status: 200, contentType: jsonType, body: `{${auditData(call.now, 'status')},"status":"OK"}` };
    }
    if (call.method !== 'POST') return gatewayText(405, 'Method not allowed');
    if (!/^application\/json\b/.test(call.headers['content-type'] ?? ''))
      return gatewayText(415, 'Unsupported media type');
    let body: unknown;
    try {
      body = JSON.parse(call.body);
    } catch {
      return apiError(call, 400, 'INVALID_REQUEST', 'The request is not valid JSON');
    }
    return operation === 'hotels'
      ? availability(surroundings, seller, call, body)
      : checkRates(surroundings, seller, call, body);
  },

  refuse(seller, call, why, variant) {
    if (why === 'quota') {
      return gatewayText(403, 'Quota exceeded', { 'x-mashery-error-code': 'ERR_403_DEVELOPER_OVER_RATE' });
    }
    if (why === 'rateLimit') {
      const seconds = `${seller.scenario.rateLimitResetSeconds}`;
      return gatewayText(429, 'Rate limit exceeded', {
        'retry-after': seconds,
        'x-ratelimit-limit': '8',
        'x-ratelimit-remaining': '0',
      });
    }
    return variant < 0.5
      ? apiError(call, 500, 'SYSTEM_ERROR', 'Internal error, contact support with the token')
      : gatewayError(variant);
  },

  truth({ world }, seller, key) {
    const read = readRateKey(world.seed, seller.salt, key);
    const hotel = read && hotelOfCode(world, seller, read.code);
    return hotel && { kind: 'stay', product: hotel.id, variant: `${read!.room}|${read!.board}|${read!.plan}` };
  },
};

function authenticate(seller: Seller, call: Call): Answer | undefined {
  const key = call.headers['api-key'];
  if (typeof key !== 'string' || key === '') return gatewayText(403, 'Access to this API has been disallowed');
  const signature = call.headers['x-signature'];
  const second = Math.floor(call.now / 1000);
  if (typeof signature === 'string' && /^[0-9a-fA-F]{64}$/.test(signature)) {
    // Clocks may differ by a minute; the nearest seconds are tried first.
    for (let off = 0; off <= 60; off++) {
      for (const at of off === 0 ? [second] : [second - off, second + off]) {
        if (hash('sha256', `${key}${seller.secret}${at}`) === signature.toLowerCase()) return undefined;
      }
    }
  }
  return gatewayText(401, 'Request signature verification failed');
}

/** The gateway before the API has errors of its own. */
function gatewayText(status: number, error: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, contentType: 'application/json', headers, body: JSON.stringify({ error }, null, 4) };
}

function apiError(call: Call, status: number, code: string, message: string): Answer {
  return {
    status,
    contentType: jsonType,
    body: `{${auditData(call.now, `${call.number}`)},"error":${JSON.stringify({ code, message })}}`,
  };
}

function availability({ world, bodies }: Surroundings, seller: Seller, call: Call, body: unknown): Answer {
  const request = readAvailability(body, call.now);
  if ('problem' in request) return apiError(call, 400, 'INVALID_DATA', request.problem);
  const second = createdSecond(call.now);
  const key = `${seller.name}|${seller.revision}|${second}|${JSON.stringify(request)}`;
  return {
    status: 200,
    contentType: jsonType,
    body: bodies.get(key, () => {
      const hotels = hotelsOf(world, seller, request)
        .map((hotel) => hotelJson(world, seller, request, hotel, second))
        .filter((json) => json !== undefined);
      const audit = auditData(second * 1000, key);
      // Nothing found is a count without a list.
      if (hotels.length === 0) return `{${audit},"hotels":{"total":0}}`;
      const { checkIn, checkOut } = request.nights;
      return `{${audit},"hotels":{"hotels":[${hotels.join(',')}],"checkIn":"${dateOf(checkIn)}","total":${hotels.length},"checkOut":"${dateOf(checkOut)}"}}`;
    }),
  };
}

function hotelsOf(world: World, seller: Seller, request: AvailabilityRequest): Hotel[] {
  const { where } = request;
  let found: readonly (Hotel | undefined)[] = [];
  if (where.kind === 'circle') found = world.hotels.near(where.latitude, where.longitude, where.radiusKm);
  if (where.kind === 'codes') found = where.codes.map((code) => hotelOfCode(world, seller, code));
  if (where.kind === 'destination') {
    const city = cityOfCode(where.code);
    found = city === undefined ? [] : world.hotels.inCity(city);
  }
  return found
    .filter((hotel) => hotel !== undefined)
    .filter((hotel) => hotel.stars >= request.minCategory && hotel.stars <= request.maxCategory)
    .filter((hotel) => listsHotel(world.seed, seller, hotel))
    .slice(0, Math.min(seller.maxOffers, request.maxHotels));
}

function hotelOfCode(world: World, seller: Seller, code: number): Hotel | undefined {
  const number = numberOfCode(world.seed, seller, code);
  return number === undefined ? undefined : world.hotels.byNumber(number);
}

/** A hotel with its rates; undefined where it cannot house every occupancy. */
function hotelJson(
  world: World,
  seller: Seller,
  request: AvailabilityRequest,
  hotel: Hotel,
  second: number,
): string | undefined {
  const listed = listHotel(world.seed, seller, hotel);
  const bookedDay = dayOfEpoch(second * 1000);
  const all: KeyedRate[] = [];
  for (const occupancy of request.occupancies) {
    const rates = limit(ratesOf(world.seed, seller, hotel, request.nights, occupancy, bookedDay), request);
    if (rates.length === 0) return undefined;
    for (const rate of rates) all.push(...keyed(world, seller, request, listed.code, rate, second));
  }
  const nets = all.map(({ rate }) => rate.net);
  // A hotel's currency is that of all its rates: where it breaks, they all do.
  const currency =
    all[0]!.broken === 'missingCurrency'
      ? ''
      : `,"currency":"${all[0]!.broken === 'unknownCurrency' ? 'QQQ' : seller.currency}"`;
  return `{${hotelFields(listed)},"rooms":${roomsJson(all, seller.currency, false)},"minRate":"${amountText(Math.min(...nets), seller.currency)}","maxRate":"${amountText(Math.max(...nets), seller.currency)}"${currency}}`;
}

/** The first rates of the first rooms, as the request's filter says. */
function limit(rates: readonly Rate[], { maxRooms, maxRatesPerRoom, boards }: AvailabilityRequest): Rate[] {
  const counts = new Map<string, number>();
  return rates.filter(({ room, board }) => {
    if (boards !== undefined && boards.codes.includes(board) !== boards.included) return false;
    const count = counts.get(room.code) ?? 0;
    if (count >= maxRatesPerRoom || (count === 0 && counts.size >= maxRooms)) return false;
    counts.set(room.code, count + 1);
    return true;
  });
}

/** A rate with its key; a rate that is sold twice has two, given a second apart. */
function keyed(
  world: World,
  seller: Seller,
  { nights }: { readonly nights: RateKey['nights'] },
  code: number,
  rate: Rate,
  second: number,
): KeyedRate[] {
  const key: RateKey = {
    nights,
    code,
    room: rate.room.code,
    plan: rate.plan,
    board: rate.board,
    occupancy: rate.occupancy,
    createdSecond: second,
  };
  const name = fateKey(key);
  const broken = brokenPrice(seller.scenario, world.seed, seller.name, name);
  const write = (createdAt: number): KeyedRate => ({
    rate,
    broken,
    key: writeRateKey(world.seed, seller.salt, { ...key, createdSecond: createdAt }),
  });
  return isDuplicated(seller.scenario, world.seed, seller.name, name)
    ? [write(second), write(second + 1)]
    : [write(second)];
}

/** What a rate is whenever it was asked for. */
function fateKey({ nights, code, room, plan, board, occupancy }: RateKey): string {
  return `${code}|${room}|${plan}|${board}|${nights.checkIn}|${nights.checkOut}|${JSON.stringify(occupancy)}`;
}

function checkRates({ world }: Surroundings, seller: Seller, call: Call, body: unknown): Answer {
  const keys = readCheck(body);
  if ('problem' in keys) return apiError(call, 400, 'INVALID_DATA', keys.problem);
  const read = keys.map((key) => readRateKey(world.seed, seller.salt, key));
  const first = read[0];
  const hotel = first && hotelOfCode(world, seller, first.code);
  if (first === undefined || hotel === undefined || read.includes(undefined)) {
    return apiError(call, 400, 'INVALID_DATA', 'A rateKey is not valid');
  }
  const checked: KeyedRate[] = [];
  for (const [index, key] of (read as RateKey[]).entries()) {
    if (
      key.code !== first.code ||
      key.nights.checkIn !== first.nights.checkIn ||
      key.nights.checkOut !== first.nights.checkOut
    ) {
      return apiError(call, 400, 'INVALID_DATA', 'All rates must be of one hotel and stay');
    }
    if (call.now >= (key.createdSecond + seller.lifetimeSeconds) * 1000) {
      return apiError(call, 400, 'INVALID_DATA', 'The rateKey has expired, ask for availability again');
    }
    const fate = verifyFate(seller.scenario, world.seed, seller.name, fateKey(key));
    const bookedDay = dayOfEpoch(key.createdSecond * 1000);
    const rate = ratesOf(world.seed, seller, hotel, key.nights, key.occupancy, bookedDay).find(
      (each) => each.room.code === key.room && each.board === key.board && each.plan === key.plan,
    );
    if (rate === undefined || fate.soldOut) {
      return apiError(call, 400, 'PRODUCT_ERROR', 'Insufficient allotment, the rate is no longer available');
    }
    checked.push({ rate: reprice(rate, fate.factor), key: keys[index]!, broken: undefined });
  }
  const total = amountText(
    checked.reduce((sum, { rate }) => sum + rate.net, 0),
    seller.currency,
  );
  const { checkIn, checkOut } = first.nights;
  return {
    status: 200,
    contentType: jsonType,
    body: `{${auditData(call.now, keys.join())},"hotel":{"checkOut":"${dateOf(checkOut)}","checkIn":"${dateOf(checkIn)}",${hotelFields(listHotel(world.seed, seller, hotel))},"rooms":${roomsJson(checked, seller.currency, true)},"totalNet":"${total}","currency":"${seller.currency}","paymentDataRequired":false,"modificationPolicies":{"cancellation":true,"modification":true}}}`,
  };
}

function reprice(rate: Rate, factor: number): Rate {
  if (factor === 1) return rate;
  const scale = (minor: number): number => Math.round(minor * factor);
  return {
    ...rate,
    net: scale(rate.net),
    selling: rate.selling === undefined ? undefined : scale(rate.selling),
    atHotel: rate.atHotel && { ...rate.atHotel, minor: scale(rate.atHotel.minor) },
    cancellation: rate.cancellation.map((step) => ({ ...step, minor: scale(step.minor) })),
  };
}

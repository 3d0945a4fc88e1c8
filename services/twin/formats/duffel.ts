import { dayOfEpoch } from '../dates.ts';
import { type Listed, listOffers, offerKey, secondSale, shop } from '../flights/shop.ts';
import { brokenPrice, verifyFate } from '../scenario.ts';
import type { World } from '../world.ts';
import { authenticate } from './duffel-access.ts';
import { offerJson, requestJson } from './duffel-body.ts';
import { type DuffelError, duffelErrors, invalid } from './duffel-errors.ts';
import {
  type DuffelSearch,
  decodeSearch,
  duplicateIndex,
  encodeSearch,
  readOfferId,
  toFlightSearch,
} from './duffel-ids.ts';
import { readOfferRequest } from './duffel-request.ts';
import { type Answer, type Call, createdSecond, type Format, type Seller, type Surroundings } from './format.ts';
import { gatewayError } from './gateway.ts';

const jsonType = 'application/json; charset=utf-8';

/** Duffel's flights API: REST, JSON, bearer token. */
export const duffel: Format = {
  answer(surroundings, seller, call) {
    const refused = authenticate(call);
    if (refused !== undefined) return duffelErrors(refused.status, requestId(call), [refused.error]);
    if (call.path === '/air/offer_requests' && call.method === 'POST') return createRequest(surroundings, seller, call);
    if (call.path === '/air/offers' && call.method === 'GET') return listPage(surroundings, seller, call);
    const offer = /^\/air\/offers\/([^/]+)$/.exec(call.path);
    if (offer !== null && call.method === 'GET') return singleOffer(surroundings, seller, call, offer[1]!);
    const request = /^\/air\/offer_requests\/orq_0000([^/]+)$/.exec(call.path);
    if (request !== null && call.method === 'GET') return readBack(surroundings, seller, call, request[1]!);
    return duffelErrors(404, requestId(call), [notFound]);
  },

  refuse(seller, call, why, variant) {
    if (why === 'error') {
      if (variant < 0.5) {
        return duffelErrors(500, requestId(call), [
          {
            type: 'api_error',
            code: 'internal_server_error',
            title: 'Internal server error',
            message: 'There was something wrong on our side. Quote the request id to our support team.',
          },
        ]);
      }
      return gatewayError(variant);
    }
    const reset = seller.scenario.rateLimitResetSeconds;
    return duffelErrors(
      429,
      requestId(call),
      [
        {
          type: 'rate_limit_error',
          code: 'rate_limit_exceeded',
          title: 'Rate limit exceeded',
          message: 'Too many requests in too short a time. The `ratelimit-reset` header says when to come back.',
        },
      ],
      {
        'ratelimit-limit': '120',
        'ratelimit-remaining': '0',
        'ratelimit-reset': new Date(call.now + reset * 1000).toUTCString(),
      },
      400,
    );
  },

  truth({ world }, seller, key) {
    const found = findOffer(world, seller, key);
    return found && { kind: 'flight', product: found.listed.offer.journey.id, variant: found.listed.offer.family.code };
  },
};

const notFound: DuffelError = {
  type: 'invalid_request_error',
  code: 'not_found',
  title: 'Not found',
  message: 'What you asked for does not exist.',
};

function createRequest(surroundings: Surroundings, seller: Seller, call: Call): Answer {
  let body: unknown;
  try {
    body = JSON.parse(call.body);
  } catch {
    return duffelErrors(400, requestId(call), [
      {
        type: 'invalid_request_error',
        code: 'malformed_request',
        title: 'Malformed request',
        message: 'The body is not valid JSON.',
      },
    ]);
  }
  const read = readOfferRequest(body, call.now, createdSecond(call.now));
  if ('errors' in read) return duffelErrors(422, requestId(call), read.errors);
  const searchText = encodeSearch(read.search);
  const withOffers = call.query.get('return_offers') !== 'false';
  return {
    status: 201,
    contentType: jsonType,
    headers: { 'x-request-id': requestId(call) },
    body: surroundings.bodies.get(`${seller.name}|${seller.revision}|${searchText}|${withOffers}`, () => {
      const context = { search: read.search, searchText, lifetimeSeconds: seller.lifetimeSeconds };
      const offers = withOffers
        ? listed(surroundings.world, seller, read.search).map((each) =>
            listedJson(surroundings.world, seller, context, each),
          )
        : undefined;
      return `{"data":${requestJson(context, offers)}}`;
    }),
  };
}

function readBack({ world }: Surroundings, seller: Seller, call: Call, searchText: string): Answer {
  const search = validSearch(searchText);
  if (search === undefined) return duffelErrors(404, requestId(call), [notFound]);
  const context = { search, searchText, lifetimeSeconds: seller.lifetimeSeconds };
  const offers = listed(world, seller, search).map((each) => listedJson(world, seller, context, each));
  return { status: 200, contentType: jsonType, body: `{"data":${requestJson(context, offers)}}` };
}

function listPage({ world }: Surroundings, seller: Seller, call: Call): Answer {
  const { query } = call;
  const wanted = query.get('offer_request_id') ?? '';
  const searchText = wanted.slice(8);
  const search = wanted.startsWith('orq_0000') ? validSearch(searchText) : undefined;
  if (search === undefined) {
    return duffelErrors(422, requestId(call), [
      invalid(
        '/offer_request_id',
        'validation_required',
        'Required field',
        "Field 'offer_request_id' must be the id of an offer request",
      ),
    ]);
  }
  const limit = Number(query.get('limit') ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 200) {
    return duffelErrors(400, requestId(call), [
      {
        type: 'invalid_request_error',
        code: 'invalid_limit',
        title: 'Invalid limit',
        message: "The 'limit' must be from 1 to 200.",
      },
    ]);
  }
  const cursor = query.get('after') ?? query.get('before');
  const at = cursor === null ? 0 : readCursor(cursor);
  if (at === undefined) {
    return duffelErrors(400, requestId(call), [
      {
        type: 'invalid_request_error',
        code: 'invalid_cursor',
        title: 'Invalid cursor',
        message: 'The cursor is none of those that this API gave.',
      },
    ]);
  }
  const all = listed(world, seller, search);
  if (query.get('sort') === 'total_amount') all.sort((a, b) => totalOf(a) - totalOf(b));
  if (query.get('sort') === 'total_duration') all.sort((a, b) => minutesOf(a) - minutesOf(b));
  const from = query.has('after') || cursor === null ? at : Math.max(0, at - limit);
  const to = from + limit;
  const context = { search, searchText, lifetimeSeconds: seller.lifetimeSeconds };
  const page = all.slice(from, to).map((each) => listedJson(world, seller, context, each));
  const before = from > 0 ? `"${writeCursor(from)}"` : 'null';
  const after = to < all.length ? `"${writeCursor(to)}"` : 'null';
  return {
    status: 200,
    contentType: jsonType,
    headers: { 'x-request-id': requestId(call) },
    body: `{"meta":{"limit":${limit},"before":${before},"after":${after}},"data":[${page.join(',')}]}`,
  };
}

function singleOffer({ world }: Surroundings, seller: Seller, call: Call, id: string): Answer {
  const found = findOffer(world, seller, id);
  if (found === undefined) return duffelErrors(404, requestId(call), [notFound]);
  const { listed: each, search, searchText, index } = found;
  const fate = verifyFate(seller.scenario, world.seed, seller.name, offerKey(each.offer));
  const expired = call.now >= (search.createdSecond + seller.lifetimeSeconds) * 1000;
  if (expired || fate.soldOut) {
    return duffelErrors(422, requestId(call), [
      {
        type: 'invalid_state_error',
        code: expired ? 'offer_expired' : 'offer_no_longer_available',
        title: expired ? 'Offer expired' : 'Offer no longer available',
        message: 'Search again and select another offer.',
      },
    ]);
  }
  const context = { search, searchText, lifetimeSeconds: seller.lifetimeSeconds };
  const total = Math.round((each.base + each.offer.tax) * fate.factor);
  const base = Math.max(0, total - each.offer.tax);
  const state = { index, base, broken: undefined, single: true };
  return {
    status: 200,
    contentType: jsonType,
    headers: { 'x-request-id': requestId(call) },
    body: `{"data":${offerJson(context, each.offer, state)}}`,
  };
}

function findOffer(
  world: World,
  seller: Seller,
  id: string,
): { listed: Listed; search: DuffelSearch; searchText: string; index: number } | undefined {
  const read = readOfferId(id);
  if (read === undefined) return undefined;
  const { search, text, index } = read;
  const offers = shop(world, seller, toFlightSearch(search), dayOfEpoch(search.createdSecond * 1000));
  const offer = offers[index % duplicateIndex];
  if (offer === undefined) return undefined;
  const each = index >= duplicateIndex ? secondSale(offer) : { offer, duplicate: false, base: offer.base };
  return { listed: each, search, searchText: text, index };
}

function listed(world: World, seller: Seller, search: DuffelSearch): Listed[] {
  const offers = shop(world, seller, toFlightSearch(search), dayOfEpoch(search.createdSecond * 1000));
  return listOffers(seller.scenario, world.seed, seller.name, offers);
}

function listedJson(
  world: World,
  seller: Seller,
  context: { search: DuffelSearch; searchText: string; lifetimeSeconds: number },
  { offer, duplicate, base }: Listed,
): string {
  const index = duplicate ? offer.index + duplicateIndex : offer.index;
  const broken = brokenPrice(seller.scenario, world.seed, seller.name, offerKey(offer));
  return offerJson(context, offer, { index, base, broken, single: false });
}

/** A search that could have been asked: its places exist. */
function validSearch(searchText: string): DuffelSearch | undefined {
  const search = decodeSearch(searchText);
  if (search === undefined) return undefined;
  const errors = readOfferRequest(
    {
      data: {
        slices: search.slices.map(({ origin, destination, day }) => ({
          origin,
          destination,
          departure_date: new Date(day * 86_400_000).toISOString().slice(0, 10),
        })),
        passengers: search.passengers,
      },
    },
    search.createdSecond * 1000,
    search.createdSecond,
  );
  return 'errors' in errors ? undefined : search;
}

function totalOf({ base, offer }: Listed): number {
  return base + offer.tax;
}

function minutesOf({ offer }: Listed): number {
  return offer.legs.reduce((sum, leg) => sum + leg.itinerary.minutes, 0);
}

function writeCursor(at: number): string {
  return Buffer.from(`at:${at}`).toString('base64url');
}

function readCursor(cursor: string): number | undefined {
  const at = /^at:(\d{1,6})$/.exec(Buffer.from(cursor, 'base64url').toString());
  return at === null ? undefined : Number(at[1]);
}

function requestId(call: Call): string {
  return `Fs${call.number.toString(36).padStart(6, '0')}${(Math.floor(call.now / 1000) % 2_176_782_336).toString(36).padStart(6, '0')}`;
}

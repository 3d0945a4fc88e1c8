import type { Variant } from '../goods/products.ts';
import { verifyFate } from '../scenario.ts';
import { basicOf, expiryOf, tokenOf, tokenProblem, writeToken } from './access.ts';
import { type EbayContext, itemJson, summaryJson } from './ebay-body.ts';
import { itemId, type Listing, readItemId, readLegacyId } from './ebay-keys.ts';
import { type Found, findListings, listingTitle, onSale } from './ebay-market.ts';
import { ebayError, marketplaces, readSearch } from './ebay-request.ts';
import { type Answer, type Call, editionAt, type Format, type Seller, type Surroundings } from './format.ts';
import { gatewayError } from './gateway.ts';

const jsonType = 'application/json';
const scope = 'https://api.ebay.com/oauth/api_scope';

/** eBay's Browse API v1: REST, JSON, OAuth client credentials, offset paging. */
export const ebayBrowse: Format = {
  answer(surroundings, seller, call) {
    if (call.path === '/identity/v1/oauth2/token') return token(seller, call);
    const refused = authenticate(seller, call);
    if (refused !== undefined) return refused;
    const marketplace = call.headers['x-ebay-c-marketplace-id'] ?? 'EBAY_US';
    const currency = typeof marketplace === 'string' ? marketplaces[marketplace] : undefined;
    if (currency === undefined) {
      return ebayError(400, 'API_BROWSE', 'REQUEST', {
        errorId: 12502,
        message: 'The marketplace ID in the X-EBAY-C-MARKETPLACE-ID header is not valid.',
        parameter: ['marketplaceId', `${marketplace}`],
      });
    }
    const context: EbayContext = {
      world: surroundings.world,
      seller,
      marketplace: `${marketplace}`,
      currency,
      affiliate: /affiliateCampaignId=/.test(`${call.headers['x-ebay-c-enduserctx'] ?? ''}`),
      now: call.now,
    };
    if (call.method !== 'GET') return notFound(405, 'The method is not allowed here.');
    if (call.path === '/buy/browse/v1/item_summary/search') return search(surroundings, context, call);
    if (call.path === '/buy/browse/v1/item/get_items_by_item_group') return group(context, call);
    const item = /^\/buy\/browse\/v1\/item\/([^/]+)$/.exec(call.path);
    return item === null ? notFound(404, 'The resource was not found.') : single(context, call, item[1]!);
  },

  refuse(_seller, _call, why, variant) {
    if (why === 'error') {
      return variant < 0.5
        ? ebayError(500, 'API_BROWSE', 'APPLICATION', { errorId: 12000, message: 'Internal error.' })
        : gatewayError(variant);
    }
    // The day's quota and too much at once look the same; nothing says when to come back.
    return ebayError(
      429,
      'ACCESS',
      'REQUEST',
      { errorId: 2001, message: 'Too many requests.' },
      'The request limit has been reached for the resource.',
    );
  },

  truth({ world }, seller, key) {
    const read = readItemId(world, seller, key);
    const offer = read && onSaleAtAnyTime(world, seller, read.listing, read.variant);
    return offer && { kind: 'good', product: read.variant.id, variant: offer.condition };
  },
};

/** A listing is none where its member never has the variant; editions only take things away for a while. */
function onSaleAtAnyTime(world: Surroundings['world'], seller: Seller, listing: Listing, variant: Variant) {
  for (const edition of [0, 10, 20, 30]) {
    const offer = onSale(world, seller, listing, variant, edition);
    if (offer !== undefined) return offer;
  }
  return undefined;
}

function token(seller: Seller, call: Call): Answer {
  const oauth = (status: number, error: string, description: string): Answer => ({
    status,
    contentType: jsonType,
    body: JSON.stringify({ error, error_description: description }),
  });
  if (call.method !== 'POST') return oauth(405, 'invalid_request', 'only POST is allowed');
  const basic = basicOf(call.headers.authorization);
  if (basic === undefined || basic.user === '' || basic.password !== seller.secret) {
    return oauth(401, 'invalid_client', 'client authentication failed');
  }
  const form = new URLSearchParams(call.body);
  if (!/^application\/x-www-form-urlencoded\b/.test(call.headers['content-type'] ?? '')) {
    return oauth(400, 'invalid_request', "'grant_type' is missing in the request");
  }
  if (form.get('grant_type') !== 'client_credentials') {
    return oauth(400, 'unsupported_grant_type', 'grant type in request is not supported by the authorization server');
  }
  if (!(form.get('scope') ?? '').split(' ').includes(scope)) {
    return oauth(
      400,
      'invalid_scope',
      'The requested scope is invalid, unknown, malformed, or exceeds the scope granted to the client',
    );
  }
  return {
    status: 200,
    contentType: jsonType,
    body: JSON.stringify({
      access_token: writeToken(seller, 'app', expiryOf(seller, call)),
      expires_in: seller.tokenSeconds,
      token_type: 'Application Access Token',
    }),
  };
}

function authenticate(seller: Seller, call: Call): Answer | undefined {
  const given = tokenOf(call.headers.authorization);
  if (given === undefined) {
    return ebayError(
      401,
      'OAuth',
      'REQUEST',
      { errorId: 1002, message: 'Missing access token' },
      'Missing the Access token in the Authorization HTTP request header.',
    );
  }
  if (tokenProblem(seller, 'app', given, call.now) !== undefined) {
    return ebayError(
      401,
      'OAuth',
      'REQUEST',
      { errorId: 1001, message: 'Invalid access token' },
      'Invalid access token. Check the value of the Authorization HTTP request header.',
    );
  }
  return undefined;
}

function notFound(status: number, message: string): Answer {
  return ebayError(status, 'API_BROWSE', 'REQUEST', { errorId: 2002, message });
}

function search({ bodies }: Surroundings, context: EbayContext, call: Call): Answer {
  const { world, seller } = context;
  const read = readSearch(world, call.query, context.currency);
  if ('problem' in read) return ebayError(400, 'API_BROWSE', 'REQUEST', read.problem);
  const { search: wanted } = read;
  const edition = editionAt(seller, call.now);
  const key = `${seller.name}|${seller.revision}|${edition}|${context.marketplace}|${context.affiliate}|${Math.floor(call.now / 86_400_000)}|${call.query}`;
  return {
    status: 200,
    contentType: jsonType,
    body: bodies.get(key, () => {
      const found = wanted.nothing ? [] : findListings(world, seller, wanted, edition);
      const { limit, offset } = wanted;
      const page = found.slice(offset, offset + limit);
      const at = (from: number): string => {
        const query = new URLSearchParams(call.query);
        query.set('limit', `${limit}`);
        query.set('offset', `${from}`);
        return `https://api.ebay.com/buy/browse/v1/item_summary/search?${query}`;
      };
      return JSON.stringify({
        href: at(offset),
        total: found.length,
        ...(offset + limit < Math.min(found.length, 10_000) ? { next: at(offset + limit) } : {}),
        ...(offset > 0 ? { prev: at(Math.max(0, offset - limit)) } : {}),
        limit,
        offset,
        // Nothing found is no list.
        ...(page.length === 0 ? {} : { itemSummaries: page.map((each) => summaryJson(context, each)) }),
      });
    }),
  };
}

function single(context: EbayContext, call: Call, encoded: string): Answer {
  const { world, seller } = context;
  let id: string;
  try {
    id = decodeURIComponent(encoded);
  } catch {
    return missing(encoded);
  }
  if (!/^v1\|\d+\|\d+$/.test(id)) {
    return ebayError(400, 'API_BROWSE', 'REQUEST', {
      errorId: 11002,
      message: 'The item ID is invalid.',
      parameter: ['itemId', id],
    });
  }
  const read = readItemId(world, seller, id);
  if (read === undefined) return missing(id);
  const offer = onSale(world, seller, read.listing, read.variant, editionAt(seller, call.now));
  const fate = verifyFate(seller.scenario, world.seed, seller.name, id);
  if (offer === undefined || fate.soldOut) return missing(id);
  return json(itemJson(context, foundOf(context, read.listing, offer), fate.factor));
}

function group(context: EbayContext, call: Call): Answer {
  const { world, seller } = context;
  const id = call.query.get('item_group_id') ?? '';
  const listing = readLegacyId(world, seller, id);
  const edition = editionAt(seller, call.now);
  const offers = (listing?.family.variants ?? [])
    .map((variant) => onSale(world, seller, listing!, variant, edition))
    .filter((offer) => offer !== undefined);
  if (listing === undefined || offers.length === 0) {
    return ebayError(404, 'API_BROWSE', 'REQUEST', {
      errorId: 11006,
      message: 'The item group ID was not found.',
      parameter: ['itemGroupId', id],
    });
  }
  return json({
    items: offers.map((offer) => {
      const found = foundOf(context, listing, offer);
      return itemJson(context, found, verifyFate(seller.scenario, world.seed, seller.name, found.id).factor);
    }),
    commonDescriptions: [],
  });
}

function foundOf({ world, seller }: EbayContext, listing: Listing, offer: Found['offer']): Found {
  return {
    listing,
    offer,
    group: listing.family.variants.length > 1,
    id: itemId(world.seed, seller, listing, offer.variant),
    title: listingTitle(world, seller, listing, offer.variant),
  };
}

function missing(id: string): Answer {
  return ebayError(404, 'API_BROWSE', 'REQUEST', {
    errorId: 11001,
    message: 'The specified item Id was not found.',
    parameter: ['itemId', id],
  });
}

function json(value: object): Answer {
  return { status: 200, contentType: jsonType, body: JSON.stringify(value) };
}

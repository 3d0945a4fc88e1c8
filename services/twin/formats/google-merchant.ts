import { listsVariant, offerAt } from '../goods/sellers.ts';
import type { World } from '../world.ts';
import { isBasic } from './access.ts';
import { type Answer, type Call, editionAt, type Format, type Seller } from './format.ts';
import { gatewayError } from './gateway.ts';
import { columns, feedItems, itemTsv, itemXml, readFeedId } from './google-feed.ts';
import { escapeXml } from './soap.ts';

/** Pieces of about this many characters. */
const pieceLength = 65_536;

/** A Google Merchant feed: a file, fetched whole, with everything that the seller has. */
export const googleMerchant: Format = {
  answer({ world }, seller, call) {
    if (seller.username !== undefined && !isBasic(seller, call.headers.authorization)) {
      return text(401, 'Authorization required', { 'www-authenticate': 'Basic realm="feeds"' });
    }
    const file = /^\/feed\.(xml|tsv)(\.gz)?$/.exec(call.path);
    if (file === null) return text(404, 'Not Found');
    if (call.method !== 'GET' && call.method !== 'HEAD') return text(405, 'Method Not Allowed', { allow: 'GET, HEAD' });
    const edition = editionAt(seller, call.now);
    const modified = modifiedAt(seller, edition);
    const headers = {
      etag: `"${world.seed.toString(36)}-${seller.revision}-${edition}-${file[1]}${file[2] ?? ''}"`,
      'last-modified': new Date(modified).toUTCString(),
      'cache-control': 'no-cache',
    };
    if (isFresh(call, headers.etag, modified)) return { status: 304, contentType: 'text/plain', headers, body: '' };
    const gzip = file[2] !== undefined;
    const xml = file[1] === 'xml';
    const plainType = xml ? 'application/xml; charset=utf-8' : 'text/tab-separated-values; charset=utf-8';
    const contentType = gzip ? 'application/gzip' : plainType;
    if (call.method === 'HEAD') return { status: 200, contentType, headers, body: '' };
    return {
      status: 200,
      contentType,
      headers,
      body: { gzip, plainType, chunks: (share) => pieces(world, seller, edition, xml, share) },
    };
  },

  refuse(seller, _call, why, variant) {
    if (why === 'error') return gatewayError(variant);
    return text(429, 'Too Many Requests', { 'retry-after': `${seller.scenario.rateLimitResetSeconds}` });
  },

  truth({ world }, seller, key) {
    const variant = readFeedId(world, seller, key);
    if (variant === undefined || !listsVariant(world.seed, seller, variant)) return undefined;
    // The condition is the same in all editions; the item is in the feed in one of them.
    const offer = [0, 10, 20, 30].map((edition) => offerAt(world.seed, seller, variant, edition)).find(Boolean);
    return offer && { kind: 'good', product: variant.id, variant: offer.condition };
  },
};

/** An edition by hand comes a day after the one before it; one of the clock when it begins. */
function modifiedAt(seller: Seller, edition: number): number {
  return seller.editionSeconds === 0
    ? Date.UTC(2026, 0, 1, 3) + edition * 86_400_000
    : (edition - seller.edition) * seller.editionSeconds * 1000;
}

function isFresh(call: Call, etag: string, modified: number): boolean {
  const known = call.headers['if-none-match'];
  if (known !== undefined) return known === '*' || known.split(/, */).some((each) => each.replace(/^W\//, '') === etag);
  const since = Date.parse(call.headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && modified <= since;
}

/** The file in pieces. One that ends early has no end. */
function* pieces(world: World, seller: Seller, edition: number, xml: boolean, share: number): Generator<string> {
  let piece = xml
    ? `<?xml version="1.0" encoding="UTF-8"?>\n<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">\n<channel>\n<title>${escapeXml(seller.name)}</title>\n<link>https://${seller.name}.example</link>\n<description>Everything we have</description>\n`
    : `${columns.join('\t')}\n`;
  const write = xml ? itemXml : itemTsv;
  for (const item of feedItems(world, seller, edition, share)) {
    piece += write(item);
    if (piece.length >= pieceLength) {
      yield piece;
      piece = '';
    }
  }
  yield share < 1 ? piece.slice(0, -40) : `${piece}${xml ? '</channel>\n</rss>\n' : ''}`;
}

function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', headers, body: `${body}\n` };
}

// A shop's feed of any size, made as it is read: rows of some 700 bytes as Google's formats have them.

/** Formats that are measured. */
export type FeedKind = 'rss' | 'tsv';

const pieceBytes = 65_536;
const words = [
  'cordless',
  'drill',
  'hammer',
  'saw',
  'brass',
  'lantern',
  'oak',
  'table',
  'steel',
  'kettle',
  'garden',
  'hose',
];
const blurb =
  'Made to be used every day and to be mended when it needs to be, with parts that are kept for ten years. '.repeat(3);

function titleOf(id: number): string {
  return `${words[id % 12]} ${words[(id >> 2) % 12]} ${words[(id >> 4) % 12]} No. ${id}`;
}

function itemOf(id: number): string {
  return (
    `<item><g:id>SKU-${id}</g:id><title>${titleOf(id)}</title><link>https://shop.example/p/${id}?a=1&amp;b=2</link>` +
    `<description>${blurb}</description><g:price>${(id % 500) + 1}.90 EUR</g:price><g:availability>in_stock</g:availability>` +
    `<g:brand>Brand ${id % 97}</g:brand><g:mpn>M-${id}</g:mpn><g:product_type>Tools &gt; Hand tools</g:product_type>` +
    `<g:shipping><g:country>DE</g:country><g:price>4.90 EUR</g:price></g:shipping></item>\n`
  );
}

function lineOf(id: number): string {
  return (
    `SKU-${id}\t${titleOf(id)}\thttps://shop.example/p/${id}?a=1&b=2\t${blurb}\t${(id % 500) + 1}.90 EUR\tin_stock\t` +
    `Brand ${id % 97}\tM-${id}\tTools > Hand tools\t"https://img.example/${id}.jpg"\n`
  );
}

/** A row as parsers make it: elements by name without prefix, a list where there are several. */
function recordOf(kind: FeedKind, id: number): Record<string, unknown> {
  const record = {
    id: `SKU-${id}`,
    title: titleOf(id),
    link: `https://shop.example/p/${id}?a=1&b=2`,
    description: blurb,
    price: `${(id % 500) + 1}.90 EUR`,
    availability: 'in_stock',
    brand: `Brand ${id % 97}`,
    mpn: `M-${id}`,
    product_type: 'Tools > Hand tools',
  };
  return kind === 'rss'
    ? { ...record, shipping: { country: 'DE', price: '4.90 EUR' } }
    : { ...record, image_link: `https://img.example/${id}.jpg` };
}

/** The rows of a feed of at least so many bytes, without the feed. */
export function* recordsOf(kind: FeedKind, bytes: number): Generator<Record<string, unknown>> {
  let sent = 0;
  for (let id = 0; sent < bytes; id++) {
    yield recordOf(kind, id);
    sent += kind === 'rss' ? itemOf(id).length : lineOf(id).length;
  }
}

/** Pieces of a feed of at least so many bytes. */
export function* feedOf(kind: FeedKind, bytes: number): Generator<Buffer> {
  let text =
    kind === 'rss'
      ? '<?xml version="1.0"?>\n<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel>\n'
      : 'id\ttitle\tlink\tdescription\tprice\tavailability\tbrand\tmpn\tproduct type\timage link\n';
  let sent = 0;
  for (let id = 0; sent < bytes; id++) {
    text += kind === 'rss' ? itemOf(id) : lineOf(id);
    if (text.length < pieceBytes) continue;
    sent += text.length;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(kind === 'rss' ? `${text}</channel></rss>\n` : text);
}

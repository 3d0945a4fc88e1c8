import { XMLParser } from 'fast-xml-parser';
import { FailureKind } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { PartnerFailure } from './failure.ts';

/**
 * Bodies of answers, parsed. They come from outside, so: no HTML taken for an answer, no document type or entity
 * declaration (billion laughs), bounded nesting, no member named `__proto__`. Errors never quote the body.
 */

/** Tags deep at most; real answers have fewer than 20. */
const MAX_XML_DEPTH = 64;

const xml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // Numeric character references (&#233;) are part of XML, but the parser counts them among HTML's.
  htmlEntities: true,
  processEntities: { enabled: true, maxTotalExpansions: 1_000_000, maxExpandedLength: 16_777_216 },
  maxNestedTags: MAX_XML_DEPTH,
});

/** A media type without parameters, in lower case; empty when there is none. */
export function mediaType(contentType: string | string[] | undefined): string {
  const text = Array.isArray(contentType) ? contentType[0] : contentType;
  return text === undefined ? '' : text.split(';', 1)[0]!.trim().toLowerCase();
}

/**
 * The parsed body. XML becomes objects by element name without namespace prefix, attributes prefixed with "@", texts
 * beside attributes as "#text", every value a string; an element that occurs once is no list.
 * Throws PartnerFailure MALFORMED.
 */
export function parseBody(body: Buffer, contentType: string | string[] | undefined, format: 'json' | 'xml'): unknown {
  const type = mediaType(contentType);
  if (type === 'text/html' || type === 'application/xhtml+xml') {
    throw malformed(`it is an HTML page (${body.length} bytes), often a proxy's or a maintenance page`);
  }
  if (body.length === 0) throw malformed('its body is empty');
  return format === 'json' ? parseJson(body) : parseXml(decodeText(body, contentType));
}

/** JSON text as a value. Throws PartnerFailure MALFORMED. */
export function parseJson(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    return mayNamePrototype(body) ? JSON.parse(text, refusePrototype) : JSON.parse(text);
  } catch (error) {
    if (error instanceof PartnerFailure) throw error;
    const truncated = error instanceof Error && stopsAtEnd(error.message, text.length);
    const html = /^\s*<(!doctype\s+html|html)/i.test(text.slice(0, 200));
    const what = html ? 'an HTML page' : truncated ? 'JSON that ends too early' : 'no JSON';
    throw malformed(`it is ${what} (${body.length} bytes)`);
  }
}

/** Whether JSON.parse stumbled over the end of the text rather than over something in it. */
function stopsAtEnd(message: string, length: number): boolean {
  const position = /at position (\d+)/.exec(message)?.[1];
  return position === undefined ? message.includes('end of JSON') : Number(position) >= length;
}

/**
 * Whether a member name `__proto__` can stand in the text, written plainly or with escapes (\u005f, \u0070 …). Scanning
 * for these rare texts costs a hundredth of parsing; looking at each key while parsing would double it.
 */
function mayNamePrototype(body: Buffer): boolean {
  return (
    body.includes('proto__', 0, 'latin1') ||
    // Most bodies escape no such character at all: then one scan says so for the three.
    (body.includes('\\u00', 0, 'latin1') &&
      (body.includes('\\u005', 0, 'latin1') ||
        body.includes('\\u006', 0, 'latin1') ||
        body.includes('\\u007', 0, 'latin1')))
  );
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw malformed('it has a member named __proto__');
  return value;
}

/** XML text as a value. Throws PartnerFailure MALFORMED. */
export function parseXml(text: string): unknown {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) {
    throw malformed('it declares a document type or entities, which no partner needs and attackers use');
  }
  const root = rootName(text);
  if (root === undefined) throw malformed(`it is no XML (${text.length} characters)`);
  if (/^(?:\w+:)?html$/i.test(root)) throw malformed("it is an HTML page, often a proxy's or a maintenance page");
  // The parser forgives elements that are left open at the end; a truncated answer must not pass for a short one.
  if (!endsWithTag(text, root)) throw malformed(`it is XML that ends too early (${text.length} characters)`);
  try {
    return xml.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(/[.:"]/, 1)[0] : 'unreadable';
    throw malformed(`it is no well-formed XML (${reason})`);
  }
}

/** The name of the first element as written, after declaration, instructions and comments. Steps, for a regular expression could be made to backtrack. */
function rootName(text: string): string | undefined {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (;;) {
    while (at < text.length && text.charCodeAt(at) <= 32) at++;
    const end = text.startsWith('<?', at) ? '?>' : text.startsWith('<!--', at) ? '-->' : undefined;
    if (end === undefined) break;
    const close = text.indexOf(end, at + 2);
    if (close < 0) return undefined;
    at = close + end.length;
  }
  return /^<([A-Za-z_][\w.:-]*)/.exec(text.slice(at, at + 200))?.[1];
}

/** Whether the last thing in the text, comments apart, closes the element (or the element is all there is). */
function endsWithTag(text: string, root: string): boolean {
  let end = text.trimEnd();
  while (end.endsWith('-->')) end = end.slice(0, Math.max(0, end.lastIndexOf('<!--'))).trimEnd();
  const last = end.lastIndexOf('<');
  const tag = end.slice(last);
  return (
    tag === `</${root}>` ||
    (tag.startsWith(`</${root}`) && /^\s*>$/.test(tag.slice(root.length + 2))) ||
    (tag.startsWith(`<${root}`) && tag.endsWith('/>'))
  );
}

/** Bytes as text by their byte order mark, content type or XML declaration, else UTF-8. */
export function decodeText(body: Buffer, contentType: string | string[] | undefined): string {
  const label = charset(body, contentType);
  if (label === 'utf-8' || label === 'utf8' || label === 'us-ascii') return body.toString('utf8');
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(label);
  } catch {
    throw malformed(`its character encoding ${JSON.stringify(label.slice(0, 20))} is unknown`);
  }
  return decoder.decode(body);
}

function charset(body: Buffer, contentType: string | string[] | undefined): string {
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  const header = Array.isArray(contentType) ? contentType[0] : contentType;
  const stated = header === undefined ? undefined : /charset\s*=\s*"?([\w.:-]+)/i.exec(header)?.[1];
  if (stated !== undefined) return stated.toLowerCase();
  const declared = /^<\?xml[^>]*encoding\s*=\s*["']([\w.:-]+)/.exec(body.toString('latin1', 0, 200))?.[1];
  return declared?.toLowerCase() ?? 'utf-8';
}

function malformed(what: string): PartnerFailure {
  return new PartnerFailure({
    failure: FailureKind.MALFORMED,
    detail: `the answer is not what the format promises: ${what}`,
  });
}

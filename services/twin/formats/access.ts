import { fractionOf } from '../random.ts';
import type { Call, Seller } from './format.ts';

/** User name and password of Basic authentication; undefined where the header is none. */
export function basicOf(header: string | undefined): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Whether Basic authentication is the seller's: its secret, and its user name where it has one. */
export function isBasic(seller: Seller, header: string | undefined): boolean {
  const basic = basicOf(header);
  return basic?.password === seller.secret && (seller.username === undefined || basic.user === seller.username);
}

/** The token in an Authorization header of a scheme; undefined where there is none. */
export function tokenOf(header: string | undefined, scheme = 'Bearer'): string | undefined {
  const [first, token] = (header ?? '').trim().split(/ +/);
  return first?.toLowerCase() === scheme.toLowerCase() ? token : undefined;
}

/** A token that says when it ends: the twin remembers none. The mark tells tokens that were given from made-up ones. */
export function writeToken(seller: Seller, kind: string, expiresSecond: number): string {
  const open = `${kind}.${expiresSecond.toString(36)}`;
  return `${open}.${mark(seller, open)}`;
}

/** What is wrong with a token; undefined for one that is good. */
export function tokenProblem(
  seller: Seller,
  kind: string,
  token: string,
  now: number,
): 'invalid' | 'expired' | undefined {
  const parts = /^(\w+)\.([0-9a-z]{1,10})\.(\w+)$/.exec(token);
  if (parts === null || parts[1] !== kind || mark(seller, `${kind}.${parts[2]}`) !== parts[3]) return 'invalid';
  return now >= Number.parseInt(parts[2]!, 36) * 1000 ? 'expired' : undefined;
}

/** When a token given now ends, in seconds since 1970. */
export function expiryOf(seller: Seller, call: Call): number {
  return Math.floor(call.now / 1000) + seller.tokenSeconds;
}

function mark(seller: Seller, open: string): string {
  return Array.from({ length: 4 }, (_, i) =>
    Math.floor(fractionOf(`token|${seller.name}|${seller.secret}|${open}|${i}`) * 2 ** 48)
      .toString(36)
      .padStart(10, '0'),
  ).join('');
}

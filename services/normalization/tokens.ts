import { crc32 } from 'node:zlib';
import { EntrepotError } from '../../libs/errors/index.ts';

/**
 * Page tokens and cursors: a kind and values with a checksum, opaque to clients. The checksum tells a token of ours from garbage;
 * it is no signature, and a forged token opens nothing that a request without one does not.
 */
export type TokenValue = string | number;

/** Longest token that is looked at, in characters. */
const longest = 4000;

/** Writes a token. */
export function sealToken(kind: string, values: readonly TokenValue[]): string {
  const text = JSON.stringify([kind, ...values]);
  return Buffer.from(`${crc32(text).toString(36)}.${text}`, 'utf8').toString('base64url');
}

/**
 * Reads a token of a kind, with values of the types of `shape`.
 * @throws EntrepotError INVALID_TOKEN naming the field
 */
export function openToken<Shape extends readonly TokenValue[]>(
  token: string,
  kind: string,
  shape: readonly ('string' | 'number')[],
  field: string,
): Shape {
  const text = token.length <= longest ? Buffer.from(token, 'base64url').toString('utf8') : '';
  const end = text.indexOf('.');
  const body = text.slice(end + 1);
  if (end > 0 && text.slice(0, end) === crc32(body).toString(36) && body.startsWith('[')) {
    const [found, ...values] = JSON.parse(body) as TokenValue[];
    const fits = values.length === shape.length && values.every((value, index) => typeof value === shape[index]);
    if (found === kind && fits) return values as unknown as Shape;
  }
  throw invalidToken(field, 'is none that this service gave out for this; pass on what a response carried, unchanged');
}

/** INVALID_TOKEN with the field that it stands in. */
export function invalidToken(field: string, description: string): EntrepotError {
  return new EntrepotError({
    reason: 'INVALID_TOKEN',
    message: `${field} ${description}.`,
    violations: [{ field, description }],
  });
}

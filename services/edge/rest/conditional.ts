// Conditional requests (RFC 9110): whoever holds an answer already is told that it still holds.
import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A client may keep what it was answered with, and asks before it uses it again. */
const cacheControl = 'private, max-age=0, must-revalidate';

/** What an answer depends on beside its path. */
const vary = 'Accept, Authorization, Entrepot-Key';

/** The strong entity tag of a body: a part of its digest. */
export function entityTag(body: Buffer): string {
  return `"${hash('sha256', body, 'base64url').slice(0, 22)}"`;
}

/**
 * Answers with a body, or with 304 where the client names its tag in `If-None-Match`.
 * @param tag of the body; a strong one
 */
export function sendTagged(
  request: FastifyRequest,
  reply: FastifyReply,
  body: Buffer,
  tag = entityTag(body),
): FastifyReply {
  const held = heldTag(request.headers['if-none-match'], tag);
  reply.headers({ etag: held ?? tag, 'cache-control': cacheControl, vary });
  if (held !== undefined) return reply.status(304).send();
  return reply.header('content-type', 'application/json; charset=utf-8').send(body);
}

/** The tag of a body in the encoding that it is sent in: bytes that differ have tags that differ. */
export function encodedTag(tag: string, encoding: string): string {
  return tag.replace(/"$/, `-${encoding}"`);
}

/** The tag that the client holds of a body, in whatever encoding it got it; undefined for none. */
function heldTag(header: string | undefined, tag: string): string | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return tag;
  const plain = tag.slice(1, -1);
  for (const one of header.split(',')) {
    const match = /^(?:W\/)?"([\w-]{22})(-br|-gzip)?"$/.exec(one.trim());
    if (match?.[1] === plain) return `"${plain}${match[2] ?? ''}"`;
  }
  return undefined;
}

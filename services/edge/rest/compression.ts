// Compressed answers, and the refusal of compressed requests.
import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import type { FastifyInstance, FastifyReply, onSendHookHandler } from 'fastify';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { encodedTag } from './conditional.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes compressed bodies, and bounds what comes of them. */
    unpacks?: boolean;
  }
}

/** Bytes below which compressing costs more than it saves: such an answer fits into one packet. */
const threshold = 1_024;

/** JSON shrinks to a tenth at a quality that takes a fraction of the time of the best one. */
const brotliQuality = 4;

/**
 * Bytes up to which a body is compressed at once, in half a millisecond: a page. By way of a stream and another thread it takes half as
 * much again. Larger ones go that way, so that nobody else waits for them.
 */
const atOnce = 65_536;

/** A body as it is sent to who accepts it so. */
interface Packed {
  readonly encoding: string;
  readonly bytes: Buffer;
}

/** Bodies that many are answered with, and what became of them, by `Accept-Encoding`. */
const shared = new WeakMap<Buffer, Map<string, Packed>>();

/** Ways to say what one accepts are few, but clients could make them up. */
const mostPacked = 8;

/** The body, to be compressed once for all who are answered with it and accept the same. */
export function compressedOnce(body: Buffer): Buffer {
  if (!shared.has(body)) shared.set(body, new Map());
  return body;
}

/**
 * Compresses the answers of every route that is added from now on, with Brotli or gzip, as the client accepts. Streams stay as they are:
 * an update must not wait in a compressor's window.
 *
 * Bodies of requests are small, and a few bytes of compressed ones can be gigabytes: they are refused with UNSUPPORTED_MEDIA_TYPE.
 */
export async function compressAnswers(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', ({ headers, routeOptions }, _reply, done) => {
    const encoding = headers['content-encoding'];
    // Connect's clients may compress, and its routes unpack no more than a body may have.
    const refused =
      encoding !== undefined && encoding.toLowerCase() !== 'identity' && routeOptions.config.unpacks !== true;
    const message = 'Send the body as it is, without Content-Encoding.';
    done(refused ? new EntrepotError({ reason: 'UNSUPPORTED_MEDIA_TYPE', message }) : undefined);
  });
  const unpacked = new WeakMap<FastifyReply, Map<string, Packed>>();
  const reuse: onSendHookHandler = (request, reply, payload, done) => {
    const packings = Buffer.isBuffer(payload) ? shared.get(payload) : undefined;
    const packed = packings?.get(request.headers['accept-encoding'] ?? '');
    if (packings !== undefined && packed === undefined) unpacked.set(reply, packings);
    // The compressor leaves alone what is compressed already.
    if (packed !== undefined) reply.header('content-encoding', packed.encoding).header('vary', varyOf(reply));
    done(null, packed?.bytes ?? payload);
  };
  const finish: onSendHookHandler = (request, reply, payload, done) => {
    const [tag, encoding] = [reply.getHeader('etag'), reply.getHeader('content-encoding')];
    if (typeof encoding === 'string' && encoding !== 'identity') {
      // Bytes that differ have tags that differ.
      if (typeof tag === 'string') reply.header('etag', encodedTag(tag, encoding));
      const packings = unpacked.get(reply);
      if (packings !== undefined && packings.size < mostPacked && Buffer.isBuffer(payload))
        packings.set(request.headers['accept-encoding'] ?? '', { encoding, bytes: payload });
    }
    done(null, payload);
  };
  // Hooks of a route run in their order: this one before the compressor's, the one below after it.
  app.addHook('onRoute', (route) => {
    route.onSend = [reuse, ...[route.onSend ?? []].flat()];
  });
  await app.register(compress, {
    threshold,
    syncThreshold: atOnce,
    encodings: ['br', 'gzip'],
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } },
    globalDecompression: false,
  });
  app.addHook('onRoute', (route) => {
    route.onSend = [...[route.onSend ?? []].flat(), finish];
  });
}

function varyOf(reply: FastifyReply): string {
  const vary = reply.getHeader('vary');
  return vary === undefined ? 'accept-encoding' : `${vary}, accept-encoding`;
}

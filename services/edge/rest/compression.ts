// Compressed answers, and the refusal of compressed requests.
import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';
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
 * Compresses the answers of every route that is added from now on, with Brotli or gzip, as the client accepts. Streams stay as they are:
 * an update must not wait in a compressor's window.
 *
 * Bodies of requests are small, and a few bytes of compressed ones can be gigabytes: they are refused with UNSUPPORTED_MEDIA_TYPE.
 */
export async function compressAnswers(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', async ({ headers, routeOptions }) => {
    const encoding = headers['content-encoding'];
    if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
    // Connect's clients may compress, and its routes unpack no more than a body may have.
    if (routeOptions.config.unpacks === true) return;
    const message = 'Send the body as it is, without Content-Encoding.';
    throw new EntrepotError({ reason: 'UNSUPPORTED_MEDIA_TYPE', message });
  });
  await app.register(compress, {
    threshold,
    encodings: ['br', 'gzip'],
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } },
    globalDecompression: false,
  });
  app.addHook('onRoute', (route) => {
    // After the compressor's own hook: bytes that differ have tags that differ.
    route.onSend = [
      ...[route.onSend ?? []].flat(),
      async (_request, reply, payload) => {
        const [tag, encoding] = [reply.getHeader('etag'), reply.getHeader('content-encoding')];
        if (typeof tag === 'string' && typeof encoding === 'string' && encoding !== 'identity')
          reply.header('etag', encodedTag(tag, encoding));
        return payload;
      },
    ];
  });
}

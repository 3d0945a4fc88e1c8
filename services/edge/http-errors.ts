// What Fastify refuses by itself, as errors of the platform.
import type { FastifyError } from 'fastify';
import { EntrepotError, toEntrepotError } from '../../libs/errors/index.ts';

/** Fastify's own refusals as errors of the platform. */
export function typedError(error: unknown): EntrepotError {
  switch ((error as Partial<FastifyError>).code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new EntrepotError({ reason: 'BODY_TOO_LARGE', message: 'The body is larger than this edge accepts.' });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new EntrepotError({
        reason: 'UNSUPPORTED_MEDIA_TYPE',
        message: 'Send the body as application/json with that content type.',
      });
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new EntrepotError({ reason: 'MALFORMED_BODY', message: (error as Error).message });
    case 'ECONNRESET':
      // The body did not come to its end, and nobody is there to be told.
      return new EntrepotError({ reason: 'CANCELLED', message: 'The client closed its connection.' });
    default:
      return toEntrepotError(error);
  }
}

// The limits that are kept request by request.
import type { FastifyInstance } from 'fastify';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { limitConnections } from './connections.ts';
import type { HttpLimits } from './options.ts';
import { answering, tooLargeHead } from './refuse.ts';

/** Under this Connect and gRPC-Web are spoken, whose bodies have compression and limits of their own. */
const rpcs = '/entrepot.';

/** Keeps the limits of connections and requests. */
export function guard(app: FastifyInstance, limits: HttpLimits): void {
  limitConnections(app.server, limits);
  // Node would leave out what is beyond; the size of the head bounds it anyway.
  app.server.maxHeadersCount = 0;
  app.addHook('onRequest', async (request, reply) => {
    answering(request.raw.socket, reply.raw);
    const { rawHeaders, headers } = request.raw;
    const count = rawHeaders.length / 2;
    if (count > limits.maxHeaders) {
      const problem = tooLargeHead(`The request has ${count} headers; this edge accepts ${limits.maxHeaders}.`);
      return reply
        .status(problem.status)
        .headers({ connection: 'close', 'content-type': 'application/problem+json; charset=utf-8' })
        .send(JSON.stringify(problem));
    }
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity' && !request.url.startsWith(rpcs)) {
      throw new EntrepotError({
        reason: 'UNSUPPORTED_MEDIA_TYPE',
        message:
          'Send the body as it is: this edge takes no compressed ones, of which a small one can be made to unfold without end.',
      });
    }
  });
}

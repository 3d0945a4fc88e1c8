// The limits that are kept request by request.
import type { FastifyInstance } from 'fastify';
import { limitConnections } from './connections.ts';
import type { HttpLimits } from './options.ts';
import { answering, tooLargeHead } from './refuse.ts';

/** Keeps the limits of connections and requests. */
export function keepLimits(app: FastifyInstance, limits: HttpLimits): void {
  limitConnections(app.server, limits.maxConnections);
  // Node would leave out what is beyond; the size of the head bounds it anyway.
  app.server.maxHeadersCount = 0;
  // Node says with the last answer that the connection is over, and waits for the client to close it.
  app.server.on('dropRequest', (_request, socket) => socket.destroy());
  app.addHook('onRequest', async (request, reply) => {
    answering(request.raw.socket, reply.raw);
    const count = request.raw.rawHeaders.length / 2;
    if (count <= limits.maxHeaders) return;
    reply.header('connection', 'close');
    throw tooLargeHead(`The request has ${count} headers; this edge accepts ${limits.maxHeaders}.`);
  });
}

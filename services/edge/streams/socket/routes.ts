// WebSockets at the edge: the upgrade, and the path of our own protocol.
import websocket from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import { EntrepotError } from '../../../../libs/errors/index.ts';
import type { Door } from '../../door.ts';
import { originOf } from '../../rest/errors.ts';
import { closeCodeOf } from './close-code.ts';
import { SocketConnection } from './connection.ts';
import { problemText } from './frames.ts';

/** The subprotocol of `/v1/stream`. */
const subprotocol = 'entrepot.v1';

/** Subprotocols that are spoken somewhere at the edge. */
const subprotocols: readonly string[] = [subprotocol, 'graphql-transport-ws'];

/** A client that was told that the socket closes has so long to agree, in milliseconds. */
const closeMs = 2_000;

/** Lets routes that are added from now on take WebSockets. */
export async function acceptSockets(app: FastifyInstance): Promise<void> {
  const { maxMessageBytes, maxSockets } = app.streams.options.socket;
  const options = {
    maxPayload: maxMessageBytes,
    maxFragments: 64,
    // Each socket would keep a compressor of its own, and what is told to many would be compressed for each.
    perMessageDeflate: false,
    closeTimeout: closeMs,
    // What nobody speaks is agreed on all the same, so that the route can say so: of a refused upgrade browsers tell nothing.
    handleProtocols: (offered: Set<string>) => subprotocols.find((one) => offered.has(one)) ?? [...offered][0] ?? false,
  } as const;
  await app.register(websocket, {
    options,
    // The library closes what breaks its rules with the code of the rule.
    errorHandler: () => undefined,
    // Those of our own end by themselves (see OpenStreams); others are closed.
    preClose(done) {
      for (const socket of app.websocketServer.clients) if (socket.protocol !== subprotocol) socket.close(1001);
      app.websocketServer.close();
      done();
    },
  });
  app.addHook('onRequest', async (request) => {
    if (request.ws && app.websocketServer.clients.size >= maxSockets) {
      throw new EntrepotError({ reason: 'OVERLOADED', message: 'This edge has as many sockets open as it may.' });
    }
  });
}

/** Adds `GET /v1/stream`. */
export function socketRoute(app: FastifyInstance, door: Door): void {
  app.route({
    method: 'GET',
    url: '/v1/stream',
    exposeHeadRoute: false,
    handler: () => {
      throw new EntrepotError({
        reason: 'ROUTE_NOT_FOUND',
        message: `This path is for WebSockets of the subprotocol ${subprotocol} alone.`,
      });
    },
    wsHandler: (socket, request) => {
      if (socket.protocol !== subprotocol) {
        const message = `Offer the subprotocol ${subprotocol}.`;
        const error = new EntrepotError({ reason: 'INVALID_FIELD', message });
        socket.send(problemText(undefined, error, originOf(request.call)));
        return socket.close(closeCodeOf(error), error.reason);
      }
      new SocketConnection(socket, request, door, app.streams);
    },
  });
}

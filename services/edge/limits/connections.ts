// How many connections there may be in all; of one address see services/edge/access.
import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { problemOf } from '../rest/problem.ts';
import { refuse } from './refuse.ts';

/** When a refused client may try again, in milliseconds. */
const retryAfterMs = 1_000;

/** Refuses connections beyond so many, from now on. */
export function limitConnections(server: Server, maxConnections: number): void {
  let open = 0;
  server.prependListener('connection', (socket: Socket) => {
    open++;
    socket.once('close', () => open--);
    if (open <= maxConnections) return;
    // Before the handshake nothing can be said.
    if (server instanceof TlsServer) socket.destroy();
    else refuse(socket, problemOf(tooMany(maxConnections)));
  });
}

function tooMany(limit: number): EntrepotError {
  return new EntrepotError({
    reason: 'OVERLOADED',
    message: `This edge has as many connections open as it may: ${limit}.`,
    retryAfterMs,
    metadata: { limit: String(limit) },
  });
}

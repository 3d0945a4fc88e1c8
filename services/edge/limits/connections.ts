// How many connections there may be, of one address and in all.
import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { problemOf } from '../rest/problem.ts';
import type { HttpLimits } from './options.ts';
import { refuse } from './refuse.ts';

/** When a refused client may try again, in milliseconds. */
const retryAfterMs = 1_000;

/** Refuses connections beyond the limits, from now on. */
export function limitConnections(
  server: Server,
  { maxConnections, maxConnectionsPerAddress, trustedAddresses }: HttpLimits,
): void {
  const trusted = new Set(trustedAddresses);
  const byAddress = new Map<string, number>();
  let all = 0;
  const turnAway = (socket: Socket, error: EntrepotError): void => {
    // Before the handshake nothing can be said.
    if (server instanceof TlsServer) socket.destroy();
    else refuse(socket, problemOf(error));
  };
  server.prependListener('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const open = byAddress.get(address) ?? 0;
    all++;
    byAddress.set(address, open + 1);
    socket.once('close', () => {
      all--;
      const left = (byAddress.get(address) ?? 1) - 1;
      if (left === 0) byAddress.delete(address);
      else byAddress.set(address, left);
    });
    if (all > maxConnections) return turnAway(socket, tooMany('OVERLOADED', 'This edge has', maxConnections));
    if (open >= maxConnectionsPerAddress && !trusted.has(address)) {
      turnAway(socket, tooMany('TOO_MANY_STREAMS', 'Your address has', maxConnectionsPerAddress));
    }
  });
}

function tooMany(reason: 'OVERLOADED' | 'TOO_MANY_STREAMS', who: string, limit: number): EntrepotError {
  return new EntrepotError({
    reason,
    message: `${who} as many connections open as it may: ${limit}.`,
    retryAfterMs,
    metadata: { limit: String(limit) },
  });
}

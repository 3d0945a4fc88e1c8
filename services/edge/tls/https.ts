// TLS where clients meet the edge.
import type { Server } from 'node:http';
import type { ServerOptions } from 'node:https';
import { Server as TlsServer } from 'node:tls';
import type { Certificates, LiveCertificates } from '../../../libs/tls/index.ts';

/** A handshake has to be complete so soon, in milliseconds: before it there is no request that the other limits could count. */
const handshakeMs = 5_000;

/**
 * Options of an HTTPS server. TLS 1.2 at least. HTTP/1.1 alone: what an edge keeps of heads, bodies that trickle in, connections and
 * the requests on each it keeps by connection, which a client of HTTP/2 has one of for everything; and WebSockets need it anyway.
 */
export function httpsOptions({ current }: LiveCertificates): ServerOptions {
  return { ...secureContext(current), handshakeTimeout: handshakeMs, ALPNProtocols: ['http/1.1'] };
}

/** Meets connections that begin after a change of the certificates with the new ones. Those that are open stay. */
export function followCertificates(server: Server, certificates: LiveCertificates): void {
  if (!(server instanceof TlsServer)) return;
  const forget = certificates.onChange((changed) => server.setSecureContext(secureContext(changed)));
  server.once('close', forget);
}

function secureContext({ cert, key }: Certificates) {
  return { cert, key, minVersion: 'TLSv1.2' } as const;
}

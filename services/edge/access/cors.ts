// Pages of other origins: browsers ask first (preflight) and keep answers from pages that the headers do not name.
import { type Clients, type Identity, isLoopback } from '../../../libs/clients/index.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import type { Credentials } from './access.ts';

/** Headers of answers that pages may read. */
const exposed = [
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'RateLimit-Policy',
  'Retry-After',
  'ETag',
  'Link',
  'Location',
  'X-Request-Id',
  'traceparent',
  'Deprecation',
  'Sunset',
  'Entrepot-Deprecated',
  'Server-Timing',
  'WWW-Authenticate',
  // Of gRPC-Web, whose status may stand in headers.
  'Grpc-Status',
  'Grpc-Message',
  'Grpc-Status-Details-Bin',
].join(', ');

/** Headers that pages may send beyond those that need no asking. */
const allowed = [
  'Authorization',
  'Content-Type',
  'Content-Encoding',
  'Entrepot-Key',
  'Entrepot-Timeout-Ms',
  'If-None-Match',
  'Last-Event-ID',
  'X-Request-Id',
  'traceparent',
  'tracestate',
  'Connect-Protocol-Version',
  'Connect-Timeout-Ms',
  'Connect-Accept-Encoding',
  'Connect-Content-Encoding',
  'Grpc-Timeout',
  'X-Grpc-Web',
  'X-User-Agent',
].join(', ');

/** How long a browser may remember the answer to a preflight; more than two hours none does. */
const preflightSeconds = 7_200;

/** Whether a page of an origin may read answers: where some client lists it. Which one asks, a preflight does not say. */
export function isListed(origin: string, clients: Clients, development: boolean): boolean {
  if (development && isLocal(origin)) return true;
  return clients.origins.has('*') || clients.origins.has(origin);
}

/** Headers of an answer to a page of a listed origin. No cookies are in use, so that none are allowed. */
export function corsHeaders(origin: string): Record<string, string> {
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed };
}

/** The answer to a preflight for a page of a listed origin. */
export function preflightHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, HEAD, POST',
    'access-control-allow-headers': allowed,
    'access-control-max-age': String(preflightSeconds),
    vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  };
}

/**
 * Holds a request of a page against the origins of its client. The edge's own pages (its console) may use any client. Throws
 * EntrepotError NOT_PERMITTED: a browser that could not read the answer would still have sent the request.
 */
export function checkOrigin(identity: Identity, { origin, host }: Credentials): Identity {
  if (origin === undefined || identity.origins.includes('*') || identity.origins.includes(origin)) return identity;
  if (origin.replace(/^https?:\/\//, '') === host?.toLowerCase()) return identity;
  if (identity.development && isLocal(origin)) return identity;
  const then = identity.development
    ? 'In development pages of this machine alone may: http://localhost and any port.'
    : `Add the origin to "origins" of "${identity.client}" in clients.yaml.`;
  throw new EntrepotError({
    reason: 'NOT_PERMITTED',
    message: `The client "${identity.client}" is not used by pages of this origin. ${then}`,
    metadata: { origin: origin.slice(0, 256) },
  });
}

function isLocal(origin: string): boolean {
  const url = URL.parse(origin);
  return url !== null && /^https?:$/.test(url.protocol) && isLoopback(url.hostname);
}

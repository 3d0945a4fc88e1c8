import type { ServerOptions } from 'node:http';

/** What a connection may take before it is refused or cut. Times in milliseconds. */
export interface HttpLimits {
  /** Bytes of a request's head: its line and all headers. Sensible 8 KiB to 64 KiB. */
  readonly maxHeadBytes: number;
  /** Headers of a request. Sensible 50 to 200. */
  readonly maxHeaders: number;
  /** A head has to be complete so long after the connection, or the request on it, began. Sensible 2,000 to 20,000. */
  readonly headMs: number;
  /** A request has to be complete, body and all, so long after it began. Sensible 5,000 to 60,000, and no less than headMs. */
  readonly requestMs: number;
  /** How often connections are looked at for the two above. Sensible 250 to 5,000. */
  readonly checkMs: number;
  /** A connection without a request is closed after so long; more than the balancer before the edge keeps one. Sensible 5,000 to 120,000. */
  readonly keepAliveMs: number;
  /** Requests on one connection, after which it is closed so that load spreads anew. Sensible 1,000 to 100,000; 0 for any number. */
  readonly maxRequests: number;
  /** Connections that are open at once. Sensible 1,000 to 50,000, by memory and file descriptors. */
  readonly maxConnections: number;
}

/** The shipped limits. */
export const defaultLimits: HttpLimits = {
  maxHeadBytes: 16 * 1_024,
  maxHeaders: 100,
  headMs: 5_000,
  requestMs: 10_000,
  checkMs: 1_000,
  keepAliveMs: 30_000,
  maxRequests: 10_000,
  maxConnections: 20_000,
};

/** The limits that Node itself keeps, for `http.createServer` and `https.createServer`. */
export function serverOptions(limits: HttpLimits): ServerOptions {
  return {
    maxHeaderSize: limits.maxHeadBytes,
    headersTimeout: limits.headMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkMs,
    keepAliveTimeout: limits.keepAliveMs,
    // Notices clients that went away without a word while a stream to them is quiet.
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    // Clients of HTTP/2 in plain text offer an upgrade with their first request, which is a request all the same.
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
  };
}

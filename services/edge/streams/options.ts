/** How streams of updates are kept, whatever their framing. Times in milliseconds. */
export interface StreamOptions {
  /** Silence after which something is sent that means nothing, so that nobody between cuts the stream. Sensible 5,000 to 60,000. */
  readonly heartbeatMs: number;
  /** A client that takes nothing of what was sent to it for so long is cut. Sensible 10,000 to 300,000. */
  readonly stalledMs: number;
  /** A stream that has nothing to say for so long is answered with its head all the same. Sensible 200 to 5,000. */
  readonly headMs: number;
  /** What an EventSource is told to wait before it connects again. Sensible 200 to 5,000. */
  readonly reconnectMs: number;
  /** When the edge stops, its clients are told to come back elsewhere within so long, so that they do not come all at once. Sensible 0 to 10,000. */
  readonly spreadMs: number;
  /** Streams that did not end by themselves so long after they were told that the edge stops are cut. Sensible 200 to 5,000. */
  readonly drainMs: number;
  readonly socket: SocketOptions;
}

/** Limits of a WebSocket. */
export interface SocketOptions {
  /** Sockets that are open at once. Sensible 1,000 to 50,000, by memory. */
  readonly maxSockets: number;
  /** Operations that run at once on one socket. Sensible 4 to 128. */
  readonly maxOperations: number;
  /** Largest message of a client, in bytes. Sensible 16 KiB to 1 MiB. */
  readonly maxMessageBytes: number;
  /** Bytes that wait for one client before nothing more is read for it; one message may go beyond. Sensible 16 KiB to 1 MiB. */
  readonly maxBufferedBytes: number;
  /** Who brings no credentials with the request has so long to send them. Sensible 1,000 to 30,000. */
  readonly helloMs: number;
}

/** The shipped options. */
export const defaultStreams: StreamOptions = {
  heartbeatMs: 15_000,
  stalledMs: 60_000,
  headMs: 1_000,
  reconnectMs: 1_000,
  spreadMs: 1_000,
  drainMs: 1_000,
  socket: {
    maxSockets: 10_000,
    maxOperations: 32,
    maxMessageBytes: 64 * 1_024,
    maxBufferedBytes: 64 * 1_024,
    helloMs: 5_000,
  },
};

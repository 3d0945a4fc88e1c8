import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A partner that has a file, for tests. */
export interface FileServer {
  readonly url: string;
  /** Requests so far. */
  readonly requests: IncomingMessage[];
  /** How the next requests are answered. */
  respond: (request: IncomingMessage, response: ServerResponse) => void;
  close(): Promise<void>;
}

/** Starts one on a free port; it answers 404 until it is told what to say. */
export async function startFileServer(): Promise<FileServer> {
  const http = createServer((request, response) => {
    server.requests.push(request);
    server.respond(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: FileServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    requests: [],
    respond: (_, response) => response.writeHead(404).end(),
    close: () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A partner for tests: answers as its handler says and knows what happened to each request. */
export interface PartnerServer {
  readonly url: string;
  /** Paths asked for, in order. */
  readonly asked: string[];
  /** Headers of the requests, in order. */
  readonly headers: IncomingMessage['headers'][];
  /** Resolves when the other side closes the connection of a request before its answer is complete. */
  readonly aborted: Promise<string>;
  /** Requests whose connection was closed before the answer was complete. */
  abortedCount(): number;
  handler: (request: IncomingMessage, response: ServerResponse) => void;
  close(): Promise<void>;
}

/** Starts one on a free port of the loopback. */
export async function startPartner(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<PartnerServer> {
  const { promise: aborted, resolve: onAborted } = Promise.withResolvers<string>();
  let abortedCount = 0;
  const server = createServer((request, response) => {
    partner.asked.push(request.url ?? '');
    partner.headers.push(request.headers);
    response.on('close', () => {
      if (response.writableFinished) return;
      abortedCount++;
      onAborted(request.url ?? '');
    });
    partner.handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const partner: PartnerServer = {
    url: `http://127.0.0.1:${port}`,
    asked: [],
    headers: [],
    aborted,
    abortedCount: () => abortedCount,
    handler,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return partner;
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** The text of a request's body. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

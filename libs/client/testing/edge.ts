// An edge of a few lines for tests of the client: it answers as it is told, and cuts connections where it is told.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { SearchUpdate } from '../gen/types.ts';
import type { Surroundings } from '../options.ts';

/** A request that arrived. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
}

/** Answers a request. */
export type Answer = (request: Arrived, response: ServerResponse) => void;

/** A running edge. */
export interface TestEdge {
  readonly url: string;
  /** Every request so far. */
  readonly requests: readonly Arrived[];
}

/** Starts an edge on a free port, for as long as the test runs. */
export async function startEdge(answer: Answer): Promise<TestEdge> {
  const requests: Arrived[] = [];
  const server = createServer(async (request, response) => {
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://edge');
    const { method = '', headers } = request;
    const arrived = { method, path: decodeURIComponent(pathname), query: searchParams, headers, body, closed };
    requests.push(arrived);
    answer(arrived, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
  };
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  const contentType = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': contentType, ...headers }).end(JSON.stringify(body));
}

/** The lines of a stream that ends as it should. */
export function linesOf(updates: readonly SearchUpdate[]): string {
  return [...updates.map((update) => ({ update })), { end: {} }].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/**
 * Streams updates whose cursors are their places, from the cursor that is asked for on.
 * @param cutAfter bytes after which the connection is cut; -1 before its head; undefined for not at all
 */
export function stream(
  { query }: Arrived,
  response: ServerResponse,
  updates: readonly SearchUpdate[],
  cutAfter?: number,
): void {
  if (cutAfter === -1) {
    response.destroy();
    return;
  }
  const left = updates.slice(Number(query.get('cursor') ?? 0));
  if (left.length === 0) {
    response.writeHead(204).end();
    return;
  }
  const bytes = Buffer.from(linesOf(left));
  response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' });
  if (cutAfter === undefined) response.end(bytes);
  else response.write(bytes.subarray(0, cutAfter), () => response.destroy());
}

/** Surroundings in which time passes as a test says. */
export interface TestTime extends Surroundings {
  /** Every wait that was begun, in milliseconds, in order. */
  readonly waits: readonly number[];
  /** Lets the latest wait of so many milliseconds be over. */
  pass(ms: number): void;
}

/** Time that stands. @param hurryUpTo waits of no more milliseconds than this are over at once; the longer ones when a test says so */
export function standingTime(hurryUpTo = 0): TestTime {
  const waits: number[] = [];
  const waiting = new Map<number, () => void>();
  return {
    waits,
    now: () => 0,
    random: () => 1,
    after(ms, call) {
      waits.push(ms);
      if (ms <= hurryUpTo) {
        const soon = setImmediate(call);
        return () => clearImmediate(soon);
      }
      waiting.set(ms, call);
      return () => waiting.delete(ms);
    },
    pass(ms) {
      const call = waiting.get(ms);
      if (call === undefined)
        throw new Error(`Nothing waits for ${ms} ms; there are ${[...waiting.keys()].join(', ')}.`);
      call();
    },
  };
}

// Problem documents for those whose requests never became one.
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { EntrepotError, type ReasonName } from '../../../libs/errors/index.ts';
import { type Problem, problemOf } from '../rest/problem.ts';

/** A refused client has so long to read why, in milliseconds. */
const lingerMs = 1_000;

/** What answers on a connection, so that nothing is written into the middle of it. */
const answers = new WeakMap<Socket, ServerResponse>();

/** Says what answers on a connection from here on. */
export function answering(socket: Socket, response: ServerResponse): void {
  answers.set(socket, response);
}

/** Answers what Node could not read as HTTP, or what did not come in time. Fastify's `clientErrorHandler`. */
export function refuseUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  const problem = problemOfUnreadable(error);
  const answer = answers.get(socket);
  // What was being answered, or was answered before it was complete, is not answered twice.
  const answered = answer?.headersSent === true && !(answer.writableFinished && answer.req.complete);
  if (problem === undefined || answered) socket.destroy();
  else refuse(socket, problem);
}

/** Answers a connection with a problem, and closes it. */
export function refuse(socket: Socket, problem: Problem): void {
  if (!socket.writable) return;
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(problem.retryAfterMs === undefined ? [] : [`retry-after: ${Math.ceil(problem.retryAfterMs / 1_000)}`]),
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Closed at once, a client that is still sending would see a reset in place of the answer.
  socket.on('error', () => undefined);
  socket.once('end', () => socket.destroy());
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
}

/** A head that is larger than the limits. */
export function tooLargeHead(message: string): EntrepotError {
  return new EntrepotError({ reason: 'MALFORMED_HEAD', message });
}

/** What was wrong; undefined where nobody is there to be told. */
function problemOfUnreadable({ code = '' }: { readonly code?: string }): Problem | undefined {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return problemOf(tooLargeHead("The request's head is larger than this edge accepts."));
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problemWith(408, 'DEADLINE_EXCEEDED', 'The request was not complete in time.');
    case 'HPE_INVALID_CHUNK_SIZE':
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
    case 'HPE_STRICT':
      return problemWith(400, 'MALFORMED_BODY', `The body's chunks are none (${code}).`);
    default:
      // Everything else that the parser says begins so; what the socket says concerns a client that has gone.
      if (!code.startsWith('HPE_')) return undefined;
      return problemWith(400, 'MALFORMED_HEAD', `That is no HTTP request (${code}).`);
  }
}

/** HTTP knows better than the reason alone which status fits. */
function problemWith(status: number, reason: ReasonName, message: string): Problem {
  return { ...problemOf(new EntrepotError({ reason, message })), status };
}

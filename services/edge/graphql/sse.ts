// GraphQL as server-sent events: the protocol of graphql-sse, in its mode of a connection for each operation.
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../api/caller.ts';
import { answerHeaders, callerOf, endCall } from '../call.ts';
import type { PatienceLimits } from '../deadline.ts';
import type { Door } from '../door.ts';
import { type Answer, answerOnce, answerStream, answerText, type Report } from './answer.ts';
import type { BoundOperation } from './operation.ts';

/** What a client accepts that wants events. */
export const eventsType = 'text/event-stream';

/** Silence after which something is sent that means nothing, in milliseconds, so that nobody between cuts the stream. */
const heartbeatMs = 12_000;
const heartbeat = ':\n\n';
const complete = 'event: complete\ndata:\n\n';

/** Answers with every result of an operation as an event, then with its end. */
export async function answerWithEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  door: Door,
  operation: BoundOperation | Answer,
  report: Report,
): Promise<FastifyReply> {
  const answers = answersOf(request, door, operation, report);
  const { call } = request;
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    'content-type': `${eventsType}; charset=utf-8`,
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    ...answerHeaders(call),
  });
  raw.write(heartbeat);
  const beat = setInterval(() => raw.write(heartbeat), heartbeatMs);
  try {
    for await (const answer of answers) {
      if (!raw.write(`event: next\ndata: ${answerText(answer)}\n\n`)) await drained(raw, call.gone);
      if (call.gone.aborted) break;
    }
    raw.end(complete);
  } finally {
    clearInterval(beat);
    endCall(call, 200);
  }
  return reply;
}

async function* answersOf(
  request: FastifyRequest,
  { api, patience }: Door,
  operation: BoundOperation | Answer,
  report: Report,
): AsyncGenerator<Answer, void> {
  if ('errors' in operation) {
    yield operation;
    return;
  }
  const caller = callerOf(request, 'graphql', patience);
  if (operation.kind === 'subscription')
    yield* answerStream(api, operation, lasting(operation, caller, patience), report);
  else yield await answerOnce(api, operation, caller, report);
}

/** A search ends with its deadline; who follows one that is held does so for as long as may be. */
export function lasting(operation: BoundOperation, caller: Caller, { maxMs }: PatienceLimits): Caller {
  const [field] = operation.fields;
  const search = field !== undefined && 'root' in field && field.root.method.name === 'Search';
  return search ? caller : { ...caller, timeoutMs: maxMs };
}

/** Waits until the client has read what it was sent, or is gone. What is new meanwhile waits in query, which puts it together. */
async function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once('drain', resolve);
  gone.addEventListener('abort', () => resolve(), { once: true });
  if (gone.aborted) resolve();
  await promise;
}

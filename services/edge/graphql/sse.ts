// GraphQL as server-sent events: the protocol of graphql-sse, in its mode of a connection for each operation.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toEntrepotError } from '../../../libs/errors/index.ts';
import type { Caller } from '../api/caller.ts';
import { answerHeaders, callerOf, endCall } from '../call.ts';
import type { PatienceLimits } from '../deadline.ts';
import type { Door } from '../door.ts';
import { HttpSink } from '../streams/http-sink.ts';
import { type Answer, answerOnce, answerStream, answerText, type Report, refusal } from './answer.ts';
import type { BoundOperation } from './operation.ts';

/** What a client accepts that wants events. */
export const eventsType = 'text/event-stream';

const heartbeat = ':\n\n';
const complete = 'event: complete\ndata:\n\n';
const next = (answer: Answer): string => `event: next\ndata: ${answerText(answer)}\n\n`;

/** Answers with every result of an operation as an event, then with its end. What it is refused with is a result too. */
export async function answerWithEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  door: Door,
  operation: BoundOperation | Answer,
  report: Report,
): Promise<FastifyReply> {
  const { call, server } = request;
  const leave = server.streams.add(call.cancel);
  const answers = answersOf(request, door, operation, report);
  reply.hijack();
  reply.raw.writeHead(200, {
    'content-type': `${eventsType}; charset=utf-8`,
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    ...answerHeaders(call),
  });
  const sink = new HttpSink(reply.raw, { heartbeat }, server.streams.options, call.gone);
  reply.raw.write(heartbeat);
  try {
    for await (const answer of answers) await sink.write(Buffer.from(next(answer)));
    sink.end(complete);
  } catch (thrown) {
    const error = toEntrepotError(thrown);
    if (error.reason === 'DRAINING') sink.elsewhere(next(refusal(error, report)) + complete);
    else sink.cut();
  } finally {
    sink.close();
    leave();
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
  if (operation.kind === 'subscription') {
    yield* answerStream(api, operation, lasting(operation, caller, patience), report);
  } else yield await answerOnce(api, operation, caller, report);
}

/** A search ends with its deadline; who follows one that is held does so for as long as may be. */
export function lasting(operation: BoundOperation, caller: Caller, { maxMs }: PatienceLimits): Caller {
  const [field] = operation.fields;
  const search = field !== undefined && 'root' in field && field.root.method.name === 'Search';
  return search ? caller : { ...caller, timeoutMs: maxMs };
}

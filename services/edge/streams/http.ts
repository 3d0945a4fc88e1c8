// A stream as the answer of an HTTP request: its head, and everything after.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toEntrepotError } from '../../../libs/errors/index.ts';
import { answerHeaders, endCall } from '../call.ts';
import { originOf } from '../rest/errors.ts';
import { problemOf } from '../rest/problem.ts';
import { eventOf } from './event.ts';
import { HttpSink } from './http-sink.ts';
import { OpenStreams } from './open-streams.ts';
import { defaultStreams, type StreamOptions } from './options.ts';
import type { StreamFormat } from './write.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Streams that are open at this edge. */
    streams: OpenStreams;
  }
}

/** Lets the server answer with streams, and ends them when it stops. */
export function keepStreams(app: FastifyInstance, options: StreamOptions = defaultStreams): void {
  const streams = new OpenStreams(options);
  app.decorate('streams', streams);
  app.addHook('preClose', async () => streams.drain());
}

/**
 * Streams what a method answers. The head is sent with the first message, so that a search that is refused is answered by its
 * status like any other request; from then on errors are events. A stream with nothing to say at first gets its head after a
 * while. A resumed stream with nothing left to say is 204, which tells an EventSource to stop reconnecting.
 */
export async function answerWithStream(
  request: FastifyRequest,
  reply: FastifyReply,
  format: StreamFormat,
  responses: AsyncIterable<object>,
): Promise<FastifyReply> {
  const { streams } = request.server;
  const { call } = request;
  const leave = streams.add(call.cancel);
  const messages = responses[Symbol.asyncIterator]();
  try {
    const first = messages.next();
    const begun = await soon(first, streams.options.headMs);
    if (begun?.done === true) return reply.status(204).send();
    reply.hijack();
    await tell(request, reply, format, first, messages);
    endCall(call, 200);
    return reply;
  } finally {
    leave();
  }
}

/** What a promise becomes, if it does within so many milliseconds. */
async function soon<Value>(promise: Promise<Value>, ms: number): Promise<Value | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, ms, undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function tell(
  request: FastifyRequest,
  reply: FastifyReply,
  format: StreamFormat,
  first: Promise<IteratorResult<object>>,
  messages: AsyncIterator<object>,
): Promise<void> {
  const { options } = request.server.streams;
  const { gone } = request.call;
  const response = reply.raw;
  response.writeHead(200, {
    'content-type': format.contentType,
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    ...headersOf(reply),
    ...answerHeaders(request.call),
  });
  const sink = new HttpSink(response, format, options, gone);
  try {
    const opening = format.opening(options.reconnectMs);
    if (opening !== '') response.write(opening);
    response.flushHeaders();
    // Nobody looks at a promise that was not waited for; it fails when it is read below.
    for (let next = await first; next.done !== true; next = await messages.next()) {
      const event = eventOf(next.value);
      if (event !== undefined) await sink.write(format.event(event));
    }
    sink.end(format.end);
  } catch (thrown) {
    const error = toEntrepotError(thrown);
    const problem = problemOf(error, originOf(request.call));
    // Who watches over the stream is told why it ended; it may be over already, and then is not interested.
    await Promise.resolve(messages.throw?.(error)).catch(() => undefined);
    if (error.reason === 'DRAINING') sink.elsewhere(format.elsewhere(problem));
    else if (gone.aborted || error.metadata.cause === 'STALLED') sink.cut();
    else sink.end(format.problem(problem));
  } finally {
    sink.close();
  }
}

/** Headers that hooks have put on the reply before it was taken out of Fastify's hands. */
function headersOf(reply: FastifyReply): Record<string, string> {
  const headers = Object.entries(reply.getHeaders());
  return Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));
}

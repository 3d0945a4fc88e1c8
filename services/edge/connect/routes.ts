// Connect and gRPC-Web on the edge's own port: a path for each public method, "/entrepot.query.v1.QueryService/Search".
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { EntrepotError, toEntrepotError } from '../../../libs/errors/index.ts';
import { logger, withTrace } from '../../../libs/telemetry/index.ts';
import type { Caller } from '../api/caller.ts';
import { type PublicMethod, publicMethods } from '../api/method.ts';
import { callerOf } from '../call.ts';
import type { Door } from '../door.ts';
import { typedError } from '../http-errors.ts';
import { stalled } from '../streams/open-streams.ts';
import { contentTypeOf, endOf, errorAnswer } from './answer.ts';
import { codecsOf, envelopeBytes, type MethodCodec } from './codec.ts';
import { messageBytes, requireWire, timeoutOf, type Wire, wireOf } from './wire.ts';

const log = logger('edge');

/** Adds the paths. */
export function connectRoutes(app: FastifyInstance, door: Door): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    answerErrors(scope);
    for (const method of publicMethods().values()) methodRoute(scope, door, method);
    // So that who calls what does not exist, or is not public, reads that in its own protocol.
    scope.route({
      method: ['GET', 'POST'],
      url: '/:service(^entrepot[.][.\\w]+$)/:method',
      handler: (request) => {
        throw new EntrepotError({
          reason: 'UNKNOWN_METHOD',
          message: `There is no public method ${request.method} ${request.url.split('?')[0]}.`,
        });
      },
    });
  });
}

function methodRoute(scope: FastifyInstance, { api, patience }: Door, method: PublicMethod): void {
  const codecs = codecsOf(method);
  const mostBytes = scope.initialConfig.bodyLimit ?? 0;
  scope.route({
    method: method.safe && !method.streams ? ['GET', 'POST'] : ['POST'],
    url: `/${method.fullName}`,
    config: { unpacks: true },
    // Of a stream each update goes out by itself, and does not wait in a compressor's window.
    ...(method.streams && { compress: false as const }),
    handler: async (request, reply) => {
      const wire = requireWire(request, method);
      const codec = codecs[wire.codec];
      const caller: Caller = {
        ...callerOf(request, wire.protocol, patience),
        timeoutMs: timeoutOf(request, wire, method, patience),
      };
      request.call.caller = caller;
      const message = codec.read(await messageBytes(request, wire, mostBytes));
      reply.type(contentTypeOf(wire));
      if (method.streams) return streamed(request, reply, wire, codec, api.stream(method, message, caller));
      const answer = codec.enveloped(await api.unary(method, message, caller));
      return reply.send(wire.enveloped ? Buffer.concat([answer, endOf(wire)]) : answer.subarray(envelopeBytes));
    },
  });
}

/**
 * Answers with a stream. Its head waits a moment for the first message: what the gates made of the call stands in it. A message is
 * asked for when the socket has taken the one before it, so that for a slow reader query merges what it has not read.
 */
async function streamed(
  request: FastifyRequest,
  reply: FastifyReply,
  wire: Wire,
  codec: MethodCodec,
  messages: AsyncGenerator<object, void>,
): Promise<FastifyReply> {
  const { streams } = request.server;
  const leave = streams.add(request.call.cancel);
  const first = messages.next();
  const chunks = async function* (): AsyncGenerator<Buffer, void> {
    // It is read once the head stands; what is told later must not hold it up.
    reply.raw.flushHeaders();
    try {
      for (let next = await first; next.done !== true; next = await messages.next()) yield codec.enveloped(next.value);
      yield endOf(wire);
    } catch (thrown) {
      const error = toEntrepotError(thrown);
      request.call.failure = error;
      yield endOf(wire, error);
    } finally {
      leave();
      await messages.return();
    }
  };
  await Promise.race([first.catch(() => undefined), sleep(streams.options.headMs, undefined, { ref: false })]);
  reply.headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  // A high water mark of one byte: no more than one message is taken before it can be written.
  const taken = unlessStalled(chunks(), streams.options.stalledMs, (error) => {
    request.call.cancel(error);
    reply.raw.destroy();
  });
  return reply.send(Readable.from(taken, { objectMode: false, highWaterMark: 1 }));
}

/** The chunks, each of which has to be taken in time. */
async function* unlessStalled(
  chunks: AsyncGenerator<Buffer, void>,
  stalledMs: number,
  cut: (error: EntrepotError) => void,
): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    const late = setTimeout(() => cut(stalled(stalledMs)), stalledMs);
    try {
      yield chunk;
    } finally {
      clearTimeout(late);
    }
  }
}

/** Errors in the protocol of the request. */
function answerErrors(scope: FastifyInstance): void {
  scope.setErrorHandler((raw, request, reply) => {
    const error = typedError(raw);
    request.call.failure = error;
    const { status, contentType, body } = errorAnswer(error, wireOf(request));
    if (error.reason === 'INTERNAL') {
      withTrace(log, request.call.trace).error({ err: raw, reason: error.reason }, 'request failed');
    }
    if (error.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(error.retryAfterMs / 1000));
    return reply.status(status).type(contentType).send(body);
  });
}

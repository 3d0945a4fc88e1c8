// A stream as the answer of an HTTP request: its head, and everything after.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { toEntrepotError } from '../../../libs/errors/index.ts';
import { answerHeaders, endCall } from '../call.ts';
import { type StreamFormat, writeUpdates } from './write.ts';

/**
 * Streams updates. The head is sent with the first update, so that a search that is refused is answered by its status
 * like any other request; from then on errors are events. A resumed stream with nothing left to say is 204, which tells
 * an EventSource to stop reconnecting.
 */
export async function answerWithStream(
  request: FastifyRequest,
  reply: FastifyReply,
  format: StreamFormat,
  responses: AsyncIterable<{ update?: SearchUpdate | undefined }>,
): Promise<FastifyReply> {
  const updates = updatesOf(responses);
  const first = await updates.next();
  if (first.done === true) return reply.status(204).send();
  reply.hijack();
  reply.raw.writeHead(200, {
    'content-type': format.contentType,
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    ...answerHeaders(request.call),
  });
  await writeUpdates(reply.raw, format, first.value, updates, toEntrepotError, request.call.gone);
  endCall(request.call, 200);
  return reply;
}

async function* updatesOf(
  responses: AsyncIterable<{ update?: SearchUpdate | undefined }>,
): AsyncGenerator<SearchUpdate, void> {
  for await (const { update } of responses) if (update !== undefined) yield update;
}

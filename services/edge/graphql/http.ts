// GraphQL over HTTP: POST and GET /graphql, as one JSON document or as server-sent events.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { logger, withTrace } from '../../../libs/telemetry/index.ts';
import { callerOf } from '../call.ts';
import type { Door } from '../door.ts';
import { typedError } from '../http-errors.ts';
import { challengeOf, originOf } from '../rest/errors.ts';
import { problemOf } from '../rest/problem.ts';
import { type Answer, answerOnce, answerText, type Report, refusal } from './answer.ts';
import { tooComplex } from './limits.ts';
import type { BoundOperation } from './operation.ts';
import { paramsOfQuery } from './params.ts';
import type { GraphqlServer } from './server.ts';
import { answerWithEvents, eventsType } from './sse.ts';
import type { GraphqlSockets } from './websocket.ts';

const log = logger('graphql');
const responseType = 'application/graphql-response+json; charset=utf-8';
const jsonType = 'application/json; charset=utf-8';

/** Adds /graphql, and the schema as text at /graphql/schema.graphql. */
export function graphqlHttp(app: FastifyInstance, door: Door, server: GraphqlServer, sockets: GraphqlSockets): void {
  const errorHandler = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = typedError(thrown);
    return refuse(request, reply, error, problemOf(error).status);
  };
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    answer(request, reply, door, server);
  app.route({ method: 'POST', url: '/graphql', errorHandler, handler });
  app.route({
    method: 'GET',
    url: '/graphql',
    errorHandler,
    handler,
    wsHandler: (socket, request) => sockets.open(socket, request),
  });
  app.get('/graphql/schema.graphql', async (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send(server.sdl),
  );
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  door: Door,
  server: GraphqlServer,
): Promise<FastifyReply> {
  const { body } = request;
  if (request.method === 'POST' && Array.isArray(body)) return batch(request, reply, door, server, body);
  const report = reportOf(request);
  let operation: BoundOperation;
  try {
    operation = operationOf(request, server);
  } catch (error) {
    if (!(error instanceof EntrepotError)) throw error;
    if (!wantsEvents(request)) return refuse(request, reply, error, statusOf(request, error));
    return answerWithEvents(request, reply, door, refusal(error, report), report);
  }
  if (operation.kind === 'mutation' && request.method === 'GET') return mutationRefused(request, reply);
  if (wantsEvents(request)) return answerWithEvents(request, reply, door, operation, report);
  if (operation.kind === 'subscription') throw subscriptionRefused();
  return send(
    request,
    reply,
    await answerOnce(door.api, operation, callerOf(request, 'graphql', door.patience), report),
    200,
  );
}

function operationOf(request: FastifyRequest, server: GraphqlServer): BoundOperation {
  const { identity } = request.call;
  if (identity === undefined) throw new Error('The request was not asked who it is from.');
  return request.method === 'GET'
    ? server.operation(request.query, identity, (query) => paramsOfQuery(query as Record<string, unknown>))
    : server.operation(request.body, identity);
}

/** Several operations in one request, each answered for itself. */
async function batch(
  request: FastifyRequest,
  reply: FastifyReply,
  { api, patience }: Door,
  server: GraphqlServer,
  sent: readonly unknown[],
): Promise<FastifyReply> {
  const { operations: most, cost: mostCost } = server.limits;
  if (sent.length > most) throw tooComplex('operations', most, sent.length);
  const { identity } = request.call;
  const report = reportOf(request);
  if (identity === undefined) throw new Error('The request was not asked who it is from.');
  const caller = callerOf(request, 'graphql', patience);
  let cost = 0;
  const answers = sent.map(async (one): Promise<Answer> => {
    try {
      const operation = server.operation(one, identity);
      if (operation.kind === 'subscription') throw subscriptionRefused();
      cost += operation.cost;
      if (cost > mostCost) throw tooComplex('cost', mostCost, Math.round(cost));
      return await answerOnce(api, operation, caller, report);
    } catch (error) {
      if (!(error instanceof EntrepotError)) throw error;
      return refusal(error, report);
    }
  });
  const texts = (await Promise.all(answers)).map(answerText);
  return reply.type(jsonType).send(`[${texts.join(',')}]`);
}

function send(request: FastifyRequest, reply: FastifyReply, answer: Answer, status: number): FastifyReply {
  const after = answer.errors.flatMap(({ extensions }) => extensions.retryAfterMs ?? []);
  if (after.length > 0) reply.header('retry-after', Math.ceil(Math.max(...after) / 1000));
  // As bytes: a text would be joined to the head of the answer and encoded together with it.
  const body = Buffer.from(answerText(answer));
  return reply
    .status(status)
    .header('content-type', wantsPlainJson(request) ? jsonType : responseType)
    .send(body);
}

function refuse(request: FastifyRequest, reply: FastifyReply, error: EntrepotError, status: number): FastifyReply {
  const challenge = challengeOf(error);
  if (challenge !== undefined) reply.header('www-authenticate', challenge);
  return send(request, reply, refusal(error, reportOf(request)), status);
}

/** Who accepts application/json alone goes by what is in the answer: a request that is GraphQL is answered with 200. */
function statusOf(request: FastifyRequest, error: EntrepotError): number {
  return wantsPlainJson(request) && error.reason !== 'MALFORMED_BODY' ? 200 : problemOf(error).status;
}

function wantsPlainJson({ headers: { accept = '' } }: FastifyRequest): boolean {
  return accept.includes('application/json') && !accept.includes('application/graphql-response+json');
}

function wantsEvents({ headers: { accept = '' } }: FastifyRequest): boolean {
  return accept.includes(eventsType);
}

function subscriptionRefused(): EntrepotError {
  return new EntrepotError({
    reason: 'INVALID_DOCUMENT',
    message: 'A subscription is followed as server-sent events (Accept: text/event-stream), or over a WebSocket.',
  });
}

function mutationRefused(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const message = 'A mutation changes something, and is therefore sent by POST.';
  reply.header('allow', 'POST');
  return refuse(request, reply, new EntrepotError({ reason: 'INVALID_DOCUMENT', message }), 405);
}

/** What errors of a request are reported with. */
function reportOf({ call }: FastifyRequest): Report {
  return {
    origin: originOf(call),
    tell: (error) => {
      call.failure ??= error;
      if (problemOf(error).status < 500) return;
      withTrace(log, call.trace).error({ err: error, reason: error.reason }, 'operation failed');
    },
  };
}

// How right shown prices were, over HTTP, for the partners' teams.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  ListAccuracyResponse,
  ListMismatchesResponse,
  ReplayMismatchResponse,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { callerOf } from '../call.ts';
import type { Door } from '../door.ts';
import { queryAs } from './as.ts';
import { accuracyQuery, mismatchesQuery } from './messages.ts';

type Query = Readonly<Record<string, string | string[]>>;

/** Adds the routes of accuracy and mismatches. */
export function accuracyRoutes(app: FastifyInstance, { api, patience }: Door): void {
  const as = (request: FastifyRequest) => queryAs(api, callerOf(request, 'rest', patience));
  app.get<{ Querystring: Query }>('/v1/accuracy', async (request, reply) => {
    const answer = await as(request as FastifyRequest).listAccuracy(accuracyQuery(request.query));
    return send(reply, ListAccuracyResponse.toJSON(answer));
  });

  app.get<{ Querystring: Query }>('/v1/mismatches', async (request, reply) => {
    const answer = await as(request as FastifyRequest).listMismatches(mismatchesQuery(request.query));
    return send(reply, ListMismatchesResponse.toJSON(answer));
  });

  app.post<{ Params: { name: string } }>('/v1/mismatches/:name', async (request, reply) => {
    const { name } = request.params;
    if (!name.endsWith(':replay')) {
      const message = 'POST here takes {id}:replay; GET /openapi.json lists every path.';
      throw new EntrepotError({ reason: 'ROUTE_NOT_FOUND', message });
    }
    const mismatchId = name.slice(0, -':replay'.length);
    const answer = await as(request as FastifyRequest).replayMismatch({ mismatchId });
    return send(reply, ReplayMismatchResponse.toJSON(answer));
  });
}

function send(reply: FastifyReply, body: unknown): FastifyReply {
  return reply.headers({ 'content-type': 'application/json; charset=utf-8' }).send(JSON.stringify(body));
}

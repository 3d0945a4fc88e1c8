// REST: a route for every public method, by the path that its contract states.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  Delivery,
  SearchPage,
  type SearchRequest,
  type SearchUpdate,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { madeOnce } from '../api/made-once.ts';
import { type PublicMethod, publicMethods } from '../api/method.ts';
import { pageOf } from '../api/search-page.ts';
import { callerOf } from '../call.ts';
import type { Door } from '../door.ts';
import { answerWithStream } from '../streams/http.ts';
import { eventStream, streamFormatOf } from '../streams/write.ts';
import { bodyReader } from './bodies.ts';
import { sendTagged } from './conditional.ts';
import { deprecationHeaders } from './deprecation.ts';
import { parameterReader, type Query } from './parameters.ts';
import { type PathFields, routeOf, templateOf } from './paths.ts';

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The path as the contracts write it, for spans. */
    template?: string;
  }
}

/** Adds a route for every public method. */
export function restRoutes(app: FastifyInstance, door: Door): void {
  for (const method of publicMethods().values()) {
    const template = templateOf(method);
    app.route({
      method: method.http.verb,
      url: routeOf(template),
      config: { template },
      // The head of a stream says nothing, and its beginning is work.
      exposeHeadRoute: method.safe && !method.streams,
      handler: handlerOf(method, door),
    });
  }
}

function handlerOf(method: PublicMethod, door: Door): Handler {
  if (method.name === 'Search') return searchHandler(method, door);
  return method.streams ? streamHandler(method, door) : unaryHandler(method, door);
}

function unaryHandler(method: PublicMethod, { api, patience }: Door): Handler {
  const read = requestReader(method);
  const write = bodyWriter(method);
  const deprecated = deprecationHeaders(method);
  return async (request, reply) => {
    const asked = read(request);
    const answer = await api.unary(method, asked, callerOf(request, 'rest', patience));
    const body = write(answer);
    const headers = deprecated(asked);
    if (headers !== undefined) reply.headers(headers);
    return method.safe ? sendTagged(request, reply, body) : sendJson(reply, body);
  };
}

/** A search is one document when it is complete, or, by `Accept`, a stream of what changes until it is. */
function searchHandler(method: PublicMethod, { api, patience }: Door): Handler {
  const read = requestReader(method);
  const deprecated = deprecationHeaders(method);
  return async (request, reply) => {
    const asked = read(request) as SearchRequest;
    const format = streamFormatOf(request);
    const caller = callerOf(request, format?.protocol ?? 'rest', patience);
    const headers = deprecated(asked);
    if (format === undefined) {
      const body = pageBody(await api.searchEnd(forItsEnd(asked), caller));
      if (headers !== undefined) reply.headers(headers);
      return sendJson(reply, body);
    }
    if (headers !== undefined) reply.headers(headers);
    return answerWithStream(request, reply, format, api.stream(method, forChanges(asked), caller));
  };
}

/** A method that answers with a stream alone: of server-sent events, unless another is accepted. */
function streamHandler(method: PublicMethod, { api, patience }: Door): Handler {
  const read = requestReader(method);
  const deprecated = deprecationHeaders(method);
  return async (request, reply) => {
    const lastEventId = request.headers['last-event-id'];
    const asked = { ...read(request), ...(typeof lastEventId === 'string' && { cursor: lastEventId }) };
    const format = streamFormatOf(request) ?? eventStream;
    // Whoever follows does so for as long as there is something to follow.
    const caller = { ...callerOf(request, format.protocol, patience), timeoutMs: patience.maxMs };
    const headers = deprecated(asked);
    if (headers !== undefined) reply.headers(headers);
    return answerWithStream(request, reply, format, api.stream(method, asked, caller));
  };
}

/** What a request of the method is read by: made once, since most of it follows from the contracts. */
function requestReader(method: PublicMethod): (request: FastifyRequest) => object {
  const { http, input, request: codec } = method;
  const parameters = parameterReader(
    input,
    http.verb === 'GET' ? http.pathFields : input.fields.map(({ name }) => name),
  );
  if (http.verb === 'GET') {
    return ({ query, params }) => codec.fromJSON({ ...parameters.read(query as Query), ...(params as PathFields) });
  }
  const body = bodyReader(method);
  return (request) => {
    parameters.read(request.query as Query);
    return body(request.body, request.params as PathFields);
  };
}

/** An answer as bytes: a text would be joined to the head and encoded together with it. */
function bodyWriter({ fullName, output, response, http }: PublicMethod): (answer: object) => Buffer {
  const field = output.fields.find(({ name }) => name === http.responseBody);
  return (answer) => {
    const json = response.toJSON(answer);
    const body = field === undefined ? json : (json as Record<string, unknown>)[field.jsonName];
    if (body === undefined) {
      throw new EntrepotError({ reason: 'INTERNAL', message: `The answer of ${fullName} lacks its ${field?.name}.` });
    }
    return Buffer.from(JSON.stringify(body));
  };
}

function sendJson(reply: FastifyReply, body: Buffer): FastifyReply {
  return reply.headers({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }).send(body);
}

const forItsEnd = madeOnce((search: SearchRequest): SearchRequest => ({ ...search, delivery: Delivery.FINAL }));

const forChanges = madeOnce(
  (search: SearchRequest): SearchRequest =>
    search.delivery === Delivery.UNSPECIFIED ? { ...search, delivery: Delivery.CHANGES } : search,
);

/** A snapshot as the body of a page. Searches that are answered by the same one share it. */
const pageBody = madeOnce((last: SearchUpdate) => Buffer.from(JSON.stringify(SearchPage.toJSON(pageOf(last)))));

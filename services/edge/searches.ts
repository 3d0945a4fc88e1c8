// Searches over HTTP: start one, read a page of it, follow it.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  Delivery,
  ExplainSearchResponse,
  GetPageRequest,
  type QueryServiceDefinition,
  SearchPage,
  SearchRequest,
  type SearchUpdate,
  WatchSearchRequest,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError, toEntrepotError } from '../../libs/errors/index.ts';
import type { MeshClient, Place } from '../../libs/mesh/index.ts';
import { checkShape } from '../../libs/vertical/index.ts';
import { callOptions, endCall, traceHeaders } from './call.ts';
import type { PatienceLimits } from './deadline.ts';
import { madeOnce } from './made-once.ts';
import { explainQuery, pageQuery, requireMessage, watchQuery } from './messages.ts';
import { eventStream, type StreamFormat, streamFormatOf, writeUpdates } from './streams.ts';

/** Adds the routes of searches. */
export function searchRoutes(
  app: FastifyInstance,
  query: MeshClient<QueryServiceDefinition>,
  limits: PatienceLimits,
): void {
  app.post('/v1/searches', async (request, reply) => {
    const asked = searchOf(request.body);
    const format = streamFormatOf(request);
    const options = callOptions(request, limits);
    if (format === undefined) {
      const last = await lastUpdate(query.search(asked.forItsEnd, options));
      return reply.headers({ 'content-type': 'application/json; charset=utf-8' }).send(finalBody(last));
    }
    return stream(request, reply, format, query.search(asked.forChanges, options), 'searching');
  });

  app.get<{ Params: { searchId: string }; Querystring: Record<string, string> }>(
    '/v1/searches/:searchId',
    async (request, reply) => {
      const { searchId, verb } = verbOf(request.params.searchId);
      if (verb === 'explain') {
        const answer = await query.explainSearch(
          { searchId, productId: explainQuery(request.query) },
          callOptions(request, limits),
        );
        return reply
          .headers({ 'content-type': 'application/json; charset=utf-8' })
          .send(JSON.stringify(ExplainSearchResponse.toJSON(answer)));
      }
      const { page } = await query.getPage(
        GetPageRequest.fromPartial({ searchId, ...pageQuery(request.query) }),
        callOptions(request, limits),
      );
      if (page === undefined)
        throw new EntrepotError({ reason: 'INTERNAL', message: 'The page is missing from the answer.' });
      return reply.headers({ 'content-type': 'application/json; charset=utf-8' }).send(pageBody(page));
    },
  );

  app.get<{ Params: { searchId: string }; Querystring: Record<string, string> }>(
    '/v1/searches/:searchId/updates',
    async (request, reply) => {
      const { searchId } = request.params;
      const asked = watchQuery(request.query);
      const lastEventId = request.headers['last-event-id'];
      const cursor = typeof lastEventId === 'string' ? lastEventId : asked.cursor;
      const updates = query.watchSearch(WatchSearchRequest.fromPartial({ ...asked, searchId, cursor }), {
        ...callOptions(request, limits),
        timeoutMs: limits.maxMs,
      });
      return stream(request, reply, streamFormatOf(request) ?? eventStream, updates, 'watching');
    },
  );
}

const searchMessage = requireMessage('entrepot.query.v1.SearchRequest');

/** The search that a body asks for. Throws EntrepotError for a body that is none. */
function searchOf(body: unknown): ReturnType<typeof askedWith> {
  checkObject(body);
  return askedWith(body);
}

const askedWith = madeOnce(
  (body: object): { readonly forItsEnd: SearchRequest; readonly forChanges: SearchRequest } => {
    checkShape(searchMessage, body);
    const search = SearchRequest.fromJSON(body);
    const delivery = search.delivery === Delivery.UNSPECIFIED ? Delivery.CHANGES : search.delivery;
    return { forItsEnd: { ...search, delivery: Delivery.FINAL }, forChanges: { ...search, delivery } };
  },
);

function checkObject(body: unknown): asserts body is object {
  if (typeof body !== 'object' || body === null) checkShape(searchMessage, body);
}

/** "abc:explain" is the search abc, explained. Throws EntrepotError for another verb. */
function verbOf(name: string): { readonly searchId: string; readonly verb: '' | 'explain' } {
  const colon = name.lastIndexOf(':');
  if (colon < 0) return { searchId: name, verb: '' };
  if (name.slice(colon + 1) === 'explain') return { searchId: name.slice(0, colon), verb: 'explain' };
  throw new EntrepotError({
    reason: 'ROUTE_NOT_FOUND',
    message: 'GET here takes {id}, {id}:explain; GET /openapi.json lists every path.',
  });
}

/** The page as bytes: a text would be joined to the head of the answer and encoded together with it. */
function pageBody(page: SearchPage): Buffer {
  return Buffer.from(JSON.stringify(SearchPage.toJSON(page)));
}

/** The one snapshot of a search that was asked for its end. */
async function lastUpdate(updates: AsyncIterable<{ update?: SearchUpdate | undefined }>): Promise<SearchUpdate> {
  let last: SearchUpdate | undefined;
  for await (const { update } of updates) if (update !== undefined) last = update;
  if (last?.progress === undefined) {
    throw new EntrepotError({ reason: 'INTERNAL', message: 'The search ended without a result.' });
  }
  return last;
}

/** A snapshot as the body of a page. Searches that are answered by the same one share it. */
const finalBody = madeOnce((last: SearchUpdate) => pageBody(pageOf(last)));

function pageOf(last: SearchUpdate): SearchPage {
  const byId = new Map(last.upserts.map((offer) => [offer.offerId, offer]));
  return {
    searchId: last.searchId,
    revision: last.revision,
    complete: last.complete,
    offers: (last.page?.offerIds ?? []).flatMap((id) => byId.get(id) ?? []),
    nextPageToken: last.page?.nextPageToken ?? '',
    totalSize: last.page?.totalSize ?? 0,
    outcomes: last.outcomes,
    progress: last.progress,
    facets: last.facets,
    cursor: last.cursor,
    currency: last.upserts[0]?.price?.total?.currencyCode ?? '',
    askedAgain: undefined,
  };
}

/**
 * Streams updates. The head is sent with the first update, so that a search that is refused is answered by its status
 * like any other request; from then on errors are events. A resumed stream with nothing left to say is 204, which tells
 * an EventSource to stop reconnecting.
 */
async function stream(
  request: FastifyRequest,
  reply: FastifyReply,
  format: StreamFormat,
  responses: AsyncIterable<{ update?: SearchUpdate | undefined }>,
  work: 'searching' | 'watching',
): Promise<FastifyReply> {
  const updates = updatesOf(responses, work, request.place);
  const first = await updates.next();
  if (first.done === true) return reply.status(204).send();
  reply.hijack();
  reply.raw.writeHead(200, {
    'content-type': format.contentType,
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    ...traceHeaders(request.call),
  });
  await writeUpdates(reply.raw, format, first.value, updates, toEntrepotError, request.call.gone);
  endCall(request.call, 200);
  return reply;
}

/** The updates. Once a search is complete, or a watcher has what is there, its request makes room for another. */
async function* updatesOf(
  responses: AsyncIterable<{ update?: SearchUpdate | undefined }>,
  work: 'searching' | 'watching',
  place: Place | undefined,
): AsyncGenerator<SearchUpdate, void> {
  for await (const { update } of responses) {
    if (update === undefined) continue;
    yield update;
    if (update.complete || work === 'watching') place?.quiet();
  }
}

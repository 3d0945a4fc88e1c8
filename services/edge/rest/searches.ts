// Searches over HTTP: start one, read a page of it, follow it.
import type { FastifyInstance } from 'fastify';
import {
  Delivery,
  ExplainSearchResponse,
  GetPageRequest,
  SearchPage,
  SearchRequest,
  type SearchUpdate,
  WatchSearchRequest,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { checkShape } from '../../../libs/vertical/index.ts';
import { madeOnce } from '../api/made-once.ts';
import { pageOf } from '../api/search-page.ts';
import { callerOf } from '../call.ts';
import type { Door } from '../door.ts';
import { answerWithStream } from '../streams/http.ts';
import { eventStream, streamFormatOf } from '../streams/write.ts';
import { queryAs } from './as.ts';
import { explainQuery, pageQuery, requireMessage, watchQuery } from './messages.ts';

/** Adds the routes of searches. */
export function searchRoutes(app: FastifyInstance, { api, patience }: Door): void {
  app.post('/v1/searches', async (request, reply) => {
    const asked = searchOf(request.body);
    const format = streamFormatOf(request);
    const caller = callerOf(request, format?.protocol ?? 'rest', patience);
    if (format === undefined) {
      const last = await api.searchEnd(asked.forItsEnd, caller);
      return reply.headers({ 'content-type': 'application/json; charset=utf-8' }).send(finalBody(last));
    }
    return answerWithStream(request, reply, format, queryAs(api, caller).search(asked.forChanges));
  });

  app.get<{ Params: { searchId: string }; Querystring: Record<string, string> }>(
    '/v1/searches/:searchId',
    async (request, reply) => {
      const { searchId, verb } = verbOf(request.params.searchId);
      const query = queryAs(api, callerOf(request, 'rest', patience));
      if (verb === 'explain') {
        const answer = await query.explainSearch({ searchId, productId: explainQuery(request.query) });
        return reply
          .headers({ 'content-type': 'application/json; charset=utf-8' })
          .send(JSON.stringify(ExplainSearchResponse.toJSON(answer)));
      }
      const { page } = await query.getPage(GetPageRequest.fromPartial({ searchId, ...pageQuery(request.query) }));
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
      const format = streamFormatOf(request) ?? eventStream;
      const caller = { ...callerOf(request, format.protocol, patience), timeoutMs: patience.maxMs };
      const updates = queryAs(api, caller).watchSearch(WatchSearchRequest.fromPartial({ ...asked, searchId, cursor }));
      return answerWithStream(request, reply, format, updates);
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

/** A snapshot as the body of a page. Searches that are answered by the same one share it. */
const finalBody = madeOnce((last: SearchUpdate) => pageBody(pageOf(last)));

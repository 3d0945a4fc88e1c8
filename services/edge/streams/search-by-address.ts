// A search that begins with its address, for an EventSource, which sends nothing else.
import type { FastifyInstance } from 'fastify';
import { Delivery, SearchRequest, WatchSearchRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError, toEntrepotError } from '../../../libs/errors/index.ts';
import { requireMethod } from '../api/method.ts';
import { callerOf } from '../call.ts';
import type { Door } from '../door.ts';
import { parameterReader, type Query } from '../rest/parameters.ts';
import { answerWithStream } from './http.ts';
import { notInAddress } from './openapi.ts';
import { newlineJson, resumeOf, searchEventStream, streamFormatOf } from './write.ts';

/**
 * Adds `GET /v1/searches:stream`: the fields of a search as parameters, answered by its updates. An EventSource that comes back to
 * it names the search and the cursor by its last id, and goes on; where the search is no longer held, it is searched anew.
 */
export function searchByAddress(app: FastifyInstance, { api, patience }: Door): void {
  const search = requireMethod('entrepot.query.v1.QueryService/Search');
  const watch = requireMethod('entrepot.query.v1.QueryService/WatchSearch');
  const parameters = parameterReader(search.input, notInAddress);
  app.route({
    method: 'GET',
    url: '/v1/searches::stream',
    exposeHeadRoute: false,
    config: { template: '/v1/searches:stream' },
    handler: async (request, reply) => {
      const criteria = SearchRequest.fromJSON(parameters.read(request.query as Query));
      const asked: SearchRequest = { ...criteria, delivery: Delivery.CHANGES };
      const format = streamFormatOf(request) === newlineJson ? newlineJson : searchEventStream;
      const caller = callerOf(request, format.protocol, patience);
      const lastId = request.headers['last-event-id'];
      if (typeof lastId !== 'string') {
        return answerWithStream(request, reply, format, api.stream(search, asked, caller));
      }
      const at = resumeOf(lastId);
      if (at === undefined) {
        const message = `The last event id ${JSON.stringify(lastId.slice(0, 100))} is none of this stream.`;
        throw new EntrepotError({ reason: 'INVALID_TOKEN', message });
      }
      const goOn = api.stream(watch, WatchSearchRequest.fromPartial(at), { ...caller, timeoutMs: patience.maxMs });
      const responses = orAnew(goOn, () => api.stream(search, asked, caller));
      return answerWithStream(request, reply, format, responses);
    },
  });
}

/** The first stream; where its search is not held, the second. */
async function* orAnew(
  first: AsyncGenerator<object, void>,
  anew: () => AsyncGenerator<object, void>,
): AsyncGenerator<object, void> {
  try {
    yield* first;
  } catch (thrown) {
    if (toEntrepotError(thrown).reason !== 'SEARCH_NOT_FOUND') throw thrown;
    yield* anew();
  }
}

// Views over HTTP: a path for each, with the parameters that it takes.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  Delivery,
  SearchPage,
  SearchRequest,
  type SearchUpdate,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { type FieldViolation, invalidFields } from '../../../libs/errors/index.ts';
import { madeOnce } from '../api/made-once.ts';
import { pageOf } from '../api/search-page.ts';
import { callerOf } from '../call.ts';
import type { Door } from '../door.ts';
import { sendTagged } from '../rest/conditional.ts';
import { type ParameterReader, parameterReader, type Query } from '../rest/parameters.ts';
import { answerWithStream } from '../streams/http.ts';
import { streamFormatOf } from '../streams/write.ts';
import { viewNamed } from './resolve.ts';
import { searchMethod, type View } from './view.ts';
import type { ViewSource } from './views.ts';

/** Where views are served; OpenAPI says it for each of them. */
export const viewPath = '/v1/views/{view}';

/**
 * Adds `GET /v1/views/{name}` and `GET /v1/views/{name}@{version}`: a search by the view, answered by its page when it is complete, or by
 * `Accept` by what changes until it is.
 */
export function viewRoutes(app: FastifyInstance, { api, patience }: Door, source: ViewSource): void {
  const search = searchMethod();
  app.route({
    method: 'GET',
    url: '/v1/views/:view([^:/]+)',
    exposeHeadRoute: false,
    config: { template: viewPath },
    handler: async (request, reply) => {
      const format = streamFormatOf(request);
      const caller = callerOf(request, format?.protocol ?? 'rest', patience);
      const view = viewNamed((request.params as { readonly view: string }).view, source.current, caller.identity);
      const asked = requestOf(view, request);
      if (format === undefined) return sendTagged(request, reply, pageBody(await api.searchEnd(asked, caller)));
      return answerWithStream(
        request,
        reply,
        format,
        api.stream(search, { ...asked, delivery: Delivery.CHANGES }, caller),
      );
    },
  });
}

/** The search that a request asks for. @throws EntrepotError INVALID_FIELD with every parameter that is none of the view's */
function requestOf(view: View, { query }: FastifyRequest): SearchRequest {
  return { ...SearchRequest.fromJSON(readerOf(view).read(query as Query)), view: view.label, delivery: Delivery.FINAL };
}

const readerOf = madeOnce((view: View): Pick<ParameterReader, 'read'> => {
  const { input } = searchMethod();
  const tops = new Set(view.parameters.map(({ path: [top] }) => top));
  const reader = parameterReader(
    input,
    input.fields.filter(({ jsonName }) => !tops.has(jsonName)).map(({ name }) => name),
  );
  const places = new Set(view.parameters.map(({ place }) => place));
  const refused = new Set(
    reader.parameters.filter(({ path }) => !places.has(path.join('.'))).flatMap(({ names }) => names),
  );
  return {
    read(query) {
      const mistakes: FieldViolation[] = Object.keys(query)
        .filter((name) => refused.has(name))
        .map((field) => ({ field, description: `The view ${view.label} takes ${[...places].join(', ')}.` }));
      if (mistakes.length > 0) throw invalidFields(mistakes);
      return reader.read(query);
    },
  };
});

/** A snapshot as the body of a page. Searches that are answered by the same one share it. */
const pageBody = madeOnce((last: SearchUpdate) => Buffer.from(JSON.stringify(SearchPage.toJSON(pageOf(last)))));

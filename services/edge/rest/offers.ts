// Offers and clicks over HTTP. Verbs beyond reading follow AIP-136: POST /v1/offers/{offer}:verify.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Offer } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import {
  Click,
  ExplainResponse,
  HandoffRequest,
  HandoffResponse,
  type QueryServiceDefinition,
  ReportConversionRequest,
  VerifyResponse,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import type { MeshClient } from '../../../libs/mesh/index.ts';
import { checkShape } from '../../../libs/vertical/index.ts';
import { callerOf } from '../call.ts';
import type { Door } from '../door.ts';
import { queryAs } from './as.ts';
import { requireMessage } from './messages.ts';

type Query = MeshClient<QueryServiceDefinition>;

/** What a verb does with an offer: answers with the JSON of its response. */
type OfferVerb = (query: Query, offerId: string, body: unknown) => Promise<unknown>;

const handoffMessage = 'entrepot.query.v1.HandoffRequest';
const conversionMessage = 'entrepot.query.v1.ReportConversionRequest';

const reading: Readonly<Record<string, OfferVerb>> = {
  '': async (query, offerId, _body) => {
    const { offer } = await query.getOffer({ offerId, readMask: undefined });
    return Offer.toJSON(present(offer));
  },
  explain: async (query, offerId, _body) => ExplainResponse.toJSON(await query.explain({ offerId })),
};

const acting: Readonly<Record<string, OfferVerb>> = {
  verify: async (query, offerId, _body) => VerifyResponse.toJSON(await query.verify({ offerId })),
  handoff: async (query, offerId, body) => {
    const given = { ...((body as object | undefined) ?? {}), offerId };
    checkShape(requireMessage(handoffMessage), given);
    return HandoffResponse.toJSON(await query.handoff(HandoffRequest.fromJSON(given)));
  },
};

const clickVerbs: Readonly<Record<string, OfferVerb>> = {
  reportConversion: async (query, clickId, body) => {
    const given = { ...((body as object | undefined) ?? {}), clickId };
    checkShape(requireMessage(conversionMessage), given);
    const { click } = await query.reportConversion(ReportConversionRequest.fromJSON(given));
    return Click.toJSON(present(click));
  },
};

/** Adds the routes of offers and clicks. */
export function offerRoutes(app: FastifyInstance, { api, patience }: Door): void {
  const route =
    (verbs: Readonly<Record<string, OfferVerb>>) =>
    async (request: FastifyRequest<{ Params: { name: string } }>, reply: FastifyReply): Promise<FastifyReply> => {
      const { name } = request.params;
      const colon = name.lastIndexOf(':');
      const [id, verbName] = colon < 0 ? [name, ''] : [name.slice(0, colon), name.slice(colon + 1)];
      const verb = Object.hasOwn(verbs, verbName) ? verbs[verbName] : undefined;
      if (verb === undefined) throw noVerb(request, Object.keys(verbs));
      const answer = await verb(queryAs(api, callerOf(request, 'rest', patience)), id, request.body);
      return reply.headers({ 'content-type': 'application/json; charset=utf-8' }).send(JSON.stringify(answer));
    };
  app.get('/v1/offers/:name', route(reading));
  app.post('/v1/offers/:name', route(acting));
  app.post('/v1/clicks/:name', route(clickVerbs));
}

function noVerb(request: FastifyRequest, verbs: readonly string[]): EntrepotError {
  const known = verbs.map((verb) => (verb === '' ? '{id}' : `{id}:${verb}`)).join(', ');
  return new EntrepotError({
    reason: 'ROUTE_NOT_FOUND',
    message: `${request.method} here takes ${known}; GET /openapi.json lists every path.`,
  });
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new EntrepotError({ reason: 'INTERNAL', message: 'The answer lacks its content.' });
  return value;
}

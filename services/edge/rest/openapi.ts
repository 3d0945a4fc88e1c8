// OpenAPI 3.1 derived from the protos: the paths are the edge's routes, everything else (schemas, descriptions, enums,
// which attribute can be filtered by) is read from the descriptors, so that the document cannot drift from the contracts.

import { timeoutHeader } from '../deadline.ts';
import {
  accuracyParameters,
  explainParameters,
  mismatchParameters,
  pageParameters,
  watchParameters,
} from './messages.ts';
import { errorReasons } from './openapi-errors.ts';
import { type Json, type SchemaCollector, schemaCollector, schemaRef } from './openapi-schemas.ts';

interface Operation {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  /** Full name of the message in the body, or none. */
  readonly request?: string;
  readonly example?: Json;
  /** Full name of the message in the answer. */
  readonly response: string;
  /** Also answers as a stream of this message. */
  readonly stream?: string;
  readonly parameters?: readonly Json[];
}

const query = 'entrepot.query.v1';

const pageParameterTexts: Readonly<Record<(typeof pageParameters)[number], string>> = {
  pageToken: 'Opens the next page of an order; sent alone.',
  pageSize: 'Entries on a page: 1 to 200.',
  orderBy: 'price, a configured ranking (best), or a sortable attribute; may be followed by " desc".',
  ranking:
    'CEL for a number by which offers are ordered, smallest first: "price + 20.0 * double(stops)". Comes before orderBy.',
  filter: 'CEL over filterable attributes, price and partner; "true" for all.',
  grouping: 'GROUPING_PRODUCT or GROUPING_OFFER.',
  currency: 'Another currency to show prices in, ISO 4217; no partner is asked.',
  facets: 'What to count: names of attributes, price, partner, with commas between them.',
};

const watchParameterTexts: Readonly<
  Record<Exclude<(typeof watchParameters)[number], keyof typeof pageParameterTexts>, string>
> = {
  cursor: 'Of the last update that arrived; without it everything comes, beginning with a snapshot.',
  screen:
    'SCREEN_TOP for the first page as it changes, SCREEN_ALL for every offer; default: as the search was asked for.',
};

const operations: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/searches',
    id: 'search',
    summary:
      'Searches every partner. Answers with one document when complete or at the deadline, or, by Accept, with a stream of updates.',
    request: `${query}.SearchRequest`,
    response: `${query}.SearchPage`,
    stream: `${query}.SearchUpdate`,
    example: {
      flight: { origin: 'LHR', destination: 'JFK', departureDate: '2027-01-22', adults: 1 },
      currency: 'GBP',
      market: 'GB',
      pageSize: 20,
      orderBy: 'price',
      filter: 'stops == 0',
    },
  },
  {
    method: 'get',
    path: '/v1/searches/{searchId}',
    id: 'getPage',
    summary:
      'A page of a held search: the next one by pageToken, or another look at the held offers by the other parameters, which keeps what they leave out. ' +
      'Where a filter would show what partners left out because of the search’s own, they are asked again: the page is then of another search, and askedAgain says why.',
    response: `${query}.SearchPage`,
    parameters: pageParameters.map(pageParameter),
  },
  {
    method: 'get',
    path: '/v1/searches/{searchId}/updates',
    id: 'watchSearch',
    summary:
      'Follows a held search, as it was asked for or by another look. Resumes behind Last-Event-ID or cursor, with the parameters that the cursor came with; 204 when nothing more will come.',
    response: `${query}.SearchUpdate`,
    stream: `${query}.SearchUpdate`,
    parameters: [
      ...watchParameters.map(pageParameter),
      { name: 'Last-Event-ID', in: 'header', schema: { type: 'string' } },
    ],
  },
  {
    method: 'get',
    path: '/v1/searches/{searchId}:explain',
    id: 'explainSearch',
    summary:
      'How a search went: who was asked and how each ended, which conditions partners applied, why it completed when it did, and why a partner, or the product of productId, is missing.',
    response: `${query}.ExplainSearchResponse`,
    parameters: explainParameters.map((name) => queryParameter(name, 'string')),
  },
  {
    method: 'get',
    path: '/v1/offers/{offerId}',
    id: 'getOffer',
    summary: 'One offer in full.',
    response: 'entrepot.offer.v1.Offer',
  },
  {
    method: 'get',
    path: '/v1/offers/{offerId}:explain',
    id: 'explainOffer',
    summary:
      'Why it costs what it costs, line by line, where it came from, and why it stands where it stands. Also of an offer that has expired.',
    response: `${query}.ExplainResponse`,
  },
  {
    method: 'post',
    path: '/v1/offers/{offerId}:verify',
    id: 'verifyOffer',
    summary: 'Asks the partner again and says what changed.',
    response: `${query}.VerifyResponse`,
  },
  {
    method: 'post',
    path: '/v1/offers/{offerId}:handoff',
    id: 'handOffOffer',
    summary: "The partner's link or token to go on with, recorded as a click.",
    request: `${query}.HandoffRequest`,
    response: `${query}.HandoffResponse`,
    example: { clientReference: 'basket-1' },
  },
  {
    method: 'post',
    path: '/v1/clicks/{clickId}:reportConversion',
    id: 'reportConversion',
    summary: 'What became of a click.',
    request: `${query}.ReportConversionRequest`,
    response: `${query}.Click`,
    example: { status: 'CONVERSION_STATUS_BOOKED', amount: { currencyCode: 'GBP', amount: '412.00' } },
  },
  {
    method: 'get',
    path: '/v1/accuracy',
    id: 'listAccuracy',
    summary:
      'How often what partners were shown to charge was what they charged when they were asked again, by partner, market and lead time, and what is done about it.',
    response: `${query}.ListAccuracyResponse`,
    parameters: accuracyParameters.map((name) => queryParameter(name, 'string')),
  },
  {
    method: 'get',
    path: '/v1/mismatches',
    id: 'listMismatches',
    summary: 'Offers that were not what was shown, latest first.',
    response: `${query}.ListMismatchesResponse`,
    parameters: mismatchParameters.map((name) => queryParameter(name, name === 'pageSize' ? 'integer' : 'string')),
  },
  {
    method: 'post',
    path: '/v1/mismatches/{mismatchId}:replay',
    id: 'replayMismatch',
    summary: "Asks the partner once more for what a mismatch was about. Spends the partner's budget.",
    response: `${query}.ReplayMismatchResponse`,
  },
];

/** Builds the whole document. */
export function openApiDocument(): Json {
  const schemas = schemaCollector();
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Entrepot',
      version: 'v1',
      description:
        'Search every partner at once. Fields with their default value are left out of answers, as the protobuf JSON mapping does; ' +
        'a field that is optional in the schema is left out when the partner does not state it.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: { ...schemas.all(), Problem: problemSchema() }, responses: { Problem: problemResponse } },
  };
}

function describe(operation: Operation, schemas: SchemaCollector): Json {
  const pathParameters = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const patience = {
    name: timeoutHeader,
    in: 'header',
    description: 'How long the client will wait, in milliseconds. Carried to every partner.',
    schema: { type: 'integer', minimum: 50 },
  };
  const answer: Record<string, Json> = { 'application/json': { schema: schemaRef(operation.response, schemas) } };
  if (operation.stream !== undefined) {
    answer['text/event-stream'] = { schema: schemaRef(operation.stream, schemas) };
    answer['application/x-ndjson'] = { schema: schemaRef(operation.stream, schemas) };
  }
  return {
    operationId: operation.id,
    summary: operation.summary,
    parameters: [...pathParameters, patience, ...(operation.parameters ?? [])],
    ...(operation.request !== undefined && {
      requestBody: {
        required: operation.id === 'search',
        content: {
          'application/json': {
            schema: schemaRef(operation.request, schemas),
            ...(operation.example !== undefined && { example: operation.example }),
          },
        },
      },
    }),
    responses: {
      '200': { description: 'Done.', content: answer },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function pageParameter(name: keyof typeof pageParameterTexts | keyof typeof watchParameterTexts): Json {
  const description = { ...pageParameterTexts, ...watchParameterTexts }[name];
  return { ...queryParameter(name, name === 'pageSize' ? 'integer' : 'string'), description };
}

function queryParameter(name: string, type: string): Json {
  return { name, in: 'query', schema: { type } };
}

const problemResponse: Json = {
  description: 'What went wrong and what to do about it.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

function problemSchema(): Json {
  return {
    type: 'object',
    required: ['type', 'title', 'status', 'detail', 'reason', 'code'],
    properties: {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      reason: {
        type: 'string',
        enum: errorReasons().map(({ name }) => name),
        description: errorReasons()
          .map(({ name, doc }) => `${name}: ${doc}`)
          .join('\n'),
      },
      code: { type: 'string' },
      violations: {
        type: 'array',
        items: { type: 'object', properties: { field: { type: 'string' }, description: { type: 'string' } } },
      },
      retryAfterMs: { type: 'integer' },
      metadata: { type: 'object', additionalProperties: { type: 'string' } },
    },
  };
}

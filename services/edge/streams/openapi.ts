// What the API's document says of streams beyond the public methods: the search by address, and the WebSocket, of which OpenAPI knows
// nothing.
import { inputOf } from '../../../libs/vertical/index.ts';
import { requireMethod } from '../api/method.ts';
import { describedParameters, operationOf } from '../rest/openapi-operations.ts';
import type { Json, SchemaCollector } from '../rest/openapi-schemas.ts';
import { parameterReader } from '../rest/parameters.ts';

/** Fields of a search that its address does not say. */
export const notInAddress: readonly string[] = ['delivery'];

/** `GET /v1/searches:stream`. */
export function streamPaths(schemas: SchemaCollector): Record<string, Json> {
  const method = requireMethod('entrepot.query.v1.QueryService/Search');
  const { requestBody: _, parameters, responses, description, ...search } = operationOf(method, schemas);
  const { '200': answer, '413': _large, '415': _type, ...others } = responses as Record<string, Json>;
  const { 'application/json': _page, ...content } = (answer?.content ?? {}) as Record<string, Json>;
  const { parameters: fields } = parameterReader(method.input, notInAddress);
  const [, ...rules] = String(description).split('\n\n');
  const get: Json = {
    ...search,
    operationId: 'searchByAddress',
    summary: 'A search by its address, for an EventSource.',
    description: [
      'A search by its address, answered by its updates, for an EventSource, which sends nothing else. Ids of events name the search ' +
        'and the cursor: who comes back with the last one goes on with the search, or begins it anew where it is no longer held. ' +
        `Says what a search has to say (${required(method.input.fields)}), or the view that says it.`,
      ...rules,
    ].join('\n\n'),
    parameters: [
      ...describedParameters(fields, schemas),
      ...(parameters as readonly Json[]),
      { $ref: '#/components/parameters/LastEventId' },
    ],
    responses: {
      '200': { ...answer, description: streamText, content },
      '204': { description: 'Nothing more will come: an EventSource stops by itself.' },
      ...others,
    },
  };
  return { '/v1/searches:stream': { get } };
}

const streamText =
  'A stream. As server-sent events, each has the name and data of one member of an entry: "update", "problem" where the stream ' +
  'breaks off, "end" when nothing more will come. As NDJSON, by Accept, each line is an entry.';

function required(fields: Parameters<typeof inputOf>[0][]): string {
  const names = fields.filter((field) => inputOf(field)?.required === true).map(({ jsonName }) => jsonName);
  return ['criteria', ...names].join(', ');
}

const text = { type: 'string' };
const id = { type: 'string', minLength: 1, maxLength: 128 };

function message(required: readonly string[], properties: Json): Json {
  return { type: 'object', additionalProperties: false, required, properties };
}

/** What a client says on a WebSocket. */
export const clientMessages: Json = {
  oneOf: [
    message(['hello'], { hello: message(['key'], { key: { type: 'string', minLength: 1 } }) }),
    message(['id', 'method'], {
      id,
      method: text,
      request: { type: 'object' },
      timeoutMs: { type: 'integer' },
      traceparent: text,
    }),
    message(['id', 'cancel'], { id, cancel: { const: true } }),
  ],
};

const problem = { $ref: '#/components/schemas/Problem' };

/** What the edge says on one. */
const edgeMessages: Json = {
  oneOf: [
    message(['ready'], {
      ready: message(['client', 'heartbeatMs'], { client: text, heartbeatMs: { type: 'integer' } }),
    }),
    message(['id', 'update'], { id, update: { type: 'object' } }),
    message(['id', 'result'], { id, result: { type: 'object' } }),
    message(['id', 'end'], { id, end: { type: 'object' } }),
    message(['problem'], { id, problem }),
  ],
};

/** The WebSocket, for readers of the document and for tools that are told of it. */
export const webSocket: Json = {
  path: '/v1/stream',
  subprotocol: 'entrepot.v1',
  description:
    'Every method by its operationId with a capital first letter, several at once: {"id": "1", "method": "Search", "request": {…}}, ' +
    'where the request is the body or the parameters of the method. A stream is answered by updates and its end, any other method by one result.',
  clientMessage: clientMessages,
  edgeMessage: edgeMessages,
};

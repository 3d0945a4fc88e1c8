// OpenAPI 3.1 of the public API, derived from the contracts: paths, parameters, schemas, errors, examples and permissions, so that the
// document cannot drift from what the edge does.

import { descriptors, docOf } from '../../../libs/vertical/index.ts';
import { publicMethods } from '../api/method.ts';
import { defaultPatience, leastSearchMs, timeoutHeader } from '../deadline.ts';
import { streamPaths, webSocket } from '../streams/openapi.ts';
import { viewPaths, viewTag } from '../views/openapi.ts';
import type { View } from '../views/view.ts';
import { problemExamples, problemSchema } from './openapi-errors.ts';
import { operationOf, tagOf } from './openapi-operations.ts';
import { type Json, schemaCollector } from './openapi-schemas.ts';
import { templateOf } from './paths.ts';

/** Builds the whole document. @param views each of which has a path of its own */
export function openApiDocument(views: readonly View[] = []): Json {
  const schemas = schemaCollector();
  const paths: Record<string, Record<string, Json>> = {};
  const tags = new Map<string, Json>();
  for (const method of publicMethods().values()) {
    const path = templateOf(method);
    paths[path] = { ...paths[path], [method.http.verb.toLowerCase()]: operationOf(method, schemas) };
    const name = tagOf(method);
    const service = descriptors().getService(method.service);
    tags.set(name, { name, description: service === undefined ? name : docOf(service) });
  }
  Object.assign(paths, streamPaths(schemas), viewPaths(views, schemas));
  if (views.length > 0) tags.set('Views', viewTag);
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Entrepot',
      version: 'v1',
      description:
        'Search every partner at once. Fields with their default value are left out of answers, as the protobuf JSON mapping does; ' +
        'a field that is optional in the schema is left out when the partner does not state it. ' +
        'The WebSocket at /v1/stream, which OpenAPI cannot describe, stands under x-websocket.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The edge that this document is read from.' }],
    tags: [...tags.values()],
    paths,
    components: {
      schemas: { ...schemas.all(), Problem: problemSchema() },
      examples: problemExamples(),
      parameters,
      headers,
      securitySchemes: {
        bearerAuth: { type: 'http', scheme: 'bearer', description: 'A key, or a JWT. Its roles are permissions.' },
        entrepotKey: { type: 'apiKey', in: 'header', name: 'Entrepot-Key', description: 'A key.' },
      },
    },
    // In development, on loopback, a request without credentials may do everything.
    security: [{ bearerAuth: [] }, { entrepotKey: [] }],
    'x-websocket': webSocket,
  };
}

const text: Json = { type: 'string' };
const count: Json = { type: 'integer', minimum: 0 };

const parameters: Json = {
  EntrepotTimeoutMs: {
    name: timeoutHeader,
    in: 'header',
    description: `How long the client will wait, in milliseconds; carried to every partner. More than ${defaultPatience.maxMs} is as good as that; a search is not begun with less than ${leastSearchMs}.`,
    schema: { type: 'integer', minimum: 0, default: defaultPatience.defaultMs },
  },
  XRequestId: {
    name: 'X-Request-Id',
    in: 'header',
    description: 'Names the request in its answer, in logs and in errors; made up where the client sends none.',
    schema: text,
  },
  Traceparent: {
    name: 'traceparent',
    in: 'header',
    description: 'W3C Trace Context: the trace that the client began.',
    schema: text,
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'The cursor of the last update that arrived, as an EventSource sends it; comes before the parameter.',
    schema: text,
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The ETag of an answer that the client holds: 304 where it still holds.',
    schema: text,
  },
};

const headers: Json = {
  'X-Request-Id': { description: 'Names the request.', schema: text },
  Traceparent: { description: 'W3C Trace Context: the span to look for.', schema: text },
  'Server-Timing': { description: 'Milliseconds at the edge until the head was sent.', schema: text },
  'RateLimit-Limit': { description: "Points that the client's budget holds at most.", schema: count },
  'RateLimit-Remaining': { description: 'Points that are left.', schema: count },
  'RateLimit-Reset': { description: 'Seconds until all of them are there again.', schema: count },
  'RateLimit-Policy': { description: 'As many points in so many seconds: 600;w=60.', schema: text },
  'Retry-After': { description: 'Seconds after which to come back.', schema: count },
  'WWW-Authenticate': { description: 'What credentials are asked for (RFC 6750).', schema: text },
  ETag: { description: 'Names the body, for If-None-Match.', schema: text },
  'Cache-Control': { description: 'The client may keep the answer, and asks before it uses it again.', schema: text },
  Vary: { description: 'What the answer depends on beside its path.', schema: text },
  Deprecation: {
    description:
      'Since when the first of the fields that will go away should not be read any more (RFC 9745); Entrepot-Deprecated names them.',
    schema: text,
  },
  Sunset: { description: 'From when on the first of them may be gone (RFC 8594).', schema: text },
};

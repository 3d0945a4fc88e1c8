import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { publicMethods } from '../api/method.ts';
import { openApiDocument } from './openapi.ts';

interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { value?: unknown; $ref?: string }>;
}
interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema: object;
  example?: unknown;
  $ref?: string;
}
interface Operation {
  operationId: string;
  tags: string[];
  parameters: Parameter[];
  requestBody?: { required: boolean; content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media>; headers?: object }>;
  security: Record<string, string[]>[];
}
interface Schema {
  type?: string;
  required?: string[];
  properties: Record<string, Record<string, unknown>>;
  [key: string]: unknown;
}
interface Document {
  openapi: string;
  info: { description: string };
  'x-websocket': { path: string; clientMessage: object; edgeMessage: object };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    examples: Record<string, { value: { status: number; reason: string } }>;
    securitySchemes: Record<string, object>;
  };
}

const document = openApiDocument() as unknown as Document;
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([verb, operation]) => ({ path, verb, operation })),
);
const { schemas } = document.components;

/** Follows "#/components/…"; undefined where it leads nowhere. */
function at(ref: string): unknown {
  return ref
    .slice(2)
    .split('/')
    .reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')],
      document,
    );
}

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
for (const word of ['components', 'x-attribute', 'x-unit', 'x-sunset']) ajv.addKeyword(word);
ajv.addFormat('date', /^\d{4}-\d\d-\d\d$/);
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
ajv.addFormat('uri', /^[a-z]+:/);

function mistakesOf(schema: object, value: unknown): unknown {
  const validate = ajv.compile({ ...JSON.parse(JSON.stringify(schema).replaceAll('#/components', 'doc#/components')) });
  return validate(value) ? undefined : { value, errors: validate.errors };
}

beforeAll(() => {
  // Anything may stand around the schemas; references lead into them.
  ajv.addSchema({ $id: 'doc', components: document.components } as object, 'doc', undefined, false);
});

describe('the document', () => {
  it('has an operation for every public method, by a name that stays', () => {
    const methods = [...publicMethods().values()].map(
      ({ http }) => `${http.verb} ${http.path.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    );
    expect(operations.map(({ verb, path }) => `${verb.toUpperCase()} ${path}`).sort()).toEqual(
      [...methods, 'GET /v1/searches:stream'].sort(),
    );
    expect(operations.map(({ operation }) => operation.operationId).sort()).toMatchInlineSnapshot(`
      [
        "decide",
        "explain",
        "explainSearch",
        "getCaller",
        "getOffer",
        "getPage",
        "getProduct",
        "getQuality",
        "getReview",
        "getTrace",
        "handoff",
        "listAccuracy",
        "listEvents",
        "listFieldUsage",
        "listMismatches",
        "listPartnerActivity",
        "listPartners",
        "listProducts",
        "listQuarantined",
        "listReviews",
        "listTraces",
        "listViews",
        "replayMismatch",
        "reportConversion",
        "search",
        "searchByAddress",
        "undo",
        "verify",
        "watchSearch",
      ]
    `);
  });

  it('refers to nothing that it does not hold', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref as string);
    expect(refs.length).toBeGreaterThan(500);
    expect(refs.filter((ref) => at(ref) === undefined)).toEqual([]);
  });

  it('holds schemas that are schemas of JSON Schema 2020-12', () => {
    for (const [name, schema] of Object.entries(schemas)) {
      expect(ajv.validateSchema(schema), `${name}: ${ajv.errorsText()}`).toBe(true);
      expect(() => mistakesOf({ $ref: `#/components/schemas/${name}` }, {}), name).not.toThrow();
    }
  });

  it('gives examples that are what their schemas say', () => {
    let checked = 0;
    const check = (where: string, schema: object, value: unknown): void => {
      expect(mistakesOf(schema, value), where).toBeUndefined();
      checked++;
    };
    for (const { operation } of operations) {
      for (const parameter of operation.parameters) {
        if (parameter.example !== undefined)
          check(`${operation.operationId} ${parameter.name}`, parameter.schema, parameter.example);
      }
      for (const media of Object.values(operation.requestBody?.content ?? {})) {
        for (const [name, { value }] of Object.entries(media.examples ?? {}))
          check(`${operation.operationId} ${name}`, media.schema, value);
      }
    }
    for (const [name, { properties }] of Object.entries(schemas)) {
      for (const [field, schema] of Object.entries(properties ?? {})) {
        for (const example of (schema.examples as unknown[]) ?? []) check(`${name}.${field}`, schema, example);
      }
    }
    for (const [reason, { value }] of Object.entries(document.components.examples)) {
      check(reason, { $ref: '#/components/schemas/Problem' }, value);
      expect(value.reason).toBe(reason);
    }
    expect(checked).toBeGreaterThan(100);
  });

  it('declares every value of a path, no parameter twice, and only credentials and tags that it describes', () => {
    const tags = document.tags.map(({ name }) => name);
    for (const { path, operation } of operations) {
      const parameters = operation.parameters.map((one) =>
        one.$ref === undefined ? one : (at(one.$ref) as Parameter),
      );
      const inPath = parameters.filter((one) => one.in === 'path');
      expect(inPath.map(({ name }) => name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
      expect(inPath.every(({ required }) => required)).toBe(true);
      const names = parameters.map((one) => `${one.in} ${one.name}`);
      expect(new Set(names).size).toBe(names.length);
      expect(tags).toEqual(expect.arrayContaining(operation.tags));
      for (const scheme of operation.security.flatMap((one) => Object.keys(one)))
        expect(document.components.securitySchemes).toHaveProperty(scheme);
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^([1-5]\d\d|default)$/);
        expect(response.description).not.toBe('');
      }
    }
    expect(document.tags.every(({ description }) => description !== '')).toBe(true);
  });
});

describe('an operation', () => {
  const operation = (id: string): Operation =>
    operations.find(({ operation: { operationId } }) => operationId === id)?.operation as Operation;

  it('says every reason that it is refused with, by status, with a problem of it', () => {
    const { responses } = operation('getPage');
    const problems = responses['410']?.content?.['application/problem+json'];
    expect(Object.keys(problems?.examples ?? {})).toEqual(['TOKEN_EXPIRED', 'VIEW_EXPIRED']);
    expect(responses['410']?.description).toContain('TOKEN_EXPIRED: OUT_OF_RANGE: a page token or cursor');
    expect(Object.keys(responses)).toEqual(
      expect.arrayContaining(['200', '304', '400', '401', '403', '404', '429', '503', '504', 'default']),
    );
    expect(responses['429']?.headers).toHaveProperty('Retry-After');
    expect(Object.keys(operation('search').responses)).toEqual(expect.arrayContaining(['413', '415']));
    for (const { operation: one } of operations) {
      for (const [status, { content }] of Object.entries(one.responses)) {
        for (const { $ref } of Object.values(content?.['application/problem+json']?.examples ?? {}))
          expect((at($ref as string) as { value: { status: number } }).value.status).toBe(Number(status));
      }
    }
  });

  it('asks for its permission, where it needs one', () => {
    expect(operation('decide').security).toEqual([
      { bearerAuth: ['CATALOGUE_WRITE'] },
      { entrepotKey: ['CATALOGUE_WRITE'] },
    ]);
    expect(operation('getCaller').security).toEqual([{ bearerAuth: [] }, { entrepotKey: [] }]);
  });

  it('says what streams are made of', () => {
    const { content } = operation('search').responses['200'] as { content: Record<string, Media> };
    expect(Object.keys(content)).toEqual(['application/json', 'text/event-stream', 'application/x-ndjson']);
    const entry = schemas.SearchEntry as unknown as { oneOf: { required: string[] }[] };
    expect(entry.oneOf.map(({ required }) => required[0])).toEqual(['update', 'problem', 'end']);
    expect(
      mistakesOf({ $ref: '#/components/schemas/SearchEntry' }, { update: { searchId: 's1', revision: 2 } }),
    ).toBeUndefined();
    expect(mistakesOf({ $ref: '#/components/schemas/SearchEntry' }, { update: {}, end: {} })).toBeDefined();
  });

  it('says how a search is begun by its address', () => {
    const { parameters, responses } = operation('searchByAddress');
    const names = parameters.map(({ name, $ref }) => name ?? $ref?.split('/').at(-1));
    expect(names).toEqual(
      expect.arrayContaining(['flight.origin', 'stay.checkIn', 'currency', 'market', 'view', 'LastEventId']),
    );
    expect(names).not.toContain('delivery');
    expect(Object.keys(responses['200']?.content ?? {})).toEqual(['text/event-stream', 'application/x-ndjson']);
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['204', '400', '429']));
  });

  it('gives a search of each vertical', () => {
    const examples = operation('search').requestBody?.content['application/json']?.examples;
    expect(Object.keys(examples ?? {})).toEqual(['flight', 'stay', 'good', 'ride']);
    expect(examples?.flight?.value).toEqual({
      flight: { origin: 'LHR', destination: 'JFK', departureDate: '2027-01-22', adults: 1 },
      currency: 'GBP',
      market: 'GB',
    });
  });
});

describe('the WebSocket', () => {
  const { 'x-websocket': socket } = document;
  const said = (message: object): unknown => mistakesOf(socket.clientMessage, message);

  it('is described by what both sides say', () => {
    expect(document.info.description).toContain(socket.path);
    expect(said({ hello: { key: 'k' } })).toBeUndefined();
    expect(said({ id: '1', method: 'Search', request: {}, timeoutMs: 500 })).toBeUndefined();
    expect(said({ id: '1', cancel: true })).toBeUndefined();
    expect(said({ id: '1', method: 'Search', cancel: true })).toBeDefined();
    const { value } = document.components.examples.QUOTA_SPENT ?? {};
    for (const message of [
      { ready: { client: 'shop', heartbeatMs: 15_000 } },
      { id: '1', update: { searchId: 's1' } },
      { id: '1', end: {} },
      { id: '1', problem: value },
      { problem: value },
    ])
      expect(mistakesOf(socket.edgeMessage, message)).toBeUndefined();
  });

  it('stands in the README as it stands here', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const [, json = ''] = /As JSON schema, of what a client says[^:]*:\s+```json\n(.*?)```/s.exec(readme) ?? [];
    expect(JSON.parse(json)).toEqual(socket.clientMessage);
  });
});

describe('criteria', () => {
  const search = (changes: object): unknown =>
    mistakesOf(
      { $ref: '#/components/schemas/SearchRequest' },
      {
        flight: { origin: 'LHR', destination: 'JFK', departureDate: '2027-01-22', adults: 1 },
        currency: 'GBP',
        market: 'GB',
        ...changes,
      },
    );

  it('say what has to be there, and what may stand in its place', () => {
    expect(search({})).toBeUndefined();
    expect(search({ currency: undefined })).toBeDefined();
    expect(search({ flight: undefined })).toBeDefined();
    expect(search({ ride: { pickup: { point: {} }, dropoff: { point: {} }, passengers: 1 } })).toBeDefined();
    expect(mistakesOf({ $ref: '#/components/schemas/SearchRequest' }, { view: 'mobile-results' })).toBeUndefined();
    const slice = { origin: 'LHR', destination: 'JFK', departureDate: '2027-01-22' };
    expect(search({ flight: { slices: [slice], adults: 1 } })).toBeUndefined();
    expect(search({ flight: { origin: 'LHR', departureDate: '2027-01-22', adults: 1 } })).toBeDefined();
    expect(search({ flight: { ...slice } })).toBeDefined();
  });

  it('say formats, bounds and units', () => {
    expect(schemas.FlightCriteria?.properties).toMatchObject({
      departureDate: { type: 'string', format: 'date', examples: ['2027-01-22'] },
      adults: { type: 'integer', minimum: 1, maximum: 9 },
      childAges: { type: 'array', items: { minimum: 0, maximum: 17 }, maxItems: 8 },
      cabin: { $ref: '#/components/schemas/Cabin' },
    });
    expect(schemas.StayCriteria?.properties.radiusKm).toMatchObject({
      exclusiveMinimum: 0,
      maximum: 200,
      'x-unit': 'km',
    });
    expect(schemas.Cabin?.enum).toContain('CABIN_BUSINESS');
  });

  it('tell programs what can be done with an attribute', () => {
    expect(schemas.Flight?.properties.durationMinutes?.['x-attribute']).toEqual({
      name: 'duration_minutes',
      filterable: true,
      sortable: true,
      facet: 'range',
      unit: 'min',
    });
  });
});

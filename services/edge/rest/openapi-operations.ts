// One public method as an operation of the document.
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { Permission, permissionToJSON } from '../../../libs/contracts/gen/entrepot/type/v1/public.ts';
import { descriptors, docOf, inputOf } from '../../../libs/vertical/index.ts';
import type { PublicMethod } from '../api/method.ts';
import { deprecatedFields } from './deprecation.ts';
import { errorResponses, otherProblem, rateLimits } from './openapi-errors.ts';
import { examplesOf } from './openapi-examples.ts';
import type { Json, SchemaCollector } from './openapi-schemas.ts';
import { type Parameter, parameterReader } from './parameters.ts';

/** The area of a method, which documents group it under: "Query". */
export function tagOf({ service }: PublicMethod): string {
  return (service.split('.').at(-1) as string).replace(/Service$/, '');
}

/** The names of the credentials that a client may come with, as securitySchemes has them. */
const schemes = ['bearerAuth', 'entrepotKey'] as const;

/** Describes a method. Its id is the method's name, which is one of a kind among public methods. */
export function operationOf(method: PublicMethod, schemas: SchemaCollector): Json {
  const { key, doc, http, permission, cost } = method;
  const [summary = ''] = doc.split(/(?<=\.) /);
  const permissions = permission === Permission.UNSPECIFIED ? [] : [permissionName(permission)];
  const deprecated = bodyDeprecations(method);
  return {
    operationId: key,
    tags: [tagOf(method)],
    summary,
    description: [
      doc,
      permissions.length > 0 ? `Permission: ${permissions[0]}.` : '',
      `Cost: ${costText(method, cost)}.`,
    ]
      .filter((part) => part !== '')
      .join('\n\n'),
    parameters: parametersOf(method, schemas),
    ...(http.verb === 'POST' && { requestBody: requestBody(method, schemas) }),
    responses: {
      ...successes(method, schemas),
      ...errorResponses(method),
      default: otherProblem,
    },
    security: schemes.map((scheme) => ({ [scheme]: permissions })),
    'x-cost': cost,
    ...(deprecated.length > 0 && { 'x-deprecated-fields': deprecated }),
  };
}

/** As clients.yaml names it: "PARTNERS_READ". */
function permissionName(permission: Permission): string {
  return permissionToJSON(permission).replace('PERMISSION_', '');
}

function costText({ streams }: PublicMethod, cost: number): string {
  if (streams) return 'by what is asked for, and by time';
  return cost === 1 ? '1 point' : `${cost} points`;
}

function bodyDeprecations(method: PublicMethod): readonly Json[] {
  return deprecatedFields(bodyOf(method).message ?? method.output).map(({ path, since, sunset, instead }) => ({
    path,
    since,
    sunset,
    instead,
  }));
}

function parametersOf(method: PublicMethod, schemas: SchemaCollector): readonly Json[] {
  const { http, input } = method;
  const inPath = http.pathFields.map((name) => {
    const field = input.fields.find((candidate) => candidate.name === name) as DescField;
    return { name: field.jsonName, in: 'path', required: true, ...described(field, schemas, 'path') };
  });
  const inQuery =
    http.verb === 'GET'
      ? describedParameters(
          parameterReader(input, http.pathFields).parameters,
          schemas,
          ({ path, field }) => path.length === 1 && inputOf(field)?.required === true,
        )
      : [];
  const headers = ['EntrepotTimeoutMs', 'XRequestId', 'Traceparent'];
  if (method.streams && method.safe) headers.push('LastEventId');
  if (method.safe && !method.streams) headers.push('IfNoneMatch');
  return [...inPath, ...inQuery, ...headers.map((name) => ({ $ref: `#/components/parameters/${name}` }))];
}

/** Query parameters. @param required which have to be there; default none */
export function describedParameters(
  parameters: readonly Parameter[],
  schemas: SchemaCollector,
  required: (parameter: Parameter) => boolean = () => false,
): Json[] {
  return parameters.map((parameter) => ({
    name: parameter.name,
    in: 'query',
    ...(required(parameter) && { required: true }),
    ...described(parameter.field, schemas, 'query'),
  }));
}

/** A parameter's text and schema; of a list, with commas. */
export function described(field: DescField, schemas: SchemaCollector, place: 'path' | 'query'): Json {
  const { description, examples, ...schema } = schemas.field(field);
  const example = (examples as readonly unknown[] | undefined)?.[0];
  return {
    description: description ?? docOf(field),
    ...(field.fieldKind === 'list' && place === 'query' && { style: 'form', explode: false }),
    schema,
    ...(example !== undefined && { example }),
  };
}

function requestBody(method: PublicMethod, schemas: SchemaCollector): Json {
  const { input, http } = method;
  const { properties, required, ...schema } = schemas.whole(input);
  const inPath = input.fields.filter(({ name }) => http.pathFields.includes(name)).map(({ jsonName }) => jsonName);
  const needed = required?.filter((name) => !inPath.includes(name)) ?? [];
  const examples = examplesOf(method);
  return {
    // What has no field that is required may come without a body, if the path says the rest.
    required: inPath.length === 0 || needed.length > 0,
    content: {
      'application/json': {
        schema:
          inPath.length === 0
            ? schemas.message(input)
            : {
                ...schema,
                properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !inPath.includes(name))),
                ...(needed.length > 0 && { required: needed }),
              },
        ...(Object.keys(examples).length > 0 && {
          examples: Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }])),
        }),
      },
    },
  };
}

/** The field of the response that is the body, or nothing for the response itself. */
function bodyOf({ output, http }: PublicMethod): Partial<DescField> {
  return output.fields.find(({ name }) => name === http.responseBody) ?? {};
}

const common = ['X-Request-Id', 'Traceparent', 'Server-Timing', ...rateLimits, 'Deprecation', 'Sunset'];

function headersOf(names: readonly string[]): Json {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function successes(method: PublicMethod, schemas: SchemaCollector): Json {
  const { output, safe, streams } = method;
  if (!streams) {
    const json = { 'application/json': { schema: schemas.message(bodyOf(method).message ?? output) } };
    const headers = headersOf([...common, ...(safe ? ['ETag', 'Cache-Control', 'Vary'] : [])]);
    return {
      '200': { description: docOf(bodyOf(method).message ?? output), headers, content: json },
      ...(safe && {
        '304': { description: 'What If-None-Match names still holds.', headers: headersOf(['ETag', 'X-Request-Id']) },
      }),
    };
  }
  return {
    '200': {
      description: `${method.safe ? 'A' : 'One document when the search is complete, or by Accept a'} stream. As server-sent events, each has the name and data of one member of an entry: "update" with its cursor as the id, "problem" where the stream breaks off, "end" when nothing more will come. As NDJSON, each line is an entry.`,
      headers: headersOf(common),
      content: {
        ...(!safe && { 'application/json': { schema: schemas.message(pageMessage()) } }),
        'text/event-stream': { schema: entryOf(output, schemas), example: eventExample },
        'application/x-ndjson': { schema: entryOf(output, schemas) },
      },
    },
    ...(safe && { '204': { description: 'Nothing more will come: an EventSource stops by itself.' } }),
  };
}

/** What a search that is not streamed is answered with. */
function pageMessage(): DescMessage {
  const page = descriptors().getMessage('entrepot.query.v1.SearchPage');
  if (page === undefined) throw new Error('The contracts have no entrepot.query.v1.SearchPage.');
  return page;
}

/** One entry of a stream: a message, what it broke off with, or its end. */
function entryOf(output: DescMessage, schemas: SchemaCollector): Json {
  const entry = (name: string, schema: Json): Json => ({
    type: 'object',
    required: [name],
    properties: { [name]: schema },
    additionalProperties: false,
  });
  return schemas.named(`${output.name.replace(/Response$/, '')}Entry`, () => ({
    description: 'One entry of a stream.',
    oneOf: [
      ...output.fields.map((field) => entry(field.jsonName, schemas.field(field))),
      entry('problem', { $ref: '#/components/schemas/Problem' }),
      entry('end', { type: 'object' }),
    ],
  }));
}

const eventExample =
  'id: c2\nevent: update\ndata: {"searchId":"s1","revision":2,"cursor":"c2","complete":true}\n\nevent: end\ndata: {}\n\n';

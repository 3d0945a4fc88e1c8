// Views as operations of the API's document: each with its own path, parameters and fields.
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { descriptors } from '../../../libs/vertical/index.ts';
import { described, operationOf } from '../rest/openapi-operations.ts';
import type { Json, SchemaCollector } from '../rest/openapi-schemas.ts';
import { alwaysThere, messageIn, offerDescriptor } from './fields.ts';
import { typeNameOfView } from './names.ts';
import { searchMethod, type View } from './view.ts';

/** The tag that documents group views under. */
export const viewTag: Json = { name: 'Views', description: 'Searches that teams have registered.' };

/** The path of every version of every view, and of each name, which is its newest version. */
export function viewPaths(views: readonly View[], schemas: SchemaCollector): Record<string, Json> {
  const names = new Set<string>();
  const paths: Record<string, Json> = {};
  for (const view of views) {
    if (!names.has(view.name)) paths[`/v1/views/${view.name}`] = { get: operationOfView(view, schemas, '') };
    names.add(view.name);
    paths[`/v1/views/${view.label}`] = { get: operationOfView(view, schemas, `V${view.version}`) };
  }
  return paths;
}

function operationOfView(view: View, schemas: SchemaCollector, suffix: string): Json {
  const { requestBody: _, ...search } = operationOf(searchMethod(), schemas);
  const { '200': answer, ...others } = search.responses as Record<string, Json>;
  const content = answer?.content as Json;
  const { deprecation, filter, base } = view;
  return {
    ...search,
    operationId: `view${typeNameOfView(view.name)}${suffix}`,
    tags: [viewTag.name],
    summary: view.description,
    description: [
      view.description,
      `Of ${view.vertical}; version ${view.version}${suffix === '' ? ', the newest' : ''}.`,
      filter === '' ? '' : `Always with the filter ${filter}.`,
      deprecation === undefined ? '' : `Deprecated since ${deprecation.since}. ${deprecation.instead}`.trim(),
      String(search.description).split('\n\n').slice(1).join('\n\n'),
    ]
      .filter((part) => part !== '')
      .join('\n\n'),
    ...(deprecation !== undefined && { deprecated: true, 'x-sunset': deprecation.sunset }),
    parameters: [
      ...view.parameters.map(({ place, field, required }) => ({
        name: place,
        in: 'query',
        ...(required && { required: true }),
        ...withDefault(described(field, schemas, 'query'), defaultAt(base, place)),
      })),
      ...(search.parameters as readonly Json[]),
      { $ref: '#/components/parameters/IfNoneMatch' },
    ],
    responses: {
      '200': { ...answer, content: { ...content, 'application/json': { schema: pageOfView(view, schemas) } } },
      '304': { description: 'What If-None-Match names still holds.' },
      ...others,
    },
  };
}

function withDefault(parameter: Json, value: unknown): Json {
  return value === undefined ? parameter : { ...parameter, schema: { ...(parameter.schema as Json), default: value } };
}

/** What the view says where its caller says nothing, as JSON. */
function defaultAt(base: View['base'], place: string): unknown {
  let at = searchMethod().request.toJSON(base);
  for (const step of place.split('.')) at = (at as Json | undefined)?.[step];
  return at;
}

/** A page of which the offers have the view's fields alone. */
function pageOfView(view: View, schemas: SchemaCollector): Json {
  const message = descriptors().getMessage('entrepot.query.v1.SearchPage');
  if (message === undefined) throw new Error('The contracts have no entrepot.query.v1.SearchPage.');
  if (view.fields.length === 0) return schemas.message(message);
  return schemas.named(`${typeNameOfView(view.name)}V${view.version}Page`, () => {
    const whole = schemas.whole(message);
    const offers = whole.properties.offers;
    const shown = treeOf([alwaysThere, ...view.fields]);
    const items = schemas.named(`${typeNameOfView(view.name)}V${view.version}Offer`, () =>
      reduced(offerDescriptor(), shown, schemas),
    );
    return { ...whole, properties: { ...whole.properties, offers: { ...offers, items } } };
  });
}

/** Fields that are shown: all of one, or some of what is in it. */
type Tree = Map<string, Tree | 'all'>;

function treeOf(paths: readonly string[]): Tree {
  const root: Tree = new Map();
  for (const path of paths) {
    let at = root;
    const steps = path.split('.');
    for (const [index, step] of steps.entries()) {
      const there = at.get(step);
      if (there === 'all') break;
      if (index === steps.length - 1) at.set(step, 'all');
      else {
        const inner: Tree = there ?? new Map();
        at.set(step, inner);
        at = inner;
      }
    }
  }
  return root;
}

function reduced(message: DescMessage, shown: Tree, schemas: SchemaCollector): Json {
  const { properties, description } = schemas.whole(message);
  return {
    type: 'object',
    description,
    properties: Object.fromEntries(
      message.fields.flatMap((field) => {
        const inner = shown.get(field.name);
        const schema = properties[field.jsonName];
        if (inner === undefined || schema === undefined) return [];
        return [[field.jsonName, inner === 'all' ? schema : within(field, schema, inner, schemas)]];
      }),
    ),
    additionalProperties: false,
  };
}

function within(field: DescField, schema: Json, shown: Tree, schemas: SchemaCollector): Json {
  const message = messageIn(field);
  if (message === undefined) return schema;
  const value = reduced(message, shown, schemas);
  if (field.fieldKind === 'list') return { ...schema, items: value };
  const { $ref: _, ...words } = schema;
  return { ...value, ...words };
}

// The GraphQL schema, derived from the contracts' descriptors: what is public there is a field here.
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import {
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  printSchema,
} from 'graphql';
import { descriptors } from '../../../libs/vertical/index.ts';
import { type PublicMethod, publicMethods } from '../api/method.ts';
import { fieldOfView, type ViewField } from '../views/root-fields.ts';
import { noViews, type Views } from '../views/views.ts';
import { rootFieldOf } from './names.ts';
import { type MessageField, type MessageTypes, messageTypes } from './types.ts';

/** Which root a field belongs to. */
export type OperationKind = 'query' | 'mutation' | 'subscription';

/** A field of Query, Mutation or Subscription: one method of the public API. */
export interface RootField {
  readonly name: string;
  readonly kind: OperationKind;
  readonly method: PublicMethod;
  /** A search whose result is the page that it ends with. */
  readonly asPage: boolean;
  /** The view that the search goes by, where the field is one's. */
  readonly view?: ViewField;
  /** What of the method's answer is the field's value; undefined for all of it. */
  readonly part: MessageField | undefined;
  /** The type of the value. */
  readonly result: GraphQLObjectType;
}

/** The schema, with what its fields stand for. */
export interface ApiSchema {
  readonly schema: GraphQLSchema;
  /** The schema as text. */
  readonly sdl: string;
  readonly roots: Readonly<Record<OperationKind, ReadonlyMap<string, RootField>>>;
  /** The field of a message that a field of a type stands for. */
  field(type: GraphQLObjectType, name: string): MessageField;
}

const pageMessage = 'entrepot.query.v1.SearchPage';
const selectionIsMask = 'google.protobuf.FieldMask';

const built = new WeakMap<Views, ApiSchema>();

/** The schema of the public API with the fields of the views, made once for them. */
export function apiSchema(views: Views = noViews): ApiSchema {
  const schema = built.get(views) ?? schemaOf([...publicMethods().values()], views);
  built.set(views, schema);
  return schema;
}

/** The schema of some methods, and of views. Throws where two of their types would have one name. */
export function schemaOf(methods: readonly PublicMethod[], views: Views = noViews): ApiSchema {
  const types = messageTypes();
  const roots = { query: new Map<string, RootField>(), mutation: new Map(), subscription: new Map() };
  const configs = {
    query: new Map<string, Config>(),
    mutation: new Map<string, Config>(),
    subscription: new Map<string, Config>(),
  };
  const add = (root: RootField, description: string, without: readonly string[]): void => {
    if (roots[root.kind].has(root.name)) throw new Error(`Two methods would be ${root.kind} ${root.name}.`);
    roots[root.kind].set(root.name, root);
    configs[root.kind].set(root.name, {
      // May be null, so that an operation that fails leaves what was asked beside it.
      type: root.result,
      description,
      args: root.view === undefined ? argumentsOf(root.method, types, without) : viewArguments(root.view, types),
      ...(root.view !== undefined && deprecationOfView(root.view)),
    });
  };
  for (const method of methods) {
    const name = rootFieldOf(method);
    const part = partOf(method, types);
    const result = types.output(part?.descriptor.message ?? method.output);
    if (!method.streams)
      add({ name, kind: method.safe ? 'query' : 'mutation', method, asPage: false, part, result }, method.doc, []);
    else add({ name, kind: 'subscription', method, asPage: false, part, result }, method.doc, []);
    if (method.name === 'Search') {
      const page = types.output(requirePage());
      const note =
        'Searches every partner, and answers with the first page once the search is complete or its deadline is near. ';
      add({ name, kind: 'query', method, asPage: true, part: undefined, result: page }, `${note}${method.doc}`, [
        'delivery',
        'screen',
      ]);
      for (const view of views.all.map(fieldOfView)) {
        const words = `${view.view.description} The view ${view.view.label}; its fields are what may be selected of an offer.`;
        add({ name: view.name, kind: 'query', method, asPage: true, part: undefined, result: page, view }, words, []);
      }
    }
  }
  const root = (name: string, description: string, fields: Map<string, Config>): GraphQLObjectType | undefined =>
    fields.size === 0 ? undefined : new GraphQLObjectType({ name, description, fields: Object.fromEntries(fields) });
  const schema = new GraphQLSchema({
    description:
      'Entrepot: what partners offer, searched, priced and explained. Every field is a method of the public API.',
    query: root('Query', 'What can be looked at. Calling it changes nothing.', configs.query) ?? null,
    mutation: root('Mutation', 'What changes something, one after the other.', configs.mutation) ?? null,
    subscription: root('Subscription', 'What is told as it happens.', configs.subscription) ?? null,
  });
  return { schema, sdl: `${printSchema(schema)}\n`, roots, field: types.field };
}

type Config = GraphQLFieldConfig<unknown, unknown>;

/** The one field of an answer that stands for it: the binding's response body, or the update of a stream. */
function partOf(method: PublicMethod, types: MessageTypes): MessageField | undefined {
  const { fields } = method.output;
  const name = method.http.responseBody ?? (method.streams && fields.length === 1 ? fields[0]?.name : undefined);
  const field = fields.find((one) => one.name === name);
  return field?.fieldKind === 'message' ? types.reader(field) : undefined;
}

/** Every field of the request, but those that the selection says. What stands in a path is required. */
function argumentsOf(
  method: PublicMethod,
  types: MessageTypes,
  without: readonly string[],
): GraphQLFieldConfigArgumentMap {
  return Object.fromEntries(
    method.input.fields
      .filter((field) => !without.includes(field.name) && !isMask(field))
      .map((field) => {
        const { type, ...config } = types.input(field);
        return [
          field.jsonName,
          { ...config, type: method.http.pathFields.includes(field.name) ? new GraphQLNonNull(type) : type },
        ];
      }),
  );
}

/** What a view takes. */
function viewArguments({ arguments: parameters }: ViewField, types: MessageTypes): GraphQLFieldConfigArgumentMap {
  return Object.fromEntries(
    [...parameters].map(([name, { field, required }]) => {
      const { type, ...config } = types.input(field);
      return [name, { ...config, type: required ? new GraphQLNonNull(type) : type }];
    }),
  );
}

function deprecationOfView({ view: { deprecation } }: ViewField): { deprecationReason?: string } {
  if (deprecation === undefined) return {};
  const { since, sunset, instead } = deprecation;
  const end = sunset === '' ? '' : `; may be gone from ${sunset} on`;
  return { deprecationReason: `Since ${since}${end}. ${instead}`.trim() };
}

/** A field that the selection answers: what is selected is what is wanted. */
export function isMask(field: DescField): boolean {
  return field.message?.typeName === selectionIsMask;
}

function requirePage(): DescMessage {
  const message = descriptors().getMessage(pageMessage);
  if (message === undefined) throw new Error(`The contracts have no message ${pageMessage}.`);
  return message;
}

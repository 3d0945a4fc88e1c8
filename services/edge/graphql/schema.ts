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

let built: ApiSchema | undefined;

/** The schema of the public API, made once. */
export function apiSchema(): ApiSchema {
  built ??= schemaOf([...publicMethods().values()]);
  return built;
}

/** The schema of some methods. Throws where two of their types would have one name. */
export function schemaOf(methods: readonly PublicMethod[]): ApiSchema {
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
      args: argumentsOf(root.method, types, without),
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

/** A field that the selection answers: what is selected is what is wanted. */
export function isMask(field: DescField): boolean {
  return field.message?.typeName === selectionIsMask;
}

function requirePage(): DescMessage {
  const message = descriptors().getMessage(pageMessage);
  if (message === undefined) throw new Error(`The contracts have no message ${pageMessage}.`);
  return message;
}
